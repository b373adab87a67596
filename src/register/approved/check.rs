//! What an approved register says, as facts: one for each entry, with what it lacks and where it
//! contradicts itself, and one for each key that wraps another. Rules under `rules/record` judge.

use std::collections::{BTreeSet, HashMap};

use super::{
    Approved,
    entry::{Key, Text},
    order::{Dates, date},
    spanned::Location,
    words,
    wrap::{self, ById},
};
use crate::{
    date::Date,
    fact::{Fact, Field, Kind, Value},
    settings::days,
};

/// Values of a list that a fact keeps: more nobody reads.
const MOST: usize = 20;

/// Entries whose facts are there at once: those of a hundred thousand would take a gigabyte.
const AT_ONCE: usize = 4_096;

/// The facts of a register on a day.
pub(crate) fn facts(register: &Approved, today: Date) -> Vec<Fact> {
    let mut all = Vec::new();
    facts_in_parts(register, today, |facts| all.extend(facts));
    all
}

/// The same, so many at once as `each` is to be given.
pub(crate) fn facts_in_parts(register: &Approved, today: Date, mut each: impl FnMut(Vec<Fact>)) {
    let by_id = ById::of(register.keys());
    let mut by_material: HashMap<String, Vec<&Key>> = HashMap::new();
    let mut same: HashMap<&str, Vec<&Key>> = HashMap::new();
    for key in register.keys() {
        same.entry(&key.id.value).or_default().push(key);
        if let Some(id) = key.key_id().filter(|_| !is_version(key)) {
            by_material.entry(id).or_default().push(key);
        }
    }
    // Nearly every key is alone.
    same.retain(|_, keys| keys.len() > 1);
    by_material.retain(|_, keys| keys.len() > 1);
    let scene = Scene { register, by_id, same, by_material, today };
    for keys in register.keys().chunks(AT_ONCE) {
        let facts = |key| std::iter::once(scene.entry(key)).chain(scene.wraps(key));
        each(keys.iter().flat_map(facts).collect());
    }
}

/// A public half or certificate names the key that it belongs to, and is no second one.
fn is_version(key: &Key) -> bool {
    !key.is_secret()
}

struct Scene<'a> {
    register: &'a Approved,
    by_id: ById<'a>,
    /// Entries that share their id with others.
    same: HashMap<&'a str, Vec<&'a Key>>,
    /// Entries that share their material with others.
    by_material: HashMap<String, Vec<&'a Key>>,
    today: Date,
}

/// A fact under construction, whose fields point at their lines.
struct Entry<'a> {
    register: &'a Approved,
    fact: Fact,
}

impl Entry<'_> {
    fn text(&mut self, field: Field, text: Option<&Text>) {
        if let Some(text) = text {
            self.put(field, text.value.as_ref(), text.referenced);
        }
    }

    fn put(&mut self, field: Field, value: impl Into<Value>, location: Location) {
        self.fact.fields.insert(field, value.into());
        self.fact.places.insert(field, self.register.site(location));
    }

    /// A list of what is wrong, where anything is.
    fn list(&mut self, field: Field, mut values: Vec<String>, at: Option<Location>) {
        if values.is_empty() {
            return;
        }
        values.truncate(MOST);
        self.fact.fields.insert(field, values.into());
        if let Some(at) = at {
            self.fact.places.insert(field, self.register.site(at));
        }
    }
}

