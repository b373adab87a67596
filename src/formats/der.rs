//! DER at any offset: dispatch to what the structure says it is.

use std::ops::Range;

use crate::{
    asn1::{BIT_STRING, INTEGER, OCTET_STRING, Reader, SEQUENCE, element, header},
    error::Reject,
    fact::{Class, Label, Material},
    formats::{
        pbe::Attempts,
        pkcs1, pkcs8, pkcs12, sec1, truncated,
        x509::{self, looks_random},
    },
    key,
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "der",
    about: "DER at any offset: PKCS #1, PKCS #8, PKCS #12, SEC 1, SubjectPublicKeyInfo, X.509, PKCS #10",
    text: &[],
    binary: &[
        // Version and first tag of what follows: PKCS#1 and DSA, PKCS#8 and requests, PKCS#8
        // version 2, multi-prime PKCS#1, SEC 1, PKCS#12.
        b"\x02\x01\x00\x02",
        b"\x02\x01\x00\x30",
        b"\x02\x01\x01\x30",
        b"\x02\x01\x01\x02",
        b"\x02\x01\x01\x04",
        b"\x02\x01\x03\x30",
        // Algorithms of encrypted keys, public keys and certificates: PKCS arcs, X9.62, RFC 8410,
        // ML-DSA and SLH-DSA, ML-KEM, DSA, X9.42.
        b"\x86\xf7\x0d\x01",
        b"\x86\x48\xce\x3d",
        b"\x06\x03\x2b\x65",
        b"\x65\x03\x04\x03",
        b"\x65\x03\x04\x04",
        b"\x48\xce\x38\x04",
        b"\x48\xce\x3e\x02",
    ],
    find,
    head: Some(head),
};

/// What one DER (or BER) element at the start of `bytes` is, whatever label it goes under: any
/// private key, encrypted private key, public key, certificate or PKCS#12 store. Gives the length
/// of the element and what it holds; the first material is the thing itself, the others are the
/// entries of a store. `format` is what the materials are to say (`pem`, `der`).
pub(crate) fn any(bytes: &[u8], format: &'static str) -> Result<(usize, Vec<Material>), Reject> {
    if let Some(found) = whole(bytes, format, Grounds::Label, Attempts::new()) {
        return Ok(found);
    }
    let material = truncated::material(bytes, format).ok_or(Reject)?;
    Ok((bytes.len(), vec![material]))
}

/// What says that bytes are a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grounds {
    /// Somebody handed them over as one.
    Label,
    /// They are all that a file holds.
    File,
    /// Nothing but the bytes: they stand anywhere in others, so the structure must prove itself.
    Bytes,
}

fn whole(
    bytes: &[u8],
    format: &'static str,
    grounds: Grounds,
    mut attempts: Attempts,
) -> Option<(usize, Vec<Material>)> {
    let outer = element(bytes).filter(|outer| outer.tag == SEQUENCE)?;
    let content = outer.content;
    let mut reader = Reader::new(content);
    let first = reader.any()?;
    let is_label = grounds != Grounds::Bytes;
    let materials = match (first.tag, reader.tag()?) {
        (INTEGER, SEQUENCE) if first.small() == Some(3) => {
            // What convinces is a store, so that none is read in vain.
            (is_label || pkcs12::is_convincing(content)).then_some(())?;
            pkcs12::store(content, format, attempts)?
        }
        (INTEGER, SEQUENCE) => {
            let info = pkcs8::info(content)?;
            (is_label || info.is_convincing()).then_some(())?;
            vec![pkcs8::material(content, format)?]
        }
        (INTEGER, INTEGER) => vec![numbers(content, format, is_label)?],
        (INTEGER, OCTET_STRING) => {
            let ec = sec1::private(content)?;
            let is_sound = ec.is_convincing(&[]) && looks_random(ec.scalar);
            (is_label || is_sound).then_some(())?;
            let material = Material::new(format, Class::PrivateKey, Label::Plaintext);
            vec![enveloped("sec1", ec.describe(&[], None)?.describe(material))]
        }
        (SEQUENCE, OCTET_STRING) => {
            let sealed = pkcs8::sealed(content)?;
            // The structure is so plain that only a label vouches for a scheme without a name.
            let is_sound = sealed.scheme.cipher.is_some() && looks_random(&sealed.ciphertext);
            (grounds == Grounds::Label || is_sound).then_some(())?;
            vec![sealed.material(format, &mut attempts)]
        }
        (SEQUENCE, BIT_STRING) => {
            let key = x509::public_key(content)?;
            (is_label || key.is_convincing()).then_some(())?;
            vec![x509::subject_public_key(content, format)?]
        }
        (SEQUENCE, SEQUENCE) => {
            vec![x509::certificate(content, format).or_else(|| x509::request(content, format))?]
        }
        _ => return None,
    };
    Some((outer.whole.len(), materials))
}

