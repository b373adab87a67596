//! Names of approved keys: which entry a name that was seen stands for, by the canonical names of
//! [`references`](crate::references), so that an ARN, an identifier and a replica of one key are one. A
//! pattern is only what has a `*` in it; without a region or an account a name stands for the key of
//! every one.

use std::collections::HashMap;

use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

use super::entry::{Key, Text};
use crate::{
    fact::{Fact, Field},
    references,
};

/// A name that was seen or is approved, and where the key that it names lies, as far as that is said.
pub(super) struct Name<'a> {
    /// As it is written.
    spelling: &'a str,
    canonical: String,
    account: Option<String>,
    region: Option<String>,
}

impl<'a> Name<'a> {
    pub(super) fn of(name: &'a str) -> Self {
        let spelling = name.trim();
        match references::canonical(spelling) {
            Some(of) => {
                let (account, region) = (of.account, of.region);
                Self { spelling, canonical: of.key, account, region }
            }
            None => Self { spelling, canonical: spelling.into(), account: None, region: None },
        }
    }

    /// The name that `fact` gives for the key that it is about.
    pub(super) fn seen(fact: &'a Fact) -> Option<Self> {
        let key = fact.text(Field::Key)?;
        let said = |field| fact.text(field).map(str::to_owned);
        Some(match fact.text(Field::Spelling) {
            Some(spelling) => Self {
                spelling,
                canonical: key.into(),
                account: said(Field::Account),
                region: said(Field::Region),
            },
            None => Self::of(key),
        })
    }

    pub(super) fn canonical(&self) -> &str {
        &self.canonical
    }

    /// Whether both can be one key: two places are two keys, except of a key with replicas.
    fn agrees(&self, place: &Place) -> bool {
        let differ = |one: &Option<String>, other: &Option<String>| {
            one.as_ref().zip(other.as_ref()).is_some_and(|(one, other)| one != other)
        };
        let is_replicated = self.canonical.starts_with("aws:kms:key/mrk-");
        !differ(&self.account, &place.account)
            && (is_replicated || !differ(&self.region, &place.region))
    }
}

/// Where an approved key lies, as far as its name says it.
struct Place {
    account: Option<String>,
    region: Option<String>,
    /// Whether the register says no more than the long id of an OpenPGP key.
    is_short: bool,
}

/// A name that is approved, for a key, in some environments and places.
#[derive(Clone, Copy)]
pub(super) struct Approval<'a> {
    pub key: &'a Key,
    /// Empty for those of the key.
    environments: &'a [Text],
    paths: &'a [Text],
    /// What the name stands for, where the register says so.
    pub target: Option<&'a Text>,
}

impl<'a> Approval<'a> {
    /// The environments in which the name is approved; none said means every one.
    pub(super) fn environments(&self) -> impl Iterator<Item = &'a str> {
        let own =
            if self.environments.is_empty() { &self.key.environments } else { self.environments };
        own.iter().map(|text| text.value.trim())
    }

    /// Whether it is approved in files of this path.
    pub(super) fn covers(&self, path: &str) -> bool {
        let path = path.trim_start_matches("./");
        self.paths.is_empty()
            || self.paths.iter().any(|text| {
                let pattern = text.value.trim_start_matches("./");
                matcher(pattern).is_some_and(|pattern| pattern.is_match(path))
            })
    }

    /// Whether it is approved there; where no environment is known, in each.
    pub(super) fn holds(&self, environment: Option<&str>, path: &str) -> bool {
        let is_here = environment.is_none_or(|here| {
            let mut approved = self.environments().peekable();
            approved.peek().is_none() || approved.any(|approved| approved == here)
        });
        is_here && self.covers(path)
    }

    /// The patterns of paths, as they are written.
    pub(super) fn paths(&self) -> Vec<&'a str> {
        self.paths.iter().map(|text| text.value.as_ref()).collect()
    }
}

/// A pattern in which only `*` and `**` mean something.
fn matcher(pattern: &str) -> Option<GlobMatcher> {
    let escaped = globset::escape(pattern).replace("[*]", "*");
    Some(GlobBuilder::new(&escaped).literal_separator(true).build().ok()?.compile_matcher())
}

/// Everything that entries are called.
pub(super) struct Names<'a> {
    /// By spelling and by canonical name.
    exact: HashMap<String, Vec<(Place, Approval<'a>)>>,
    /// Aliases with region and account by what is left without them, for references that leave these
    /// out.
    bare: HashMap<String, Vec<Approval<'a>>>,
    globs: GlobSet,
    patterns: Vec<Approval<'a>>,
}

