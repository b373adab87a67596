//! What a scan saw, held against the approved register: keys that it does not know, or knows
//! otherwise; names of keys that are not approved where they stand; and approved keys that nobody
//! names.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    Approved,
    declared::nature,
    entry::Key,
    names::{Approval, Name, Names, Place as Where},
    order::Dates,
    trust,
};
use crate::{
    date::Date,
    fact::{Fact, Field, Kind},
    link::holds_secret,
    references::{Said, is_in_text},
};

/// The links between a register and `facts`, which are in their final order.
pub(crate) fn link(register: &Approved, facts: &[Fact], today: Date) -> Vec<Fact> {
    let mut by_material: HashMap<String, &Key> = HashMap::new();
    for key in register.keys() {
        let Some(id) = key.key_id() else { continue };
        let known = by_material.entry(id).or_insert(key);
        // A certificate and its private key are one; the private key says more.
        if key.is_secret() && !known.is_secret() {
            *known = key;
        }
    }
    let mut aliases: HashMap<String, Vec<(Where, &str)>> = HashMap::new();
    let mut targets: HashMap<String, BTreeSet<&str>> = HashMap::new();
    for fact in facts.iter().filter(|fact| fact.kind == Kind::Reference && !is_in_text(fact)) {
        let Some(name) = Name::seen(fact) else { continue };
        if let (Some(alias), Some(key)) = (fact.text(Field::Alias), fact.text(Field::Key)) {
            let of_key = aliases.entry(name.canonical().to_owned()).or_default();
            of_key.push((name.place().clone(), alias));
            let alias = Name::of(alias).canonical().to_owned();
            targets.entry(alias).or_default().insert(key);
        }
    }
    let mut places: HashMap<&str, Vec<&Key>> = HashMap::new();
    for key in register.keys().iter().filter(|key| key.state() != "destroyed") {
        for place in &key.locations {
            places.entry(plain(&place.uri.value)).or_default().push(key);
        }
    }
    let material = facts.iter().filter(|fact| fact.kind == Kind::Material);
    let lying = material
        .flat_map(|fact| {
            let id = fact.text(Field::KeyId).unwrap_or_default();
            fact.sites.iter().map(move |site| (plain(&site.path), id))
        })
        .collect();
    let secret = facts.iter().filter(|fact| fact.kind == Kind::Material && holds_secret(fact));
    let own = secret.filter_map(|fact| fact.text(Field::KeyId)).collect();
    let names = Names::of(register.keys());
    let file = register.file().rsplit('/').next().unwrap_or_default();
    let mut against = Against {
        by_material,
        places,
        lying,
        own,
        aliases,
        targets,
        names,
        declared: HashMap::new(),
        known: HashMap::new(),
        today,
        seen: HashSet::new(),
        links: Vec::new(),
    };
    against.know_declared(facts);
    let said = Said::of(facts);
    let is_said = |fact: &Fact| {
        // What the register itself says is no use of a key.
        let is_own = is_in_text(fact) && fact.site().path.rsplit('/').next() == Some(file);
        is_own || said.says(fact)
    };
    for fact in facts {
        match fact.kind {
            Kind::Material => against.material(fact),
            Kind::Reference if is_said(fact) => {}
            Kind::Reference => against.reference(fact),
            Kind::Key => against.declared(fact),
            Kind::Grant => against.grant(fact),
            _ => {}
        }
    }
    against.unreferenced(register);
    against.links
}

/// A path without what two scans of one directory may spell differently.
fn plain(path: &str) -> &str {
    path.trim_start_matches("./")
}

/// Whether the last part of a name is a name by itself, and does not need the rest of it, such as the
/// host of a vault or the token of a module.
pub(super) fn is_name_alone(provider: &str, key: &str) -> bool {
    let is_whole = !key.contains("token=") && !key.contains("serial=");
    (provider == "pkcs11" && is_whole) || LOCAL.contains(&provider)
}

/// Providers whose names say only in one place which key is meant, or which a register of keys of
/// services need not govern: their names are held against it if it has some of them.
pub(super) const LOCAL: &[&str] = &["java", "kmip", "kubernetes", "openpgp", "ssh", "tpm"];

fn is_local(fact: &Fact) -> bool {
    let provider = fact.text(Field::Provider).unwrap_or_default();
    let is_of = |key: &str| key.strip_prefix(provider).is_some_and(|rest| rest.starts_with(':'));
    LOCAL.contains(&provider) && (is_in_text(fact) || fact.text(Field::Key).is_some_and(is_of))
}

pub(super) struct Against<'a> {
    by_material: HashMap<String, &'a Key>,
    /// Keys by the paths where the register says that they lie.
    places: HashMap<&'a str, Vec<&'a Key>>,
    /// Paths and ids of what was found.
    lying: HashSet<(&'a str, &'a str)>,
    /// Ids of which the secret half was found.
    own: HashSet<&'a str>,
    /// Aliases that configuration gives to a key, by its canonical name, and the other way round.
    pub(super) aliases: HashMap<String, Vec<(Where, &'a str)>>,
    targets: HashMap<String, BTreeSet<&'a str>>,
    pub(super) names: Names<'a>,
    /// Keys that configuration declares, by the identity of the declaration.
    pub(super) declared: HashMap<&'a str, &'a Fact>,
    /// The same by the ids of the entries that have a name of theirs.
    pub(super) known: HashMap<&'a str, Vec<&'a Fact>>,
    pub(super) today: Date,
    /// Ids of entries of which something was seen.
    pub(super) seen: HashSet<&'a str>,
    pub(super) links: Vec<Fact>,
}

