use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::*;
use crate::{
    date::Date,
    fact::{Field, Value},
    register::Change,
    rule::{RuleSet, judge},
};

const EXAMPLE: &str = include_str!("../../../testdata/register/key-register.yaml");
const SCHEMA: &str = include_str!("../../../docs/key-register.schema.json");

pub(super) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(super) fn read(text: &str) -> Approved {
    parse(FILE, text.as_bytes().to_vec())
        .map_or_else(|problem| panic!("{problem}"), |(read, _)| read)
}

/// Rules that fire on a register, with the line and what they say.
fn fired(text: &str, today: &str) -> Vec<(String, u64, String)> {
    let facts = facts(&read(text), day(today));
    let rules = RuleSet::builtin();
    let hits = judge(&rules, &facts).hits;
    let shown = |hit: &crate::rule::Hit| {
        let (rule, fact) = (&rules.rules[hit.rule], &facts[hit.fact]);
        let place = rule.at.and_then(|field| fact.places.get(&field));
        (rule.id.clone(), place.unwrap_or(fact.site()).line, hit.message.clone())
    };
    hits.iter().map(shown).collect()
}

#[test]
fn register_example_is_fine_until_a_key_is_due() {
    assert_eq!(fired(EXAMPLE, "2026-01-01"), []);
    let late = fired(EXAMPLE, "2026-07-01");
    let ids: Vec<&str> = late.iter().map(|(id, ..)| id.as_str()).collect();
    assert_eq!(ids, ["register-key-overdue", "register-exception-lapsed"]);
    assert_eq!(late[0].2, "pan-dek-2025 should have been replaced 30 days ago");
    let line = EXAMPLE.lines().position(|line| line.contains("rotate_by: 2026-06-01")).unwrap();
    assert_eq!(late[0].1, line as u64 + 1);
}

#[test]
fn register_with_an_unknown_word_is_refused_at_its_line() {
    for (text, line) in [
        (EXAMPLE.replace("    purpose: encrypts card", "    porpose: encrypts card"), "porpose"),
        (EXAMPLE.replace("size_bits: 256\n    strength", "size_bits: many\n    strength"), "many"),
        (EXAMPLE.replace("[custodian, approver]", "[custodian, aprover]"), "aprover"),
        (EXAMPLE.replace("version: 1", "version: 2"), "version: 2"),
    ] {
        let number = text.lines().position(|of| of.contains(line)).unwrap() + 1;
        let problem = parse(FILE, text.as_bytes().to_vec()).err().unwrap().to_string();
        assert!(problem.starts_with(&format!("{FILE}:{number}: ")), "{problem}");
    }
}

/// Something that fits a schema, with everything that it may have.
fn sample(schema: &Json) -> Json {
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    match schema["type"].as_str().unwrap() {
        "object" => {
            let properties = schema["properties"].as_object().unwrap();
            properties.iter().map(|(name, schema)| (name.clone(), sample(schema))).collect()
        }
        "array" => json!([sample(&schema["items"])]),
        "string" => match (schema.get("enum"), schema.get("pattern")) {
            (Some(words), _) => words[0].clone(),
            (None, Some(_)) => json!("2026-01-01"),
            (None, None) => json!("x"),
        },
        "integer" => json!(1),
        "boolean" => json!(true),
        other => panic!("{other}"),
    }
}

/// Ways to every object in a schema, as pointers into what [`sample`] makes.
fn objects<'a>(schema: &'a Json, at: &str, found: &mut Vec<(String, &'a Json)>) {
    match schema.get("type").and_then(Json::as_str) {
        Some("object") => {
            found.push((at.to_owned(), schema));
            for (name, inner) in schema["properties"].as_object().unwrap() {
                objects(inner, &format!("{at}/{name}"), found);
            }
        }
        Some("array") => objects(&schema["items"], &format!("{at}/0"), found),
        _ => {}
    }
}

#[test]
fn register_schema_and_fields_are_the_same() {
    let schema: Json = serde_json::from_str(SCHEMA).unwrap();
    let whole = sample(&schema);
    let _all_properties_are_fields = read(&whole.to_string());
    let mut found = Vec::new();
    objects(&schema, "", &mut found);
    assert!(found.len() > 15);
    for (at, schema) in found {
        assert_eq!(schema["additionalProperties"], json!(false), "{at}");
        let mut more = whole.clone();
        more.pointer_mut(&at).unwrap().as_object_mut().unwrap().insert("zzz".into(), json!(1));
        let read: Result<Written, _> = serde_saphyr::from_str(&more.to_string());
        let problem = read.unwrap_err().without_snippet().to_string();
        let (_, expected) = problem.split_once("expected one of").unwrap_or(("", &problem));
        let is_word = |word: &&str| !word.is_empty() && !["zzz", "expected"].contains(word);
        let split = |text: &'_ str| -> BTreeSet<String> {
            let list = text.split(" at ").next().unwrap_or_default();
            list.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .filter(is_word)
                .map(str::to_owned)
                .collect()
        };
        let properties: BTreeSet<String> =
            schema["properties"].as_object().unwrap().keys().cloned().collect();
        if problem.contains("expected one of") {
            assert_eq!(split(expected), properties, "{at}: {problem}");
        } else {
            // One or two fields are said in other words.
            assert!(properties.len() < 3, "{problem}");
            assert!(properties.iter().all(|name| problem.contains(name.as_str())), "{problem}");
        }
    }
}

