//! Base64 of a PEM, of DER, of a key store or of gzip, in any of the three phases, wrapped or not.
//! Knows what keys look like in base64; what the bytes are, others say.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{
    append,
    cut::Cut,
    escape::spelled,
    radix::{base64, is_base64},
};
use crate::{
    budget,
    rows::{Found, Row},
    unit::{Decoded, Unit},
};

/// Each needle spells whole bytes at one place of a group of four digits, which [`place`] knows:
/// where the bytes begin need not be found.
pub(crate) const ROW: Row = Row {
    name: "base64",
    about: "base64 of PEM (also in UTF-16), DER, OpenSSH, Java key stores and gzip, in any of three phases, wrapped, over several literals, or URL-safe",
    text: &[
        // `-BEGIN `: every PEM.
        b"CRUdJTi",
        b"QkVHSU4",
        b"JFR0lO",
        // `-\0-`: one of any two groups of dashes in UTF-16.
        b"LQAt",
        // Object identifiers of RSA, of PKCS#5 to PKCS#12, 1.2.840.113549.1, and of elliptic curves
        // of ANSI, 1.2.840.10045.
        b"KoZI",
        b"qGSIb3DQ",
        b"hkiG9w0B",
        b"qGSM49",
        b"hkjOP",
        // X25519 to Ed448: 1.3.101.
        b"MAUGAytl",
        b"AFBgMrZ",
        b"wBQYDK2",
        // PKCS#1: version 0 and the head of a modulus.
        b"IBAAK",
        b"CAQACg",
        b"AgEAAo",
        // `openssh-key-v1`, PuTTY, CryptoAPI, JKS, JCEKS, gzip: at the start of what is encoded.
        b"ZXktdjEA",
        b"UHVUVFktVXNl",
        b"BwIAAACk",
        b"/u3+7Q",
        b"zs7Ozg",
        b"H4sI",
        // `"kty"`, `{"primaryKeyId"`, `{"encryptedKeyset"`.
        b"Imt0eSI",
        b"JrdHki",
        b"ia3R5I",
        b"eyJwcmltYXJ5S2V5SWQi",
        b"eyJlbmNyeXB0ZWRLZXlzZXQi",
    ],
    binary: &[],
    find,
    head: None,
};

/// Base64 of base64, which `nested` finds: what is encoded twice is found whatever it is.
pub(crate) const NESTED: Row = Row {
    name: "nested base64",
    about: "base64 of base64 and of other long words",
    text: &[],
    binary: &[],
    find: |unit, group, found| read(unit, &group, 0, false, found),
    head: None,
};

/// Digits of a line from which the next line may go on with what it holds.
const LINE: usize = 20;

/// What may stand between two literals: concatenation, an indent.
const GLUE: usize = 128;

/// As many bytes as an escaped line end has.
const LINE_END: usize = 2;

/// Digits that are worth decoding.
const SMALLEST: usize = 24;

/// Digits before the first digit of a needle, modulo four.
fn place(needle: &[u8]) -> usize {
    match needle {
        b"JFR0lO" | b"qGSIb3DQ" | b"qGSM49" | b"AFBgMrZ" | b"IBAAK" | b"JrdHki" => 2,
        b"CRUdJTi" | b"wBQYDK2" | b"CAQACg" | b"ia3R5I" => 3,
        _ => 0,
    }
}

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let literal = unit.get(needle.clone());
    if is_likely(unit, literal, needle.start) {
        read(unit, &needle, place(literal), begins(literal), found);
    }
}

/// Reads what is encoded around `needle`, which stands at `place` of a group of four digits.
fn read(unit: Unit<'_>, needle: &Range<usize>, place: usize, begins: bool, found: &mut Found) {
    let low = needle.start.saturating_sub(budget::LOOK_BACK).max(found.claimed());
    let start = if begins { needle.start } else { run_start(unit.bytes, low, needle.start) };
    let mut cut = Cut::new(unit, needle.start);
    let (digits, before, end) = run(unit.bytes, start, needle.start, &mut cut);
    // Words before the run that look like digits of it: what makes no whole group is left out.
    let odd = (before + 4 - place) % 4;
    let Some(digits) = digits.get(odd..).filter(|digits| digits.len() >= SMALLEST) else {
        found.claim(end);
        return;
    };
    // The next piece begins with a whole group.
    let cut = cut.scaled(|digits| digits.saturating_sub(odd).div_ceil(4) * 3);
    cut.add(found, start..end, "base64", base64(digits));
}

