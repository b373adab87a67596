//! Words that end in `alias`: aliases of AWS KMS, and names of keys in Java key stores. Knows where they
//! begin and end; what an alias of AWS says, [`aws`](super::aws) knows.

use std::ops::Range;

use super::{Reference, aws, text};
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "alias",
    about: "aliases of AWS KMS (`alias/…`); aliases of keys in Java key stores, beside a name such as \
            `keyAlias` or `-alias`, where a key store is mentioned near",
    text: &[b"lias"],
    binary: &[],
    find,
    head: None,
};

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let bytes = unit.bytes;
    let is_alias = unit.get(needle.start.saturating_sub(1)..needle.start) == b"a";
    match bytes.get(needle.end) {
        Some(b'/') if is_alias => aws::alias(unit, needle.start - 1..needle.end + 1, found),
        Some(b' ' | b'\t' | b'"' | b'\'' | b':' | b'=') => java(unit, needle, found),
        _ => {}
    }
}

/// A key in a Java key store, by the name of what holds its alias.
fn java(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let bytes = unit.bytes;
    let is_in = |byte| text::is_name(byte) || byte == b'.';
    let name = text::back(bytes, needle.end, 64, is_in);
    let name = unit.get(name..needle.end).to_ascii_lowercase();
    let Some(of) = name.strip_suffix(b"alias") else { return };
    let is_flag = matches!(of, b"-" | b"--" | b"-src" | b"-dest");
    let of = of.strip_suffix(b"-").or_else(|| of.strip_suffix(b"_")).unwrap_or(of);
    let of = of.strip_suffix(b".").unwrap_or(of);
    if !is_flag && ![b"key".as_slice(), b"store"].iter().any(|word| of.ends_with(word)) {
        return;
    }
    let start = text::run(bytes, needle.end, 8, |byte| {
        matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b':' | b'=')
    });
    let end = text::run(bytes, start, 65, is_in);
    let end = text::back(bytes, end, 2, |byte| byte == b'.');
    let range = start..end;
    const STORES: &[&[u8]] =
        &[b"keystore", b"key-store", b"key_store", b"keytool", b"jks", b"pkcs12", b"jarsigner"];
    let goes_on = matches!(bytes.get(end), Some(b'(' | b'/' | b':' | b'<' | b'@' | b'['));
    if start > needle.end && !goes_on && text::mentions(bytes, &range, (300, 200), b'k', STORES) {
        text::add(unit, range, parse, found);
    }
}

/// An alias, which is the same in any case in most kinds of key stores.
pub(super) fn parse(alias: &str) -> Option<Reference> {
    const NONE: &[&str] =
        &["true", "false", "null", "none", "undefined", "string", "str", "the", "alias", "new"];
    let is_alias = (1..=64).contains(&alias.len())
        && alias.bytes().all(|byte| text::is_name(byte) || byte == b'.')
        && alias.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !NONE.iter().any(|none| alias.eq_ignore_ascii_case(none));
    is_alias.then(|| {
        Reference::new("java", "alias", format!("java:alias/{}", alias.to_ascii_lowercase()))
            .alias(alias)
    })
}
