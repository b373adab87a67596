//! Every kind of key and envelope, as tools write them: `testdata/unit/asn1/make.sh` made the
//! files and says with which tools.

use super::*;
use crate::{formats::pbe, rows};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/testdata/unit/asn1/{name}", env!("CARGO_MANIFEST_DIR"));
    #[expect(clippy::disallowed_methods, reason = "fixtures are files")]
    std::fs::read(path).unwrap()
}

fn one(bytes: &[u8]) -> Material {
    let (_, mut materials) =
        any(bytes, "pem").unwrap_or_else(|_| panic!("rejected: {:x?}", &bytes[..24]));
    assert_eq!(materials.len(), 1);
    materials.remove(0)
}

/// Columns of expect.tsv, with `-` for what is not known.
fn columns(material: &Material) -> Vec<String> {
    let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let number = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
    let key_id = material.key_id.as_deref().filter(|id| id.starts_with("spki-sha256:"));
    let protection = &material.protection;
    vec![
        text(material.envelope.as_deref()),
        material.class.name().to_owned(),
        material.label.name().to_owned(),
        text(material.algorithm.as_deref()),
        number(material.bits.map(u64::from)),
        text(material.curve.as_deref()),
        text(key_id),
        text(protection.kdf.as_deref()),
        number(protection.iterations),
        text(protection.cipher.as_deref()),
        text(material.password),
    ]
}

fn rows_of_expect() -> Vec<(String, Vec<String>)> {
    let expect = String::from_utf8(fixture("expect.tsv")).unwrap();
    let row = |line: &str| {
        let mut fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
        fields.resize(12, "-".to_owned());
        (fields.remove(0), fields)
    };
    expect.lines().map(row).collect()
}

#[test]
fn every_algorithm_and_envelope_is_read_under_any_label() {
    let expect = rows_of_expect();
    assert!(expect.len() > 90);
    for (name, expected) in expect {
        assert_eq!(columns(&one(&fixture(&name))), expected, "{name}");
    }
}

#[test]
fn every_key_is_found_in_the_middle_of_other_bytes() {
    for (name, expected) in rows_of_expect() {
        let key = fixture(&name);
        let padding = [&b"\x7fELF\x30\x82\0\0"[..], &[0; 100], b"\x30\x30"].concat();
        let bytes = [&padding[..], &key, b"\0\x30\x82 and more"].concat();
        let found = rows::run(&ROW, &bytes);
        if expected[0] == "pkcs1-public" {
            assert!(found.is_empty(), "two numbers may be anything");
            continue;
        }
        assert_eq!(found.len(), 1, "{name}");
        assert_eq!(found[0].0, padding.len()..padding.len() + key.len(), "{name}");
        assert_eq!(columns(&found[0].1), expected, "{name}");
    }
}

#[test]
fn a_file_that_is_one_key_is_found_without_a_needle() {
    for (name, expected) in rows_of_expect() {
        let mut found = Found::default();
        let bytes = [&fixture(&name)[..], b"\r\n"].concat();
        head(Unit::whole(&bytes), &mut found);
        let found = found.materials();
        assert_eq!(found.len(), 1, "{name}");
        assert_eq!((found[0].0.end, columns(&found[0].1)), (bytes.len() - 2, expected), "{name}");
        let mut none = Found::default();
        head(Unit::whole(&[&bytes[..], b"more"].concat()), &mut none);
        assert!(none.items.is_empty(), "{name}");
    }
}

#[test]
fn passwords_are_tried_on_the_first_keys_of_a_heap_only() {
    let heap = [&[0; 8][..], &fixture("aes256.sealed.der").repeat(40)].concat();
    let found = rows::run(&ROW, &heap);
    assert_eq!(found.len(), 40);
    assert_eq!(found.iter().filter(|(_, key)| key.password.is_some()).count(), 32);
}

#[test]
fn a_key_cut_short_is_truncated() {
    for (name, expected) in rows_of_expect() {
        let key = fixture(&name);
        let cut = &key[..key.len() - 5];
        if expected[0] == "pkcs1-public" {
            continue;
        }
        let material = one(cut);
        assert_eq!(material.label, Label::Truncated, "{name}");
        assert_eq!(material.envelope.as_deref(), Some(expected[0].as_str()), "{name}");
        assert_eq!(material.class.name(), expected[1], "{name}");
        assert_eq!(material.protection.kdf.as_deref().unwrap_or("-"), expected[7], "{name}");
        if expected[0] == "pkcs8" {
            assert_eq!(material.algorithm.as_deref(), Some(expected[3].as_str()), "{name}");
        }
    }
    let half = one(&fixture("rsa.pkcs1.der")[..300]);
    assert_eq!((half.algorithm.as_deref(), half.bits), (Some("rsa"), Some(1024)));
    let early = one(&fixture("rsa.pkcs1.der")[..60]);
    assert_eq!((early.algorithm, early.bits), (None, None), "DSA begins like that, too");
    let dsa = one(&fixture("dsa.traditional.der")[..200]);
    assert_eq!(dsa.envelope.as_deref(), Some("dsa-traditional"));
}

