//! PVK files: a private key blob of CryptoAPI, encrypted or not (Stephen Henson's description of the
//! format, which OpenSSL reads and writes).

use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::{
    capi::{Blob, DSS_SIGN, HEADER, PRIVATE, RSA_KEYX, RSA_SIGN, VERSION, blob},
    cursor::Cursor,
};
use crate::{
    fact::{Class, Label, Material, Protection},
    identity,
    key::Described,
    password::WELL_KNOWN,
    rows::Found,
    unit::{Decoded, Unit},
};

pub(super) const MAGIC: &[u8] = b"\x1e\xf1\xb5\xb0";

/// A PVK file at `start`: a blob whose bytes after the header may be under RC4.
pub(super) fn find(unit: Unit<'_>, start: usize, found: &mut Found) {
    let mut cursor = Cursor::new(unit.from(start + MAGIC.len()));
    let header = [(); 5].map(|()| cursor.u32_le());
    let [Ok(0), Ok(1 | 2), Ok(encrypted @ 0..=1), Ok(salt), Ok(length)] = header else { return };
    if salt > 64 || (encrypted == 1) != (salt > 0) || !(32..65536).contains(&length) {
        return;
    }
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let Ok(salt) = cursor.take(usize::try_from(salt).unwrap_or(usize::MAX)) else { return };
    let sealed = cursor.rest();
    let is_cut = sealed.len() < length;
    let sealed = sealed.get(..length).unwrap_or(sealed);
    let Some((blob_header, body)) = sealed.split_at_checked(HEADER) else { return };
    let Some(algorithm) = named(blob_header) else { return };
    let end = start + MAGIC.len() + cursor.at() + sealed.len();
    let mut material = if encrypted == 0 {
        let Ok(blob) = blob(sealed) else { return };
        blob.material
    } else {
        let label = if is_cut { Label::Truncated } else { Label::Encrypted };
        let sealed = Material::new("capi", Class::PrivateKey, label);
        let mut material = match opened(blob_header, salt, body) {
            Some((password, described)) => {
                Material { password: Some(password), ..described.describe(sealed) }
            }
            None => Described { key_id: identity::of_sealed(body), ..Described::named(algorithm) }
                .describe(sealed),
        };
        material.protection = Protection {
            kdf: Some("pvk-sha1".into()),
            iterations: Some(1),
            cipher: Some("rc4".into()),
        };
        material
    };
    material.envelope = Some("pvk".into());
    found.material(start..end, material);
}

/// The algorithm that a private blob's header names.
fn named(header: &[u8]) -> Option<&'static str> {
    let algorithm = header.strip_prefix(&[PRIVATE, VERSION, 0, 0])?.first_chunk()?;
    match u32::from_le_bytes(*algorithm) {
        RSA_SIGN | RSA_KEYX => Some("rsa"),
        DSS_SIGN => Some("dsa"),
        _ => None,
    }
}

/// The well-known password of a PVK file, and its key. Of the digest either 16 bytes are used, or
/// by old export rules 5 and then zeros.
fn opened(header: &[u8], salt: &[u8], body: &[u8]) -> Option<(&'static str, Described)> {
    for &password in WELL_KNOWN {
        let mut sha1 = Sha1::new();
        sha1.update(salt);
        sha1.update(password.as_bytes());
        let digest = Zeroizing::new(<[u8; 20]>::from(sha1.finalize()));
        let (strong, _) = digest.split_first_chunk::<16>()?;
        let mut weak = Zeroizing::new([0; 16]);
        weak.iter_mut().zip(strong).take(5).for_each(|(to, from)| *to = *from);
        for key in [strong, &weak] {
            let start = rc4(key, body.get(..4)?);
            if !matches!(start.as_slice(), b"RSA2" | b"DSS2") {
                continue;
            }
            let plain = Zeroizing::new([header, rc4(key, body).as_slice()].concat());
            if let Ok(Blob { material, .. }) = blob(&plain) {
                let Material { algorithm, bits, curve, key_id, .. } = material;
                return Some((password, Described { algorithm: algorithm?, bits, curve, key_id }));
            }
        }
    }
    None
}