impl<'a> Scene<'a> {
    fn entry(&self, key: &Key) -> Fact {
        let fact = Fact::new(Kind::Record, self.register.site(key.id.referenced))
            .with(Field::Resource, "key-register")
            .with(Field::Key, key.id.value.as_ref())
            .with_some(Field::KeyId, key.key_id())
            .with_some(Field::Strength, key.strength())
            .with(Field::State, key.state());
        let mut entry = Entry { register: self.register, fact };
        entry.text(Field::Class, Some(&key.kind));
        entry.text(Field::Name, key.name.as_ref());
        entry.text(Field::Purpose, key.purpose.as_ref());
        entry.text(Field::System, key.system.as_ref());
        entry.text(Field::Owner, key.owner.as_ref());
        entry.text(Field::StorageForm, key.storage_form.as_ref());
        entry.text(Field::State, key.state.as_ref());
        entry.text(Field::Kek, key.wrapped_by.as_ref());
        if let Some(algorithm) = &key.algorithm {
            entry.text(Field::Algorithm, Some(&algorithm.family));
            entry.text(Field::Curve, algorithm.curve.as_ref());
        }
        if let Some(store) = &key.store {
            entry.text(Field::Provider, store.provider.as_ref());
            entry.text(Field::ProtectionLevel, store.protection.as_ref());
        }
        if let Some(bits) = &key.size_bits {
            entry.put(Field::Bits, bits.value, bits.referenced);
        }
        if let Some(exportable) = &key.exportable {
            entry.put(Field::Exportable, exportable.value, exportable.referenced);
        }
        if let Some(origin) = &key.origin {
            entry.text(Field::Origin, Some(&origin.how));
        }
        if let Some(first) = key.environments.first() {
            let names: BTreeSet<&str> = key.environments.iter().map(|of| of.value.trim()).collect();
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            entry.put(Field::Environments, names, first.referenced);
        }
        let is_scoped_out = key.tls_only.is_some();
        entry.list(Field::Missing, missing(key, is_scoped_out), None);
        entry.list(Field::Invalid, invalid(key), None);
        people(key, is_scoped_out, &mut entry);
        entry.list(Field::Conflicts, self.conflicts(key), None);
        entry.list(Field::SameAs, self.same_as(key), None);
        self.dates(key, &mut entry);
        if let Some((problem, at)) = wrap::problem(key, &self.by_id) {
            entry.put(Field::WrapProblem, problem, at.referenced);
        }
        if let Some(distribution) = &key.distribution {
            entry.text(Field::Distribution, Some(&distribution.method));
            if let Some(channel) = &distribution.channel {
                entry.put(Field::Channel, channel.value.trim().to_lowercase(), channel.referenced);
            }
        }
        let unguided = key.shared_with.iter().filter(|share| share.guidance.is_none());
        let unguided: Vec<&Text> = unguided.map(|share| &share.name).collect();
        let at = unguided.first().map(|text| text.referenced);
        entry.list(Field::Unguided, unguided.iter().map(|of| of.value.to_string()).collect(), at);
        self.exception(key, &mut entry);
        entry.fact
    }

    fn dates(&self, key: &Key, entry: &mut Entry<'_>) {
        let dates = Dates::of(key);
        entry.list(Field::Disorder, dates.disorder(key, self.today), None);
        if let Some(days) = dates.cryptoperiod {
            entry.fact.fields.insert(Field::RotationDays, days.into());
        }
        let at = |text: Option<&Text>| text.map_or(key.id.referenced, |text| text.referenced);
        if key.is_active()
            && let Some(days) = dates.overdue(self.today)
        {
            entry.put(
                Field::OverdueDays,
                days,
                at(key.rotate_by.as_ref().or(key.activated.as_ref())),
            );
        }
        if key.is_active()
            && let Some(days) = dates.expired(self.today)
        {
            entry.put(Field::ExpiredDays, days, at(key.expires.as_ref()));
        }
        if let Some(days) = date(key.reviewed_at.as_ref()).and_then(|of| self.today.days_since(of))
        {
            entry.put(Field::ReviewDays, days, at(key.reviewed_at.as_ref()));
        }
    }

    /// People with two duties that the register asks to keep apart.
    fn conflicts(&self, key: &Key) -> Vec<String> {
        let mut conflicts = BTreeSet::new();
        for roles in &self.register.written.separation_of_duties {
            for (number, one) in roles.iter().enumerate() {
                for other in roles.iter().skip(number + 1) {
                    let (one, other) = (one.value.as_ref(), other.value.as_ref());
                    let others: BTreeSet<String> =
                        key.holders(other).into_iter().map(folded).collect();
                    for person in key.holders(one) {
                        if others.contains(&folded(person)) {
                            conflicts.insert(format!("{person} is {one} and {other}"));
                        }
                    }
                }
            }
        }
        conflicts.into_iter().collect()
    }

