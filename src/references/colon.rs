//! Names in which `kms:` stands: ARNs and what is modelled on them, and URIs of libraries (Tink,
//! cosign, step, SOPS). Knows where they begin and end; what they say, the families know.

use std::ops::Range;

use super::{LONGEST, Parse, Reference, aws, aws_id, azure, google, ibm, other_clouds, text};
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "kms",
    about: "ARNs and identifiers of AWS KMS, Alibaba, IBM Key Protect and Tencent; `aws-kms://`, \
            `awskms:///`, `awskms:`, `gcp-kms://`, `gcpkms://`, `cloudkms:`, `azurekms://`, \
            `azurekms:`; `key_id` in a section `kms:`",
    text: &[b"kms:"],
    binary: &[],
    find,
    head: None,
};

/// What stands before `kms:`, and who reads the whole.
const HEADS: &[(&[u8], Parse)] = &[
    (b"acs:", other_clouds::alibaba),
    (b"aws", aws::uri),
    (b"aws-", aws::uri),
    (b"azure", azure::uri),
    (b"azure-", azure::uri),
    (b"cloud", google::parse),
    (b"gcp", google::parse),
    (b"gcp-", google::parse),
    (b"qcs::", other_clouds::tencent),
    (b"public:", ibm::parse),
];

/// Any of them.
pub(super) fn parse(text: &str) -> Option<Reference> {
    let parses: [Parse; 5] =
        [aws::uri, azure::uri, other_clouds::alibaba, other_clouds::tencent, ibm::parse];
    parses.iter().find_map(|parse| parse(text))
}

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let bytes = unit.bytes;
    let before = unit.get(needle.start.saturating_sub(32)..needle.start);
    if before.ends_with(b":")
        && let Some(arn) = memchr::memmem::rfind(before, b"arn:aws")
    {
        let start = needle.start - (before.len() - arn);
        let is_arn = |byte| text::is_name(byte) || matches!(byte, b':' | b'/');
        let end = text::run(bytes, needle.end, LONGEST, is_arn);
        return text::add(unit, start..end, aws::parse, found);
    }
    let Some((head, parse)) = HEADS.iter().rev().find(|(head, _)| before.ends_with(head)) else {
        return section(unit, needle.end, found);
    };
    let start = match *head {
        b"public:" => text::back(bytes, needle.start, 32, |b| text::is_name(b) || b == b':'),
        head => needle.start - head.len(),
    };
    let is_in = |byte| text::is_name(byte) || matches!(byte, b':' | b'/' | b'.' | b';' | b'=');
    let end = text::run(bytes, needle.end, LONGEST, is_in);
    let end = text::back(bytes, end, 8, |byte| matches!(byte, b'.' | b':' | b';' | b'/'));
    text::add(unit, start..end, *parse, found);
}

/// A section of YAML that is called so, with `key_id` in it; other spellings of that are found by
/// themselves.
fn section(unit: Unit<'_>, from: usize, found: &mut Found) {
    let bytes = unit.bytes;
    if !matches!(bytes.get(from), Some(b' ' | b'\n' | b'\r' | b'{')) {
        return;
    }
    let near = unit.span(from, 160);
    let Some(at) = memchr::memmem::find(near, b"key_id").filter(|at| {
        let before = at.checked_sub(1).and_then(|before| near.get(before));
        before.is_some_and(|byte| !text::is_name(*byte))
    }) else {
        return;
    };
    let name = from + at + b"key_id".len();
    let is_between = |byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b':');
    let start = text::run(bytes, name, 6, is_between);
    let end = text::run(bytes, start, 64, text::is_name);
    text::add(unit, start..end, aws_id::parse_aws, found);
}
