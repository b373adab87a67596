//! Registers built from facts, written, read back, and compared.

use super::*;
use crate::{
    fact::{Fact, Field, Kind, Site},
    ledger::{Ledger, Skip},
};

fn fact(path: &str, offset: u64, key: Option<char>, class: &str, label: &str) -> Fact {
    let site = Site { path: path.into(), line: offset / 10 + 1, offset, ..Site::default() };
    let id = key.map(|digit| format!("spki-sha256:{}", String::from(digit).repeat(64)));
    Fact::new(Kind::Material, site)
        .with(Field::Format, "pem")
        .with(Field::Class, class)
        .with(Field::Label, label)
        .with(Field::Algorithm, "rsa")
        .with(Field::Bits, 2048_u32)
        .with(Field::Strength, 112_u32)
        .with_some(Field::KeyId, id)
}

fn private(path: &str, key: char, label: &str) -> Fact {
    fact(path, 0, Some(key), "private-key", label)
}

fn register(facts: &[Fact]) -> Register {
    build(facts, &Ledger::default())
}

fn partial(facts: &[Fact], unreadable: &str) -> Register {
    let skips = vec![Skip::new(unreadable, Reason::Unreadable)];
    build(facts, &Ledger { skips, ..Ledger::default() })
}

/// The changes, each with the last letter of its key.
fn changes(old: &Register, new: &Register) -> Vec<(Change, char)> {
    diff(old, new).changes.iter().map(|c| (c.change, c.key.chars().last().unwrap())).collect()
}

fn samples() -> Vec<Fact> {
    let certificate = fact("tls/server.crt", 0, Some('a'), "certificate", "public")
        .with(Field::Subject, "CN=server\u{202e}")
        .with(Field::NotAfter, "2027-01-02T03:04:05Z");
    let encrypted = private("tls/server.key", 'a', "encrypted")
        .with(Field::Cipher, "aes-256-cbc")
        .with(Field::Kdf, "pbkdf2-hmac-sha256")
        .with(Field::Iterations, 2048_u32);
    let mut plain = private("old/é #1.key", 'b', "plaintext").with(Field::Alias, "mykey");
    plain.count = 12;
    plain.sites.push(Site { line: 99, offset: 990, ..plain.site().clone() });
    vec![
        certificate,
        encrypted,
        plain,
        fact("tls/pub.pem", 0, Some('a'), "public-key", "public"),
        fact("broken.pem", 30, None, "private-key", "unparsed"),
        fact("broken.pem", 90, None, "private-key", "stub"),
    ]
}

#[test]
fn facts_of_one_key_are_one_entry_with_its_certificates_and_worst_protection() {
    let register = register(&samples());
    assert_eq!(register.keys.len(), 4);
    let key = &register.keys[0];
    assert_eq!(key.places.len(), 3);
    assert_eq!(key.protection, "encrypted");
    assert_eq!(key.certificates.len(), 1);
    assert_eq!(register.keys[1].places[0].count, 12);
    assert_eq!(register.keys[2].id, "unidentified:broken.pem#pem#private-key#1");
    assert_eq!(register.keys[2].protection, "unparsed");
    assert!(!register.keys[2].is_identified());
}

#[test]
fn the_order_of_facts_does_not_matter() {
    let mut facts = samples();
    let forward = register(&facts);
    facts.reverse();
    assert_eq!(register(&facts), forward);
}

#[test]
fn a_well_known_password_protects_nothing() {
    let opened = private("x.p12", 'c', "encrypted").with(Field::Password, "changeit");
    assert_eq!(register(&[opened]).keys[0].protection, "plaintext");
}

#[test]
fn both_forms_read_back_as_they_were() {
    for register in [register(&samples()), partial(&samples(), "vault"), register(&[])] {
        let mut own = Vec::new();
        register.write(&mut own).unwrap();
        assert_eq!(Register::read(&own, "r.json").unwrap(), register);
        let mut bom = Vec::new();
        write_cyclonedx(&register, "0.1.0", &mut bom).unwrap();
        assert_eq!(Register::read(&bom, "bom.json").unwrap(), register);
        assert!(diff(&register, &Register::read(&bom, "bom.json").unwrap()).is_empty());
    }
}

#[test]
fn no_value_is_ever_written() {
    let mut bom = Vec::new();
    write_cyclonedx(&register(&samples()), "0.1.0", &mut bom).unwrap();
    let bom: serde_json::Value = serde_json::from_slice(&bom).unwrap();
    for component in bom["components"].as_array().unwrap() {
        let related = &component["cryptoProperties"]["relatedCryptoMaterialProperties"];
        assert_eq!(related.get("value"), None);
    }
}

