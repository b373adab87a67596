//! Dumps of Redis (RDB, to version 12): texts that are packed by LZF, and those that can be opened.
//! The others are seen in the dump as it is.

use std::{
    io::{self, BufRead, BufReader, Read},
    ops::Range,
};

use zeroize::Zeroizing;

use super::{Entries, Layer, Open, ReadSeek, Unread, invalid, of};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "rdb",
    about: "dumps of Redis: packed values",
    is: |head| {
        let version = head.strip_prefix(b"REDIS").and_then(|rest| rest.first_chunk::<4>());
        version.is_some_and(|version| version.iter().all(u8::is_ascii_digit))
    },
    open: Open::Beside(open),
};

/// Bytes of one packed value, unpacked.
const VALUE: u64 = 64 << 20;

/// Bytes of a key that name its value.
const NAME: u64 = 1024;

struct Dump<'f, 'e, 'w, 'x> {
    file: BufReader<&'f mut dyn ReadSeek>,
    at: u64,
    entries: &'x mut Entries<'e, 'w>,
    key: Vec<u8>,
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    file.rewind()?;
    let mut dump = Dump { file: BufReader::new(file), at: 0, entries, key: Vec::new() };
    dump.pass(9)?;
    loop {
        match dump.byte()? {
            // Fields of the dump, and numbers that say how many keys come.
            0xfa => {
                dump.key = b"(field)".to_vec();
                dump.text()?;
                dump.text()?;
            }
            0xfb => {
                dump.length()?;
                dump.length()?;
            }
            0xf8 | 0xfe => _ = dump.length()?,
            0xf9 => dump.pass(1)?,
            0xfc => dump.pass(8)?,
            0xfd => dump.pass(4)?,
            0xf4 => {
                for _ in 0..3 {
                    dump.length()?;
                }
            }
            0xf5 => {
                dump.key = b"(function)".to_vec();
                dump.text()?;
            }
            // What a module keeps beside its values: the module, and when it is read.
            0xf7 => {
                dump.key = b"(module)".to_vec();
                dump.length()?;
                dump.numbered()?;
                dump.numbered()?;
                dump.module()?;
            }
            0xff => return Ok(()),
            kind => {
                dump.key()?;
                dump.value(kind)?;
            }
        }
    }
}

