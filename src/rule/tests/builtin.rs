//! The built-in rules, on facts made by hand. Their own examples run through the whole pipeline
//! in the integration tests.

use std::collections::BTreeSet;

use super::*;
use crate::{
    rule::{index, load, page, profile_page, source::builtin, vocabulary},
    settings::providers::Providers,
};

const PROFILES: [&str; 4] = ["default", "pci-dss-4.0.1", "cnsa-2.0", "strict"];

fn key(class: &str, label: &str) -> Fact {
    material().with(Field::Class, class).with(Field::Label, label).with(Field::Format, "pem")
}

fn encrypted(kdf: &str, iterations: u64, cipher: &str) -> Fact {
    key("private-key", "encrypted")
        .with(Field::Kdf, kdf)
        .with(Field::Iterations, iterations)
        .with(Field::Cipher, cipher)
}

fn of_strength(class: &str, algorithm: &str, strength: u64) -> Fact {
    key(class, "public").with(Field::Algorithm, algorithm).with(Field::Strength, strength)
}

fn link(kind: Kind, labels: &[&str], environments: &[&str]) -> Fact {
    let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    Fact::new(kind, Site::default())
        .with(Field::Labels, list(labels))
        .with(Field::Environments, list(environments))
}

#[track_caller]
fn judged_under(profile: &str, fact: &Fact, expected: &[(&str, &str)]) {
    let rules = RuleSet::load(&[], profile).unwrap();
    let (fired, undecided) = fired(&rules, fact);
    let fired: Vec<(&str, &str)> =
        fired.iter().map(|(id, severity)| (id.as_str(), severity.name())).collect();
    assert_eq!(fired, expected);
    assert_eq!(undecided, 0);
}

#[track_caller]
fn judged(fact: &Fact, expected: &[(&str, &str)]) {
    judged_under("default", fact, expected);
}

#[test]
fn every_rule_loads_under_every_profile() {
    for profile in PROFILES {
        let rules = RuleSet::load(&[], profile).unwrap();
        assert_eq!(rules.rules.len(), RuleSet::builtin().rules.len(), "{profile}");
        assert!(rules.rules.is_sorted_by_key(|rule| &rule.id));
        for kind in Kind::ALL {
            // Compiles every condition.
            let _fields = rules.of_kind(kind);
        }
    }
}

#[test]
fn what_is_built_in_is_read_without_its_yaml() {
    let mut sources = builtin();
    sources.iter_mut().for_each(|source| source.text = "".into());
    assert!(Providers::read(&sources).is_ok());
    assert!(load::rule_set(sources, "default").is_ok());
}

#[test]
fn every_rule_says_what_it_must() {
    for rule in RuleSet::builtin().rules {
        let id = &rule.id;
        let directory = rule.on.name().split('.').next().unwrap();
        assert_eq!(rule.place, format!("rules/{directory}/{id}.yaml:1"));
        let pci = rule.requirements.iter().any(|one| one.standard == "PCI-DSS-4.0.1");
        assert!(pci, "{id} names no requirement of PCI DSS");
        assert!(!rule.cwe.is_empty() && !rule.references.is_empty(), "{id}");
        assert!(rule.title.len() <= 80 && !rule.title.ends_with('.'), "{id}");
        for text in [&rule.why, &rule.fix] {
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{id} has long lines");
        }
        assert!(
            rule.fires.iter().chain(&rule.silent).all(|example| example.note.is_some()),
            "{id}"
        );
        let mut adjusted = BTreeSet::new();
        assert!(rule.adjust.iter().all(|one| adjusted.insert(&one.because)), "{id}");
        for field in rule.message.fields() {
            assert!(field != Field::KeyId, "{id}: an identity says nothing to a reader");
        }
    }
}

#[test]
fn plaintext_keys_are_critical_and_less_so_where_they_are_not_relied_on() {
    let plain = key("private-key", "plaintext");
    let published = plain.clone().with(Field::Published, "RFC 8410");
    judged(&plain, &[("plaintext-private-key", "critical")]);
    for (environment, severity) in
        [("production", "critical"), ("staging", "critical"), ("test", "high"), ("docs", "medium")]
    {
        let fact = plain.clone().with(Field::Environment, environment);
        judged(&fact, &[("plaintext-private-key", severity)]);
    }
    judged(&published, &[("plaintext-private-key", "low"), ("published-key-used", "high")]);
    judged(
        &published.with(Field::Environment, "production"),
        &[("plaintext-private-key", "critical"), ("published-key-used", "critical")],
    );
    judged(&key("secret-key", "plaintext"), &[("plaintext-secret-key", "critical")]);
    for label in ["encrypted", "wrapped", "stub", "public"] {
        judged(&key("private-key", label), &[]);
        judged(&key("secret-key", label), &[]);
    }
    judged(&key("public-key", "public"), &[]);
    judged(&key("certificate", "public"), &[]);
}

