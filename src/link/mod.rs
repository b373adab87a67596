//! Facts about facts: what can only be said once everything has been seen. Environments by path,
//! keys that the whole world has, one key in several files, a key and what it opens.

mod duties;
mod parts;
mod replicas;
mod roles;
mod versions;
mod wraps;

use std::collections::{BTreeMap, BTreeSet};

use globset::GlobSet;

use crate::{
    config::Base,
    fact::{Fact, Field, Kind, Site, Value},
    published,
    site::as_directories,
};

/// Most places that a link keeps.
const PLACES: usize = 100;

/// Which paths belong to which environment: the first pattern that matches decides, and where none does,
/// the branch that is checked out.
pub(crate) struct Environments {
    pub base: Base,
    pub patterns: Vec<(String, GlobSet)>,
    pub of_branch: Option<String>,
}

impl Environments {
    pub(crate) fn of(&self, path: &str) -> Option<&str> {
        let path = self.base.relative(&as_directories(path));
        let by_path = self.patterns.iter().find(|(_, paths)| paths.is_match(&path));
        by_path.map(|(name, _)| name).or(self.of_branch.as_ref()).map(String::as_str)
    }
}

/// Completes `facts` and adds the links between them. `facts` are in their final order. Gives how many
/// of them came to nothing because what they hang on is not known.
pub(crate) fn link(facts: &mut Vec<Fact>, environments: &Environments) -> u64 {
    // Facts of one file come one after the other, and may be very many.
    let mut last: (String, Option<&str>) = (String::new(), environments.of(""));
    for fact in facts.iter_mut().filter(|fact| fact.kind != Kind::Record) {
        if fact.site().path != last.0 {
            let path = fact.site().path.clone();
            let environment = environments.of(&path);
            last = (path, environment);
        }
        if let Some(environment) = last.1 {
            fact.fields.insert(Field::Environment, environment.into());
        }
    }
    let (configured, undecided) = versions::link(facts);
    let mut by_key: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, fact) in facts.iter_mut().enumerate().filter(|(_, f)| f.kind == Kind::Material) {
        let Some(key) = fact.text(Field::KeyId).map(str::to_owned) else { continue };
        if let Some(source) = published::published(&key) {
            fact.fields.insert(Field::Published, source.into());
        }
        by_key.entry(key).or_default().push(index);
    }

    let mut links = Vec::new();
    for (key, members) in &by_key {
        let members: Vec<&Fact> = members.iter().filter_map(|&index| facts.get(index)).collect();
        let (secret, public): (Vec<&Fact>, Vec<&Fact>) =
            members.into_iter().partition(|fact| holds_secret(fact));
        links.extend(same_key(key, &secret));
        links.extend(pair(key, &secret, &public));
    }
    links.extend(configured);
    facts.extend(links);
    undecided
}

/// Whether what the fact states is secret or protects a secret.
pub(crate) fn holds_secret(fact: &Fact) -> bool {
    matches!(fact.text(Field::Class), Some("private-key" | "secret-key"))
        && !matches!(fact.text(Field::Label), Some("public" | "stub"))
}

/// One key whose secret half lies in several files.
fn same_key(key: &str, secret: &[&Fact]) -> Option<Fact> {
    let files: BTreeSet<&str> = secret.iter().map(|fact| fact.site().path.as_str()).collect();
    if files.len() < 2 {
        return None;
    }
    let mut link = about(Kind::SameKey, key, secret, secret)?;
    let environments = distinct(secret, Field::Environment);
    if !environments.is_empty() {
        link = link.with(Field::Environments, environments);
    }
    Some(link)
}

