//! Keys in the store of gpg-agent, `private-keys-v1.d` (GnuPG, agent/keyformat.txt): canonical
//! S-expressions, and the text form inside a `Key:` line. Knows what the lists mean; `sexp` reads
//! them.

use std::{borrow::Cow, ops::Range};

use super::{
    openpgp::{elgamal, native, octets},
    sexp::{self, End, Read, Sexp},
};
use crate::{
    algorithm,
    fact::{Class, Label, Material, Protection},
    identity,
    key::{self, Described},
    rows::{Found, Row},
    unit::Unit,
};

/// The end of `private-key` and what follows it: the length of an algorithm's name, or a blank.
pub(crate) const ROW: Row = Row {
    name: "gpg-agent",
    about: "gpg-agent `private-keys-v1.d` files, extended and canonical",
    text: &[b"e-key(3:", b"e-key (", b"e-key(5:"],
    binary: &[],
    find,
    head: None,
};

/// Bytes of one key: RSA-16384 in hexadecimal takes some 20 KiB.
const LONGEST: usize = 64 << 10;

/// What may stand before the needle, and whether it is the canonical form.
const OPENINGS: &[(&[u8], Kind, bool)] = &[
    (b"(11:privat", Kind::Private, true),
    (b"(21:protected-privat", Kind::Protected, true),
    (b"(20:shadowed-privat", Kind::Shadowed, true),
    (b"(private-key", Kind::Private, false),
    (b"(protected-private-key", Kind::Protected, false),
    (b"(shadowed-private-key", Kind::Shadowed, false),
];

const ALGORITHMS: &[&[u8]] = &[b"rsa", b"dsa", b"elg", b"ecc", b"ecdsa", b"ecdh"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Private,
    Protected,
    Shadowed,
}

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let Some((start, kind, is_canonical)) = opening(unit, &needle) else { return };
    let rest = unit.from(needle.end).get(..8).unwrap_or(unit.from(needle.end));
    if !ALGORITHMS.iter().any(|name| is_followed(rest, name)) {
        return;
    }
    let bytes = unit.span(start, LONGEST);
    let (read, length) = if is_canonical {
        sexp::canonical(bytes)
    } else {
        let line = unit.line_start(start, 64);
        sexp::folded(bytes, indentation(unit.get(line..start)))
    };
    if let Some(material) = lowered(kind, &read) {
        found.material(start..start + length, material);
    }
}

/// Whether a list follows the algorithm's name at the start of `rest`.
fn is_followed(rest: &[u8], name: &[u8]) -> bool {
    let Some(rest) = rest.strip_prefix(name) else { return false };
    rest.trim_ascii_start().first().is_none_or(|&byte| byte == b'(')
}

fn opening(unit: Unit<'_>, needle: &Range<usize>) -> Option<(usize, Kind, bool)> {
    let is_canonical = unit.get(needle.clone()).last() == Some(&b':');
    OPENINGS.iter().filter(|opening| opening.2 == is_canonical).find_map(|(text, kind, _)| {
        let end = if is_canonical { needle.start } else { needle.end.checked_sub(2)? };
        let start = end.checked_sub(text.len())?;
        (unit.get(start..end) == *text).then_some((start, *kind, is_canonical))
    })
}

fn indentation(line: &[u8]) -> &[u8] {
    let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    line.get(..blanks).unwrap_or_default()
}

/// The key that `(kind (algorithm (name value)…))` is. `None` if not one number of it is there.
fn lowered(kind: Kind, read: &Read) -> Option<Material> {
    let is_whole = read.end == End::Closed;
    let key = read.root.list()?.get(1)?;
    let name = key.list()?.first()?.atom()?;
    let (mut described, is_complete) = described(name, key);
    let has_numbers = key.list()?.iter().skip(1).any(|entry| {
        entry.list().is_some_and(|entry| entry.len() >= 2 && entry.first().is_some_and(is_number))
    });
    if !has_numbers {
        return None;
    }
    let cut = if read.end == End::Cut { Label::Truncated } else { Label::Unparsed };
    let mut material = Material::new("gpg-agent", Class::PrivateKey, cut);
    match kind {
        Kind::Private => {
            let secret = if name == b"rsa" { "d" } else { private_name(name) };
            if let Some(secret) = value(key, secret)
                && is_complete
                && is_whole
            {
                let is_blank = secret.len() >= 14 && identity::is_guessable(secret);
                material.label = if is_blank { Label::Stub } else { Label::Plaintext };
            }
        }
        Kind::Protected => {
            let protected = entry(key, "protected");
            if let Some(protected) = protected {
                material.protection = protection(protected);
                if is_whole {
                    material.label = Label::Encrypted;
                }
                if described.key_id.is_none() {
                    let sealed = protected.last().and_then(Sexp::atom).unwrap_or_default();
                    described.key_id = identity::of_sealed(sealed);
                }
            }
        }
        Kind::Shadowed => {
            let method = entry(key, "shadowed").and_then(|entry| entry.get(1)?.atom());
            if method.is_some_and(|method| method.starts_with(b"tpm2")) {
                // The key itself, under a key of the TPM.
                material.envelope = Some("tpm2".into());
                material.label = Label::Wrapped;
            } else {
                material.class = Class::PublicKey;
                material.envelope = Some("card".into());
                material.label = Label::Public;
            }
        }
    }
    Some(described.describe(material))
}

