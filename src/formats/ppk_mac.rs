//! Opens PuTTY's version 2 keys with well-known passwords (PuTTY manual, appendix C): one SHA-1
//! makes the AES key, and a MAC proves it. Version 3 derives with Argon2, which is not tried.

use aes::Aes256;
use cbc::{
    Decryptor,
    cipher::{BlockModeDecrypt, KeyIvInit, block_padding::NoPadding},
};
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::ppk::Key;
use crate::password;

/// The password of [`password::WELL_KNOWN`] that opens `key`.
pub(super) fn well_known_password(key: &Key<'_>) -> Option<&'static str> {
    if key.version != 2 || key.encryption != "aes256-cbc" {
        return None;
    }
    password::WELL_KNOWN.iter().copied().find(|password| opens(key, password))
}

fn opens(key: &Key<'_>, password: &str) -> bool {
    let mut aes_key = Zeroizing::new([0u8; 40]);
    for (counter, part) in (0u32..).zip(aes_key.chunks_mut(20)) {
        let digest = Sha1::new().chain_update(counter.to_be_bytes()).chain_update(password);
        part.copy_from_slice(&digest.finalize());
    }
    let Some(aes_key) = aes_key.first_chunk::<32>() else { return false };
    let mut plain = Zeroizing::new(key.private.to_vec());
    let decryptor = Decryptor::<Aes256>::new(aes_key.into(), &[0; 16].into());
    if decryptor.decrypt_padded::<NoPadding>(&mut plain).is_err() {
        return false;
    }
    let mac_key = Sha1::new()
        .chain_update("putty-private-key-file-mac-key")
        .chain_update(password)
        .finalize();
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&mac_key) else { return false };
    let parts = [key.name.as_bytes(), key.encryption.as_bytes(), key.comment, &key.public, &plain];
    for part in parts {
        mac.update(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        mac.update(part);
    }
    key.mac.as_ref().is_some_and(|expected| mac.verify_slice(expected).is_ok())
}
