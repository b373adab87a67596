//! OpenSSH private keys, `openssh-key-v1` (PROTOCOL.key). Knows the binary form: PEM hands it what
//! the armour holds, base64 what a bare body holds.

use std::ops::Range;

use super::ssh_wire::{self, Family, KeyType, Public, Wire};
use crate::{
    error::Reject,
    fact::{Class, Label, Material},
    identity,
    key::{self, Described},
    rows::{Found, Row},
    unit::Unit,
};

/// The magic stands in binary, and in the programs that write it.
pub(crate) const ROW: Row = Row {
    name: "openssh",
    about: "OpenSSH private keys (openssh-key-v1)",
    text: &[],
    binary: &[b"ssh-key-v1\0"],
    find,
    head: None,
};

const MAGIC: &[u8] = b"openssh-key-v1\0";

/// Files hold one key; the format allows more. A file that claims more than this lies.
const KEYS: u32 = 16;

/// Bytes of one file: an RSA-16384 key takes 10 KiB, an XMSS key with its state some 200.
const LONGEST: usize = 1 << 20;

/// The keys of a file by its binary form.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Material>, Reject> {
    read(bytes).map(|(materials, _length)| materials)
}

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let start = needle.start.saturating_sub(4);
    let bytes = unit.span(start, LONGEST);
    let Ok((materials, length)) = read(bytes) else { return };
    // Programs that write such files hold their beginning, up to where a key would be.
    if materials.iter().all(|material| material.algorithm.is_none()) {
        return;
    }
    for material in materials {
        found.material(start..start + length, material);
    }
}

/// What is common to all keys of a file.
struct File<'a> {
    cipher: &'a str,
    kdf: &'a str,
    rounds: Option<u32>,
}

fn read(bytes: &[u8]) -> Result<(Vec<Material>, usize), Reject> {
    let mut wire = Wire::new(bytes.strip_prefix(MAGIC).ok_or(Reject)?);
    let cipher = wire.name().ok_or(Reject)?;
    // What is cut claims only what was understood: something else may follow it.
    let claimed = |wire: &Wire<'_>| bytes.len() - wire.rest.len();
    let Some(kdf) = wire.name() else { return Ok((vec![unread(&wire)], claimed(&wire))) };
    let options = wire.string().unwrap_or_default();
    let rounds = (kdf != "none").then(|| bcrypt_rounds(options)).flatten();
    let file = File { cipher, kdf, rounds };
    let Some(count @ 1..=KEYS) = wire.u32() else {
        return Ok((vec![file.protect(unread(&wire))], claimed(&wire)));
    };

    let mut publics = Vec::new();
    for _ in 0..count {
        let Some(blob) = wire.string() else { break };
        publics.push(ssh_wire::public(&mut Wire::new(blob)));
    }
    let missing = usize::try_from(count).unwrap_or(0).saturating_sub(publics.len());
    let sealed = if missing == 0 { wire.string() } else { None };
    let Some(sealed) = sealed else {
        let mut materials: Vec<_> = publics
            .iter()
            .flatten()
            .map(|public| {
                let material = Material::new("openssh", Class::PrivateKey, cut(wire));
                file.protect(public.described.clone().describe(material))
            })
            .collect();
        if materials.is_empty() {
            materials.push(file.protect(unread(&wire)));
        }
        return Ok((materials, claimed(&wire)));
    };
    if file.is_authenticated() {
        wire.take(16);
    }
    let length = claimed(&wire);
    let materials = if file.cipher == "none" {
        plaintext(&publics, sealed)
    } else {
        encrypted(&file, &publics, sealed)
    };
    Ok((materials, length))
}

impl File<'_> {
    fn protect(&self, mut material: Material) -> Material {
        if self.cipher != "none" {
            material.protection.cipher = Some(self.cipher.to_owned().into());
            material.protection.kdf = Some(self.kdf.to_owned().into());
            material.protection.iterations = self.rounds.map(u64::from);
        }
        material
    }

    /// Such ciphers put their tag behind the sealed string.
    fn is_authenticated(&self) -> bool {
        self.cipher.contains("-gcm@") || self.cipher.starts_with("chacha20-poly1305")
    }
}

fn bcrypt_rounds(options: &[u8]) -> Option<u32> {
    let mut wire = Wire::new(options);
    wire.string()?;
    wire.u32()
}

/// The magic and not much more: what follows is missing, or is no string.
fn unread(wire: &Wire<'_>) -> Material {
    let mut material = Material::new("openssh", Class::PrivateKey, cut(*wire));
    // What follows may be something else altogether, and much of it.
    material.key_id = identity::of_sealed(wire.rest.get(..256).unwrap_or(wire.rest));
    material
}

