//! What the key stores of Java have in common: text, dates, certificates, key algorithms by their
//! JCA names, and how passwords become keys.

use std::{borrow::Cow, time::Duration};

use ::der::DateTime;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use md5::Md5;
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::{cursor::Stop, der};
use crate::{
    budget,
    fact::{Class, Label, Material},
    key::{self, Described},
    password::WELL_KNOWN,
    trial,
    unit::Decoded,
};

/// Iterations that trying passwords on one store may still cost.
pub(crate) struct Purse(u64);

impl Purse {
    pub(crate) fn new() -> Self {
        Self(budget::PASSWORD_ITERATIONS)
    }

    /// The well-known password with which `open` gives something, as many as may be tried at
    /// `iterations` each; the one that opened the store comes first. `asked` is what that depends
    /// on, see [`trial::first`].
    pub(crate) fn first<T>(
        &mut self,
        asked: &[&[u8]],
        iterations: u64,
        store: Option<&'static str>,
        mut open: impl FnMut(&'static str) -> Option<T>,
    ) -> Option<(&'static str, T)> {
        let is_known = [u8::from(store.is_some())];
        let before: [&[u8]; 2] = [&is_known, store.unwrap_or_default().as_bytes()];
        let asked = [&before, asked].concat();
        trial::first(&asked, &mut self.0, iterations, passwords(store), |password| {
            Some((password, open(password)?))
        })
    }
}

/// The well-known passwords, the one that opened the store first.
fn passwords(store: Option<&'static str>) -> impl Iterator<Item = &'static str> {
    let others = WELL_KNOWN.iter().copied().filter(move |&other| Some(other) != store);
    store.into_iter().chain(others)
}

/// UTF-16, big-endian, as Java hashes passwords.
pub(crate) fn utf16(password: &str) -> Vec<u8> {
    password.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// Text that `DataOutput.writeUTF` wrote.
pub(crate) fn text(bytes: &[u8]) -> Result<String, Stop> {
    if bytes.iter().any(|&byte| byte == 0 || byte >= 0xf0) {
        return Err(Stop::Malformed);
    }
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// The day on which an entry was made, from milliseconds since 1970; none beyond the year 9999.
pub(crate) fn day(milliseconds: u64) -> Option<String> {
    let date = DateTime::from_unix_duration(Duration::from_millis(milliseconds)).ok()?;
    Some(format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()))
}

/// The certificate that `encoded` is.
pub(crate) fn certificate(encoded: &[u8], format: &'static str) -> Material {
    let parsed = der::any(encoded, format).ok().and_then(|(_, held)| held.into_iter().next());
    parsed.unwrap_or_else(|| Material::new(format, Class::Certificate, Label::Unparsed))
}

/// The key that a certificate is for.
pub(crate) fn of_certificate(certificate: &Material) -> Option<Described> {
    let Material { algorithm, bits, curve, key_id, .. } = certificate.clone();
    Some(Described { algorithm: algorithm?, bits, curve, key_id })
}

/// What the private or public key in DER is, whatever its label.
pub(crate) fn described(encoded: &[u8]) -> Option<Described> {
    let (_, held) = der::any(encoded, "der").ok()?;
    let Material { algorithm, bits, curve, key_id, .. } = held.into_iter().next()?;
    Some(Described { algorithm: algorithm?, bits, curve, key_id })
}

/// A symmetric key, with the JCA's name for its algorithm.
pub(crate) fn secret(name: &str, value: &[u8]) -> Described {
    key::secret(algorithm(name), value)
}

fn algorithm(name: &str) -> Cow<'static, str> {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "desede" | "tripledes" => "3des".into(),
        "arcfour" => "rc4".into(),
        "raw" | "" => "secret".into(),
        _ if lower.starts_with("hmac") => "hmac".into(),
        _ if lower.starts_with("pbe") => "secret".into(),
        _ => lower.into(),
    }
}

/// Opens PBEWithMD5AndTripleDES of SunJCE: each half of the salt is hashed with the password on
/// its own, and the two results are the key and the initial value.
pub(crate) fn open_md5_3des(
    password: &str,
    salt: [u8; 8],
    iterations: u32,
    sealed: &[u8],
) -> Option<Decoded> {
    let (mut first, second) = (*salt.first_chunk::<4>()?, *salt.last_chunk::<4>()?);
    if first == second {
        // A reversal as SunJCE does it, with its slip: it never writes the first byte back.
        let [a, b, _, d] = first;
        first = [d, a, b, d];
    }
    let hash = |bytes: &[u8]| {
        let mut md5 = Md5::new();
        md5.update(bytes);
        md5.update(password.as_bytes());
        <[u8; 16]>::from(md5.finalize())
    };
    let mut derived = Zeroizing::new([0; 32]);
    for (half, derived) in [first, second].iter().zip(derived.as_chunks_mut().0) {
        *derived = hash(half);
        for _ in 1..iterations {
            *derived = hash(derived);
        }
    }
    let (key, iv) = derived.split_at_checked(24)?;
    open_cbc::<des::TdesEde3>(key, iv, sealed)
}

/// Opens PBEWithSHAAnd3-KeyTripleDES-CBC (RFC 7292 appendix C).
pub(crate) fn open_sha1_3des(
    password: &str,
    salt: &[u8],
    iterations: u32,
    sealed: &[u8],
) -> Option<Decoded> {
    let key = pkcs12(password, salt, Pkcs12KeyType::EncryptionKey, iterations, 24);
    let iv = pkcs12(password, salt, Pkcs12KeyType::Iv, iterations, 8);
    open_cbc::<des::TdesEde3>(&key, &iv, sealed)
}

/// Opens PBEWithSHAAndTwofish-CBC of Bouncy Castle.
pub(crate) fn open_sha1_twofish(
    password: &str,
    salt: &[u8],
    iterations: u32,
    sealed: &[u8],
) -> Option<Decoded> {
    let key = pkcs12(password, salt, Pkcs12KeyType::EncryptionKey, iterations, 32);
    let iv = pkcs12(password, salt, Pkcs12KeyType::Iv, iterations, 16);
    open_cbc::<twofish::Twofish>(&key, &iv, sealed)
}

/// RFC 7292 appendix B with SHA-1, where as in Bouncy Castle an empty password is no bytes.
pub(crate) fn pkcs12(
    password: &str,
    salt: &[u8],
    usage: Pkcs12KeyType,
    iterations: u32,
    length: usize,
) -> Decoded {
    let mut bytes = Zeroizing::new(utf16(password));
    if !bytes.is_empty() {
        bytes.extend([0, 0]);
    }
    let iterations = i32::try_from(iterations).unwrap_or(i32::MAX);
    Zeroizing::new(derive_key::<Sha1>(&bytes, salt, usage, iterations, length))
}

fn open_cbc<C>(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Decoded>
where
    C: cbc::cipher::BlockCipherDecrypt + cbc::cipher::KeyInit,
{
    let mut bytes = Zeroizing::new(sealed.to_vec());
    let cipher = cbc::Decryptor::<C>::new_from_slices(key, iv).ok()?;
    let length = cipher.decrypt_padded::<Pkcs7>(&mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}
