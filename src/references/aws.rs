//! AWS: keys and aliases of KMS and Payment Cryptography, clusters of CloudHSM, as the service
//! authorisation reference and the developer guides write their ARNs. A multi-Region key (`mrk-`)
//! and its replicas have one identifier and are one key.

use std::{ops::Range, sync::LazyLock};

use memchr::memmem::Finder;

use super::{LONGEST, Reference, aws_id, other_clouds, text, text::Around};
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "aws",
    about: "ARNs of AWS Payment Cryptography, clusters of CloudHSM",
    text: &[b"payment-c", b"loudhsm"],
    binary: &[],
    find,
    head: None,
};

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    match unit.get(needle.clone()) {
        b"payment-c" => payment(unit, needle, found),
        _ => cluster(unit, needle, found),
    }
}

/// An alias at `start`, which reaches to `end` at least.
pub(super) fn alias(unit: Unit<'_>, Range { start, end }: Range<usize>, found: &mut Found) {
    let bytes = unit.bytes;
    let end = text::run(bytes, end, 256, |byte| text::is_name(byte) || byte == b'/');
    let before = start.checked_sub(1).and_then(|at| bytes.get(at));
    // After `/` it is a path, after `:` a part of an ARN, which was seen by its head; in prose it is
    // an example.
    let is_quoted = before.is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'=' | b'>'));
    let begins = is_quoted || super::holder(bytes, start).is_some();
    let is_file = bytes.get(end) == Some(&b'.')
        && bytes.get(end + 1).is_some_and(|byte| byte.is_ascii_alphabetic());
    let range = start..end;
    if !begins || is_file {
        return;
    }
    if unit.from(start).starts_with(b"alias/aws/") {
        return text::add(unit, range, parse, found);
    }
    // Three services have aliases of the same form.
    let around = Around::new(bytes, &range);
    if around.has(300, 100, &*ALIBABA) {
        text::add(unit, range, other_clouds::alibaba_alias, found);
    } else if around.has(120, 60, &*PAYMENT) && !around.has(40, 0, KMS.get(..1).unwrap_or_default())
    {
        text::add(unit, range, payment_alias, found);
    } else if around.has(200, 100, &*KMS) {
        text::add(unit, range, parse, found);
    }
}

/// What speaks of whose alias it is.
static ALIBABA: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| text::words(["alibaba", "aliyun", "alicloud"]));
static PAYMENT: LazyLock<[Finder<'static>; 3]> = LazyLock::new(|| {
    text::words(["payment-cryptography", "payment_cryptography", "paymentcryptography"])
});
static KMS: LazyLock<[Finder<'static>; 5]> =
    LazyLock::new(|| text::words(["kms", "key_id", "keyid", "key-id", "cmk"]));

fn payment(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let bytes = unit.bytes;
    let before = unit.get(needle.start.saturating_sub(24)..needle.start);
    let Some(arn) = memchr::memmem::rfind(before, b"arn:aws") else { return };
    let start = needle.start - (before.len() - arn);
    let is_arn = |byte| text::is_name(byte) || matches!(byte, b':' | b'/');
    let end = text::run(bytes, needle.end, LONGEST, is_arn);
    text::add(unit, start..end, parse, found);
}

/// An alias alone, where its surroundings say whose it is.
fn payment_alias(text: &str) -> Option<Reference> {
    let name = text.strip_prefix("alias/")?;
    let key = format!("aws:payment-cryptography:{text}");
    is_alias(name).then(|| Reference::new("aws", "alias", key).alias(text))
}

fn cluster(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let near = unit.span(needle.end, 100);
    for at in memchr::memmem::find_iter(near, b"cluster-").take(2) {
        let start = needle.end + at;
        let end = text::run(unit.bytes, start, 40, text::is_name);
        text::add(unit, start..end, parse, found);
    }
}

/// URIs of Tink (`aws-kms://ARN`), cosign (`awskms://[HOST]/ID`) and step (`awskms:key-id=ID`).
pub(super) fn uri(text: &str) -> Option<Reference> {
    if let Some(rest) = text::after(text, &["aws-kms://", "awskms://"]) {
        if rest.starts_with("arn:") {
            return parse(rest);
        }
        let (_, name) = rest.split_once('/')?;
        return parse(name);
    }
    let attributes = text.strip_prefix("awskms:").unwrap_or_default();
    let value = |name: &str| {
        attributes.split(';').find_map(|attribute| attribute.strip_prefix(name)?.strip_prefix('='))
    };
    Some(parse(value("key-id")?)?.region(value("region").unwrap_or_default()))
}

/// An ARN, an alias, a cluster or the identifier of a key.
pub(super) fn parse(text: &str) -> Option<Reference> {
    if let Some(name) = text.strip_prefix("alias/") {
        return is_alias(name)
            .then(|| Reference::new("aws", "alias", format!("aws:kms:{text}")).alias(text));
    }
    if let Some(id) = text.strip_prefix("cluster-") {
        let is_id = (11..=17).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte))
            && id.bytes().any(|byte| byte.is_ascii_digit());
        return is_id
            .then(|| Reference::new("aws", "cluster", format!("aws:cloudhsm:cluster/{text}")));
    }
    let Some(arn) = text.strip_prefix("arn:aws") else { return aws_id::parse_aws(text) };
    let mut parts = arn.splitn(5, ':');
    let partition = parts.next()?;
    let (service, region, account) = (parts.next()?, parts.next()?, parts.next()?);
    let resource = parts.next()?.trim_end_matches([':', '/']);
    let is_partition = partition.is_empty() || partition.starts_with('-');
    let is_placed = text::is_region(region) && account.len() == 12 && text::is_digits(account);
    if !is_partition || !is_placed {
        return None;
    }
    let reference = match (service, resource.split_once('/')?) {
        ("kms", ("key", id)) => aws_id::parse_aws(id)?,
        ("kms", ("alias", name)) if is_alias(name) => {
            let key = format!("aws:kms:{region}:{account}:{resource}");
            Reference::new("aws", "alias", key).alias(resource)
        }
        ("payment-cryptography", ("key", id)) if is_payment(id) => {
            let key = format!("aws:payment-cryptography:{region}:{account}:{resource}");
            Reference::new("aws", "key", key)
        }
        ("payment-cryptography", ("alias", name)) if is_alias(name) => {
            let key = format!("aws:payment-cryptography:{region}:{account}:{resource}");
            Reference::new("aws", "alias", key).alias(resource)
        }
        _ => return None,
    };
    Some(reference.account(account).region(region))
}

fn is_alias(name: &str) -> bool {
    (1..=250).contains(&name.len())
        // What ends so is only the beginning of names.
        && !name.ends_with('/')
        && name.bytes().any(|byte| byte.is_ascii_alphanumeric())
        && name.bytes().all(|byte| text::is_name(byte) || byte == b'/')
}

fn is_payment(id: &str) -> bool {
    id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}
