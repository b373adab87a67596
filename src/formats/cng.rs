//! Key blobs of Microsoft CNG (bcrypt.h). Lengths are little-endian, numbers big-endian.

use super::cursor::{Cursor, Stop};
use crate::{
    algorithm,
    fact::{Class, Label, Material},
    identity::{self, bit_length, is_guessable},
    key,
    rows::Found,
    unit::Unit,
};

/// Blobs at the start of a file whose letters alone are too common to look for.
pub(super) fn head(unit: Unit<'_>, found: &mut Found) {
    let Some(letters) = unit.bytes.first_chunk::<4>() else { return };
    let parsed = match letters {
        b"ECS1" | b"ECS3" | b"ECS5" | b"ECK1" | b"ECK3" | b"ECK5" => ec_blob(unit.bytes),
        b"DSPV" | b"DSPB" => dsa_blob(unit.bytes),
        b"KDBM" => key_data(unit.bytes),
        _ => return,
    };
    if let Ok((length, material)) = parsed
        && length == unit.bytes.len()
    {
        found.material(0..length, material);
    }
}

/// BCRYPT_RSAKEY_BLOB at `start`.
pub(super) fn rsa(unit: Unit<'_>, start: usize, found: &mut Found) {
    let Ok((length, material)) = rsa_blob(unit.from(start)) else { return };
    if material.label != Label::Truncated || unit.at_end {
        found.material(start..start + length, material);
    }
}

/// BCRYPT_ECCKEY_BLOB with a private key at `start`.
pub(super) fn ec(unit: Unit<'_>, start: usize, found: &mut Found) {
    let Ok((length, material)) = ec_blob(unit.from(start)) else { return };
    if material.label != Label::Truncated || unit.at_end {
        found.material(start..start + length, material);
    }
}

fn rsa_blob(bytes: &[u8]) -> Result<(usize, Material), Stop> {
    let mut cursor = Cursor::new(bytes);
    let letters = cursor.take(4)?;
    let bits = cursor.u32_le()?;
    let sizes = [cursor.u32_le()?, cursor.u32_le()?, cursor.u32_le()?, cursor.u32_le()?];
    let [exponent, modulus, p, q] = sizes.map(|size| usize::try_from(size).unwrap_or(usize::MAX));
    let is_private = letters != b"RSA1";
    let has_primes =
        p > 0 && q > 0 && p.checked_add(q).is_some_and(|both| both.abs_diff(modulus) <= 1);
    let is_sound = (256..=16384).contains(&bits)
        && modulus == usize::try_from(bits.div_ceil(8)).unwrap_or_default()
        && (1..=modulus).contains(&exponent)
        && if is_private { has_primes } else { has_primes || p == 0 && q == 0 };
    if !is_sound {
        return Err(Stop::Malformed);
    }
    let class = if is_private { Class::PrivateKey } else { Class::PublicKey };
    let mut material = Material::new("cng", class, Label::Truncated);
    material.algorithm = Some("rsa".into());
    material.bits = Some(bits);
    let (Ok(exponent), Ok(n)) = (cursor.take(exponent), cursor.take(modulus)) else {
        material.key_id = identity::of_sealed(cursor.read());
        return Ok((cursor.at(), material));
    };
    let is_stub = is_guessable(n);
    let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    let is_number = bit_length(n) == bits && is_odd(n) && is_odd(exponent);
    if !(is_stub || is_number) {
        return Err(Stop::Malformed);
    }
    let rest = match letters {
        b"RSA1" => 0,
        b"RSA2" => p + q,
        _ => (p + q) * 2 + p + modulus,
    };
    let label = match (cursor.take(rest), is_stub) {
        (Err(_), _) => Label::Truncated,
        (Ok(_), true) => Label::Stub,
        (Ok(_), false) if is_private => Label::Plaintext,
        (Ok(_), false) => Label::Public,
    };
    Ok((cursor.at(), key::rsa(n, Some(exponent)).describe(Material { label, ..material })))
}