#[test]
fn at_the_end_of_a_file_a_key_may_be_cut_but_not_in_a_window() {
    let key = fixture("rsa.pkcs8.der");
    let bytes = [&[0; 50][..], &key[..400]].concat();
    let found = rows::run(&ROW, &bytes);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0.clone(), found[0].1.label), (50..450, Label::Truncated));

    let mut none = Found::default();
    let unit = Unit { bytes: &bytes, at_start: true, at_end: false, decoded: false };
    find(unit, 54..58, &mut none);
    assert!(none.materials().is_empty());
    assert!(rows::run(&ROW, &bytes[..100]).is_empty(), "too little to be sure");
}

#[test]
fn identifiers_and_templates_are_no_keys() {
    // Prefixes that programs put before raw keys, followed by something else of theirs.
    let ed25519 = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    let p256 = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04";
    for prefix in [&ed25519[..], p256] {
        for filling in
            [[0u8; 80].to_vec(), b"expected 32 bytes, found another number of them".repeat(2)]
        {
            assert!(rows::run(&ROW, &[prefix, &filling].concat()).is_empty());
        }
    }
    let off_curve: Vec<u8> = (0u8..80).map(|i| i.wrapping_mul(97) ^ 0x35).collect();
    assert!(rows::run(&ROW, &[&p256[..], &off_curve].concat()).is_empty());
    assert_eq!(rows::run(&ROW, &[&ed25519[..], &off_curve].concat()).len(), 1);
}

#[test]
fn messages_of_other_protocols_are_no_keys() {
    // SNMP version 2c: version 1, a community, a request.
    let snmp = b"\x30\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x04\x12\x34\x56\x78\x02\x01\0\x02\x01\0\x30\x0b\x30\x09\x06\x05\x2b\x06\x01\x02\x01\x05\0";
    assert!(any(snmp, "pem").is_err());
    // A DigestInfo of SHA-256, and one of MD5.
    let sha256 = [
        &b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\0\x04\x20"[..],
        &[7; 32],
    ]
    .concat();
    assert!(any(&sha256, "pem").is_err());
    let md5 =
        [&b"\x30\x20\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05\x05\0\x04\x10"[..], &[7; 16]]
            .concat();
    assert!(any(&md5, "pem").is_err());
    for none in
        [&b""[..], b"\x30", b"\x30\0", b"\x30\x80\0\0", b"\x04\x02ab", b"\x30\x03\x02\x01\0"]
    {
        assert!(any(none, "pem").is_err());
    }
}

#[test]
fn domain_parameters_are_no_public_key() {
    let (_, rsa) = (0, fixture("rsa.pkcs1-public.der"));
    assert!(any(&rsa, "pem").is_ok());
    // The group of ffdhe2048 as PKCS#3 has it: the prime and a generator, here 5.
    let dh = fixture("dh.spki.der");
    let p = dh.windows(4).position(|w| w == b"\x02\x82\x01\x01").unwrap();
    let p = &dh[p..p + 4 + 257];
    for generator in [2, 5] {
        let mut pair = vec![0x30, 0x82, 1, 8];
        pair.extend_from_slice(p);
        pair.extend([2, 1, generator]);
        assert!(any(&pair, "pem").is_err(), "{generator}");
    }
}

#[test]
fn a_public_half_beside_the_key_serves_where_none_can_be_computed() {
    let (private, public) =
        (fixture("brainpoolP384t1.pkcs8.der"), fixture("brainpoolP384t1.spki.der"));
    assert_eq!(one(&private).key_id, one(&public).key_id);
    // The same key without its public half: `[1]` of ECPrivateKey at the end is cut away.
    let inner = private.windows(3).position(|w| w == b"\xa1\x64\x03").unwrap();
    let scalar = &private[private.windows(2).position(|w| w == b"\x04\x30").unwrap()..inner];
    let ec = crate::identity::der(0x30, &[b"\x02\x01\x01", scalar]);
    let algorithm = &private[private.windows(2).position(|w| w == b"\x30\x14").unwrap()..][..22];
    let bare =
        crate::identity::der(0x30, &[b"\x02\x01\0", algorithm, &crate::identity::der(4, &[&ec])]);
    let bare = one(&bare);
    assert_eq!(bare.curve.as_deref(), Some("brainpoolP384t1"));
    assert!(bare.key_id.unwrap().starts_with("private-sha256:"));
}

