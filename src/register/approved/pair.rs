//! One entry of the approved register before and after: what it says otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    access,
    compare::difference,
    entry::{Key, Text},
    order::{Dates, may_pass},
    uses::{Use, Uses},
};
use crate::{
    date::Date,
    references,
    register::{Change, Difference},
};

pub(super) fn value(text: Option<&Text>) -> Option<String> {
    text.map(|text| text.value.trim().to_owned())
}

/// One key before and after.
pub(super) struct Pair<'a, 'b> {
    pub old: &'a Key,
    pub new: &'a Key,
    pub changes: &'b mut Vec<Difference>,
}

impl Pair<'_, '_> {
    pub(super) fn add(
        &mut self,
        change: Change,
        attribute: &str,
        was: Option<String>,
        now: Option<String>,
    ) {
        if let Some(difference) = difference(change, Some(self.old), Some(self.new)) {
            let attribute = Some(attribute.to_owned());
            self.changes.push(Difference { attribute, was, now, ..difference });
        }
    }

    /// Adds a change of what one attribute says, if it says something else.
    pub(super) fn says(
        &mut self,
        change: Change,
        attribute: &str,
        was: Option<String>,
        now: Option<String>,
    ) {
        if was != now {
            self.add(change, attribute, was, now);
        }
    }

    pub(super) fn material(&mut self) {
        let (old, new) = (self.old, self.new);
        let (was, now) = (old.key_id(), new.key_id());
        let (old_version, new_version) = (value(old.version.as_ref()), value(new.version.as_ref()));
        if was.is_some() && now.is_some() && was != now {
            let change =
                if old_version == new_version { Change::Substituted } else { Change::Rotated };
            self.add(change, "fingerprint", was, now);
        } else if was.is_some() != now.is_some() {
            self.add(Change::Restated, "fingerprint", was, now);
        } else if old_version != new_version {
            self.add(Change::Rotated, "version", old_version, new_version);
        }
        self.says(
            Change::Restated,
            "id",
            Some(old.id.value.to_string()),
            Some(new.id.value.to_string()),
        );
        let bits = |key: &Key| key.strength().map(|bits| format!("{bits} bits"));
        match (old.strength(), new.strength()) {
            (Some(was), Some(now)) if now < was => {
                self.add(Change::StrengthLowered, "strength", bits(old), bits(new));
            }
            (was, now) if was != now => {
                self.add(Change::Restated, "strength", bits(old), bits(new));
            }
            _ => {}
        }
        let family = |key: &Key| value(key.algorithm.as_ref().map(|of| &of.family));
        self.says(Change::Restated, "algorithm", family(old), family(new));
    }

    pub(super) fn state(&mut self) {
        let (was, now) = (self.old.state(), self.new.state());
        if was == now {
            return;
        }
        let change =
            if may_pass(was, now) { Change::StateChanged } else { Change::IllegalTransition };
        self.add(change, "state", Some(was.to_owned()), Some(now.to_owned()));
    }

