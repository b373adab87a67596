//! A synthetic outcome with hostile paths, and what must hold for every reporter.

use std::sync::LazyLock;

use super::*;
use crate::{
    fact::{Excerpt, Field, Kind, is_unsafe_to_show},
    finding::{Finding, Notice, Suppression},
    ledger::{Given, Ledger, Reason, Skip},
};

pub(super) const HOSTILE: [&str; 3] = [
    "keys/100% #1\u{202e}/é|`<b>.pem",
    "a b\n::error::x/@admin [x](http:evil)\u{1b}[2J.pem",
    "old/backup.pem",
];

fn site(path: &str) -> Site {
    Site {
        commit: None,
        removed: None,
        path: path.to_owned(),
        file: None,
        line: 7,
        column: 3,
        end_column: 34,
        offset: 120,
        length: 1700,
        decoded: vec![],
        excerpt: Excerpt { text: "  -----BEGIN RSA PRIVATE KEY-----".into(), mark: (2, 33) },
    }
}

fn finding(rule: &str, severity: Severity, path: &str, digit: char) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity,
        message: "An RSA key of 1024 bits, `{0}` by | @name, is in plain text".to_owned(),
        fingerprint: String::from(digit).repeat(32),
        kind: Kind::Material,
        fields: [
            (Field::Algorithm, "rsa".into()),
            (Field::Bits, 1024_u64.into()),
            (Field::KeyId, format!("spki-sha256:{}", String::from(digit).repeat(64)).into()),
            (Field::Strength, fact::Value::Unknown),
        ]
        .into(),
        sites: vec![site(path)],
        count: 1,
        suppression: None,
    }
}

pub(crate) fn outcome() -> Outcome {
    let mut first = finding("private-key-in-plaintext", Severity::Critical, HOSTILE[0], '1');
    let mut second_place = site(HOSTILE[1]);
    second_place.decoded = vec!["base64".into(), "gzip".into()];
    first.sites.push(second_place);
    first.count = 2;
    let second = finding("weak-key", Severity::Medium, HOSTILE[1], '2');
    let mut third = finding("weak-key", Severity::Medium, HOSTILE[2], '3');
    third.suppression = Some(Suppression {
        by: Suppressor::Config,
        reason: "Replaced in March".into(),
        owner: Some("ops".into()),
        until: Some("2027-03-01".into()),
        place: "keylint.toml:12".into(),
    });
    Outcome {
        findings: vec![first, second, third],
        notices: vec![Notice {
            place: "keylint.toml:3".into(),
            message: "This allowance has expired".into(),
        }],
        ledger: Ledger {
            scanned_units: 1234,
            scanned_bytes: 5_000_000,
            by_layer: BTreeMap::from([("zip".into(), Given { units: 30, bytes: 2048 })]),
            undecided: 0,
            skips: vec![
                Skip::new("target", Reason::GitIgnored),
                Skip::new("secret/dir", Reason::Unreadable).detail("Permission denied"),
            ],
        },
        keys: 3,
        undecided: 1,
    }
}

static REFERENCES: LazyLock<Vec<String>> =
    LazyLock::new(|| vec!["NIST SP 800-57 part 1 rev. 5, table 2".into()]);

pub(crate) fn report(outcome: &Outcome) -> Report<'_> {
    let rule = |id, title, severity| RuleView {
        id,
        title,
        severity,
        why: "Whoever reads the file has the key, by NIST SP 800-57 rev. 5. It opens\neverything.\n",
        fix: "1. Replace the key\n   with `openssl`. Then:\n2. Encrypt it, or move it to a KMS.\n",
        requirements: vec!["PCI-DSS-4.0.1:3.6.1.2".into()],
        cwe: &[312, 321],
        references: &REFERENCES,
    };
    Report {
        outcome,
        rules: vec![
            rule(
                "private-key-in-plaintext",
                "A private key lies in plain text",
                Severity::Critical,
            ),
            rule("weak-key", "A key is weaker than the floor", Severity::Medium),
        ],
        tool_version: "0.1.0",
        options: Options::default(),
    }
}

