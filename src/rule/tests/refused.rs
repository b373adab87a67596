//! What is refused, and at which line.

use super::*;

#[track_caller]
fn refused_at(rule: &str, line: usize, problem: &str) {
    let Err(error) = load_one(rule) else { panic!("loads: {problem}") };
    let error = error.to_string();
    assert!(error.starts_with(&format!("dir/some-rule.yaml:{line}: ")), "{error}");
    assert!(error.contains(problem), "{error}");
}

fn with(old: &str, new: &str) -> String {
    assert!(RULE.contains(old));
    RULE.replace(old, new)
}

#[test]
fn unknown_and_missing_and_double_keys() {
    refused_at(&with("fix: Do it.", "fixes: Do it."), 10, "fixes");
    refused_at(&with("why: Because.\n", ""), 11, "missing field `why`");
    refused_at(&with("why: Because.", "title: Twice."), 9, "title");
    refused_at(&with("text: y", "txt: y"), 14, "txt");
}

#[test]
fn severities_kinds_and_requirements_that_there_are_not() {
    refused_at(&with("severity: high", "severity: grave"), 3, "grave");
    refused_at(&with("on: material", "on: metal"), 6, "no kind of fact is `metal`");
    refused_at(&with("PCI-DSS-4.0.1:3.6.1.2", "3.6.1.2"), 4, "STANDARD:NUMBER");
    refused_at(&with("cwe: [312]", "cwe: [CWE-312]"), 5, "");
}

#[test]
fn fields_and_parameters_that_there_are_not() {
    refused_at(&with("bits <", "bit <"), 7, "no field is called `bit`; there is `bits`");
    refused_at(&with("profile.floor", "profile.flor"), 7, "no parameter `flor`");
    refused_at(&with("{bits}", "{bites}"), 8, "no field is called `bites`");
    refused_at(&with("why: Because.", "at: colour\nwhy: Because."), 9, "`colour`");
    let block = "when: |\n  bits < profile.floor\n  || lable == \"plaintext\"";
    refused_at(
        &with("when: bits < profile.floor", block),
        9,
        "`lable`; there is `label`, `labels`",
    );
    let folded = "when: >-\n  bits < profile.floor\n  || lable == \"plaintext\"";
    refused_at(&with("when: bits < profile.floor", folded), 9, "`lable`");
    let adjust = "adjust:\n  - when: bits < 3\n    severity: low\n    because: small\n  \
                  - when: has(fact.size)\n    severity: low\n    because: small\nwhy: Because.";
    refused_at(&with("why: Because.", adjust), 13, "no field is called `size`");
}

#[test]
fn what_is_no_cel() {
    refused_at(&with("bits < profile.floor", "bits < < 3"), 7, "not a CEL expression");
    let block = "when: |\n  bits < 3\n  || ) bits";
    refused_at(&with("when: bits < profile.floor", block), 9, "not a CEL expression");
}

#[test]
fn comparisons_that_could_never_hold() {
    for (condition, problem) in [
        ("bits", "is a number"),
        ("label", "is a text"),
        ("bits < \"3\"", "a text where a number is wanted"),
        ("label == 3", "a number where a text is wanted"),
        ("label < \"b\"", "a text where a number is wanted"),
        ("bits in profile.bad", "a number where a text is wanted"),
        ("label in environment", "a text where a list of texts is wanted"),
        ("environments == \"test\"", "a text where a list of texts is wanted"),
        ("world_readable == \"yes\"", "a text where a truth value is wanted"),
        ("label && true", "a text where a truth value is wanted"),
        ("!bits", "a number where a truth value is wanted"),
        ("profile.bad < 3", "a list of texts where a number is wanted"),
        ("labels.exists(l, l == 3)", "a number where a text is wanted"),
        ("label.exists(l, l == \"a\")", "a text where a list of texts is wanted"),
        ("bits == 1.5", "a value that no field has where a number is wanted"),
        ("label == null", "a value that no field has where a text is wanted"),
        ("size(bits) > 1", "a number has no size"),
        ("label.foo == \"a\"", "a dot stands only in"),
        ("fact.label == \"a\"", "a dot stands only in"),
        ("has(profile.floor)", "a dot stands only in"),
        ("label.matches(\"a\")", "`matches` has no use"),
        ("startsWith(label, \"a\")", "`startsWith` has no use"),
        ("bits - 1 < 3", "`-` has no use"),
        ("{\"a\": 1} == {\"a\": 1}", "a map or a message has no use"),
    ] {
        refused_at(
            &with("when: bits < profile.floor", &format!("when: '{condition}'")),
            7,
            problem,
        );
    }
}

#[test]
fn examples_that_are_missing_or_say_nothing() {
    refused_at(&with("[{file: a.pem, text: x}]", "[]"), 13, "needs an example on which it fires");
    refused_at(&with("[{file: a.pem, text: y}]", "[]"), 14, "on which it stays silent");
    refused_at(&with("  silent: [{file: a.pem, text: y}]\n", ""), 13, "silent");
    refused_at(&with("{file: a.pem, text: y}", "{text: y}"), 14, "names its `file`");
    refused_at(&with("{file: a.pem, text: y}", "{file: a.pem}"), 14, "either `text` or `bytes`");
    refused_at(&with("{file: a.pem, text: y}", "{note: empty}"), 14, "names its `file`");
}

