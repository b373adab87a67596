//! Percent-encoding (RFC 3986 2.1) of JSON with a key in it, once or more. Keys that have an armour
//! are read in it as they stand.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{append, cut::Cut, escape::spelled};
use crate::{
    budget,
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "percent",
    about: "percent-encoded JSON Web Keys",
    // `"kty"`, whatever stands before each 22.
    text: &[b"22kty%"],
    binary: &[],
    find,
    head: None,
};

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let low = needle.start.saturating_sub(budget::LOOK_BACK).max(found.claimed());
    let mut cut = Cut::new(unit, needle.start);
    let before = unit.get(low..needle.start);
    let start = needle.start - before.iter().rev().take_while(|byte| is_encoded(**byte)).count();
    let after = unit.get(needle.end..cut.stop);
    let end = needle.end + after.iter().take_while(|byte| is_encoded(**byte)).count();
    let text = unit.get(start..end);
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut at = 0;
    while at < text.len() {
        let spelled = spelled(text, at, true);
        if let Some(byte) = spelled.byte {
            cut.pass(start + at, decoded.len());
            append(&mut decoded, &[byte]);
        }
        at += spelled.length;
    }
    // What spells nothing else would be found in itself again.
    if decoded.len() < text.len() {
        cut.add(found, start..end, "percent", decoded);
    }
}

/// RFC 3986 2.3, what browsers leave as it is, and `+` for a blank.
pub(super) const fn is_encoded(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'%' | b'+' | b'/') || is_mark(byte)
}

const fn is_mark(byte: u8) -> bool {
    matches!(byte, b'-' | b'.' | b'_' | b'~' | b'*' | b'\'' | b'(' | b')' | b'!')
}

#[cfg(test)]
mod tests {
    const JWK: &str = "%7B%22kty%22%3A%22oct%22,%22k%22%3A%22a-_b%22%7D";

    #[test]
    fn an_address_is_decoded_once_or_more() {
        let one = JWK.replace(',', "%2C");
        let two = one.replace('%', "%25");
        for text in [one.clone(), two, format!("https://a.test/?jwk={one}&n=1")] {
            let runs = crate::decode::decoded(&super::ROW, text.as_bytes());
            assert_eq!(runs.len(), 1, "{text}");
            assert_eq!(runs[0].1, br#"{"kty":"oct","k":"a-_b"}"#, "{text}");
        }
    }

    #[test]
    fn what_spells_nothing_else_is_not_decoded() {
        for text in ["b\"22kty%\",", "22kty%zz", "x22kty%2"] {
            assert!(crate::decode::decoded(&super::ROW, text.as_bytes()).is_empty(), "{text}");
        }
    }

    #[test]
    fn it_ends_where_the_address_does() {
        let runs = crate::decode::decoded(&super::ROW, JWK.as_bytes());
        assert_eq!(runs[0].0, 0..JWK.find(',').unwrap());
    }
}
