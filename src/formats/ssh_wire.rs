//! The data types of RFC 4251 section 5 and the public keys of RFC 4253 6.6, RFC 5656, RFC 8709,
//! PROTOCOL.u2f and PROTOCOL.certkeys, which OpenSSH, PuTTY and one-line public keys share. Knows
//! no file format.

use std::time::Duration;

use crate::{
    algorithm::{self, Curve},
    key::{self, Described},
};

/// What ends the names of OpenSSH certificate types.
const CERTIFICATE: &str = "-cert-v01@openssh.com";

/// Reads what RFC 4251 writes. `None` means that the bytes end before the value does.
#[derive(Clone, Copy)]
pub(crate) struct Wire<'a> {
    pub rest: &'a [u8],
}

impl<'a> Wire<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.take(4)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.take(8)?.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
    }

    /// A `string`, or the content of an `mpint`.
    pub(crate) fn string(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let length = usize::try_from(ahead.u32()?).ok()?;
        let string = ahead.take(length)?;
        *self = ahead;
        Some(string)
    }

    /// A `string` that names an algorithm: printable, short, and without what no name holds.
    pub(crate) fn name(&mut self) -> Option<&'a str> {
        let mut ahead = *self;
        let name = name(ahead.string()?)?;
        *self = ahead;
        Some(name)
    }
}

/// An algorithm name of RFC 4251 section 6, where `bytes` can be one.
pub(crate) fn name(bytes: &[u8]) -> Option<&str> {
    let fits = (1..=64).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'@' | b'_'));
    std::str::from_utf8(bytes).ok().filter(|_| fits)
}

/// The families of keys by the part of the type's name that is before any `-cert-v01`.
#[derive(Clone, Copy)]
pub(crate) enum Family {
    Rsa,
    Dsa,
    Ecdsa(&'static Curve),
    Ed25519,
    Ed448,
}

/// What the name of a key type says.
#[derive(Clone, Copy)]
pub(crate) struct KeyType<'a> {
    pub name: &'a str,
    /// `None` for a type that only its name is known of.
    pub family: Option<Family>,
    pub certificate: bool,
    /// The private half is in a hardware token; files hold a handle.
    pub hardware: bool,
}

pub(crate) fn key_type(name: &str) -> KeyType<'_> {
    let plain = name.strip_suffix(CERTIFICATE);
    let bare = plain.unwrap_or(name.strip_suffix("@openssh.com").unwrap_or(name));
    let token = bare.strip_prefix("sk-");
    let family = match token.unwrap_or(bare) {
        "ssh-rsa" | "rsa-sha2-256" | "rsa-sha2-512" => Some(Family::Rsa),
        "ssh-dss" => Some(Family::Dsa),
        "ssh-ed25519" => Some(Family::Ed25519),
        "ssh-ed448" => Some(Family::Ed448),
        other => other.strip_prefix("ecdsa-sha2-").and_then(curve).map(Family::Ecdsa),
    };
    KeyType { name, family, certificate: plain.is_some(), hardware: token.is_some() }
}

/// A curve by the identifiers of RFC 5656 10.1: three names, and dotted numbers for the rest.
fn curve(identifier: &str) -> Option<&'static Curve> {
    algorithm::curve_by_name(identifier).or_else(|| {
        algorithm::CURVES.iter().find(|curve| algorithm::dotted(curve.oid) == identifier)
    })
}

/// The algorithm of a type of which nothing else is known: its name without the vendor.
pub(crate) fn named(name: &str) -> Described {
    let bare = name.strip_suffix(CERTIFICATE).unwrap_or(name);
    let bare = bare.split_once('@').map_or(bare, |(bare, _vendor)| bare);
    Described::named(bare.strip_prefix("ssh-").unwrap_or(bare).to_owned())
}

/// A public key or a certificate.
pub(crate) struct Public<'a> {
    pub key_type: KeyType<'a>,
    pub described: Described,
    /// Bytes of key material that were there before the bytes ended.
    pub seen: usize,
    /// Whether the bytes ended inside of it.
    pub truncated: bool,
    pub certificate: Option<Certificate>,
}

/// What an OpenSSH certificate says beside its key (PROTOCOL.certkeys).
pub(crate) struct Certificate {
    /// Free text by which the authority identifies the certificate.
    pub id: String,
    pub not_after: Option<String>,
}

