//! Unix `compress` (.Z): LZW as ncompress writes it. Codes come in groups of eight of one width;
//! what is left of a group when the width changes is filler.

use std::io::{self, Read};

use super::{Entries, Layer, Open, Source, invalid};

pub(super) const LAYER: Layer = Layer {
    name: "compress",
    about: "Unix compress (.Z)",
    is: |head| matches!(head, [0x1f, 0x9d, flags, ..] if flags & 0x60 == 0 && (9..=16).contains(&(flags & 0x1f))),
    open: Open::Stream(open),
};

/// The code that empties the table, where the flags have it.
const CLEAR: usize = 256;

const FIRST_WIDTH: usize = 9;

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    entries.entry(b"", &mut Decoder::new(source)?)
}

struct Decoder<'s, 'i> {
    source: &'s mut Source<'i>,
    most: usize,
    may_clear: bool,
    width: usize,
    group: [u8; 16],
    /// Bits of the group, and how many of them are read.
    bits: usize,
    at: usize,
    /// For each code the code before its last byte, and that byte.
    table: Vec<(u16, u8)>,
    last: Option<(usize, u8)>,
    /// Bytes of the last code, backwards.
    given: Vec<u8>,
}

impl<'s, 'i> Decoder<'s, 'i> {
    fn new(source: &'s mut Source<'i>) -> io::Result<Self> {
        let mut head = [0; 3];
        source.read_exact(&mut head)?;
        let [_, _, flags] = head;
        let mut decoder = Self {
            source,
            most: usize::from(flags & 0x1f),
            may_clear: flags & 0x80 != 0,
            width: FIRST_WIDTH,
            group: [0; 16],
            bits: 0,
            at: 0,
            table: (0..=255).map(|byte| (0, byte)).collect(),
            last: None,
            given: Vec::new(),
        };
        if decoder.may_clear {
            decoder.table.push((0, 0));
        }
        Ok(decoder)
    }

    fn code(&mut self) -> io::Result<Option<usize>> {
        if self.table.len() > (1 << self.width) - 1 && self.width < self.most {
            self.set_width(self.width + 1);
        }
        if self.at + self.width > self.bits {
            // The last code fills its last byte with zeros. There is no other mark of the end.
            let is_cut = self.at + 8 <= self.bits || self.bits_at(self.at, self.bits) != 0;
            let bytes = self.source.peek(self.width)?;
            let length = bytes.len();
            if length == 0 && is_cut {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.group.get_mut(..length).unwrap_or_default().copy_from_slice(bytes);
            self.source.pass(length as u64)?;
            (self.bits, self.at) = (length * 8, 0);
            if self.bits == 0 {
                return Ok(None);
            }
            if self.bits < self.width {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let code = self.bits_at(self.at, self.at + self.width);
        self.at += self.width;
        Ok(Some(code))
    }

    /// The number in these bits of the group, at most sixteen.
    fn bits_at(&self, from: usize, to: usize) -> usize {
        let three = [0, 1, 2].map(|next| self.group.get(from / 8 + next).copied());
        let [a, b, c] = three.map(Option::unwrap_or_default);
        let mask = (1_u32 << (to.saturating_sub(from)).min(16)) - 1;
        let number = u32::from_le_bytes([a, b, c, 0]) >> (from % 8) & mask;
        usize::try_from(number).unwrap_or_default()
    }

    fn set_width(&mut self, width: usize) {
        self.width = width;
        (self.bits, self.at) = (0, 0);
    }

    /// Spells the next code into `given`; says whether there was one.
    fn next(&mut self) -> io::Result<bool> {
        let Some(code) = self.code()? else { return Ok(false) };
        if code == CLEAR && self.may_clear {
            self.table.truncate(CLEAR);
            self.set_width(FIRST_WIDTH);
            return Ok(true);
        }
        let mut at = code;
        if code >= self.table.len() {
            // The code that is just being made: the last one and its own first byte.
            let (last, first) = self
                .last
                .filter(|_| code == self.table.len())
                .ok_or_else(|| invalid("a code that is not in the table"))?;
            self.given.push(first);
            at = last;
        }
        while at > 255 {
            let &(before, byte) = self.table.get(at).ok_or_else(|| invalid("a broken table"))?;
            self.given.push(byte);
            // Codes are made of earlier ones, so this ends.
            if usize::from(before) >= at {
                return Err(invalid("a broken table"));
            }
            at = before.into();
        }
        let first = u8::try_from(at).map_err(|_| invalid("a broken table"))?;
        self.given.push(first);
        if let Some((last, _)) = self.last
            && self.table.len() < 1 << self.most
            && let Ok(last) = u16::try_from(last)
        {
            self.table.push((last, first));
        }
        self.last = Some((code, first));
        Ok(true)
    }
}

impl Read for Decoder<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut length = 0;
        for place in &mut *buffer {
            while self.given.is_empty() {
                // An error waits until what came before it was taken.
                match self.next() {
                    Ok(true) => {}
                    Ok(false) => return Ok(length),
                    Err(_) if length > 0 => return Ok(length),
                    Err(problem) => return Err(problem),
                }
            }
            *place = self.given.pop().unwrap_or_default();
            length += 1;
        }
        Ok(length)
    }
}
