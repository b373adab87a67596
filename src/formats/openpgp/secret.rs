//! The secret part of a key packet (RFC 9580 3.7 and 5.5.3): how it is protected, and whether what
//! is not protected adds up. What GnuPG keeps of keys without secrets is its `doc/DETAILS`.

use std::borrow::Cow;

use super::{
    byte,
    key::{Layout, mpi},
};
use crate::{
    fact::{Class, Label, Material, Protection},
    formats::ssh_wire::Wire,
    identity,
};

/// String-to-key usage octets.
const UNPROTECTED: u8 = 0;
const AEAD: u8 = 253;
const CFB_SHA1: u8 = 254;
const CFB_CHECKSUM: u8 = 255;

/// Says of `material` how the secret at `wire` is kept.
pub(super) fn read(
    wire: &mut Wire<'_>,
    version: u8,
    layout: Layout,
    is_whole: bool,
    material: &mut Material,
) {
    let ended = if is_whole { Label::Unparsed } else { Label::Truncated };
    let Some(usage) = byte(wire) else {
        material.label = ended;
        return;
    };
    if usage == UNPROTECTED {
        material.label = unprotected(wire, version, layout).unwrap_or(ended);
        return;
    }
    match protection(wire, version, usage) {
        Some(Kept::Sealed(protection)) => {
            material.protection = protection;
            // Not even a seed is shorter than this.
            let is_there = is_whole && wire.rest.len() >= 16;
            material.label = if is_there { Label::Encrypted } else { ended };
            if material.key_id.is_none() {
                material.key_id = identity::of_sealed(wire.rest);
            }
        }
        Some(Kept::Elsewhere(envelope)) => {
            material.class = Class::PublicKey;
            material.label = Label::Public;
            material.envelope = Some(envelope.into());
        }
        None => material.label = ended,
    }
}

/// The label of a secret in clear. `None` if the bytes end before it does.
fn unprotected(wire: &mut Wire<'_>, version: u8, layout: Layout) -> Option<Label> {
    if version == 5 {
        let _optional_fields = byte(wire)?;
        let _length = wire.u32()?;
    }
    let all = wire.rest;
    match layout {
        Layout::Rsa => {
            for _d_p_q_u in 0..4 {
                mpi(wire)?;
            }
        }
        Layout::Elgamal | Layout::Dsa | Layout::Curve { .. } => {
            mpi(wire)?;
        }
        Layout::Fixed { private, .. } => {
            wire.take(private)?;
        }
        Layout::Unknown => return Some(Label::Unparsed),
    }
    let secret = all.get(..all.len() - wire.rest.len())?;
    if version == 6 {
        return Some(if wire.rest.is_empty() { Label::Plaintext } else { Label::Unparsed });
    }
    let sum = secret.iter().fold(0u16, |sum, &byte| sum.wrapping_add(byte.into()));
    let checksum = wire.take(2)?;
    let adds_up = checksum == sum.to_be_bytes() && wire.rest.is_empty();
    Some(if adds_up { Label::Plaintext } else { Label::Unparsed })
}

/// Where the secret is.
enum Kept {
    Sealed(Protection),
    /// Nothing of it is here; the name says why.
    Elsewhere(&'static str),
}

fn protection(wire: &mut Wire<'_>, version: u8, usage: u8) -> Option<Kept> {
    if version >= 5 {
        let _length_of_what_follows = byte(wire)?;
    }
    let has_specifier = matches!(usage, AEAD | CFB_SHA1 | CFB_CHECKSUM);
    let number = if has_specifier { byte(wire)? } else { usage };
    let (cipher, block) = cipher(number);
    let mode = if usage == AEAD { Some(aead(byte(wire)?)) } else { None };
    if version == 6 && matches!(usage, AEAD | CFB_SHA1) {
        let _length_of_specifier = byte(wire)?;
    }
    let (kdf, iterations) = if has_specifier {
        match specifier(wire)? {
            Derivation::Gnu(envelope) => return Some(Kept::Elsewhere(envelope)),
            Derivation::Named(kdf, iterations) => (kdf, iterations),
        }
    } else {
        // The oldest form: a cipher, and one MD5 of the password.
        ("openpgp-s2k-simple-md5".into(), Some(1))
    };
    let (mode, nonce) = mode.unwrap_or(("cfb", block));
    wire.take(nonce)?;
    if version == 5 {
        let _length = wire.u32()?;
    }
    Some(Kept::Sealed(Protection {
        kdf: Some(kdf),
        iterations,
        cipher: Some(format!("{cipher}-{mode}").into()),
    }))
}

/// Name and block size of a cipher (RFC 9580 9.3).
fn cipher(number: u8) -> (Cow<'static, str>, usize) {
    match number {
        1 => ("idea".into(), 8),
        2 => ("des-ede3".into(), 8),
        3 => ("cast5".into(), 8),
        4 => ("blowfish".into(), 8),
        7 => ("aes-128".into(), 16),
        8 => ("aes-192".into(), 16),
        9 => ("aes-256".into(), 16),
        10 => ("twofish-256".into(), 16),
        11 => ("camellia-128".into(), 16),
        12 => ("camellia-192".into(), 16),
        13 => ("camellia-256".into(), 16),
        other => (format!("openpgp-{other}").into(), 16),
    }
}

/// Name and nonce size of a mode (RFC 9580 9.6).
fn aead(number: u8) -> (&'static str, usize) {
    match number {
        1 => ("eax", 16),
        2 => ("ocb", 15),
        3 => ("gcm", 12),
        _ => ("aead", 0),
    }
}

enum Derivation {
    Named(Cow<'static, str>, Option<u64>),
    Gnu(&'static str),
}

/// A string-to-key specifier (RFC 9580 3.7.1).
fn specifier(wire: &mut Wire<'_>) -> Option<Derivation> {
    let kind = byte(wire)?;
    let named = |kind: &str, hash, iterations| {
        Derivation::Named(format!("openpgp-s2k-{kind}-{}", self::hash(hash)).into(), iterations)
    };
    Some(match kind {
        0 => named("simple", byte(wire)?, Some(1)),
        1 => {
            let hash = byte(wire)?;
            wire.take(8)?;
            named("salted", hash, Some(1))
        }
        3 => {
            let hash = byte(wire)?;
            wire.take(8)?;
            named("iterated-salted", hash, Some(octets(byte(wire)?)))
        }
        4 => {
            wire.take(16)?;
            let passes = byte(wire)?;
            let _parallelism = byte(wire)?;
            let _memory = byte(wire)?;
            Derivation::Named("argon2id".into(), Some(passes.into()))
        }
        101 => {
            let _hash = byte(wire)?;
            if wire.take(3)? != b"GNU" {
                return None;
            }
            match byte(wire)? {
                1 => Derivation::Gnu("gnu-dummy"),
                2 => Derivation::Gnu("card"),
                _ => return None,
            }
        }
        other => Derivation::Named(format!("openpgp-s2k-{other}").into(), None),
    })
}

/// Octets that an iterated S2K digests, by the octet that encodes them (RFC 9580 3.7.1.3).
pub(in crate::formats) fn octets(encoded: u8) -> u64 {
    (16 + u64::from(encoded & 15)) << ((encoded >> 4) + 6)
}

/// Name of a digest (RFC 9580 9.5).
fn hash(number: u8) -> &'static str {
    match number {
        1 => "md5",
        2 => "sha1",
        3 => "ripemd160",
        8 => "sha256",
        9 => "sha384",
        10 => "sha512",
        11 => "sha224",
        12 => "sha3-256",
        14 => "sha3-512",
        _ => "unknown",
    }
}