impl Dump<'_, '_, '_, '_> {
    fn byte(&mut self) -> io::Result<u8> {
        self.bytes::<1>().map(|[byte]| byte)
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn pass(&mut self, count: u64) -> io::Result<()> {
        let by = i64::try_from(count).map_err(|_| invalid("a length that is too long"))?;
        self.file.seek_relative(by)?;
        self.at = self.at.saturating_add(count);
        // Past the end there is nothing to read, which tells.
        if self.file.fill_buf()?.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    /// A length, or a way of writing a text and its number.
    fn length(&mut self) -> io::Result<(u64, bool)> {
        let first = self.byte()?;
        Ok(match (first >> 6, first) {
            (0, _) => (u64::from(first), false),
            (1, _) => (u64::from(first & 63) << 8 | u64::from(self.byte()?), false),
            (3, _) => (u64::from(first & 63), true),
            (_, 0x80) => (u32::from_be_bytes(self.bytes()?).into(), false),
            (_, 0x81) => (u64::from_be_bytes(self.bytes()?), false),
            _ => return Err(invalid("no length where one is due")),
        })
    }

    fn key(&mut self) -> io::Result<()> {
        let from = self.at;
        let (length, is_other) = self.length()?;
        let mut name = Vec::new();
        if is_other {
            name = format!("(key at {from})").into_bytes();
            self.key = name;
            return self.other(length);
        }
        self.file.by_ref().take(length.min(NAME)).read_to_end(&mut name)?;
        self.at += name.len() as u64;
        self.pass(length.saturating_sub(name.len() as u64))?;
        self.key = name;
        Ok(())
    }

    fn value(&mut self, kind: u8) -> io::Result<()> {
        match kind {
            0 | 9..=13 | 16 | 17 | 20 => self.text(),
            // Lists, sets and tables: so many texts, some with a number each.
            1..=5 | 14 | 18 => {
                let (count, _) = self.length()?;
                for _ in 0..count {
                    if kind == 18 {
                        self.length()?;
                    }
                    self.text()?;
                    match kind {
                        3 => self.decimal()?,
                        4 => self.text()?,
                        5 => self.pass(8)?,
                        _ => {}
                    }
                }
                Ok(())
            }
            // Which module.
            7 => {
                self.length()?;
                self.module()
            }
            15 | 19 | 21 => self.stream(kind),
            // Tables whose fields pass: first, when the next does.
            24 => {
                self.pass(8)?;
                let (count, _) = self.length()?;
                for _ in 0..count {
                    self.length()?;
                    self.text()?;
                    self.text()?;
                }
                Ok(())
            }
            25 => {
                self.pass(8)?;
                self.text()
            }
            _ => {
                let problem = format!("values of kind {kind}; packed ones after it are not seen");
                Err(io::Error::other(Unread(problem)))
            }
        }
    }

    /// A stream: lists of what was added, what is counted, and groups of those who read it.
    fn stream(&mut self, kind: u8) -> io::Result<()> {
        let (lists, _) = self.length()?;
        for _ in 0..lists {
            self.text()?;
            self.text()?;
        }
        // How many, and the last; from version 2 on, the first, the last that was deleted, and all ever.
        self.lengths(if kind == 15 { 3 } else { 8 })?;
        let (groups, _) = self.length()?;
        for _ in 0..groups {
            self.text()?;
            self.lengths(if kind == 15 { 2 } else { 3 })?;
            // What is with a reader: its number, since when, and how often it went there.
            let (pending, _) = self.length()?;
            for _ in 0..pending {
                self.pass(24)?;
                self.length()?;
            }
            let (readers, _) = self.length()?;
            for _ in 0..readers {
                self.text()?;
                self.pass(if kind == 21 { 16 } else { 8 })?;
                let (pending, _) = self.length()?;
                for _ in 0..pending {
                    self.pass(16)?;
                }
            }
        }
        Ok(())
    }

    fn lengths(&mut self, count: u64) -> io::Result<()> {
        (0..count).try_for_each(|_| self.length().map(|_| ()))
    }

    /// What a module wrote: numbers and texts, each behind its kind.
    fn module(&mut self) -> io::Result<()> {
        while self.numbered()? {}
        Ok(())
    }

    /// One of these, and whether it is not the end.
    fn numbered(&mut self) -> io::Result<bool> {
        match self.length()?.0 {
            0 => return Ok(false),
            1 | 2 => _ = self.length()?,
            3 => self.pass(4)?,
            4 => self.pass(8)?,
            5 => self.text()?,
            _ => return Err(invalid("no value of a module where one is due")),
        }
        Ok(true)
    }

    /// A number in digits.
    fn decimal(&mut self) -> io::Result<()> {
        match self.byte()? {
            253..=255 => Ok(()),
            length => self.pass(length.into()),
        }
    }

    fn text(&mut self) -> io::Result<()> {
        let (length, is_other) = self.length()?;
        if is_other {
            return self.other(length);
        }
        let from = self.at;
        let head = self.file.fill_buf()?;
        let head = head.get(..usize::try_from(length).unwrap_or(usize::MAX)).unwrap_or(head);
        if of(head).is_some() {
            let name = self.key.clone();
            let mut value = self.file.by_ref().take(length);
            let at = from..from.saturating_add(length);
            self.entries.part(&name, std::slice::from_ref(&at), &mut value)?;
            let left = value.limit();
            self.at = from.saturating_add(length - left);
            return self.pass(left);
        }
        self.pass(length)
    }

    /// A number, or a text that is packed.
    fn other(&mut self, way: u64) -> io::Result<()> {
        match way {
            0..=2 => return self.pass(1 << way),
            3 => {}
            _ => return Err(invalid("no text where one is due")),
        }
        let ((packed, _), (size, _)) = (self.length()?, self.length()?);
        let from = self.at;
        let name = self.key.clone();
        if packed > VALUE || size > VALUE {
            let detail = format!("a value of more than {VALUE} bytes");
            self.entries.skip(&name, Reason::OverBudget, detail);
            return self.pass(packed);
        }
        let mut bytes = Zeroizing::new(Vec::new());
        self.file.by_ref().take(packed).read_to_end(&mut bytes)?;
        self.at += bytes.len() as u64;
        let (text, is_whole) = unpack(&bytes, size);
        if !is_whole {
            self.entries.skip(&name, Reason::Damaged, "rdb: packed text");
        }
        let at: Range<u64> = from..from + packed;
        self.entries.part(&name, std::slice::from_ref(&at), &mut text.as_slice())?;
        if (bytes.len() as u64) < packed {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

/// LZF, and whether it gave as much as it should.
fn unpack(packed: &[u8], size: u64) -> (Zeroizing<Vec<u8>>, bool) {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    // No byte gives more than 88, whatever the size says.
    let most = size.min(packed.len().saturating_mul(88));
    let mut out = Zeroizing::new(Vec::with_capacity(most));
    let mut bytes = packed.iter();
    while let Some(&control) = bytes.next() {
        let mut length = usize::from(control >> 5);
        if length == 0 {
            let rest = bytes.as_slice();
            let literal = rest.get(..usize::from(control) + 1).unwrap_or(rest);
            out.extend_from_slice(literal);
            bytes = rest.get(literal.len()..).unwrap_or_default().iter();
        } else {
            if length == 7 {
                length += usize::from(bytes.next().copied().unwrap_or_default());
            }
            let low = usize::from(bytes.next().copied().unwrap_or_default());
            let back = (usize::from(control & 31) << 8 | low) + 1;
            let Some(from) = out.len().checked_sub(back) else { return (out, false) };
            for at in from..from + length + 2 {
                let byte = out.get(at).copied().unwrap_or_default();
                out.push(byte);
            }
        }
        if out.len() > size {
            break;
        }
    }
    let is_whole = out.len() == size;
    (out, is_whole)
}
