//! What changed between two registers. A key is followed by its identity, and a place by its
//! file, format and name, so that another key in the same place is noticed (PCI DSS 3.7.7).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Entry, Place, Register,
    change::{Change, Diff, Difference, is_production},
    declared,
    name::what,
    rank, references,
};

/// What changed from `old` to `new`.
pub fn diff(old: &Register, new: &Register) -> Diff {
    let mut changes = Vec::new();
    let (was, now) = (Index::of(old), Index::of(new));
    let replaced = replaced(&was, &now, &mut changes);
    let hidden = Hidden::of(new);
    for (id, entry) in &now.keys {
        match was.keys.get(id) {
            Some(before) => compare(before, entry, &replaced, &hidden, &mut changes),
            None if replaced.came.contains(*id) => {}
            None => changes.push(Difference {
                now: Some(entry.protection.clone()),
                ..about(Change::Added, entry, entry.places.iter())
            }),
        }
    }
    for (id, entry) in &now.keys {
        both_sides(was.keys.get(id).copied(), entry, &mut changes);
    }
    for (id, entry) in &was.keys {
        if now.keys.contains_key(id) || replaced.went.contains(*id) {
            continue;
        }
        let seen = new.complete && !entry.places.iter().any(|place| hidden.holds(&place.path));
        let change = if seen { Change::Removed } else { Change::Unknown };
        changes.push(Difference {
            was: Some(entry.protection.clone()),
            ..about(change, entry, entry.places.iter())
        });
    }
    declared::compare(old, new, &hidden, &mut changes);
    references::compare(old, new, &hidden, &mut changes);
    Diff::new(changes, (old.complete, new.complete))
}

/// A place that keeps its name when its content moves up or down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Slot<'a> {
    path: &'a str,
    decoded: &'a [String],
    format: &'a str,
    class: &'a str,
    alias: Option<&'a str>,
}

impl<'a> Slot<'a> {
    fn of(place: &'a Place) -> Self {
        Self {
            path: &place.path,
            decoded: &place.decoded,
            format: &place.format,
            class: &place.class,
            alias: place.alias.as_deref(),
        }
    }
}

/// The places of a key; of several with one name, the one where it is most exposed.
fn by_slot(entry: &Entry) -> BTreeMap<Slot<'_>, &Place> {
    let mut slots: BTreeMap<Slot<'_>, &Place> = BTreeMap::new();
    for place in &entry.places {
        let kept = slots.entry(Slot::of(place)).or_insert(place);
        if rank(kept.protection()) < rank(place.protection()) {
            *kept = place;
        }
    }
    slots
}

/// A register by key and by place.
struct Index<'a> {
    keys: BTreeMap<&'a str, &'a Entry>,
    slots: BTreeMap<Slot<'a>, Vec<(&'a Entry, &'a Place)>>,
}

impl<'a> Index<'a> {
    fn of(register: &'a Register) -> Self {
        let mut slots: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for entry in &register.keys {
            for place in &entry.places {
                slots.entry(Slot::of(place)).or_default().push((entry, place));
            }
        }
        for keys in slots.values_mut() {
            keys.sort_by_key(|(entry, place)| (place.offset, &entry.id));
        }
        Self { keys: register.keys.iter().map(|entry| (entry.id.as_str(), entry)).collect(), slots }
    }
}

/// What replaced what, so that it is not told again as added, removed or moved.
#[derive(Default)]
struct Replaced<'a> {
    /// Keys that came in the place of another and were nowhere before.
    came: BTreeSet<&'a str>,
    /// Keys whose place another one took and that are nowhere now.
    went: BTreeSet<&'a str>,
    slots: BTreeSet<(Slot<'a>, &'a str)>,
}

