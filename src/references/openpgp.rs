//! Fingerprints of OpenPGP keys (RFC 9580 5.5.4, version 4): forty hexadecimal digits, bare, after
//! `0x`, or in groups of four, beside something that says what they are; and long ids, which are the
//! last sixteen digits of one. Documents of SOPS are read as configuration. Fingerprints of SSH keys in
//! pairs of digits are told from them.

use std::ops::Range;

use super::{Reference, ssh, text};
use crate::{
    formats::text::is_monotone,
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "openpgp",
    about: "fingerprints of OpenPGP keys beside what says so: `Key fingerprint =`, `fingerprint:`, \
            `--recv-keys` (and its long ids); `pgp` and `fp` of SOPS are read as configuration",
    text: &[b"ingerprint", b"recv-key"],
    binary: &[],
    find,
    head: None,
};

/// Bytes after the needle in which the first fingerprint begins, and fingerprints in one list.
const NEAR: usize = 48;
const LIST: usize = 64;

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let bytes = unit.bytes;
    let is_sure = unit.get(needle.clone()) == b"recv-key";
    if !is_sure {
        pairs(unit, needle.end, found);
    }
    let mut at = needle.end;
    for turn in 0..LIST {
        let near = unit.span(at, if turn == 0 { NEAR } else { 12 });
        let begins = |at: &usize| {
            let is_digit = |at: usize| near.get(at).is_some_and(u8::is_ascii_hexdigit);
            let is_word = |at: usize| near.get(at).is_some_and(u8::is_ascii_alphanumeric);
            is_digit(*at) && !at.checked_sub(1).is_some_and(is_word)
                || near.get(*at..at + 2) == Some(b"0x")
        };
        let Some(range) = (0..near.len())
            .filter(begins)
            .find_map(|offset| digits(bytes, at + offset, is_sure).map(|end| at + offset..end))
        else {
            return;
        };
        let is_grouped = range.end - range.start > 42;
        let near = |anchor, (before, after), words: &[&[u8]]| {
            text::mentions(bytes, &range, (before, after), anchor, words)
        };
        // The digest of a certificate is as long.
        let is_about = is_sure
            || is_grouped
            || (near(b'p', (160, 100), &[b"pgp", b"gpg", b"key fingerprint", b"sops"])
                && !near(b'5', (60, 0), &[b"x509", b"x.509"])
                && !near(b'1', (60, 0), &[b"sha1", b"sha-1"])
                && !near(b'f', (60, 0), &[b"certificate"]));
        if is_about {
            text::add(unit, range.clone(), parse, found);
        }
        at = range.end;
    }
}

/// A fingerprint of an SSH key: sixteen pairs of digits, where a key of SSH is mentioned near.
fn pairs(unit: Unit<'_>, from: usize, found: &mut Found) {
    let near = unit.span(from, NEAR);
    let Some(colon) = memchr::memchr_iter(b':', near).find(|&at| {
        let is_digit = |at: usize| near.get(at).is_some_and(u8::is_ascii_hexdigit);
        at >= 2 && is_digit(at - 2) && is_digit(at - 1) && is_digit(at + 1) && is_digit(at + 2)
    }) else {
        return;
    };
    let start = from + colon - 2;
    let end = text::run(unit.bytes, start, 48, |byte| byte.is_ascii_hexdigit() || byte == b':');
    let range = start..end;
    let is_ssh =
        text::mentions(unit.bytes, &range, (200, 60), b's', &[b"ssh", b"rsa key", b"host key"])
            || text::mentions(unit.bytes, &range, (200, 60), b'd', &[b"ed25519", b"ecdsa"]);
    // After `MD5:` the row of SSH finds it.
    if is_ssh && !unit.get(start.saturating_sub(4)..start).ends_with(b":") {
        text::add(unit, range, ssh::pairs, found);
    }
}

/// The end of forty hexadecimal digits that begin at `at`, in one run or in ten groups, or of the
/// sixteen of a long id.
fn digits(bytes: &[u8], at: usize, is_sure: bool) -> Option<usize> {
    let from = if bytes.get(at..at + 2) == Some(b"0x") { at + 2 } else { at };
    let is_digit = |byte: u8| byte.is_ascii_hexdigit();
    let mut end = text::run(bytes, from, 41, is_digit);
    if end - from == 4 {
        for _ in 1..10 {
            let group = text::run(bytes, end, 2, |byte| byte == b' ');
            if group == end {
                return None;
            }
            end = text::run(bytes, group, 5, is_digit);
            if end - group != 4 {
                return None;
            }
        }
        return Some(end);
    }
    (end - from == 40 || (is_sure && end - from == 16)).then_some(end)
}

/// Digits of a long id in a fingerprint of version 4.
pub(crate) const LONG_ID: usize = 16;

pub(super) fn parse(text: &str) -> Option<Reference> {
    let digits = text.strip_prefix("0x").unwrap_or(text).replace(' ', "").to_ascii_uppercase();
    let resource = match digits.len() {
        40 => "fingerprint",
        // Digits alone, with a zero before them or not, are a number.
        LONG_ID if digits.bytes().any(|byte| byte.is_ascii_uppercase()) => "key-id",
        _ => return None,
    };
    (text::is_hex(&digits, digits.len()) && !is_monotone(digits.as_bytes()))
        .then(|| Reference::new("openpgp", resource, format!("openpgp:{digits}")))
}
