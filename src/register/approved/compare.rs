//! What changed from one approved register to another. Entries are matched by id, then by
//! fingerprint, then by alias.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::{
    Approved,
    entry::{Key, Text},
    order::Dates,
    pair::{Pair, value},
    wrap::{self, ById},
};
use crate::{
    date::Date,
    register::{Change, Diff, Difference},
};

/// What changed from `old` to `new`, with what is due judged on a day.
pub(crate) fn compare(old: &Approved, new: &Approved, today: Date) -> Diff {
    let pairs = Pairs::of(old.keys(), new.keys());
    let scene = Scene { was: ById::of(old.keys()), now: ById::of(new.keys()), today };
    let mut changes = Vec::new();
    for (before, after) in &pairs.matched {
        let mut pair = Pair { old: before, new: after, changes: &mut changes };
        pair.material();
        pair.state();
        pair.protection();
        pair.aliases();
        pair.access();
        pair.dates(today);
        pair.people();
        pair.rest();
        scene.wrapping(before, after, &mut changes);
    }
    gone_and_come(&pairs, &scene, &mut changes);
    duplicates(old.keys(), new.keys(), &mut changes);
    for change in &mut changes {
        let register = if change.after.is_some() { new } else { old };
        change.file = Some(register.name.clone());
    }
    Diff::new(changes, (true, true))
}

/// Entries of both registers that are one key.
struct Pairs<'a> {
    matched: Vec<(&'a Key, &'a Key)>,
    gone: Vec<&'a Key>,
    come: Vec<&'a Key>,
}

impl<'a> Pairs<'a> {
    fn of(old: &'a [Key], new: &'a [Key]) -> Self {
        let mut pairs =
            Self { matched: Vec::new(), gone: old.iter().collect(), come: new.iter().collect() };
        pairs.matching(|key| vec![key.id.value.to_string()]);
        pairs.matching(|key| key.key_id().into_iter().collect());
        pairs.matching(|key| key.aliases.iter().map(|of| of.name.value.to_string()).collect());
        pairs
    }

    /// Takes out what has a name in common, each entry once, and of several in their order.
    fn matching(&mut self, names: impl Fn(&Key) -> Vec<String>) {
        let mut by_name: HashMap<String, VecDeque<usize>> = HashMap::new();
        for (number, key) in self.gone.iter().enumerate() {
            for name in names(key) {
                by_name.entry(name).or_default().push_back(number);
            }
        }
        let mut taken = BTreeSet::new();
        let mut left = Vec::new();
        for key in std::mem::take(&mut self.come) {
            let before = names(key).into_iter().find_map(|name| {
                let numbers = by_name.get_mut(&name)?;
                std::iter::from_fn(|| numbers.pop_front()).find(|number| taken.insert(*number))
            });
            match before.and_then(|number| self.gone.get(number)) {
                Some(before) => self.matched.push((before, key)),
                None => left.push(key),
            }
        }
        self.come = left;
        let mut number = 0;
        self.gone.retain(|_| {
            number += 1;
            !taken.contains(&(number - 1))
        });
    }
}

/// What an entry is called in a line of a report.
fn what(key: &Key) -> String {
    let name = key.name.as_ref().or(key.purpose.as_ref()).unwrap_or(&key.kind);
    name.value.to_string()
}

/// Identifier, version and fingerprint, as far as there are any.
fn identity(key: &Key) -> String {
    let mut identity = key.id.value.to_string();
    if let Some(version) = &key.version {
        identity = format!("{identity} version {}", version.value);
    }
    match key.key_id() {
        Some(id) => format!("{identity} ({id})"),
        None => identity,
    }
}

pub(super) fn difference(
    change: Change,
    old: Option<&Key>,
    new: Option<&Key>,
) -> Option<Difference> {
    let key = new.or(old)?;
    Some(Difference {
        change,
        key: key.id.value.to_string(),
        what: what(key),
        places: Vec::new(),
        attribute: None,
        environment: None,
        was: None,
        now: None,
        before: old.map(identity),
        after: new.map(identity),
        file: None,
        line: key.line.map(u64::from),
    })
}

struct Scene<'a> {
    was: ById<'a>,
    now: ById<'a>,
    today: Date,
}

impl<'a> Scene<'a> {
    fn wrapping(&self, old: &'a Key, new: &'a Key, changes: &mut Vec<Difference>) {
        let mut pair = Pair { old, new, changes };
        let parent = |key: &Key| value(key.wrapped_by.as_ref());
        pair.says(Change::ParentChanged, "wrapped_by", parent(old), parent(new));
        self.broken(Some(old), new, changes);
    }

