//! Rules judge facts. What they say (thresholds, severities, sentences) is data under `rules/`;
//! here it is only loaded, checked, applied and shown.

mod apply;
mod check;
mod condition;
mod load;
mod page;
mod profile;
pub(crate) mod source;
mod template;
mod value;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
    sync::OnceLock,
};

pub(crate) use self::{
    apply::worth_keeping,
    value::{Type, type_of_field},
};
pub use self::{
    apply::{Hit, Judged, judge},
    check::{ExampleFile, check},
    page::{index, page, profile_page, vocabulary},
    profile::{Parameter, Profile},
};
use self::{condition::Condition, template::Template};
use crate::{
    error::Error,
    fact::{Field, Kind},
    finding::Severity,
};

/// The profile that is used when none is named.
pub const DEFAULT_PROFILE: &str = "default";

/// One opinion: which facts are a problem, how bad, why, and what to do.
pub struct Rule {
    /// A slug that reads as an observation. Never changes its meaning.
    pub id: String,
    pub title: String,
    /// As the rule or the profile sets it, before any adjustment.
    pub severity: Severity,
    pub requirements: Vec<Requirement>,
    /// Numbers of the Common Weakness Enumeration.
    pub cwe: Vec<u32>,
    pub on: Kind,
    /// Field to point at, where that is not the whole fact.
    pub at: Option<Field>,
    /// Why it matters, in Markdown.
    pub why: String,
    /// What to do, in Markdown.
    pub fix: String,
    pub references: Vec<String>,
    /// Where it is written: `FILE:LINE`.
    pub place: String,
    when: Condition,
    adjust: Vec<Adjustment>,
    message: Template,
    fires: Vec<check::Example>,
    silent: Vec<check::Example>,
}

impl Rule {
    /// The condition, in CEL.
    pub fn when(&self) -> &str {
        &self.when.text
    }
}

/// A circumstance that makes a finding more or less severe. The first that holds counts.
struct Adjustment {
    when: Condition,
    severity: Severity,
    because: String,
}

/// A requirement that a rule helps with, written `PCI-DSS-4.0.1:3.6.1.2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// `PCI-DSS-4.0.1`
    pub standard: String,
    /// `3.6.1.2`
    pub number: String,
}

impl Requirement {
    fn parse(text: &str) -> Option<Self> {
        let (standard, number) = text.split_once(':')?;
        let is_word = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        };
        (is_word(standard) && is_word(number))
            .then(|| Self { standard: standard.to_owned(), number: number.to_owned() })
    }

    /// For a reader: `PCI DSS 4.0.1 requirement 3.6.1.2`.
    pub fn words(&self) -> String {
        format!("{} requirement {}", self.standard.replace('-', " "), self.number)
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.standard, self.number)
    }
}

/// Rules and the profile whose parameters they use.
pub struct RuleSet {
    /// Sorted by id.
    pub rules: Vec<Rule>,
    pub profile: Profile,
    by_kind: BTreeMap<Kind, OfKind>,
}

/// The rules for one kind of fact.
#[derive(Default)]
struct OfKind {
    /// Their numbers.
    rules: Vec<usize>,
    /// The fields that their conditions mention.
    fields: OnceLock<Vec<Field>>,
}

impl RuleSet {
    /// The built-in rules under the default profile.
    pub fn builtin() -> Self {
        Self::load(&[], DEFAULT_PROFILE)
            .unwrap_or_else(|error| unreachable!("tests load every built-in rule: {error}"))
    }

    /// The built-in rules and those below `extra_dirs`, which are held to the same checks, under
    /// a profile by name, or by path when it ends in `.yaml`.
    pub fn load(extra_dirs: &[PathBuf], profile: &str) -> Result<Self, Error> {
        let mut sources = source::builtin();
        for directory in extra_dirs {
            sources.extend(source::below(directory)?);
        }
        load::rule_set(sources, profile)
    }

    /// One rule alone: for fuzzing.
    #[cfg(fuzzing)]
    pub(crate) fn alone(text: &str) -> Result<Self, Error> {
        load::alone(text)
    }

    pub fn get(&self, id: &str) -> Option<&Rule> {
        let at = self.rules.binary_search_by(|rule| rule.id.as_str().cmp(id)).ok()?;
        self.rules.get(at)
    }

    fn new(rules: Vec<Rule>, profile: Profile) -> Self {
        let mut by_kind: BTreeMap<Kind, OfKind> = BTreeMap::new();
        for (number, rule) in rules.iter().enumerate() {
            by_kind.entry(rule.on).or_default().rules.push(number);
        }
        Self { rules, profile, by_kind }
    }

    /// Numbers of the rules for a kind of fact, and the fields that their conditions mention.
    fn of_kind(&self, kind: Kind) -> Option<(&[usize], &[Field])> {
        let of = self.by_kind.get(&kind)?;
        let fields = of.fields.get_or_init(|| {
            let rules = of.rules.iter().filter_map(|&number| self.rules.get(number));
            let conditions = rules.flat_map(|rule| {
                [&rule.when].into_iter().chain(rule.adjust.iter().map(|adjust| &adjust.when))
            });
            let fields: BTreeSet<Field> = conditions
                .flat_map(|condition| &condition.compiled(&self.profile).fields)
                .copied()
                .collect();
            fields.into_iter().collect()
        });
        Some((&of.rules, fields))
    }
}
