//! Stores as openssl and keytool write them; see `testdata/unit/asn1/make.sh`.

use super::*;

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/testdata/unit/asn1/{name}.p12", env!("CARGO_MANIFEST_DIR"));
    #[expect(clippy::disallowed_methods, reason = "fixtures are files")]
    std::fs::read(path).unwrap()
}

fn read(name: &str) -> Vec<Material> {
    let bytes = fixture(name);
    store(element(&bytes).unwrap().content, "der", Attempts::new()).unwrap()
}

/// Class, label and password of each material, the store first and the rest sorted.
fn outline(materials: &[Material]) -> Vec<(&'static str, &'static str, Option<&'static str>)> {
    let mut outline: Vec<_> =
        materials.iter().map(|m| (m.class.name(), m.label.name(), m.password)).collect();
    outline[1..].sort_unstable();
    outline
}

fn opened(password: &'static str) -> Vec<(&'static str, &'static str, Option<&'static str>)> {
    vec![
        ("key-store", "encrypted", Some(password)),
        ("certificate", "public", None),
        ("private-key", "encrypted", Some(password)),
    ]
}

#[test]
fn a_well_known_password_opens_a_store() {
    let p256 = fixture_key_id();
    for (name, password) in [
        ("modern", "changeit"),
        ("legacy", "changeit"),
        ("nomac", "changeit"),
        ("empty", ""),
        ("legacy-empty", ""),
    ] {
        let materials = read(name);
        assert_eq!(outline(&materials), opened(password), "{name}");
        for entry in &materials[1..] {
            assert_eq!(entry.key_id.as_ref(), Some(&p256), "{name}");
            assert_eq!(entry.alias.as_deref(), Some("server"), "{name}");
            assert_eq!(entry.format, "pkcs12");
        }
    }
}

fn fixture_key_id() -> String {
    let spki = include_bytes!("../../../testdata/unit/asn1/P-256.spki.der");
    crate::identity::of_spki(spki)
}

#[test]
fn a_store_with_another_password_shows_how_it_is_protected() {
    let materials = read("strong");
    assert_eq!(outline(&materials), [("key-store", "encrypted", None)]);
    assert_eq!(materials[0].protection.kdf.as_deref(), Some("pbkdf2-hmac-sha256"));
    assert_eq!(materials[0].protection.iterations, Some(2048));
    let legacy = &read("legacy")[0].protection;
    assert_eq!(legacy.kdf.as_deref(), Some("pkcs12-sha1"));
    assert_eq!(legacy.cipher.as_deref(), Some("des-ede3-cbc"));
}

#[test]
fn a_key_in_the_clear_is_plaintext_whatever_the_mac() {
    for name in ["plain", "plain-nomac"] {
        let materials = read(name);
        assert_eq!(
            outline(&materials),
            [
                ("key-store", "plaintext", None),
                ("certificate", "public", None),
                ("private-key", "plaintext", None)
            ],
            "{name}"
        );
    }
}

#[test]
fn certificates_in_the_clear_are_listed_beside_a_sealed_key() {
    let materials = read("certs-plain");
    assert_eq!(
        outline(&materials),
        [("key-store", "encrypted", None), ("certificate", "public", None)]
    );
    assert_eq!(materials[1].subject.as_deref(), Some("CN=P-256.example,O=Keylint tests,C=DE"));
}

#[test]
fn a_store_of_certificates_is_public_when_it_can_be_read() {
    for (name, password) in [("truststore", Some("changeit")), ("truststore-plain", None)] {
        let expected = [("key-store", "public", password), ("certificate", "public", None)];
        assert_eq!(outline(&read(name)), expected, "{name}");
    }
}

#[test]
fn a_symmetric_key_of_keytool_is_read() {
    let materials = read("secret");
    let key = &materials[1];
    assert_eq!(outline(&materials)[1], ("secret-key", "encrypted", Some("changeit")));
    assert_eq!((key.algorithm.as_deref(), key.bits), (Some("aes"), Some(256)));
    assert_eq!(key.alias.as_deref(), Some("data"));
    assert!(key.key_id.as_ref().unwrap().starts_with("sym-sha256:"));
}

#[test]
fn a_mac_of_pbmac1_tells_the_password() {
    let materials = read("pbmac1");
    assert_eq!(
        outline(&materials),
        [
            ("key-store", "plaintext", Some("changeit")),
            ("certificate", "public", None),
            ("private-key", "plaintext", None)
        ]
    );
    assert_eq!(materials[0].protection.kdf.as_deref(), Some("pbkdf2-hmac-sha512"));
    assert_eq!(materials[0].protection.iterations, Some(1500));
}

#[test]
fn indefinite_lengths_and_pieces_are_read() {
    // The PFX in BER: indefinite lengths outside, the safe in two pieces.
    let bytes = fixture("plain-nomac");
    let mut pfx = element(&bytes).unwrap().reader();
    pfx.any().unwrap();
    let mut info = pfx.sequence().unwrap();
    info.any().unwrap();
    let safe = Reader::new(info.content(explicit(0)).unwrap()).octets().unwrap();
    let (head, tail) = safe.split_at(100);
    let piece = |bytes: &[u8]| crate::identity::der(OCTET_STRING, &[bytes]);
    let data = crate::identity::der(OID, &[PKCS7, &[DATA]]);
    let ber = [
        &b"\x30\x80\x02\x01\x03\x30\x80"[..],
        &data,
        b"\xa0\x80\x24\x80",
        &piece(head),
        &piece(tail),
        &[0; 8],
    ]
    .concat();
    let whole = element(&ber).unwrap();
    assert_eq!(whole.whole.len(), ber.len());
    assert_eq!(
        outline(&store(whole.content, "der", Attempts::new()).unwrap()),
        outline(&read("plain-nomac"))
    );
    assert_eq!(crate::rows::run(&crate::formats::der::ROW, &ber).len(), 3);
}

#[test]
fn any_bytes_are_survived() {
    // Each attempt at a MAC costs; where there is none, more can be tried.
    for (name, step) in [("certs-plain", 41), ("plain-nomac", 1), ("truststore-plain", 29)] {
        let bytes = fixture(name);
        for at in (0..bytes.len()).step_by(step) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x41;
            if let Some(whole) = element(&changed) {
                let _store = store(whole.content, "der", Attempts::new());
            }
            let _store = store(&bytes[4..4 + at.min(bytes.len() - 4)], "der", Attempts::new());
        }
    }
}
