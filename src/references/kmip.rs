//! Unique identifiers of KMIP, beside a name that says both KMIP and key: what an identifier looks
//! like is up to the server.

use std::ops::Range;

use super::{Reference, text};
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "kmip",
    about: "unique identifiers of KMIP, beside a name such as `kmip_key_id`, or in a \
            section `kmip:` or `[kmip]`",
    text: &[b"kmip"],
    binary: &[],
    find,
    head: None,
};

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let bytes = unit.bytes;
    let name = text::run(bytes, needle.end, 40, |byte| text::is_name(byte) || byte == b'.');
    if name == needle.end && matches!(unit.bytes.get(name), Some(b':' | b']')) {
        return section(unit, name, found);
    }
    let rest = unit.get(needle.end..name).to_ascii_lowercase();
    let says = |word: &[u8]| memchr::memmem::find(&rest, word).is_some();
    let is_unique = says(b"unique") && says(b"id");
    let is_key = says(b"key") && says(b"id");
    if !is_unique && !is_key {
        return;
    }
    let start =
        text::run(bytes, name, 8, |byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b':' | b'='));
    let end = text::run(bytes, start, 64, text::is_name);
    if start > name {
        text::add(unit, start..end, parse, found);
    }
}

/// A section that is called so: MongoDB has `keyIdentifier` in it.
fn section(unit: Unit<'_>, from: usize, found: &mut Found) {
    const NAMES: [&[u8]; 6] = [
        b"keyIdentifier",
        b"key_identifier",
        b"keyId",
        b"key_id",
        b"uniqueIdentifier",
        b"unique_id",
    ];
    let near = unit.span(from, 200);
    let Some((at, name)) =
        NAMES.iter().find_map(|name| Some((memchr::memmem::find(near, name)?, *name)))
    else {
        return;
    };
    let after = from + at + name.len();
    let start = text::run(unit.bytes, after, 6, |byte| {
        matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b':' | b'=')
    });
    let end = text::run(unit.bytes, start, 64, text::is_name);
    if start > after {
        text::add(unit, start..end, parse, found);
    }
}

/// A UUID, a number, or hexadecimal digits: names of variables are none.
pub(super) fn parse(text: &str) -> Option<Reference> {
    let is_number = (1..=20).contains(&text.len()) && text::is_digits(text);
    let is_hex = text::is_hex(text, 32) || text::is_hex(text, 64);
    (text::is_uuid(text) || is_number || is_hex)
        .then(|| Reference::new("kmip", "key", format!("kmip:{}", text.to_ascii_lowercase())))
}