const PEM: &str = "-----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEIOn5U/KgAIVR//CDmVuA3BMLvk804usXsxSUJMwZdavU
    -----END PRIVATE KEY-----";

#[test]
fn register_with_a_key_in_it_is_read_without_the_key() {
    let text = EXAMPLE.replace(
        "    protects: account data at rest",
        &format!("    protects: |\n    {PEM}").replace("\n    ", "\n      "),
    );
    let (register, inspection) = parse(FILE, text.as_bytes().to_vec()).ok().unwrap();
    assert!(inspection.facts.iter().any(|fact| fact.text(Field::Label) == Some("plaintext")));
    let written = format!("{:?}", register.written);
    assert!(written.contains("xxxxxxxx"));
    assert!(!written.contains("MC4CAQAw"));
    assert!(!format!("{:?}", facts(&register, day("2026-01-01"))).contains("MC4CAQAw"));
}

#[test]
fn register_reader_survives_every_prefix() {
    for end in (0..EXAMPLE.len()).step_by(331) {
        if let Some(prefix) = EXAMPLE.get(..end) {
            let _read_or_refused = parse(FILE, prefix.as_bytes().to_vec());
        }
    }
}

fn chain(length: usize, last: &str) -> String {
    let mut text = "keylint: key-register\nversion: 1\nkeys:\n".to_owned();
    for number in 0..length {
        let next = if number + 1 == length { last.to_owned() } else { format!("k{}", number + 1) };
        text += &format!("  - {{id: k{number}, kind: secret-key, wrapped_by: {next}}}\n");
    }
    text
}

#[test]
fn register_chains_of_wrapping_end() {
    let problems = |text: &str| -> Vec<String> {
        let facts = facts(&read(text), day("2026-01-01"));
        facts.iter().filter_map(|fact| fact.text(Field::WrapProblem)).map(str::to_owned).collect()
    };
    assert_eq!(problems(&chain(3, "k0")), ["cycle", "cycle", "cycle"]);
    assert_eq!(problems(&chain(2, "k1")), ["itself"]);
    assert_eq!(problems(&chain(2, "elsewhere")), ["orphan"]);
    assert_eq!(problems(&chain(20, "root")), ["orphan"]);
    assert!(problems(&chain(500, "k0")).len() > 400);
}

#[test]
fn register_that_is_proposed_can_be_read_and_asks_for_what_is_not_known() {
    let files = [("deploy/production/gateway.key", PEM.as_bytes())];
    let inspection = crate::scan::inspect_files(files.into_iter());
    let observed = crate::register::build(&inspection.facts, &inspection.ledger);
    let text = propose(&observed);
    let register = read(&text);
    let [key] = register.keys() else { panic!("{text}") };
    assert_eq!(&*key.algorithm.as_ref().unwrap().family.value, "ed25519");
    let facts = facts(&register, day("2026-01-01"));
    let Value::List(missing) = &facts[0].fields[&Field::Missing] else { panic!() };
    assert!(missing.contains(&"owner".to_owned()) && missing.contains(&"custodians".to_owned()));
    let links = link(&register, &inspection.facts, day("2026-01-01"));
    let attributes: Vec<_> = links.iter().map(|link| link.text(Field::Attribute)).collect();
    assert_eq!(attributes, [Some("registered")]);
}

/// What changed when the example was edited: each change, its attribute, and the keys on its line.
fn changed(edits: &[(&str, &str)]) -> Vec<(Change, String)> {
    let mut text = EXAMPLE.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let diff = compare(&read(EXAMPLE), &read(&text), day("2026-01-01"));
    for change in &diff.changes {
        assert!(change.before.is_some() || change.after.is_some(), "{change:?}");
    }
    let shown = |of: &crate::register::Difference| {
        (of.change, format!("{}:{}", of.key, of.attribute.as_deref().unwrap_or_default()))
    };
    diff.changes.iter().map(shown).collect()
}

