//! How source text, JSON, URLs, mail and markup spell single characters. Knows spellings, not
//! what they spell.

/// What the bytes at one place spell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spelled {
    /// One byte of text; `None` where the bytes only announce what follows. Dashes of any kind are
    /// `-`, line ends of any kind are `\n`, an ellipsis is [`ELLIPSIS`].
    pub byte: Option<u8>,
    /// How many bytes spell it; at least one.
    pub length: usize,
}

/// The character `…`, as Windows-1252 writes it.
pub(crate) const ELLIPSIS: u8 = 0x85;

/// Backslashes, `%25` and `&amp;` that are undone at once: each level of quoting doubles them.
const LEVELS: usize = 16;

/// What `bytes` spell at `at`, which is before their end. With `plus`, `+` is a space (forms).
pub(crate) fn spelled(bytes: &[u8], at: usize, plus: bool) -> Spelled {
    let rest = bytes.get(at..).unwrap_or_default();
    let spelled = match rest {
        [b'\\', ..] => backslash(rest),
        [b'%', ..] => percent(rest),
        [b'&', ..] => entity(rest),
        [b'=', ..] if !starts_line(bytes, at) => quoted_printable(rest),
        [b'+', ..] if plus => one(b' ', 1),
        [b'\r', ..] => one(b'\n', 1),
        [0xe2, 0x80, last, ..] => punctuation(0x2000 | u32::from(last & 0x3f)).map(|b| (b, 3)),
        [0xe2, 0x88, 0x92, ..] => one(b'-', 3),
        [0xc2, 0xa0, ..] => one(b' ', 2),
        [0xef, 0xbb, 0xbf, ..] => Some((None, 3)),
        _ => None,
    };
    let (byte, length) = spelled.unwrap_or((rest.first().copied(), 1));
    Spelled { byte, length }
}

/// Where the dash starts that ends at `at`, however it is spelled.
pub(crate) fn dash_before(bytes: &[u8], at: usize) -> Option<usize> {
    const LONGEST: usize = 12;
    let start = (1..=LONGEST.min(at)).map(|length| at - length).find(|&start| {
        let dash = spelled(bytes, start, false);
        dash.byte == Some(b'-') && start + dash.length == at
    })?;
    let escaped = bytes.get(start) == Some(&b'\\');
    let more = bytes.get(..start)?.iter().rev().take(LEVELS).take_while(|&&byte| byte == b'\\');
    Some(if escaped { start - more.count() } else { start })
}

fn one(byte: u8, length: usize) -> Option<(Option<u8>, usize)> {
    Some((Some(byte), length))
}

/// `\n`, `\\n`, `\u002d`, `\u{2d}`, `\x2d`, `\055`, and `\` before anything else, which it keeps.
fn backslash(rest: &[u8]) -> Option<(Option<u8>, usize)> {
    let slashes = rest.iter().take(LEVELS).take_while(|&&byte| byte == b'\\').count();
    let after = rest.get(slashes..)?;
    if matches!(after, [b'\n' | b'\r', ..]) {
        // A line that goes on: who reads lines wants to see it.
        return one(b'\\', 1);
    }
    let (byte, length) = escaped(after).unwrap_or((None, 0));
    Some((byte, slashes + length))
}

