use super::*;
use crate::{
    formats::ssh_samples::{dearmoured, id, sample_deeper as sample, torture},
    rows,
};

/// RFC 9580, A.4: an unprotected version 6 secret key.
const V6: &str = "
xUsGY4d/4xsAAAAg+U2nu0jWCmHlZ3BqZYfQMxmZu52JGggkLq2EVD34laMAGXKB
exK+cH6NX1hs5hNhIB00TrJmosgv3mg1ditlsLfCsQYfGwoAAABCBYJjh3/jAwsJ
BwUVCg4IDAIWAAKbAwIeCSIhBssYbE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce6
2azJBScJAgcCAAAAAK0oIBA+LX0ifsDm185Ecds2v8lwgyU2kCcUmKfvBXbAf6rh
RYWzuQOwEn7E/aLwIwRaLsdry0+VcallHhSu4RN6HWaEQsiPlR4zxP/TP7mhfVEe
7XWPxtnMUMtf15OyA51YBMdLBmOHf+MZAAAAIIaTJINn+eUBXbki+PSAld2nhJh/
LVmFsS+60WyvXkQ1AE1gCk95TUR3XFeibg/u/tVY6a//1q0NWC1X+yui3O24wpsG
GBsKAAAALAWCY4d/4wKbDCIhBssYbE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce6
2azJAAAAAAQBIKbpGG2dWTX8j+VjFM21J0hqWlEg+bdiojWnKfA5AQpWUWtnNwDE
M0g12vYxoWM8Y81W+bHBw805I8kWVkXU6vFOi+HWvv/ira7ofJu16NnoUkhclkUr
k0mXubZvyl4GBg==";

#[test]
fn secret_and_public_keyrings_have_the_identities_of_their_keys() {
    for (secret, public, name, algorithms) in [
        (sample!("rsa.secret.gpg"), sample!("rsa.public.gpg"), "rsa", ["rsa", "rsa"]),
        (sample!("curve.secret.gpg"), sample!("curve.public.gpg"), "curve", ["ed25519", "x25519"]),
        (sample!("nistp.secret.gpg"), sample!("nistp.public.gpg"), "nistp", ["ec", "ec"]),
        (
            sample!("brainpool.secret.gpg"),
            sample!("brainpool.public.gpg"),
            "brainpool",
            ["ec", "ec"],
        ),
        (sample!("koblitz.secret.gpg"), sample!("koblitz.public.gpg"), "koblitz", ["ec", "ec"]),
    ] {
        for (file, class, label) in [
            (secret, Class::PrivateKey, Label::Plaintext),
            (public, Class::PublicKey, Label::Public),
        ] {
            let found = rows::run(&ROW, file);
            let keys = parse_armoured(file).unwrap();
            assert_eq!(
                found.iter().map(|found| &found.1).collect::<Vec<_>>(),
                keys.iter().collect::<Vec<_>>()
            );
            let [primary, subkey] = &keys[..] else { panic!("{name}") };
            for (key, kind, algorithm) in
                [(primary, "pub", algorithms[0]), (subkey, "sub", algorithms[1])]
            {
                assert_eq!((key.class, key.label), (class, label), "{name}");
                assert_eq!(key.algorithm.as_deref(), Some(algorithm));
                assert_eq!(key.key_id, id(&format!("pgp.{name}.{kind}")), "{name} {kind}");
            }
            assert_eq!(primary.comment, Some(format!("{name} <{name}@keylint.test>")));
            assert_eq!(
                (primary.envelope.as_deref(), subkey.envelope.as_deref()),
                (None, Some("subkey"))
            );
        }
    }
}

#[test]
fn dsa_and_elgamal_are_read() {
    let secret = parse_armoured(sample!("dsa.secret.gpg")).unwrap();
    let public = parse_armoured(sample!("dsa.public.gpg")).unwrap();
    assert_eq!(secret[0].key_id, id("pgp.dsa.pub"));
    assert_eq!((secret[1].algorithm.as_deref(), secret[1].bits), (Some("elgamal"), Some(1024)));
    assert_eq!(secret[1].label, Label::Plaintext);
    assert_eq!(secret[1].key_id, public[1].key_id);
}

#[test]
fn protected_keys_say_how() {
    let keys = parse_armoured(sample!("sealed.secret.gpg")).unwrap();
    for (key, name) in keys.iter().zip(["pgp.sealed.pub", "pgp.sealed.sub"]) {
        assert_eq!((key.label, &key.key_id), (Label::Encrypted, &id(name)));
        assert_eq!(key.protection.kdf.as_deref(), Some("openpgp-s2k-iterated-salted-sha1"));
        assert!(key.protection.iterations.unwrap() >= 1024);
        assert_eq!(key.protection.cipher.as_deref(), Some("aes-128-cfb"));
    }
}