fn one(change: Change, place: &str) -> Vec<(Change, String)> {
    vec![(change, place.to_owned())]
}

const OLD_KEY: &str = "key/1234abcd-12ab";
const PRINT: &str = "34c0d5c9cdd98263997b2f76498c8d61c4062317969bd682b48319bda3a86068";

#[test]
fn register_that_is_the_same_has_no_changes() {
    assert_eq!(changed(&[]), []);
    assert_eq!(changed(&[("# Protects nothing", "# Moved\n\n  # Protects nothing")]), []);
}

#[test]
fn register_changes_are_told_by_what_they_mean() {
    let other = PRINT.replace('3', "4");
    let of = |edit: (&str, &str)| changed(&[edit]);
    let gateway = |attribute: &str| format!("gateway-tls:{attribute}");
    assert_eq!(of((PRINT, &other)), one(Change::Substituted, &gateway("fingerprint")));
    assert_eq!(
        changed(&[(PRINT, &other), ("    usage: [TLS]", "    version: \"2\"\n    usage: [TLS]")]),
        one(Change::Rotated, &gateway("fingerprint"))
    );
    assert_eq!(of((OLD_KEY, "key/99999999-12ab")), one(Change::AliasRepointed, "pan-kek:aliases"));
    assert_eq!(
        of(("expires: 2026-09-01", "expires: 2027-09-01")),
        one(Change::TermExtended, &gateway("expires"))
    );
    assert_eq!(
        of(("expires: 2026-09-01", "expires: 2026-08-01")),
        one(Change::Restated, &gateway("expires"))
    );
    assert_eq!(
        of(("state: destroyed", "state: active")),
        one(Change::IllegalTransition, "pan-kek-2023:state")
    );
    assert_eq!(
        of(("    state: active\n    state_since", "    state: suspended\n    state_since")),
        one(Change::StateChanged, "hsm-master:state")
    );
    assert_eq!(
        of(("storage_form: scd", "storage_form: cleartext")),
        one(Change::NewlyPlaintext, "hsm-master:storage_form")
    );
    assert_eq!(
        of(("exportable: false", "exportable: true")),
        one(Change::ProtectionWeakened, "hsm-master:exportable")
    );
    assert_eq!(of((", condition: MFA", "")), one(Change::AccessWidened, "pan-kek:principals"));
    assert_eq!(
        of(("environments: [production]", "environments: [production, test]")),
        one(Change::UseWidened, "hsm-master:environments")
    );
    assert_eq!(
        of(("owner: Platform team", "owner: Nobody")),
        one(Change::PeopleChanged, &gateway("owner"))
    );
    assert_eq!(
        of(("until: 2026-03-31", "until: 2027-03-31")),
        one(Change::ExceptionChanged, &gateway("exception"))
    );
}

#[test]
fn register_with_a_weaker_kek_tells_both_keys() {
    let weaker = changed(&[(
        "size_bits: 256\n    strength: {classical: 256, nist",
        "size_bits: 128\n    strength: {classical: 128, nist",
    )]);
    assert_eq!(
        weaker,
        [
            (Change::StrengthLowered, "hsm-master:strength".to_owned()),
            (Change::KekWeaker, "pan-kek:wrapped_by".to_owned()),
        ]
    );
    let orphan = changed(&[("wrapped_by: pan-kek", "wrapped_by: gone")]);
    assert_eq!(
        orphan,
        [
            (Change::WrappingBroken, "pan-dek-2025:wrapped_by".to_owned()),
            (Change::ParentChanged, "pan-dek-2025:wrapped_by".to_owned()),
        ]
    );
}

#[test]
fn register_keys_that_go_have_ended_or_have_a_successor() {
    let cut = |id: &str| {
        let start = EXAMPLE.find(&format!("  - id: {id}\n")).unwrap();
        let rest = &EXAMPLE[start + 4..];
        let end = rest.find("\n  - id: ").map_or(EXAMPLE.len(), |at| start + 4 + at + 1);
        format!("{}{}", &EXAMPLE[..start], &EXAMPLE[end..])
    };
    let whole = read(EXAMPLE);
    let kinds = |old: &Approved, new: &Approved| -> Vec<Change> {
        compare(old, new, day("2026-01-01")).changes.iter().map(|of| of.change).collect()
    };
    let without_old = read(&cut("pan-kek-2023"));
    assert_eq!(kinds(&whole, &without_old), [Change::Retired]);
    assert_eq!(kinds(&without_old, &whole), [Change::Added]);
    let without_dek = read(&cut("pan-dek-2025"));
    assert_eq!(kinds(&whole, &without_dek), [Change::Removed]);
    let successor = EXAMPLE
        .replace("  - id: pan-dek-2025\n", "  - id: pan-dek-2026\n    replaces: pan-dek-2025\n");
    let changes = compare(&whole, &read(&successor), day("2026-01-01")).changes;
    let [rotated] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!(rotated.change, Change::Rotated);
    assert_eq!(rotated.before.as_deref(), Some("pan-dek-2025"));
    assert_eq!(rotated.after.as_deref(), Some("pan-dek-2026"));
}