/// Whether the bytes end inside of the string at `wire`, or there never was one.
fn cut(mut wire: Wire<'_>) -> Label {
    match wire.u32().map(usize::try_from) {
        Some(Ok(LONGEST..) | Err(_)) => Label::Unparsed,
        Some(Ok(..LONGEST)) | None => Label::Truncated,
    }
}

fn encrypted(file: &File<'_>, publics: &[Option<Public<'_>>], sealed: &[u8]) -> Vec<Material> {
    // The shortest cipher that was ever allowed has blocks of eight bytes.
    let label = if sealed.len() >= 8 { Label::Encrypted } else { Label::Unparsed };
    publics
        .iter()
        .map(|public| {
            let mut material = Material::new("openssh", Class::PrivateKey, label);
            if let Some(public) = public {
                material = public.described.clone().describe(material);
                if public.key_type.hardware {
                    material.envelope = Some("security-key".into());
                }
            }
            if material.key_id.is_none() {
                material.key_id = identity::of_sealed(sealed);
            }
            file.protect(material)
        })
        .collect()
}

fn plaintext(publics: &[Option<Public<'_>>], section: &[u8]) -> Vec<Material> {
    let mut wire = Wire::new(section);
    let checks = (wire.u32(), wire.u32());
    let mut sound = checks.0.is_some() && checks.0 == checks.1;
    publics
        .iter()
        .map(|public| {
            let private = if sound { private(&mut wire) } else { None };
            sound = private.is_some();
            let Some(private) = private else {
                return unsound(public.as_ref(), section);
            };
            let label = match (private.is_blank, private.key_type.hardware) {
                (true, _) => Label::Stub,
                (false, true) => Label::Wrapped,
                (false, false) => Label::Plaintext,
            };
            let mut material = Material::new("openssh", Class::PrivateKey, label);
            material = private.described.describe(material);
            material.envelope = private.key_type.hardware.then(|| "security-key".into());
            material.comment = private.comment;
            material
        })
        .collect()
}

/// A key in clear whose private part does not read: of a type that is not known, or damaged.
fn unsound(public: Option<&Public<'_>>, section: &[u8]) -> Material {
    let unknown = public.is_some_and(|public| public.key_type.family.is_none());
    let label = if unknown { Label::Plaintext } else { Label::Unparsed };
    let mut material = Material::new("openssh", Class::PrivateKey, label);
    if let Some(public) = public {
        material = public.described.clone().describe(material);
    }
    if material.key_id.is_none() {
        material.key_id = identity::of_sealed(section);
    }
    material
}

struct Private<'a> {
    key_type: KeyType<'a>,
    described: Described,
    comment: Option<String>,
    /// The secret number is one letter, repeated.
    is_blank: bool,
}

/// One key of the private section.
fn private<'a>(wire: &mut Wire<'a>) -> Option<Private<'a>> {
    let key_type = ssh_wire::key_type(wire.name()?);
    let certified = if key_type.certificate {
        Some(ssh_wire::public(&mut Wire::new(wire.string()?))?.described)
    } else {
        None
    };
    let (described, secret) = match (key_type.family?, certified) {
        (Family::Rsa, certified) => {
            let described = match certified {
                Some(described) => described,
                None => {
                    let (modulus, exponent) = (wire.string()?, wire.string()?);
                    key::rsa(modulus, Some(exponent))
                }
            };
            let secret = wire.string()?;
            for _iqmp_p_q in 0..3 {
                wire.string()?;
            }
            (described, secret)
        }
        (Family::Ed25519 | Family::Ed448, Some(described)) => {
            wire.string()?;
            let secret = wire.string()?;
            (described, secret)
        }
        (_, Some(described)) => (described, wire.string()?),
        (_, None) => {
            let described = ssh_wire::public_fields(key_type, wire)?;
            let secret = wire.string()?;
            (described, secret)
        }
    };
    if key_type.hardware {
        // What was read as the secret is the application; flags, handle and a reserved string
        // follow (PROTOCOL.u2f).
        wire.take(1)?;
        wire.string()?;
        wire.string()?;
    }
    let comment = String::from_utf8_lossy(wire.string()?).into_owned();
    let is_blank = !key_type.hardware && secret.len() >= 14 && identity::is_guessable(secret);
    Some(Private {
        key_type,
        described,
        comment: Some(comment).filter(|c| !c.is_empty()),
        is_blank,
    })
}

#[cfg(test)]
mod tests;
