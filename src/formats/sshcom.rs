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

pub(crate) const ROW: Row = Row {
    name: "sshcom",
    about: "ssh.com private keys",
    text: &[],
    binary: &[MAGIC],
    find,
    head: None,
};

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
    let total = wire.u32().and_then(|length| usize::try_from(length).ok()).ok_or(Reject)?;
    if total > LONGEST {
        return Err(Reject);
    }
    let purpose = wire.string().ok_or(Reject)?;
    let algorithm = algorithm(purpose).ok_or(Reject)?;
    let mut material = Material::new("sshcom", Class::PrivateKey, Label::Truncated);
    material.algorithm = Some(algorithm.into());

    // What is cut claims only what was understood: something else may follow it.
    let claimed = |wire: &Wire<'_>| bytes.len() - wire.rest.len();
    let Some(cipher) = wire.name() else { return Ok((material, claimed(&wire))) };
    if cipher != "none" {
        material.protection.cipher = Some(cipher.to_owned().into());
        material.protection.kdf = Some("sshcom-md5".into());
        material.protection.iterations = Some(1);
    }
    let Some(sealed) = wire.string() else { return Ok((material, claimed(&wire))) };
    let length = claimed(&wire);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        formats::ssh_samples::{dearmoured, id, sample, torture},
        rows,
    };

    #[test]
    fn keys_in_clear_have_the_identity_of_their_public_half() {
        for (file, name) in [(sample!("rsa.sshcom"), "rsa"), (sample!("dsa.sshcom"), "dsa")] {
            let material = parse(&dearmoured(file)).unwrap().remove(0);
            assert_eq!(material.label, Label::Plaintext);
            assert_eq!(material.algorithm.as_deref(), Some(name));
            assert_eq!(material.key_id, id(&format!("ssh.{name}")));
        }
    }

    #[test]
    fn encrypted_keys_say_how() {
        let material = parse(&dearmoured(sample!("rsa.strong.sshcom"))).unwrap().remove(0);
        assert_eq!(
            (material.label, material.algorithm.as_deref()),
            (Label::Encrypted, Some("rsa"))
        );
        assert_eq!(material.protection.cipher.as_deref(), Some("3des-cbc"));
        assert!(material.key_id.unwrap().starts_with("sealed-sha256:"));
    }

    #[test]
    fn a_cut_key_says_so_and_other_bytes_are_none() {
        let bytes = dearmoured(sample!("dsa.sshcom"));
        assert_eq!(parse(&bytes[..200]).unwrap()[0].label, Label::Truncated);
        assert_eq!(parse(&bytes[..20]), Err(Reject));
        assert_eq!(parse(b"\x3f\x6f\xf9\xeb\0\0\0\x20\0\0\0\x04none"), Err(Reject));
        let mut damaged = bytes.clone();
        let predefined = memchr::memmem::find(&bytes, b"none").unwrap() + 12;
        damaged[predefined] = 1;
        assert_eq!(parse(&damaged).unwrap()[0].label, Label::Unparsed);
    }

    #[test]
    fn the_binary_form_is_found_in_binary() {
        let key = dearmoured(sample!("rsa.sshcom"));
        let found = rows::run(&ROW, &[b"\0x", &key[..], b"tail"].concat());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, 2..2 + key.len());
    }

    #[test]
    fn any_bytes_give_an_answer() {
        torture(&dearmoured(sample!("dsa.sshcom")), |bytes| {
            let _any = parse(bytes);
        });
    }
}
