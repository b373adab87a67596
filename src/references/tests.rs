//! Names through the whole of `inspect`, against what was written down beside the fixtures.

use super::{TABLE, canonical};
use crate::{
    budget,
    fact::{Fact, Field, Kind},
    feed::Buffer,
    inspect,
    layers::Scope,
    settings::providers::Providers,
};

const NAMES: &str = include_str!("../../testdata/references/names.txt");
const EXPECTED: &str = include_str!("../../testdata/references/names.tsv");
const NO_NAMES: &str = include_str!("../../testdata/references/no-names.txt");

fn facts(bytes: &[u8]) -> Vec<Fact> {
    let mut buffer = Buffer::new();
    let scope = Scope::by(Providers::builtin());
    let found = inspect::reader("names.txt", &mut &bytes[..], &mut buffer, scope);
    found.facts.into_iter().filter(|fact| fact.kind == Kind::Reference).collect()
}

fn keys(text: &str) -> Vec<String> {
    facts(text.as_bytes()).iter().map(|fact| fact.text(Field::Key).unwrap().to_owned()).collect()
}

#[test]
fn every_name_of_the_fixture_is_read_as_written_down() {
    let mut found = Vec::new();
    for fact in facts(NAMES.as_bytes()) {
        let of = |field| fact.text(field).unwrap_or_default().to_owned();
        for site in &fact.sites {
            found.push((
                site.line,
                [
                    of(Field::Provider),
                    of(Field::Resource),
                    of(Field::Key),
                    of(Field::Alias),
                    of(Field::Name),
                    of(Field::Account),
                    of(Field::Region),
                    of(Field::Version),
                ]
                .join("\t"),
            ));
        }
    }
    found.sort();
    let found: Vec<String> = found.iter().map(|(line, rest)| format!("{line}\t{rest}")).collect();
    let expected: Vec<&str> = EXPECTED.lines().skip(1).collect();
    assert!(expected.len() > 40);
    let missing: Vec<&&str> = expected.iter().filter(|e| !found.iter().any(|f| f == *e)).collect();
    let surplus: Vec<&String> = found.iter().filter(|f| !expected.contains(&f.as_str())).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "missing {missing:#?} surplus {surplus:#?}");
}

#[test]
fn what_only_looks_like_a_name_is_none() {
    for line in NO_NAMES.lines() {
        assert_eq!(keys(line), [""; 0], "{line}");
    }
}

#[test]
fn all_spellings_of_one_key_are_one_key() {
    for spellings in [
        [
            "arn:aws:kms:eu-central-1:210987654321:key/9f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f",
            "9F1C2D3E-4A5B-6C7D-8E9F-0A1B2C3D4E5F",
            "awskms:///9f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f",
        ],
        [
            "arn:aws:kms:us-east-1:210987654321:key/mrk-a1b2c3d4e5f60718293a4b5c6d7e8f90",
            "arn:aws:kms:eu-west-1:210987654321:key/mrk-a1b2c3d4e5f60718293a4b5c6d7e8f90",
            "mrk-a1b2c3d4e5f60718293a4b5c6d7e8f90",
        ],
        [
            "projects/shop-prod-1/locations/global/keyRings/r/cryptoKeys/k",
            "gcp-kms://projects/shop-prod-1/locations/global/keyRings/r/cryptoKeys/k",
            "projects/shop-prod-1/locations/global/keyRings/r/cryptoKeys/k/cryptoKeyVersions/9",
        ],
        [
            "https://a-vault.vault.azure.net/keys/kek/0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            "https://A-Vault.vault.azure.net/keys/KEK",
            "azurekms://a-vault.vault.azure.net/kek",
        ],
        ["transit/keys/pan", "hashivault://pan", "https://vault:8200/v1/transit/sign/pan"],
        [
            "pkcs11:id=%01%02;object=kek;token=t",
            "pkcs11:token=%74;object=kek;id=%01%02;type=private?pin-value=1",
            "pkcs11:object=kek;id=%01%02;token=t;library-version=3",
        ],
    ] {
        let keys: Vec<String> =
            spellings.iter().map(|name| canonical(name).expect(name).key).collect();
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:#?}");
    }
}

#[test]
fn what_differs_is_another_key() {
    let names = [
        "arn:aws:kms:eu-central-1:210987654321:key/9f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f",
        "arn:aws:kms:eu-central-1:210987654321:key/9f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e50",
        "arn:aws:kms:eu-central-1:210987654321:alias/pan",
        "arn:aws:kms:eu-west-1:210987654321:alias/pan",
        "arn:aws:kms:eu-west-1:310987654321:alias/pan",
        "projects/shop-prod-1/locations/global/keyRings/r/cryptoKeys/k",
        "projects/shop-prod-2/locations/global/keyRings/r/cryptoKeys/k",
        "https://a-vault.vault.azure.net/keys/kek",
        "https://a-vault.vault.azure.net/secrets/kek",
        "https://a-vault.managedhsm.azure.net/keys/kek",
        "transit/keys/pan",
        "eu/transit/keys/pan",
        "pkcs11:object=kek;token=t",
        "pkcs11:object=kek;token=u",
    ];
    let keys: std::collections::BTreeSet<String> =
        names.iter().map(|name| canonical(name).expect(name).key).collect();
    assert_eq!(keys.len(), names.len());
}

