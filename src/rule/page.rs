//! Documentation out of the rules themselves: Markdown that also reads well in a terminal.

use std::fmt::Write;

use super::{Profile, Rule, RuleSet, check::Example, value::type_of_field};
use crate::{
    fact::{Field, Kind},
    finding::Severity,
};

/// The page of a rule: `docs/rules/ID.md`, and what `keylint explain ID` prints.
pub fn page(rule: &Rule, profile: &Profile) -> String {
    let mut page = format!("# {}\n\n{}.\n\n", rule.id, rule.title);
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            push(&mut page, format_args!("- {name}: {value}\n"));
        }
    };
    row("Severity", rule.severity.to_string());
    for adjustment in &rule.adjust {
        row("Or", format!("{}, because {}", adjustment.severity, adjustment.because));
    }
    row("Judges", format!("`{}`", rule.on.name()));
    row("Requirements", joined(&rule.requirements, |requirement| requirement.words()));
    row(
        "Weaknesses",
        joined(&rule.cwe, |cwe| {
            format!("[CWE-{cwe}](https://cwe.mitre.org/data/definitions/{cwe}.html)")
        }),
    );

    push(&mut page, format_args!("\n## Why\n\n{}\n", rule.why));
    push(&mut page, format_args!("\n## Fix\n\n{}\n", rule.fix));
    push(&mut page, format_args!("\n## Condition\n\n```cel\n{}\n```\n", rule.when.text));
    let parameters = &rule.when.compiled(profile).parameters;
    if !parameters.is_empty() {
        let names = joined(parameters, |name| format!("`{name}`"));
        push(&mut page, format_args!("\nThe profile sets {names}.\n"));
    }
    for adjustment in &rule.adjust {
        let (severity, text) = (adjustment.severity, &adjustment.when.text);
        push(&mut page, format_args!("\nIt is {severity} when\n\n```cel\n{text}\n```\n"));
    }
    page.push_str("\n## Examples\n\n");
    for (side, examples) in [("Fires", &rule.fires), ("Stays silent", &rule.silent)] {
        for example in examples {
            push(&mut page, format_args!("- {side}: {}\n", example_words(example)));
        }
    }
    if !rule.references.is_empty() {
        page.push_str("\n## References\n\n");
        for reference in &rule.references {
            push(&mut page, format_args!("- {reference}\n"));
        }
    }
    page
}

/// The table of all rules: `docs/rules/README.md`.
pub fn index(rules: &RuleSet) -> String {
    let mut page = String::from(
        "# Rules\n\n\
         Generated from the files under `rules/`. `keylint explain ID` prints the same pages.\n\n\
         | rule | severity | what was seen | requirements |\n|---|---|---|---|\n",
    );
    for severity in Severity::ALL {
        for rule in rules.rules.iter().filter(|rule| rule.severity == severity) {
            let requirements = joined(&rule.requirements, ToString::to_string);
            push(
                &mut page,
                format_args!(
                    "| [{id}]({id}.md) | {severity} | {} | {requirements} |\n",
                    rule.title,
                    id = rule.id,
                ),
            );
        }
    }
    page
}

/// The parameters of a profile: `docs/profiles/ID.md`.
pub fn profile_page(profile: &Profile) -> String {
    let mut page = format!("# {}\n\n{}.\n\n{}\n", profile.id, profile.title, profile.about.trim());
    if !profile.extends.is_empty() {
        let bases = joined(&profile.extends, |base| format!("`{base}`"));
        push(&mut page, format_args!("\nExtends {bases}.\n"));
    }
    page.push_str("\n| parameter | value | source |\n|---|---|---|\n");
    for (name, parameter) in &profile.parameters {
        let source = parameter.source.replace(['\n', '|'], " ");
        push(&mut page, format_args!("| `{name}` | {} | {source} |\n", parameter.value));
    }
    if !profile.severity.is_empty() {
        page.push_str("\n| rule | severity |\n|---|---|\n");
        for (rule, severity) in &profile.severity {
            push(&mut page, format_args!("| `{rule}` | {severity} |\n"));
        }
    }
    page
}

/// Kinds of facts and their fields: `docs/facts.md`.
pub fn vocabulary() -> String {
    let mut page = String::from(
        "# Facts\n\n\
         What parsers say and rules judge. Generated from the program's own vocabulary.\n\n\
         ## Kinds\n\n| kind | what it states |\n|---|---|\n",
    );
    for kind in Kind::ALL {
        push(&mut page, format_args!("| `{}` | {} |\n", kind.name(), kind_words(kind)));
    }
    page.push_str("\n## Fields\n\n| field | type | what it says |\n|---|---|---|\n");
    for &field in Field::ALL {
        let about = field.about().trim().replace('|', "\\|");
        let words = type_of_field(field).words();
        push(&mut page, format_args!("| `{field}` | {words} | {about} |\n"));
    }
    page.push_str(
        "\n## Conditions\n\n\
         A condition (`when`) is a CEL expression that is true or false.\n\n\
         - A field stands for itself: `label == \"plaintext\"`.\n\
         - `profile.NAME` is a parameter of the profile: `strength < profile.min_strength`.\n\
         - `has(fact.NAME)` asks whether the fact has a field.\n\
         - A comparison with a field that the fact does not have is neither true nor false: \
         `a || b` is still true when one side is, `a && b` still false when one side is. What \
         stays open does not fire: the rule does not apply.\n\
         - A field whose value is unknown behaves the same way, for `has` too, and the condition \
         is counted as undecided.\n",
    );
    page
}

const fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Material => "These bytes are a key, a certificate, or look like one.",
        Kind::Record => {
            "People wrote something down: an allowance, or an entry of a register of keys."
        }
        Kind::Key => "Configuration declares a key.",
        Kind::Grant => "A principal may do something to a key.",
        Kind::Setting => "A setting of a KMS, an HSM, a cluster, a database or a runtime.",
        Kind::Reference => "Something names a key that it uses.",
        Kind::Wraps => "A key wraps another, or the data keys of a service.",
        Kind::Duties => "One principal stands on both sides of a separation of duties.",
        Kind::Substitution => "All ways in which one key can be replaced by another.",
        Kind::Change => "A name stands for another key than before, or two declarations differ.",
        Kind::Register => "What was seen, against what the register of keys approves.",
        Kind::SameKey => "One key lies in several files.",
        Kind::Pair => "A private key and the certificate or public key that it opens.",
    }
}

fn example_words(example: &Example) -> String {
    let files = joined(&example.files, |file| format!("`{}`", file.path));
    match &example.note {
        Some(note) => format!("{note} ({files})"),
        None => files,
    }
}

fn joined<'a, T: 'a>(
    items: impl IntoIterator<Item = &'a T>,
    words: impl Fn(&T) -> String,
) -> String {
    items.into_iter().map(words).collect::<Vec<_>>().join(", ")
}

fn push(page: &mut String, text: std::fmt::Arguments<'_>) {
    let _infallible = page.write_fmt(text);
}
