//! TPM 2.0: persistent handles (TCG, Registry of Reserved TPM 2.0 Handles), where a TPM is
//! mentioned near.

use std::ops::Range;

use super::{Reference, text};
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "tpm",
    about: "persistent handles of TPM 2.0 (`0x81000001`), where a TPM is mentioned near",
    text: &[b"0x810"],
    binary: &[],
    find,
    head: None,
};

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let end = text::run(unit.bytes, needle.end, 9, |byte| byte.is_ascii_hexdigit());
    let range = needle.start..end;
    if end - needle.start == 10 && text::mentions(unit.bytes, &range, (200, 80), b'p', &[b"tpm"]) {
        text::add(unit, range, parse, found);
    }
}

pub(super) fn parse(text: &str) -> Option<Reference> {
    let digits = text.strip_prefix("0x810").filter(|digits| text::is_hex(digits, 5))?;
    // The ranges themselves begin at 0x81000000, and a mask has many more bits.
    (!digits.bytes().all(|byte| byte == b'f' || byte == b'F'))
        .then(|| Reference::new("tpm", "key", format!("tpm:0x810{}", digits.to_ascii_lowercase())))
}
