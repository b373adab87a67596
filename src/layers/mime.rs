//! The spelling of MIME: fields and their parameters (RFC 2045, RFC 2231, RFC 2047), and bodies
//! in base64, quoted-printable and uuencode. Decoders take what is damaged for what it may be.

use std::io::{self, Read};

use zeroize::Zeroizing;

/// Bytes read at once. A longer line comes in pieces.
const PIECE: usize = 32 << 10;

/// Pieces of one parameter (RFC 2231).
const PIECES: usize = 100;

/// Name and value of a field.
pub(super) fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().take(78).position(|&byte| byte == b':').filter(|&colon| colon > 0)?;
    let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?);
    name.iter().all(|byte| byte.is_ascii_graphic()).then_some((name, value))
}

/// What a value says before its parameters.
pub(super) fn word(value: &[u8]) -> String {
    let word = value.split(|&byte| byte == b';').next().unwrap_or_default();
    String::from_utf8_lossy(word.trim_ascii()).to_ascii_lowercase()
}

/// A parameter of a value, also one in pieces.
pub(super) fn parameter(value: &[u8], name: &str) -> Option<Vec<u8>> {
    let parameters = parameters(value);
    let find = |name: &str| {
        let found = parameters.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.clone())
    };
    let extended = |value: &[u8]| percent(value.splitn(3, |&byte| byte == b'\'').last()?).into();
    if let Some(value) = find(name) {
        return Some(encoded_words(&value));
    }
    if let Some(value) = find(&format!("{name}*")) {
        return extended(&value);
    }
    let mut whole = Vec::new();
    for piece in 0..PIECES {
        if let Some(value) = find(&format!("{name}*{piece}")) {
            whole.extend(value);
        } else if let Some(value) = find(&format!("{name}*{piece}*")) {
            let value = if piece == 0 { extended(&value) } else { Some(percent(&value)) };
            whole.extend(value.unwrap_or_default());
        } else {
            break;
        }
    }
    (!whole.is_empty()).then_some(whole)
}

fn parameters(value: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut rest = after(value, b';');
    while let Some(equals) = memchr::memchr(b'=', rest) {
        let (name, value) = rest.split_at(equals);
        let value = value.get(1..).unwrap_or_default().trim_ascii_start();
        let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
        let text;
        if let Some(quoted) = value.strip_prefix(b"\"") {
            let mut bytes = Vec::new();
            let mut taken = 0;
            while let Some(&byte) = quoted.get(taken) {
                taken += 1;
                match byte {
                    b'"' => break,
                    b'\\' => {
                        bytes.extend(quoted.get(taken));
                        taken += 1;
                    }
                    b'\r' | b'\n' => {}
                    byte => bytes.push(byte),
                }
            }
            text = bytes;
            rest = after(quoted.get(taken..).unwrap_or_default(), b';');
        } else {
            let end = memchr::memchr(b';', value).unwrap_or(value.len());
            text = value.get(..end).unwrap_or_default().trim_ascii().to_vec();
            rest = after(value, b';');
        }
        found.push((name, text));
        if found.len() > PIECES {
            break;
        }
    }
    found
}

fn after(bytes: &[u8], byte: u8) -> &[u8] {
    memchr::memchr(byte, bytes).and_then(|at| bytes.get(at + 1..)).unwrap_or_default()
}

pub(crate) fn percent(text: &[u8]) -> Vec<u8> {
    escaped(text, b'%')
}

/// Bytes in which `mark` and two hexadecimal digits stand for one.
fn escaped(text: &[u8], mark: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match tail.first_chunk::<2>().and_then(hex).filter(|_| byte == mark) {
            Some(spelled) => {
                bytes.push(spelled);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => bytes.push(byte),
        }
    }
    bytes
}

fn hex(digits: &[u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? * 16 + low?).ok()
}

/// The text of `=?charset?B?…?=` (RFC 2047), in the bytes of its character set.
fn encoded_words(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, b"=?") {
        let between = rest.get(..at).unwrap_or_default();
        if bytes.is_empty() || !between.trim_ascii().is_empty() {
            bytes.extend_from_slice(between);
        }
        let word = rest.get(at + 2..).unwrap_or_default();
        let mut fields = word.splitn(3, |&byte| byte == b'?');
        let (_charset, kind, tail) = (fields.next(), fields.next(), fields.next());
        let end = tail.and_then(|tail| memchr::memmem::find(tail, b"?="));
        let (Some(kind), Some(tail), Some(end)) = (kind, tail, end) else {
            bytes.extend_from_slice(b"=?");
            rest = word;
            continue;
        };
        let spelled = tail.get(..end).unwrap_or_default();
        if kind.eq_ignore_ascii_case(b"B") {
            let mut decoded = Vec::new();
            let _infallible =
                Decoder::new(Encoding::Base64, &mut &*spelled).read_to_end(&mut decoded);
            bytes.extend(decoded);
        } else {
            bytes.extend(escaped(spelled, b'=').iter().map(|&b| if b == b'_' { b' ' } else { b }));
        }
        rest = tail.get(end + 2..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest);
    bytes
}

/// How a body is spelled.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    #[default]
    None,
    Base64,
    QuotedPrintable,
    Uuencode,
}

