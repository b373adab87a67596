//! PKCS#11 URIs (RFC 7512) that name an object. The order of attributes, how they are
//! percent-encoded, the library, the type of the object and the query say nothing of which key it
//! is, so they are not in its canonical name. A PIN is never shown.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write as _, ops::Range};

use zeroize::Zeroizing;

use super::{LONGEST, Reference, text};
use crate::{
    rows::{Found, Row},
    settings::variables,
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "pkcs11",
    about: "PKCS#11 URIs of objects (RFC 7512); PINs are masked",
    text: &[b"pkcs11:"],
    binary: &[],
    find,
    head: None,
};

/// Attributes of the path that tell one object from another.
const TELLING: &[&str] = &["id", "manufacturer", "model", "object", "serial", "slot-id", "token"];

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let is_in = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:@!$*+=&;?%/|".contains(&byte);
    let end = text::run(unit.bytes, needle.end, LONGEST, is_in);
    let end =
        text::back(unit.bytes, end, 3, |byte| matches!(byte, b'.' | b':' | b';' | b'?' | b'!'));
    text::add(unit, needle.start..end, parse_with_pin, found);
}

/// A name of a key, or one of a token that has its PIN with it.
fn parse_with_pin(text: &str) -> Option<Reference> {
    let token = || has_written_pin(text).then(|| Reference::new("pkcs11", PIN_ALONE, "pkcs11:"));
    parse(text).or_else(token)
}

pub(super) fn parse(text: &str) -> Option<Reference> {
    let rest = text.strip_prefix("pkcs11:")?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut attributes: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for attribute in path.split(';').filter(|attribute| !attribute.is_empty()) {
        let (name, value) = attribute.split_once('=')?;
        if let Some(name) = TELLING.iter().find(|telling| **telling == name) {
            attributes.insert(name, decoded(value)?);
        }
    }
    // They belong into the path, and libraries take them from here too.
    for attribute in query.split('&') {
        if let Some((name @ ("id" | "object"), value)) = attribute.split_once('=') {
            attributes.entry(name).or_insert(decoded(value)?);
        }
    }
    let label = attributes.get("object").map(|label| String::from_utf8_lossy(label).into_owned());
    let is_named = |name: &str| attributes.get(name).is_some_and(|value| !value.is_empty());
    if !is_named("object") && !is_named("id") {
        return None;
    }
    let canonical: Vec<String> =
        attributes.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let key = format!("pkcs11:{}", canonical.join(";"));
    Some(Reference::new("pkcs11", "key", key).alias(&label.unwrap_or_default()))
}

fn decoded(value: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((head, tail)) = rest.split_once('%') {
        bytes.extend_from_slice(head.as_bytes());
        bytes.push(u8::from_str_radix(tail.get(..2)?, 16).ok()?);
        rest = tail.get(2..)?;
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(bytes)
}

fn encoded(value: &[u8]) -> String {
    let mut text = String::new();
    for &byte in value {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _always_fits = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// What is named by a URI that names no key, and has a PIN.
pub(super) const PIN_ALONE: &str = "pin-value";

/// Whether a URI has the PIN of a token in it, and not the name of a variable in its place.
pub(super) fn has_written_pin(text: &str) -> bool {
    let values = text.split(PIN).skip(1).map(|rest| rest.split(['&', ';']).next());
    values.flatten().any(|value| {
        let plain = decoded(value).map(Zeroizing::new);
        plain.is_some_and(|plain| std::str::from_utf8(&plain).is_ok_and(variables::is_written_out))
    })
}

/// What begins the value of a PIN.
const PIN: &str = "pin-value=";

/// Whether bytes hold the PIN of a token.
pub(crate) fn has_pin(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, PIN.as_bytes()).is_some()
}

/// `text` without the value of any PIN.
pub(crate) fn without_pin(text: &str) -> Cow<'_, str> {
    if !text.contains(PIN) {
        return text.into();
    }
    let mut parts = text.split(PIN);
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let ends = |c: char| matches!(c, '&' | ';' | '"' | '\'' | '>' | '<') || c.is_whitespace();
        let end = part.find(ends).unwrap_or(part.len());
        masked.push_str(PIN);
        masked.push('…');
        masked.push_str(part.get(end..).unwrap_or_default());
    }
    masked.into()
}
