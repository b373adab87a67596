//! By which names a key is approved, and where.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use super::entry::{Key, Text};
use crate::references;

/// Names by what they stand for, however they are spelled.
pub(super) type Uses<'a> = BTreeMap<String, Use<'a>>;

/// Where a name of a key is approved; empty is everywhere.
pub(super) struct Use<'a> {
    /// As it is written.
    pub name: &'a str,
    environments: BTreeSet<&'a str>,
    paths: BTreeSet<&'a str>,
}

impl<'a> Use<'a> {
    /// The names of a key that are of one kind.
    pub(super) fn of<T>(
        key: &'a Key,
        all: impl Fn(&'a Key) -> &'a Vec<T>,
        parts: impl Fn(&'a T) -> (&'a Text, &'a Vec<Text>, &'a Vec<Text>),
    ) -> Uses<'a>
    where
        T: 'a,
    {
        let mut names = Uses::new();
        for (name, environments, paths) in all(key).iter().map(parts) {
            let set = |texts: &'a [Text]| texts.iter().map(|text| text.value.trim()).collect();
            let name = name.value.trim();
            let here = Self { name, environments: set(environments), paths: set(paths) };
            match names.entry(references::identity(name)) {
                Entry::Vacant(place) => drop(place.insert(here)),
                // Said twice, for several places.
                Entry::Occupied(mut place) => place.get_mut().extend(here),
            }
        }
        names
    }

    fn extend(&mut self, other: Self) {
        let both = |own: &mut BTreeSet<&'a str>, other: BTreeSet<&'a str>| {
            if own.is_empty() || other.is_empty() {
                own.clear();
            } else {
                own.extend(other);
            }
        };
        both(&mut self.environments, other.environments);
        both(&mut self.paths, other.paths);
    }

    /// Where it is approved, if not everywhere.
    pub(super) fn environment(&self) -> Option<String> {
        let names: Vec<&str> = self.environments.iter().copied().collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Whether it is approved anywhere where it was not before.
    pub(super) fn is_wider(&self, before: &Self) -> bool {
        let wider = |now: &BTreeSet<&str>, was: &BTreeSet<&str>| {
            !was.is_empty() && (now.is_empty() || !now.is_subset(was))
        };
        wider(&self.environments, &before.environments) || wider(&self.paths, &before.paths)
    }

    pub(super) fn shown(&self) -> String {
        let list = |word: &str, texts: &BTreeSet<&str>| {
            let texts: Vec<&str> = texts.iter().copied().collect();
            if texts.is_empty() { String::new() } else { format!(" {word} {}", texts.join(" ")) }
        };
        format!("{}{}{}", self.name, list("in", &self.environments), list("at", &self.paths))
    }
}
