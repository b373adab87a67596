//! Arrays of numbers in source and JSON that spell a key: `0x30, 0x82`, `48, 130`, and
//! Java's `48, -126`. Knows what keys begin with, in numbers; what the bytes are, others say.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{append, cut::Cut};
use crate::{
    budget,
    rows::{Found, Row},
    unit::{Decoded, Unit},
};

/// One number where it is rare, with what follows or precedes it where it is short, and several where
/// none is rare.
pub(crate) const ROW: Row = Row {
    name: "array",
    about: "arrays of bytes that spell PEM, DER, OpenSSH or Java key stores: hexadecimal, decimal and signed numbers, with casts, in lines",
    text: &[
        // 86 and 82 of the head of RSA and others, 86 of an object identifier, 65 of one of Ed25519, 02
        // of a version, `B` of BEGIN, `s` of OpenSSH: with whatever suffix, in a cast or behind one.
        b"0x82",
        b"0x86",
        b"0x65",
        b"0x02",
        b"0x42",
        b"0x73",
        // The same in decimal.
        b"130,",
        b"130)",
        b"130u",
        b"-126,",
        b"134,",
        b"134)",
        b"134u",
        b"-122,",
        b"101,",
        b"101u",
        b"2,1,1,4,",
        b"2, 1, 1, 4,",
        b"45,45,45",
        b" 66,",
        b")66,",
        b"(66)",
        b"66u8",
        // `ssh` of OpenSSH; the version of JKS and JCEKS, and how many entries.
        b"115,",
        b"2,0,0,0,",
        b"2, 0, 0, 0,",
    ],
    binary: &[],
    find,
    head: None,
};

/// Bytes that are worth a look: the smallest key has more.
const SMALLEST: usize = 20;

/// What may stand between two numbers: an indent, a cast, a comment.
const GLUE: usize = 128;

/// How the numbers of one array are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Hexadecimal,
    Decimal,
}

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let bytes = unit.bytes;
    let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'-';
    let number = unit.get(needle.clone()).iter().position(is_number).unwrap_or(0);
    let needle = needle.start + number..needle.end;
    let is_hexadecimal = unit.get(needle.clone()).starts_with(b"0x");
    let style = if is_hexadecimal { Style::Hexadecimal } else { Style::Decimal };
    // The tail of a longer number is none.
    let before = needle.start.checked_sub(1).and_then(|at| bytes.get(at));
    if before.is_some_and(u8::is_ascii_alphanumeric) || !is_likely(bytes, needle.start, style) {
        return;
    }
    let low = needle.start.saturating_sub(budget::LOOK_BACK).max(found.claimed());
    let mut cut = Cut::new(unit, needle.start);
    let (range, spelled) = run(bytes, needle.start, low, style, &mut cut);
    if spelled.len() < SMALLEST {
        found.claim(range.end.max(needle.end));
        return;
    }
    cut.add(found, range, "array", spelled);
}

/// Whether the numbers from `at` on are what keys begin with.
fn is_likely(bytes: &[u8], at: usize, style: Style) -> bool {
    const AHEAD: usize = 12;
    let mut ahead = [0; AHEAD];
    let mut count = 0;
    let mut next = Some(at);
    for slot in &mut ahead {
        let Some((value, end)) = next.and_then(|at| number(bytes, at, style)) else { break };
        *slot = value;
        count += 1;
        next = glued(bytes, end, style);
    }
    let ahead = ahead.get(..count).unwrap_or_default();
    let version = |bytes: &[u8]| {
        matches!(bytes, [2, 1, 0, 2 | 0x30, ..] | [2, 1, 1, 4 | 0x30, ..] | [2, 1, 3, 0x30, ..])
    };
    match ahead {
        [0x86, 0x48, 0x86, 0xf7, ..] | [0x86, 0x48, 0xce, ..] | [0x86, 0x48, 1, 0x65, 3, 4, ..] => {
            true
        }
        // X25519 to Ed448, and the head of an OCTET STRING.
        [0x65, 0x6e..=0x71, 4, _, 4, ..] => true,
        // The length of a SEQUENCE.
        [0x82, _, _, rest @ ..] if version(rest) => true,
        [b'B', b'E', b'G', b'I', ..] => true,
        [0x30, 0x81, _, rest @ ..] | [0x30, 0x82, _, _, rest @ ..] => version(rest),
        [0x30, _, rest @ ..] => version(rest),
        [b's', b's', b'h', b'-', b'k', b'e', b'y', ..] => true,
        // The count of a key store, and the tag of its first entry (1 to 3).
        [2, 0, 0, 0, 1..=255, 0, 0, 0, 1..4, ..] => true,
        [b'-', rest @ ..] => {
            let dashes = rest.iter().take_while(|&&byte| byte == b'-').count();
            rest.get(dashes..).is_some_and(|rest| rest.starts_with(b"BEG"))
        }
        ahead => version(ahead),
    }
}

