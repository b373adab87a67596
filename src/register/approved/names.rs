//! Names of approved keys: which entry a name that was seen stands for. A pattern is only what has
//! a `*` in it; without a region or an account a name stands for the key of every one.

use std::collections::HashMap;

use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

use super::entry::{Key, Text};

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

    /// The patterns of paths, as they are written.
    pub(super) fn paths(&self) -> Vec<&'a str> {
        self.paths.iter().map(|text| text.value.as_str()).collect()
    }
}

/// A pattern in which only `*` and `**` mean something.
fn matcher(pattern: &str) -> Option<GlobMatcher> {
    let escaped = globset::escape(pattern).replace("[*]", "*");
    Some(GlobBuilder::new(&escaped).literal_separator(true).build().ok()?.compile_matcher())
}

/// Everything that entries are called.
pub(super) struct Names<'a> {
    exact: HashMap<String, Vec<Approval<'a>>>,
    /// Full names by what is left without account and region, for references that leave these out.
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
                names.add(&alias.name.value, Approval { target, ..plain }, &mut globs);
                if let Some(target) = target {
                    names.add(&target.value, plain, &mut globs);
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
        self.exact.entry(name.to_owned()).or_default().push(approval);
        if let Some(replicas) = without_region(name) {
            self.exact.entry(replicas).or_default().push(approval);
        }
        if let Some(bare) = bare(name) {
            self.bare.entry(bare.to_owned()).or_default().push(approval);
        }
    }

    /// The approvals of a name that was seen.
    pub(super) fn find(&self, name: &str) -> Vec<Approval<'a>> {
        let name = name.trim();
        let exact = |name: &str| self.exact.get(name).cloned().unwrap_or_default();
        let mut found = exact(name);
        if let Some(replicas) = without_region(name) {
            found.extend(exact(&replicas));
        }
        match bare(name) {
            // The register leaves out where it is.
            Some(bare) => found.extend(exact(bare)),
            // The reference does.
            None => found.extend(self.bare.get(name).into_iter().flatten().copied()),
        }
        let patterns = self.globs.matches(name);
        found.extend(patterns.into_iter().filter_map(|at| self.patterns.get(at).copied()));
        found
    }
}

/// An identifier or alias without the account and region around it.
fn bare(name: &str) -> Option<&str> {
    if !name.contains([':', '/']) || name.starts_with("alias/") {
        return None;
    }
    if let Some((_, id)) = name.rsplit_once(":key/") {
        return Some(id);
    }
    let at = name.find(":alias/")?;
    name.get(at + 1..)
}

/// A multi-region key of AWS is one key in every region.
fn without_region(name: &str) -> Option<String> {
    let mut parts: Vec<&str> = name.splitn(6, ':').collect();
    let is_replica = parts.last().is_some_and(|id| id.starts_with("key/mrk-"));
    *parts.get_mut(3)? = "";
    is_replica.then(|| parts.join(":"))
}
