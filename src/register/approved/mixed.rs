//! An approved register against an observed one: what was seen and is not approved, and what is
//! approved and was seen otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::{Approved, entry::Key, pair::value};
use crate::register::{Change, Diff, Difference, Entry, Place, Register, UNIDENTIFIED, rank, what};

/// What `observed` saw, held against what `approved` says.
pub(crate) fn against(approved: &Approved, observed: &Register) -> Diff {
    let mut by_material: BTreeMap<String, &Key> = BTreeMap::new();
    for key in approved.keys() {
        let Some(id) = key.key_id() else { continue };
        let known = by_material.entry(id).or_insert(key);
        if key.is_secret() && !known.is_secret() {
            *known = key;
        }
    }
    let mut changes = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in observed.keys.iter().filter(|entry| !entry.id.starts_with(UNIDENTIFIED)) {
        match by_material.get(&entry.id) {
            Some(key) => {
                seen.insert(entry.id.as_str());
                known(key, entry, &mut changes);
            }
            None => changes.push(Difference {
                now: Some(entry.protection.clone()),
                places: paths(&entry.places),
                ..about(Change::Unregistered, None, entry)
            }),
        }
    }
    for (id, key) in &by_material {
        if !key.locations.is_empty() && !seen.contains(id.as_str()) && key.state() != "destroyed" {
            changes.push(unseen(key, id, observed.complete));
        }
    }
    Diff::new(changes, (true, observed.complete))
}

/// An approved key of which places are registered, and that was in none of them.
fn unseen(key: &Key, id: &str, is_complete: bool) -> Difference {
    let change = if is_complete { Change::PlaceGone } else { Change::Unknown };
    let name = key.name.as_ref().or(key.purpose.as_ref()).unwrap_or(&key.kind);
    Difference {
        change,
        key: id.to_owned(),
        what: name.value.clone(),
        places: key.locations.iter().map(|place| place.uri.value.clone()).collect(),
        attribute: Some("locations".to_owned()),
        was: Some("registered".to_owned()),
        now: None,
        before: Some(format!("{} ({id})", key.id.value)),
        after: None,
    }
}

fn about(change: Change, key: Option<&Key>, entry: &Entry) -> Difference {
    Difference {
        change,
        key: entry.id.clone(),
        what: what(entry),
        places: Vec::new(),
        attribute: None,
        was: None,
        now: None,
        before: key.map(|key| format!("{} ({})", key.id.value, entry.id)),
        after: Some(entry.id.clone()),
    }
}

fn paths<'a>(places: impl IntoIterator<Item = &'a Place>) -> Vec<String> {
    let paths: BTreeSet<&str> = places.into_iter().map(|place| place.path.as_str()).collect();
    paths.into_iter().map(str::to_owned).collect()
}

/// A key of the register that was seen.
fn known(key: &Key, entry: &Entry, changes: &mut Vec<Difference>) {
    let mut add = |change, attribute: &str, was: Option<String>, now: String, places| {
        let attribute = Some(attribute.to_owned());
        let about = about(change, Some(key), entry);
        changes.push(Difference { attribute, was, now: Some(now), places, ..about });
    };
    let form = value(key.storage_form.as_ref());
    let exposed = |place: &&Place| place.protection() == entry.protection;
    let worst = paths(entry.places.iter().filter(exposed));
    match (form.as_deref(), rank(&entry.protection)) {
        (Some("cleartext" | "public") | None, _) | (_, None | Some(0)) => {}
        (Some(_), Some(_)) if entry.protection == "plaintext" => {
            add(Change::NewlyPlaintext, "storage_form", form, entry.protection.clone(), worst);
        }
        (Some("scd"), Some(_)) => {
            add(Change::ProtectionWeakened, "storage_form", form, entry.protection.clone(), worst);
        }
        (Some(_), Some(_)) => {}
    }
    if let (Some(approved), Some(seen)) = (key.strength(), entry.nature.strength)
        && seen < u64::from(approved)
    {
        let was = Some(format!("{approved} bits"));
        let places = paths(&entry.places);
        add(Change::StrengthLowered, "strength", was, format!("{seen} bits"), places);
    }
    if matches!(key.state(), "deactivated" | "compromised" | "destroyed") {
        let places = paths(&entry.places);
        let was = Some(key.state().to_owned());
        add(Change::IllegalTransition, "state", was, "still there".to_owned(), places);
    }
    let approved: Vec<&str> = key.environments.iter().map(|text| text.value.trim()).collect();
    for place in &entry.places {
        if let Some(here) = &place.environment
            && !approved.is_empty()
            && !approved.contains(&here.as_str())
        {
            let was = Some(approved.join(", "));
            add(Change::UseWidened, "environments", was, here.clone(), paths([place]));
        }
        let is_listed = key.locations.iter().any(|of| of.uri.value == place.path);
        if !key.locations.is_empty() && !is_listed {
            add(Change::NewPlace, "locations", None, place.protection().to_owned(), paths([place]));
        }
    }
}