/// A link of what `fact` saw with an entry.
pub(super) fn about(fact: &Fact, attribute: &str, key: Option<&Key>) -> Fact {
    let mut link = Fact::new(Kind::Register, fact.site().clone());
    link.sites.clone_from(&fact.sites);
    link.count = fact.count;
    for field in [
        Field::KeyId,
        Field::Class,
        Field::Label,
        Field::Algorithm,
        Field::Bits,
        Field::Curve,
        Field::Environment,
        Field::Published,
        Field::Subject,
        Field::Provider,
        Field::Alias,
        Field::Key,
    ] {
        if let Some(value) = fact.fields.get(&field) {
            link.fields.insert(field, value.clone());
        }
    }
    if let Some(key) = key {
        link.fields.insert(Field::Key, key.id.value.as_ref().into());
        link = link.with_some(Field::Owner, key.owner.as_ref().map(|owner| owner.value.as_ref()));
    }
    link.with(Field::Attribute, attribute)
}

impl<'a> Against<'a> {
    /// Adds what differs, as it is approved and as it was seen.
    pub(super) fn differs(
        &mut self,
        fact: &Fact,
        key: &Key,
        attribute: &str,
        approved: &str,
        seen: &str,
    ) {
        let link = about(fact, attribute, Some(key))
            .with(Field::Before, approved)
            .with(Field::After, seen);
        self.links.push(link);
    }

    fn material(&mut self, fact: &Fact) {
        let Some(id) = fact.text(Field::KeyId) else { return };
        if matches!(fact.text(Field::Label), Some("stub" | "truncated" | "unparsed")) {
            return;
        }
        let Some(&key) = self.by_material.get(id) else {
            let link = match self.replaced(fact) {
                Some((key, approved)) => about(fact, "replaced", Some(key))
                    .with(Field::Before, approved)
                    .with(Field::After, id),
                None => about(fact, "unregistered", None)
                    .with_some(Field::Purpose, trust::purpose(fact, self.own.contains(id))),
            };
            self.links.push(link);
            return;
        };
        self.seen.insert(&key.id.value);
        let is_secret = matches!(fact.text(Field::Class), Some("private-key" | "secret-key"));
        if is_secret {
            self.links.push(about(fact, "registered", Some(key)));
            let form = key.storage_form.as_ref().map(|form| form.value.as_ref());
            let label = fact.text(Field::Label).unwrap_or_default();
            let is_worse = match form {
                Some("wrapped") => label == "plaintext",
                Some("scd" | "components") => {
                    matches!(label, "plaintext" | "encrypted" | "wrapped")
                }
                _ => false,
            };
            if is_worse {
                self.differs(fact, key, "protection", form.unwrap_or_default(), label);
            }
        }
        for (attribute, approved, seen) in nature(fact, key) {
            self.differs(fact, key, attribute, &approved, &seen);
        }
        let approval: Vec<&str> = key.environments.iter().map(|of| of.value.trim()).collect();
        self.environment(fact, key, &approval);
        self.state(fact, key);
    }

    /// The key in whose place an unknown one lies, and its id.
    fn replaced(&self, fact: &Fact) -> Option<(&'a Key, String)> {
        let is_secret = matches!(fact.text(Field::Class), Some("private-key" | "secret-key"));
        fact.sites.iter().find_map(|site| {
            let path = plain(&site.path);
            self.places.get(path)?.iter().find_map(|&key| {
                let id = key.key_id().filter(|_| key.is_secret() == is_secret)?;
                (!self.lying.contains(&(path, id.as_str()))).then_some((key, id))
            })
        })
    }

    pub(super) fn environment(&mut self, fact: &Fact, key: &Key, approved: &[&str]) {
        let Some(environment) = fact.text(Field::Environment) else { return };
        if !approved.is_empty() && !approved.contains(&environment) {
            self.differs(fact, key, "environment", &approved.join(", "), environment);
        }
    }

    /// Whether the key is one that may still be used.
    pub(super) fn state(&mut self, fact: &Fact, key: &Key) {
        let state = match key.state() {
            "active" if Dates::of(key).expired(self.today).is_some() => "expired",
            "active" | "suspended" => return,
            state => state,
        };
        self.links.push(about(fact, "state", Some(key)).with(Field::State, state));
    }