pub(super) fn render_with(row: &Row, report: &Report<'_>) -> String {
    let mut out = Vec::new();
    (row.render)(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn text_of(name: &str, report: &Report<'_>) -> String {
    render_with(by_name(name).unwrap(), report)
}

#[test]
fn the_table_is_sorted_and_its_names_are_distinct() {
    assert!(TABLE.is_sorted_by(|a, b| a.name < b.name));
    assert!(by_name("nonesuch").is_none());
}

#[test]
fn every_reporter_shows_the_same_findings() {
    let outcome = outcome();
    let report = report(&outcome);

    let terminal = text_of("terminal", &report);
    assert_eq!(terminal.matches(" │   -----BEGIN").count(), 2);
    assert!(terminal.contains("2 findings: 1 critical, 1 medium; 1 suppressed"), "{terminal}");

    let markdown = text_of("markdown", &report);
    assert_eq!(markdown.lines().filter(|line| line.starts_with("| **")).count(), 2, "{markdown}");
    assert!(markdown.contains("1 suppressed"));

    let github = text_of("github", &report);
    let annotations = github.lines().filter(|line| line.contains("endColumn="));
    assert_eq!(annotations.count(), 2, "{github}");
    assert!(github.contains("1 suppressed"));

    let json: serde_json::Value = serde_json::from_str(&text_of("json", &report)).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), 3);
    assert_eq!(json["summary"]["active"], 2);

    let sarif: serde_json::Value = serde_json::from_str(&text_of("sarif", &report)).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap().clone();
    assert_eq!(results.len(), 3);
    assert_eq!(results.iter().filter(|r| r.get("suppressions").is_some()).count(), 1);
}

#[test]
fn no_reporter_lets_a_path_drive_the_terminal() {
    let outcome = outcome();
    for row in TABLE {
        let text = render_with(row, &report(&outcome));
        let unsafe_to_show = text.chars().filter(|c| *c != '\n').find(|c| is_unsafe_to_show(*c));
        assert_eq!(unsafe_to_show, None, "{}: {text}", row.name);
    }
}

#[test]
fn every_reporter_says_what_takes_a_file_away() {
    let mut outcome = outcome();
    let site = &mut outcome.findings[0].sites[0];
    (site.path, site.file) =
        ("image.tar!tar:l1/layer.tar!tar:k.pem".into(), Some("image.tar".into()));
    let by = "l2/layer.tar".to_owned();
    site.removed = Some(Removed { how: Removal::Deleted, by, layer: 2, of: 3 });
    for row in TABLE.iter().filter(|row| row.name != "json") {
        let text = render_with(row, &report(&outcome));
        let wanted = "still in the image, though deleted by layer 2 of 3, l2/layer.tar";
        assert!(text.contains(wanted), "{}", row.name);
    }
    assert!(text_of("json", &report(&outcome)).contains("\"by\": \"l2/layer.tar\""));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let outcome = outcome();
    for row in TABLE {
        assert_eq!(
            render_with(row, &report(&outcome)),
            render_with(row, &report(&outcome.clone())),
            "{}",
            row.name
        );
    }
}

#[test]
fn an_empty_outcome_can_be_shown() {
    let outcome = Outcome::default();
    for row in TABLE {
        let mut report = report(&outcome);
        report.rules.clear();
        assert!(!render_with(row, &report).is_empty(), "{}", row.name);
    }
}

#[test]
fn a_finding_of_a_rule_that_is_not_described_is_shown_all_the_same() {
    let outcome = outcome();
    for row in TABLE {
        let mut report = report(&outcome);
        report.rules.clear();
        assert!(render_with(row, &report).contains("weak-key"), "{}", row.name);
    }
}

#[test]
fn numbers_are_written_for_people() {
    assert_eq!(count_of(1, "key"), "1 key");
    assert_eq!(count_of(1_234_567, "key"), "1,234,567 keys");
    assert_eq!(size_of(1023), "1,023 bytes");
    assert_eq!(size_of(1536), "1.5 KiB");
    assert_eq!(size_of(u64::MAX), "16383.9 PiB");
}

#[test]
fn the_first_sentence_and_the_first_step_are_found() {
    assert_eq!(first_sentence("One.  Two\nthree."), "One.");
    assert_eq!(first_sentence("See rev. 5, table 2. Then act."), "See rev. 5, table 2.");
    assert_eq!(first_step("1. Do this\n   now. And that.\n2. Then."), "Do this now.");
    assert_eq!(first_step(""), "");
    let item = |marker: &str, text: &str| Block { marker: marker.into(), text: text.into() };
    assert_eq!(
        blocks("A\nb.\n\nC.\n10. d\n    e\n- f\n"),
        [item("", "A b."), item("", "C."), item("10. ", "d e"), item("- ", "f")]
    );
}