#[test]
fn register_states_pass_as_nist_has_them() {
    use super::order::may_pass;
    assert!(may_pass("active", "deactivated") && may_pass("deactivated", "destroyed"));
    for from in ["deactivated", "compromised", "destroyed"] {
        assert!(!may_pass(from, "active"), "{from}");
    }
    assert!(!may_pass("destroyed", "compromised"));
}

#[test]
fn register_holds_what_was_seen_against_what_is_approved() {
    let observed = |path: &str, bytes: &[u8]| {
        let inspection = crate::scan::inspect_bytes(path, bytes);
        crate::register::build(&inspection.facts, &inspection.ledger)
    };
    let seen = observed("deploy/production/gateway.key", PEM.as_bytes());
    let approved = read(EXAMPLE);
    assert_eq!(against(&approved, &seen).changes, []);
    let strict =
        read(&EXAMPLE.replace("    usage: [TLS]", "    storage_form: scd\n    usage: [TLS]"));
    let changes = against(&strict, &seen).changes;
    assert_eq!(changes[0].change, Change::NewlyPlaintext);
    assert!(changes[0].before.as_deref().unwrap().starts_with("gateway-tls (spki-sha256:"));
    let foreign = against(&read(&EXAMPLE.replace(PRINT, &PRINT.replace('3', "4"))), &seen);
    let kinds: Vec<Change> = foreign.changes.iter().map(|of| of.change).collect();
    assert_eq!(kinds, [Change::Unregistered, Change::PlaceGone]);
}

const TWO: &str = "keylint: key-register
version: 1
keys:
  - {id: live, kind: key, aliases: [{name: alias/pan, target: 9f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e51, environments: [production]}]}
  - {id: trial, kind: key, aliases: [{name: alias/pan, target: 9f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e52, environments: [test]}]}
";

#[test]
fn an_alias_may_stand_for_another_key_in_each_environment() {
    use crate::fact::{Fact, Field, Kind, Site};
    let register = read(TWO);
    for (environment, last, is_elsewhere) in [
        ("production", '1', false),
        ("test", '2', false),
        ("production", '2', true),
        ("test", '1', true),
    ] {
        let key = format!("9f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5{last}");
        let fact = Fact::new(Kind::Reference, Site { path: "a.json".into(), ..Site::default() })
            .with(Field::Alias, "alias/pan")
            .with(Field::Key, key)
            .with(Field::Environment, environment);
        let links = super::link(&register, &[fact], day("2026-01-01"));
        let told = links.iter().any(|link| link.text(Field::Attribute) == Some("alias"));
        assert_eq!(told, is_elsewhere, "{environment} {last}: {links:?}");
    }
}

#[test]
fn what_is_proposed_approves_the_names_that_were_seen() {
    let text = "resource \"aws_kms_key\" \"pan\" {\n  enable_key_rotation = true\n}\n\
                resource \"aws_kms_alias\" \"pan\" {\n  name = \"alias/pan\"\n  target_key_id = aws_kms_key.pan.key_id\n}\n\
                resource \"aws_ebs_volume\" \"v\" {\n  kms_key_id = \"arn:aws:kms:eu-west-1:210987654321:key/9f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e51\"\n}\n";
    let inspection = crate::scan::inspect_bytes("main.tf", text.as_bytes());
    let observed = crate::register::build(&inspection.facts, &inspection.ledger);
    assert_eq!(observed.declared.len(), 1, "{:?}", observed.declared);
    assert_eq!(observed.declared[0].nature.algorithm.as_deref(), Some("aes"));
    let proposed = super::propose(&observed);
    assert_eq!(proposed, super::propose(&observed));
    let register = read(&proposed);
    assert!(proposed.contains("alias/pan"), "{proposed}");
    assert_eq!(against(&register, &observed).changes, [], "{proposed}");
    // Another key than was seen is none that it approves.
    let other = text.replace("4e51", "4e52");
    let inspection = crate::scan::inspect_bytes("main.tf", other.as_bytes());
    let other = crate::register::build(&inspection.facts, &inspection.ledger);
    let kinds: Vec<Change> =
        against(&register, &other).changes.iter().map(|of| of.change).collect();
    assert_eq!(kinds, [Change::Unregistered]);
}
