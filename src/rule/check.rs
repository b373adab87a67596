//! Holds rules to their own examples: each rule fires on its `fires` and stays silent on its
//! `silent` examples, through the whole pipeline.

use super::{RuleSet, judge};
use crate::{error::Error, fact::Fact};

/// What a rule says of some files.
pub(super) struct Example {
    /// Where it is written: `FILE:LINE`.
    pub place: String,
    /// What is to be learnt from it.
    pub note: Option<String>,
    pub files: Vec<ExampleFile>,
}

/// A file of an example. It holds keys made for the example, so that its bytes are no secret.
pub struct ExampleFile {
    /// Its path gives the environment.
    pub path: String,
    pub bytes: Vec<u8>,
    /// Whether every local user may read it, where that matters.
    pub world_readable: Option<bool>,
}

/// Runs every example of every rule through `scan`, which gives the facts, links included, of
/// files that are seen together. The errors name the examples that came out otherwise.
pub fn check(rules: &RuleSet, scan: impl Fn(&[ExampleFile]) -> Vec<Fact>) -> Vec<Error> {
    let mut errors = Vec::new();
    for (number, rule) in rules.rules.iter().enumerate() {
        let sides = [(true, &rule.fires), (false, &rule.silent)];
        for (wanted, example) in sides
            .into_iter()
            .flat_map(|(wanted, examples)| examples.iter().map(move |e| (wanted, e)))
        {
            let facts = scan(&example.files);
            let fired = judge(rules, &facts).hits.iter().any(|hit| hit.rule == number);
            let problem = match (wanted, fired) {
                (true, true) | (false, false) => continue,
                (true, false) => "does not fire on its example",
                (false, true) => "fires on an example on which it should stay silent",
            };
            let problem = format!("rule `{}` {problem} ({} facts)", rule.id, facts.len());
            errors.push(Error::invalid(example.place.clone(), problem));
        }
    }
    errors
}
