//! Derivation and decryption for [`super::pbe`]: the arithmetic of RFC 8018 and RFC 7292 appendix B
//! on top of primitives that crates have.

use aes::{
    Aes128, Aes192, Aes256,
    cipher::{
        Array, BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit, typenum::Unsigned,
    },
};
use des::{Des, TdesEde2, TdesEde3};
use hmac::{Hmac, Mac};
use md5::Md5;
use rc2::Rc2;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::pbe::{Cipher, Kdf, Scheme, Secret};
use crate::unit::Decoded;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Evaluates an expression with `$D` naming the digest type.
macro_rules! with_digest {
    ($hash:expr, $D:ident => $body:expr) => {
        match $hash {
            Hash::Md5 => {
                type $D = Md5;
                $body
            }
            Hash::Sha1 => {
                type $D = Sha1;
                $body
            }
            Hash::Sha224 => {
                type $D = Sha224;
                $body
            }
            Hash::Sha256 => {
                type $D = Sha256;
                $body
            }
            Hash::Sha384 => {
                type $D = Sha384;
                $body
            }
            Hash::Sha512 => {
                type $D = Sha512;
                $body
            }
        }
    };
}

impl Hash {
    /// rsadsi digestAlgorithm hmacWithSHA1 and following (RFC 8018 B.1.2).
    pub(crate) fn of_hmac(oid: &[u8]) -> Option<Self> {
        match oid.strip_prefix(b"\x2a\x86\x48\x86\xf7\x0d\x02")? {
            [6] => Some(Self::Md5),
            [7] => Some(Self::Sha1),
            [8] => Some(Self::Sha224),
            [9] => Some(Self::Sha256),
            [10] => Some(Self::Sha384),
            [11] => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(crate) fn of_digest(oid: &[u8]) -> Option<Self> {
        match oid {
            b"\x2a\x86\x48\x86\xf7\x0d\x02\x05" => Some(Self::Md5),
            b"\x2b\x0e\x03\x02\x1a" => Some(Self::Sha1),
            b"\x60\x86\x48\x01\x65\x03\x04\x02\x04" => Some(Self::Sha224),
            b"\x60\x86\x48\x01\x65\x03\x04\x02\x01" => Some(Self::Sha256),
            b"\x60\x86\x48\x01\x65\x03\x04\x02\x02" => Some(Self::Sha384),
            b"\x60\x86\x48\x01\x65\x03\x04\x02\x03" => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Bytes of the digest.
    pub(crate) fn size(self) -> usize {
        with_digest!(self, D => <D as Digest>::output_size())
    }

    /// Bytes of a block.
    fn block(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 | Self::Sha224 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
        }
    }

    /// The digest of the digest … of `parts`.
    fn stretched(self, parts: &[&[u8]], iterations: u64) -> Decoded {
        with_digest!(self, D => {
            let mut digest = D::new();
            for part in parts {
                digest.update(part);
            }
            let mut value = digest.finalize();
            for _ in 1..iterations {
                value = D::digest(value);
            }
            Decoded::new(value.to_vec())
        })
    }

    pub(crate) fn hmac(self, key: &[u8], message: &[u8]) -> Option<Decoded> {
        with_digest!(self, D => {
            let mut mac = <Hmac<D> as KeyInit>::new_from_slice(key).ok()?;
            mac.update(message);
            Some(Decoded::new(mac.finalize().into_bytes().to_vec()))
        })
    }
}

impl Secret {
    /// As UTF-16 with a zero at the end, or nothing (RFC 7292 B.1).
    fn utf16(self) -> Decoded {
        if self.is_absent {
            return Decoded::default();
        }
        Decoded::new(self.password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect())
    }
}

/// What RFC 7292 B.3 derives.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// `size` bytes from a password. What is counted was bounded by [`Kdf::cost`].
pub(crate) fn derive(
    kdf: &Kdf<'_>,
    secret: Secret,
    purpose: Purpose,
    size: usize,
) -> Option<Decoded> {
    let mut key = Decoded::new(vec![0; size]);
    let password = secret.password.as_bytes();
    match kdf {
        Kdf::Pbkdf2 { hash, salt, iterations } => {
            let iterations = u32::try_from(*iterations).ok().filter(|count| *count > 0)?;
            with_digest!(hash, D => pbkdf2::pbkdf2_hmac::<D>(password, salt, iterations, &mut key));
        }
        Kdf::Scrypt { salt, n, r, p } => {
            let log_n = u8::try_from(n.checked_ilog2()?).ok().filter(|_| n.is_power_of_two())?;
            let parameters =
                scrypt::Params::new(log_n, u32::try_from(*r).ok()?, u32::try_from(*p).ok()?);
            scrypt::scrypt(password, salt, &parameters.ok()?, &mut key).ok()?;
        }
        Kdf::Pkcs12 { hash, salt, iterations } => {
            return Some(pkcs12(*hash, purpose, &secret.utf16(), salt, *iterations, size));
        }
        // The key's bytes are followed by those of the initialization vector.
        Kdf::Pbkdf1 { hash, salt, iterations } => {
            let derived = hash.stretched(&[password, salt], *iterations);
            let start = if matches!(purpose, Purpose::Iv) { 8 } else { 0 };
            key.copy_from_slice(derived.get(start..start + size)?);
        }
        Kdf::Other { .. } => return None,
    }
    Some(key)
}

/// RFC 7292 B.2.
fn pkcs12(
    hash: Hash,
    purpose: Purpose,
    password: &[u8],
    salt: &[u8],
    iterations: u64,
    size: usize,
) -> Decoded {
    let block = hash.block();
    let filled = |bytes: &[u8]| -> Vec<u8> {
        let length = bytes.len().next_multiple_of(block);
        bytes.iter().copied().cycle().take(length).collect()
    };
    let diversifier = vec![purpose as u8; block];
    let mut input = Decoded::new([filled(salt), filled(password)].concat());
    let mut key = Decoded::new(Vec::with_capacity(size + hash.size()));
    loop {
        let digest = hash.stretched(&[&diversifier, &input], iterations);
        key.extend_from_slice(&digest);
        if key.len() >= size {
            key.truncate(size);
            return key;
        }
        // Each block of the input plus the digest, repeated to a block, plus one.
        let added: Decoded = Decoded::new(digest.iter().copied().cycle().take(block).collect());
        for chunk in input.chunks_mut(block) {
            let mut carry = 1u16;
            for (byte, add) in chunk.iter_mut().zip(added.iter()).rev() {
                carry += u16::from(*byte) + u16::from(*add);
                let [high, low] = carry.to_be_bytes();
                *byte = low;
                carry = high.into();
            }
        }
    }
}

/// Decrypts under a password and takes off the padding.
pub(crate) fn decrypt(scheme: &Scheme<'_>, secret: Secret, ciphertext: &[u8]) -> Option<Decoded> {
    let cipher = scheme.cipher.as_ref()?;
    let key = derive(&scheme.kdf, secret, Purpose::Key, cipher.key_size()?)?;
    let derived;
    let iv = match (scheme.iv, cipher) {
        ([], Cipher::Rc4 { .. }) => &[],
        ([], _) => {
            derived = derive(&scheme.kdf, secret, Purpose::Iv, 8)?;
            derived.as_slice()
        }
        (iv, _) => iv,
    };
    let mut plain = Decoded::new(ciphertext.to_vec());
    match cipher {
        Cipher::AesCbc { bytes: 16 } => cbc(Aes128::new_from_slice(&key).ok()?, iv, &mut plain)?,
        Cipher::AesCbc { bytes: 24 } => cbc(Aes192::new_from_slice(&key).ok()?, iv, &mut plain)?,
        Cipher::AesCbc { .. } => cbc(Aes256::new_from_slice(&key).ok()?, iv, &mut plain)?,
        Cipher::DesCbc => cbc(Des::new_from_slice(&key).ok()?, iv, &mut plain)?,
        Cipher::DesEdeCbc => cbc(TdesEde2::new_from_slice(&key).ok()?, iv, &mut plain)?,
        Cipher::DesEde3Cbc => cbc(TdesEde3::new_from_slice(&key).ok()?, iv, &mut plain)?,
        Cipher::Rc2Cbc { .. } => cbc(Rc2::new_from_slice(&key).ok()?, iv, &mut plain)?,
        Cipher::Rc4 { .. } => {
            rc4(&key, &mut plain);
            return Some(plain);
        }
        Cipher::Other(_) => return None,
    }
    let &padding = plain.last()?;
    let length = plain.len().checked_sub(padding.into()).filter(|_| (1..=16).contains(&padding))?;
    plain.get(length..)?.iter().all(|&byte| byte == padding).then_some(())?;
    plain.truncate(length);
    Some(plain)
}

fn cbc<C: BlockCipherDecrypt>(cipher: C, iv: &[u8], bytes: &mut [u8]) -> Option<()> {
    (iv.len() == C::BlockSize::USIZE).then_some(())?;
    let (blocks, rest) = Array::slice_as_chunks_mut(bytes);
    rest.is_empty().then_some(())?;
    cbc::Decryptor::inner_iv_slice_init(cipher, iv).ok()?.decrypt_blocks(blocks);
    Some(())
}

/// RC4, which no maintained crate here has.
fn rc4(key: &[u8], bytes: &mut [u8]) {
    let mut state: Vec<u8> = (0..=255).collect();
    let mut j = 0u8;
    let at = |state: &[u8], i: u8| state.get(usize::from(i)).copied().unwrap_or_default();
    for (i, &k) in (0..=255).zip(key.iter().cycle()) {
        j = j.wrapping_add(at(&state, i)).wrapping_add(k);
        state.swap(i.into(), j.into());
    }
    let (mut i, mut j) = (0u8, 0u8);
    for byte in bytes {
        i = i.wrapping_add(1);
        j = j.wrapping_add(at(&state, i));
        state.swap(i.into(), j.into());
        *byte ^= at(&state, at(&state, i).wrapping_add(at(&state, j)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::hex;

    #[test]
    fn rc4_of_rfc_6229() {
        let mut stream = [0; 8];
        rc4(&[1, 2, 3, 4, 5], &mut stream);
        assert_eq!(hex(&stream), "b2396305f03dc027");
    }

    #[test]
    fn a_kdf_with_no_iterations_still_returns() {
        let secret = Secret { password: "", is_absent: false };
        let kdf = Kdf::Pbkdf2 { hash: Hash::Sha1, salt: b"", iterations: 0 };
        assert!(derive(&kdf, secret, Purpose::Key, 8).is_none());
        let kdf = Kdf::Pkcs12 { hash: Hash::Sha512, salt: b"", iterations: 0 };
        assert_eq!(derive(&kdf, secret, Purpose::Key, 300).unwrap().len(), 300);
        let kdf = Kdf::Scrypt { salt: b"", n: 0, r: 0, p: 0 };
        assert!(derive(&kdf, secret, Purpose::Key, 8).is_none());
    }
}
