use super::*;
use crate::{
    formats::ssh_samples::{dearmoured, id, sample_deeper as sample, torture},
    rows,
};

fn only(bytes: &[u8]) -> Material {
    let mut materials = parse(bytes).unwrap();
    assert_eq!(materials.len(), 1);
    materials.remove(0)
}

#[test]
fn keys_in_clear_have_the_identity_of_their_public_half() {
    for (file, name, algorithm, bits) in [
        (sample!("rsa.ssh"), "rsa", "rsa", 1024),
        (sample!("dsa.ssh"), "dsa", "dsa", 1024),
        (sample!("ecdsa256.ssh"), "ecdsa256", "ec", 256),
        (sample!("ecdsa384.ssh"), "ecdsa384", "ec", 384),
        (sample!("ecdsa521.ssh"), "ecdsa521", "ec", 521),
        (sample!("ed25519.ssh"), "ed25519", "ed25519", 256),
    ] {
        let material = only(&dearmoured(file));
        assert_eq!(material.label, Label::Plaintext, "{name}");
        assert_eq!(material.algorithm.as_deref(), Some(algorithm));
        assert_eq!(material.bits, Some(bits));
        assert_eq!(material.key_id, id(&format!("ssh.{name}")), "{name}");
        assert_eq!(material.comment, Some(format!("{name}@keylint.test")));
        assert_eq!(material.protection, Default::default());
    }
}

#[test]
fn encrypted_keys_keep_their_public_half_and_say_how() {
    for (file, cipher) in [
        (sample!("ed25519.aes256-ctr.ssh"), "aes256-ctr"),
        (sample!("ed25519.aes128-cbc.ssh"), "aes128-cbc"),
        (sample!("ed25519.3des-cbc.ssh"), "3des-cbc"),
        (sample!("ed25519.aes256-gcm.ssh"), "aes256-gcm@openssh.com"),
        (sample!("ed25519.chacha20-poly1305.ssh"), "chacha20-poly1305@openssh.com"),
    ] {
        let bytes = dearmoured(file);
        let material = only(&bytes);
        assert_eq!(material.label, Label::Encrypted);
        assert_eq!(material.key_id, id("ssh.ed25519"));
        assert_eq!(material.protection.cipher.as_deref(), Some(cipher));
        assert_eq!(material.protection.kdf.as_deref(), Some("bcrypt"));
        assert_eq!(material.protection.iterations, Some(7));
        assert_eq!(read(&bytes).unwrap().1, bytes.len(), "{cipher}");
    }
}

#[test]
fn an_unknown_cipher_is_kept_by_name() {
    let mut bytes = dearmoured(sample!("ed25519.aes256-ctr.ssh"));
    let at = memchr::memmem::find(&bytes, b"aes256-ctr").unwrap();
    bytes[at..at + 10].copy_from_slice(b"xyz512-ctr");
    let material = only(&bytes);
    assert_eq!(material.label, Label::Encrypted);
    assert_eq!(material.protection.cipher.as_deref(), Some("xyz512-ctr"));
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

/// A file in clear by public blobs and private parts.
fn file(publics: &[Vec<u8>], privates: &[Vec<u8>]) -> Vec<u8> {
    let count = u32::try_from(publics.len()).unwrap().to_be_bytes();
    let mut bytes = [MAGIC, &string(b"none"), &string(b"none"), &string(b""), &count].concat();
    for public in publics {
        bytes.extend(string(public));
    }
    bytes.extend(string(&[&[7u8; 8][..], &privates.concat(), &[1, 2, 3]].concat()));
    bytes
}

fn token_public() -> Vec<u8> {
    let point: Vec<u8> = (0..32).map(|i: u8| i.wrapping_mul(73) ^ 0x5c).collect();
    [string(b"sk-ssh-ed25519@openssh.com"), string(&point), string(b"ssh:")].concat()
}

#[test]
fn a_security_key_file_holds_a_handle_only() {
    let private =
        [token_public(), vec![1], string(&[0xa5; 64]), string(b""), string(b"token")].concat();
    let material = only(&file(&[token_public()], &[private]));
    assert_eq!(material.label, Label::Wrapped);
    assert_eq!(material.envelope.as_deref(), Some("security-key"));
    assert_eq!(material.algorithm.as_deref(), Some("ed25519"));
    assert_eq!(material.comment.as_deref(), Some("token"));
}

#[test]
fn several_keys_are_several_facts() {
    let private = |fill: u8| {
        let secret: Vec<u8> = (0..64).map(|i: u8| i.wrapping_mul(fill) ^ fill).collect();
        let public = &secret[32..];
        [string(b"ssh-ed25519"), string(public), string(&secret), string(&[fill])].concat()
    };
    let public = |fill: u8| private(fill)[..15 + 36].to_vec();
    let keys = parse(&file(&[public(67), public(71)], &[private(67), private(71)])).unwrap();
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|key| key.label == Label::Plaintext));
    assert_ne!(keys[0].key_id, keys[1].key_id);
    assert_eq!(keys[1].comment.as_deref(), Some("G"));
}

