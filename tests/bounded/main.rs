//! What an input costs depends on its size, and not on what it claims: counts, lengths and depths
//! are an attacker's to choose. No test here looks at a clock: work that did depend on such claims
//! would not end.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{fs, path::Path};

use keylint::{
    fact::{Fact, Field},
    ledger::Reason,
    scan::{Inspection, inspect_bytes},
};

mod many;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 2;
const OCTETS: u8 = 4;
const NULL: &[u8] = &[5, 0];
const VERSION_0: &[u8] = &[2, 1, 0];
/// The most that the length of a count in most formats allows, and more than anybody can run.
const BILLIONS: u64 = 0xffff_fff0;

/// What an input gives without a panic in any parser.
fn inspect(bytes: &[u8]) -> Inspection {
    let inspection = inspect_bytes("input", bytes);
    let failed = inspection.ledger.skips.iter().any(|skip| skip.reason == Reason::ParserFailed);
    assert!(!failed, "a parser panicked");
    inspection
}

fn only(bytes: &[u8]) -> Fact {
    let facts = inspect(bytes).facts;
    assert_eq!(facts.len(), 1, "not one fact: {facts:#?}");
    facts[0].clone()
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/keys").join(name)).unwrap()
}

/// One element in DER.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut encoded = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ 0..0x80) => encoded.push(short),
        _ => {
            encoded.push(0x84);
            encoded.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
        }
    }
    [encoded, content].concat()
}

fn integer(value: u64) -> Vec<u8> {
    let bytes = [&[0][..], &value.to_be_bytes()].concat();
    let is_redundant = |pair: &&[u8]| pair[0] == 0 && pair[1] < 0x80;
    let redundant = bytes.windows(2).take_while(is_redundant).count();
    der(INTEGER, &[&bytes[redundant..]])
}

/// A large odd number of so many bits, the highest set.
fn large(bits: usize) -> Vec<u8> {
    der(INTEGER, &[&[0, 0x80], &noise(bits / 8 - 2), &[1]])
}

/// Bytes that look random.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn an_rsa_key_of_32_kbit_is_a_key_like_any_other() {
    let half = large(16 << 10);
    let numbers = [&large(32 << 10)[..], &[2, 3, 1, 0, 1], &large(32 << 10)].concat();
    let key = der(SEQUENCE, &[VERSION_0, &numbers, &half, &half, &half, &half, &half]);
    let fact = only(&pkcs8(RSA, NULL, &key));
    assert_eq!(fact.text(Field::Algorithm), Some("rsa"));
    assert_eq!(fact.int(Field::Bits), Some(32 << 10));
    assert_eq!(fact.text(Field::Label), Some("plaintext"));
}

#[test]
fn a_curve_over_a_huge_field_is_read_and_not_computed_with() {
    for bits in [4096, 64 << 10, 1 << 20] {
        let coefficient = der(OCTETS, &[&vec![7; bits / 8]]);
        let parameters = der(
            SEQUENCE,
            &[
                &[2, 1, 1],
                &der(SEQUENCE, &[PRIME_FIELD, &large(bits)]),
                &der(SEQUENCE, &[&coefficient, &coefficient]),
                &der(OCTETS, &[&[4], &vec![9; bits / 4]]),
                &large(bits),
            ],
        );
        let key = der(SEQUENCE, &[&[2, 1, 1], &der(OCTETS, &[&noise(32)])]);
        let key = pkcs8(EC, &parameters, &key);
        if bits == 4096 {
            assert_eq!(only(&key).text(Field::Curve), Some("explicit"));
        } else {
            assert!(inspect(&key).facts.is_empty(), "no curve has {bits} bits");
        }
    }
}

const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const EC: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";
const PRIME_FIELD: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x01\x01";

fn pkcs8(algorithm: &[u8], parameters: &[u8], key: &[u8]) -> Vec<u8> {
    der(SEQUENCE, &[VERSION_0, &der(SEQUENCE, &[algorithm, parameters]), &der(OCTETS, &[key])])
}