fn ec_blob(bytes: &[u8]) -> Result<(usize, Material), Stop> {
    let mut cursor = Cursor::new(bytes);
    let (curve, size, is_private) = match cursor.take(4)? {
        b"ECS1" | b"ECK1" => ("P-256", 32, false),
        b"ECS2" | b"ECK2" => ("P-256", 32, true),
        b"ECS3" | b"ECK3" => ("P-384", 48, false),
        b"ECS4" | b"ECK4" => ("P-384", 48, true),
        b"ECS5" | b"ECK5" => ("P-521", 66, false),
        b"ECS6" | b"ECK6" => ("P-521", 66, true),
        _ => return Err(Stop::Malformed),
    };
    let curve = algorithm::curve_by_name(curve).ok_or(Stop::Malformed)?;
    if usize::try_from(cursor.u32_le()?) != Ok(size) {
        return Err(Stop::Malformed);
    }
    let class = if is_private { Class::PrivateKey } else { Class::PublicKey };
    let material = Material::new("cng", class, Label::Truncated);
    let point = cursor.take(size * 2)?;
    let point = [&[4], point].concat();
    if key::is_on_curve(curve, &point) != Some(true) {
        return Err(Stop::Malformed);
    }
    let known = key::ec(curve, Some(&point), None);
    let label = match is_private.then(|| cursor.take(size)) {
        None => Label::Public,
        Some(Err(_)) => Label::Truncated,
        Some(Ok(scalar)) if is_guessable(scalar) => Label::Stub,
        Some(Ok(scalar)) if key::ec(curve, None, Some(scalar)) == known => Label::Plaintext,
        Some(Ok(_)) => Label::Unparsed,
    };
    Ok((cursor.at(), known.describe(Material { label, ..material })))
}

/// BCRYPT_DSA_KEY_BLOB: up to 1024 bits.
fn dsa_blob(bytes: &[u8]) -> Result<(usize, Material), Stop> {
    let mut cursor = Cursor::new(bytes);
    let is_private = cursor.take(4)? == b"DSPV";
    let size = usize::try_from(cursor.u32_le()?).map_err(|_| Stop::Malformed)?;
    if !(64..=128).contains(&size) {
        return Err(Stop::Malformed);
    }
    let _count_and_seed = cursor.take(24)?;
    let q = cursor.take(20)?;
    let (p, g, y) = (cursor.take(size)?, cursor.take(size)?, cursor.take(size)?);
    let known = key::dsa(p, q, g, Some(y), None);
    let (class, label) = if is_private {
        let x = cursor.take(20)?;
        (Class::PrivateKey, if is_guessable(x) { Label::Stub } else { Label::Plaintext })
    } else {
        (Class::PublicKey, Label::Public)
    };
    Ok((cursor.at(), known.describe(Material::new("cng", class, label))))
}

