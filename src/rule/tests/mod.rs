//! Rules as a user meets them: what loads, what is refused and where, and what fires on what.

mod builtin;
mod judging;
mod refused;

use super::{
    Profile, RuleSet, load,
    source::{Holds, Source},
};
use crate::{
    error::Error,
    fact::{Fact, Field, Kind, Site},
    finding::Severity,
};

/// The built-in default profile.
pub(super) fn profile() -> Profile {
    RuleSet::builtin().profile
}

pub(super) const PROFILE: &str = "\
id: p
title: For tests
about: Nothing
parameters:
  floor: {is: 100, source: none}
  bad: {is: [md5, des], source: none}
";

/// A rule that loads under `PROFILE`; tests replace a line of it.
pub(super) const RULE: &str = "\
id: some-rule
title: Something was seen
severity: high
requirements: [PCI-DSS-4.0.1:3.6.1.2]
cwe: [312]
on: material
when: bits < profile.floor
message: 'A key[ of {bits} bits]'
why: Because.
fix: Do it.
references: []
examples:
  fires: [{file: a.pem, text: x}]
  silent: [{file: a.pem, text: y}]
";

pub(super) fn source(name: &str, text: &str, holds: Holds) -> Source {
    Source { name: name.to_owned(), text: text.to_owned().into(), json: None, holds }
}

/// A rule set of one rule under `PROFILE`.
pub(super) fn load_one(rule: &str) -> Result<RuleSet, Error> {
    load::rule_set(
        vec![
            source("dir/some-rule.yaml", rule, Holds::Rule),
            source("dir/profiles/p.yaml", PROFILE, Holds::Profile),
        ],
        "p",
    )
}

/// `RULE` with another condition.
pub(super) fn with_condition(when: &str) -> RuleSet {
    load_one(&RULE.replace("bits < profile.floor", &format!("'{when}'"))).unwrap()
}

pub(super) fn material() -> Fact {
    Fact::new(Kind::Material, Site::default())
}

/// Ids and severities of the rules that fire on a fact, and how many are undecided.
pub(super) fn fired(rules: &RuleSet, fact: &Fact) -> (Vec<(String, Severity)>, u64) {
    let judged = super::judge(rules, std::slice::from_ref(fact));
    let fired =
        judged.hits.iter().map(|hit| (rules.rules[hit.rule].id.clone(), hit.severity)).collect();
    (fired, judged.undecided)
}

#[test]
fn a_rule_that_is_sound_loads() {
    let rules = load_one(RULE).unwrap();
    let rule = rules.get("some-rule").unwrap();
    assert_eq!(rule.place, "dir/some-rule.yaml:1");
    assert_eq!(rule.severity, Severity::High);
    assert_eq!(rule.when(), "bits < profile.floor");
    assert_eq!(rule.requirements[0].words(), "PCI DSS 4.0.1 requirement 3.6.1.2");
    assert!(rules.get("another").is_none());
}

#[test]
fn a_rule_is_held_to_its_examples() {
    let rules = load_one(RULE).unwrap();
    let right = super::check(&rules, |files| {
        let bits: u32 = if files[0].bytes == b"x" { 64 } else { 128 };
        vec![material().with(Field::Bits, bits)]
    });
    assert!(right.is_empty());
    let wrong = super::check(&rules, |files| {
        let bits: u32 = if files[0].bytes == b"x" { 128 } else { 64 };
        vec![material().with(Field::Bits, bits)]
    });
    let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    assert_eq!(
        wrong,
        [
            "dir/some-rule.yaml:13: rule `some-rule` does not fire on its example (1 facts)",
            "dir/some-rule.yaml:14: rule `some-rule` fires on an example on which it should stay \
             silent (1 facts)",
        ]
    );
}
