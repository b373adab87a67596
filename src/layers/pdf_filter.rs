//! How a stream of PDF is packed (ISO 32000-2, 7.4). What is damaged gives what comes before.

use std::io::{self, Read};

use flate2::read::ZlibDecoder;

use super::pdf_predictor::{Predictor, Rows};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    Flate,
    Hex,
    Ascii85,
    Lzw { is_early: bool },
    RunLength,
    Predicted(Predictor),
}

/// Filters of one stream.
const FILTERS: usize = 8;

/// The filters that a dictionary names, in order; up to one that makes pictures. `None` where
/// there is nothing but a picture.
pub(super) fn filters(dictionary: &[u8]) -> Option<Vec<Filter>> {
    let Some(value) = value(dictionary, b"/Filter").or_else(|| value(dictionary, b"/F")) else {
        return Some(Vec::new());
    };
    let mut names = value.trim_ascii_start();
    let is_list = names.starts_with(b"[");
    names = names.strip_prefix(b"[").unwrap_or(names);
    let mut filters = Vec::new();
    let is_early = self::value(dictionary, b"/EarlyChange")
        .is_none_or(|value| !value.trim_ascii_start().starts_with(b"0"));
    // There is one filter in a stream that has parameters like this.
    let predictor = Predictor::of(&|key| number(self::value(dictionary, key)?));
    while let Some(rest) = names.trim_ascii_start().strip_prefix(b"/") {
        let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        names = after;
        filters.push(match name {
            b"FlateDecode" | b"Fl" => Filter::Flate,
            b"ASCIIHexDecode" | b"AHx" => Filter::Hex,
            b"ASCII85Decode" | b"A85" => Filter::Ascii85,
            b"LZWDecode" | b"LZW" => Filter::Lzw { is_early },
            b"RunLengthDecode" | b"RL" => Filter::RunLength,
            _ => break,
        });
        if let (Some(Filter::Flate | Filter::Lzw { .. }), Some(predictor)) =
            (filters.last(), predictor)
        {
            filters.push(Filter::Predicted(predictor));
        }
        if !is_list || filters.len() >= FILTERS {
            break;
        }
    }
    (!filters.is_empty()).then_some(filters)
}

/// Whether the stream may hold what stands on a page, or a table of characters.
pub(super) fn is_page(dictionary: &[u8]) -> bool {
    let is = |key: &[u8], name: &[u8]| {
        value(dictionary, key).is_some_and(|value| value.trim_ascii_start().starts_with(name))
    };
    let has = |key: &[u8]| value(dictionary, key).is_some();
    let is_form = is(b"/Subtype", b"/Form");
    is_form
        || is(b"/Type", b"/CMap")
        || !(has(b"/Type") || has(b"/Subtype") || has(b"/Length1") || has(b"/FunctionType"))
}

/// What follows a key.
fn value<'d>(dictionary: &'d [u8], key: &[u8]) -> Option<&'d [u8]> {
    let mut found = memchr::memmem::find_iter(dictionary, key)
        .filter_map(|at| dictionary.get(at + key.len()..))
        .filter(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric));
    found.next()
}

fn number(value: &[u8]) -> Option<usize> {
    let digits = value.trim_ascii_start().split(|byte| !byte.is_ascii_digit()).next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The number of an object, before its generation at the end of `text`.
pub(super) fn number_before(text: &[u8]) -> u64 {
    let text = text.trim_ascii_end();
    let words = text.rsplit(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let digits = words.take(2).last().unwrap_or_default();
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

pub(super) fn decoded<'r>(reader: impl Read + 'r, filters: &[Filter]) -> Box<dyn Read + 'r> {
    let mut reader: Box<dyn Read + 'r> = Box::new(reader);
    for filter in filters {
        reader = match filter {
            Filter::Flate => Box::new(ZlibDecoder::new(reader)),
            Filter::Hex => Box::new(Bytewise::new(reader, Hex::default())),
            Filter::Ascii85 => Box::new(Bytewise::new(reader, Ascii85::default())),
            Filter::Lzw { is_early } => Box::new(Bytewise::new(reader, Lzw::new(*is_early))),
            Filter::RunLength => Box::new(Bytewise::new(reader, RunLength::default())),
            Filter::Predicted(how) => Box::new(Bytewise::new(reader, Rows::new(*how))),
        };
    }
    reader
}

/// A decoding that takes one byte after the other.
pub(super) trait Decode {
    /// Takes a byte; gives false at the end of the data.
    fn take(&mut self, byte: u8, out: &mut Vec<u8>) -> bool;

    /// Gives what is left at the end.
    fn finish(&mut self, _out: &mut Vec<u8>) {}
}

struct Bytewise<R, D> {
    reader: R,
    decode: D,
    out: zeroize::Zeroizing<Vec<u8>>,
    given: usize,
    is_at_end: bool,
}

impl<R: Read, D: Decode> Bytewise<R, D> {
    fn new(reader: R, decode: D) -> Self {
        Self { reader, decode, out: Vec::new().into(), given: 0, is_at_end: false }
    }
}

impl<R: Read, D: Decode> Read for Bytewise<R, D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() && !self.is_at_end {
            self.out.clear();
            self.given = 0;
            let mut piece = [0; 2048];
            let read = self.reader.read(&mut piece)?;
            let bytes = piece.get(..read).unwrap_or_default();
            let goes_on = bytes.iter().all(|&byte| self.decode.take(byte, &mut self.out));
            self.is_at_end = read == 0 || !goes_on;
            if self.is_at_end {
                self.decode.finish(&mut self.out);
            }
        }
        let mut rest = self.out.get(self.given..).unwrap_or_default();
        let read = rest.read(buffer)?;
        self.given += read;
        Ok(read)
    }
}

