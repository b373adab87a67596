//! Judges facts. Each fact is judged by itself; what facts say of each other are facts (links).

use std::collections::{BTreeSet, HashMap};

use cel::{Context, IdedExpr, Value as CelValue};
use rayon::prelude::*;

use super::{
    RuleSet,
    condition::{Condition, LANGUAGE},
    value::{Names, truth},
};
use crate::{
    fact::{Fact, Field, Kind, Value},
    finding::Severity,
};

/// A rule that fired on a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Number of the rule in its set.
    pub rule: usize,
    /// Number of the fact among those judged.
    pub fact: usize,
    pub severity: Severity,
    pub message: String,
    /// Why the severity is not that of the rule.
    pub because: Option<String>,
}

/// What rules think of some facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// In the order of the facts, and for one fact in that of the rules.
    pub hits: Vec<Hit>,
    /// Conditions that could not be decided because a value is unknown.
    pub undecided: u64,
}

/// Facts that one thread judges with one memory of what it judged before: enough that the memory
/// pays, few enough that all threads have work.
const FACTS_AT_ONCE: usize = 16_384;

/// Applies every rule to every fact of its kind.
pub fn judge(rules: &RuleSet, facts: &[Fact]) -> Judged {
    let parts: Vec<Judged> = facts
        .par_chunks(FACTS_AT_ONCE)
        .enumerate()
        .map(|(number, facts)| judge_part(rules, facts, number * FACTS_AT_ONCE))
        .collect();
    let mut all = Judged::default();
    for part in parts {
        all.hits.extend(part.hits);
        all.undecided += part.undecided;
    }
    all
}

/// Of `facts`, those on which a rule fires, with the places to which rules point; and what could not
/// be decided of the others.
pub(crate) fn worth_keeping(rules: &RuleSet, facts: Vec<Fact>) -> (Vec<Fact>, u64) {
    let pointed: BTreeSet<Field> = rules.rules.iter().filter_map(|rule| rule.at).collect();
    let judged = judge(rules, &facts);
    let fired: BTreeSet<usize> = judged.hits.iter().map(|hit| hit.fact).collect();
    let numbered = facts.into_iter().enumerate();
    let mut kept: Vec<Fact> =
        numbered.filter(|(number, _)| fired.contains(number)).map(|(_, fact)| fact).collect();
    for fact in &mut kept {
        fact.places.retain(|field, _| pointed.contains(field));
    }
    let undecided = judged.undecided.saturating_sub(judge(rules, &kept).undecided);
    (kept, undecided)
}

/// The rules that fire on a fact, each with its adjustment, if any holds.
#[derive(Default)]
struct Verdict {
    fired: Vec<(usize, Option<usize>)>,
    undecided: u64,
}

fn judge_part(rules: &RuleSet, facts: &[Fact], offset: usize) -> Judged {
    // A verdict depends on nothing but the kind and the fields that conditions mention. Many keys
    // are alike in these: a million facts are some hundred cases.
    let mut verdicts: HashMap<(Kind, Vec<Option<&Value>>), Verdict> = HashMap::new();
    let mut judged = Judged::default();
    for (number, fact) in facts.iter().enumerate() {
        let Some((numbers, fields)) = rules.of_kind(fact.kind) else { continue };
        let case = fields.iter().map(|field| fact.fields.get(field)).collect();
        let verdict =
            verdicts.entry((fact.kind, case)).or_insert_with(|| judge_case(rules, numbers, fact));
        judged.undecided += verdict.undecided;
        for &(rule_number, adjustment) in &verdict.fired {
            let Some(rule) = rules.rules.get(rule_number) else { continue };
            let adjustment = adjustment.and_then(|number| rule.adjust.get(number));
            judged.hits.push(Hit {
                rule: rule_number,
                fact: offset + number,
                severity: adjustment.map_or(rule.severity, |adjustment| adjustment.severity),
                message: rule.message.render(fact, &rules.profile),
                because: adjustment.map(|adjustment| adjustment.because.clone()),
            });
        }
    }
    judged
}

fn judge_case(rules: &RuleSet, numbers: &[usize], fact: &Fact) -> Verdict {
    let mut verdict = Verdict::default();
    for &number in numbers {
        let Some(rule) = rules.rules.get(number) else { continue };
        match holds(&rule.when, fact, rules) {
            Some(true) => {
                let adjustment = rule
                    .adjust
                    .iter()
                    .position(|adjustment| holds(&adjustment.when, fact, rules) == Some(true));
                verdict.fired.push((number, adjustment));
            }
            Some(false) => {}
            // Without an unknown value the rule is about fields that the fact does not have: it
            // does not apply.
            None => {
                let fields = &rule.when.compiled(&rules.profile).fields;
                verdict.undecided += u64::from(is_any_unknown(fields, fact));
            }
        }
    }
    verdict
}

/// Whether a condition holds; `None` when that depends on a field that is not known.
fn holds(condition: &Condition, fact: &Fact, rules: &RuleSet) -> Option<bool> {
    let compiled = condition.compiled(&rules.profile);
    evaluate(&compiled.expression, &Names { fact, profile: &rules.profile })
}

fn evaluate(expression: &IdedExpr, names: &Names<'_>) -> Option<bool> {
    let mut context = Context::with_env(LANGUAGE.clone());
    context.set_variable_resolver(names);
    truth(CelValue::resolve(expression, &context))
}

fn is_any_unknown(fields: &BTreeSet<Field>, fact: &Fact) -> bool {
    fields.iter().any(|field| fact.fields.get(field) == Some(&Value::Unknown))
}