/// Whether what is encoded begins with the needle.
fn begins(needle: &[u8]) -> bool {
    matches!(needle, b"UHVUVFktVXNl" | b"BwIAAACk" | b"/u3+7Q" | b"zs7Ozg" | b"H4sI")
}

/// Whether the digits around a short needle say what it promises.
fn is_likely(unit: Unit<'_>, needle: &[u8], at: usize) -> bool {
    let ahead = unit.span(at, 24);
    match needle {
        b"H4sI" => is_gzip(&base64(ahead)),
        b"/u3+7Q" | b"zs7Ozg" => matches!(base64(ahead).get(4..8), Some([0, 0, 0, 1 | 2])),
        b"LQAt" => memchr::memmem::find(&base64(unit.span(at, 64)), b"B\0E\0G\0I").is_some(),
        b"KoZI" => ahead.starts_with(b"KoZIhvcN") || ahead.starts_with(b"KoZIzj"),
        // A SEQUENCE before the version, whose length has two bytes.
        b"IBAAK" => at.checked_sub(6).is_some_and(|start| unit.span(start, 2) == b"MI"),
        b"CAQACg" => at.checked_sub(5).is_some_and(|start| unit.span(start, 2) == b"CC"),
        b"AgEAAo" => at.checked_sub(5).is_some_and(|start| unit.span(start, 3) == b"wgg"),
        _ => true,
    }
}

/// RFC 1952 2.3.1: deflate, no reserved flag, a known system.
fn is_gzip(bytes: &[u8]) -> bool {
    matches!(bytes, [0x1f, 0x8b, 8, flags, _, _, _, _, 0 | 2 | 4, system, ..]
        if *flags < 0x20 && (*system <= 13 || *system == 255))
}

/// Where the digits begin that lead to `at`, over line ends between lines of nothing else.
fn run_start(bytes: &[u8], low: usize, at: usize) -> usize {
    let digit = |at: usize| {
        bytes.get(at).is_some_and(|&byte| is_base64(byte) || byte == b'\\' || byte == b'%')
    };
    let blank = |at: usize| bytes.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
    let back = |mut from: usize, test: &dyn Fn(usize) -> bool| {
        while low < from && test(from - 1) {
            from -= 1;
        }
        from
    };
    let mut start = back(at, &digit);
    loop {
        let indent = back(start, &blank);
        if indent <= low || bytes.get(indent - 1) != Some(&b'\n') {
            return start;
        }
        let end = back(indent - 1, &blank);
        let line = back(end, &digit);
        if end - line < LINE {
            return start;
        }
        start = line;
    }
}

/// The digits from `start` on through `at` until what ends them: digits, how many stand before
/// `at`, and the end.
fn run(bytes: &[u8], start: usize, at: usize, cut: &mut Cut) -> (Decoded, usize, usize) {
    let mut digits = Zeroizing::new(Vec::with_capacity(SMALLEST.max(at - start) * 2));
    let mut before = 0;
    let mut end = start;
    let mut line_starts = false;
    // Digits before the literal or the line that is read.
    let mut parted = 0;
    let mut next = start;
    while next < cut.stop {
        if next <= at {
            before = digits.len();
        }
        let spelled = spelled(bytes, next, false);
        let after = next + spelled.length;
        match spelled.byte {
            Some(byte) if is_base64(byte) => {
                if cut.is_due(next) && (line_starts || !is_near_end(bytes, next)) {
                    cut.pass(next, digits.len());
                }
                append(&mut digits, &[byte]);
                line_starts = false;
                end = after;
            }
            Some(b'\n') if next < at || goes_on(bytes, after) => line_starts = true,
            Some(b'\n' | b'"' | b'\'' | b'`')
                if at < next
                    && let Some(literal) = literal(bytes, next, digits.len() - parted) =>
            {
                parted = digits.len();
                next = literal;
                continue;
            }
            Some(b' ' | b'\t') if next < at || line_starts || ends_line(bytes, after) => {}
            Some(b'\\') | None => {}
            Some(b'=') if let Some(length) = soft_break(bytes, next) => {
                next += length;
                continue;
            }
            Some(b'=') => {
                end = after;
                break;
            }
            Some(_) => break,
        }
        next = after;
    }
    (digits, before, end.max(at))
}