    pub(super) fn protection(&mut self) {
        let (old, new) = (self.old, self.new);
        let form = |key: &Key| value(key.storage_form.as_ref());
        match (form(old), form(new)) {
            (was, Some(now)) if was.as_deref() != Some("cleartext") && now == "cleartext" => {
                self.add(Change::NewlyPlaintext, "storage_form", was, Some(now));
            }
            (Some(was), Some(now)) if was == "scd" && now != "scd" => {
                self.add(Change::ProtectionWeakened, "storage_form", Some(was), Some(now));
            }
            (was, now) => self.says(Change::Restated, "storage_form", was, now),
        }
        let level = |key: &Key| value(key.store.as_ref().and_then(|of| of.protection.as_ref()));
        match (level(old), level(new)) {
            (Some(was), now) if is_less(&was, now.as_deref()) => {
                self.add(Change::ProtectionWeakened, "store.protection", Some(was), now);
            }
            (was, now) => self.says(Change::Restated, "store.protection", was, now),
        }
        let kind = |key: &Key| value(key.store.as_ref().map(|of| &of.kind));
        let (was, now) = (kind(old), kind(new));
        let is_out = |kind: &Option<String>| kind.as_deref().is_some_and(is_no_module);
        let is_weaker = was.is_some() && !is_out(&was) && is_out(&now);
        let change = if is_weaker { Change::ProtectionWeakened } else { Change::Restated };
        self.says(change, "store.type", was, now);
        let export = |key: &Key| key.exportable.as_ref().map(|exportable| exportable.value);
        if export(new) == Some(true) && export(old) != Some(true) {
            let words = |is: Option<bool>| {
                is.map(|is| if is { "exportable" } else { "not exportable" }.to_owned())
            };
            let (was, now) = (words(export(old)), words(export(new)));
            self.add(Change::ProtectionWeakened, "exportable", was, now);
        }
        let places = |key: &Key| -> BTreeMap<String, String> {
            let form = |place: &super::Place| value(place.form.as_ref()).unwrap_or_default();
            key.locations.iter().map(|place| (place.uri.value.to_string(), form(place))).collect()
        };
        let (was, now) = (places(old), places(new));
        for (uri, form) in &now {
            let change = match was.get(uri) {
                Some(before) if before == form => continue,
                _ if form == "cleartext" => Change::NewlyPlaintext,
                Some(_) => Change::Restated,
                None => Change::NewPlace,
            };
            self.add(change, "locations", was.get(uri).cloned(), Some(form.clone()));
            self.last_place(uri);
        }
        for (uri, form) in was.iter().filter(|(uri, _)| !now.contains_key(*uri)) {
            self.add(Change::PlaceGone, "locations", Some(form.clone()), None);
            self.last_place(uri);
        }
    }

    fn last_place(&mut self, uri: &str) {
        if let Some(last) = self.changes.last_mut() {
            last.places = vec![uri.to_owned()];
        }
    }

    pub(super) fn aliases(&mut self) {
        let aliases =
            |key| Use::of(key, |key| &key.aliases, |of| (&of.name, &of.environments, &of.paths));
        let (was, now) = (aliases(self.old), aliases(self.new));
        let target = |key: &Key, name: &str| {
            let mut aliases = key.aliases.iter();
            let alias = aliases.find(|of| references::identity(&of.name.value) == name);
            alias.and_then(|of| value(of.target.as_ref()))
        };
        for (name, after) in &now {
            let Some(before) = was.get(name) else {
                self.add(Change::UseWidened, "aliases", None, Some(after.shown()));
                continue;
            };
            let targets = [self.old, self.new].map(|key| target(key, name));
            if targets[0] != targets[1] {
                let [was, now] = targets.map(|target| {
                    let name = after.name;
                    Some(format!("{name} -> {}", target.as_deref().unwrap_or("nothing said")))
                });
                self.add(Change::AliasRepointed, "aliases", was, now);
                let environment = after.environment().or_else(|| listed(&self.new.environments));
                if let Some(last) = self.changes.last_mut() {
                    last.environment = environment;
                }
            }
            self.used("aliases", before, after);
        }
        for (_, before) in was.iter().filter(|(name, _)| !now.contains_key(*name)) {
            self.add(Change::Restated, "aliases", Some(before.shown()), None);
        }
    }

    /// Names by which the key is approved. Where one goes and another comes, another key is named,
    /// unless the version says that the key was replaced.
    fn references(&mut self) {
        let references =
            |key| Use::of(key, |key| &key.references, |of| (&of.name, &of.environments, &of.paths));
        let (was, now) = (references(self.old), references(self.new));
        let only = |these: &Uses<'_>, those: &Uses<'_>| {
            let names = these.iter().filter(|(name, _)| !those.contains_key(*name));
            let names: Vec<String> = names.map(|(_, of)| of.shown()).collect();
            (!names.is_empty()).then(|| names.join(", "))
        };
        let (gone, come) = (only(&was, &now), only(&now, &was));
        let version = |key: &Key| (key.key_id(), value(key.version.as_ref()));
        let change = match (&gone, &come) {
            (None, None) => None,
            (None, Some(_)) => Some(Change::UseWidened),
            (Some(_), Some(_)) if version(self.old) == version(self.new) => {
                Some(Change::ReferenceChanged)
            }
            (Some(_), _) => Some(Change::Restated),
        };
        if let Some(change) = change {
            self.add(change, "references", gone, come);
        }
        for (name, after) in &now {
            if let Some(before) = was.get(name) {
                self.used("references", before, after);
            }
        }
    }