/// Finds the places that hold another key than before. In a place with several keys, those that
/// went are paired with those that came, in their order.
fn replaced<'a>(was: &Index<'a>, now: &Index<'a>, changes: &mut Vec<Difference>) -> Replaced<'a> {
    let mut replaced = Replaced::default();
    for (slot, after) in &now.slots {
        let Some(before) = was.slots.get(slot) else { continue };
        for (gone, come) in missing(before, after).into_iter().zip(missing(after, before)) {
            let ((old, old_place), (new, new_place)) = (gone, come);
            changes.push(Difference {
                was: Some(old.id.clone()),
                now: Some(new.id.clone()),
                ..about(Change::MaterialChanged, new, [new_place])
            });
            weaker(old, old_place, new, new_place, changes);
            if !was.keys.contains_key(new.id.as_str()) {
                replaced.came.insert(&new.id);
            }
            if !now.keys.contains_key(old.id.as_str()) {
                replaced.went.insert(&old.id);
            }
            replaced.slots.insert((slot.clone(), &old.id));
            replaced.slots.insert((slot.clone(), &new.id));
        }
    }
    replaced
}

/// Those of `these` whose key is not among `those`, each key once.
fn missing<'a>(
    these: &[(&'a Entry, &'a Place)],
    those: &[(&Entry, &Place)],
) -> Vec<(&'a Entry, &'a Place)> {
    let mut seen: BTreeSet<&str> = those.iter().map(|(entry, _)| entry.id.as_str()).collect();
    these.iter().filter(|(entry, _)| seen.insert(&entry.id)).copied().collect()
}

/// A secret key that now lies in production and elsewhere too (3.6.1.1).
fn both_sides(old: Option<&Entry>, new: &Entry, changes: &mut Vec<Difference>) {
    let was = old.map(secret_environments).unwrap_or_default();
    let now = secret_environments(new);
    if !is_mixed(&now) || now.is_subset(&was) {
        return;
    }
    let shown = |all: &BTreeSet<&str>| {
        (!all.is_empty()).then(|| all.iter().copied().collect::<Vec<_>>().join(", "))
    };
    changes.push(Difference {
        attribute: Some("environments".to_owned()),
        was: shown(&was),
        now: shown(&now),
        ..about(Change::DuplicateMaterial, new, new.places.iter())
    });
}

/// Environments in which the secret half of a key lies.
pub(super) fn secret_environments(entry: &Entry) -> BTreeSet<&str> {
    let secret = entry.places.iter().filter(|place| rank(place.protection()) > Some(0));
    secret.filter_map(|place| place.environment.as_deref()).collect()
}

/// Whether production is among several environments.
pub(super) fn is_mixed(environments: &BTreeSet<&str>) -> bool {
    environments.len() > 1 && environments.iter().any(|name| is_production(name))
}

/// Whether the key that came is weaker, or lies less protected, than the one that it replaced.
fn weaker(
    old: &Entry,
    old_place: &Place,
    new: &Entry,
    new_place: &Place,
    changes: &mut Vec<Difference>,
) {
    if let (Some(was), Some(now)) = (old.nature.strength, new.nature.strength)
        && now < was
    {
        changes.push(Difference {
            was: Some(bits(was)),
            now: Some(bits(now)),
            ..about(Change::StrengthLowered, new, [new_place])
        });
    }
    protection(old_place.protection(), new_place.protection(), new, [new_place], changes);
}