/// The numbers around `at`, from `low` on: their range, and the bytes they are.
fn run(
    bytes: &[u8],
    at: usize,
    low: usize,
    style: Style,
    cut: &mut Cut,
) -> (Range<usize>, Decoded) {
    let before = bytes.get(low..at).unwrap_or_default();
    let opens = |byte: &u8| b"{[=;<\"'`\0".contains(byte);
    let mut start = low + before.iter().rposition(opens).map_or(0, |open| open + 1);
    let bytes = bytes.get(..cut.stop).unwrap_or_default();
    let mut spelled = Zeroizing::new(Vec::new());
    let (mut next, mut end) = (start, start);
    loop {
        if let Some((value, after)) = number(bytes, next, style) {
            if spelled.is_empty() {
                start = next;
            }
            cut.pass(next, spelled.len());
            append(&mut spelled, &[value]);
            end = after;
            if let Some(after) = glued(bytes, after, style) {
                next = after;
                continue;
            }
            next = after;
        }
        // Before the needle, words and longer numbers part the array from what precedes it.
        if at <= next {
            return (start..end.max(start), spelled);
        }
        spelled.clear();
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let rest = bytes.get(next..at).unwrap_or_default();
        let length = rest.iter().take_while(|byte| word(byte)).count();
        let blank = rest.iter().skip(length).take_while(|byte| !word(byte)).count();
        next += (length + blank).max(1);
    }
}

/// The number of one byte that starts at `at`, and its end.
fn number(bytes: &[u8], at: usize, style: Style) -> Option<(u8, usize)> {
    let rest = bytes.get(at..)?;
    let rest = rest.get(..16).unwrap_or(rest);
    let (sign, prefix) = match (style, rest) {
        (Style::Hexadecimal, [b'0', b'x' | b'X', ..]) => (false, 2),
        (Style::Decimal, [b'-', ..]) => (true, 1),
        (Style::Decimal, [b'0'..=b'9', ..]) => (false, 0),
        _ => return None,
    };
    let radix = if style == Style::Hexadecimal { 16 } else { 10 };
    let digits = rest.get(prefix..)?;
    let count = digits.iter().take_while(|&&byte| char::from(byte).is_digit(radix)).count();
    (1..=3).contains(&count).then_some(())?;
    let value = digits
        .get(..count)?
        .iter()
        .try_fold(0u32, |value, &digit| Some(value * radix + char::from(digit).to_digit(radix)?))?;
    let value = match sign {
        false => u8::try_from(value).ok()?,
        true => i8::try_from(-i64::from(value)).ok()?.cast_unsigned(),
    };
    let suffix = digits.get(count..)?;
    let suffix = [&b"u8"[..], b"U", b"u"].into_iter().find(|known| suffix.starts_with(known));
    let end = prefix + count + suffix.map_or(0, <[u8]>::len);
    let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.".contains(byte);
    (!rest.get(end).is_some_and(goes_on)).then_some((value, at + end))
}

/// Where the next number of an array starts, behind a number that ends at `at`.
fn glued(bytes: &[u8], at: usize, style: Style) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let rest = rest.get(..GLUE).unwrap_or(rest);
    let mut next = 0;
    let mut is_parted = false;
    while let Some(glue) = rest.get(next..) {
        next += match glue {
            // What a cast to a type, as of Go, ends and begins with.
            [b')', ..] if !is_parted => 1,
            [b'a'..=b'z', ..] if is_parted => cast(glue)?,
            [b',', ..] => {
                is_parted = true;
                1
            }
            [b' ' | b'\t' | b'\r' | b'\n' | b'\\' | b'`', ..] => {
                is_parted |= style == Style::Hexadecimal;
                1
            }
            // A cast, or a comment.
            [b'(', ..] => memchr::memchr(b')', glue.get(..16).unwrap_or(glue))? + 1,
            [b'/', b'/', ..] => memchr::memchr(b'\n', glue)?,
            [b'/', b'*', ..] => memchr::memmem::find(glue, b"*/")? + 2,
            _ => 0,
        };
        if rest.get(next..).is_none_or(|after| after.len() == glue.len()) {
            break;
        }
    }
    (is_parted && next < rest.len()).then_some(at + next)
}