impl Encoding {
    pub(super) fn of(value: &[u8]) -> Self {
        match word(value).as_str() {
            "base64" => Self::Base64,
            "quoted-printable" => Self::QuotedPrintable,
            "x-uuencode" | "uuencode" | "x-uue" => Self::Uuencode,
            _ => Self::None,
        }
    }
}

/// A reader of what a body spells.
pub(super) struct Decoder<'a> {
    encoding: Encoding,
    lines: Lines<'a, dyn Read + 'a>,
    decoded: Zeroizing<Vec<u8>>,
    given: usize,
    /// Base64: the bits that are no whole byte yet, and their number.
    bits: u32,
    count: u32,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(encoding: Encoding, reader: &'a mut (dyn Read + 'a)) -> Self {
        let decoded = Zeroizing::new(Vec::with_capacity(PIECE));
        Self { encoding, lines: Lines::new(reader), decoded, given: 0, bits: 0, count: 0 }
    }
}

impl Read for Decoder<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.decoded.len() {
            self.decoded.clear();
            self.given = 0;
            let Some((_, line, starts)) = self.lines.next()? else { return Ok(0) };
            let decoded = &mut self.decoded;
            match self.encoding {
                Encoding::None => decoded.extend_from_slice(line),
                Encoding::Base64 => base64(line, &mut self.bits, &mut self.count, decoded),
                Encoding::QuotedPrintable => quoted_printable(line, decoded),
                Encoding::Uuencode if starts => uuencode(line, decoded),
                Encoding::Uuencode => {}
            }
        }
        let rest = self.decoded.get(self.given..).unwrap_or_default();
        let read = { rest }.read(buffer)?;
        self.given += read;
        Ok(read)
    }
}

fn base64(line: &[u8], bits: &mut u32, count: &mut u32, decoded: &mut Vec<u8>) {
    for &byte in line {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                // One text ends; another may follow.
                *count = 0;
                continue;
            }
            _ => continue,
        };
        *bits = *bits << 6 | u32::from(digit);
        *count += 6;
        if *count >= 8 {
            *count -= 8;
            decoded.push((*bits >> *count & 0xff) as u8);
        }
    }
}

/// Decodes a line. What is no escape stands for itself.
fn quoted_printable(line: &[u8], decoded: &mut Vec<u8>) {
    let text = line.trim_ascii_end();
    if line.ends_with(b"\n") && text.ends_with(b"=") {
        decoded.extend(escaped(text.strip_suffix(b"=").unwrap_or(text), b'='));
    } else {
        decoded.extend(escaped(line, b'='));
    }
}

fn uuencode(line: &[u8], decoded: &mut Vec<u8>) {
    let line = line.trim_ascii_end();
    if line.starts_with(b"begin ") || line == b"end" {
        return;
    }
    let Some((&length, digits)) = line.split_first() else { return };
    let goal = decoded.len() + usize::from(length.wrapping_sub(b' ') & 63);
    for group in digits.chunks(4) {
        let digit =
            |at: usize| group.get(at).map_or(0, |byte| u32::from(byte.wrapping_sub(32) & 63));
        let [_, bytes @ ..] =
            (digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3)).to_be_bytes();
        decoded.extend(bytes.iter().take(goal.saturating_sub(decoded.len())));
    }
}

/// Lines with their ends.
pub(super) struct Lines<'a, R: Read + ?Sized> {
    reader: &'a mut R,
    buffer: Zeroizing<Vec<u8>>,
    start: usize,
    end: usize,
    /// The offset of the buffer.
    base: u64,
    is_at_end: bool,
    /// Whether a line begins at `start`.
    starts: bool,
}

impl<'a, R: Read + ?Sized> Lines<'a, R> {
    pub(super) fn new(reader: &'a mut R) -> Self {
        let buffer = Zeroizing::new(vec![0; PIECE]);
        Self { reader, buffer, start: 0, end: 0, base: 0, is_at_end: false, starts: true }
    }

    /// The offset of what comes next.
    pub(super) fn position(&self) -> u64 {
        self.base + self.start as u64
    }

    /// The next line, or a piece of a long one: its offset, its bytes, and whether it begins there.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, &[u8], bool)>> {
        let mut searched = 0;
        let length = loop {
            let here = self.buffer.get(self.start..self.end).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', here.get(searched..).unwrap_or_default()) {
                break searched + at + 1;
            }
            searched = here.len();
            if self.is_at_end || searched == PIECE {
                break searched;
            }
            self.buffer.copy_within(self.start..self.end, 0);
            self.base += self.start as u64;
            self.end -= self.start;
            self.start = 0;
            match self.reader.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(read) => {
                    self.end += read;
                    self.is_at_end = read == 0;
                }
                Err(problem) if problem.kind() == io::ErrorKind::Interrupted => {}
                Err(problem) => return Err(problem),
            }
        };
        if length == 0 {
            return Ok(None);
        }
        let at = self.position();
        let line = self.buffer.get(self.start..self.start + length).unwrap_or_default();
        self.start += length;
        let starts = std::mem::replace(&mut self.starts, line.ends_with(b"\n"));
        Ok(Some((at, line, starts)))
    }
}