    /// Other entries with the id or the material of this one.
    fn same_as(&self, key: &Key) -> Vec<String> {
        let by_id = self.same.get(&*key.id.value);
        let id = key.key_id().filter(|_| !is_version(key));
        let by_material = id.and_then(|id| self.by_material.get(&id));
        let others = |keys: Option<&'_ Vec<&'a Key>>| -> Vec<&'a Key> {
            let keys = keys.map(Vec::as_slice).unwrap_or_default();
            let others = keys.iter().copied().filter(|other| !std::ptr::eq(*other, key));
            others.take(MOST).collect()
        };
        let words = |other: &Key| match other.line {
            Some(line) => format!("{} (line {line})", other.id.value),
            None => other.id.value.to_string(),
        };
        others(by_id)
            .into_iter()
            .chain(others(by_material))
            .map(words)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// An exception that holds today excuses the rules that it names; one that is not whole or has
    /// ended excuses nothing.
    fn exception(&self, key: &Key, entry: &mut Entry<'_>) {
        let mut unexplained = Vec::new();
        if let Some(tls_only) = &key.tls_only
            && tls_only.reason.is_none()
        {
            unexplained.push("tls_only.reason".to_owned());
        }
        if let Some(exception) = &key.exception {
            let parts = [
                ("exception.reason", &exception.reason),
                ("exception.owner", &exception.owner),
                ("exception.until", &exception.until),
            ];
            let lacking: Vec<&str> = parts
                .into_iter()
                .filter(|(_, part)| part.is_none())
                .map(|(name, _)| name)
                .collect();
            let until = date(exception.until.as_ref());
            let lapsed = until.and_then(|until| self.today.days_since(until));
            match (lapsed, until) {
                (Some(days), _) => {
                    let at = exception.until.as_ref().map_or(key.id.referenced, |at| at.referenced);
                    entry.put(Field::LapsedDays, days, at);
                }
                (None, Some(until)) if lacking.is_empty() => {
                    let rules = exception.rules.iter().map(|rule| rule.value.to_string()).collect();
                    entry.list(Field::Excepted, rules, None);
                    entry.fact.fields.insert(Field::Until, until.to_string().into());
                }
                (None, _) => {}
            }
            unexplained.extend(lacking.into_iter().map(str::to_owned));
        }
        entry.list(Field::Unexplained, unexplained, None);
    }

    /// A key and what it wraps, with the strength of both.
    fn wraps(&self, key: &Key) -> Option<Fact> {
        let named = key.wrapped_by.as_ref()?;
        let kek = self.by_id.get(named.value.as_ref()).filter(|kek| !std::ptr::eq(*kek, key))?;
        let strength = |key: &Key| key.strength().map_or(Value::Unknown, Value::from);
        let fact = Fact::new(Kind::Wraps, self.register.site(named.referenced))
            .with(Field::Kek, kek.id.value.as_ref())
            .with(Field::Key, kek.id.value.as_ref())
            .with(Field::Dek, key.id.value.as_ref())
            .with(Field::KekStrength, strength(kek))
            .with(Field::DekStrength, strength(key))
            .with_some(Field::Algorithm, kek.algorithm.as_ref().map(|of| of.family.value.as_ref()))
            .with_some(Field::Bits, kek.size_bits.as_ref().map(|bits| bits.value));
        Some(fact)
    }
}

/// Who looks after the key, each once, and who has not said that they do.
fn people(key: &Key, is_scoped_out: bool, entry: &mut Entry<'_>) {
    if key.custodians.is_empty() || is_scoped_out {
        return;
    }
    let mut names: Vec<String> = Vec::new();
    let mut known = BTreeSet::new();
    for custodian in &key.custodians {
        if known.insert(folded(&custodian.name.value)) {
            names.push(custodian.name.value.trim().to_owned());
        }
    }
    let at = key.custodians.first().map(|custodian| custodian.name.referenced);
    entry.list(Field::Custodians, names, at);
    let silent = key.custodians.iter().filter(|of| date(of.acknowledged_at.as_ref()).is_none());
    let silent: Vec<&Text> = silent.map(|custodian| &custodian.name).collect();
    let at = silent.first().map(|name| name.referenced);
    let names = silent.iter().map(|name| name.value.trim().to_owned()).collect();
    entry.list(Field::Unacknowledged, names, at);
}

