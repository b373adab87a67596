//! String literals and addresses that spell a key byte by byte: `\x30\x82`, `\060\202`, `\u0030`,
//! `0\x82` with printable bytes as they are, over several literals, behind one backslash or more;
//! `%30%82`; `&#66;`. Knows what keys begin with, in escapes; what the bytes are, others say.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{append, cut::Cut, escape, percent::is_encoded};
use crate::{
    budget,
    rows::{Found, Row},
    unit::{Decoded, Unit},
};

/// One byte and the backslash behind it, whatever stands before it (`\\x02\\x01` has two), or the end of a literal.
pub(crate) const ROW: Row = Row {
    name: "escapes",
    about: "string literals that spell PEM, DER, OpenSSH or Java key stores: `\\x30`, `\\060`, `\\u0030`, over several literals and lines, in JSON; `%30` and `&#48;`",
    text: &[
        // 02 of a version, f7 of an object identifier, `B` of BEGIN, `s` of OpenSSH.
        b"x02\\",
        b"x02\"",
        b"x02'",
        b"xf7\\",
        b"xF7\\",
        b"x42\\",
        b"x73\\",
        // The same in octal, and `\u0002`.
        b"002\\",
        b"367\\",
        b"102\\",
        b"163\\",
        b"0f7\\",
        b"042\\",
        b"073\\",
        // As JSON has it where only control characters are escaped: f7 0d.
        b"\xc3\xb7\\r",
        b"ssh-key-v1\\",
        // In addresses and markup.
        b"%02%01%0",
        b"%F7%0D",
        b"%f7%0d",
        b"%42%45",
        b"ssh-key-v1%",
        b"&#66;&#69;",
        b"&#x42;&#x45;",
    ],
    binary: &[],
    find,
    head: None,
};

/// Bytes that are worth a look: the smallest key has more.
const SMALLEST: usize = 20;

/// What may stand between two literals: concatenation, an indent, a comment.
const GLUE: usize = 64;

/// Backslashes before one escape: each level of quoting doubles them.
const LEVELS: usize = 16;

/// Literals before the one with the needle, and bytes of a line before it.
const BEFORE: usize = 16;
const LINE: usize = 1024;

/// How bytes are spelled.
#[derive(Clone, Copy)]
enum Style {
    /// So many backslashes before each escape.
    Backslashes(usize),
    Percent,
    Entities,
}

/// A quote, and the backslashes before it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Quote {
    byte: u8,
    slashes: usize,
}

/// A string literal in which a key may stand, or text outside of any.
#[derive(Clone, Copy)]
struct Text<'a> {
    bytes: &'a [u8],
    style: Style,
    quote: Option<Quote>,
}

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let low = needle.start.saturating_sub(budget::LOOK_BACK).max(found.claimed());
    let mut cut = Cut::new(unit, needle.start);
    let bytes = unit.bytes.get(..cut.stop).unwrap_or_default();
    let Some((at, style)) = first(bytes, &needle, low) else { return };
    let (start, quote) = opening(bytes, at, low, style);
    let text = Text { bytes, style, quote };
    if !text.is_likely(at) {
        return;
    }
    let start = text.earliest(start, low);
    let (spelled, end) = text.read(start, usize::MAX, |at, read| cut.pass(at, read));
    let end = end.max(needle.end);
    if spelled.len() < SMALLEST {
        return found.claim(end);
    }
    cut.add(found, start..end, "escapes", spelled);
}

/// Where the byte starts that the needle ends, and its style.
fn first(bytes: &[u8], needle: &Range<usize>, low: usize) -> Option<(usize, Style)> {
    let literal = bytes.get(needle.clone())?;
    let slashes = |at: usize| {
        let rest = bytes.get(at..).unwrap_or_default();
        rest.iter().take(LEVELS).take_while(|&&byte| byte == b'\\').count()
    };
    match literal {
        [b'%', ..] | [.., b'%'] => Some((needle.start, Style::Percent)),
        [b'&', ..] => Some((needle.start, Style::Entities)),
        [0xc3, ..] => Some((needle.start, Style::Backslashes(1))),
        [b's', .., b'\\'] => Some((needle.start, Style::Backslashes(slashes(needle.end - 1)))),
        _ => {
            let near = bytes.get(needle.start.saturating_sub(3).max(low)..needle.start)?;
            let back = near.iter().rev().position(|&byte| byte == b'\\')?;
            let last = needle.start - back;
            let before = bytes.get(low..last)?.iter().rev();
            let count = before.take(LEVELS).take_while(|&&byte| byte == b'\\').count();
            Some((last - count, Style::Backslashes(count)))
        }
    }
}