    /// A chain that is not in order now, and was not out of order in the same way before.
    fn broken(&self, old: Option<&'a Key>, new: &'a Key, changes: &mut Vec<Difference>) {
        let mut add = |change, was: Option<String>, now: Option<String>| {
            if now.is_some() && was != now {
                let attribute = Some("wrapped_by".to_owned());
                let difference = difference(change, old, Some(new));
                changes.extend(difference.map(|of| Difference { attribute, was, now, ..of }));
            }
        };
        let problem = |key: &'a Key, keys: &ById<'a>| {
            wrap::problem(key, keys).map(|(problem, _)| problem.to_owned())
        };
        let was = old.and_then(|old| problem(old, &self.was));
        // That a new key is not yet in the list of what wraps it is for `register check`.
        let is_new = old.is_none_or(|old| old.id.value != new.id.value);
        let now = problem(new, &self.now).filter(|problem| !is_new || problem != "one-sided");
        add(Change::WrappingBroken, was, now);
        let lack = |key: &Key, keys: &ById<'_>| {
            let kek = keys.get(key.wrapped_by.as_ref()?.value.as_ref())?;
            let (kek, dek) = (kek.strength()?, key.strength()?);
            (kek < dek).then(|| format!("{kek} bits for {dek}"))
        };
        let was = old.and_then(|old| lack(old, &self.was));
        add(Change::KekWeaker, was, lack(new, &self.now));
    }
}

/// Entries that are in one register only: with a successor they were rotated.
fn gone_and_come<'a>(pairs: &Pairs<'a>, scene: &Scene<'a>, changes: &mut Vec<Difference>) {
    let names = |text: Option<&Text>, id: &str| text.is_some_and(|text| &*text.value == id);
    let mut succeeded = BTreeSet::new();
    for new in &pairs.come {
        let before = new.replaces.as_ref().and_then(|id| scene.was.get(id.value.as_ref()));
        let change = if before.is_some() { Change::Rotated } else { Change::Added };
        let now = Some(new.state().to_owned());
        if let Some(before) = before {
            succeeded.insert(before.id.value.as_ref());
        }
        let was = before.map(|before| before.state().to_owned());
        let attribute = before.map(|_| "replaces".to_owned());
        let difference = difference(change, before, Some(new));
        changes.extend(difference.map(|of| Difference { attribute, was, now, ..of }));
        if new.storage_form.as_ref().is_some_and(|form| form.value.trim() == "cleartext") {
            let difference = self::difference(Change::NewlyPlaintext, before, Some(new));
            let attribute = Some("storage_form".to_owned());
            let now = Some("cleartext".to_owned());
            changes.extend(difference.map(|of| Difference { attribute, now, ..of }));
        }
        scene.broken(before, new, changes);
        let overdue = Dates::of(new).overdue(scene.today).filter(|_| new.is_active());
        if let Some(days) = overdue {
            let difference = self::difference(Change::Overdue, None, Some(new));
            let now = Some(format!("{days} days overdue"));
            changes.extend(difference.map(|of| Difference { now, ..of }));
        }
    }
    for old in &pairs.gone {
        let id = old.id.value.as_ref();
        let successor = scene.now.get(old.replaced_by.as_ref().map_or("", |by| &by.value));
        if succeeded.contains(id) {
            continue;
        }
        let has_ended = matches!(old.state(), "destroyed");
        let change = match successor {
            _ if has_ended => Change::Retired,
            Some(new)
                if names(new.replaces.as_ref(), id)
                    || matches!(old.state(), "deactivated" | "compromised") =>
            {
                Change::Rotated
            }
            _ => Change::Removed,
        };
        let new = successor.filter(|_| change == Change::Rotated);
        let was = Some(old.state().to_owned());
        let now = new.map(|new| new.state().to_owned());
        let difference = difference(change, Some(old), new);
        changes.extend(difference.map(|of| Difference { was, now, ..of }));
    }
}

/// Material under several ids that was not so before.
fn duplicates(old: &[Key], new: &[Key], changes: &mut Vec<Difference>) {
    let several = |keys: &'_ [Key]| -> BTreeMap<String, BTreeSet<String>> {
        let mut by_material: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for key in keys.iter().filter(|key| key.is_secret()) {
            if let Some(id) = key.key_id() {
                by_material.entry(id).or_default().insert(key.id.value.to_string());
            }
        }
        by_material.retain(|_, ids| ids.len() > 1);
        by_material
    };
    let was = several(old);
    let keys = ById::of(new);
    for (material, ids) in several(new) {
        if was.get(&material) == Some(&ids) {
            continue;
        }
        let before = was.get(&material).map(joined);
        let Some(key) = ids.iter().next().and_then(|id| keys.get(id.as_str())) else { continue };
        let Some(of) = difference(Change::DuplicateMaterial, None, Some(key)) else { continue };
        let now = Some(joined(&ids));
        changes.push(Difference { was: before, now, before: Some(material.clone()), ..of });
    }
}

fn joined(ids: &BTreeSet<String>) -> String {
    ids.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