#[test]
fn a_pin_is_neither_shown_nor_kept() {
    let text = "a: pkcs11:object=kek;token=t?pin-value=S3cretPin&x=1 \
                b: pkcs11:object=dek?pin-value=S3cretPin\n";
    let found = facts(text.as_bytes());
    assert_eq!(found.len(), 2);
    assert!(!format!("{found:?}").contains("S3cret"), "{found:?}");
    assert!(found[0].site().excerpt.text.contains("object=kek"), "{found:?}");
}

#[test]
fn equal_names_are_one_fact_with_a_count() {
    let line = NAMES.lines().nth(1).unwrap();
    let found = facts(format!("{line}\n").repeat(5000).as_bytes());
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].count, found[0].sites.len()), (5000, budget::SITES));
    assert_eq!(found[0].sites[7].line, 8);
}

#[test]
fn a_name_across_the_edge_of_a_window_is_found_once() {
    let name = "gcp-kms://projects/shop-prod-1/locations/europe-west3/keyRings/r/cryptoKeys/kek";
    for before in (0..name.len() + 2).step_by(3) {
        let filler = "x ".repeat((budget::WINDOW - before) / 2);
        let pad = " ".repeat(budget::WINDOW - before - filler.len());
        let text = format!("{filler}{pad}{name} {}", "y ".repeat(1 << 20));
        let found = facts(text.as_bytes());
        assert_eq!(found.len(), 1, "{before}");
        assert_eq!(found[0].count, 1, "{before}");
        assert_eq!(found[0].site().offset, (budget::WINDOW - before) as u64);
    }
}

#[test]
fn examples_of_documentation_are_marked() {
    let found = facts(NAMES.as_bytes());
    let marked: Vec<&str> = found
        .iter()
        .filter(|fact| fact.text(Field::Published).is_some())
        .map(|fact| fact.text(Field::Name).unwrap())
        .collect();
    assert_eq!(marked, ["example"]);
}

#[test]
fn a_name_in_binary_data_or_in_a_larger_word_is_none() {
    let name = "arn:aws:kms:eu-central-1:210987654321:key/9f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f";
    assert_eq!(keys(&format!("({name})")).len(), 1);
    assert_eq!(keys(&format!("\u{1}\u{2}{name}\u{0}")).len(), 0);
    assert_eq!(keys(&format!("{name}9")).len(), 0);
    assert_eq!(keys(&format!("x{name}")).len(), 0);
    assert_eq!(keys(&format!(r"line\n{name}\n")).len(), 1);
}

#[test]
fn a_name_in_encoded_text_is_read() {
    let line = NAMES.lines().nth(16).unwrap();
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(line.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let found = facts(&wide);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].text(Field::Provider), Some("google"));
    assert_eq!(found[0].site().decoded, ["utf-16"]);
}

#[test]
fn the_name_of_what_holds_it_is_read_in_many_notations() {
    let arn = "arn:aws:kms:eu-central-1:210987654321:key/9f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f";
    for (text, name) in [
        (format!("KEY={arn}"), Some("KEY")),
        (format!("export KEY=\"{arn}\""), Some("KEY")),
        (format!("  key: '{arn}'"), Some("key")),
        (format!("\"key\" : \"{arn}\","), Some("key")),
        (format!("{{\\\"key\\\":\\\"{arn}\\\"}}"), Some("key")),
        (format!("key = [\"{arn}\"]"), Some("key")),
        (format!("key => \"{arn}\""), Some("key")),
        (format!("config[\"key\"] = \"{arn}\""), Some("key")),
        (format!("<key>{arn}</key>"), Some("key")),
        (format!("tool --key {arn}"), Some("key")),
        (format!("tool --key={arn}"), Some("key")),
        (format!("see {arn} for it"), None),
        (format!("Key ARN: `{arn}`"), None),
        (format!("use this key: {arn}"), None),
        (format!("const KEY: &'static str = \"{arn}\";"), Some("KEY")),
        (format!("server.ssl.trust-store.kms-key={arn}"), Some("server.ssl.trust-store.kms-key")),
        (format!("<kms id=\"x\">{arn}</kms>"), Some("kms")),
        (format!("e.g.: {arn}"), None),
        (format!("<p>such as <code>{arn}</code>"), None),
        (format!("- {arn}"), None),
        (arn.to_owned(), None),
        // What may be a key is not the name of anything.
        (format!("dGhpc2lzYXNlY3JldGtleTEyMw: {arn}"), None),
    ] {
        let found = facts(text.as_bytes());
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].text(Field::Name), name, "{text}");
    }
}

#[test]
fn any_piece_of_the_fixtures_is_survived() {
    for line in NAMES.lines().chain(NO_NAMES.lines()) {
        for cut in (0..line.len()).step_by(5) {
            let (head, tail) = line.split_at(cut);
            facts(head.as_bytes());
            facts(tail.as_bytes());
            canonical(head);
            canonical(tail);
        }
    }
}

#[test]
fn the_table_is_sorted_and_every_row_has_needles() {
    assert!(TABLE.iter().all(|row| !row.text.is_empty() && row.binary.is_empty()));
    assert!(TABLE.is_sorted_by(|a, b| a.name < b.name));
}
