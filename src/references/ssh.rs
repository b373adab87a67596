//! Fingerprints of SSH keys as OpenSSH prints them: `SHA256:` and base64 without padding, `MD5:` and
//! pairs of hexadecimal digits.

use std::ops::Range;

use super::{Reference, text};
use crate::{
    formats::text::is_monotone,
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "ssh",
    about: "fingerprints of SSH keys: `SHA256:…`, `MD5:…`",
    text: &[b"SHA256:", b"MD5:"],
    binary: &[],
    find,
    head: None,
};

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let is_md5 = unit.get(needle.clone()) == b"MD5:";
    let is_in = |byte: u8| match is_md5 {
        true => byte.is_ascii_hexdigit() || byte == b':',
        false => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
    };
    let end = text::run(unit.bytes, needle.end, 65, is_in);
    // One more `=` makes it a digest of something else.
    if matches!(end - needle.end, 43 | 47) && unit.bytes.get(end) != Some(&b'=') {
        text::add(unit, needle.start..end, parse, found);
    }
}

pub(super) fn parse(text: &str) -> Option<Reference> {
    if let Some(digest) = text.strip_prefix("SHA256:") {
        let is_base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
        // The last of 43 characters has four bits of the digest and two of nothing.
        let is_whole = digest.len() == 43
            && digest.bytes().all(is_base64)
            && digest.bytes().last().is_some_and(|byte| b"AEIMQUYcgkosw048".contains(&byte))
            && !is_monotone(digest.as_bytes());
        return is_whole.then(|| Reference::new("ssh", "fingerprint", format!("ssh:{text}")));
    }
    pairs(text.strip_prefix("MD5:")?)
}

/// The digest of MD5, in pairs of digits.
pub(super) fn pairs(digest: &str) -> Option<Reference> {
    let pairs: Vec<&str> = digest.split(':').collect();
    let is_one = pairs.iter().all(|pair| Some(pair) == pairs.first());
    (pairs.len() == 16 && !is_one && pairs.iter().all(|pair| text::is_hex(pair, 2)))
        .then(|| Reference::new("ssh", "fingerprint", format!("ssh:MD5:{}", digest.to_lowercase())))
}
