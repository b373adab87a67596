//! Every kind of change that a register can tell, made once, in every form in which it is shown.

use serde_json::Value as Json;

use super::{
    tests::{day, read},
    *,
};
use crate::register::{DIFF_TABLE, Diff, Entry, Register, diff};

const EXAMPLE: &str = include_str!("../../../testdata/register/key-register.yaml");
const PRINT: &str = "34c0d5c9cdd98263997b2f76498c8d61c4062317969bd682b48319bda3a86068";
const OTHER: &str = "44c0d5c9cdd98263997b2f76498c8d61c4062317969bd682b48319bda3a86068";

/// A change as it should be told.
struct Told {
    change: &'static str,
    attribute: &'static str,
    level: &'static str,
    state: &'static str,
    /// Beginnings of what the key was and is called; empty where there was or is none.
    before: &'static str,
    after: &'static str,
}

const fn told(
    change: &'static str,
    attribute: &'static str,
    level: &'static str,
    state: &'static str,
    before: &'static str,
    after: &'static str,
) -> Told {
    Told { change, attribute, level, state, before, after }
}

fn shown(diff: &Diff, form: &str) -> String {
    let row = DIFF_TABLE.iter().find(|row| row.name == form).unwrap();
    let mut out = Vec::new();
    (row.render)(diff, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Whether a difference tells a change in each form, with the keys before and after.
fn tells(diff: &Diff, told: &Told, how: &str) {
    let json: Json = serde_json::from_str(&shown(diff, "json")).unwrap();
    let changes = json["changes"].as_array().unwrap();
    let is_it = |of: &Json| {
        let attribute = of["attribute"].as_str().unwrap_or_default();
        of["change"] == told.change && attribute == told.attribute
    };
    let at = changes.iter().position(is_it);
    let at = at.unwrap_or_else(|| panic!("{how}: {} is not in {json:#}", told.change));
    let sarif: Json = serde_json::from_str(&shown(diff, "sarif")).unwrap();
    let result = &sarif["runs"][0]["results"][at];
    assert_eq!(result["level"], told.level, "{how}");
    assert_eq!(result["baselineState"], told.state, "{how}");
    assert_eq!(diff.changes[at].level().name(), told.level, "{how}");
    let text = shown(diff, "text");
    let markdown = shown(diff, "markdown");
    for (side, name) in [("before", told.before), ("after", told.after)] {
        let id = changes[at][side].as_str().unwrap_or_default();
        assert!(id.starts_with(name) && id.is_empty() == name.is_empty(), "{how}: {side} {id}");
        assert_eq!(result["properties"][side].as_str().unwrap_or_default(), id, "{how}");
        assert!(result["message"]["text"].as_str().unwrap().contains(id), "{how}: {result:#}");
        assert!(text.contains(id), "{how}: {text}");
        assert!(markdown.contains(name), "{how}: {markdown}");
    }
}

/// Edits of the approved register, and what they are.
const EDITS: &[(&[(&str, &str)], Told)] = &[
    (
        &[("id: pan-dek-2025\n", "id: pan-dek-2026\n")],
        told("removed", "", "error", "absent", "pan-dek-2025", ""),
    ),
    (
        &[("id: pan-dek-2025\n", "id: pan-dek-2026\n")],
        told("added", "", "note", "new", "", "pan-dek-2026"),
    ),
    (
        &[("id: pan-dek-2025\n", "id: pan-dek-2026\n    replaces: pan-dek-2025\n")],
        told("rotated", "replaces", "note", "updated", "pan-dek-2025", "pan-dek-2026"),
    ),
    (
        &[("id: pan-kek-2023\n", "id: pan-kek-2022\n")],
        told("retired", "", "note", "absent", "pan-kek-2023", ""),
    ),
    (
        &[
            ("id: pan-dek-2025\n", "id: new\n"),
            (
                "{type: file, location: card vault database}\n    storage_form: wrapped",
                "{type: file}\n    storage_form: cleartext",
            ),
        ],
        told("newly-plaintext", "storage_form", "error", "updated", "", "new"),
    ),
    (
        &[("state: active\n    state_since", "state: suspended\n    state_since")],
        told("state-changed", "state", "note", "updated", "hsm-master", "hsm-master"),
    ),
    (
        &[("state: destroyed", "state: active")],
        told("illegal-transition", "state", "error", "updated", "pan-kek-2023", "pan-kek-2023"),
    ),
    (
        &[(PRINT, OTHER)],
        told(
            "substituted",
            "fingerprint",
            "error",
            "updated",
            "gateway-tls (spki-sha256:34c0",
            "gateway-tls (spki-sha256:44c0",
        ),
    ),
    (
        &[(PRINT, OTHER), ("    usage: [TLS]", "    version: \"2\"\n    usage: [TLS]")],
        told(
            "rotated",
            "fingerprint",
            "note",
            "updated",
            "gateway-tls (spki-sha256:34c0",
            "gateway-tls version 2 (spki-sha256:44c0",
        ),
    ),
    (
        &[(
            "    purpose: encrypts card",
            "    fingerprint: {of: spki, value: 34c0d5c9cdd98263997b2f76498c8d61c4062317969bd682b48319bda3a86068}\n    purpose: encrypts card",
        )],
        told("duplicate-material", "", "error", "new", "spki-sha256:34c0", "gateway-tls"),
    ),
    (
        &[("key/1234abcd-12ab", "key/99999999-12ab")],
        told(
            "alias-repointed",
            "aliases",
            "error",
            "updated",
            "pan-kek version 3",
            "pan-kek version 3",
        ),
    ),
    (
        &[(
            "size_bits: 256\n    strength: {classical: 256, nist",
            "size_bits: 128\n    strength: {classical: 128, nist",
        )],
        told("strength-lowered", "strength", "error", "updated", "hsm-master", "hsm-master"),
    ),
    (
        &[(
            "size_bits: 256\n    strength: {classical: 256, nist",
            "size_bits: 128\n    strength: {classical: 128, nist",
        )],
        told("kek-weaker", "wrapped_by", "error", "updated", "pan-kek", "pan-kek"),
    ),
    (
        &[("      protection: hsm\n", "      protection: software\n")],
        told(
            "protection-weakened",
            "store.protection",
            "error",
            "updated",
            "hsm-master",
            "hsm-master",
        ),
    ),
    (
        &[("      protection: hsm\n", "")],
        told(
            "protection-weakened",
            "store.protection",
            "error",
            "updated",
            "hsm-master",
            "hsm-master",
        ),
    ),
    (
        &[("type: hsm\n", "type: file\n")],
        told("protection-weakened", "store.type", "error", "updated", "hsm-master", "hsm-master"),
    ),
    (
        &[("exportable: false", "exportable: true")],
        told("protection-weakened", "exportable", "error", "updated", "hsm-master", "hsm-master"),
    ),
    (
        &[("storage_form: wrapped", "storage_form: cleartext")],
        told("newly-plaintext", "storage_form", "error", "updated", "pan-kek", "pan-kek"),
    ),
    (
        &[("form: encrypted}]", "form: encrypted}, {uri: b, form: cleartext}]")],
        told("newly-plaintext", "locations", "error", "updated", "gateway-tls", "gateway-tls"),
    ),
    (
        &[("form: encrypted}]", "form: encrypted}, {uri: b, form: encrypted}]")],
        told("new-place", "locations", "warning", "new", "gateway-tls", "gateway-tls"),
    ),
    (
        &[("    locations: [{uri: deploy/production/gateway.key, form: encrypted}]\n", "")],
        told("place-gone", "locations", "note", "absent", "gateway-tls", "gateway-tls"),
    ),
    (
        &[("[\"kms:Decrypt\", ", "[\"kms:Decrypt\", \"kms:Encrypt\", ")],
        told("access-widened", "principals", "warning", "updated", "pan-kek", "pan-kek"),
    ),
    (
        &[("[\"kms:Decrypt\", ", "[\"kms:*\", ")],
        told("access-widened", "principals", "error", "updated", "pan-kek", "pan-kek"),
    ),
    (
        &[(", condition: MFA", "")],
        told("access-widened", "principals", "error", "updated", "pan-kek", "pan-kek"),
    ),
    (
        &[("\"kms:GenerateDataKey\"]}", "\"kms:GenerateDataKey\"], admin: true}")],
        told("access-widened", "principals", "error", "updated", "pan-kek", "pan-kek"),
    ),
    (
        &[("\"kms:GenerateDataKey\"]}", "\"kms:GenerateDataKey\"], condition: MFA}")],
        told("restated", "principals", "note", "updated", "pan-kek", "pan-kek"),
    ),
    (
        &[("usage: [DEK]", "usage: [DEK, mac]")],
        told("use-widened", "usage", "warning", "updated", "pan-dek-2025", "pan-dek-2025"),
    ),
    (
        &[("environments: [production]", "environments: [production, test]")],
        told("use-widened", "environments", "warning", "updated", "hsm-master", "hsm-master"),
    ),
    (
        &[("rotate_by: 2026-06-01", "rotate_by: 2025-12-01")],
        told("overdue", "rotate_by", "error", "updated", "pan-dek-2025", "pan-dek-2025"),
    ),
    (
        &[("expires: 2026-09-01", "expires: 2027-09-01")],
        told("term-extended", "expires", "warning", "updated", "gateway-tls", "gateway-tls"),
    ),
    (
        &[("cryptoperiod: P5Y", "cryptoperiod: P6Y")],
        told("term-extended", "cryptoperiod", "warning", "updated", "hsm-master", "hsm-master"),
    ),
    (
        &[("    cryptoperiod: P5Y\n", "")],
        told("term-extended", "cryptoperiod", "warning", "updated", "hsm-master", "hsm-master"),
    ),
    (
        &[("owner: Platform team", "owner: Nobody")],
        told("people-changed", "owner", "note", "updated", "gateway-tls", "gateway-tls"),
    ),
    (
        &[("      - {name: Dina Falk, acknowledged_at: 2025-02-04}\n", "")],
        told("people-changed", "custodians", "note", "updated", "hsm-master", "hsm-master"),
    ),
    (
        &[("reviewer: Eve Lindt", "reviewer: Ana Ruiz")],
        told("people-changed", "reviewer", "note", "updated", "hsm-master", "hsm-master"),
    ),
    (
        &[("until: 2026-03-31", "until: 2027-03-31")],
        told("exception-changed", "exception", "warning", "updated", "gateway-tls", "gateway-tls"),
    ),
    (
        &[("reason: moves to the HSM", "reason: stays")],
        told("exception-changed", "exception", "warning", "updated", "gateway-tls", "gateway-tls"),
    ),
    (
        &[("wrapped_by: pan-kek", "wrapped_by: hsm-master")],
        told("parent-changed", "wrapped_by", "warning", "updated", "pan-dek-2025", "pan-dek-2025"),
    ),
    (
        &[("wrapped_by: pan-kek", "wrapped_by: gone")],
        told("wrapping-broken", "wrapped_by", "error", "updated", "pan-dek-2025", "pan-dek-2025"),
    ),
    (
        &[("    storage_form: scd\n", "    storage_form: scd\n    wrapped_by: pan-dek-2025\n")],
        told("wrapping-broken", "wrapped_by", "error", "updated", "hsm-master", "hsm-master"),
    ),
    (
        &[("id: pan-dek-2025\n", "id: new\n"), ("wrapped_by: pan-kek", "wrapped_by: gone")],
        told("wrapping-broken", "wrapped_by", "error", "updated", "", "new"),
    ),
];

#[test]
fn every_change_of_an_approved_register_names_both_keys_in_every_form() {
    for (edits, told) in EDITS {
        let mut text = EXAMPLE.to_owned();
        for (from, to) in *edits {
            assert!(text.contains(from), "{from}");
            text = text.replacen(from, to, 1);
        }
        let diff = compare(&read(EXAMPLE), &read(&text), day("2026-01-01"));
        tells(&diff, told, edits[0].1);
    }
    assert!(compare(&read(EXAMPLE), &read(EXAMPLE), day("2026-01-01")).is_empty());
}

#[test]
fn an_alias_that_is_repointed_counts_less_outside_of_production() {
    let of = |environment: &str| {
        let text = format!(
            "keylint: key-register\nversion: 1\nkeys:\n  - {{id: pan, kind: key, \
             aliases: [{{name: alias/pan, target: A, environments: [{environment}]}}]}}\n"
        );
        let diff = compare(
            &read(&text),
            &read(&text.replace("target: A", "target: B")),
            day("2026-01-01"),
        );
        diff.level().unwrap().name()
    };
    assert_eq!(of("test"), "warning");
    assert_eq!(of("test, eu-prod"), "error");
}

/// An observed register of keys by letter, environment and state.
fn seen(keys: &[(char, &str, &str)]) -> Register {
    let entry = |&(letter, environments, state): &(char, &str, &str)| -> Entry {
        let places: Vec<Json> = environments
            .split(' ')
            .map(|name| {
                serde_json::json!({
                    "path": format!("deploy/{name}/a.key"), "lines": [1], "offset": 0, "count": 1,
                    "format": "pkcs8", "class": "private-key", "label": state, "environment": name,
                })
            })
            .collect();
        serde_json::from_value(serde_json::json!({
            "id": format!("spki-sha256:{}", letter.to_string().repeat(64)),
            "algorithm": "ec", "strength": 128, "classes": ["private-key"],
            "protection": state, "places": places,
        }))
        .unwrap()
    };
    let empty = crate::register::build(&[], &crate::ledger::Ledger::default());
    Register { keys: keys.iter().map(entry).collect(), ..empty }
}

#[test]
fn every_change_of_what_was_seen_names_both_keys_in_every_form() {
    let (a, b) = ("spki-sha256:aaaa", "spki-sha256:bbbb");
    let one = [('a', "production", "encrypted")];
    let unseen = Register { complete: false, ..seen(&[]) };
    let rows = [
        (diff(&seen(&[]), &seen(&one)), told("added", "", "note", "new", "", a)),
        (diff(&seen(&one), &seen(&[])), told("removed", "", "error", "absent", a, "")),
        (diff(&seen(&one), &unseen), told("unknown", "", "warning", "unchanged", a, "")),
        (
            diff(&seen(&[]), &seen(&[('a', "production", "plaintext")])),
            told("added", "", "error", "new", "", a),
        ),
        (
            diff(&seen(&one), &seen(&[('a', "production", "plaintext")])),
            told("newly-plaintext", "", "error", "updated", a, a),
        ),
        (
            diff(&seen(&one), &seen(&[('b', "production", "encrypted")])),
            told("material-changed", "", "error", "updated", a, b),
        ),
        (
            diff(&seen(&one), &seen(&[('a', "production test", "encrypted")])),
            told("duplicate-material", "environments", "error", "new", a, a),
        ),
        (
            diff(&seen(&one), &seen(&[('a', "production test", "encrypted")])),
            told("new-place", "", "warning", "new", a, a),
        ),
        (
            diff(&seen(&[('a', "production test", "encrypted")]), &seen(&one)),
            told("place-gone", "", "note", "absent", a, a),
        ),
    ];
    for (diff, told) in rows {
        tells(&diff, &told, told.change);
    }
    let mixed = [('a', "production test", "encrypted")];
    assert!(diff(&seen(&mixed), &seen(&mixed)).is_empty());
    // Test and development may share a key.
    let apart =
        diff(&seen(&[('a', "test", "encrypted")]), &seen(&[('a', "test dev", "encrypted")]));
    assert!(!shown(&apart, "json").contains("duplicate-material"));
}

#[test]
fn every_change_of_what_was_seen_and_is_approved_names_both_keys_in_every_form() {
    let a = "spki-sha256:aaaa";
    let register = |more: &str| {
        let digest = "a".repeat(64);
        read(&format!(
            "keylint: key-register\nversion: 1\nkeys:\n  - {{id: pay, kind: private-key, \
             fingerprint: {{of: spki, value: {digest}}}{more}}}\n"
        ))
    };
    let plain = seen(&[('a', "production", "plaintext")]);
    let sealed = seen(&[('a', "production", "encrypted")]);
    let none = Approved::empty();
    let located = register(", locations: [{uri: b.key, form: encrypted}]");
    let rows = [
        (against(&none, &plain), told("unregistered", "", "error", "new", "", a)),
        (
            against(&register(", storage_form: wrapped"), &plain),
            told("newly-plaintext", "storage_form", "error", "updated", "pay (spki", a),
        ),
        (
            against(&register(", storage_form: scd"), &sealed),
            told("protection-weakened", "storage_form", "error", "updated", "pay (spki", a),
        ),
        (
            against(&register(", strength: {classical: 256}"), &sealed),
            told("strength-lowered", "strength", "error", "updated", "pay (spki", a),
        ),
        (
            against(&register(", state: destroyed"), &sealed),
            told("illegal-transition", "state", "error", "updated", "pay (spki", a),
        ),
        (
            against(&register(", environments: [test]"), &sealed),
            told("use-widened", "environments", "warning", "updated", "pay (spki", a),
        ),
        (
            against(&register(""), &seen(&[('a', "production test", "encrypted")])),
            told("duplicate-material", "environments", "error", "new", "pay (spki", a),
        ),
        (
            against(&located, &sealed),
            told("new-place", "locations", "warning", "new", "pay (spki", a),
        ),
        (against(&located, &plain), told("new-place", "locations", "error", "new", "pay (spki", a)),
        (
            against(&located, &seen(&[])),
            told("place-gone", "locations", "note", "absent", "pay (spki", ""),
        ),
        (
            against(&located, &Register { complete: false, ..seen(&[]) }),
            told("unknown", "locations", "warning", "unchanged", "pay (spki", ""),
        ),
    ];
    for (diff, told) in rows {
        tells(&diff, &told, told.change);
    }
    let both = register(", environments: [production, test]");
    assert!(against(&both, &seen(&[('a', "production test", "encrypted")])).is_empty());
}