/// The length of `byte(` and the like.
fn cast(glue: &[u8]) -> Option<usize> {
    const NAMES: &[&[u8]] = &[b"byte(", b"uint8(", b"int8(", b"uint8_t(", b"chr("];
    NAMES.iter().find(|name| glue.starts_with(name)).map(|name| name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DER: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20\
        \x27\x7c\x57\x31\x26\x76\x51\x7f\x40\x09\xee\x31\x96\x15\xca\x2b\
        \xb8\xfb\x86\xa4\xbf\x43\x03\x0a\xd2\xd3\xb8\x0e\xd1\x70\x8c\x0c";
    const RSA: &[u8] =
        b"\x30\x82\x04\xa5\x02\x01\x00\x02\x82\x01\x01\x00\xc7\xbb\xf4\x5a\xf4\x77\x62\xb2\x4b";
    const EC: &[u8] =
        b"\x30\x81\x87\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86";
    const PEM: &[u8] = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEICd8VzEmdlF\n";

    fn decoded(text: &[u8]) -> Vec<Vec<u8>> {
        let found = crate::decode::decoded(&ROW, text);
        found.into_iter().map(|(_, bytes)| bytes).collect()
    }

    fn joined(bytes: &[u8], between: &str, form: impl Fn(u8) -> String) -> String {
        bytes.iter().map(|&byte| form(byte)).collect::<Vec<_>>().join(between)
    }

    #[test]
    fn arrays_are_read_in_every_notation() {
        let forms: [fn(u8) -> String; 15] = [
            |byte| format!("0x{byte:02x}"),
            |byte| format!("0x{byte:02X}"),
            |byte| format!("0x{byte:x}"),
            |byte| format!("0x{byte:02X}U"),
            |byte| format!("0x{byte:02x}u8"),
            |byte| format!("(byte) 0x{byte:02x}"),
            |byte| format!("byte(0x{byte:02x})"),
            |byte| format!("uint8(0x{byte:x})"),
            |byte| byte.to_string(),
            |byte| byte.cast_signed().to_string(),
            |byte| format!("(byte){}", byte.cast_signed()),
            |byte| format!("(byte) {}", byte.cast_signed()),
            |byte| format!("{byte}u8"),
            |byte| format!("byte({byte})"),
            |byte| format!("(byte)0x{byte:02x}"),
        ];
        for bytes in [DER, RSA, EC, PEM] {
            for form in forms {
                for between in [",", ", ", ",\n    ", ", // a comment\n  "] {
                    // No cast of Go to a number of Ed25519 has a needle.
                    if bytes == DER && form(1) == "byte(1)" {
                        continue;
                    }
                    let array = joined(bytes, between, form);
                    for text in [
                        array.clone(),
                        format!("unsigned char key[] = {{\n  {array}\n}};\nint n = 1;\n"),
                        format!("{{\"id\": 7, \"key\":[{array}],\"n\":1}}"),
                        format!("sizes 12, 4096, {array}; 7"),
                    ] {
                        assert_eq!(decoded(text.as_bytes()), [bytes], "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "[2,1,0,2,1,0]",
            "{0x02, 0x01, 0x00, 0x30}",
            "[48, 130, 4, 164, 2, 1, 0]",
            "int t[] = {134, 72, -122, 72, 134, 72};",
            "rsa = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01}",
            "45, 45, 45, 45",
            "1134, 72, 134.5, 72, 0x8648, 0x0242",
            "[130, 1, 2, 2, 1, 0], f(130), g(134), 130u8, 134u8",
            "[\n  101,\n  112,\n  66,\n  69,\n  115,\n  116\n]",
            "{byte(0x42), byte(0x45), byte(0x20), f(0x82), 0x65, 0x70, 0x20}",
        ] {
            assert!(decoded(text.as_bytes()).is_empty(), "{text}");
        }
    }

    #[test]
    fn any_bytes_return() {
        for text in
            [joined(DER, ", ", |b| b.to_string()), joined(DER, ", ", |b| format!("0x{b:x}"))]
        {
            for at in 0..text.len() {
                let mut bytes = text.as_bytes().to_vec();
                decoded(&bytes[..at]);
                bytes[at] ^= 0x15;
                decoded(&bytes);
            }
        }
    }
}