/// Reads a public key blob. `None` if it does not begin with the name of a type.
pub(crate) fn public<'a>(wire: &mut Wire<'a>) -> Option<Public<'a>> {
    let key_type = key_type(wire.name()?);
    let before = wire.rest.len();
    let read = |wire: &mut Wire<'a>| {
        if key_type.certificate {
            wire.string()?;
        }
        let described = public_fields(key_type, wire)?;
        if key_type.hardware {
            wire.string()?;
        }
        Some(described)
    };
    let Some(family) = key_type.family else {
        let described = named(key_type.name);
        wire.rest = &[];
        return Some(Public {
            key_type,
            described,
            seen: before,
            truncated: false,
            certificate: None,
        });
    };
    let described = read(wire);
    let certificate = described.as_ref().and_then(|_| certificate(key_type, wire));
    Some(Public {
        key_type,
        seen: before,
        truncated: described.is_none() || key_type.certificate && certificate.is_none(),
        described: described.unwrap_or_else(|| family_only(family)),
        certificate,
    })
}

/// The numbers of a public key, after its type. They are where they should be and nothing more.
pub(crate) fn public_fields(key_type: KeyType<'_>, wire: &mut Wire<'_>) -> Option<Described> {
    match key_type.family? {
        Family::Rsa => {
            let exponent = wire.string()?;
            let modulus = wire.string()?;
            Some(key::rsa(modulus, Some(exponent)))
        }
        Family::Dsa => {
            let (p, q, g, y) = (wire.string()?, wire.string()?, wire.string()?, wire.string()?);
            Some(key::dsa(p, q, g, Some(y), None))
        }
        Family::Ecdsa(curve) => {
            wire.string()?;
            Some(key::ec(curve, Some(wire.string()?), None))
        }
        Family::Ed25519 => Some(key::edwards_public("ed25519", wire.string()?)),
        Family::Ed448 => Some(key::edwards_public("ed448", wire.string()?)),
    }
}

/// What the type alone tells.
pub(crate) fn family_only(family: Family) -> Described {
    let described = match family {
        Family::Rsa => Described::named("rsa"),
        Family::Dsa => Described::named("dsa"),
        Family::Ecdsa(curve) => key::ec(curve, None, None),
        Family::Ed25519 => key::edwards_public("ed25519", &[]),
        Family::Ed448 => key::edwards_public("ed448", &[]),
    };
    Described { key_id: None, ..described }
}

/// The rest of a certificate, after its key.
fn certificate(key_type: KeyType<'_>, wire: &mut Wire<'_>) -> Option<Certificate> {
    if !key_type.certificate {
        return None;
    }
    let _serial = wire.u64()?;
    let _user_or_host = wire.u32()?;
    let id = String::from_utf8_lossy(wire.string()?).into_owned();
    let _principals = wire.string()?;
    let _valid_after = wire.u64()?;
    let valid_before = wire.u64()?;
    let _critical_options = wire.string()?;
    let _extensions = wire.string()?;
    let _reserved = wire.string()?;
    let _authority = wire.string()?;
    let _signature = wire.string()?;
    Some(Certificate { id, not_after: date(valid_before) })
}

/// Seconds since 1970 in RFC 3339; `None` for a time that no calendar has, which means for ever.
fn date(seconds: u64) -> Option<String> {
    der::DateTime::from_unix_duration(Duration::from_secs(seconds)).ok().map(|at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve_of(key_type: KeyType<'_>) -> Option<&'static str> {
        match key_type.family? {
            Family::Ecdsa(curve) => Some(curve.name),
            Family::Rsa | Family::Dsa | Family::Ed25519 | Family::Ed448 => None,
        }
    }

    #[test]
    fn names_of_types_are_taken_apart() {
        let certificate = key_type("sk-ecdsa-sha2-nistp256-cert-v01@openssh.com");
        assert!(certificate.certificate && certificate.hardware);
        assert_eq!(curve_of(certificate), Some("P-256"));
        let token = key_type("sk-ssh-ed25519@openssh.com");
        assert!(matches!(token.family, Some(Family::Ed25519)) && token.hardware);
        let koblitz = key_type("ecdsa-sha2-1.3.132.0.10");
        assert_eq!(curve_of(koblitz), Some("secp256k1"));
        assert!(key_type("ssh-xmss@openssh.com").family.is_none());
        assert_eq!(named("ssh-xmss@openssh.com").algorithm, "xmss");
    }

    #[test]
    fn a_length_beyond_the_end_is_no_string() {
        let mut wire = Wire::new(b"\xff\xff\xff\xffabc");
        assert_eq!(wire.string(), None);
        assert_eq!(wire.rest.len(), 7, "nothing is consumed");
        assert_eq!(Wire::new(b"\0\0\0\x03abc").string(), Some(&b"abc"[..]));
    }

    #[test]
    fn validity_without_end_is_no_date() {
        assert_eq!(date(u64::MAX), None);
        assert_eq!(date(1_700_000_000).as_deref(), Some("2023-11-14T22:13:20Z"));
    }
}