/// BCRYPT_KEY_DATA_BLOB: a symmetric key that does not say for what.
fn key_data(bytes: &[u8]) -> Result<(usize, Material), Stop> {
    let mut cursor = Cursor::new(bytes);
    let _letters = cursor.take(4)?;
    let (version, size) = (cursor.u32_le()?, cursor.u32_le()?);
    if version != 1 || !(5..=512).contains(&size) {
        return Err(Stop::Malformed);
    }
    let value = cursor.take(usize::try_from(size).map_err(|_| Stop::Malformed)?)?;
    let label = if is_guessable(value) { Label::Stub } else { Label::Plaintext };
    let material = Material::new("cng", Class::SecretKey, label);
    Ok((cursor.at(), key::secret("secret", value).describe(material)))
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;
    use crate::{formats::capi::ROW, rows};

    // Made by testdata/unit/stores/make.py with pyca/cryptography.
    const RSA: &[u8] = include_bytes!("../../testdata/unit/stores/rsa.cng");
    const RSA_FULL: &[u8] = include_bytes!("../../testdata/unit/stores/rsa-full.cng");
    const RSA_PUBLIC: &[u8] = include_bytes!("../../testdata/unit/stores/rsa-public.cng");
    const RSA_SPKI: &[u8] = include_bytes!("../../testdata/unit/stores/rsa.spki");
    const P256: &[u8] = include_bytes!("../../testdata/unit/stores/ecs2.cng");
    const P256_PUBLIC: &[u8] = include_bytes!("../../testdata/unit/stores/ecs2-public.cng");
    const P256_SPKI: &[u8] = include_bytes!("../../testdata/unit/stores/ecs2.spki");
    const P384: &[u8] = include_bytes!("../../testdata/unit/stores/eck4.cng");
    const P384_SPKI: &[u8] = include_bytes!("../../testdata/unit/stores/eck4.spki");
    const P521: &[u8] = include_bytes!("../../testdata/unit/stores/ecs6.cng");
    const P521_SPKI: &[u8] = include_bytes!("../../testdata/unit/stores/ecs6.spki");
    const DSA: &[u8] = include_bytes!("../../testdata/unit/stores/dsa.cng");
    const DSA_SPKI: &[u8] = include_bytes!("../../testdata/unit/stores/dsa.spki");

    fn run(bytes: &[u8]) -> Vec<(Range<usize>, Material)> {
        rows::run(&ROW, bytes)
    }

    #[test]
    fn private_keys_are_found_anywhere_and_known_by_their_public_half() {
        let samples = [
            (RSA, RSA_SPKI),
            (RSA_FULL, RSA_SPKI),
            (P256, P256_SPKI),
            (P384, P384_SPKI),
            (P521, P521_SPKI),
        ];
        for (bytes, spki) in samples {
            let found = run(&[b"before", bytes, b"behind"].concat());
            assert_eq!(found.len(), 1);
            let (range, key) = &found[0];
            assert_eq!(*range, 6..6 + bytes.len());
            assert_eq!((key.class, key.label), (Class::PrivateKey, Label::Plaintext));
            assert_eq!(key.key_id, Some(identity::of_spki(spki)));
        }
    }

    #[test]
    fn public_keys_are_public() {
        for (bytes, spki) in [(RSA_PUBLIC, RSA_SPKI), (P256_PUBLIC, P256_SPKI)] {
            let found = run(bytes);
            assert_eq!((found[0].1.class, found[0].1.label), (Class::PublicKey, Label::Public));
            assert_eq!(found[0].1.key_id, Some(identity::of_spki(spki)));
        }
    }

    #[test]
    fn dsa_and_symmetric_keys_are_whole_files() {
        let found = run(DSA);
        assert_eq!((found[0].1.label, found[0].1.bits), (Label::Plaintext, Some(1024)));
        assert_eq!(found[0].1.key_id, Some(identity::of_spki(DSA_SPKI)));
        assert_eq!(run(&[b"x", DSA].concat()), []);
        let key: Vec<u8> = (0..16u8).map(|i| i.wrapping_mul(101) ^ 0x5a).collect();
        let found = run(&[b"KDBM\x01\0\0\0\x10\0\0\0", &key[..]].concat());
        assert_eq!((found[0].1.class, found[0].1.bits), (Class::SecretKey, Some(128)));
    }

    #[test]
    fn what_does_not_add_up_is_no_key() {
        let mut off_curve = P256.to_vec();
        off_curve[20] ^= 1;
        assert_eq!(run(&off_curve), []);
        let mut other_scalar = P256.to_vec();
        other_scalar[90] ^= 1;
        assert_eq!(run(&other_scalar)[0].1.label, Label::Unparsed);
        let mut even = RSA.to_vec();
        even[24 + 3 + 127] ^= 1;
        assert_eq!(run(&even), []);
    }

    #[test]
    fn a_cut_key_is_truncated() {
        assert_eq!(run(&RSA[..200])[0].1.label, Label::Truncated);
        assert_eq!(run(&P256[..100])[0].1.label, Label::Truncated);
        assert_eq!(run(&P256[..60]), []);
    }

    #[test]
    fn survives_damage() {
        for sample in [RSA, RSA_FULL, RSA_PUBLIC, P256, DSA] {
            for length in 0..sample.len() {
                run(&sample[..length]);
            }
            let mut bytes = sample.to_vec();
            for bit in 0..300 {
                bytes[bit / 8] ^= 1 << (bit % 8);
                run(&bytes);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }
}