fn is_number(name: &Sexp) -> bool {
    name.atom().is_some_and(|name| matches!(name, b"n" | b"p" | b"q" | b"curve"))
}

fn private_name(algorithm: &[u8]) -> &'static str {
    if algorithm.starts_with(b"ec") { "d" } else { "x" }
}

/// What the public numbers tell, and whether all of them are there.
fn described(name: &[u8], key: &Sexp) -> (Described, bool) {
    let number = |name| value(key, name);
    let known = match name {
        b"rsa" => number("n").zip(number("e")).map(|(n, e)| key::rsa(n, Some(e))),
        b"dsa" => {
            (|| Some(key::dsa(number("p")?, number("q")?, number("g")?, number("y"), None)))()
        }
        b"elg" => (|| Some(elgamal(number("p")?, number("g")?, number("y")?)))(),
        _ => number("curve").zip(number("q")).map(|(curve, point)| on_curve(curve, point)),
    };
    let is_complete = known.is_some();
    let algorithm = match name {
        b"rsa" => "rsa",
        b"dsa" => "dsa",
        b"elg" => "elgamal",
        _ => "ec",
    };
    (known.unwrap_or_else(|| Described::named(algorithm)), is_complete)
}

fn on_curve(curve: &[u8], point: &[u8]) -> Described {
    let name = String::from_utf8_lossy(curve.get(..64).unwrap_or(curve));
    let edwards = match name.as_ref() {
        "Ed25519" | "1.3.6.1.4.1.11591.15.1" => Some("ed25519"),
        "Curve25519" | "X25519" | "1.3.6.1.4.1.3029.1.5.1" => Some("x25519"),
        "Ed448" => Some("ed448"),
        "X448" => Some("x448"),
        _ => None,
    };
    if let Some(edwards) = edwards {
        return key::edwards_public(edwards, native(point));
    }
    let plain = name.strip_prefix("NIST ").unwrap_or(&name);
    match algorithm::curve_by_name(plain) {
        Some(curve) => key::ec(curve, Some(point), None),
        None => Described {
            curve: Some(Cow::Owned(plain.to_owned())),
            key_id: identity::of_sealed(point),
            ..Described::named("ec")
        },
    }
}

/// The elements of the list `(name …)` in `key`.
fn entry<'a>(key: &'a Sexp, name: &str) -> Option<&'a [Sexp]> {
    key.list()?.iter().filter_map(Sexp::list).find(|entry| {
        entry.first().and_then(Sexp::atom).is_some_and(|atom| atom == name.as_bytes())
    })
}

/// The value of the list `(name value)` in `key`.
fn value<'a>(key: &'a Sexp, name: &str) -> Option<&'a [u8]> {
    entry(key, name)?.get(1)?.atom()
}

/// `(protected mode ((digest salt count) nonce) sealed)`.
fn protection(protected: &[Sexp]) -> Protection {
    let mode = protected.get(1).and_then(Sexp::atom).unwrap_or_default();
    let cipher = match mode {
        b"openpgp-s2k3-sha1-aes-cbc" => Some("aes-128-cbc".into()),
        b"openpgp-s2k3-sha1-aes256-cbc" => Some("aes-256-cbc".into()),
        b"openpgp-s2k3-ocb-aes" => Some("aes-128-ocb".into()),
        other => String::from_utf8(other.to_vec()).ok().map(Cow::Owned),
    };
    if !mode.starts_with(b"openpgp-s2k3-") {
        return Protection { cipher, ..Protection::default() };
    }
    let derivation = (|| protected.get(2)?.list()?.first()?.list())().unwrap_or_default();
    let text = |index: usize| {
        derivation.get(index).and_then(Sexp::atom).and_then(|text| std::str::from_utf8(text).ok())
    };
    let count = text(2).and_then(|count| count.parse::<u64>().ok());
    Protection {
        kdf: text(0).map(|digest| format!("openpgp-s2k-iterated-salted-{digest}").into()),
        // Old agents wrote the octet that encodes the count.
        iterations: count.map(|count| u8::try_from(count).map_or(count, octets)),
        cipher,
    }
}

#[cfg(test)]
mod tests;
