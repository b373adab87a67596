//! Names in a text that configuration says too: they are told once, as configuration means them.

use std::collections::HashSet;

use super::canonical;
use crate::fact::{Fact, Field, Kind, Site};

/// Whether a name was found in a text as such, and not by what a document means.
pub(crate) fn is_in_text(fact: &Fact) -> bool {
    fact.kind == Kind::Reference && fact.fields.contains_key(&Field::Spelling)
}

/// What configuration names and declares, by canonical names.
#[derive(Default)]
pub(crate) struct Said<'a> {
    /// Path, line and key.
    named: HashSet<(&'a str, u64, String)>,
    /// Path and key.
    declared: HashSet<(&'a str, String)>,
}

impl<'a> Said<'a> {
    pub(crate) fn of(facts: &'a [Fact]) -> Self {
        let mut said = Self::default();
        for fact in facts {
            let Some(key) = fact.text(Field::Key) else { continue };
            let name = || canonical(key.trim()).map_or_else(|| key.to_owned(), |of| of.key);
            match fact.kind {
                Kind::Key => {
                    said.declared.insert((&fact.site().path, name()));
                }
                Kind::Reference if !is_in_text(fact) => {
                    let places = [fact.places.get(&Field::Key), Some(fact.site())];
                    let places = places.into_iter().flatten();
                    said.named.extend(places.map(|at| (&*at.path, at.line, name())));
                }
                _ => {}
            }
        }
        said
    }

    /// Whether a name in a text is nothing but what configuration says there.
    pub(crate) fn says(&self, fact: &Fact) -> bool {
        let Some(key) = fact.text(Field::Key).filter(|_| is_in_text(fact)) else { return false };
        let is_named = |at: &Site| self.named.contains(&(&*at.path, at.line, key.to_owned()));
        self.declared.contains(&(&*fact.site().path, key.to_owned()))
            || (fact.count == fact.sites.len() as u64 && fact.sites.iter().all(is_named))
    }
}
