//! Where keys are named, before and after: an alias that stands for another key, a setting that
//! names another key, and a key that is named in more places or fewer.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Difference, Named, Register, diff::Hidden};
use crate::references;

/// Adds what changed in the names of keys from `old` to `new`.
pub(super) fn compare(
    old: &Register,
    new: &Register,
    hidden: &Hidden<'_>,
    changes: &mut Vec<Difference>,
) {
    let mut told = BTreeSet::new();
    aliases(old, new, &mut told, changes);
    settings(old, new, &mut told, changes);
    let places = |register: &Register| -> BTreeMap<(String, String), Named> {
        let place = |named: &Named| (named.path.clone(), references::identity(target(named)));
        // Of several in a file, the first.
        let named = register.references.iter().rev();
        named.map(|named| (place(named), named.clone())).collect()
    };
    let (was, now) = (places(old), places(new));
    let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (path, key) in was.keys() {
        known.entry(key).or_default().insert(path);
    }
    for (place, named) in now.iter().filter(|(place, _)| !was.contains_key(place)) {
        if told.contains(place) {
            continue;
        }
        let before = known.get(place.1.as_str()).and_then(|paths| {
            let first = paths.first()?;
            let more = paths.len().checked_sub(1).filter(|more| *more > 0);
            Some(more.map_or((*first).to_owned(), |more| format!("{first} and {more} more")))
        });
        let here = named.environment.as_ref().map_or(String::new(), |here| format!(" ({here})"));
        changes.push(Difference {
            was: before,
            now: Some(format!("{}{here}", named.path)),
            ..about(Change::NewPlace, named)
        });
    }
    for (place, named) in was.iter().filter(|(place, _)| !now.contains_key(place)) {
        if told.contains(place) {
            continue;
        }
        let seen = !hidden.holds(&named.path);
        let change = if seen { Change::PlaceGone } else { Change::Unknown };
        changes.push(Difference { was: Some(named.path.clone()), ..about(change, named) });
    }
}

/// What a place names: the key itself where that is said.
fn target(named: &Named) -> &str {
    named.key.as_deref().or(named.alias.as_deref()).unwrap_or_default()
}

/// Keys by the file and the alias or setting that names them; each by its identity.
type ByName<'a> = BTreeMap<(&'a str, &'a str), BTreeMap<String, &'a Named>>;

/// A path and what is named there.
type Told = BTreeSet<(String, String)>;

/// Aliases that stand for other keys than before, in the same file.
fn aliases(old: &Register, new: &Register, told: &mut Told, changes: &mut Vec<Difference>) {
    fn of(register: &Register) -> ByName<'_> {
        let mut targets = ByName::new();
        for named in &register.references {
            if let (Some(alias), Some(key)) = (&named.alias, &named.key)
                && !key.ends_with(alias.as_str())
            {
                let keys = targets.entry((&named.path, alias)).or_default();
                keys.entry(references::identity(target(named))).or_insert(named);
            }
        }
        targets
    }
    let (was, now) = (of(old), of(new));
    for ((path, alias), after) in &now {
        let Some(before) = was.get(&(*path, *alias)) else { continue };
        if before.keys().eq(after.keys()) {
            continue;
        }
        replaced(Change::AliasRepointed, alias, before, after, told, changes);
    }
}

/// Settings that name another key than before.
fn settings(old: &Register, new: &Register, told: &mut Told, changes: &mut Vec<Difference>) {
    fn of(register: &Register) -> ByName<'_> {
        let mut settings = ByName::new();
        for named in &register.references {
            if let Some(name) = &named.name {
                let keys = settings.entry((&named.path, name)).or_default();
                keys.entry(references::identity(target(named))).or_insert(named);
            }
        }
        settings
    }
    let (was, now) = (of(old), of(new));
    for ((path, name), after) in &now {
        let Some(before) = was.get(&(*path, *name)) else { continue };
        let come = after.keys().any(|key| !before.contains_key(key));
        let gone = before.keys().any(|key| !after.contains_key(key));
        let is_told = after.keys().any(|key| told.contains(&((*path).to_owned(), key.clone())));
        if come && gone && !is_told {
            replaced(Change::ReferenceChanged, name, before, after, told, changes);
        }
    }
}

/// One change for all keys that went from a name and came to it.
fn replaced(
    change: Change,
    name: &str,
    before: &BTreeMap<String, &Named>,
    after: &BTreeMap<String, &Named>,
    told: &mut Told,
    changes: &mut Vec<Difference>,
) {
    let only = |these: &BTreeMap<String, &Named>, those: &BTreeMap<String, &Named>| {
        let names = these.iter().filter(|(key, _)| !those.contains_key(*key));
        names.map(|(_, named)| target(named)).collect::<Vec<_>>().join(", ")
    };
    let (gone, come) = (only(before, after), only(after, before));
    let place = after.iter().find(|(key, _)| !before.contains_key(*key));
    let Some(named) = place.or(after.iter().next()).map(|(_, named)| *named) else { return };
    for (key, named) in before.iter().chain(after.iter()) {
        told.insert((named.path.clone(), key.clone()));
    }
    let shown = |keys: &str| (!keys.is_empty()).then(|| format!("{name} -> {keys}"));
    let key = |keys: &str| (!keys.is_empty()).then(|| keys.to_owned());
    changes.push(Difference {
        was: shown(&gone),
        now: shown(&come),
        before: key(&gone),
        after: key(&come),
        ..about(change, named)
    });
}

fn about(change: Change, named: &Named) -> Difference {
    let alias = named.alias.as_deref();
    let what = alias.or(named.name.as_deref()).unwrap_or("A name of a key");
    Difference {
        change,
        key: target(named).to_owned(),
        what: what.to_owned(),
        places: vec![named.path.clone()],
        attribute: Some("references".to_owned()),
        environment: named.environment.clone(),
        was: None,
        now: None,
        before: None,
        after: None,
        file: Some(named.path.clone()),
        line: Some(named.line),
    }
}
