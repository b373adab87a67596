//! Key blobs of Microsoft CryptoAPI (wincrypt.h) and strong-name keys. Numbers are little-endian.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{
    cng,
    cursor::{Cursor, Stop},
    pvk,
};
use crate::{
    fact::{Class, Label, Material},
    identity::{self, bit_length, is_guessable},
    key::{self, Described},
    rows::{Found, Row},
    unit::{Decoded, Unit},
};

/// The letters are CryptoAPI's and CNG's; the last six are those of CNG's private keys on NIST
/// curves, with the length behind them.
pub(crate) const ROW: Row = Row {
    name: "capi",
    about: "Microsoft CryptoAPI and CNG key blobs, strong-name key pairs, PVK files",
    text: &[],
    binary: &[
        b"RSA1",
        b"RSA2",
        b"RSA3",
        b"DSS2",
        pvk::MAGIC,
        b"ECS2\x20\x00\x00\x00",
        b"ECS4\x30\x00\x00\x00",
        b"ECS6\x42\x00\x00\x00",
        b"ECK2\x20\x00\x00\x00",
        b"ECK4\x30\x00\x00\x00",
        b"ECK6\x42\x00\x00\x00",
    ],
    find,
    head: Some(head),
};

/// Bytes of a PUBLICKEYSTRUC, which stands before the letters.
pub(super) const HEADER: usize = 8;
pub(super) const VERSION: u8 = 2;
const PUBLIC: u8 = 6;
pub(super) const PRIVATE: u8 = 7;
const PLAINTEXT: u8 = 8;
pub(super) const RSA_SIGN: u32 = 0x2400;
pub(super) const RSA_KEYX: u32 = 0xa400;
pub(super) const DSS_SIGN: u32 = 0x2200;

/// Sizes of modulus that a blob is believed to have, in bits.
const BITS: Range<u32> = 256..16385;

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let letters = unit.get(needle.clone());
    if letters == pvk::MAGIC {
        return pvk::find(unit, needle.start, found);
    }
    if letters.starts_with(b"EC") {
        return cng::ec(unit, needle.start, found);
    }
    let start = needle.start.checked_sub(HEADER);
    let Some((start, Ok(blob))) = start.map(|start| (start, blob(unit.from(start)))) else {
        if letters != b"DSS2" {
            cng::rsa(unit, needle.start, found);
        }
        return;
    };
    if blob.is_cut && !unit.at_end {
        return;
    }
    let strong_name = start.checked_sub(12).filter(|&before| {
        let header = [RSA_SIGN, 0x8004, u32::try_from(blob.length).unwrap_or_default()];
        unit.get(before..start) == header.map(u32::to_le_bytes).as_flattened()
    });
    let mut material = blob.material;
    if strong_name.is_some() {
        material.envelope = Some("strong-name".into());
    }
    found.material(strong_name.unwrap_or(start)..start + blob.length, material);
}

/// Blobs without letters, and those of CNG.
fn head(unit: Unit<'_>, found: &mut Found) {
    if let Some(material) = symmetric(unit.bytes) {
        return found.material(0..unit.bytes.len(), material);
    }
    cng::head(unit, found);
}

pub(super) struct Blob {
    /// Bytes of the blob, as far as they are there.
    length: usize,
    is_cut: bool,
    pub(super) material: Material,
}

