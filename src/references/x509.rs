//! Pins and fingerprints of certificates. A pin (RFC 7469) is the digest of a public key, the same
//! by which key material is known; a fingerprint is the digest of one certificate.

use std::{fmt::Write as _, ops::Range};

use super::{Reference, text};
use crate::{
    formats::text::{base64, is_monotone},
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "x509",
    about: "pins of public keys: `sha256/…=`, `pin-sha256=`, `digest=\"SHA-256\"`",
    text: &[b"sha256/", b"pin-sha256", b"SHA-256\">"],
    binary: &[],
    find,
    head: None,
};

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let bytes = unit.bytes;
    let start = text::run(bytes, needle.end, 8, |byte| {
        matches!(byte, b'/' | b'"' | b'\'' | b'\\' | b'=' | b':' | b' ' | b'\n')
    });
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let end = text::run(bytes, start, 44, is_base64);
    // What begins with `/` was taken for a second slash.
    let start = if end - start == 42 { start - 1 } else { start };
    if end - start == 43 && bytes.get(end) == Some(&b'=') {
        let is_pin = unit.get(needle.clone()) == b"sha256/" && start == needle.end;
        let begin = if is_pin { needle.start } else { start };
        text::add(unit, begin..end + 1, parse, found);
    }
}

/// `sha256/` and base64, or base64 alone.
pub(super) fn parse(text: &str) -> Option<Reference> {
    let digest = text::after(text, &["sha256//", "sha256/"]).unwrap_or(text);
    if digest.len() != 44 || !digest.ends_with('=') || is_monotone(digest.get(..43)?.as_bytes()) {
        return None;
    }
    let bytes = base64(digest.as_bytes()).filter(|bytes| bytes.len() == 32)?;
    let mut key = String::from("spki-sha256:");
    for byte in bytes.iter() {
        let _always_fits = write!(key, "{byte:02x}");
    }
    Some(Reference::new("x509", "pin", key))
}
