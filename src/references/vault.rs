//! HashiCorp Vault and OpenBao: keys of the transit engine, in paths of the API and of policies,
//! and in URIs of cosign (`hashivault://NAME`), SOPS and Tink (`hcvault://HOST/transit/keys/NAME`).
//! A mount under a name without `transit` is told by what only this engine is asked: to encrypt or to
//! decrypt; in command lines, which are read as such, by what else it is asked too.

use std::ops::Range;

use super::{Reference, text};
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "vault",
    about: "keys of the transit engine of Vault and OpenBao: paths, `hashivault://`, `hcvault://`, \
            `openbao://`, and the key of a transit seal; `MOUNT/encrypt/NAME` of other mounts, where \
            Vault is mentioned near; what commands and variables name",
    text: &[b"transit/", b"vault://", b"openbao://", b"crypt/"],
    binary: &[],
    find,
    head: None,
};

/// What may be asked of a key: the part of the path before its name.
const VERBS: &[&str] = &[
    "keys", "encrypt", "decrypt", "rewrap", "sign", "verify", "hmac", "backup", "restore", "cmac",
];

/// Those with one more part in between.
const LONG_VERBS: &[&str] = &["datakey", "export"];

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let is_path = unit.get(needle.clone()) == b"transit/";
    if is_path && matches!(unit.bytes.get(needle.end), Some(b'"' | b'\'' | b'\n' | b'\r')) {
        return seal(unit, needle, found);
    }
    if unit.get(needle.clone()) == b"crypt/" {
        return other_mount(unit, needle, found);
    }
    if let Some(range) = path(unit, needle) {
        text::add(unit, range, parse, found);
    }
}

/// The path or URI around a needle.
pub(super) fn path(unit: Unit<'_>, needle: Range<usize>) -> Option<Range<usize>> {
    let bytes = unit.bytes;
    let is_in = |byte| text::is_name(byte) || matches!(byte, b'.' | b'/' | b':');
    let is_uri = unit.get(needle.clone()).ends_with(b"//");
    let start = match is_uri {
        true => text::back(bytes, needle.start, 8, |byte| byte.is_ascii_alphabetic()),
        false => text::back(bytes, needle.start, 128, |byte| text::is_name(byte) || byte == b'/'),
    };
    // Before the version of the API stands a host.
    let api = memchr::memmem::rfind(unit.get(start..needle.start), b"v1/").filter(|_| !is_uri);
    let start = start + api.map_or(0, |at| at + b"v1/".len());
    let end = text::run(bytes, needle.end, 256, is_in);
    let end = text::back(bytes, end, 3, |byte| matches!(byte, b'.' | b':' | b'/'));
    let goes_on = matches!(bytes.get(end), Some(b'/' | b':' | b'<' | b'+' | b'[' | b'('));
    (end > needle.end && !goes_on).then_some(start..end)
}

/// A path on a mount of any name, where what is around it speaks of Vault.
fn other_mount(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let before = unit.get(needle.start.saturating_sub(3)..needle.start);
    let Some(range) = path(unit, needle).filter(|_| before == b"/en" || before == b"/de") else {
        return;
    };
    let bytes = unit.bytes;
    // A path of the API, of a command, or in quotes: else it is a file, or the rest of an address.
    const BEFORE: [&[u8]; 7] = [b"v1/", b"write ", b"read ", b"-f ", b"\"", b"'", b"`"];
    let before = unit.get(range.start.saturating_sub(8)..range.start);
    if !BEFORE.iter().any(|head| before.ends_with(head)) {
        return;
    }
    let is_vault = text::mentions(bytes, &range, (200, 100), b'v', &[b"vault"])
        || text::mentions(
            bytes,
            &range,
            (200, 100),
            b'b',
            &[b"openbao", b"bao write", b"capabilities"],
        );
    if is_vault && !unit.get(range.clone()).starts_with(b"transit/") {
        text::add(unit, range, parse, found);
    }
}