#[test]
fn a_primary_key_without_its_secret_is_public() {
    let keys = parse_armoured(sample!("curve.subkeys.gpg")).unwrap();
    assert_eq!((keys[0].class, keys[0].label), (Class::PublicKey, Label::Public));
    assert_eq!(keys[0].envelope.as_deref(), Some("gnu-dummy"));
    assert_eq!((keys[1].class, keys[1].label), (Class::PrivateKey, Label::Plaintext));
}

#[test]
fn version_6_is_read() {
    let bytes = dearmoured(V6.as_bytes());
    let keys = parse_armoured(&bytes).unwrap();
    let of = |key: &Material| (key.algorithm.clone().unwrap().into_owned(), key.label);
    assert_eq!(of(&keys[0]), ("ed25519".to_owned(), Label::Plaintext));
    assert_eq!(of(&keys[1]), ("x25519".to_owned(), Label::Plaintext));
    // The seed of the sample gives the public half of the sample.
    let seed = &bytes[45..77];
    assert_eq!(keys[0].key_id, crate::key::edwards_private("ed25519", seed).key_id);
    assert_eq!(rows::run(&ROW, &bytes).len(), 2);
}

#[test]
fn version_6_under_argon2_is_read() {
    // RFC 9580, A.5: the primary key's packet up to its nonce, and some ciphertext.
    let mut bytes = dearmoured(V6.as_bytes())[..44].to_vec();
    bytes[1] = 42 + 1 + 1 + 38 + 48;
    bytes.extend([253, 38, 9, 2, 20, 4]);
    bytes.extend([0x5d; 16]);
    bytes.extend([1, 4, 21]);
    bytes.extend([0x77; 15]);
    bytes.extend((0..48).map(|i: u8| i.wrapping_mul(91)));
    let keys = parse_armoured(&bytes).unwrap();
    assert_eq!(keys[0].label, Label::Encrypted);
    assert_eq!(keys[0].protection.kdf.as_deref(), Some("argon2id"));
    assert_eq!(keys[0].protection.iterations, Some(1));
    assert_eq!(keys[0].protection.cipher.as_deref(), Some("aes-256-ocb"));
}

#[test]
fn a_wrong_checksum_is_damage() {
    let mut bytes = sample!("rsa.secret.gpg").to_vec();
    let length = packet(&bytes, 0).unwrap().range.end;
    bytes[length - 1] ^= 1;
    let keys = parse_armoured(&bytes).unwrap();
    assert_eq!((keys[0].label, &keys[0].key_id), (Label::Unparsed, &id("pgp.rsa.pub")));
}

#[test]
fn a_cut_keyring_says_so() {
    let bytes = sample!("rsa.secret.gpg");
    for keys in
        [parse_armoured(&bytes[..300]).unwrap(), vec![rows::run(&ROW, &bytes[..300]).remove(0).1]]
    {
        assert_eq!(keys.len(), 1);
        assert_eq!((keys[0].label, &keys[0].key_id), (Label::Truncated, &id("pgp.rsa.pub")));
    }
}

#[test]
fn keyrings_of_several_people_are_read_to_the_end() {
    let both = [sample!("rsa.secret.gpg"), sample!("sealed.secret.gpg"), sample!("dsa.public.gpg")]
        .concat();
    let found = rows::run(&ROW, &both);
    assert_eq!(found.len(), 6);
    assert_eq!(found[2].1.comment.as_deref(), Some("sealed <sealed@keylint.test>"));
}

#[test]
fn other_binary_files_are_no_keyrings() {
    for bytes in [
        b"\x95\x01\xd8\x04hello".as_slice(),
        b"\x99\x00\x10\x04\0\0\0\0\x01\0\x10\0\0\0\0",
        b"\xc6\x06\x04\0\0\0\0\x63",
        b"\x95",
        b"",
        b"\xc5\xff\xff\xff\xff\xff\x04\0\0\0\0\x01",
    ] {
        assert!(rows::run(&ROW, bytes).is_empty(), "{bytes:?}");
    }
    let shifted = [b"x", sample!("rsa.secret.gpg")].concat();
    assert!(rows::run(&ROW, &shifted).is_empty());
    assert_eq!(parse_armoured(b"\xc2\x03abc"), Err(Reject));
}

#[test]
fn any_bytes_give_an_answer() {
    for file in
        [sample!("dsa.secret.gpg"), sample!("curve.subkeys.gpg"), &dearmoured(V6.as_bytes())]
    {
        torture(file, |bytes| {
            let _any = (parse_armoured(bytes), rows::run(&ROW, bytes));
        });
    }
}
