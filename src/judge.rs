//! Facts to findings: the reduce stage. Links, rules, suppressions, and one finding for each rule
//! and key.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use sha2::{Digest, Sha256};

use crate::{
    baseline::Baseline,
    config::Config,
    date::Date,
    error::Error,
    fact::{Fact, Field, Kind, Site},
    finding::{Finding, Outcome, Severity, Suppression},
    identity::hex,
    ledger::Ledger,
    link,
    register::{self, approved::Approved},
    rule::{self, Hit, RuleSet},
    suppress::Suppressions,
};

/// What a judgement needs beside the facts.
pub(crate) struct Judge<'a> {
    pub rules: &'a RuleSet,
    pub config: &'a Config,
    pub baseline: Option<(&'a Baseline, &'a Path)>,
    pub today: Date,
    /// The register of approved keys to hold the facts against.
    pub register: Option<&'a Approved>,
}

/// Places of one finding that a report is given at most; the count goes on.
const PLACES: usize = 100;

/// Judges `facts`, in any order, and leaves them in the one order of all reports, with links.
pub(crate) fn judge(
    facts: &mut Vec<Fact>,
    mut ledger: Ledger,
    by: &Judge<'_>,
) -> Result<Outcome, Error> {
    sort(facts);
    ledger.sort();
    let undecided = ledger.undecided + link::link(facts, &by.config.environments()?);
    if let Some(register) = by.register {
        facts.extend(register::approved::link(register, facts, by.today));
    }
    let judged = rule::judge(by.rules, facts);

    let known: BTreeSet<&str> = by.rules.rules.iter().map(|rule| rule.id.as_str()).collect();
    let suppressions = Suppressions::new(facts, by.config, by.baseline, &known, by.today);
    let findings = group(&judged.hits, facts, by.rules, &suppressions);

    // A register that is judged alone has the keys of its entries.
    let says = |fact: &&Fact| matches!(fact.kind, Kind::Record | Kind::Register);
    let is_alone = facts.iter().all(|fact| says(&fact));
    let by = if is_alone { Field::Key } else { Field::KeyId };
    let seen = facts.iter().filter(|fact| is_alone || !says(fact));
    let keys: BTreeSet<&str> = seen.filter_map(|fact| fact.text(by)).collect();
    Ok(Outcome {
        findings,
        notices: suppressions.notices(),
        ledger,
        keys: keys.len() as u64,
        undecided: judged.undecided + undecided,
    })
}

/// Facts in the order of their places. Facts of one place differ in kind or fields.
pub(crate) fn sort(facts: &mut [Fact]) {
    facts.sort_by(|a, b| {
        let place = |fact: &Fact| (fact.site().offset, fact.site().length, fact.kind);
        a.site()
            .path
            .cmp(&b.site().path)
            .then_with(|| place(a).cmp(&place(b)))
            .then_with(|| a.fields.cmp(&b.fields))
    });
}

/// The hits of one rule on one key, of which all or none is held back.
struct Group<'a> {
    severity: Severity,
    message: &'a str,
    fact: &'a Fact,
    sites: Vec<&'a Site>,
    count: u64,
    suppression: Option<Suppression>,
}

fn group(
    hits: &[Hit],
    facts: &[Fact],
    rules: &RuleSet,
    suppressions: &Suppressions<'_>,
) -> Vec<Finding> {
    let mut lines: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for site in facts.iter().filter(|f| f.kind == Kind::Material).flat_map(|fact| &fact.sites) {
        lines.entry(&site.path).or_default().insert(site.line);
    }
    let none = BTreeSet::new();

    let mut groups: BTreeMap<(String, &str, bool), Group<'_>> = BTreeMap::new();
    for hit in hits {
        let (Some(fact), Some(rule)) = (facts.get(hit.fact), rules.rules.get(hit.rule)) else {
            continue;
        };
        let fingerprint = fingerprint(&rule.id, fact);
        let mut uncounted = fact.count;
        // The line to change, where the rule names it.
        let own = rule.at.and_then(|field| fact.places.get(&field));
        for (index, site) in fact.sites.iter().enumerate() {
            let site = own.filter(|_| index == 0).unwrap_or(site);
            let keys = lines.get(site.path.as_str()).unwrap_or(&none);
            let suppression = suppressions.holding(&rule.id, &fingerprint, site, keys);
            // What the fact counts beyond the places it keeps goes with the last of them.
            let count = if index + 1 == fact.sites.len() { uncounted } else { 1 };
            uncounted = uncounted.saturating_sub(1);
            let key = (fingerprint.clone(), rule.id.as_str(), suppression.is_some());
            let group = groups.entry(key).or_insert_with(|| Group {
                severity: hit.severity,
                message: &hit.message,
                fact,
                sites: Vec::new(),
                count: 0,
                suppression,
            });
            // With several files of values it is so in the same place.
            if has_values(fact) && group.sites.contains(&site) {
                continue;
            }
            if hit.severity > group.severity {
                // The worst place is the one to point at.
                group.severity = hit.severity;
                group.message = &hit.message;
                group.fact = fact;
                group.sites.insert(0, site);
            } else {
                group.sites.push(site);
            }
            group.count += count;
        }
    }

    let mut findings: Vec<Finding> = groups
        .into_iter()
        .map(|((fingerprint, rule, _), group)| Finding {
            rule: rule.to_owned(),
            severity: group.severity,
            message: group.message.to_owned(),
            fingerprint,
            kind: group.fact.kind,
            fields: group.fact.fields.clone(),
            count: group.count,
            sites: group.sites.into_iter().take(PLACES).cloned().collect(),
            suppression: group.suppression,
        })
        .collect();
    findings.sort_by(|a, b| {
        let place = |finding: &Finding| (finding.site().path.clone(), finding.site().offset);
        b.severity
            .cmp(&a.severity)
            .then_with(|| place(a).cmp(&place(b)))
            .then_with(|| a.rule.cmp(&b.rule))
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
    findings
}

/// Whether a fact holds with some files of values and not with others.
fn has_values(fact: &Fact) -> bool {
    [Field::Values, Field::OtherValues].iter().any(|field| fact.fields.contains_key(field))
}

/// Fields that tell what configuration states from everything else that a file states: by them it
/// is the same finding when a value is changed.
const IDENTITY: [Field; 10] = [
    Field::Alias,
    Field::Attribute,
    Field::Dek,
    Field::Document,
    Field::Kek,
    Field::Key,
    Field::Name,
    Field::Principal,
    Field::Setting,
    Field::System,
];

/// The identity of a finding: the rule and the key. What has no identity of its own is told apart
/// by its file and by what was understood of it.
fn fingerprint(rule: &str, fact: &Fact) -> String {
    let mut digest = Sha256::new();
    digest.update(b"keylint finding\0");
    digest.update(rule);
    digest.update([0]);
    match fact.text(Field::KeyId) {
        Some(key) => digest.update(key),
        None => {
            digest.update(&fact.site().path);
            let is_named = IDENTITY.iter().any(|field| fact.fields.contains_key(field));
            for (field, value) in &fact.fields {
                if is_named && !IDENTITY.contains(field) {
                    continue;
                }
                digest.update([0]);
                digest.update(field.name());
                digest.update(value.to_string());
            }
        }
    }
    hex(digest.finalize().get(..16).unwrap_or_default())
}
