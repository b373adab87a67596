//! Text that spells bytes. One row per decoding; what a row decodes is inspected in turn.

mod array;
mod base64;
mod bson;
pub(crate) mod csv;
mod cut;
mod dump;
pub(crate) mod escape;
mod escaped;
mod gzip;
mod hex;
mod indexed;
mod mysql;
mod percent;
pub(crate) mod radix;
pub(crate) mod utf16;
mod utf32;
mod uu;

use zeroize::Zeroizing;

use crate::{rows::Row, unit::Decoded};

/// Every decoding whose needles are looked for everywhere, sorted by name.
pub(crate) const TABLE: &[Row] = &[
    base64::ROW,
    bson::ROW,
    gzip::ROW,
    hex::DUMPS,
    mysql::ROW,
    percent::ROW,
    utf16::ROW,
    utf32::ROW,
    uu::ROW,
];

/// Decodings whose needles are digits: looked for only where digits are dense.
pub(crate) const DIGITS: &[Row] = &[array::ROW, escaped::ROW, hex::ROW, indexed::ROW];

/// What is looked for with no needle.
pub(crate) const NESTED: &Row = &base64::NESTED;

/// How many bytes spell each byte of what a decoding gives, where it is always the same.
pub(crate) fn width(by: &str) -> Option<usize> {
    match by {
        "utf-16" => Some(2),
        "utf-32" => Some(4),
        _ => None,
    }
}

/// Adds to bytes that may be secret: what a larger buffer replaces is wiped.
pub(crate) fn append(to: &mut Decoded, bytes: &[u8]) {
    let length = to.len().saturating_add(bytes.len());
    if to.capacity() < length {
        let mut larger = Zeroizing::new(Vec::with_capacity(length.saturating_mul(2).max(256)));
        larger.extend_from_slice(to);
        *to = larger;
    }
    to.extend_from_slice(bytes);
}

/// What a row decodes of a text, and where, as `inspect` would call it: for tests.
#[cfg(test)]
fn decoded(row: &Row, text: &[u8]) -> Vec<(std::ops::Range<usize>, Vec<u8>)> {
    let mut found = crate::rows::Found::default();
    for at in 0..text.len() {
        let needle = row.text.iter().find(|needle| text[at..].starts_with(needle));
        if let Some(needle) = needle
            && found.claimed() <= at
        {
            (row.find)(crate::unit::Unit::whole(text), at..at + needle.len(), &mut found);
        }
    }
    let bytes = |item: crate::rows::Item| match item.what {
        crate::rows::What::Decoded { bytes, .. } => (item.range, bytes.to_vec()),
        _ => panic!("a decoding found something else"),
    };
    found.items.into_iter().map(bytes).collect()
}
