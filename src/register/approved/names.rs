//! Names of approved keys: which entry a name that was seen stands for, by the canonical names of
//! [`references`](crate::references), so that an ARN, an identifier and a replica of one key are one. A
//! pattern is only what has a `*` in it; without a region or an account a name stands for the key of
//! every one.

use std::collections::{HashMap, HashSet};

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
    place: Place,
}

impl<'a> Name<'a> {
    pub(super) fn of(name: &'a str) -> Self {
        let spelling = name.trim();
        match references::canonical(spelling) {
            Some(of) => {
                let (account, region, version) = (of.account, of.region, of.version);
                let place = Place { account, region, version };
                Self { spelling, canonical: of.key, place }
            }
            None => Self { spelling, canonical: spelling.into(), place: Place::default() },
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
                place: Place {
                    account: said(Field::Account),
                    region: said(Field::Region),
                    version: said(Field::Version),
                },
            },
            None => Self::of(key),
        })
    }

    pub(super) fn canonical(&self) -> &str {
        &self.canonical
    }

    /// Whether both can be one key: two places are two keys, except of a key with replicas, and two
    /// versions are two keys.
    pub(super) fn agrees(&self, place: &Place) -> bool {
        let differ = |one: &Option<String>, other: &Option<String>| {
            one.as_ref().zip(other.as_ref()).is_some_and(|(one, other)| one != other)
        };
        !differ(&self.place.account, &place.account)
            && !differ(&self.place.version, &place.version)
            && (is_replicated(&self.canonical) || !differ(&self.place.region, &place.region))
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }
}

/// Whether the key of a canonical name may have replicas in other regions.
fn is_replicated(canonical: &str) -> bool {
    canonical.starts_with("aws:kms:key/mrk-")
}

/// Where a key lies and which version of it is meant, as far as its name says it.
#[derive(Clone, Default)]
pub(super) struct Place {
    account: Option<String>,
    region: Option<String>,
    version: Option<String>,
}

/// A name that an entry has.
struct Entry<'a> {
    place: Place,
    /// Whether the register says no more than the long id of an OpenPGP key.
    is_short: bool,
    approval: Approval<'a>,
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
    exact: HashMap<String, Vec<Entry<'a>>>,
    /// Names with region, account or project by what is left without them, for references that leave
    /// these out.
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
            let listed: HashSet<String> =
                key.references.iter().map(|of| Name::of(&of.name.value).canonical).collect();
            // What is said of a name where it is listed holds, and not what an id or an alias leaves
            // open.
            let is_listed = |name: &str| listed.contains(Name::of(name).canonical());
            if !is_listed(&key.id.value) {
                names.add(&key.id.value, plain, &mut globs);
            }
            for alias in &key.aliases {
                let target = alias.target.as_ref();
                let (environments, paths) = (&*alias.environments, &*alias.paths);
                let approval = Approval { environments, paths, target, ..plain };
                names.add(&alias.name.value, approval, &mut globs);
                if let Some(target) = target.filter(|target| !is_listed(&target.value)) {
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
        let Name { spelling, canonical, mut place } = Name::of(name);
        // An alias lies where the key does that it stands for.
        if let Some(target) = approval.target.map(|target| Name::of(&target.value)) {
            let region = target.place.region.filter(|_| !is_replicated(&target.canonical));
            place.account = place.account.or(target.place.account);
            place.region = place.region.or(region);
        }
        if let Some(bare) = bare(&canonical) {
            self.bare.entry(bare).or_default().push(approval);
        }
        let is_short = long_id(&canonical).is_none();
        let mut add = |name: String| {
            let entry = Entry { place: place.clone(), is_short, approval };
            self.exact.entry(name).or_default().push(entry);
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
            found.filter(|entry| name.agrees(&entry.place)).map(|entry| entry.approval)
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
                    .filter_map(|entry| entry.is_short.then_some(entry.approval)),
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

    /// Whether the register has the name, and means a key in another place or another version of it.
    pub(super) fn is_elsewhere(&self, name: &Name<'_>) -> bool {
        let known = self.exact.get(&name.canonical).map(Vec::as_slice).unwrap_or_default();
        !known.is_empty() && !known.iter().any(|entry| name.agrees(&entry.place))
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

/// The canonical name of an alias of AWS or Alibaba without the account and region in it, and of a key of
/// Google without its project.
fn bare(canonical: &str) -> Option<String> {
    if let Some(rest) = canonical.strip_prefix("google:kms:projects/") {
        let (_, rest) = rest.split_once('/')?;
        return Some(format!("google:kms:{rest}"));
    }
    let (head, alias) = canonical.split_once(":alias/")?;
    let mut parts = head.splitn(3, ':');
    let (provider, service) = (parts.next()?, parts.next()?);
    parts.next()?;
    Some(format!("{provider}:{service}:alias/{alias}"))
}