/// Where the literal begins that holds `at`, or the text in which none does.
fn opening(bytes: &[u8], at: usize, low: usize, style: Style) -> (usize, Option<Quote>) {
    let from = at.saturating_sub(LINE).max(low);
    let line = bytes.get(from..at).unwrap_or_default();
    match style {
        Style::Backslashes(level) => {
            let start = line_start(bytes, at, from);
            let mut end = at;
            while let Some(quote) = last_quote(bytes, start, end) {
                let slashes = slashes_before(bytes, quote, start);
                if slashes < level {
                    let byte = bytes.get(quote).copied().unwrap_or_default();
                    return (quote + 1, Some(Quote { byte, slashes }));
                }
                end = quote - slashes;
            }
            (start, None)
        }
        Style::Percent => {
            let back = line.iter().rev().take_while(|byte| is_encoded(**byte)).count();
            (at - back, None)
        }
        Style::Entities => {
            let back = line.iter().rev().take_while(|byte| !b"\n<>\"'".contains(byte)).count();
            (at - back, None)
        }
    }
}

/// The start of the line of `at`, and of what it continues.
fn line_start(bytes: &[u8], at: usize, low: usize) -> usize {
    let mut start = at;
    for _ in 0..BEFORE {
        let before = bytes.get(low..start).unwrap_or_default();
        let Some(newline) = memchr::memrchr(b'\n', before) else { return low };
        let line = before.get(..newline).unwrap_or_default();
        let is_continued = line.strip_suffix(b"\r").unwrap_or(line).ends_with(b"\\");
        if !is_continued {
            return low + newline + 1;
        }
        start = low + newline;
    }
    start
}

fn last_quote(bytes: &[u8], from: usize, to: usize) -> Option<usize> {
    let quote = memchr::memrchr3(b'"', b'\'', b'`', bytes.get(from..to)?)?;
    Some(from + quote)
}

fn slashes_before(bytes: &[u8], at: usize, low: usize) -> usize {
    let before = bytes.get(low..at).unwrap_or_default();
    before.iter().rev().take_while(|&&byte| byte == b'\\').count()
}

/// What stands at one place of a text.
enum Piece {
    Byte(u8),
    /// A continued line, or what joins two literals.
    Nothing,
}

