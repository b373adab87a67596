//! An approved register against an observed one: what was seen and is not approved, and what is
//! approved and was seen otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Approved,
    entry::{Key, Text},
    link::{LOCAL, is_name_alone},
    names::{Name, Names},
    order::Dates,
    pair::value,
};
use crate::register::{
    Change, Diff, Difference, Entry, Place, Register, UNIDENTIFIED, is_mixed, rank,
    secret_environments, what,
};

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
    named(approved, observed, &by_material, &mut changes);
    declared(approved, observed, &mut changes);
    for (id, key) in &by_material {
        if !key.locations.is_empty() && !seen.contains(id.as_str()) && key.state() != "destroyed" {
            changes.push(unseen(approved, key, id, observed.complete));
        }
    }
    Diff::new(changes, (true, observed.complete))
}

/// An approved key of which places are registered, and that was in none of them.
fn unseen(approved: &Approved, key: &Key, id: &str, is_complete: bool) -> Difference {
    let change = if is_complete { Change::PlaceGone } else { Change::Unknown };
    Difference {
        change,
        key: id.to_owned(),
        what: called(key).to_owned(),
        places: key.locations.iter().map(|place| place.uri.value.to_string()).collect(),
        attribute: Some("locations".to_owned()),
        environment: None,
        was: Some("registered".to_owned()),
        now: None,
        before: Some(format!("{} ({id})", key.id.value)),
        after: None,
        file: Some(approved.name.clone()),
        line: key.line.map(u64::from),
    }
}

/// Names of keys that no entry has, or has for other environments, and aliases that stand for
/// other keys than approved.
fn named(
    approved: &Approved,
    observed: &Register,
    by_material: &BTreeMap<String, &Key>,
    changes: &mut Vec<Difference>,
) {
    let names = Names::of(approved.keys());
    let file = |path: &str| path.rsplit('/').next().map(str::to_owned);
    let own = file(&approved.name);
    // What the register itself names is no use of it.
    for named in observed.references.iter().filter(|named| file(&named.path) != own) {
        let Some(name) = named.alias.as_deref().or(named.key.as_deref()) else { continue };
        // The address of a declaration is no name that a register can have.
        let key = named.key.as_deref().filter(|key| !key.contains('#'));
        if named.alias.is_none() && key.is_none() {
            continue;
        }
        let provider = named.provider.as_deref().unwrap_or_default();
        let is_part = named.alias.is_some()
            && key.is_some_and(|key| key.contains(name) && !is_name_alone(provider, key));
        let by_name = if is_part { Vec::new() } else { names.find(&Name::of(name)) };
        let by_key = key.map_or(Vec::new(), |key| names.find(&Name::of(key)));
        let about = |key: Option<&Key>, attribute: &str| Difference {
            key: key.map_or(name, |key| &key.id.value).to_owned(),
            what: key.map_or(name, |key| called(key)).to_owned(),
            places: vec![named.path.clone()],
            attribute: Some(attribute.to_owned()),
            before: key.map(|key| key.id.value.to_string()),
            after: Some(named.key.as_deref().unwrap_or(name).to_owned()),
            file: Some(named.path.clone()),
            line: Some(named.line),
            ..Difference::default()
        };
        // A pin is a digest of the key itself.
        let pinned = key.and_then(|key| by_material.get(key)).copied();
        let Some(first) = by_name.first().or(by_key.first()).map(|of| of.key).or(pinned) else {
            if LOCAL.contains(&provider) && !names.knows(provider) {
                continue;
            }
            let now = Some(key.unwrap_or(name).to_owned());
            let about = about(None, "references");
            changes.push(Difference { change: Change::Unregistered, now, ..about });
            continue;
        };
        // What the alias is approved for here.
        let targets: Vec<(&Key, &Text)> = by_name
            .iter()
            .filter(|of| of.holds(named.environment.as_deref(), &named.path))
            .filter_map(|of| Some((of.key, of.target?)))
            .collect();
        let is_one_of =
            |(owner, _): &(&Key, &Text)| by_key.iter().any(|of| std::ptr::eq(of.key, *owner));
        if let (Some((owner, target)), Some(key)) = (targets.first().copied(), key)
            && named.alias.as_deref().is_some_and(|alias| !key.ends_with(alias))
            && !targets.iter().any(is_one_of)
        {
            let shown = |target: &str| Some(format!("{name} -> {target}"));
            changes.push(Difference {
                change: Change::AliasRepointed,
                environment: named.environment.clone(),
                was: shown(&target.value),
                now: shown(key),
                ..about(Some(owner), "aliases")
            });
        }
        let Some(here) = named.environment.as_deref() else { continue };
        let all = || by_name.iter().chain(&by_key);
        let of_pin = || pinned.into_iter().flat_map(|key| &key.environments);
        let is_free = all().any(|of| of.environments().next().is_none())
            || pinned.is_some_and(|key| key.environments.is_empty());
        let allowed: BTreeSet<&str> = all()
            .flat_map(|of| of.environments())
            .chain(of_pin().map(|text| text.value.trim()))
            .collect();
        if !is_free && !allowed.contains(here) {
            changes.push(Difference {
                change: Change::UseWidened,
                was: Some(allowed.into_iter().collect::<Vec<_>>().join(", ")),
                now: Some(here.to_owned()),
                ..about(Some(first), "environments")
            });
        }
    }
}

