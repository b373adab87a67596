//! Three-valued logic, adjustments, order.

use super::*;
use crate::{
    fact::Value,
    rule::{Hit, judge},
};

#[track_caller]
fn decides(when: &str, fact: &Fact, fires: bool, undecided: u64) {
    let (fired, open) = fired(&with_condition(when), fact);
    assert_eq!((!fired.is_empty(), open), (fires, undecided), "{when}");
}

#[test]
fn a_known_value_decides() {
    let fact = material().with(Field::Bits, 64u32).with(Field::Label, "plaintext");
    decides("bits < 100", &fact, true, 0);
    decides("bits > 100", &fact, false, 0);
    decides("bits == 64 && label != \"public\"", &fact, true, 0);
    decides("label.startsWith(\"plain\") && !label.contains(\"x \")", &fact, true, 0);
    decides("has(fact.bits) && !has(fact.curve)", &fact, true, 0);
    decides("(bits > 100 ? \"a\" : label) == \"plaintext\"", &fact, true, 0);
}

#[test]
fn an_unknown_value_never_fires_unless_it_does_not_matter() {
    let fact = material().with(Field::Bits, Value::Unknown).with(Field::Label, "plaintext");
    decides("bits < 100", &fact, false, 1);
    decides("!(bits < 100)", &fact, false, 1);
    decides("bits < 100 && label == \"plaintext\"", &fact, false, 1);
    decides("bits < 100 && label == \"public\"", &fact, false, 0);
    decides("label == \"public\" && bits < 100", &fact, false, 0);
    decides("bits < 100 || label == \"plaintext\"", &fact, true, 0);
    decides("label == \"plaintext\" || bits < 100", &fact, true, 0);
    decides("bits < 100 || label == \"public\"", &fact, false, 1);
    decides("has(fact.bits)", &fact, false, 1);
    decides("!has(fact.bits)", &fact, false, 1);
}

#[test]
fn a_field_that_is_not_there_is_not_undecided() {
    let fact = material().with(Field::Label, "plaintext");
    decides("bits < 100", &fact, false, 0);
    decides("!(bits < 100)", &fact, false, 0);
    decides("bits != 5", &fact, false, 0);
    decides("bits < 100 || label == \"plaintext\"", &fact, true, 0);
    decides("has(fact.bits)", &fact, false, 0);
    decides("!has(fact.bits)", &fact, true, 0);
}

#[test]
fn lists_are_looked_through() {
    let labels = vec!["public".to_owned(), "plaintext".to_owned()];
    let fact = material().with(Field::Labels, labels).with(Field::Kdf, "md5");
    decides("labels.exists(l, l == \"plaintext\")", &fact, true, 0);
    decides("labels.all(l, l == \"plaintext\")", &fact, false, 0);
    decides("labels.exists_one(l, l in [\"public\", \"x\"])", &fact, true, 0);
    decides("size(labels.filter(l, l == \"public\")) == 1", &fact, true, 0);
    decides("\"public\" in labels && size(labels) == 2", &fact, true, 0);
    decides("kdf in profile.bad", &fact, true, 0);
    decides("environments.exists(e, e == \"test\")", &fact, false, 0);
}

#[test]
fn the_largest_numbers_compare() {
    let fact = material().with(Field::Iterations, u64::MAX);
    decides("iterations > 9223372036854775806", &fact, true, 0);
    decides("iterations < 1000", &fact, false, 0);
}

#[test]
fn rules_judge_facts_of_their_own_kind() {
    let rules = with_condition("bits < 100");
    let pair = Fact::new(Kind::Pair, Site::default()).with(Field::Bits, 64u32);
    assert_eq!(fired(&rules, &pair), (vec![], 0));
}

#[test]
fn the_first_adjustment_that_holds_counts() {
    let rules = load_one(&RULE.replace(
        "why: Because.",
        "adjust:\n\
         - {when: environment == \"test\", severity: low, because: tests}\n\
         - {when: 'bits < 10', severity: critical, because: tiny}\n\
         - {when: 'bits < 20', severity: info, because: never reached}\n\
         why: Because.",
    ))
    .unwrap();
    let hit = |fact: Fact| judge(&rules, &[fact]).hits.remove(0);
    let of = |hit: Hit| (hit.severity, hit.because);
    let small = material().with(Field::Bits, 8u32);
    let test = small.clone().with(Field::Environment, "test");
    let unknown = small.clone().with(Field::Environment, Value::Unknown);
    assert_eq!(of(hit(test)), (Severity::Low, Some("tests".to_owned())));
    assert_eq!(of(hit(small)), (Severity::Critical, Some("tiny".to_owned())));
    assert_eq!(of(hit(unknown)), (Severity::Critical, Some("tiny".to_owned())));
    assert_eq!(of(hit(material().with(Field::Bits, 64u32))), (Severity::High, None));
}

#[test]
fn a_profile_sets_the_severity_before_adjustments() {
    let profile = format!("{PROFILE}severity: {{some-rule: info}}\n");
    let rules = load::rule_set(
        vec![
            source("dir/some-rule.yaml", RULE, Holds::Rule),
            source("dir/profiles/p.yaml", &profile, Holds::Profile),
        ],
        "p",
    )
    .unwrap();
    let fact = material().with(Field::Bits, 8u32);
    assert_eq!(fired(&rules, &fact).0, [("some-rule".to_owned(), Severity::Info)]);
}

#[test]
fn hits_come_in_the_order_of_facts_whatever_the_threads() {
    let rules = RuleSet::builtin();
    let facts: Vec<Fact> = (0..40_000u32)
        .map(|number| {
            let label = if number % 3 == 0 { "plaintext" } else { "public" };
            material()
                .with(Field::Class, "private-key")
                .with(Field::Label, label)
                .with(Field::Algorithm, "rsa")
                .with(Field::Strength, 80 + number % 64)
                .with(Field::KeyId, format!("spki-sha256:{number:064x}"))
        })
        .collect();
    let many = judge(&rules, &facts);
    assert!(many.hits.is_sorted_by_key(|hit| (hit.fact, hit.rule)));
    assert_eq!(
        many.hits.iter().filter(|hit| rules.rules[hit.rule].id == "plaintext-private-key").count(),
        13_334
    );
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(one.install(|| judge(&rules, &facts)), many);

    // A fact is judged alike in any company.
    for number in [0, 1, 16_383, 16_384, 39_999] {
        let alone = judge(&rules, &facts[number..=number]);
        let among = many.hits.iter().filter(|hit| hit.fact == number).cloned();
        let among: Vec<Hit> = among.map(|hit| Hit { fact: 0, ..hit }).collect();
        assert_eq!(alone.hits, among);
    }
}