/// The key that unseals a server: `key_name` beside the path of the mount.
fn seal(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    const NEAR: usize = 300;
    let low = needle.start.saturating_sub(NEAR);
    let near = unit.get(low..needle.end.saturating_add(NEAR).min(unit.bytes.len()));
    let Some(at) = memchr::memmem::find(near, b"key_name") else { return };
    let after = low + at + b"key_name".len();
    let start = text::run(unit.bytes, after, 24, |byte| {
        matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b':' | b'=')
    });
    let end = text::run(unit.bytes, start, 128, |byte| text::is_name(byte) || byte == b'.');
    if start > after {
        text::add(unit, start..end, parse_name, found);
    }
}

/// A name alone, where its surroundings say what it is.
fn parse_name(name: &str) -> Option<Reference> {
    is_name(name).then(|| of("transit", name))
}

pub(super) fn parse(text: &str) -> Option<Reference> {
    if let Some(name) = text::after(text, &["hashivault://", "openbao://"]) {
        return is_name(name).then(|| of("transit", name));
    }
    let path = match text.strip_prefix("hcvault://") {
        Some(rest) => rest.split_once('/')?.1,
        None => text::after(text, &["https://", "http://"]).unwrap_or(text),
    };
    let path = path.trim_matches('/');
    let path = path.rsplit_once("v1/").map_or(path, |(_, path)| path);
    let (mount, rest) = split_at_transit(path).or_else(|| split_at_verb(path))?;
    let mut parts = rest.split('/');
    let verb = parts.next()?;
    if LONG_VERBS.contains(&verb) {
        parts.next()?;
    } else if !VERBS.contains(&verb) {
        return None;
    }
    let name = parts.next()?;
    // What may follow: `config`, `rotate`, a version, an algorithm. A name has no slash.
    let is_whole = parts.next().is_none_or(|part| {
        verb != "keys"
            || ["config", "rotate", "trim", "import", "import_version", "csr", "set-certificate"]
                .contains(&part)
    });
    (is_name(name) && is_whole).then(|| of(mount, name))
}

/// The path of the mount, and what follows it.
fn split_at_transit(path: &str) -> Option<(&str, &str)> {
    let after = path.rfind("transit/")? + "transit/".len();
    let (mount, rest) = path.split_at_checked(after)?;
    Some((mount.trim_end_matches('/'), rest))
}

/// The same for a mount of any name, by what no other engine is asked for.
fn split_at_verb(path: &str) -> Option<(&str, &str)> {
    const OWN: [&str; 8] = [
        "/encrypt/",
        "/decrypt/",
        "/rewrap/",
        "/datakey/",
        "/hmac/",
        "/sign/",
        "/verify/",
        "/keys/",
    ];
    // Other engines with keys.
    const OTHERS: [&str; 6] = ["identity", "kmip", "pki", "ssh", "sys", "totp"];
    let at = OWN.iter().find_map(|verb| path.find(verb))?;
    let (mount, rest) = path.split_at_checked(at)?;
    let is_mount = mount.len() <= 64
        && !OTHERS.iter().any(|other| mount.split(['/', '-', '_']).any(|part| part == *other))
        && mount.split('/').count() <= 3
        && mount.split('/').all(|part| !part.is_empty() && part.bytes().all(text::is_name));
    is_mount.then_some((mount, rest.trim_start_matches('/')))
}

pub(super) fn is_name(name: &str) -> bool {
    const FILES: &[&str] = &[".go", ".md", ".mdx", ".js", ".ts", ".html", ".py", ".rs", ".rb"];
    (1..=128).contains(&name.len())
        && name.bytes().all(|byte| text::is_name(byte) || byte == b'.')
        && name.bytes().any(|byte| byte.is_ascii_alphanumeric())
        && !FILES.iter().any(|end| name.ends_with(end))
}

fn of(mount: &str, name: &str) -> Reference {
    Reference::new("vault", "key", format!("vault:{mount}/keys/{name}")).alias(name)
}