/// Keys that configuration declares otherwise than they are approved.
fn declared(approved: &Approved, observed: &Register, changes: &mut Vec<Difference>) {
    let names = Names::of(approved.keys());
    for seen in &observed.declared {
        let own = [Some(&seen.key), seen.name.as_ref()];
        let mut own = own.into_iter().flatten().chain(&seen.aliases);
        let Some(key) = own.find_map(|name| names.find(&Name::of(name)).first().map(|of| of.key))
        else {
            continue;
        };
        let mut add = |change, attribute: &str, was: String, now: String| {
            changes.push(Difference {
                change,
                key: key.id.value.to_string(),
                what: called(key).to_owned(),
                places: vec![seen.path.clone()],
                attribute: Some(attribute.to_owned()),
                environment: seen.environment.clone(),
                was: Some(was),
                now: Some(now),
                before: Some(key.id.value.to_string()),
                after: Some(seen.key.clone()),
                file: Some(seen.path.clone()),
                line: Some(seen.line),
            });
        };
        let level = value(key.store.as_ref().and_then(|store| store.protection.as_ref()));
        if let (Some(was), Some("software")) = (level, seen.protection_level.as_deref())
            && was != "software"
        {
            add(Change::ProtectionWeakened, "store.protection", was, "software".to_owned());
        }
        if key.exportable.as_ref().is_some_and(|of| !of.value) && seen.exportable == Some(true) {
            let words = ["not exportable", "exportable"].map(str::to_owned);
            let [was, now] = words;
            add(Change::ProtectionWeakened, "exportable", was, now);
        }
        if let (Some(was), Some(now)) = (key.strength(), seen.nature.strength)
            && now < u64::from(was)
        {
            let bits = |bits: u64| format!("{bits} bits");
            add(Change::StrengthLowered, "strength", bits(was.into()), bits(now));
        }
        if let (Some(was), Some(now)) = (Dates::of(key).cryptoperiod, seen.rotation_days)
            && (now == 0 || now > was)
        {
            let now = if now == 0 { "never".to_owned() } else { format!("{now} days") };
            add(Change::TermExtended, "cryptoperiod", format!("{was} days"), now);
        }
    }
}

/// What an entry is called.
fn called(key: &Key) -> &str {
    &key.name.as_ref().or(key.purpose.as_ref()).unwrap_or(&key.kind).value
}

fn about(change: Change, key: Option<&Key>, entry: &Entry) -> Difference {
    Difference {
        change,
        key: entry.id.clone(),
        what: what(entry),
        places: Vec::new(),
        attribute: None,
        environment: None,
        was: None,
        now: None,
        before: key.map(|key| format!("{} ({})", key.id.value, entry.id)),
        after: Some(entry.id.clone()),
        file: entry.places.first().map(|place| place.path.clone()),
        line: entry.places.first().and_then(|place| place.lines.first().copied()),
    }
}

fn paths<'a>(places: impl IntoIterator<Item = &'a Place>) -> Vec<String> {
    let paths: BTreeSet<&str> = places.into_iter().map(|place| place.path.as_str()).collect();
    paths.into_iter().map(str::to_owned).collect()
}

/// A key of the register that was seen.
fn known(key: &Key, entry: &Entry, changes: &mut Vec<Difference>) {
    let mut add =
        |change, attribute: &str, was: Option<String>, now: String, places: Vec<String>| {
            let attribute = Some(attribute.to_owned());
            let about = about(change, Some(key), entry);
            let file: Option<String> = places.first().cloned().or_else(|| about.file.clone());
            let at = entry.places.iter().find(|place| Some(&place.path) == file.as_ref());
            let line = at.and_then(|place| place.lines.first().copied());
            let now = Some(now);
            changes.push(Difference { attribute, was, now, places, file, line, ..about });
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
    let here = secret_environments(entry);
    if is_mixed(&here) && !here.iter().all(|name| approved.contains(name)) {
        let was = (!approved.is_empty()).then(|| approved.join(", "));
        let now = here.into_iter().collect::<Vec<_>>().join(", ");
        add(Change::DuplicateMaterial, "environments", was, now, paths(&entry.places));
    }
    for place in &entry.places {
        if let Some(here) = &place.environment
            && !approved.is_empty()
            && !approved.contains(&here.as_str())
        {
            let was = Some(approved.join(", "));
            add(Change::UseWidened, "environments", was, here.clone(), paths([place]));
        }
        let is_listed = key.locations.iter().any(|of| *of.uri.value == *place.path);
        if !key.locations.is_empty() && !is_listed {
            add(Change::NewPlace, "locations", None, place.protection().to_owned(), paths([place]));
        }
    }
}