/// RC4 (RFC 6229 has its test vectors).
fn rc4(key: &[u8; 16], bytes: &[u8]) -> Decoded {
    let mut state: [u8; 256] = std::array::from_fn(|i| u8::try_from(i).unwrap_or_default());
    let at = |state: &[u8; 256], i: u8| state.get(usize::from(i)).copied().unwrap_or_default();
    let mut j = 0u8;
    for (i, byte) in (0..=255u8).zip(key.iter().cycle()) {
        j = j.wrapping_add(at(&state, i)).wrapping_add(*byte);
        state.swap(i.into(), j.into());
    }
    let (mut i, mut j) = (0u8, 0u8);
    let mut next = || {
        i = i.wrapping_add(1);
        j = j.wrapping_add(at(&state, i));
        state.swap(i.into(), j.into());
        at(&state, at(&state, i).wrapping_add(at(&state, j)))
    };
    Zeroizing::new(bytes.iter().map(|byte| byte ^ next()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{formats::capi::ROW, rows::run};

    // Made by testdata/unit/stores/make.py with openssl.
    const CLEAR: &[u8] = include_bytes!("../../testdata/unit/stores/rsa.pvk");
    const STRONG: &[u8] = include_bytes!("../../testdata/unit/stores/rsa-strong.pvk");
    const WEAK: &[u8] = include_bytes!("../../testdata/unit/stores/rsa-weak.pvk");
    const CLOSED: &[u8] = include_bytes!("../../testdata/unit/stores/rsa-closed.pvk");
    const SPKI: &[u8] = include_bytes!("../../testdata/unit/stores/rsa.spki");

    fn one(bytes: &[u8]) -> Material {
        let found = run(&ROW, &[b"before", bytes, b"behind"].concat());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, 6..6 + bytes.len());
        found[0].1.clone()
    }

    #[test]
    fn a_key_in_clear_is_plaintext() {
        let key = one(CLEAR);
        assert_eq!((key.label, key.bits), (Label::Plaintext, Some(1024)));
        assert_eq!(key.key_id, Some(identity::of_spki(SPKI)));
        assert_eq!(key.envelope.as_deref(), Some("pvk"));
    }

    #[test]
    fn a_well_known_password_opens_either_strength() {
        for bytes in [STRONG, WEAK] {
            let key = one(bytes);
            assert_eq!((key.label, key.password), (Label::Encrypted, Some("changeit")));
            assert_eq!(key.key_id, Some(identity::of_spki(SPKI)));
        }
    }

    #[test]
    fn another_password_opens_nothing() {
        let key = one(CLOSED);
        assert_eq!((key.label, key.password), (Label::Encrypted, None));
        assert_eq!((key.algorithm.as_deref(), key.bits), (Some("rsa"), None));
        assert!(key.key_id.unwrap().starts_with("sealed-sha256:"));
    }

    #[test]
    fn a_magic_number_is_no_key() {
        assert_eq!(run(&ROW, &[MAGIC, &[0; 100]].concat()), []);
        assert_eq!(run(&ROW, &[&CLOSED[..24], &[0x41; 100]].concat()), []);
    }

    #[test]
    fn a_cut_key_is_truncated() {
        let found = run(&ROW, &CLOSED[..100]);
        assert_eq!(found[0].1.label, Label::Truncated);
        let found = run(&ROW, &CLEAR[..200]);
        assert_eq!((found[0].1.label, found[0].1.bits), (Label::Truncated, Some(1024)));
    }

    #[test]
    fn survives_damage() {
        for sample in [CLEAR, CLOSED, WEAK] {
            for length in 0..sample.len() {
                run(&ROW, &sample[..length]);
            }
            let mut bytes = sample.to_vec();
            for bit in 0..500 {
                bytes[bit / 8] ^= 1 << (bit % 8);
                run(&ROW, &bytes);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }
}
