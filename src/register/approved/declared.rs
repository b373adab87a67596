//! Keys, aliases and grants that configuration declares, held against the register: whether a declared key
//! is what is approved, whether an alias stands for the key that it is approved for, and who may do what.

use super::{
    entry::Key,
    link::{Against, about},
    names::{Approval, Name},
    order::Dates,
};
use crate::fact::{Fact, Field, Kind, Value};

/// What differs: the attribute, as it is approved, and as it was seen.
type Differs = (&'static str, String, String);

impl<'a> Against<'a> {
    /// Remembers what is declared, and which entries have a name of it.
    pub(super) fn know_declared(&mut self, facts: &'a [Fact]) {
        for fact in facts.iter().filter(|fact| fact.kind == Kind::Key) {
            let Some(key) = fact.text(Field::Key) else { continue };
            self.declared.entry(key).or_insert(fact);
            for approval in self.by_own_name(fact, key) {
                self.known.entry(&approval.key.id.value).or_default().push(fact);
            }
        }
    }

    /// Entries that have a key by its name, and not by an alias that somebody gives to it, where `fact`
    /// speaks of it.
    fn by_own_name(&self, fact: &Fact, key: &str) -> Vec<Approval<'a>> {
        let name = self.declared.get(key).and_then(|of| of.text(Field::Name));
        let names = [Some(key), name].into_iter().flatten();
        let found = names.flat_map(|name| self.names.find(&Name::of(name)));
        found.filter(|of| is_here(of, fact)).collect()
    }

    /// Whether an alias stands for the key that is approved.
    pub(super) fn target(&mut self, fact: &'a Fact, found: &[Approval<'a>]) {
        let (Some(alias), Some(key)) = (fact.text(Field::Alias), fact.text(Field::Key)) else {
            return;
        };
        let named = self.names.find(&Name::of(alias)).into_iter();
        let named: Vec<Approval<'a>> = named.filter(|of| is_here(of, fact)).collect();
        if named.is_empty() || key.ends_with(alias) {
            return;
        }
        let is_named =
            |other: &Approval<'a>| named.iter().any(|of| std::ptr::eq(of.key, other.key));
        let own = self.by_own_name(fact, key);
        if own.iter().any(is_named) {
            return;
        }
        // The address of a declaration is no name that the register can have: that another key is meant
        // must be known from its other names, or from another declaration that the entry has.
        let given = self.aliases.get(Name::of(key).canonical()).into_iter().flatten();
        let given = given.filter(|(_, other)| *other != alias);
        let is_another = !own.is_empty()
            || given
                .flat_map(|(_, other)| self.names.find(&Name::of(other)))
                .any(|other| is_here(&other, fact) && !is_named(&other));
        let meant = named.iter().find_map(|of| {
            let known = self.known.get(of.key.id.value.as_ref())?.iter();
            let here = known.filter(|declared| {
                folder(declared) == folder(fact) && declared.text(Field::Key) != Some(key)
            });
            here.filter_map(|declared| declared.text(Field::Name)).next()
        });
        let target = named.iter().find_map(|of| Some(&*of.target?.value));
        let is_told = is_another || meant.is_some() || (target.is_some() && !key.contains('#'));
        let Some(approval) = named.iter().find(|of| of.target.is_some()).or(named.first()) else {
            return;
        };
        if !is_told || found.is_empty() {
            return;
        }
        let approved = target.or(meant).unwrap_or(&approval.key.id.value);
        let seen = self.declared.get(key).and_then(|of| of.text(Field::Name)).unwrap_or(key);
        self.differs(fact, approval.key, "alias", approved, seen);
    }

    /// A key that configuration declares.
    pub(super) fn declared(&mut self, fact: &'a Fact) {
        let (found, name) = self.approvals(fact);
        if found.is_empty() {
            if let Some(name) = name {
                self.links.push(about(fact, "undeclared", None).with(Field::After, name));
            }
            return;
        }
        let environments: Vec<&str> =
            found.iter().flat_map(|approval| approval.environments()).collect();
        let here: Vec<&Approval<'a>> = found.iter().filter(|of| is_here(of, fact)).collect();
        let here = if here.is_empty() { found.iter().collect() } else { here };
        self.seen.extend(here.iter().map(|approval| approval.key.id.value.as_ref()));
        // Of several entries with this name, the one that it is most like.
        let told = here.iter().map(|approval| (approval.key, differences(fact, approval.key)));
        let Some((key, differences)) = told.min_by_key(|(_, differences)| differences.len()) else {
            return;
        };
        for (attribute, approved, seen) in differences {
            self.differs(fact, key, attribute, &approved, &seen);
        }
        self.state(fact, key);
        self.environment(fact, key, &environments);
    }

    /// Somebody to whom configuration gives a key.
    pub(super) fn grant(&mut self, fact: &'a Fact) {
        let Some(principal) = fact.text(Field::Principal) else { return };
        let (found, _) = self.approvals(fact);
        let keys = found.iter().filter(|of| is_here(of, fact)).chain(&found);
        let Some(key) = keys.map(|of| of.key).find(|key| !key.principals.is_empty()) else {
            return;
        };
        let own = || key.principals.iter().filter(|of| of.principal.value.trim() == principal);
        if own().next().is_none() {
            let link = about(fact, "principal", Some(key)).with(Field::Principal, principal);
            let capabilities = fact.fields.get(&Field::Capabilities).cloned();
            self.links.push(link.with_some(Field::Capabilities, capabilities));
            return;
        }
        // Without actions, whatever it is.
        let Some(Value::List(actions)) = fact.fields.get(&Field::Actions) else { return };
        if own().any(|of| of.actions.is_empty()) {
            return;
        }
        let approved: Vec<&str> =
            own().flat_map(|of| &of.actions).map(|action| action.value.trim()).collect();
        let more: Vec<&str> = actions
            .iter()
            .map(String::as_str)
            .filter(|action| !approved.iter().any(|of| covers(of, action)))
            .collect();
        if !more.is_empty() {
            let link = about(fact, "actions", Some(key)).with(Field::Principal, principal);
            let link = link.with(Field::Before, approved.join(", "));
            self.links.push(link.with(Field::After, more.join(", ")));
        }
    }
}