/// A sequence of numbers: a private key of RSA or DSA, or an RSA public key.
fn numbers(content: &[u8], format: &'static str, is_label: bool) -> Option<Material> {
    if let Some(private) = pkcs1::private(content) {
        (is_label || private.is_convincing()).then_some(())?;
        let material = Material::new(format, Class::PrivateKey, Label::Plaintext);
        return Some(enveloped(private.envelope(), private.describe().describe(material)));
    }
    let (modulus, exponent) = pkcs1::public(content)?;
    (is_label && pkcs1::is_bare_public(modulus, exponent)).then(|| {
        let material = Material::new(format, Class::PublicKey, Label::Public);
        enveloped("pkcs1-public", key::rsa(modulus, Some(exponent)).describe(material))
    })
}

fn enveloped(envelope: &'static str, material: Material) -> Material {
    Material { envelope: Some(envelope.into()), ..material }
}

/// How far before a needle the structure may begin: in a certificate, two headers, version and a
/// serial number of 20 bytes precede the first algorithm.
const STEP_BACK: usize = 64;

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let low = needle.start.saturating_sub(STEP_BACK).max(found.claimed());
    // Outermost first, so that a certificate or a store claims the keys in it.
    for at in memchr::memchr_iter(SEQUENCE, unit.get(low..needle.start)) {
        let start = low + at;
        let bytes = unit.from(start);
        if !encloses(bytes, needle.start - start..needle.end - start) {
            continue;
        }
        let is_indefinite = header(bytes).is_some_and(|header| header.length.is_none());
        if is_indefinite && !(is_store(bytes) && found.may_search(start..needle.end)) {
            continue;
        }
        if let Some((length, materials)) = whole(bytes, "der", Grounds::Bytes, attempts(found)) {
            for material in materials {
                found.material(start..start + length, material);
            }
            return;
        }
        if unit.at_end
            && let Some(material) = truncated::bare(bytes, "der")
        {
            found.material(start..unit.bytes.len(), material);
            return;
        }
    }
}

/// Whether a store begins here that is worth the search for its end.
fn is_store(bytes: &[u8]) -> bool {
    let content = header(bytes).and_then(|header| bytes.get(header.size..));
    content.is_some_and(pkcs12::is_convincing)
}

/// A file that is one element and nothing else needs no needle, nor as much proof.
fn head(unit: Unit<'_>, found: &mut Found) {
    if !unit.at_end || !unit.bytes.starts_with(&[SEQUENCE]) {
        return;
    }
    let Some(outer) = element(unit.bytes) else { return };
    if unit.from(outer.whole.len()).trim_ascii().is_empty()
        && let Some((length, materials)) = whole(unit.bytes, "der", Grounds::File, attempts(found))
    {
        for material in materials {
            found.material(0..length, material);
        }
    }
}

/// Well-known passwords are tried on the first keys of a unit; a heap of them would cost too much.
fn attempts(found: &Found) -> Attempts {
    const KEYS: usize = 32;
    if found.items.len() < KEYS { Attempts::new() } else { Attempts::none() }
}

/// Whether a sequence that one of the structures could be starts here and encloses `needle`.
/// Cheap, for it is asked often. Only a store may have an indefinite length, and is tried at its
/// own needle alone: the search for its end is not cheap.
fn encloses(bytes: &[u8], needle: Range<usize>) -> bool {
    let Some(header) = header(bytes) else { return false };
    let is_long = header.length.map(|length| header.size.saturating_add(length) >= needle.end);
    match bytes.get(header.size..).unwrap_or_default() {
        [INTEGER, 1, 3, SEQUENCE, ..] => is_long.unwrap_or(true) && needle.start == header.size,
        [SEQUENCE, ..]
        | [INTEGER, 1, 0, INTEGER | SEQUENCE, ..]
        | [INTEGER, 1, 1, INTEGER | OCTET_STRING | SEQUENCE, ..] => is_long == Some(true),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
