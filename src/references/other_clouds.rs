//! Alibaba Cloud, Tencent Cloud and Yandex Cloud: their resource names and what tells their bare
//! identifiers.

use super::{Reference, text};

/// `acs:kms:REGION:ACCOUNT:key/ID` or `…:alias/NAME`.
pub(super) fn alibaba(text: &str) -> Option<Reference> {
    let mut parts = text.strip_prefix("acs:kms:")?.splitn(3, ':');
    let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    if !text::is_region(region) || !text::is_digits(account) {
        return None;
    }
    let reference = match resource.split_once('/')? {
        ("key", id) if text::is_uuid(id) => alibaba_id(id)?,
        ("key", id) => by_id(id).filter(|reference| reference.provider == "alibaba")?,
        ("alias", name) if name.bytes().any(|byte| byte.is_ascii_alphanumeric()) => {
            let key = format!("alibaba:kms:{region}:{account}:{resource}");
            Reference::new("alibaba", "alias", key).alias(resource)
        }
        _ => return None,
    };
    Some(reference.account(account).region(region))
}

/// An alias alone, where its surroundings say whose it is.
pub(super) fn alibaba_alias(text: &str) -> Option<Reference> {
    let name = text.strip_prefix("alias/")?;
    let is_alias = !name.ends_with('/') && name.bytes().any(|byte| byte.is_ascii_alphanumeric());
    is_alias.then(|| Reference::new("alibaba", "alias", format!("alibaba:kms:{text}")).alias(text))
}

/// A bare identifier of Alibaba that is a UUID, where its surroundings say whose it is.
pub(super) fn alibaba_id(id: &str) -> Option<Reference> {
    text::is_uuid(id).then(|| {
        let key = format!("alibaba:kms:key/{}", id.to_ascii_lowercase());
        Reference::new("alibaba", "key", key)
    })
}

/// `qcs::kms:REGION:uin/ACCOUNT:key/ID`, or `…:key/creatorUin/CREATOR/ID`.
pub(super) fn tencent(text: &str) -> Option<Reference> {
    let mut parts = text.strip_prefix("qcs::kms:")?.splitn(3, ':');
    let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let account = account.strip_prefix("uin/").unwrap_or(account);
    let id = resource.strip_prefix("key/")?.rsplit('/').next()?;
    (account.is_empty() || text::is_digits(account))
        .then(|| Some(tencent_id(id)?.account(account).region(region)))?
}

/// A bare identifier of Tencent: a UUID, where its surroundings say whose it is.
pub(super) fn tencent_id(id: &str) -> Option<Reference> {
    text::is_uuid(id).then(|| {
        let key = format!("tencent:kms:key/{}", id.to_ascii_lowercase());
        Reference::new("tencent", "key", key)
    })
}

/// A bare identifier that says by its form whose it is.
pub(super) fn by_id(id: &str) -> Option<Reference> {
    let is_plain = |rest: &str| {
        rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            && rest.bytes().any(|byte| byte.is_ascii_digit())
    };
    // `key-` and the region's initials, then letters and digits.
    if let Some(rest) = id.strip_prefix("key-")
        && (17..=32).contains(&rest.len())
        && is_plain(rest)
    {
        return Some(Reference::new("alibaba", "key", format!("alibaba:kms:key/{id}")));
    }
    // Identifiers of symmetric keys begin with the service's own three letters.
    if let Some(rest) = id.strip_prefix("abj")
        && rest.len() == 17
        && is_plain(rest)
    {
        return Some(Reference::new("yandex", "key", format!("yandex:kms:key/{id}")));
    }
    None
}