    /// Where a name is approved, before and after.
    fn used(&mut self, attribute: &str, before: &Use<'_>, after: &Use<'_>) {
        let change = if after.is_wider(before) { Change::UseWidened } else { Change::Restated };
        self.says(change, attribute, Some(before.shown()), Some(after.shown()));
    }

    /// What is in a set that was not there before widens; what is gone is a restatement.
    fn set(
        &mut self,
        change: Change,
        attribute: &str,
        was: BTreeSet<String>,
        now: BTreeSet<String>,
    ) {
        let more: Vec<&str> = now.difference(&was).map(String::as_str).collect();
        let less: Vec<&str> = was.difference(&now).map(String::as_str).collect();
        let shown = |texts: &[&str]| (!texts.is_empty()).then(|| texts.join(", "));
        if !more.is_empty() {
            self.add(change, attribute, shown(&less), shown(&more));
        } else if !less.is_empty() {
            self.add(Change::Restated, attribute, shown(&less), None);
        }
    }

    pub(super) fn access(&mut self) {
        let (old, new) = (self.old, self.new);
        let (widens, was, now) = access::differ(&old.principals, &new.principals);
        let change = if widens { Change::AccessWidened } else { Change::Restated };
        self.says(change, "principals", was, now);
        for role in ["administrator", "user"] {
            let held = |key: &Key| key.holders(role).into_iter().map(str::to_owned).collect();
            if old.principals.is_empty() && new.principals.is_empty() {
                self.set(Change::AccessWidened, role, held(old), held(new));
            }
        }
        let texts = |texts: &[Text]| texts.iter().map(|text| text.value.to_string()).collect();
        self.set(Change::UseWidened, "usage", texts(&old.usage), texts(&new.usage));
        let environments = (texts(&old.environments), texts(&new.environments));
        self.set(Change::UseWidened, "environments", environments.0, environments.1);
        self.references();
        let shared =
            |key: &Key| key.shared_with.iter().map(|of| of.name.value.to_string()).collect();
        self.set(Change::AccessWidened, "shared_with", shared(old), shared(new));
    }

    pub(super) fn dates(&mut self, today: Date) {
        let (old, new) = (self.old, self.new);
        let (was, now) = (Dates::of(old), Dates::of(new));
        let same_material = old.key_id() == new.key_id()
            && value(old.version.as_ref()) == value(new.version.as_ref());
        for (name, before, after) in
            [("expires", was.expires, now.expires), ("rotate_by", was.rotate_by, now.rotate_by)]
        {
            let longer = match (before, after) {
                (Some(before), Some(after)) => before < after,
                (Some(_), None) => true,
                _ => false,
            };
            let change =
                if longer && same_material { Change::TermExtended } else { Change::Restated };
            let shown = |date: Option<Date>| date.map(|date| date.to_string());
            self.says(change, name, shown(before), shown(after));
        }
        let longer =
            was.cryptoperiod.is_some_and(|was| now.cryptoperiod.is_none_or(|now| now > was));
        let change = if longer { Change::TermExtended } else { Change::Restated };
        let days = |period: Option<u64>| period.map(|days| format!("{days} days"));
        self.says(change, "cryptoperiod", days(was.cryptoperiod), days(now.cryptoperiod));
        let overdue = |key: &Key, dates: &Dates| dates.overdue(today).filter(|_| key.is_active());
        if let (None, Some(days)) = (overdue(old, &was), overdue(new, &now)) {
            self.add(Change::Overdue, "rotate_by", None, Some(format!("{days} days overdue")));
        }
    }

