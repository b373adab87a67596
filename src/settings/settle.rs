//! What follows for a fact of configuration once all its fields are there.

use std::collections::BTreeMap;

use crate::{
    algorithm,
    fact::{Fact, Field, Kind, Value},
};

/// What a role of somebody's own allows is known once the role is.
pub(super) fn bind(fact: &mut Fact) {
    let is_open = match fact.fields.get(&Field::Capabilities) {
        Some(Value::List(capabilities)) => capabilities.is_empty(),
        capabilities => capabilities == Some(&Value::Unknown),
    };
    // Roles of the provider are all in the tables.
    let is_own = |role: &str| !role.starts_with("roles/") && !role.contains("${");
    match fact.text(Field::Role).map(is_own) {
        Some(true) if fact.text(Field::Document) == Some("role") => {}
        Some(true) if is_open => {
            fact.fields.insert(Field::Capabilities, Value::Unknown);
        }
        Some(_) => {
            fact.fields.remove(&Field::Role);
        }
        None => {}
    }
}

/// Adds what follows from other fields.
pub(super) fn complete(fact: &mut Fact) {
    if fact.kind == Kind::Key && !fact.fields.contains_key(&Field::Strength) {
        let bits = fact.int(Field::Bits).and_then(|bits| u32::try_from(bits).ok());
        let strength = fact
            .text(Field::Algorithm)
            .and_then(|name| algorithm::strength(name, bits, fact.text(Field::Curve)));
        let is_unknown = [Field::Algorithm, Field::Bits, Field::Curve]
            .iter()
            .any(|field| fact.fields.get(field) == Some(&Value::Unknown));
        match strength {
            Some(strength) => {
                fact.fields.insert(Field::Strength, strength.into());
            }
            None if is_unknown => {
                fact.fields.insert(Field::Strength, Value::Unknown);
            }
            None => {}
        }
    }
}

/// Equal facts of one document made one.
pub(super) fn deduplicated(facts: Vec<Fact>) -> Vec<Fact> {
    let mut seen: BTreeMap<(Kind, BTreeMap<Field, Value>, String, u64), ()> = BTreeMap::new();
    let mut kept = Vec::new();
    for fact in facts {
        let site = fact.site();
        let key = (fact.kind, fact.fields.clone(), site.path.clone(), site.offset);
        if seen.insert(key, ()).is_none() {
            kept.push(fact);
        }
    }
    kept
}
