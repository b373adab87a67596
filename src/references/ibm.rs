//! IBM Cloud: CRNs of keys in Key Protect (`kms`) and Hyper Protect Crypto Services (`hs-crypto`).

use std::ops::Range;

use super::{LONGEST, Reference, text};
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "ibm",
    about: "CRNs of keys in IBM Cloud Hyper Protect Crypto Services (Key Protect: see `kms`)",
    text: &[b"hs-crypto:"],
    binary: &[],
    find,
    head: None,
};

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let is_in = |byte| text::is_name(byte) || matches!(byte, b':' | b'/');
    let start =
        text::back(unit.bytes, needle.start, 40, |byte| text::is_name(byte) || byte == b':');
    let end = text::run(unit.bytes, needle.end, LONGEST, is_in);
    text::add(unit, start..end, parse, found);
}

/// `crn:v1:bluemix:public:kms:REGION:a/ACCOUNT:INSTANCE:key:ID`.
pub(super) fn parse(text: &str) -> Option<Reference> {
    let parts: Vec<&str> = text.split(':').collect();
    let &["crn", _, _, _, service, region, account, instance, "key", id] = parts.as_slice() else {
        return None;
    };
    let is_service = matches!(service, "kms" | "hs-crypto");
    (is_service && text::is_uuid(instance) && text::is_uuid(id)).then(|| {
        let key = format!("ibm:{service}:{instance}:key:{id}").to_ascii_lowercase();
        let account = account.strip_prefix("a/").unwrap_or(account);
        Reference::new("ibm", "key", key).account(account).region(region)
    })
}
