//! Names in which `kms:` stands: ARNs and what is modelled on them, and URIs of libraries (Tink,
//! cosign, step, SOPS). Knows where they begin and end; what they say, the families know.

use std::ops::Range;

use super::{LONGEST, Parse, Reference, aws, azure, google, ibm, other_clouds, text};
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "kms",
    about: "ARNs and identifiers of AWS KMS, Alibaba, IBM Key Protect and Tencent; `aws-kms://`, \
            `awskms:///`, `awskms:`, `gcp-kms://`, `gcpkms://`, `cloudkms:`, `azurekms://`, \
            `azurekms:`",
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
        return;
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
