//! Sparse files in tar: where the data of a file belong that is kept without its holes. The old
//! form of GNU, and the three of its pax records (GNU tar manual, "Storing Sparse Files").

use std::{
    io::{self, Read},
    vec,
};

use super::{Source, invalid};

/// Pieces of a file; a gibibyte in which every second page is a hole has fewer.
const PIECES: usize = 1 << 18;

const BLOCK: usize = 512;

/// Where data belong.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Map {
    /// Offset and length in the file, in the order of the data.
    pieces: Vec<(u64, u64)>,
    /// Bytes of the file, with its holes.
    pub size: u64,
}

/// What pax records say of a sparse file.
#[derive(Default)]
pub(super) struct Records {
    map: Map,
    offset: Option<u64>,
    /// Whether the map stands before the data (version 1.0).
    is_in_data: bool,
    is_sparse: bool,
}

impl Records {
    /// Takes one record, whose key begins with `GNU.sparse.`
    pub(super) fn add(&mut self, key: &[u8], value: &[u8]) {
        self.is_sparse = true;
        let number = || decimal(value);
        match key {
            b"size" | b"realsize" => self.map.size = number().unwrap_or_default(),
            b"major" => self.is_in_data = number() == Some(1),
            b"offset" => self.offset = number(),
            b"numbytes" => {
                if let (Some(offset), Some(length)) = (self.offset.take(), number()) {
                    self.map.add(offset, length);
                }
            }
            b"map" => {
                let mut numbers = value.split(|&byte| byte == b',').map(decimal);
                while let (Some(Some(offset)), Some(Some(length))) =
                    (numbers.next(), numbers.next())
                {
                    self.map.add(offset, length);
                }
            }
            _ => {}
        }
    }

    /// The map, and how many of the `size` bytes of content it took.
    pub(super) fn map(self, source: &mut Source<'_>, size: u64) -> io::Result<Option<(Map, u64)>> {
        let Self { mut map, is_in_data, is_sparse, .. } = self;
        if !is_sparse {
            return Ok(None);
        }
        let taken = if is_in_data { map.read(source, size)? } else { 0 };
        Ok(Some((map, taken)))
    }
}

fn decimal(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

impl Map {
    /// The map in a header of GNU, and in the blocks after it.
    pub(super) fn gnu(
        source: &mut Source<'_>,
        header: &[u8; BLOCK],
        number: fn(&[u8]) -> Option<u64>,
    ) -> io::Result<Self> {
        let size = number(header.get(483..495).unwrap_or_default()).unwrap_or_default();
        let mut map = Self { pieces: Vec::new(), size };
        let mut add = |entries: &[u8]| {
            for entry in entries.chunks_exact(24) {
                let (offset, length) = entry.split_at(12);
                if let (Some(offset), Some(length)) = (number(offset), number(length)) {
                    map.add(offset, length);
                }
            }
        };
        add(header.get(386..482).unwrap_or_default());
        let mut goes_on = header.get(482) != Some(&0);
        while goes_on {
            let block = source.peek(BLOCK)?;
            goes_on = block.get(504).is_some_and(|&byte| byte != 0);
            add(block.get(..504).unwrap_or_default());
            source.pass(BLOCK as u64)?;
        }
        Ok(map)
    }

    fn add(&mut self, offset: u64, length: u64) {
        if self.pieces.len() <= PIECES {
            self.pieces.push((offset, length));
        }
    }

    /// Reads the numbers before the data: how many pieces, and offset and length of each, a line
    /// each, up to the end of a block. Gives the bytes of these blocks.
    fn read(&mut self, source: &mut Source<'_>, size: u64) -> io::Result<u64> {
        let mut taken = 0;
        let mut numbers = Vec::new();
        let mut number: Option<u64> = None;
        let is_whole = |numbers: &[u64]| {
            let count = numbers.first().and_then(|count| count.checked_mul(2));
            count.is_some_and(|count| count < numbers.len() as u64)
        };
        while !is_whole(&numbers) {
            if size < taken + BLOCK as u64 || 2 * PIECES < numbers.len() {
                return Err(invalid("a map of holes without end"));
            }
            for &byte in source.peek(BLOCK)? {
                number = match byte {
                    b'0'..=b'9' => {
                        let digit = u64::from(byte - b'0');
                        let sum = number.unwrap_or_default().checked_mul(10);
                        sum.and_then(|sum| sum.checked_add(digit))
                    }
                    _ => {
                        numbers.extend(number);
                        None
                    }
                };
            }
            source.pass(BLOCK as u64)?;
            taken += BLOCK as u64;
        }
        let mut numbers = numbers.into_iter().skip(1);
        while let (Some(offset), Some(length)) = (numbers.next(), numbers.next()) {
            self.add(offset, length);
        }
        Ok(taken)
    }

    /// Whether the pieces are in order, within the file, and as many bytes as there are.
    pub(super) fn is_sound(&self, stored: u64) -> bool {
        let (mut end, mut sum) = (0, 0_u64);
        self.pieces.len() <= PIECES
            && self.pieces.iter().all(|&(offset, length)| {
                let is_after = end <= offset;
                end = offset.saturating_add(length);
                sum = sum.saturating_add(length);
                is_after && end <= self.size
            })
            && sum == stored
    }

    /// The file with its holes, whose data `reader` gives.
    pub(super) fn laid_out(self, reader: &mut dyn Read) -> Laid<'_> {
        Laid { reader, at: 0, size: self.size, piece: None, pieces: self.pieces.into_iter() }
    }
}

