//! Oracle Cloud Infrastructure: identifiers of keys and of their versions.

use std::ops::Range;

use super::{Reference, text};
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "oci",
    about: "`ocid1.key.…` and `ocid1.keyversion.…` of Oracle Cloud",
    text: &[b"ocid1.key"],
    binary: &[],
    find,
    head: None,
};

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let end = text::run(unit.bytes, needle.end, 250, |byte| text::is_name(byte) || byte == b'.');
    let end = text::back(unit.bytes, end, 3, |byte| byte == b'.');
    text::add(unit, needle.start..end, parse, found);
}

/// `ocid1.key.REALM.REGION.VAULT.UNIQUE`.
pub(super) fn parse(text: &str) -> Option<Reference> {
    let parts: Vec<&str> = text.split('.').collect();
    let &["ocid1", kind @ ("key" | "keyversion"), realm, region, _, .., unique] = parts.as_slice()
    else {
        return None;
    };
    let resource = if kind == "key" { "key" } else { "key-version" };
    let is_whole = realm.starts_with("oc") && (20..=80).contains(&unique.len());
    (is_whole && unique.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| {
        let key = format!("oci:{}", text.to_ascii_lowercase());
        Reference::new("oci", resource, key).region(region)
    })
}