    pub(super) fn people(&mut self) {
        let (old, new) = (self.old, self.new);
        self.says(
            Change::PeopleChanged,
            "owner",
            value(old.owner.as_ref()),
            value(new.owner.as_ref()),
        );
        for (attribute, role) in [("custodians", "custodian"), ("approvers", "approver")] {
            let held = |key: &Key| {
                let names: BTreeSet<&str> = key.holders(role).into_iter().collect();
                (!names.is_empty()).then(|| names.into_iter().collect::<Vec<_>>().join(", "))
            };
            self.says(Change::PeopleChanged, attribute, held(old), held(new));
        }
        let reviewer = |key: &Key| value(key.reviewer.as_ref());
        self.says(Change::PeopleChanged, "reviewer", reviewer(old), reviewer(new));
        let reviewed = |key: &Key| value(key.reviewed_at.as_ref());
        self.says(Change::Restated, "reviewed_at", reviewed(old), reviewed(new));
        let exception = |key: &Key| {
            let exception = key.exception.as_ref()?;
            let rules: Vec<&str> = exception.rules.iter().map(|rule| rule.value.as_ref()).collect();
            let until = value(exception.until.as_ref()).unwrap_or_else(|| "no end".to_owned());
            let owner = value(exception.owner.as_ref()).unwrap_or_else(|| "nobody".to_owned());
            let reason = value(exception.reason.as_ref()).unwrap_or_else(|| "no reason".to_owned());
            Some(format!("{} until {until}, by {owner}: {reason}", rules.join(", ")))
        };
        self.says(Change::ExceptionChanged, "exception", exception(old), exception(new));
    }

    /// Everything that is not judged on its own.
    pub(super) fn rest(&mut self) {
        let (old, new) = (self.old, self.new);
        let quorum = |key: &Key| key.quorum.as_ref().map(|quorum| quorum.value);
        let words = |quorum: Option<u32>| quorum.map(|of| format!("{of} together"));
        let change = match (quorum(old), quorum(new)) {
            (Some(was), now) if now.is_none_or(|now| now < was) => Change::AccessWidened,
            _ => Change::Restated,
        };
        self.says(change, "quorum", words(quorum(old)), words(quorum(new)));
        let reason = |key: &Key| {
            let scoped_out = key.tls_only.as_ref()?;
            Some(value(scoped_out.reason.as_ref()).unwrap_or_else(|| "no reason".to_owned()))
        };
        self.says(Change::ExceptionChanged, "tls_only", reason(old), reason(new));
        let (Ok(before), Ok(after)) = (serde_json::to_value(old), serde_json::to_value(new)) else {
            return;
        };
        // What says when and why belongs to the change of state that is told already.
        let has_passed = old.state() != new.state();
        for name in PLAIN.into_iter().filter(|name| !(has_passed && OF_STATE.contains(name))) {
            let pointer = format!("/{}", name.replace('.', "/"));
            let shown = |key: &serde_json::Value| key.pointer(&pointer).map(shown);
            self.says(Change::Restated, name, shown(&before), shown(&after));
        }
    }
}

/// Whether a store that was in a module or with somebody else is so no more.
fn is_less(was: &str, now: Option<&str>) -> bool {
    match was {
        "hsm" => now != Some("hsm"),
        "external" => now == Some("software"),
        _ => false,
    }
}

/// Whether a key lies in this kind of store as a program's own data.
fn is_no_module(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    let words = ["code", "config", "database", "disk", "env", "environment", "file", "software"];
    words.contains(&kind.as_str())
}

fn listed(texts: &[Text]) -> Option<String> {
    let names: BTreeSet<&str> = texts.iter().map(|text| text.value.trim()).collect();
    (!names.is_empty()).then(|| names.into_iter().collect::<Vec<_>>().join(", "))
}

/// Fields of which it only counts that they say something else.
const PLAIN: [&str; 26] = [
    "activated",
    "algorithm.curve",
    "algorithm.parameter_set",
    "backup",
    "compliance",
    "compromised",
    "created",
    "deactivated",
    "destroyed",
    "distribution",
    "kind",
    "name",
    "origin",
    "protects",
    "purpose",
    "replaced_by",
    "replaces",
    "source",
    "state_since",
    "store.certification",
    "store.location",
    "store.provider",
    "store.region",
    "system",
    "ticket",
    "wraps",
];

const OF_STATE: [&str; 6] =
    ["activated", "compromised", "deactivated", "destroyed", "replaced_by", "state_since"];

/// A value in words.
fn shown(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{name} {}", shown(value));
            fields.iter().map(field).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
