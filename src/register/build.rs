//! Builds the register out of facts: groups them by the key's identity.

use std::collections::BTreeMap;

use super::{Entry, Named, Nature, Place, Register, UNIDENTIFIED, Unseen, declared};
use crate::{
    fact::{Fact, Field, Kind},
    ledger::Ledger,
    references::Said,
};

/// Every key among `facts`. The order of `facts` does not matter.
pub fn build(facts: &[Fact], ledger: &Ledger) -> Register {
    let mut materials: Vec<&Fact> =
        facts.iter().filter(|fact| fact.kind == Kind::Material).collect();
    materials.sort_by(|a, b| (a.site(), &a.fields).cmp(&(b.site(), &b.fields)));
    let mut groups: BTreeMap<String, Vec<&Fact>> = BTreeMap::new();
    let mut ordinals: BTreeMap<String, u64> = BTreeMap::new();
    for fact in materials {
        let id = match fact.text(Field::KeyId) {
            Some(id) => id.to_owned(),
            None => place_as_id(fact, &mut ordinals),
        };
        groups.entry(id).or_default().push(fact);
    }
    let keys = groups
        .into_iter()
        .map(|(id, facts)| {
            let places = facts.iter().map(|fact| place(fact)).collect();
            Entry::new(id, nature(&facts), places)
        })
        .collect();
    let (gaps, left_out) = unseen(ledger);
    Register {
        references: references(facts),
        declared: declared::of(facts),
        ..Register::new(gaps, left_out, keys)
    }
}

/// Where keys are named; of equal ones in a file, the first.
fn references(facts: &[Fact]) -> Vec<Named> {
    let said = Said::of(facts);
    let of_kind = facts.iter().filter(|fact| fact.kind == Kind::Reference && !said.says(fact));
    let named = of_kind.filter_map(|fact| {
        let text = |field| fact.text(field).map(str::to_owned);
        let named = Named {
            path: path(&fact.site().path),
            name: text(Field::Name),
            alias: text(Field::Alias),
            key: text(Field::Spelling).or_else(|| text(Field::Key)),
            environment: text(Field::Environment),
            provider: text(Field::Provider),
            line: fact.site().line,
        };
        (named.alias.is_some() || named.key.is_some()).then_some(named)
    });
    let mut all: Vec<Named> = named.collect();
    all.sort();
    all.dedup_by(|next, kept| Named { line: kept.line, ..next.clone() } == *kept);
    all
}

/// Material without an identity is known by its place: file, format, name, and which of several.
/// Lines are left out, so that it stays the same when something is inserted above it.
fn place_as_id(fact: &Fact, ordinals: &mut BTreeMap<String, u64>) -> String {
    let parts = [Field::Format, Field::Class, Field::Alias].map(|field| fact.text(field));
    let mut id = format!("{UNIDENTIFIED}{}", path(&fact.site().path));
    for part in parts.into_iter().flatten() {
        id = format!("{id}#{part}");
    }
    let ordinal = ordinals.entry(id.clone()).or_insert(0);
    *ordinal += 1;
    format!("{id}#{ordinal}")
}

/// What the facts of one key say of it, each thing as the first of them says it.
fn nature(facts: &[&Fact]) -> Nature {
    let text = |field| facts.iter().find_map(|fact| fact.text(field)).map(str::to_owned);
    let int = |field| facts.iter().find_map(|fact| fact.int(field));
    Nature {
        algorithm: text(Field::Algorithm),
        bits: int(Field::Bits),
        curve: text(Field::Curve),
        strength: int(Field::Strength),
        published: text(Field::Published),
    }
}

fn place(fact: &Fact) -> Place {
    let text = |field| fact.text(field).map(str::to_owned);
    let known = |field| text(field).unwrap_or_else(|| "unknown".to_owned());
    let site = fact.site();
    Place {
        path: path(&site.path),
        lines: fact.sites.iter().map(|site| site.line).collect(),
        offset: site.offset,
        count: fact.count,
        decoded: site.decoded.iter().map(|by| by.clone().into_owned()).collect(),
        commit: site.commit.clone(),
        format: known(Field::Format),
        envelope: text(Field::Envelope),
        class: known(Field::Class),
        label: known(Field::Label),
        alias: text(Field::Alias),
        comment: text(Field::Comment),
        environment: text(Field::Environment),
        kdf: text(Field::Kdf),
        iterations: fact.int(Field::Iterations),
        cipher: text(Field::Cipher),
        password: text(Field::Password),
        subject: text(Field::Subject),
        not_after: text(Field::NotAfter),
    }
}

/// A path without what two scans of one directory may spell differently.
pub(super) fn path(path: &str) -> String {
    let mut rest = path;
    while let Some(inner) = rest.strip_prefix("./") {
        rest = inner.trim_start_matches('/');
    }
    if rest.is_empty() { ".".to_owned() } else { rest.to_owned() }
}

/// Gaps, and what was left out.
fn unseen(ledger: &Ledger) -> (Vec<Unseen>, Vec<Unseen>) {
    let mut unseen: Vec<Unseen> = ledger
        .skips
        .iter()
        .map(|skip| Unseen { path: path(&skip.path), reason: skip.reason })
        .collect();
    unseen.sort();
    unseen.dedup();
    unseen.into_iter().partition(|unseen| unseen.reason.is_gap())
}
