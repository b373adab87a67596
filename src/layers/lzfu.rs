//! Rich text as Outlook packs it ([MS-OXRTFCP]): the bodies of mail in msg files.

use std::io::{self, Read};

use zeroize::Zeroizing;

use super::{Entries, Layer, Open, Source, invalid};

pub(super) const LAYER: Layer = Layer {
    name: "lzfu",
    about: "rich text as Outlook packs it, in the bodies of mail",
    is: |head| match head.get(8..12) {
        Some(b"LZFu") => size(head).is_some(),
        // The same without being packed.
        Some(STORED) => head.get(HEAD..).is_some_and(|rest| rest.starts_with(b"{\\rtf")),
        _ => false,
    },
    open: Open::Stream(open),
};

const HEAD: usize = 16;

const STORED: &[u8] = b"MELA";

/// Bytes that may be referred back to.
const WINDOW: usize = 4096;

/// What stands in the window at first.
const FIRST: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \
    \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\
    \\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// Packed bytes after the head, if they can come to what they say.
fn size(head: &[u8]) -> Option<u64> {
    let [a, b, c, d, e, f, g, h, ..] = *head else { return None };
    let packed = u32::from_le_bytes([a, b, c, d]).checked_sub(12)?;
    let size = u32::from_le_bytes([e, f, g, h]);
    // Nine bits for seventeen bytes at best.
    let is_possible = u64::from(size) <= 9 * u64::from(packed) + 16;
    is_possible.then_some(packed.into())
}

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let head = source.peek(HEAD)?;
    if head.get(8..12) == Some(STORED) {
        source.pass(HEAD as u64)?;
        return entries.entry(b"", source);
    }
    let left = size(head).ok_or(io::ErrorKind::UnexpectedEof)?;
    let sum = head.get(12..HEAD).and_then(|sum| sum.first_chunk()).copied().unwrap_or_default();
    source.pass(HEAD as u64)?;
    let mut window = Zeroizing::new(vec![0; WINDOW]);
    for (place, byte) in window.iter_mut().zip(FIRST) {
        *place = *byte;
    }
    let mut text = Text {
        source,
        left,
        window,
        at: FIRST.len(),
        copied: (0, 0),
        flags: 1,
        sum: 0,
        told_sum: u32::from_le_bytes(sum),
        is_over: false,
    };
    entries.entry(b"", &mut text)
}

struct Text<'s, 'i> {
    source: &'s mut Source<'i>,
    /// Packed bytes that are still to come.
    left: u64,
    window: Zeroizing<Vec<u8>>,
    /// Where the next byte is put.
    at: usize,
    /// Where the next byte is copied from, and how many are.
    copied: (usize, usize),
    /// What the next things are, above a one that marks their end.
    flags: u16,
    sum: u32,
    told_sum: u32,
    is_over: bool,
}

impl Text<'_, '_> {
    fn byte(&mut self) -> io::Result<u8> {
        self.left = self.left.checked_sub(1).ok_or_else(|| invalid("text without an end"))?;
        let mut byte = [0];
        self.source.read_exact(&mut byte)?;
        let [byte] = byte;
        self.sum ^= u32::from(byte);
        for _ in 0..8 {
            self.sum = (self.sum >> 1) ^ ((self.sum & 1) * 0xedb8_8320);
        }
        Ok(byte)
    }

    /// The next byte of the text; nothing at its end.
    fn next(&mut self) -> io::Result<Option<u8>> {
        while self.copied.1 == 0 {
            if self.flags == 1 {
                self.flags = u16::from(self.byte()?) | 0x100;
            }
            let is_copy = self.flags & 1 == 1;
            self.flags >>= 1;
            if !is_copy {
                let byte = self.byte()?;
                return Ok(Some(self.put(byte)));
            }
            let copy = usize::from(u16::from_be_bytes([self.byte()?, self.byte()?]));
            let from = copy >> 4;
            if from == self.at {
                return Ok(None);
            }
            self.copied = (from, (copy & 15) + 2);
        }
        let (from, left) = self.copied;
        self.copied = ((from + 1) % WINDOW, left - 1);
        let byte = self.window.get(from).copied().unwrap_or_default();
        Ok(Some(self.put(byte)))
    }

    fn put(&mut self, byte: u8) -> u8 {
        if let Some(place) = self.window.get_mut(self.at) {
            *place = byte;
        }
        self.at = (self.at + 1) % WINDOW;
        byte
    }

    /// Whether the sum over all that was packed is what it says.
    fn check(&mut self) -> io::Result<()> {
        while self.left > 0 {
            self.byte()?;
        }
        if self.sum == self.told_sum { Ok(()) } else { Err(invalid("a sum that is another")) }
    }
}

impl Read for Text<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut length = 0;
        while let Some(place) = buffer.get_mut(length)
            && !self.is_over
        {
            match self.next() {
                Ok(Some(byte)) => {
                    *place = byte;
                    length += 1;
                }
                Ok(None) => self.is_over = true,
                // An error waits until what came before it was taken, and comes again.
                Err(_) if length > 0 => break,
                Err(problem) => return Err(problem),
            }
        }
        if length == 0 && self.is_over {
            self.check()?;
        }
        Ok(length)
    }
}