#[test]
fn a_well_known_password_is_as_good_as_none() {
    let fact = encrypted("pbkdf2-hmac-sha256", 600_000, "aes-256-cbc");
    judged(&fact, &[]);
    judged(&fact.with(Field::Password, ""), &[("key-under-well-known-password", "critical")]);
    let trust_store = key("key-store", "public").with(Field::Password, "changeit");
    judged(&trust_store, &[]);
}

#[test]
fn weak_encryption_is_graded() {
    const ID: &str = "weak-key-encryption";
    for (kdf, iterations, cipher, severity) in [
        ("openssl-md5", 1, "aes-256-cbc", "high"),
        ("jks-sha1-xor", 1, "", "high"),
        ("pbkdf1-sha1", 2048, "rc2-64-cbc", "high"),
        ("jceks-pbe-md5-3des", 200_000, "des-ede3-cbc", "medium"),
        ("pbkdf2-hmac-sha256", 2048, "aes-256-cbc", "medium"),
        ("pbkdf2-hmac-sha1", 999, "aes-256-cbc", "high"),
        ("pbkdf2-hmac-sha256", 10_000, "aes-256-cbc", "low"),
        ("pbkdf2-hmac-sha256", 600_000, "des-ede3-cbc", "medium"),
        ("pbkdf2-hmac-sha256", 600_000, "des-cbc", "high"),
        ("pkcs12-sha1", 1, "aes-256-cbc", "high"),
        ("pkcs12-sha1", 2048, "aes-256-cbc", "medium"),
        ("openpgp-s2k-iterated-salted-sha1", 1024, "aes-128-cbc", "medium"),
        ("openpgp-s2k-simple-sha1", 1, "aes-128-cbc", "high"),
        ("scrypt", 1024, "aes-256-cbc", "medium"),
        ("bcrypt", 8, "aes-256-ctr", "medium"),
    ] {
        let fact = encrypted(kdf, iterations, cipher);
        judged(&fact, &[(ID, severity)]);
        judged(&fact.clone().with(Field::Environment, "test"), &[(ID, "low")]);
    }
    for (kdf, iterations, cipher) in [
        ("pbkdf2-hmac-sha256", 600_000, "aes-256-cbc"),
        ("scrypt", 16_384, "aes-256-cbc"),
        ("bcrypt", 16, "aes-256-ctr"),
        ("openpgp-s2k-iterated-salted-sha1", 65_011_712, "aes-128-cbc"),
        ("argon2id", 13, "aes-256-cbc"),
    ] {
        judged(&encrypted(kdf, iterations, cipher), &[]);
    }
    // What is not known of the protection decides nothing, and what is known suffices.
    judged(&key("private-key", "encrypted").with(Field::Kdf, "pbkdf2-hmac-sha256"), &[]);
    judged(&key("private-key", "encrypted").with(Field::Cipher, "des-cbc"), &[(ID, "high")]);
    // The keys of a store that opened are judged, and not the store again.
    let store = encrypted("pkcs12-sha1", 1, "rc2-40-cbc").with(Field::Class, "key-store");
    judged(&store, &[(ID, "high")]);
    judged(&store.with(Field::Password, "changeit"), &[]);
}

#[test]
fn weak_keys_and_retired_algorithms_are_told_apart() {
    judged(&of_strength("private-key", "rsa", 80), &[("key-below-strength-floor", "high")]);
    judged(&of_strength("certificate", "rsa", 80), &[("key-below-strength-floor", "medium")]);
    judged(&of_strength("private-key", "rsa", 112), &[]);
    judged(&of_strength("private-key", "dsa", 112), &[("deprecated-algorithm", "medium")]);
    judged(&of_strength("private-key", "dsa", 80), &[("deprecated-algorithm", "high")]);
    judged(&of_strength("public-key", "dsa", 112), &[("deprecated-algorithm", "low")]);
    judged(&of_strength("public-key", "ed25519", 128), &[]);
    judged(
        &key("secret-key", "wrapped").with(Field::Algorithm, "rc4"),
        &[("deprecated-algorithm", "medium")],
    );
    let test = of_strength("private-key", "rsa", 80).with(Field::Environment, "test");
    judged(&test, &[("key-below-strength-floor", "low")]);
}

#[test]
fn profiles_move_the_floor_and_the_severities() {
    let aes_128 = key("secret-key", "wrapped").with(Field::Algorithm, "aes");
    let aes_128 = aes_128.with(Field::Strength, 128u32);
    judged_under("cnsa-2.0", &aes_128, &[("key-below-strength-floor", "high")]);
    judged_under("pci-dss-4.0.1", &aes_128, &[]);
    let rsa = of_strength("private-key", "rsa", 128);
    judged_under("cnsa-2.0", &rsa, &[("deprecated-algorithm", "medium")]);
    judged_under("cnsa-2.0", &of_strength("private-key", "ml-dsa", 256), &[]);
    let weak = encrypted("pbkdf2-hmac-sha256", 2048, "aes-256-cbc");
    judged_under("pci-dss-4.0.1", &weak, &[("weak-key-encryption", "high")]);
}

