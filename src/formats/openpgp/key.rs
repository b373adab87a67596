//! One key packet (RFC 9580 5.5): version, algorithm and public numbers.

use std::borrow::Cow;

use super::{byte, double, secret};
use crate::{
    algorithm,
    fact::{Class, Label, Material},
    formats::ssh_wire::Wire,
    identity,
    key::{self, Described},
};

/// ElGamal has no SubjectPublicKeyInfo of any standard; this identifier (OIW) is what the
/// libraries use that write one.
const ELGAMAL: &[u8] = b"\x2b\x0e\x07\x02\x01\x01";

/// What OpenPGP calls curves of RFC 7748 and RFC 8032, beside RFC 8410's own identifiers.
const EDWARDS: &[(&[u8], &str)] = &[
    (b"\x2b\x06\x01\x04\x01\xda\x47\x0f\x01", "ed25519"),
    (b"\x2b\x06\x01\x04\x01\x97\x55\x01\x05\x01", "x25519"),
    (b"\x2b\x65\x70", "ed25519"),
    (b"\x2b\x65\x6e", "x25519"),
    (b"\x2b\x65\x71", "ed448"),
    (b"\x2b\x65\x6f", "x448"),
];

/// What an algorithm's number says of the key's layout.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Rsa,
    Elgamal,
    Dsa,
    /// A curve by identifier, a point, and if so, parameters of a key derivation.
    Curve {
        has_kdf: bool,
    },
    /// Bytes of the public and the private key.
    Fixed {
        name: &'static str,
        public: usize,
        private: usize,
    },
    Unknown,
}

/// RFC 9580 9.1 and draft-ietf-openpgp-pqc.
pub(super) fn layout(algorithm: u8) -> Layout {
    let fixed = |name, public, private| Layout::Fixed { name, public, private };
    match algorithm {
        1..=3 => Layout::Rsa,
        16 | 20 => Layout::Elgamal,
        17 => Layout::Dsa,
        18 => Layout::Curve { has_kdf: true },
        19 | 22 => Layout::Curve { has_kdf: false },
        25 => fixed("x25519", 32, 32),
        26 => fixed("x448", 56, 56),
        27 => fixed("ed25519", 32, 32),
        28 => fixed("ed448", 57, 57),
        30 => fixed("ml-dsa-65+ed25519", 1952 + 32, 32 + 32),
        31 => fixed("ml-dsa-87+ed448", 2592 + 57, 32 + 57),
        32 => fixed("slh-dsa-shake-128s", 32, 64),
        33 => fixed("slh-dsa-shake-128f", 32, 64),
        34 => fixed("slh-dsa-shake-256s", 64, 128),
        35 => fixed("ml-kem-768+x25519", 1184 + 32, 64 + 32),
        36 => fixed("ml-kem-1024+x448", 1568 + 56, 64 + 56),
        _ => Layout::Unknown,
    }
}

/// Reads the body of a key packet. `None` if it is none; if `strict`, also if it might be
/// something else.
pub(super) fn read(
    wire: &mut Wire<'_>,
    is_secret: bool,
    is_whole: bool,
    strict: bool,
) -> Option<Material> {
    let version = byte(wire)?;
    let _created = wire.u32()?;
    match version {
        2 | 3 => {
            let _days_valid = double(wire)?;
        }
        4..=6 => {}
        _ => return None,
    }
    let algorithm = byte(wire)?;
    let layout = layout(algorithm);
    if strict && layout == Layout::Unknown {
        return None;
    }
    let class = if is_secret { Class::PrivateKey } else { Class::PublicKey };
    let described = if version >= 5 {
        let length = usize::try_from(wire.u32()?).ok()?;
        let mut numbers = Wire::new(wire.take(length)?);
        public(layout, algorithm, &mut numbers, strict).filter(|_| numbers.rest.is_empty())
    } else {
        public(layout, algorithm, wire, strict)
    };
    let Some(described) = described else {
        if strict || is_whole {
            return None;
        }
        let material = Material::new("openpgp", class, Label::Truncated);
        return Some(family(layout, algorithm).describe(material));
    };
    let mut material = described.describe(Material::new("openpgp", class, Label::Public));
    if is_secret {
        secret::read(wire, version, layout, is_whole, &mut material);
        // Numbers and curves are proof enough of a key; bytes of some length are not.
        if strict && material.label == Label::Unparsed && matches!(layout, Layout::Fixed { .. }) {
            return None;
        }
    } else if !is_whole {
        material.label = Label::Truncated;
    } else if !wire.rest.is_empty() {
        if strict {
            return None;
        }
        material.label = Label::Unparsed;
    }
    Some(material)
}

