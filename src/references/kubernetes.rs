//! Kubernetes: names of secrets that hold keys, by what they are called or by what asks for them: an
//! ingress, a certificate of cert-manager, a volume, a command that makes one of files.

use std::ops::Range;

use super::{Reference, text};
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "kubernetes",
    about: "`secretName` of a secret of Kubernetes that holds a key: in an ingress or a certificate, or \
            by a name such as `web-tls`; `kubectl create secret` of a key",
    text: &[b"cretN", b"te secret "],
    binary: &[],
    find,
    head: None,
};

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let bytes = unit.bytes;
    if unit.get(needle.clone()) == b"te secret " {
        return created(unit, needle, found);
    }
    if !unit.from(needle.end).starts_with(b"ame") {
        return;
    }
    let needle = needle.start..needle.end + b"ame".len();
    let start = text::run(bytes, needle.end, 8, |byte| {
        matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b':' | b'=')
    });
    let end = text::run(bytes, start, 254, |byte| text::is_name(byte) || byte == b'.');
    let range = start..end;
    let name = unit.get(range.clone()).to_ascii_lowercase();
    let is_separated = unit.get(needle.end..start).iter().any(|byte| matches!(byte, b':' | b'='));
    let goes_on = matches!(bytes.get(end), Some(b'(' | b'/' | b':' | b'[' | b'{'));
    if name.is_empty() || !is_separated || goes_on {
        return;
    }
    const WORDS: &[&[u8]] = &[
        b"tls",
        b"cert",
        b"certs",
        b"certificate",
        b"key",
        b"keys",
        b"keypair",
        b"ssh",
        b"pgp",
        b"gpg",
        b"kms",
        b"kek",
        b"ca",
        b"x509",
        b"signing",
    ];
    let is_named =
        name.split(|byte| matches!(byte, b'-' | b'.' | b'_')).any(|word| WORDS.contains(&word));
    if is_named
        || text::mentions(bytes, &range, (80, 0), b'l', &[b"\ntls:", b" tls:", b"\"tls\":"])
        || text::mentions(bytes, &range, (400, 200), b'f', &[b"issuerref", b"kind: certificate"])
    {
        text::add(unit, range, parse, found);
    }
}

/// `kubectl create secret tls NAME`, or `generic NAME --from-file=…` where a file is one of a key.
fn created(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    const FILES: [&[u8]; 10] = [
        b".pem",
        b".key",
        b".p12",
        b".pfx",
        b".jks",
        b".gpg",
        b".asc",
        b"id_rsa",
        b"id_ed25519",
        b"ssh-privatekey",
    ];
    let rest = unit.span(needle.end, 400);
    // A command ends with its line, unless that is continued.
    let ends = memchr::memchr_iter(b'\n', rest).find(|&at| {
        let line = rest.get(..at).unwrap_or_default();
        !line.trim_ascii_end().ends_with(b"\\")
    });
    let command = rest.get(..ends.unwrap_or(rest.len())).unwrap_or_default();
    let (is_tls, length) = match command {
        _ if command.starts_with(b"tls ") => (true, b"tls ".len()),
        _ if command.starts_with(b"generic ") => (false, b"generic ".len()),
        _ => return,
    };
    let of_key = |file: &&[u8]| memchr::memmem::find(command, file).is_some();
    let is_of_files = memchr::memmem::find(command, b"--from-file").is_some();
    if !(is_tls || is_of_files && FILES.iter().any(of_key)) {
        return;
    }
    let start = needle.end + length;
    let end = text::run(unit.bytes, start, 254, |byte| text::is_name(byte) || byte == b'.');
    text::add(unit, start..end, parse, found);
}

/// A name of a secret (RFC 1123); its namespace does not stand beside it.
fn parse(name: &str) -> Option<Reference> {
    let is_name = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    };
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    (name.len() <= 253
        && name.bytes().all(is_name)
        && is_end(name.bytes().next())
        && is_end(name.bytes().next_back())
        && !matches!(name, "true" | "false" | "null" | "string"))
    .then(|| Reference::new("kubernetes", "secret", format!("kubernetes:secret/{name}")))
}