impl<'a> Names<'a> {
    pub(super) fn of(keys: &'a [Key]) -> Self {
        let mut names = Self {
            exact: HashMap::new(),
            bare: HashMap::new(),
            globs: GlobSet::empty(),
            patterns: Vec::new(),
        };
        let mut globs = GlobSetBuilder::new();
        for key in keys {
            let plain = Approval { key, environments: &[], paths: &[], target: None };
            names.add(&key.id.value, plain, &mut globs);
            for alias in &key.aliases {
                let target = alias.target.as_ref();
                let (environments, paths) = (&*alias.environments, &*alias.paths);
                let approval = Approval { environments, paths, target, ..plain };
                names.add(&alias.name.value, approval, &mut globs);
                if let Some(target) = target {
                    let approval = Approval { target: None, ..approval };
                    names.add(&target.value, approval, &mut globs);
                }
            }
            for reference in &key.references {
                let (environments, paths) = (&*reference.environments, &*reference.paths);
                let approval = Approval { environments, paths, ..plain };
                names.add(&reference.name.value, approval, &mut globs);
            }
        }
        names.globs = globs.build().unwrap_or_default();
        names
    }

    fn add(&mut self, name: &str, approval: Approval<'a>, globs: &mut GlobSetBuilder) {
        let name = name.trim();
        if name.contains('*') {
            let escaped = globset::escape(name).replace("[*]", "*");
            if let Ok(glob) = GlobBuilder::new(&escaped).build() {
                globs.add(glob);
                self.patterns.push(approval);
            }
            return;
        }
        let Name { spelling, canonical, account, region } = Name::of(name);
        if let Some(bare) = bare(&canonical) {
            self.bare.entry(bare).or_default().push(approval);
        }
        let is_short = long_id(&canonical).is_none();
        let mut add = |name: String| {
            let place = Place { account: account.clone(), region: region.clone(), is_short };
            self.exact.entry(name).or_default().push((place, approval));
        };
        if spelling != canonical {
            add(spelling.to_owned());
        }
        if let Some(id) = long_id(&canonical) {
            add(id);
        }
        add(canonical);
    }

    /// The approvals of a name that was seen.
    pub(super) fn find(&self, name: &Name<'_>) -> Vec<Approval<'a>> {
        let exact = |of: &str| {
            let found = self.exact.get(of).into_iter().flatten();
            found.filter(|(place, _)| name.agrees(place)).map(|(_, approval)| *approval)
        };
        let mut found: Vec<Approval<'a>> = exact(&name.canonical).collect();
        if found.is_empty() {
            found.extend(exact(name.spelling));
        }
        match bare(&name.canonical) {
            // The register leaves out where it is.
            Some(bare) => found.extend(exact(&bare)),
            // The reference does.
            None => found.extend(self.bare.get(&name.canonical).into_iter().flatten().copied()),
        }
        // The register may have no more of it.
        if let Some(id) = long_id(&name.canonical).filter(|_| found.is_empty()) {
            // Another fingerprint that ends alike is another key.
            found.extend(
                self.exact
                    .get(&id)
                    .into_iter()
                    .flatten()
                    .filter_map(|(place, of)| place.is_short.then_some(*of)),
            );
        }
        // What an identifier looks like is up to the server, and the register may give it alone.
        if let Some(id) = name.canonical.strip_prefix("kmip:") {
            found.extend(exact(id));
        }
        let patterns = self.globs.matches(name.spelling);
        found.extend(patterns.into_iter().filter_map(|at| self.patterns.get(at).copied()));
        found
    }

    /// Whether some key is approved by a name of this provider.
    pub(super) fn knows(&self, provider: &str) -> bool {
        let is_of =
            |name: &String| name.strip_prefix(provider).is_some_and(|rest| rest.starts_with(':'));
        self.exact.keys().any(is_of)
    }
}

/// The name of an OpenPGP key by its long id, out of that by its fingerprint.
fn long_id(canonical: &str) -> Option<String> {
    let digits = canonical.strip_prefix("openpgp:").filter(|digits| digits.len() == 40)?;
    let id = digits.get(digits.len() - references::LONG_ID..)?;
    Some(format!("openpgp:{id}"))
}

/// The canonical name of an alias of AWS or Alibaba without the account and region in it.
fn bare(canonical: &str) -> Option<String> {
    let (head, alias) = canonical.split_once(":alias/")?;
    let mut parts = head.splitn(3, ':');
    let (provider, service) = (parts.next()?, parts.next()?);
    parts.next()?;
    Some(format!("{provider}:{service}:alias/{alias}"))
}
