//! Encryption of private keys as OpenSSL has done it since SSLeay: `Proc-Type` and `DEK-Info`
//! (RFC 1421 4.6.1), and EVP_BytesToKey with MD5 and one iteration.

use aes::{Aes128, Aes192, Aes256};
use cbc::{
    Decryptor,
    cipher::{BlockCipherDecrypt, BlockModeDecrypt, KeyInit, KeyIvInit, block_padding::Pkcs7},
};
use des::{Des, TdesEde3};
use md5::{Digest, Md5};
use zeroize::Zeroizing;

use crate::{
    fact::{Class, Label, Material, Protection},
    identity::of_sealed,
    password::WELL_KNOWN,
    unit::Decoded,
};

/// What the headers say of the encryption.
pub(super) struct Encryption {
    pub cipher: String,
    iv: Vec<u8>,
    /// Where the headers end in the text.
    pub end: usize,
}

/// Reads `DEK-Info: CIPHER,IV` in the first lines of a body.
pub(super) fn encryption(text: &[u8]) -> Option<Encryption> {
    const HEADERS: usize = 4096;
    const NAME: &[u8] = b"DEK-Info:";
    let head = text.get(..HEADERS).unwrap_or(text);
    let at = memchr::memmem::find(head, NAME)? + NAME.len();
    let value = text.get(at..)?;
    let blanks = value.iter().take_while(|&&byte| byte == b' ').count();
    let value = value.get(blanks..)?;
    let length = value
        .iter()
        .take(32)
        .take_while(|&&byte| byte.is_ascii_alphanumeric() || byte == b'-')
        .count();
    let (name, rest) = value.split_at_checked(length)?;
    let cipher = str::from_utf8(name).ok()?.to_ascii_lowercase();
    let rest = rest.strip_prefix(b",")?;
    // The length is known: what follows may be digits of the body, when line ends got lost.
    let digits =
        if cipher.starts_with("aes-") || cipher.starts_with("camellia-") { 32 } else { 16 };
    let digits = rest.iter().take(digits).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let iv = crate::decode::radix::hex(rest.get(..digits)?).to_vec();
    Some(Encryption { cipher, iv, end: at + blanks + length + 1 + digits })
}

/// What can be said of an encrypted key. `parse` reads what a well-known password opens.
pub(super) fn material(
    encryption: &Encryption,
    label: &str,
    sealed: &[u8],
    parse: impl Fn(&[u8]) -> Option<Material>,
) -> Option<Material> {
    let block = if encryption.iv.len() == 16 { 16 } else { 8 };
    if sealed.is_empty() || !sealed.len().is_multiple_of(block) {
        return None;
    }
    let mut material = Material::new("pem", Class::PrivateKey, Label::Encrypted);
    material.envelope = Some("pkcs1".into());
    material.algorithm = super::algorithm(label).map(Into::into);
    match material.algorithm.as_deref() {
        Some("ec") => material.envelope = Some("sec1".into()),
        Some("rsa") => {}
        _ => material.envelope = None,
    }
    material.key_id = of_sealed(sealed);
    let opened = WELL_KNOWN.iter().find_map(|&password| {
        let plain = decrypted(encryption, password, sealed)?;
        parse(&plain)
            .filter(|inside| inside.class == Class::PrivateKey)
            .map(|inside| (password, inside))
    });
    if let Some((password, inside)) = opened {
        material = Material { label: Label::Encrypted, password: Some(password), ..inside };
    }
    material.protection = Protection {
        kdf: Some("openssl-md5".into()),
        iterations: Some(1),
        cipher: Some(encryption.cipher.clone().into()),
    };
    Some(material)
}

/// `sealed` without its encryption and padding, where the padding is right.
fn decrypted(encryption: &Encryption, password: &str, sealed: &[u8]) -> Option<Decoded> {
    let iv = &encryption.iv;
    match encryption.cipher.as_str() {
        "aes-128-cbc" => opened::<Aes128>(16, password, iv, sealed),
        "aes-192-cbc" => opened::<Aes192>(24, password, iv, sealed),
        "aes-256-cbc" => opened::<Aes256>(32, password, iv, sealed),
        "des-ede3-cbc" => opened::<TdesEde3>(24, password, iv, sealed),
        "des-cbc" => opened::<Des>(8, password, iv, sealed),
        _ => None,
    }
}

fn opened<C>(length: usize, password: &str, iv: &[u8], sealed: &[u8]) -> Option<Decoded>
where
    C: BlockCipherDecrypt + KeyInit,
{
    let salt = iv.first_chunk::<8>()?;
    let key = bytes_to_key(length, password.as_bytes(), salt);
    // The last block tells nearly every wrong password.
    let ends = [2 * iv.len(), iv.len()].map(|back| sealed.len().checked_sub(back));
    if let [Some(before), Some(last)] = ends {
        let mut block = Zeroizing::new(sealed.get(last..)?.to_vec());
        let cipher = Decryptor::<C>::new_from_slices(&key, sealed.get(before..last)?).ok()?;
        cipher.decrypt_padded::<Pkcs7>(&mut block).ok()?;
    }
    let mut plain = Zeroizing::new(sealed.to_vec());
    let cipher = Decryptor::<C>::new_from_slices(&key, iv).ok()?;
    let length = cipher.decrypt_padded::<Pkcs7>(&mut plain).ok()?.len();
    plain.truncate(length);
    Some(plain)
}

/// EVP_BytesToKey with MD5 and one iteration.
fn bytes_to_key(length: usize, password: &[u8], salt: &[u8; 8]) -> Decoded {
    let mut key = Zeroizing::new(Vec::with_capacity(length + 16));
    let mut digest = Md5::new_with_prefix(password).chain_update(salt).finalize();
    key.extend_from_slice(&digest);
    while key.len() < length {
        digest = Md5::new_with_prefix(digest).chain_update(password).chain_update(salt).finalize();
        key.extend_from_slice(&digest);
    }
    key.truncate(length);
    key
}