impl Text<'_> {
    /// Whether the bytes from `at` on are what keys hold.
    fn is_likely(&self, at: usize) -> bool {
        let (bytes, _) = self.read(at, 16, |_, _| {});
        match bytes.get(..).unwrap_or_default() {
            // Versions of private keys, key stores and OpenSSL's sequences of integers.
            [2, 1, 0, 2 | 0x30, ..] | [2, 1, 1, 2 | 4 | 0x30, ..] | [2, 1, 3, 0x30, ..] => true,
            // The count of a Java key store, and the tag of its first entry (1 to 3).
            [2, 0, 0, 0, 1..=255, 0, 0, 0, 1..4, ..] => true,
            [0xf7, 0x0d, 1, ..] => true,
            bytes => [&b"BEGIN"[..], b"ssh-key-v1"].iter().any(|it| bytes.starts_with(it)),
        }
    }

    /// The start of the first of the literals that are joined to the one that begins at `start`.
    fn earliest(&self, start: usize, low: usize) -> usize {
        let Some(quote) = self.quote else { return start };
        let mut start = start;
        for _ in 0..BEFORE {
            let from = start.saturating_sub(2 + 2 * quote.slashes + GLUE).max(low);
            let open = start - 1 - quote.slashes;
            let is_joined = |end: &usize| self.joined(end + 1) == Some(start);
            let mut to = open;
            let mut closing = None;
            while let Some(at) = last_quote(self.bytes, from, to) {
                if is_joined(&at) {
                    closing = Some(at);
                    break;
                }
                to = at;
            }
            let Some(closing) = closing else { return start };
            let line = closing.saturating_sub(LINE).max(low);
            let mut end = closing;
            let before = loop {
                let Some(at) = last_quote(self.bytes, line, end) else { return start };
                let here = slashes_before(self.bytes, at, line);
                if self.bytes.get(at) == Some(&quote.byte) && here == quote.slashes {
                    break at;
                }
                end = at;
            };
            start = before + 1;
        }
        start
    }

    /// At most `most` bytes that are spelled from `at` on, and where they end. `pass` is told where
    /// each begins, and how many come before it.
    fn read(
        &self,
        mut at: usize,
        most: usize,
        mut pass: impl FnMut(usize, usize),
    ) -> (Decoded, usize) {
        let mut spelled = Zeroizing::new(Vec::new());
        while spelled.len() < most
            && let Some((piece, after)) = self.piece(at)
        {
            if let Piece::Byte(byte) = piece {
                pass(at, spelled.len());
                append(&mut spelled, &[byte]);
            }
            at = after;
        }
        (spelled, at)
    }

    /// What stands at `at`, and where the next piece starts; `None` where the text ends.
    fn piece(&self, at: usize) -> Option<(Piece, usize)> {
        let rest = self.bytes.get(at..)?;
        let &byte = rest.first()?;
        match self.style {
            Style::Backslashes(level) => self.in_literal(at, rest, byte, level),
            Style::Percent => match rest {
                [b'%', high, low, ..] => {
                    let value = hex(&[*high, *low])?;
                    Some((Piece::Byte(u8::try_from(value).ok()?), at + 3))
                }
                [b'+', ..] => Some((Piece::Byte(b' '), at + 1)),
                _ => is_encoded(byte).then_some((Piece::Byte(byte), at + 1)),
            },
            Style::Entities => {
                let spelled = escape::spelled(self.bytes, at, false);
                let ends = b"<\"".contains(&byte);
                (!ends).then_some(())?;
                Some((spelled.byte.map_or(Piece::Nothing, Piece::Byte), at + spelled.length))
            }
        }
    }

    fn in_literal(&self, at: usize, rest: &[u8], byte: u8, level: usize) -> Option<(Piece, usize)> {
        let slashes = rest.iter().take(LEVELS).take_while(|&&byte| byte == b'\\').count();
        let after = rest.get(slashes..)?;
        if let Some(quote) = self.quote
            && slashes == quote.slashes
            && after.first() == Some(&quote.byte)
        {
            let end = at + slashes + 1;
            let next = self.joined(end)?;
            // SQL doubles a quote.
            let is_doubled = quote.byte == b'\'' && next == end + slashes + 1;
            return Some((if is_doubled { Piece::Byte(b'\'') } else { Piece::Nothing }, next));
        }
        if slashes == 0 {
            return match rest {
                [b'\n' | b'\r', ..] => None,
                // A character up to U+00FF stands for a byte.
                [0xc2, low @ 0x80..0xc0, ..] => Some((Piece::Byte(*low), at + 2)),
                [0xc3, low @ 0x80..0xc0, ..] => Some((Piece::Byte(low + 0x40), at + 2)),
                _ => Some((Piece::Byte(byte), at + 1)),
            };
        }
        if let [b'\n' | b'\r', ..] = after {
            let blanks = after.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            return Some((Piece::Nothing, at + slashes + blanks));
        }
        if 2 * level <= slashes {
            return Some((Piece::Byte(b'\\'), at + 2 * level));
        }
        if slashes < level {
            return Some((Piece::Byte(b'\\'), at + slashes));
        }
        let (byte, length) = escaped(after)?;
        Some((Piece::Byte(byte), at + slashes + length))
    }

    /// Where the literal begins that is joined to one that ends at `end`.
    fn joined(&self, end: usize) -> Option<usize> {
        let quote = self.quote?;
        let rest = self.bytes.get(end..)?;
        let near = rest.get(..GLUE + quote.slashes).unwrap_or(rest);
        let mut at = 0;
        loop {
            let glue = near.get(at..)?;
            let slashes = glue.iter().take_while(|&&byte| byte == b'\\').count();
            if slashes == quote.slashes && glue.get(slashes) == Some(&quote.byte) {
                return Some(end + at + slashes + 1);
            }
            at += match glue {
                [b'/', b'*', ..] => memchr::memmem::find(glue, b"*/")? + 2,
                [b'/', b'/', ..] => memchr::memchr(b'\n', glue)?,
                [byte, ..] if b" \t\r\n\\+.&brnuL".contains(byte) => 1,
                _ => return None,
            };
        }
    }
}

/// The byte that stands behind a backslash, and the length of what spells it.
fn escaped(after: &[u8]) -> Option<(u8, usize)> {
    let narrow = |value: Option<u32>| value.and_then(|value| u8::try_from(value).ok());
    Some(match after {
        [b'x', high, low, ..] if low.is_ascii_hexdigit() => (narrow(hex(&[*high, *low]))?, 3),
        [b'x', low, ..] => (narrow(hex(&[*low]))?, 2),
        [b'u', a, b, c, d, ..] if *a != b'{' => (narrow(hex(&[*a, *b, *c, *d]))?, 5),
        [b'u', b'{', digits @ ..] => {
            let count = digits.iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
            (narrow(hex(digits.get(..count)?))?, count + 3)
        }
        [b'0'..=b'7', ..] => {
            let digits = after.iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7'));
            let (value, count) = digits
                .fold((0u32, 0), |(sum, n), digit| (sum * 8 + u32::from(digit - b'0'), n + 1));
            (narrow(Some(value))?, count)
        }
        [b'a', ..] => (7, 1),
        [b'b', ..] => (8, 1),
        [b't', ..] => (b'\t', 1),
        [b'n', ..] => (b'\n', 1),
        [b'v', ..] => (0x0b, 1),
        [b'f', ..] => (0x0c, 1),
        [b'r', ..] => (b'\r', 1),
        [b'e' | b'E', ..] => (0x1b, 1),
        [byte, ..] => (*byte, 1),
        [] => return None,
    })
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, &digit| Some(value * 16 + char::from(digit).to_digit(16)?))
}

#[cfg(test)]
mod tests;