#[test]
fn an_algorithm_without_a_name_keeps_its_number() {
    // PKCS#8 of 1.3.6.1.4.1.99999.1, and the same with a public half (RFC 5958).
    let oid = b"\x30\x0b\x06\x09\x2b\x06\x01\x04\x01\x86\x8d\x1f\x01";
    let key: Vec<u8> = (0u8..48).map(|i| i.wrapping_mul(151) ^ 0xa7).collect();
    let private = crate::identity::der(4, &[&key]);
    let v1 = crate::identity::der(0x30, &[b"\x02\x01\0", oid, &private]);
    let v2 = crate::identity::der(0x30, &[b"\x02\x01\x01", oid, &private, b"\xa0\0\x81\x04\0abc"]);
    let (v1, v2) = (one(&v1), one(&v2));
    assert_eq!(v1.algorithm.as_deref(), Some("1.3.6.1.4.1.99999.1"));
    assert_eq!(v1.label, Label::Plaintext);
    assert!(v1.key_id.unwrap().starts_with("private-sha256:"));
    assert!(v2.key_id.unwrap().starts_with("spki-sha256:"));
}

#[test]
fn what_follows_an_element_is_not_of_it() {
    let mut key = fixture("P-256.pkcs8.der");
    let length = key.len();
    key.extend(b"\n\n");
    assert_eq!(any(&key, "pem").map(|(length, _)| length), Ok(length));
}

#[test]
fn certificates_say_subject_and_end() {
    let certificate = one(&fixture("P-256.cert.der"));
    assert_eq!(certificate.subject.as_deref(), Some("CN=P-256.example,O=Keylint tests,C=DE"));
    let end = certificate.not_after.unwrap();
    assert!(end.starts_with("21") && end.ends_with('Z') && end.len() == 20, "{end}");
    assert_eq!(
        one(&fixture("rsa.csr.der")).subject.as_deref(),
        Some("CN=rsa.example,O=Keylint tests,C=DE")
    );
}

#[test]
fn well_known_passwords_do_not_open_what_costs_too_much() {
    let costly = one(&fixture("costly.sealed.der"));
    assert_eq!(costly.protection.iterations, Some(2_000_000));
    assert!(costly.key_id.unwrap().starts_with("sealed-sha256:"));
    let mut attempts = pbe::Attempts::new();
    assert_eq!(attempts.spend(u64::MAX), None);
}

#[test]
fn any_bytes_are_survived() {
    let names: Vec<String> = rows_of_expect().into_iter().map(|(name, _)| name).collect();
    for name in names.iter().filter(|name| !name.contains("sealed")) {
        let key = fixture(name);
        for end in (0..key.len()).step_by(1 + key.len() / 100) {
            let _any = any(&key[..end], "pem");
        }
        for at in (0..key.len()).step_by(1 + key.len() / 40) {
            for bit in [0x01, 0x80, 0xff] {
                let mut changed = key.clone();
                changed[at] ^= bit;
                let _any = any(&changed, "pem");
            }
        }
    }
}

#[test]
fn sealed_keys_with_changed_parameters_are_survived() {
    for name in ["aes256", "scrypt", "sha1-rc2-40", "rc2", "md5-des"] {
        let key = fixture(&format!("{name}.sealed.der"));
        for at in 0..key.len().min(130) {
            let mut changed = key.clone();
            changed[at] ^= 1 << (at % 8);
            let _none = whole(&changed, "pem", Grounds::Label, Attempts::none());
            if at % 10 == 3 {
                let _any = any(&changed, "pem");
            }
            let _cut = any(&key[..at], "pem");
        }
    }
}

#[test]
fn hostile_repetition_costs_little() {
    // Beginnings that promise much, one inside another or hidden in a string of another.
    let patterns: [&[u8]; 6] = [
        b"\x30\x82\xff\xff\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\0\x04\x82\xff\0",
        b"\x30\x80\x02\x01\x03\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80\x04\x01a",
        b"\x04\x1a\x30\x80\x02\x01\x03\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80\x04\x01a",
        b"\x30\x30\x02\x01\0\x02",
        b"\x30\x82\x7f\xff\x30\x82\x7f\xf0\xa0\x03\x02\x01\x02\x02\x01\x01\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02",
        b"\x30\x82\x7f\xff\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\0\x03\x82\x7f\xec\0",
    ];
    for pattern in patterns {
        let bytes = [pattern.repeat(200_000 / pattern.len()), b"\x04\x01a".repeat(50_000)].concat();
        rows::run(&ROW, &bytes);
    }
}