/// The length of a line end of quoted-printable at `at` (RFC 2045 6.7: lines of at most 76), if it is
/// none of padding: the line is as long as those are, and the next goes on.
fn soft_break(bytes: &[u8], at: usize) -> Option<usize> {
    const LINE: Range<usize> = 72..76;
    let before = bytes.get(at.saturating_sub(LINE.end)..at)?;
    let line = memchr::memrchr(b'\n', before).map_or(at, |newline| before.len() - newline - 1);
    let length = match bytes.get(at..)? {
        [b'=', b'\n', next, ..] if is_base64(*next) => 2,
        [b'=', b'\r', b'\n', next, ..] if is_base64(*next) => 3,
        _ => return None,
    };
    LINE.contains(&line).then_some(length)
}

/// Whether the line at `at` ends before what is left of it would be read together with the next.
fn is_near_end(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    memchr::memchr2(b'\r', b'\n', rest.get(..=LINE).unwrap_or(rest)).is_some()
}

/// Whether the line at `at` holds one word of digits and nothing else.
fn goes_on(bytes: &[u8], mut at: usize) -> bool {
    let mut word = 0;
    // As many blanks as people indent with, and a word.
    for _ in 0..256 {
        if bytes.len() <= at || LINE <= word {
            break;
        }
        let spelled = spelled(bytes, at, false);
        match spelled.byte {
            Some(byte) if is_base64(byte) => word += 1,
            Some(b' ' | b'\t' | b'\n' | b'\\') | None if word == 0 => {}
            Some(byte) => return 0 < word && b"\n\\=\"'`<&".contains(&byte),
            None => {}
        }
        at += spelled.length;
    }
    0 < word
}

/// Where the digits go on behind a literal that ends at `at`, or an item of a list of YAML, which
/// holds `length` of them: in the next literal or item, concatenated or in one list.
fn literal(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let rest = rest.get(..GLUE).unwrap_or(rest);
    // A line end in the literal, before the quote.
    let quote_at = rest.iter().take(2 * LINE_END).position(|byte| b"\"'`\n".contains(byte))?;
    let quote = *rest.get(quote_at)?;
    let is_item = quote == b'\n';
    let (mut next, mut is_parted, mut is_list) = (quote_at + usize::from(!is_item), false, is_item);
    loop {
        let (&byte, after) = rest.get(next..)?.split_first()?;
        next += 1;
        match byte {
            b' ' | b'\t' | b'\r' => {}
            b'\n' | b'+' | b'.' | b'\\' | b'&' => is_parted = true,
            b',' => (is_parted, is_list) = (true, true),
            b'-' if is_parted && after.first() == Some(&b' ') => {
                is_list = true;
                if is_item {
                    next += 1;
                    break;
                }
            }
            // As of `b"…"` of Python.
            b'b' | b'r' | b'u' if after.first() == Some(&quote) => {}
            byte if byte == quote => break,
            _ => return None,
        }
    }
    // Items may be keys of their own: those of one text are whole groups.
    let is_one = !is_list || (LINE <= length && length.is_multiple_of(4));
    (is_parted && is_one && goes_on(bytes, at + next)).then_some(at + next)
}

/// Whether nothing but blanks stands between `at` and the end of the line.
fn ends_line(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    let mut near = rest.iter().take(256);
    near.find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) == Some(&b'\n')
}

#[cfg(test)]
mod tests;