#[test]
fn keys_that_everybody_may_read_are_told() {
    const ID: &str = "key-readable-by-everybody";
    let open = |class, label| key(class, label).with(Field::WorldReadable, true);
    judged(
        &open("private-key", "plaintext"),
        &[(ID, "medium"), ("plaintext-private-key", "critical")],
    );
    judged(&open("private-key", "encrypted"), &[(ID, "low")]);
    judged(&open("public-key", "public"), &[]);
    judged(&key("private-key", "encrypted").with(Field::WorldReadable, false), &[]);
}

#[test]
fn published_keys_are_graded_by_where_they_are() {
    let published = key("certificate", "public").with(Field::Published, "RFC 8410");
    judged(&published, &[("published-key-used", "high")]);
    for (environment, severity) in [("production", "critical"), ("test", "low"), ("docs", "info")] {
        let fact = published.clone().with(Field::Environment, environment);
        judged(&fact, &[("published-key-used", severity)]);
    }
}

#[test]
fn what_does_not_parse_is_a_quieter_finding() {
    judged(&key("private-key", "unparsed"), &[("unparsed-key-envelope", "medium")]);
    judged(&key("private-key", "truncated"), &[("truncated-key", "medium")]);
    judged(&key("certificate", "unparsed"), &[]);
    judged(&key("public-key", "truncated"), &[]);
    judged(&key("private-key", "stub"), &[]);
}

#[test]
fn links_are_judged() {
    const SAME: &str = "same-key-across-environments";
    const PAIR: &str = "private-key-beside-certificate";
    let same = |labels: &[&str], environments: &[&str]| link(Kind::SameKey, labels, environments);
    judged(&same(&["plaintext"], &["production", "test"]), &[(SAME, "high")]);
    judged(&same(&["encrypted"], &["staging", "test"]), &[(SAME, "medium")]);
    judged(&same(&["plaintext"], &["production"]), &[]);
    judged(&same(&["public"], &["production", "test"]), &[]);
    judged(&same(&["plaintext"], &[]), &[]);

    let pair = |labels: &[&str], environments: &[&str]| link(Kind::Pair, labels, environments);
    let beside = pair(&["plaintext", "public"], &["production"]).with(Field::SameDirectory, true);
    judged(&beside, &[(PAIR, "medium")]);
    judged(&beside.clone().with(Field::SameDirectory, false), &[]);
    judged(&pair(&["encrypted", "public"], &[]).with(Field::SameDirectory, true), &[]);
    let test = pair(&["plaintext"], &["test", "docs"]).with(Field::SameDirectory, true);
    judged(&test, &[(PAIR, "info")]);
}

#[test]
fn messages_are_one_plain_sentence() {
    let rules = RuleSet::builtin();
    let fact = key("private-key", "plaintext").with(Field::Algorithm, "rsa");
    let hits = crate::rule::judge(&rules, &[fact.with(Field::Bits, 2048u32)]).hits;
    assert_eq!(hits[0].message, "Private key in plaintext: rsa, 2048 bits, as pem");
    let bare = material().with(Field::Class, "private-key").with(Field::Label, "plaintext");
    assert_eq!(crate::rule::judge(&rules, &[bare]).hits[0].message, "Private key in plaintext");
}

#[test]
fn pages_show_all_of_it() {
    let rules = RuleSet::builtin();
    let weak = page(rules.get("weak-key-encryption").unwrap(), &rules.profile);
    for part in [
        "# weak-key-encryption\n",
        "- Severity: medium\n- Or: low, because the path belongs",
        "PCI DSS 4.0.1 requirement 3.6.1.2",
        "[CWE-326](https://cwe.mitre.org/data/definitions/326.html)",
        "## Why\n",
        "## Fix\n",
        "`min_pbkdf2_iterations`",
        "- Fires: PBKDF2 with 2,048 iterations, the default of OpenSSL (`deploy/staging/backup.pem`)",
        "- Stays silent: scrypt",
        "## References\n",
    ] {
        assert!(weak.contains(part), "{part} is not in\n{weak}");
    }
    assert!(
        index(&rules).contains("| [truncated-key](truncated-key.md) | medium | A part of a key")
    );
    assert!(profile_page(&rules.profile).contains("| `min_strength` | 112 | NIST SP 800-131A"));
    let words = vocabulary();
    assert!(Field::ALL.iter().all(|field| words.contains(&format!("| `{field}` | "))));
    assert!(Kind::ALL.iter().all(|kind| words.contains(&format!("| `{}` | ", kind.name()))));
}

#[test]
fn no_page_prints_a_key() {
    let rules = RuleSet::builtin();
    let pages = rules
        .rules
        .iter()
        .map(|rule| page(rule, &rules.profile))
        .chain([index(&rules), vocabulary()]);
    for page in pages {
        assert!(!page.contains("-----BEGIN"), "{page}");
    }
}