/// A name however it is written.
fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What an entry of this kind must say and does not.
fn missing(key: &Key, is_scoped_out: bool) -> Vec<String> {
    let is_secret = key.is_secret();
    let is_kept = is_secret && !is_scoped_out && key.state() != "destroyed";
    let is_used = is_kept && matches!(key.state(), "pre-activation" | "active" | "suspended");
    let form = key.storage_form.as_ref().map(|form| form.value.as_ref());
    let moves = key.exportable.as_ref().is_some_and(|exportable| exportable.value)
        || !key.shared_with.is_empty()
        || form == Some("components");
    let state = key.state();
    // Name, whether it is asked for, whether it is there.
    let asked = [
        ("purpose", true, key.purpose.is_some()),
        ("protects", is_used, key.protects.is_some()),
        ("system", true, key.system.is_some()),
        ("environments", true, !key.environments.is_empty()),
        ("algorithm", true, key.algorithm.is_some()),
        ("size_bits", is_secret, key.size_bits.is_some() || key.strength().is_some()),
        ("usage", true, !key.usage.is_empty()),
        ("state", true, key.state.is_some()),
        ("created", is_secret, key.created.is_some()),
        ("activated", is_used && state == "active", key.activated.is_some()),
        ("cryptoperiod", is_used, key.cryptoperiod.is_some()),
        ("expires", matches!(key.kind.value.as_ref(), "certificate"), key.expires.is_some()),
        ("deactivated", state == "deactivated", key.deactivated.is_some()),
        ("compromised", state == "compromised", key.compromised.is_some()),
        ("destroyed", state == "destroyed", key.destroyed.is_some()),
        ("fingerprint", !is_secret, key.fingerprint.is_some()),
        ("store", is_kept, key.store.is_some()),
        ("storage_form", is_kept, form.is_some()),
        ("wrapped_by", form == Some("wrapped") && is_kept, key.wrapped_by.is_some()),
        ("quorum", form == Some("components") && is_kept, key.quorum.is_some()),
        ("origin", is_kept, key.origin.is_some()),
        ("owner", true, key.owner.is_some()),
        ("custodians", is_kept, !key.custodians.is_empty()),
        ("distribution", is_kept && moves, key.distribution.is_some()),
        ("reviewed_at", state != "destroyed", key.reviewed_at.is_some()),
    ];
    asked
        .into_iter()
        .filter(|(_, is_asked, is_there)| *is_asked && !is_there)
        .map(|(name, ..)| name.to_owned())
        .collect()
}

/// What an entry says in words that mean nothing there.
fn invalid(key: &Key) -> Vec<String> {
    let mut invalid = Vec::new();
    for (field, text, allowed) in words::unknown(key) {
        invalid.push(format!("{field} `{}`, which is none of {}", text.value, allowed.join(" ")));
    }
    let dates = [
        ("state_since", &key.state_since),
        ("created", &key.created),
        ("activated", &key.activated),
        ("rotate_by", &key.rotate_by),
        ("expires", &key.expires),
        ("deactivated", &key.deactivated),
        ("compromised", &key.compromised),
        ("destroyed", &key.destroyed),
        ("reviewed_at", &key.reviewed_at),
    ];
    let until = key.exception.as_ref().map(|exception| ("exception.until", &exception.until));
    for (name, text) in dates.into_iter().chain(until) {
        if let Some(text) = text
            && date(Some(text)).is_none()
        {
            invalid.push(format!("{name} `{}`, which is no date", text.value));
        }
    }
    for custodian in &key.custodians {
        if let Some(text) = &custodian.acknowledged_at
            && date(Some(text)).is_none()
        {
            invalid.push(format!("acknowledged_at `{}`, which is no date", text.value));
        }
    }
    if let Some(period) = &key.cryptoperiod
        && days(&period.value).is_none()
    {
        invalid.push(format!("cryptoperiod `{}`", period.value));
    }
    invalid
}
