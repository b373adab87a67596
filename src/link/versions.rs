//! What holds at one time. Of a history each commit is looked at by itself, and of several files of
//! values only one is used at a time: what two of them say is never held against each other.

use std::collections::{BTreeMap, BTreeSet};

use super::{duties, parts, replicas, roles, wraps};
use crate::{
    fact::{Fact, Field, Kind, Value},
    judge::sort,
};

/// Files of values by which links are looked for again.
const MOST: usize = 200;

/// Gives bindings their roles. What comes back are the links between what configuration says, and how
/// many facts came to nothing because what they hang on is not known.
pub(super) fn link(facts: &mut Vec<Fact>) -> (Vec<Fact>, u64) {
    let mut links = Vec::new();
    if !facts.iter().any(is_of_history) {
        parts::link(facts);
        let unknown = roles::link(facts);
        let more = of_one(facts, &mut links);
        return (links, unknown + more);
    }
    let (mut all, configuration): (Vec<Fact>, Vec<Fact>) =
        std::mem::take(facts).into_iter().partition(|fact| !is_configuration(fact));
    let mut versions: BTreeMap<Option<String>, Vec<Fact>> = BTreeMap::new();
    for fact in configuration {
        let commit = fact.site().commit.as_ref().map(|commit| commit.id.clone());
        versions.entry(commit).or_default().push(fact);
    }
    let mut unknown = 0;
    for mut of in versions.into_values() {
        parts::link(&mut of);
        unknown += roles::link(&mut of);
        unknown += of_one(&of, &mut links);
        all.extend(of);
    }
    sort(&mut all);
    *facts = all;
    (links, unknown)
}

fn is_configuration(fact: &Fact) -> bool {
    matches!(fact.kind, Kind::Key | Kind::Grant | Kind::Setting | Kind::Reference)
}

fn is_of_history(fact: &Fact) -> bool {
    is_configuration(fact) && fact.site().commit.is_some()
}

/// The links of one version, with each of its files of values.
fn of_one(facts: &[Fact], links: &mut Vec<Fact>) -> u64 {
    let files: BTreeSet<&str> = facts.iter().filter_map(|fact| fact.text(Field::Values)).collect();
    if files.is_empty() {
        links.extend(all(facts));
        return 0;
    }
    let base: Vec<Fact> =
        facts.iter().filter(|fact| fact.text(Field::Values).is_none()).cloned().collect();
    let mut found = all(&base);
    for file in files.iter().take(MOST) {
        let is_otherwise = |fact: &Fact| match fact.fields.get(&Field::OtherValues) {
            Some(Value::List(files)) => files.iter().any(|of| of == file),
            _ => false,
        };
        let own = facts.iter().filter(|fact| fact.text(Field::Values) == Some(*file));
        let same = base.iter().filter(|fact| !is_otherwise(fact));
        let together: Vec<Fact> = same.chain(own).cloned().collect();
        for link in all(&together) {
            if !found.contains(&link) {
                found.push(link);
            }
        }
    }
    links.append(&mut found);
    files.len().saturating_sub(MOST) as u64
}

fn all(facts: &[Fact]) -> Vec<Fact> {
    let mut links = wraps::link(facts);
    links.extend(duties::link(facts));
    links.extend(replicas::link(facts));
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Commit, Site};

    fn grant(capability: &str, line: u64) -> Fact {
        let site = Site { path: "main.tf".into(), line, offset: line, ..Site::default() };
        Fact::new(Kind::Grant, site)
            .with(Field::Provider, "aws")
            .with(Field::Key, "#aws_kms_key.a")
            .with(Field::Principal, "role/app")
            .with(Field::Breadth, "named")
            .with(Field::Limited, false)
            .with(Field::Capabilities, vec![capability.to_owned()])
    }

    fn duties_of(mut facts: Vec<Fact>) -> usize {
        let (links, _) = link(&mut facts);
        assert_eq!(facts.len(), 2);
        links.iter().filter(|link| link.kind == Kind::Duties).count()
    }

    #[test]
    fn what_two_commits_say_is_not_held_against_each_other() {
        let of = |mut fact: Fact, id: &str| {
            let commit = Commit { id: id.into(), date: String::new(), in_head: true };
            fact.sites[0].commit = Some(commit);
            fact
        };
        let both = |a, b| vec![of(grant("administer", 1), a), of(grant("use", 2), b)];
        assert_eq!(duties_of(both("a", "a")), 1);
        assert_eq!(duties_of(both("a", "b")), 0);
    }

    #[test]
    fn what_two_files_of_values_say_is_not_held_against_each_other() {
        let with = |fact: Fact, file: &str| fact.with(Field::Values, file);
        let prod = || with(grant("use", 2), "prod.tfvars");
        assert_eq!(duties_of(vec![grant("administer", 1), prod()]), 1);
        assert_eq!(duties_of(vec![with(grant("administer", 1), "prod.tfvars"), prod()]), 1);
        assert_eq!(duties_of(vec![with(grant("administer", 1), "dev.tfvars"), prod()]), 0);
        let without = grant("administer", 1);
        let without = without.with(Field::OtherValues, vec!["prod.tfvars".to_owned()]);
        assert_eq!(duties_of(vec![without, prod()]), 0);
    }
}