#[test]
fn an_encrypted_key_may_ask_for_billions_of_iterations() {
    let salt = der(OCTETS, &[b"saltsalt"]);
    let pbkdf2 = [
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c".to_vec(),
        der(SEQUENCE, &[&salt, &integer(BILLIONS)]),
    ];
    let scrypt = |n, r, p| {
        let parameters = der(SEQUENCE, &[&salt, &integer(n), &integer(r), &integer(p)]);
        [b"\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x04\x0b".to_vec(), parameters]
    };
    let most = u64::MAX >> 1;
    for (kdf, iterations) in [
        (pbkdf2, BILLIONS),
        (scrypt(1 << 40, 8, 1), 1 << 40),
        (scrypt(2, most, 1), 2),
        (scrypt(2, 1, most), 2),
        (scrypt(most, most, most), most),
    ] {
        let aes = [b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a\x04\x10", &[6; 16][..]].concat();
        let parameters =
            der(SEQUENCE, &[&der(SEQUENCE, &[&kdf.concat()]), &der(SEQUENCE, &[&aes])]);
        let pbes2 = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
        let sealed = der(OCTETS, &[&noise(1280)]);
        let fact = only(&der(SEQUENCE, &[&der(SEQUENCE, &[pbes2, &parameters]), &sealed]));
        assert_eq!(fact.text(Field::Label), Some("encrypted"));
        assert_eq!(fact.int(Field::Iterations), Some(iterations));
    }
}

/// `bytes` with `to` in the place of `from`, which stands there.
fn with(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from);
    let at = at.unwrap_or_else(|| panic!("{from:?} is nowhere"));
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

#[test]
fn key_files_and_stores_may_ask_for_billions_of_iterations() {
    let count = u32::try_from(BILLIONS).unwrap().to_be_bytes();
    let decimal = BILLIONS.to_string();
    let ethereum =
        "ethereum/UTC--2025-03-01T09-12-44.000000000Z--c5897734a54cD4835A6680A8c850594d915e19d5";

    let ppk = fixture("ppk/rsa.v3.passphrase.ppk");
    let memory = with(&ppk, b"Argon2-Memory: 8192", b"Argon2-Memory: 4294967280");
    let passes = with(&memory, b"Argon2-Passes: 2", b"Argon2-Passes: 4294967280");
    let wallet = with(&fixture(ethereum), b"262144", decimal.as_bytes());
    // Rounds of bcrypt begin at byte 63, which is the 84th letter of base64, in the second line.
    let mut ssh = fixture("openssh/id_ed25519.passphrase");
    let rounds = "-----BEGIN OPENSSH PRIVATE KEY-----\n".len() + 84 + 1;
    assert_eq!(ssh[rounds..rounds + 4], *b"AAAA", "three zeros");
    ssh[rounds..rounds + 4].copy_from_slice(b"////");
    for bytes in [passes, wallet, ssh] {
        let fact = only(&bytes);
        assert_eq!(fact.text(Field::Label), Some("encrypted"));
        assert!(fact.int(Field::Iterations) >= Some(0xffff_ff00));
    }

    // The count of a Java store stands after its magic number, version and salt.
    let bks = fixture("bks/changeit.bks");
    let salt = u32::from_be_bytes(*bks[4..].first_chunk().unwrap()) as usize;
    let bks = [&bks[..8 + salt], &count, &bks[12 + salt..]].concat();
    let is_store = |fact: &Fact| fact.text(Field::Format) == Some("bks");
    assert!(!inspect(&bks).facts.iter().any(is_store), "such a count is no store's");

    // MacData ends in its count.
    let store = fixture("pkcs12/modern-changeit.p12");
    assert_eq!(store[store.len() - 4..], [2, 2, 8, 0]);
    let mut larger = store.clone();
    let last = larger.len() - 2;
    larger[last..].copy_from_slice(&[0x7f, 0xff]);
    let opened =
        |bytes: &[u8]| inspect(bytes).facts.iter().any(|fact| fact.text(Field::Password).is_some());
    assert!(opened(&store), "2,048 iterations are tried");
    assert!(!opened(&larger), "32,767 with each password are too many, and the digest is wrong");
}
