//! Private keys of ssh.com, `SSH2 ENCRYPTED PRIVATE KEY` whether encrypted or not. Never specified
//! in public; as PuTTY documents it in its import. Knows the binary form: PEM hands it what the
//! armour holds.

use std::ops::Range;

use super::ssh_wire::Wire;
use crate::{
    error::Reject,
    fact::{Class, Label, Material},
    identity,
    key::{self, Described},
    rows::{Found, Row},
    unit::Unit,
};

const MAGIC: &[u8] = b"\x3f\x6f\xf9\xeb";

pub(crate) const ROW: Row = Row { name: "sshcom", text: &[], binary: &[MAGIC], find, head: None };

/// Bytes of one file: an RSA-16384 key takes 10 KiB.
const LONGEST: usize = 64 << 10;

/// The key by its binary form.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Material>, Reject> {
    read(bytes).map(|(material, _length)| vec![material])
}

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    if let Ok((material, length)) = read(unit.span(needle.start, LONGEST)) {
        found.material(needle.start..needle.start + length, material);
    }
}

fn read(bytes: &[u8]) -> Result<(Material, usize), Reject> {
    let mut wire = Wire::new(bytes.strip_prefix(MAGIC).ok_or(Reject)?);
    let claimed = wire.u32().and_then(|length| usize::try_from(length).ok()).ok_or(Reject)?;
    if claimed > LONGEST {
        return Err(Reject);
    }
    let purpose = wire.string().ok_or(Reject)?;
    let algorithm = algorithm(purpose).ok_or(Reject)?;
    let mut material = Material::new("sshcom", Class::PrivateKey, Label::Truncated);
    material.algorithm = Some(algorithm.into());

    let Some(cipher) = wire.name() else { return Ok((material, bytes.len())) };
    if cipher != "none" {
        material.protection.cipher = Some(cipher.to_owned().into());
        material.protection.kdf = Some("sshcom-md5".into());
        material.protection.iterations = Some(1);
    }
    let Some(sealed) = wire.string() else { return Ok((material, bytes.len())) };
    let length = bytes.len() - wire.rest.len();
    if cipher != "none" {
        material.label = Label::Encrypted;
        material.key_id = identity::of_sealed(sealed);
        return Ok((material, length));
    }
    material.label = Label::Plaintext;
    match plaintext(algorithm, sealed) {
        Some(described) => material = described.describe(material),
        None => {
            material.label = Label::Unparsed;
            material.key_id = identity::of_sealed(sealed);
        }
    }
    Ok((material, length))
}

/// `if-modn{sign{rsa-pkcs1-sha1},encrypt{rsa-pkcs1v2-oaep}}`: the problem, then what it is for.
fn algorithm(purpose: &[u8]) -> Option<&'static str> {
    if purpose.starts_with(b"if-modn{") {
        Some("rsa")
    } else if purpose.starts_with(b"dl-modp{") {
        Some("dsa")
    } else {
        None
    }
}

fn plaintext(algorithm: &str, sealed: &[u8]) -> Option<Described> {
    let mut wire = Wire::new(sealed);
    let mut wire = Wire::new(wire.string()?);
    if algorithm == "rsa" {
        let (exponent, _private, modulus) =
            (mpint(&mut wire)?, mpint(&mut wire)?, mpint(&mut wire)?);
        for _u_p_q in 0..3 {
            mpint(&mut wire)?;
        }
        return Some(key::rsa(modulus, Some(exponent)));
    }
    // Anything else would name predefined parameters, of which there are none.
    if wire.u32()? != 0 {
        return None;
    }
    let (p, g, q) = (mpint(&mut wire)?, mpint(&mut wire)?, mpint(&mut wire)?);
    let (y, x) = (mpint(&mut wire)?, mpint(&mut wire)?);
    Some(key::dsa(p, q, g, Some(y), Some(x)))
}

/// A number by its length in bits, unlike RFC 4251's.
fn mpint<'a>(wire: &mut Wire<'a>) -> Option<&'a [u8]> {
    let bits = wire.u32()?;
    wire.take(usize::try_from(bits.div_ceil(8)).ok()?)
}
