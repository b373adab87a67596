//! Azure Key Vault and Managed HSM: identifiers of keys, secrets and certificates in all clouds,
//! and URIs of Tink (`azure-kms://`), cosign (`azurekms://`) and step (`azurekms:`). Host and name
//! are the same in any case.

use std::ops::Range;

use super::{Reference, text};
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "azure",
    about: "identifiers of keys, secrets and certificates in Azure Key Vault and Managed HSM, \
            public and sovereign clouds, with and without a version",
    text: &[b".vault.", b".managedhsm."],
    binary: &[],
    find,
    head: None,
};

const CLOUDS: &[&str] = &["azure.net", "azure.cn", "usgovcloudapi.net", "microsoftazure.de"];

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let bytes = unit.bytes;
    if !CLOUDS.iter().any(|cloud| unit.from(needle.end).starts_with(cloud.as_bytes())) {
        return;
    }
    let host =
        text::back(bytes, needle.start, 64, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let scheme = text::back(bytes, host, 3, |byte| matches!(byte, b':' | b'/'));
    let start = match host - scheme {
        3 => text::back(bytes, scheme, 9, |byte| byte.is_ascii_alphabetic() || byte == b'-'),
        _ => host,
    };
    let is_in = |byte| text::is_name(byte) || matches!(byte, b'.' | b':' | b'/');
    let end = text::run(bytes, needle.end, 300, is_in);
    let end = text::back(bytes, end, 3, |byte| matches!(byte, b'.' | b':' | b'/'));
    // A path that goes on with what no name has is a template.
    text::add(unit, start..end, parse, found);
}

/// Identifiers with any of the schemes.
pub(super) fn uri(text: &str) -> Option<Reference> {
    if let Some(attributes) = text.strip_prefix("azurekms:").filter(|rest| !rest.starts_with('/')) {
        let value = |name: &str| {
            let mut parts = attributes.split(';');
            parts.find_map(|attribute| attribute.strip_prefix(name)?.strip_prefix('='))
        };
        let (name, vault) = (value("name")?, value("vault")?);
        let version = value("version").unwrap_or_default();
        return parse_at(&format!("{vault}.vault.azure.net"), "keys", name, version);
    }
    let rest = text::after(text, &["azurekms://", "azure-kms://"])?;
    let parts: Vec<&str> = rest.split('/').collect();
    match *parts.as_slice() {
        [_, "keys", ..] => parse(rest),
        [host, name] => parse_at(host, "keys", name, ""),
        [host, name, version] => parse_at(host, "keys", name, version),
        _ => None,
    }
}

pub(super) fn parse(text: &str) -> Option<Reference> {
    if let Some(reference) = uri(text) {
        return Some(reference);
    }
    let text = text::after(text, &["https://", "http://"]).unwrap_or(text);
    let mut parts = text.split('/');
    let (host, kind, name) = (parts.next()?, parts.next()?, parts.next()?);
    parse_at(host, kind, name, parts.next().unwrap_or_default())
}

fn parse_at(host: &str, kind: &str, name: &str, version: &str) -> Option<Reference> {
    let host = host.strip_suffix(":443").unwrap_or(host).to_ascii_lowercase();
    let (vault, rest) = host.split_once('.')?;
    let (service, cloud) = rest.split_once('.')?;
    let is_host = (3..=24).contains(&vault.len())
        && vault.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && matches!(service, "vault" | "managedhsm")
        && CLOUDS.contains(&cloud);
    let resource = match kind {
        "keys" => "key",
        "secrets" => "secret",
        "certificates" => "certificate",
        _ => return None,
    };
    let is_named = (1..=127).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_host && is_named).then(|| {
        let key = format!("azure:{host}/{kind}/{}", name.to_ascii_lowercase());
        let version = if text::is_hex(version, 32) { version } else { "" };
        Reference::new("azure", resource, key).version(&version.to_ascii_lowercase())
    })
}