/// Compares what is said of one key.
fn compare(
    old: &Entry,
    new: &Entry,
    replaced: &Replaced<'_>,
    hidden: &Hidden<'_>,
    changes: &mut Vec<Difference>,
) {
    let exposed = new.places.iter().filter(|place| place.protection() == new.protection);
    protection(&old.protection, &new.protection, new, exposed, changes);
    if let (Some(was), Some(now)) = (old.nature.strength, new.nature.strength)
        && now < was
    {
        changes.push(Difference {
            was: Some(bits(was)),
            now: Some(bits(now)),
            ..about(Change::StrengthLowered, new, new.places.iter())
        });
    }
    let (before, after) = (by_slot(old), by_slot(new));
    let told = |slot: &Slot<'_>| replaced.slots.contains(&(slot.clone(), new.id.as_str()));
    for (slot, place) in &after {
        match before.get(slot) {
            Some(was) => cheaper(was, place, old, new, changes),
            None if told(slot) => {}
            None => changes.push(Difference {
                now: Some(place.protection().to_owned()),
                ..about(Change::NewPlace, new, [*place])
            }),
        }
    }
    for (slot, place) in &before {
        if after.contains_key(slot) || told(slot) {
            continue;
        }
        let seen = !hidden.holds(&place.path);
        let change = if seen { Change::PlaceGone } else { Change::Unknown };
        changes.push(Difference {
            was: Some(place.protection().to_owned()),
            ..about(change, new, [*place])
        });
    }
}

/// Whether the password of the same encrypted place is now cheaper to guess, or the place itself
/// more exposed while the key as a whole is not.
fn cheaper(was: &Place, now: &Place, old: &Entry, new: &Entry, changes: &mut Vec<Difference>) {
    let fewer = was.kdf == now.kdf && now.iterations < was.iterations && now.iterations.is_some();
    if was.label == "encrypted" && now.label == "encrypted" && fewer {
        let count = |place: &Place| {
            let kdf = place.kdf.as_deref().unwrap_or("key derivation");
            place.iterations.map(|iterations| format!("{iterations} iterations of {kdf}"))
        };
        changes.push(Difference {
            was: count(was),
            now: count(now),
            ..about(Change::ProtectionWeakened, new, [now])
        });
    }
    if rank(&new.protection) <= rank(&old.protection) {
        protection(was.protection(), now.protection(), new, [now], changes);
    }
}

fn protection<'a>(
    was: &str,
    now: &str,
    entry: &Entry,
    places: impl IntoIterator<Item = &'a Place>,
    changes: &mut Vec<Difference>,
) {
    let (Some(before), Some(after)) = (rank(was), rank(now)) else { return };
    if after <= before {
        return;
    }
    // A public key whose private key turned up encrypted is no weaker for it.
    if before == 0 && now != "plaintext" {
        return;
    }
    let change =
        if now == "plaintext" { Change::NewlyPlaintext } else { Change::ProtectionWeakened };
    changes.push(Difference {
        was: Some(was.to_owned()),
        now: Some(now.to_owned()),
        ..about(change, entry, places)
    });
}

/// Paths that the later scan did not examine.
pub(super) struct Hidden<'a> {
    paths: BTreeSet<&'a str>,
}

impl<'a> Hidden<'a> {
    pub(super) fn of(register: &'a Register) -> Self {
        let unseen = register.gaps.iter().chain(&register.left_out);
        Self { paths: unseen.map(|unseen| unseen.path.trim_end_matches('/')).collect() }
    }

    /// Whether something that was not examined is, or holds, `path`.
    pub(super) fn holds(&self, path: &str) -> bool {
        let parents = path.match_indices(['/', '!']).filter_map(|(at, _)| path.get(..at));
        parents.chain([path, "."]).any(|path| self.paths.contains(path))
    }
}

fn about<'a>(
    change: Change,
    entry: &Entry,
    places: impl IntoIterator<Item = &'a Place>,
) -> Difference {
    let places: Vec<&Place> = places.into_iter().collect();
    let paths: BTreeSet<&str> = places.iter().map(|place| place.path.as_str()).collect();
    let first = places.iter().min_by_key(|place| (&place.path, place.offset));
    Difference {
        change,
        key: entry.id.clone(),
        what: what(entry),
        places: paths.into_iter().map(str::to_owned).collect(),
        attribute: None,
        environment: None,
        was: None,
        now: None,
        before: None,
        after: None,
        file: first.map(|place| place.path.clone()),
        line: first.and_then(|place| place.lines.first().copied()),
    }
}

fn bits(strength: u64) -> String {
    format!("{strength} bits")
}
