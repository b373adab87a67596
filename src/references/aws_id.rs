//! Bare identifiers of keys beside a name that says what they are: `kms_key_id = "1234…"`,
//! `"KeyId": "mrk-…"`, `--key-id 1234…`. AWS (a UUID or `mrk-`), Alibaba (`key-`) and Yandex
//! (`abj`) tell theirs apart; services that also use UUIDs are turned down by their names.

use std::ops::Range;

use super::{Parse, Reference, other_clouds, text};
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "bare-id",
    about: "identifiers of keys of AWS KMS, Alibaba, Tencent and Yandex, beside a name such as \
            `KeyId` or `kms_key`",
    text: &[b"eyId", b"eyID", b"kms_key", b"KMS_KEY", b"-key-id"],
    binary: &[],
    find,
    head: None,
};

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let bytes = unit.bytes;
    // The rest of the name, what separates it from its value, and the value.
    let name =
        text::run(bytes, needle.end, 32, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let name = text::run(bytes, name, 32, text::is_name);
    let start = text::run(bytes, name, 12, |byte| {
        matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b':' | b'=' | b'>')
    });
    if start == name {
        return;
    }
    let end = text::run(bytes, start, 64, text::is_name);
    if !(20..=41).contains(&(end - start)) {
        return;
    }
    // An identifier that stands in a path or has a dot goes on.
    if matches!(bytes.get(end), Some(b'/' | b'.' | b':'))
        && bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric)
    {
        return;
    }
    let range = needle.start..end;
    const ABOUT: &[&[u8]] = &[b"kms", b"cmk", b"keymanager"];
    if !text::mentions(bytes, &range, (256, 128), b'k', ABOUT)
        && !text::mentions(bytes, &range, (256, 128), b'x', &[b"ciphertext"])
    {
        return;
    }
    // Other services have UUIDs as well.
    let is_near = |anchor, word: &[u8]| text::mentions(bytes, &range, (256, 0), anchor, &[word]);
    let others: [(u8, &[u8]); 4] =
        [(b'w', b"huawei"), (b'x', b"flexibleengine"), (b'k', b"opentelekom"), (b'w', b"scaleway")];
    let line = unit.get(start.saturating_sub(256)..start);
    let line = memchr::memrchr(b'\n', line).map_or(line, |at| line.get(at..).unwrap_or(line));
    let is_kmip = text::mentions(line, &(line.len()..line.len()), (256, 0), b'k', &[b"kmip"]);
    let parse: Parse = match end - start {
        36 if is_near(b'y', b"aliyun") || is_near(b'b', b"alibaba") => other_clouds::alibaba_id,
        36 if is_near(b'c', b"tencent") || is_near(b'c', b"tccli") => other_clouds::tencent_id,
        // A managed key of Vault has one as well.
        36 if is_near(b'm', b"managedkeyid") => return,
        _ if is_kmip => return,
        36 if others.iter().any(|(anchor, word)| is_near(*anchor, word)) => return,
        _ => parse,
    };
    text::add(unit, start..end, parse, found);
}

/// An identifier that says by its form whose it is.
pub(super) fn parse(text: &str) -> Option<Reference> {
    parse_aws(text).or_else(|| other_clouds::by_id(text))
}

/// A UUID or the identifier of a multi-Region key.
pub(super) fn parse_aws(id: &str) -> Option<Reference> {
    let is_multi_region = id.strip_prefix("mrk-").is_some_and(|rest| text::is_hex(rest, 32));
    (is_multi_region || text::is_uuid(id))
        .then(|| Reference::new("aws", "key", format!("aws:kms:key/{}", id.to_ascii_lowercase())))
}