/// The asymmetric blob that begins `bytes`.
pub(super) fn blob(bytes: &[u8]) -> Result<Blob, Stop> {
    let mut cursor = Cursor::new(bytes);
    let (kind, version) = (cursor.byte()?, cursor.byte()?);
    if version != VERSION || cursor.u16()? != 0 {
        return Err(Stop::Malformed);
    }
    let algorithm = cursor.u32_le()?;
    let letters = cursor.take(4)?;
    let bits = cursor.u32_le()?;
    if !BITS.contains(&bits) || !bits.is_multiple_of(8) {
        return Err(Stop::Malformed);
    }
    let size = usize::try_from(bits / 8).map_err(|_| Stop::Malformed)?;
    let (class, label) = match kind {
        PUBLIC => (Class::PublicKey, Label::Public),
        PRIVATE => (Class::PrivateKey, Label::Plaintext),
        _ => return Err(Stop::Malformed),
    };
    let (described, is_stub, end) = match (algorithm, letters, kind) {
        (RSA_SIGN | RSA_KEYX, b"RSA1", PUBLIC) | (RSA_SIGN | RSA_KEYX, b"RSA2", PRIVATE) => {
            rsa(&mut cursor, size, kind == PRIVATE)?
        }
        (DSS_SIGN, b"DSS2", PRIVATE) => dss(&mut cursor, size)?,
        _ => return Err(Stop::Malformed),
    };
    let label = match end {
        Err(_) => Label::Truncated,
        Ok(()) if is_stub => Label::Stub,
        Ok(()) => label,
    };
    let mut material = described.describe(Material::new("capi", class, label));
    material.bits = Some(bits);
    if end.is_err() && material.key_id.is_none() {
        material.key_id = identity::of_sealed(cursor.read());
    }
    Ok(Blob { length: cursor.at(), is_cut: end.is_err(), material })
}

/// What the numbers say, whether they are made up, and whether all were there.
type Numbers = (Described, bool, Result<(), Stop>);

/// RSAPUBKEY, modulus, and for private keys both primes, both exponents, the coefficient and the
/// private exponent.
fn rsa(cursor: &mut Cursor<'_>, size: usize, is_private: bool) -> Result<Numbers, Stop> {
    let exponent = cursor.u32_le()?.to_be_bytes();
    if exponent.last().is_some_and(|last| last % 2 == 0) {
        return Err(Stop::Malformed);
    }
    let Ok(modulus) = number(cursor, size) else {
        return Ok((Described::named("rsa"), false, Err(Stop::Cut)));
    };
    let is_stub = is_guessable(&modulus);
    let is_full = u32::try_from(size * 8).is_ok_and(|bits| bit_length(&modulus) == bits);
    if !is_stub && (!is_full || modulus.last().is_some_and(|last| last % 2 == 0)) {
        return Err(Stop::Malformed);
    }
    let half = size.div_ceil(2);
    let secret = if is_private { cursor.take(half * 5 + size).map(|_| ()) } else { Ok(()) };
    Ok((key::rsa(&modulus, Some(&exponent)), is_stub, secret))
}

/// DSSPUBKEY, prime, order, generator, private value and seed.
fn dss(cursor: &mut Cursor<'_>, size: usize) -> Result<Numbers, Stop> {
    let numbers = [size, 20, size, 20].map(|size| number(cursor, size));
    let [Ok(p), Ok(q), Ok(g), Ok(x)] = &numbers else {
        return Ok((Described::named("dsa"), false, Err(Stop::Cut)));
    };
    if p.last().is_some_and(|last| last % 2 == 0) || q.last().is_some_and(|last| last % 2 == 0) {
        return Err(Stop::Malformed);
    }
    let _seed = cursor.take(24);
    Ok((key::dsa(p, q, g, None, Some(x)), is_guessable(x), Ok(())))
}

/// The next number, big-endian.
fn number(cursor: &mut Cursor<'_>, size: usize) -> Result<Decoded, Stop> {
    let mut number = Zeroizing::new(cursor.take(size)?.to_vec());
    number.reverse();
    Ok(number)
}