    /// The approvals of everything that a fact calls a key, and what it is called.
    pub(super) fn approvals(&self, fact: &'a Fact) -> (Vec<Approval<'a>>, Option<String>) {
        let key = Name::seen(fact);
        let [provider, of] =
            [Field::Provider, Field::Key].map(|field| fact.text(field).unwrap_or_default());
        let is_name = !is_in_text(fact) || is_name_alone(provider, of);
        let alias = fact.text(Field::Alias).filter(|_| is_name);
        let name = match fact.kind {
            Kind::Key => fact.text(Field::Name),
            // What a declaration says of itself it says for everything that refers to it.
            _ => self.declared.get(of).and_then(|key| key.text(Field::Name)),
        };
        let canonical = key.as_ref().map(Name::canonical).unwrap_or_default();
        let given = self.aliases.get(canonical).into_iter().flatten();
        // The same identifier elsewhere is another key.
        let is_here = |place: &Where| key.as_ref().is_some_and(|key| key.agrees(place));
        let given = given.filter(|(place, _)| is_here(place)).map(|(_, alias)| *alias);
        let behind = self.targets.get(canonical).into_iter().flatten().copied();
        let others = given.chain(behind).chain(alias).chain(name).map(Name::of);
        let spelling = fact.text(Field::Spelling).or(alias).or(fact.text(Field::Key));
        let shown = spelling.map(str::to_owned);
        let found = key.as_ref().map(|key| self.names.find(key)).unwrap_or_default();
        // What is said of the key itself holds, and not what another name of it leaves open.
        let is_told =
            !found.is_empty() || key.as_ref().is_some_and(|key| self.names.is_elsewhere(key));
        let found =
            if is_told { found } else { others.flat_map(|name| self.names.find(&name)).collect() };
        (found, shown)
    }

    fn reference(&mut self, fact: &'a Fact) {
        let (found, name) = self.approvals(fact);
        let Some(name) = name else { return };
        // A pin is a digest of the key itself.
        if let Some(&key) = fact.text(Field::Key).and_then(|key| self.by_material.get(key)) {
            self.seen.insert(&key.id.value);
            let approved: Vec<&str> = key.environments.iter().map(|of| of.value.trim()).collect();
            self.environment(fact, key, &approved);
            return self.state(fact, key);
        }
        if found.is_empty() {
            let is_example = fact.fields.contains_key(&Field::Published);
            let provider = fact.text(Field::Provider).unwrap_or_default();
            if !is_example && (!is_local(fact) || self.names.knows(provider)) {
                self.links.push(about(fact, "reference", None).with(Field::After, name));
            }
            return;
        }
        self.seen.extend(found.iter().map(|approval| approval.key.id.value.as_ref()));
        self.target(fact, &found);
        let environment = fact.text(Field::Environment);
        let is_here = |approval: &&Approval<'_>| {
            let mut approved = approval.environments().peekable();
            approved.peek().is_none()
                || environment.is_none_or(|here| approved.any(|approved| approved == here))
        };
        let here: Vec<&Approval<'_>> = found.iter().filter(is_here).collect();
        let Some(first) = found.first() else { return };
        if here.is_empty() {
            let approved: BTreeSet<&str> =
                found.iter().flat_map(|approval| approval.environments()).collect();
            let approved: Vec<&str> = approved.into_iter().collect();
            self.environment(fact, first.key, &approved);
        } else if !here.iter().any(|approval| approval.covers(&fact.site().path)) {
            let paths: BTreeSet<&str> = here.iter().flat_map(|approval| approval.paths()).collect();
            let paths: Vec<&str> = paths.into_iter().collect();
            self.differs(fact, first.key, "path", &paths.join(", "), &fact.site().path);
        }
        self.version(fact, &found);
        let usable = found.iter().find(|approval| approval.key.is_active());
        self.state(fact, usable.unwrap_or(first).key);
    }

    /// Whether a name means the version that is approved, if both say one in the same way.
    fn version(&mut self, fact: &Fact, found: &[Approval<'a>]) {
        let Some(seen) = fact.text(Field::Version) else { return };
        let is_alike = |version: &str| {
            let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            version.len() == seen.len() || (is_number(version) && is_number(seen))
        };
        let version = |of: &Approval<'a>| Some((of.key, of.key.version.as_ref()?.value.trim()));
        let versions: Option<Vec<(&Key, &str)>> = found.iter().map(version).collect();
        let Some(versions) = versions else { return };
        if versions.iter().all(|(_, version)| is_alike(version) && *version != seen)
            && let Some((key, version)) = versions.first()
        {
            self.differs(fact, key, "version", version, seen);
        }
    }

    /// Approved keys of which nothing was seen, though something could have been.
    fn unreferenced(&mut self, register: &Approved) {
        for key in register.keys() {
            let can_be_seen = !key.references.is_empty() || !key.aliases.is_empty();
            if can_be_seen && key.is_active() && !self.seen.contains(key.id.value.as_ref()) {
                let mut link = Fact::new(Kind::Register, register.site(key.id.referenced))
                    .with(Field::Attribute, "unreferenced")
                    .with(Field::Key, key.id.value.as_ref());
                if let Some(owner) = &key.owner {
                    link = link.with(Field::Owner, owner.value.as_ref());
                }
                self.links.push(link);
            }
        }
    }
}