#[test]
fn a_foreign_bom_is_read_as_far_as_it_goes() {
    let bom = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"tools":[]},
        "components":[
        {"type":"library","name":"openssl"},
        {"type":"cryptographic-asset","name":"RSA-2048","bom-ref":"alg",
         "cryptoProperties":{"assetType":"algorithm","algorithmProperties":{"primitive":"pke"}}},
        {"type":"cryptographic-asset","name":"key","bom-ref":"k",
         "evidence":{"occurrences":[{"location":"/etc/k.pem"}]},
         "cryptoProperties":{"assetType":"related-crypto-material",
         "relatedCryptoMaterialProperties":{"type":"private-key","algorithmRef":"alg","size":2048}}}]}"#;
    let register = Register::read(bom.as_bytes(), "bom.json").unwrap();
    assert_eq!(register.keys.len(), 1);
    assert_eq!(register.keys[0].nature.algorithm.as_deref(), Some("rsa-2048"));
    assert_eq!(register.keys[0].places[0].path, "/etc/k.pem");
}

#[test]
fn what_is_no_register_is_refused_with_its_place() {
    let message = |text: &str| Register::read(text.as_bytes(), "r.json").unwrap_err().to_string();
    assert!(message("{\n\n]").starts_with("r.json:3: this is no register"));
    assert!(message("{}").contains("neither"));
    assert!(message(r#"{"keylint":"report","version":1}"#).contains("a keylint report"));
    assert!(message(r#"{"keylint":"register","version":9}"#).contains("version 9"));
}

#[test]
fn a_register_does_not_differ_from_itself() {
    let register = register(&samples());
    assert!(diff(&register, &register).is_empty());
}

#[test]
fn added_and_removed_keys_are_told() {
    let (old, new) =
        (register(&[private("a", 'a', "plaintext")]), register(&[private("b", 'b', "encrypted")]));
    assert_eq!(changes(&old, &new), [(Change::Added, 'b'), (Change::Removed, 'a')]);
}

#[test]
fn a_key_that_an_incomplete_scan_did_not_see_is_unknown_not_removed() {
    let old = register(&[private("a", 'a', "plaintext"), private("b", 'b', "plaintext")]);
    let new = partial(&[private("b", 'b', "plaintext")], "elsewhere");
    assert_eq!(changes(&old, &new), [(Change::Unknown, 'a')]);
}

#[test]
fn a_place_that_was_left_out_this_time_is_unknown_not_gone() {
    let old = register(&[private("vendor/a", 'a', "plaintext"), private("b", 'a', "plaintext")]);
    let skips = vec![Skip::new("vendor/", Reason::Excluded)];
    let new = build(&[private("b", 'a', "plaintext")], &Ledger { skips, ..Ledger::default() });
    assert!(new.complete);
    assert_eq!(changes(&old, &new), [(Change::Unknown, 'a')]);
}

#[test]
fn a_key_that_lost_its_protection_is_newly_in_plain_text() {
    let old = register(&[private("a", 'a', "encrypted")]);
    let new = register(&[private("a", 'a', "plaintext")]);
    assert_eq!(changes(&old, &new), [(Change::NewlyPlaintext, 'a')]);
    assert!(changes(&new, &old).is_empty(), "better protection is no alarm");
}

#[test]
fn a_public_key_whose_private_key_turns_up_in_plain_text_is_told() {
    let public = fact("a.pub", 0, Some('a'), "public-key", "public");
    let old = register(std::slice::from_ref(&public));
    let new = register(&[public, private("a", 'a', "plaintext")]);
    assert_eq!(changes(&old, &new), [(Change::NewlyPlaintext, 'a'), (Change::NewPlace, 'a')]);
}

#[test]
fn weaker_forms_and_fewer_iterations_are_weaker_protection() {
    let old = register(&[private("a", 'a', "wrapped")]);
    let new = register(&[private("a", 'a', "encrypted")]);
    assert_eq!(changes(&old, &new), [(Change::ProtectionWeakened, 'a')]);
    let derived = |iterations: u32| {
        let key = private("a", 'a', "encrypted").with(Field::Kdf, "scrypt");
        register(&[key.with(Field::Iterations, iterations)])
    };
    let weakened = changes(&derived(32768), &derived(1024));
    assert_eq!(weakened, [(Change::ProtectionWeakened, 'a')]);
    assert!(changes(&derived(1024), &derived(32768)).is_empty());
}

#[test]
fn another_key_in_the_same_place_is_told_once() {
    let old = register(&[private("a", 'a', "encrypted")]);
    let weak = private("a", 'b', "plaintext").with(Field::Strength, 80_u32);
    let new = register(&[weak]);
    assert_eq!(
        changes(&old, &new),
        [
            (Change::NewlyPlaintext, 'b'),
            (Change::MaterialChanged, 'b'),
            (Change::StrengthLowered, 'b')
        ]
    );
}

#[test]
fn a_key_put_before_others_does_not_look_like_a_substitution() {
    let at = |offset, key| fact("bundle", offset, Some(key), "private-key", "plaintext");
    let old = register(&[at(0, 'a'), at(100, 'b')]);
    let new = register(&[at(0, 'c'), at(100, 'a'), at(200, 'b')]);
    assert_eq!(changes(&old, &new), [(Change::Added, 'c')]);
}

#[test]
fn keys_are_called_by_what_they_are() {
    let called = |algorithm: &str, curve: Option<&str>, class: &str| {
        let key = fact("a", 0, Some('a'), class, "public").with(Field::Algorithm, algorithm);
        super::name::what(&register(&[key.with_some(Field::Curve, curve)]).keys[0])
    };
    assert_eq!(called("rsa", None, "private-key"), "RSA-2048 private key");
    assert_eq!(called("ec", Some("P-256"), "certificate"), "EC P-256 certificate");
    assert_eq!(called("ml-kem", Some("ML-KEM-768"), "public-key"), "ML-KEM-768 public key");
    assert_eq!(called("ed25519", None, "public-key"), "Ed25519 public key");
}

#[test]
fn a_scan_of_here_and_one_of_dot_see_the_same_places() {
    let (old, new) = (private("./x/a", 'a', "public"), private("x/a", 'a', "public"));
    assert!(diff(&register(&[old]), &register(&[new])).is_empty());
}

#[test]
fn of_two_forms_in_one_file_the_most_exposed_counts() {
    let both =
        [private("a", 'a', "encrypted"), fact("a", 50, Some('a'), "private-key", "plaintext")];
    let old = register(&both[..1]);
    assert_eq!(changes(&old, &register(&both)), [(Change::NewlyPlaintext, 'a')]);
}

#[test]
fn a_copy_and_a_move_are_told_as_places() {
    let old = register(&[private("a", 'a', "plaintext")]);
    let copied = register(&[private("a", 'a', "plaintext"), private("b", 'a', "plaintext")]);
    assert_eq!(changes(&old, &copied), [(Change::NewPlace, 'a')]);
    assert_eq!(changes(&copied, &old), [(Change::PlaceGone, 'a')]);
}

#[test]
fn a_line_that_moved_is_no_change() {
    let old = register(&[fact("a", 0, Some('a'), "private-key", "plaintext")]);
    let new = register(&[fact("a", 500, Some('a'), "private-key", "plaintext")]);
    assert!(diff(&old, &new).is_empty());
}

#[test]
fn every_form_of_a_difference_tells_every_change_and_is_safe_to_show() {
    let hostile = "x|\u{202e}`\n# <b>";
    let old = register(&[private(hostile, 'a', "encrypted"), private("gone", 'c', "public")]);
    let new = partial(&[private(hostile, 'b', "plaintext"), private("n", 'd', "plaintext")], "z");
    let diff = diff(&old, &new);
    for row in DIFF_TABLE {
        let mut out = Vec::new();
        (row.render)(&diff, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains('\u{202e}'), "{text}");
        let told = match row.name {
            "json" => text.matches("\"change\":").count(),
            "markdown" => text.lines().filter(|line| line.starts_with("| ")).count() - 1,
            "sarif" => text.matches("\"baselineState\":").count(),
            _ => text.lines().filter(|line| line.starts_with("  spki-")).count(),
        };
        assert_eq!(told, diff.changes.len(), "{}: {text}", row.name);
        let cautious =
            text.contains("may still be there") || text.contains("\"new_complete\": false");
        assert!(cautious, "{text}");
        let mut none = Vec::new();
        (row.render)(&super::diff(&old, &old), &mut none).unwrap();
        assert!(!none.is_empty());
    }
    assert!(DIFF_TABLE.is_sorted_by(|a, b| a.name < b.name));
}