/// What stands behind a backslash, and its length.
fn escaped(after: &[u8]) -> Option<(Option<u8>, usize)> {
    match after {
        [b'n' | b'r', ..] => one(b'\n', 1),
        [b't', ..] => one(b'\t', 1),
        [b'u', b'{', digits @ ..] => {
            let count = digits.iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
            (digits.get(count) == Some(&b'}')).then_some(())?;
            Some((narrow(hex(digits.get(..count)?)?), 3 + count))
        }
        [b'u', a, b, c, d, ..] => Some((narrow(hex(&[*a, *b, *c, *d])?), 5)),
        [b'x', a, b, ..] => Some((narrow(hex(&[*a, *b])?), 3)),
        [a @ b'0'..=b'1', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
            one((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'), 3)
        }
        _ => None,
    }
}

/// `%2D`, and `%252D`.
fn percent(rest: &[u8]) -> Option<(Option<u8>, usize)> {
    let mut at = 1;
    while at < LEVELS && rest.get(at..at + 2) == Some(b"25") && pair(rest, at + 2).is_some() {
        at += 2;
    }
    let value = pair(rest, at)?;
    if value == u32::from(b'\\') {
        return Some(escaped_backslashes(rest, rest.get(..at + 2)?));
    }
    Some((narrow(value), at + 2))
}

/// `%5Cn`: an escape whose backslashes are spelled as `slash` is.
fn escaped_backslashes(rest: &[u8], slash: &[u8]) -> (Option<u8>, usize) {
    let spelled = rest.chunks_exact(slash.len().max(1)).take(LEVELS);
    let length = spelled.take_while(|piece| *piece == slash).count() * slash.len();
    let after = rest.get(length..).unwrap_or_default();
    let (byte, more) = escaped(after).unwrap_or((None, 0));
    (byte, length + more)
}

/// `&#45;`, `&#x2d;`, `&plus;`, and the same behind `&amp;`.
fn entity(rest: &[u8]) -> Option<(Option<u8>, usize)> {
    const NAMES: &[(&[u8], u8)] = &[
        (b"NewLine;", b'\n'),
        (b"Tab;", b'\t'),
        (b"nbsp;", b' '),
        (b"plus;", b'+'),
        (b"sol;", b'/'),
        (b"equals;", b'='),
        (b"quot;", b'"'),
        (b"apos;", b'\''),
        (b"lt;", b'<'),
        (b"gt;", b'>'),
        (b"dash;", b'-'),
        (b"hyphen;", b'-'),
        (b"ndash;", b'-'),
        (b"mdash;", b'-'),
        (b"hellip;", ELLIPSIS),
    ];
    let mut at = 1;
    while at < LEVELS && rest.get(at..).is_some_and(|rest| rest.starts_with(b"amp;")) {
        at += 4;
    }
    let name = rest.get(at..)?;
    if let Some(number) = name.strip_prefix(b"#") {
        let end = number.iter().take(8).position(|&byte| byte == b';')?;
        let digits = number.get(..end)?;
        let value = match digits {
            [b'x' | b'X', digits @ ..] => hex(digits)?,
            digits => str::from_utf8(digits).ok()?.parse().ok()?,
        };
        let length = at + 1 + end + 1;
        if value == u32::from(b'\\') {
            return Some(escaped_backslashes(rest, rest.get(..length)?));
        }
        return Some((narrow(value), length));
    }
    let (name, byte) = NAMES.iter().find(|(known, _)| name.starts_with(known))?;
    one(*byte, at + name.len())
}

/// `=2D` (RFC 2045 6.7), for the characters that armour is made of.
fn quoted_printable(rest: &[u8]) -> Option<(Option<u8>, usize)> {
    let byte = match rest.get(1..3)? {
        b"3D" => b'=',
        b"2D" => b'-',
        b"2B" => b'+',
        b"2F" => b'/',
        b"20" => b' ',
        b"0A" | b"0D" => b'\n',
        _ => return None,
    };
    one(byte, 3)
}

/// A checksum of OpenPGP armour starts its line with `=`: that is no quoted-printable.
fn starts_line(bytes: &[u8], at: usize) -> bool {
    matches!(at.checked_sub(1).and_then(|before| bytes.get(before)), None | Some(b'\n' | b'\r'))
}

/// A code point as one byte of text.
fn narrow(point: u32) -> Option<u8> {
    match point {
        0x0d => Some(b'\n'),
        0xa0 => Some(b' '),
        0..0x80 => u8::try_from(point).ok(),
        _ => punctuation(point).unwrap_or(Some(b'?')),
    }
}

/// Dashes, ellipsis, line ends and invisible characters of the block General Punctuation.
fn punctuation(point: u32) -> Option<Option<u8>> {
    match point {
        0x2010..=0x2015 | 0x2212 => Some(Some(b'-')),
        0x2026 => Some(Some(ELLIPSIS)),
        0x2028 | 0x2029 => Some(Some(b'\n')),
        0x200b..=0x200f | 0x2060 | 0xfeff => Some(None),
        _ => None,
    }
}

fn pair(rest: &[u8], at: usize) -> Option<u32> {
    hex(rest.get(at..at.checked_add(2)?)?)
}

fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u32, |value, &digit| {
        let digit = char::from(digit).to_digit(16)?;
        value.checked_mul(16)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, plus: bool) -> String {
        let bytes = text.as_bytes();
        let (mut at, mut out) = (0, Vec::new());
        while at < bytes.len() {
            let spelled = spelled(bytes, at, plus);
            out.extend(spelled.byte);
            at += spelled.length;
        }
        out.iter().map(|&byte| char::from(byte)).collect()
    }

    #[test]
    fn every_spelling_is_undone() {
        for (spelling, text) in [
            (r"a\nb", "a\nb"),
            (r"a\\nb", "a\nb"),
            (r"a\\\\nb", "a\nb"),
            (r"a\r\nb", "a\n\nb"),
            (r"a\/b\u002b\x2F\053\u{3d}", "a/b+/+="),
            ("a%2Bb%252Fc%0A", "a+b/c\n"),
            ("a%5Cnb%5C%5Cnc%255Cnd%5C%2Fe", "a\nb\nc\nd/e"),
            ("a&#92;nb", "a\nb"),
            ("a&#43;b&#x2F;c&equals;&amp;#10;&NewLine;", "a+b/c=\n\n"),
            ("a=3D=3D", "a=="),
            ("–—−\u{200b}-", "----"),
            ("a\\\nb", "a\\\nb"),
        ] {
            assert_eq!(all(spelling, false), text, "{spelling}");
        }
        assert_eq!(all("BEGIN+A", true), "BEGIN A");
    }

    #[test]
    fn what_only_resembles_a_spelling_is_kept() {
        for text in ["a+b", "100% of", "&c;", "%zz", "a = b", "\n=3Dab", "&#;", "&#x;", "%2"] {
            assert_eq!(all(text, false), text);
        }
        assert_eq!(all(r"\u00zz \xz", false), "u00zz xz");
    }

    #[test]
    fn a_dash_is_found_from_its_end() {
        for dash in ["-", "%2D", "%2d", "%252D", r"\x2d", r"\u002D", r"\\u002d", "&#45;", "&#x2d;"]
        {
            assert_eq!(dash_before(dash.as_bytes(), dash.len()), Some(0), "{dash}");
        }
        assert_eq!(dash_before("–".as_bytes(), 3), Some(0));
        assert_eq!(dash_before(b"2D", 2), None);
        assert_eq!(dash_before(b";", 1), None);
    }

    #[test]
    fn any_bytes_advance() {
        for first in 0..=255u8 {
            for tail in ["", "\\", "u", "u{", "x", "#", "#x", "25", "252", "\u{80}"] {
                let bytes = [&[first], tail.as_bytes()].concat();
                assert!(spelled(&bytes, 0, true).length >= 1);
                assert!(spelled(&bytes, 0, true).length <= bytes.len());
            }
        }
    }
}
