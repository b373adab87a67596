//! Keys that configuration declares and does not hold: what they are to be, and where that is written.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Change, Difference, Nature, Register, build::path, diff::Hidden};
use crate::fact::{Fact, Field, Kind, Value};

/// A key that configuration declares.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Declared {
    /// Its name at its provider, or the address of the declaration.
    pub key: String,
    pub path: String,
    pub line: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    #[serde(flatten)]
    pub nature: Nature,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<String>,
    /// `software`, `hsm` or `external`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection_level: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// 0 if it is never rotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation_days: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exportable: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Names that configuration gives it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub aliases: BTreeSet<String>,
}

/// Every declared key among `facts`, sorted; of equal ones in a file, the first.
pub(super) fn of(facts: &[Fact]) -> Vec<Declared> {
    let mut aliases: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.kind == Kind::Reference) {
        if let (Some(key), Some(alias)) = (fact.text(Field::Key), fact.text(Field::Alias)) {
            aliases.entry(key).or_default().insert(alias.to_owned());
        }
    }
    let declared = facts.iter().filter(|fact| fact.kind == Kind::Key).filter_map(|fact| {
        let text = |field| fact.text(field).map(str::to_owned);
        let key = fact.text(Field::Key).or(fact.text(Field::Name))?;
        Some(Declared {
            key: path(key),
            path: path(&fact.site().path),
            line: fact.site().line,
            name: text(Field::Name),
            provider: text(Field::Provider),
            nature: Nature {
                algorithm: text(Field::Algorithm),
                bits: fact.int(Field::Bits),
                curve: text(Field::Curve),
                strength: fact.int(Field::Strength),
                published: None,
            },
            purposes: match fact.fields.get(&Field::Purposes) {
                Some(Value::List(purposes)) => purposes.clone(),
                _ => Vec::new(),
            },
            protection_level: text(Field::ProtectionLevel),
            origin: text(Field::Origin),
            rotation_days: fact.int(Field::RotationDays),
            exportable: match fact.fields.get(&Field::Exportable) {
                Some(Value::Bool(exportable)) => Some(*exportable),
                _ => None,
            },
            state: text(Field::State),
            environment: text(Field::Environment),
            aliases: aliases.get(key).cloned().unwrap_or_default(),
        })
    });
    let mut all: Vec<Declared> = declared.collect();
    all.sort();
    all.dedup_by(|next, kept| next.key == kept.key && next.path == kept.path);
    all
}

/// Adds what changed in declarations from `old` to `new`.
pub(super) fn compare(
    old: &Register,
    new: &Register,
    hidden: &Hidden<'_>,
    changes: &mut Vec<Difference>,
) {
    fn by_key(register: &Register) -> BTreeMap<(&str, &str), &Declared> {
        register.declared.iter().map(|of| ((of.key.as_str(), of.path.as_str()), of)).collect()
    }
    let (was, now) = (by_key(old), by_key(new));
    for (place, after) in &now {
        match was.get(place) {
            Some(before) => differ(before, after, changes),
            None => {
                let now = after.protection_level.clone().or(Some("declared".to_owned()));
                changes.push(Difference { now, ..about(Change::Added, None, Some(after)) });
            }
        }
    }
    for (_, before) in was.iter().filter(|(place, _)| !now.contains_key(*place)) {
        let is_hidden = !new.complete || hidden.holds(&before.path);
        let change = if is_hidden { Change::Unknown } else { Change::Removed };
        let was = Some("declared".to_owned());
        changes.push(Difference { was, ..about(change, Some(before), None) });
    }
}

/// What one declaration says otherwise.
fn differ(old: &Declared, new: &Declared, changes: &mut Vec<Difference>) {
    let mut says = |change, attribute: &str, was: Option<String>, now: Option<String>| {
        if was != now {
            let attribute = Some(attribute.to_owned());
            changes.push(Difference { attribute, was, now, ..about(change, Some(old), Some(new)) });
        }
    };
    let bits = |of: &Declared| of.nature.strength.map(|bits| format!("{bits} bits"));
    let is_weaker = old.nature.strength.zip(new.nature.strength).is_some_and(|(a, b)| b < a);
    let change = if is_weaker { Change::StrengthLowered } else { Change::Restated };
    says(change, "strength", bits(old), bits(new));
    let algorithm = |of: &Declared| of.nature.algorithm.clone();
    says(Change::Restated, "algorithm", algorithm(old), algorithm(new));
    let level = |of: &Declared| of.protection_level.clone();
    let is_software = level(new).as_deref() == Some("software") && level(old).is_some();
    let change = if is_software { Change::ProtectionWeakened } else { Change::Restated };
    says(change, "protection_level", level(old), level(new));
    let words = |of: &Declared| {
        of.exportable.map(|is| if is { "exportable" } else { "not exportable" }.to_owned())
    };
    let widens = new.exportable == Some(true);
    let change = if widens { Change::ProtectionWeakened } else { Change::Restated };
    says(change, "exportable", words(old), words(new));
    let rotation = |of: &Declared| {
        of.rotation_days.map(|days| if days == 0 { "never".into() } else { format!("{days} days") })
    };
    let longer = match (old.rotation_days, new.rotation_days) {
        (Some(was), Some(0)) => was != 0,
        (Some(was), Some(now)) => was != 0 && now > was,
        _ => false,
    };
    let change = if longer { Change::TermExtended } else { Change::Restated };
    says(change, "rotation_days", rotation(old), rotation(new));
    says(Change::StateChanged, "state", old.state.clone(), new.state.clone());
    says(Change::Restated, "origin", old.origin.clone(), new.origin.clone());
    let more: Vec<&str> = new
        .purposes
        .iter()
        .filter(|purpose| !old.purposes.contains(purpose))
        .map(String::as_str)
        .collect();
    if !more.is_empty() {
        says(Change::UseWidened, "purposes", None, Some(more.join(", ")));
    }
}

fn about(change: Change, old: Option<&Declared>, new: Option<&Declared>) -> Difference {
    let shown = new.or(old);
    let path = shown.map(|of| of.path.clone());
    Difference {
        change,
        key: shown.map_or(String::new(), |of| of.key.clone()),
        what: shown.map_or(String::new(), |of| of.name.clone().unwrap_or_else(|| of.key.clone())),
        places: path.iter().cloned().collect(),
        before: old.map(|of| of.key.clone()),
        after: new.map(|of| of.key.clone()),
        file: path,
        line: shown.map(|of| of.line),
        ..Difference::default()
    }
}