/// A sparse file as it was.
pub(super) struct Laid<'r> {
    reader: &'r mut dyn Read,
    at: u64,
    size: u64,
    /// Offset and end of what is read next.
    piece: Option<(u64, u64)>,
    pieces: vec::IntoIter<(u64, u64)>,
}

impl Read for Laid<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_none_or(|(_, end)| end <= self.at) {
            let Some((offset, length)) = self.pieces.next() else {
                self.piece = None;
                break;
            };
            self.piece = Some((offset, offset.saturating_add(length)));
        }
        let (from, to) = self.piece.unwrap_or((self.size, self.size));
        let is_hole = self.at < from;
        let left = if is_hole { from - self.at } else { to.saturating_sub(self.at) };
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..count).unwrap_or_default();
        let read = if is_hole {
            buffer.fill(0);
            count
        } else {
            self.reader.read(buffer)?
        };
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_are_laid_where_they_were() {
        let map = Map { pieces: vec![(2, 3), (5, 1), (9, 0)], size: 9 };
        assert!(map.is_sound(4));
        assert!(!map.is_sound(5), "more data than places");
        let mut data = &b"abcd"[..];
        let mut all = Vec::new();
        map.laid_out(&mut data).read_to_end(&mut all).unwrap();
        assert_eq!(all, b"\0\0abcd\0\0\0");
    }

    #[test]
    fn maps_that_cannot_be_are_turned_down() {
        for pieces in [vec![(5, 1), (2, 3)], vec![(0, 3), (2, 1)], vec![(u64::MAX, 4)]] {
            assert!(!Map { pieces, size: 100 }.is_sound(4));
        }
    }

    #[test]
    fn pax_records_give_the_map_in_both_spellings() {
        let mut one = Records::default();
        for (key, value) in [("size", "9"), ("offset", "2"), ("numbytes", "3"), ("offset", "5")] {
            one.add(key.as_bytes(), value.as_bytes());
        }
        one.add(b"numbytes", b"1");
        let mut other = Records::default();
        other.add(b"map", b"2,3,5,1");
        other.add(b"size", b"9");
        assert_eq!(one.map, Map { pieces: vec![(2, 3), (5, 1)], size: 9 });
        assert_eq!(one.map, other.map);
    }
}