/// The public numbers.
fn public(layout: Layout, algorithm: u8, wire: &mut Wire<'_>, strict: bool) -> Option<Described> {
    Some(match layout {
        Layout::Rsa => {
            let (modulus, exponent) = (number(wire, strict)?, number(wire, strict)?);
            key::rsa(modulus, Some(exponent))
        }
        Layout::Dsa => {
            let (p, q) = (number(wire, strict)?, number(wire, strict)?);
            let (g, y) = (number(wire, strict)?, number(wire, strict)?);
            key::dsa(p, q, g, Some(y), None)
        }
        Layout::Elgamal => {
            let (p, g) = (number(wire, strict)?, number(wire, strict)?);
            elgamal(p, g, number(wire, strict)?)
        }
        Layout::Curve { has_kdf } => {
            let length = byte(wire)?;
            let oid = wire.take(usize::from(length))?;
            let point = mpi(wire)?.1;
            if has_kdf {
                let length = byte(wire)?;
                wire.take(usize::from(length))?;
            }
            on_curve(oid, point, strict)?
        }
        Layout::Fixed { name, public, .. } => {
            let public = wire.take(public)?;
            if name.contains('-') {
                Described { key_id: identity::of_sealed(public), ..Described::named(name) }
            } else {
                key::edwards_public(name, public)
            }
        }
        Layout::Unknown => {
            let key_id = identity::of_sealed(wire.rest);
            wire.rest = &[];
            Described { key_id, ..family(layout, algorithm) }
        }
    })
}

/// ElGamal by prime, generator and public value.
pub(in crate::formats) fn elgamal(p: &[u8], g: &[u8], y: &[u8]) -> Described {
    let parameters = identity::der(0x30, &[&identity::der_unsigned(p), &identity::der_unsigned(g)]);
    Described {
        bits: Some(identity::bit_length(p)),
        key_id: Some(key::spki_id(ELGAMAL, &parameters, &identity::der_unsigned(y))),
        ..Described::named("elgamal")
    }
}

fn on_curve(oid: &[u8], point: &[u8], strict: bool) -> Option<Described> {
    if let Some((_, name)) = EDWARDS.iter().find(|(known, _)| *known == oid) {
        return Some(key::edwards_public(name, native(point)));
    }
    if let Some(curve) = algorithm::curve_by_oid(oid) {
        return Some(key::ec(curve, Some(point), None));
    }
    if strict {
        return None;
    }
    Some(Described {
        curve: Some(algorithm::dotted(oid).into()),
        key_id: identity::of_sealed(point),
        ..Described::named("ec")
    })
}

/// The public key of RFC 7748 or RFC 8032: `0x40` before it marks that it is in native form.
pub(in crate::formats) fn native(point: &[u8]) -> &[u8] {
    match point {
        [0x40, native @ ..] if matches!(native.len(), 32 | 56 | 57) => native,
        _ => point,
    }
}

/// What the algorithm's number alone tells.
fn family(layout: Layout, algorithm: u8) -> Described {
    Described::named(match layout {
        Layout::Rsa => Cow::Borrowed("rsa"),
        Layout::Dsa => "dsa".into(),
        Layout::Elgamal => "elgamal".into(),
        Layout::Curve { .. } => "ec".into(),
        Layout::Fixed { name, .. } => name.into(),
        Layout::Unknown => format!("openpgp-{algorithm}").into(),
    })
}

/// A multiprecision integer: its claimed size in bits, and its bytes.
pub(super) fn mpi<'a>(wire: &mut Wire<'a>) -> Option<(u32, &'a [u8])> {
    let bits = u32::from(double(wire)?);
    Some((bits, wire.take(usize::try_from(bits.div_ceil(8)).ok()?)?))
}

/// A number; if `strict`, with as many bits as it says (RFC 9580 3.2).
fn number<'a>(wire: &mut Wire<'a>, strict: bool) -> Option<&'a [u8]> {
    let (bits, number) = mpi(wire)?;
    (!strict || bits > 1 && identity::bit_length(number) == bits).then_some(number)
}