/// Whether a name is approved where a fact uses it.
fn is_here(approval: &Approval<'_>, fact: &Fact) -> bool {
    approval.holds(fact.text(Field::Environment), &fact.site().path)
}

/// The directory of a fact.
fn folder(fact: &Fact) -> &str {
    let path = fact.site().path.trim_start_matches("./");
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether an action that is approved is the other one, or a pattern of it.
fn covers(approved: &str, action: &str) -> bool {
    match approved.strip_suffix('*') {
        Some(head) => {
            action.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head))
        }
        None => approved.eq_ignore_ascii_case(action),
    }
}

/// What is otherwise with a declared key than its entry says.
fn differences(fact: &Fact, key: &Key) -> Vec<Differs> {
    let mut all = nature(fact, key);
    let level = key.store.as_ref().and_then(|store| store.protection.as_ref());
    // Nothing is less than software, and what is external is in hands that nobody here sees.
    if let (Some(level), Some(seen)) = (level, fact.text(Field::ProtectionLevel))
        && !["software", seen].contains(&&*level.value)
        && seen != "hsm"
    {
        all.push(("protection", level.value.to_string(), seen.to_owned()));
    }
    // Somebody else knows a key that comes from elsewhere.
    if let (Some(origin), Some(seen)) = (&key.origin, fact.text(Field::Origin))
        && origin.how.value.trim() != seen
        && seen != "generated"
    {
        all.push(("origin", origin.how.value.trim().to_owned(), seen.to_owned()));
    }
    if let (Some(exportable), Some(Value::Bool(true))) =
        (&key.exportable, fact.fields.get(&Field::Exportable))
        && !exportable.value
    {
        all.push(("protection", "not exportable".to_owned(), "exportable".to_owned()));
    }
    if let (Some(period), Some(seen)) = (Dates::of(key).cryptoperiod, fact.int(Field::RotationDays))
        && (seen > period || seen == 0)
    {
        let seen = if seen == 0 { "never".to_owned() } else { format!("{seen} days") };
        all.push(("rotation", format!("{period} days"), seen));
    }
    all
}

/// Whether algorithm and strength are what the entry says.
pub(super) fn nature(fact: &Fact, key: &Key) -> Vec<Differs> {
    let mut all = Vec::new();
    if let (Some(approved), Some(seen)) = (&key.algorithm, fact.text(Field::Algorithm)) {
        let approved = approved.family.value.trim();
        if !approved.eq_ignore_ascii_case(seen) && seen != "secret" {
            all.push(("algorithm", approved.to_owned(), seen.to_owned()));
        }
    }
    let curve = key.algorithm.as_ref().and_then(|of| of.curve.as_ref());
    if let (Some(approved), Some(seen)) = (curve, fact.text(Field::Curve))
        && all.is_empty()
        && !approved.value.trim().eq_ignore_ascii_case(seen)
    {
        all.push(("curve", approved.value.trim().to_owned(), seen.to_owned()));
    }
    if let (Some(approved), Some(seen)) = (key.strength(), fact.int(Field::Strength))
        && seen < u64::from(approved)
    {
        all.push(("strength", format!("{approved} bits"), format!("{seen} bits")));
    }
    all
}