#[derive(Default)]
struct Hex {
    high: Option<u8>,
}

impl Decode for Hex {
    fn take(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        if byte == b'>' {
            return false;
        }
        let digit = char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match (digit, self.high.take()) {
            (Some(digit), None) => self.high = Some(digit),
            (Some(digit), Some(high)) => out.push(high << 4 | digit),
            (None, high) => self.high = high,
        }
        true
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        out.extend(self.high.take().map(|high| high << 4));
    }
}

#[derive(Default)]
struct Ascii85 {
    value: u32,
    count: usize,
}

impl Decode for Ascii85 {
    fn take(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        match byte {
            b'~' => return false,
            b'z' if self.count == 0 => out.extend([0; 4]),
            b'!'..=b'u' => {
                self.value = self.value.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                self.count += 1;
                if self.count == 5 {
                    out.extend(self.value.to_be_bytes());
                    (self.value, self.count) = (0, 0);
                }
            }
            _ => {}
        }
        true
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.count > 1 {
            for _ in self.count..5 {
                self.value = self.value.wrapping_mul(85).wrapping_add(84);
            }
            out.extend(self.value.to_be_bytes().iter().take(self.count - 1));
            self.count = 0;
        }
    }
}

#[derive(Default)]
struct RunLength {
    /// Bytes to be copied, or the length of a run whose byte comes next.
    copied: u8,
    run: usize,
}

impl Decode for RunLength {
    fn take(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        if self.copied > 0 {
            self.copied -= 1;
            out.push(byte);
        } else if self.run > 0 {
            out.resize(out.len() + self.run, byte);
            self.run = 0;
        } else {
            match byte {
                0..=127 => self.copied = byte + 1,
                128 => return false,
                129..=255 => self.run = 257 - usize::from(byte),
            }
        }
        true
    }
}

/// LZW with codes of 9 to 12 bits, the highest first.
struct Lzw {
    /// Whether codes grow one code early.
    is_early: bool,
    /// For each code from 258 on: what comes before its last byte, and that byte.
    table: Vec<(u16, u8)>,
    previous: Option<u16>,
    bits: u32,
    count: u32,
}

impl Lzw {
    fn new(is_early: bool) -> Self {
        Self { is_early, table: Vec::new(), previous: None, bits: 0, count: 0 }
    }

    fn width(&self) -> u32 {
        match 258 + self.table.len() + usize::from(self.is_early) {
            ..512 => 9,
            512..1024 => 10,
            1024..2048 => 11,
            2048.. => 12,
        }
    }

    /// The bytes of a code, backwards.
    fn word(&self, mut code: u16) -> Option<Vec<u8>> {
        let mut word = Vec::new();
        while let Some(index) = code.checked_sub(258) {
            let &(before, last) = self.table.get(usize::from(index))?;
            word.push(last);
            code = before;
        }
        word.push(u8::try_from(code).ok()?);
        Some(word)
    }
}

impl Decode for Lzw {
    fn take(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        self.bits = self.bits << 8 | u32::from(byte);
        self.count += 8;
        let width = self.width();
        if self.count < width {
            return true;
        }
        self.count -= width;
        let code = (self.bits >> self.count & ((1 << width) - 1)) as u16;
        match code {
            256 => {
                self.table.clear();
                self.previous = None;
                return true;
            }
            257 => return false,
            _ => {}
        }
        if let Some(previous) = self.previous {
            // The newest code may stand for itself: then it begins and ends with the same byte.
            let known = if usize::from(code) == 258 + self.table.len() { previous } else { code };
            let Some(first) = self.word(known).and_then(|word| word.last().copied()) else {
                return false;
            };
            if self.table.len() < 4096 - 258 {
                self.table.push((previous, first));
            }
        }
        let Some(word) = self.word(code) else { return false };
        out.extend(word.iter().rev());
        self.previous = Some(code);
        true
    }
}
