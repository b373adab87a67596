//! Certificate authorities of HashiCorp Vault and OpenBao: roles, issuers and keys of the PKI engine, in
//! paths of the API and of policies. A mount under a name without `pki` is not told from any other path.

use std::ops::Range;

use super::{Reference, text, vault};
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "vault-pki",
    about: "roles, issuers and keys of the PKI engine of Vault and OpenBao, in paths with a mount such \
            as `pki` or `pki_int`",
    text: &[b"pki/", b"pki_int/"],
    binary: &[],
    find,
    head: None,
};

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let range = vault::path(unit, needle);
    if let Some(range) = range.filter(|range| parse_bytes(unit.get(range.clone())).is_some()) {
        text::add(unit, range, parse, found);
    }
}

fn parse_bytes(path: &[u8]) -> Option<Reference> {
    parse(std::str::from_utf8(path).ok()?)
}

pub(super) fn parse(path: &str) -> Option<Reference> {
    let path = text::after(path, &["https://", "http://"]).unwrap_or(path).trim_matches('/');
    let path = path.rsplit_once("v1/").map_or(path, |(_, path)| path);
    let parts: Vec<&str> = path.split('/').collect();
    let is_pki = |part: &str| {
        part == "pki"
            || part.starts_with("pki_")
            || part.starts_with("pki-")
            || part.ends_with("_pki")
            || part.ends_with("-pki")
    };
    let at = parts.iter().position(|part| is_pki(part))?;
    let mount = parts.get(..=at)?.join("/");
    let (kind, name) = match *parts.get(at + 1..)? {
        ["issue" | "sign" | "sign-verbatim" | "roles", role] => ("role", role),
        ["issuer", _, "issue" | "sign" | "sign-verbatim", role] => ("role", role),
        ["issuer", issuer]
        | ["issuer", issuer, "sign-intermediate" | "json" | "der" | "pem" | "crl"] => {
            ("issuer", issuer)
        }
        ["key", key] => ("key", key),
        _ => return None,
    };
    vault::is_name(name)
        .then(|| Reference::new("vault", kind, format!("vault:{mount}/{kind}/{name}")).alias(name))
}