#[test]
fn a_type_that_only_its_name_is_known_of_is_still_a_key() {
    let public = [string(b"ssh-xmss@openssh.com"), string(b"XMSS_SHA2-256_W16_H10")].concat();
    let material =
        only(&file(std::slice::from_ref(&public), &[[public.clone(), vec![9; 99]].concat()]));
    assert_eq!(material.label, Label::Plaintext);
    assert_eq!(material.algorithm.as_deref(), Some("xmss"));
}

#[test]
fn check_numbers_that_differ_are_damage() {
    let mut bytes = dearmoured(sample!("ed25519.ssh"));
    let section = memchr::memmem::rfind(&bytes, b"\0\0\0\x0bssh-ed25519").unwrap();
    bytes[section - 1] ^= 1;
    let material = only(&bytes);
    assert_eq!(material.label, Label::Unparsed);
    assert_eq!(material.key_id, id("ssh.ed25519"));
}

#[test]
fn a_secret_of_one_letter_is_a_stub() {
    let private =
        [string(b"ssh-ed25519"), string(&[0; 32]), string(&[0; 64]), string(b"")].concat();
    let public = [string(b"ssh-ed25519"), string(&[0; 32])].concat();
    assert_eq!(only(&file(&[public], &[private])).label, Label::Stub);
}

#[test]
fn a_cut_key_says_so() {
    let bytes = dearmoured(sample!("rsa.ssh"));
    let material = only(&bytes[..bytes.len() - 100]);
    assert_eq!((material.label, material.key_id), (Label::Truncated, id("ssh.rsa")));
    assert_eq!(only(&bytes[..60]).label, Label::Truncated);
    assert_eq!(parse(b"openssh-key-v1\0"), Err(Reject));
    assert_eq!(parse(b""), Err(Reject));
}

#[test]
fn the_binary_form_is_found_in_binary() {
    let key = dearmoured(sample!("ecdsa256.ssh"));
    let bytes = [b"\0\0head", &key[..], b"tail"].concat();
    let found = rows::run(&ROW, &bytes);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, 6..6 + key.len());
    assert_eq!(found[0].1.key_id, id("ssh.ecdsa256"));
}

#[test]
fn the_magic_in_a_program_is_no_key() {
    assert!(rows::run(&ROW, b"\0openssh-key-v1\0none\0bcrypt\0%s: bad").is_empty());
    let template = [&file(&[], &[])[..38], b"\0\0\0\x01ssh-rsa\0ssh-dss"].concat();
    assert!(rows::run(&ROW, &template).is_empty());
    assert!(rows::run(&ROW, b"\0not-ssh-key-v1\0\0\0\0\x04none").is_empty());
}

#[test]
fn any_bytes_give_an_answer() {
    for file in [sample!("rsa.ssh"), sample!("ed25519.aes256-gcm.ssh"), sample!("dsa.ssh")] {
        torture(&dearmoured(file), |bytes| {
            let _any = parse(bytes);
        });
    }
}