/// A private key and the certificate or public key that it opens.
fn pair(key: &str, secret: &[&Fact], public: &[&Fact]) -> Option<Fact> {
    let directory = |fact: &Fact| {
        let path = as_directories(&fact.site().path);
        path.rsplit_once('/').map_or(String::new(), |(head, _)| head.to_owned())
    };
    let directories: BTreeSet<String> = secret.iter().map(|fact| directory(fact)).collect();
    let (beside, apart): (Vec<&Fact>, Vec<&Fact>) =
        public.iter().partition(|fact| directories.contains(&directory(fact)));
    let near: BTreeSet<String> = beside.iter().map(|fact| directory(fact)).collect();
    let (mut first, rest): (Vec<&Fact>, Vec<&Fact>) =
        secret.iter().partition(|fact| near.contains(&directory(fact)));
    first.extend(rest);
    if public.is_empty() {
        return None;
    }
    let same_directory = !beside.is_empty();
    let places: Vec<&Fact> = first.iter().copied().chain(beside).chain(apart).collect();
    let link = about(Kind::Pair, key, &first, &places)?
        .with(Field::SameDirectory, same_directory)
        .with(Field::Classes, distinct(public, Field::Class))
        .with_some(Field::Subject, public.iter().find_map(|fact| fact.text(Field::Subject)));
    Some(link)
}

/// A link of `kind` about the key that `secret` states, seen at `places`.
fn about(kind: Kind, key: &str, secret: &[&Fact], places: &[&Fact]) -> Option<Fact> {
    let first = secret.first()?;
    let mut sites: Vec<Site> = Vec::new();
    for site in places.iter().map(|fact| fact.site()) {
        if sites.len() < PLACES && !sites.iter().any(|s| s.path == site.path && s.line == site.line)
        {
            sites.push(site.clone());
        }
    }
    let mut link = Fact::new(kind, first.site().clone());
    link.count = places.len() as u64;
    link.sites = sites;
    for field in [
        Field::Class,
        Field::Algorithm,
        Field::Bits,
        Field::Curve,
        Field::Strength,
        Field::Published,
    ] {
        if let Some(value) = secret.iter().find_map(|fact| fact.fields.get(&field)) {
            link.fields.insert(field, value.clone());
        }
    }
    if let Some(environment) = first.text(Field::Environment) {
        link.fields.insert(Field::Environment, environment.into());
    }
    Some(link.with(Field::KeyId, key).with(Field::Labels, distinct(secret, Field::Label)))
}

/// The distinct values of a text field, sorted.
fn distinct(facts: &[&Fact], field: Field) -> Vec<String> {
    let values: BTreeSet<&str> = facts
        .iter()
        .filter_map(|fact| match fact.fields.get(&field) {
            Some(Value::Text(text)) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    values.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use globset::{Glob, GlobSetBuilder};

    use super::*;

    fn fact(path: &str, class: &str, label: &str) -> Fact {
        let site = Site { path: path.into(), line: 1, ..Site::default() };
        Fact::new(Kind::Material, site)
            .with(Field::Class, class)
            .with(Field::Label, label)
            .with(Field::KeyId, "spki-sha256:ab")
    }

    fn environments() -> Environments {
        let set = |glob| GlobSetBuilder::new().add(Glob::new(glob).unwrap()).build().unwrap();
        let patterns = vec![("test".into(), set("test/**")), ("production".into(), set("prod/**"))];
        Environments { base: Base::default(), patterns, of_branch: None }
    }

    fn links(mut facts: Vec<Fact>) -> Vec<Fact> {
        link(&mut facts, &environments());
        facts.into_iter().filter(|fact| fact.kind != Kind::Material).collect()
    }

    #[test]
    fn one_key_in_two_environments_is_a_link() {
        let found = links(vec![
            fact("prod/a.pem", "private-key", "plaintext"),
            fact("test/b.pem", "private-key", "encrypted"),
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].kind, Kind::SameKey);
        let environments = vec!["production".to_owned(), "test".to_owned()];
        assert_eq!(found[0].fields[&Field::Environments], environments.into());
    }

    #[test]
    fn a_certificate_in_two_places_is_no_link() {
        assert_eq!(
            links(vec![
                fact("prod/a.pem", "certificate", "public"),
                fact("test/b.pem", "certificate", "public"),
            ]),
            []
        );
    }

    #[test]
    fn a_key_is_paired_with_its_certificate_near_or_far() {
        for (certificate, near) in [("prod/a.crt", true), ("elsewhere/a.crt", false)] {
            let found = links(vec![
                fact(certificate, "certificate", "public"),
                fact("prod/a.pem", "private-key", "plaintext"),
            ]);
            assert_eq!(found[0].kind, Kind::Pair);
            assert_eq!(found[0].fields[&Field::SameDirectory], near.into());
            assert_eq!(found[0].site().path, "prod/a.pem");
        }
    }
}
