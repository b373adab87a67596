//! Keys that wrap: each declared key that something refers to for wrapping, with the strength of
//! both sides.

use std::collections::HashMap;

use crate::fact::{Fact, Field, Kind, Value};

/// A link for each reference of which the key is known, or at least what it wraps.
pub(super) fn link(facts: &[Fact]) -> Vec<Fact> {
    let mut keys: HashMap<&str, &Fact> = HashMap::new();
    for fact in facts.iter().filter(|fact| fact.kind == Kind::Key) {
        for field in [Field::Key, Field::Alias, Field::Name] {
            if let Some(name) = fact.text(field) {
                keys.entry(name).or_insert(fact);
                // The same key under another region, or by its bare identifier.
                if let Some((_, id)) = name.rsplit_once("key/") {
                    keys.entry(id).or_insert(fact);
                }
            }
        }
    }
    // An alias stands for what it points at.
    let mut aliases: HashMap<&str, &str> = HashMap::new();
    for fact in facts.iter().filter(|fact| fact.kind == Kind::Reference) {
        if let (Some(alias), Some(key)) = (fact.text(Field::Alias), fact.text(Field::Key))
            // A name in any text says only that it stands for something.
            && !key.ends_with(alias)
        {
            aliases.entry(alias).or_insert(key);
        }
    }
    let find = |name: &str| {
        let id = name.rsplit_once("key/").map(|(_, id)| id);
        let by_alias = aliases.get(name).copied();
        [Some(name), by_alias, id].into_iter().flatten().find_map(|name| keys.get(name).copied())
    };
    facts
        .iter()
        .filter(|fact| fact.kind == Kind::Reference && fact.text(Field::Purpose) == Some("wrap"))
        .filter_map(|reference| {
            let kek = find(reference.text(Field::Key)?)?;
            Some(wraps(kek, reference))
        })
        .collect()
}

fn wraps(kek: &Fact, reference: &Fact) -> Fact {
    let name = |fact: &Fact| {
        let name = fact.text(Field::Name).or_else(|| fact.text(Field::Key));
        name.unwrap_or_default().to_owned()
    };
    let mut link = Fact::new(Kind::Wraps, kek.site().clone())
        .with(Field::Kek, name(kek))
        .with(Field::Dek, name(reference));
    link.sites.push(reference.site().clone());
    if let Some(place) = kek.places.get(&Field::Bits) {
        link.places.insert(Field::KekStrength, place.clone());
    }
    let copied = [
        (kek, Field::Strength, Field::KekStrength),
        (reference, Field::DekStrength, Field::DekStrength),
        (kek, Field::Algorithm, Field::Algorithm),
        (kek, Field::Bits, Field::Bits),
        (kek, Field::Provider, Field::Provider),
        (kek, Field::Key, Field::Key),
    ];
    for (from, field, to) in copied {
        if let Some(value) = from.fields.get(&field) {
            link.fields.insert(to, value.clone());
        }
    }
    for field in [Field::KekStrength, Field::DekStrength] {
        link.fields.entry(field).or_insert(Value::Unknown);
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Site;

    fn key(name: &str, strength: u32) -> Fact {
        Fact::new(Kind::Key, Site::default()).with(Field::Key, name).with(Field::Strength, strength)
    }

    fn reference(key: &str) -> Fact {
        Fact::new(Kind::Reference, Site::default())
            .with(Field::Key, key)
            .with(Field::Purpose, "wrap")
            .with(Field::DekStrength, 256_u32)
    }

    const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234";

    #[test]
    fn a_key_is_found_by_whatever_names_it() {
        let alias = Fact::new(Kind::Reference, Site::default())
            .with(Field::Alias, "alias/pan")
            .with(Field::Key, ARN);
        for name in [ARN, "alias/pan", "arn:aws:kms:us-east-1:111122223333:key/1234"] {
            let links = link(&[key(ARN, 112), reference(name), alias.clone()]);
            assert_eq!(links.len(), 1, "{name}");
            assert_eq!(links[0].int(Field::KekStrength), Some(112));
            assert_eq!(links[0].int(Field::DekStrength), Some(256));
        }
        assert_eq!(link(&[key(ARN, 112), reference("alias/other")]), []);
    }

    #[test]
    fn a_strength_that_is_not_known_is_unknown() {
        let unknown = Fact::new(Kind::Key, Site::default()).with(Field::Key, "a");
        let links = link(&[unknown, reference("a")]);
        assert_eq!(links[0].fields[&Field::KekStrength], Value::Unknown);
    }
}