#[test]
fn examples_may_be_binary_and_of_several_files() {
    let several = with(
        "[{file: a.pem, text: x}]",
        "[{files: [{file: a.key, bytes: !!binary MAMCAQA=}, {file: b, text: z}]}]",
    );
    let rules = load_one(&several).unwrap();
    let files = &rules.rules[0].fires[0].files;
    assert_eq!(
        (files[0].path.as_str(), files[0].bytes.as_slice()),
        ("a.key", &b"0\x03\x02\x01\0"[..])
    );
    assert_eq!((files[1].path.as_str(), files[1].bytes.as_slice()), ("b", &b"z"[..]));
}

#[test]
fn ids_that_do_not_fit() {
    refused_at(&with("id: some-rule", "id: Some Rule"), 1, "lower-case words");
    refused_at(&with("id: some-rule", "id: other-rule"), 1, "file of its name");
    let twice = load::rule_set(
        vec![
            source("a/some-rule.yaml", RULE, Holds::Rule),
            source("b/some-rule.yaml", RULE, Holds::Rule),
            source("dir/profiles/p.yaml", PROFILE, Holds::Profile),
        ],
        "p",
    );
    let error = twice.err().unwrap().to_string();
    assert_eq!(error, "b/some-rule.yaml:1: rule `some-rule` is already at a/some-rule.yaml:1");
}

#[test]
fn profiles_that_do_not_fit() {
    let load = |text: &str, name: &str| {
        let sources = vec![
            source("dir/some-rule.yaml", RULE, Holds::Rule),
            source("dir/profiles/p.yaml", PROFILE, Holds::Profile),
            source("dir/profiles/q.yaml", text, Holds::Profile),
        ];
        load::rule_set(sources, name).err().map(|error| error.to_string())
    };
    let q = "id: q\ntitle: Q\nabout: Q\nextends: p\nparameters: {}\n";
    assert_eq!(load(q, "q"), None);
    assert!(load(q, "r").unwrap().contains("no profile is called `r`; there is p, q"));
    assert!(load(&q.replace("extends: p", "extends: q"), "q").unwrap().contains("q.yaml:4: "));
    assert!(load(&q.replace("extends: p", "extends: z"), "q").unwrap().contains("not there: `z`"));
    assert!(load(&q.replace("id: q", "id: p"), "p").unwrap().contains("q.yaml:1: "));
    assert!(load(&q.replace("title", "titel"), "p").unwrap().contains("q.yaml:2: "));
    let empty = q.replace("parameters: {}", "parameters:\n  floor: {is: null, source: x}");
    assert!(load(&empty, "q").unwrap().contains("q.yaml:6: parameter `floor` has no value"));
    let severity = format!("{q}severity:\n  some-rule: low\n  no-rule: low\n");
    assert!(load(&severity, "q").unwrap().contains("q.yaml:8: no rule is called `no-rule`"));
    let typed = q.replace("parameters: {}", "parameters:\n  floor: {is: high, source: x}");
    assert!(load(&typed, "q").unwrap().contains("some-rule.yaml:7: a text where a number"));
}

#[test]
fn rules_of_a_directory_are_held_to_the_same_checks() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        crate::places::files::write(&directory.path().join(name), text.as_bytes()).unwrap();
    };
    let rule = RULE.replace("profile.floor", "profile.min_strength");
    write("some-rule.yaml", &rule);
    write("README.md", "not a rule");
    let dirs = [directory.path().to_owned()];
    let rules = RuleSet::load(&dirs, "default").unwrap();
    assert_eq!(rules.rules.len(), RuleSet::builtin().rules.len() + 1);
    assert!(rules.rules.is_sorted_by_key(|rule| &rule.id));

    write("truncated-key.yaml", &rule.replace("some-rule", "truncated-key"));
    let error = RuleSet::load(&dirs, "default").err().unwrap().to_string();
    assert!(
        error.contains("truncated-key.yaml:1: rule `truncated-key` is already at rules/material/")
    );

    write("truncated-key.yaml", "id: [");
    let error = RuleSet::load(&dirs, "default").err().unwrap().to_string();
    assert!(error.contains("truncated-key.yaml:1: "), "{error}");
}

#[test]
fn every_beginning_of_a_rule_loads_or_is_refused() {
    for end in 0..=RULE.len() {
        let outcome = load_one(&RULE[..end]);
        assert!(outcome.is_ok() == (end + 1 >= RULE.len()), "{end}");
    }
}

#[test]
fn a_condition_nested_too_deeply_is_refused() {
    let deep = format!("{}bits < 3{}", "(".repeat(5000), ")".repeat(5000));
    refused_at(&with("bits < profile.floor", &deep), 7, "not a CEL expression");
}
