//! A reader of pieces of a file, one after the other.

use std::{
    io::{self, Read, SeekFrom},
    ops::Range,
};

use super::ReadSeek;

pub(super) struct Pieces<'a> {
    file: &'a mut dyn ReadSeek,
    ranges: &'a [Range<u64>],
    /// Bytes read of the first range.
    at: u64,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(file: &'a mut dyn ReadSeek, ranges: &'a [Range<u64>]) -> Self {
        Self { file, ranges, at: 0 }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some((range, rest)) = self.ranges.split_first() {
            let from = range.start.saturating_add(self.at);
            let left = range.end.saturating_sub(from);
            if left == 0 {
                self.ranges = rest;
                self.at = 0;
                continue;
            }
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            self.file.seek(SeekFrom::Start(from))?;
            let read = self.file.read(buffer.get_mut(..most).unwrap_or_default())?;
            if read == 0 && most > 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.at += read as u64;
            return Ok(read);
        }
        Ok(0)
    }
}

/// The pieces of `part` of what `ranges` are together.
pub(super) fn part(ranges: &[Range<u64>], part: &Range<u64>) -> Vec<Range<u64>> {
    let mut before = 0_u64;
    let mut pieces = Vec::new();
    for range in ranges {
        let length = range.end.saturating_sub(range.start);
        let from = part.start.saturating_sub(before).min(length);
        let to = part.end.saturating_sub(before).min(length);
        if from < to {
            pieces.push(range.start + from..range.start + to);
        }
        before = before.saturating_add(length);
        if before >= part.end {
            break;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_part_is_read_across_pieces() {
        let ranges = [2..5, 8..9, 9..9, 0..2];
        let mut file = Cursor::new(b"0123456789".to_vec());
        for (range, expected) in [(0..6, "234801"), (1..5, "3480"), (3..4, "8"), (5..9, "1")] {
            let part = part(&ranges, &range);
            let mut text = String::new();
            Pieces::new(&mut file, &part).read_to_string(&mut text).unwrap();
            assert_eq!(text, expected);
        }
        let outside = [8..9, 9..12];
        let mut text = String::new();
        assert!(Pieces::new(&mut file, &outside).read_to_string(&mut text).is_err());
    }
}