/// A PLAINTEXTKEYBLOB that is all of `bytes`.
fn symmetric(bytes: &[u8]) -> Option<Material> {
    let mut cursor = Cursor::new(bytes);
    if cursor.take(4) != Ok(&[PLAINTEXT, VERSION, 0, 0]) {
        return None;
    }
    let (name, size) = match cursor.u32_le().ok()? {
        0x6601 => ("des", Some(8)),
        0x6603 => ("3des", Some(24)),
        0x6609 => ("3des", Some(16)),
        0x660e => ("aes", Some(16)),
        0x660f => ("aes", Some(24)),
        0x6610 => ("aes", Some(32)),
        0x6602 => ("rc2", None),
        0x6801 => ("rc4", None),
        _ => return None,
    };
    let length = usize::try_from(cursor.u32_le().ok()?).ok()?;
    let value = cursor.rest();
    if value.len() != length || !(5..=64).contains(&length) || size.is_some_and(|it| it != length) {
        return None;
    }
    let label = if is_guessable(value) { Label::Stub } else { Label::Plaintext };
    Some(key::secret(name, value).describe(Material::new("capi", Class::SecretKey, label)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::run;

    // Made by testdata/unit/stores/make.py with openssl and pyca/cryptography.
    const RSA: &[u8] = include_bytes!("../../testdata/unit/stores/rsa.capi");
    const RSA_PUBLIC: &[u8] = include_bytes!("../../testdata/unit/stores/rsa-public.capi");
    const SNK_PUBLIC: &[u8] = include_bytes!("../../testdata/unit/stores/public.snk");
    const DSA: &[u8] = include_bytes!("../../testdata/unit/stores/dsa.capi");
    const AES: &[u8] = include_bytes!("../../testdata/unit/stores/aes.capi");
    const RSA_SPKI: &[u8] = include_bytes!("../../testdata/unit/stores/rsa.spki");
    const DSA_SPKI: &[u8] = include_bytes!("../../testdata/unit/stores/dsa.spki");

    fn one(bytes: &[u8]) -> Material {
        let found = run(&ROW, &[b"before", bytes, b"behind"].concat());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, 6..6 + bytes.len());
        found[0].1.clone()
    }

    #[test]
    fn a_private_blob_is_a_key_in_clear() {
        let key = one(RSA);
        assert_eq!((key.class, key.label), (Class::PrivateKey, Label::Plaintext));
        assert_eq!((key.algorithm.as_deref(), key.bits), (Some("rsa"), Some(1024)));
        assert_eq!(key.key_id, Some(identity::of_spki(RSA_SPKI)));
        let key = one(DSA);
        assert_eq!((key.class, key.label), (Class::PrivateKey, Label::Plaintext));
        assert_eq!(key.key_id, Some(identity::of_spki(DSA_SPKI)));
    }

    #[test]
    fn a_public_blob_is_public() {
        for (bytes, envelope) in [(RSA_PUBLIC, None), (SNK_PUBLIC, Some("strong-name"))] {
            let key = one(bytes);
            assert_eq!((key.class, key.label), (Class::PublicKey, Label::Public));
            assert_eq!(key.key_id, Some(identity::of_spki(RSA_SPKI)));
            assert_eq!(key.envelope.as_deref(), envelope);
        }
    }

    #[test]
    fn a_symmetric_blob_is_a_whole_file() {
        let found = run(&ROW, AES);
        assert_eq!((found[0].1.class, found[0].1.bits), (Class::SecretKey, Some(256)));
        assert_eq!(run(&ROW, &[AES, b"x"].concat()), []);
        assert_eq!(run(&ROW, &[b"x", AES].concat()), []);
    }

    #[test]
    fn a_cut_blob_is_truncated_and_a_made_up_one_a_stub() {
        let found = run(&ROW, &RSA[..300]);
        assert_eq!(found[0].1.label, Label::Truncated);
        assert_eq!(found[0].1.key_id, Some(identity::of_spki(RSA_SPKI)));
        let found = run(&ROW, &[&RSA[..20], &[0x41; 576]].concat());
        assert_eq!(found[0].1.label, Label::Stub);
    }

    #[test]
    fn letters_are_no_key() {
        assert_eq!(run(&ROW, b"RSA2048 with RSA1 or DSS2\0 and RSA3"), []);
        assert_eq!(run(&ROW, &[&RSA[..12], &[0xff; 600]].concat()), []);
        assert_eq!(run(&ROW, &[&RSA[..8], &RSA_PUBLIC[8..]].concat()), [], "private with RSA1");
    }

    #[test]
    fn survives_damage() {
        for sample in [RSA, DSA, SNK_PUBLIC, AES] {
            for length in 0..sample.len() {
                run(&ROW, &sample[..length]);
            }
            let mut bytes = sample.to_vec();
            for bit in 0..320 {
                bytes[bit / 8] ^= 1 << (bit % 8);
                run(&ROW, &bytes);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }
}
