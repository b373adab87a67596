//! Roles that are declared by themselves: what a binding of one comes to, once both are seen. And
//! objects of Kubernetes that name a key by its name alone.

use std::collections::BTreeMap;

use crate::fact::{Fact, Field, Kind, Value};

/// Grants that bindings of roles with several parts may come to.
const MOST: usize = 20_000;

/// Gives bindings what their roles allow. A role that is bound is judged where it is bound, and is
/// no fact of its own any more; nor is the binding of a role that is not among the documents. Gives how
/// many bindings these are: what they allow is not known.
pub(super) fn link(facts: &mut Vec<Fact>) -> u64 {
    name_keys(facts);
    if !facts.iter().any(is_binding) {
        facts.retain(|fact| !is_about_nothing(fact));
        return 0;
    }
    let mut unknown = 0;
    let mut roles: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (index, fact) in facts.iter().enumerate().filter(|(_, fact)| is_role(fact)) {
        let provider = fact.text(Field::Provider).unwrap_or_default();
        for name in [Field::Role, Field::Alias].into_iter().filter_map(|field| fact.text(field)) {
            roles.entry((provider, name)).or_default().push(index);
        }
    }
    let mut bound: Vec<usize> = Vec::new();
    let mut made: Vec<(usize, Vec<Fact>)> = Vec::new();
    for (index, binding) in facts.iter().enumerate().filter(|(_, fact)| is_binding(fact)) {
        let provider = binding.text(Field::Provider).unwrap_or_default();
        let name = binding.text(Field::Role).unwrap_or_default();
        let last = name.rsplit('/').next().unwrap_or(name);
        let title = binding.text(Field::Name).unwrap_or_default();
        let known = [name, last, title].into_iter().find_map(|name| roles.get(&(provider, name)));
        let known = known.map(Vec::as_slice).unwrap_or_default();
        let candidates: Vec<(usize, &Fact)> =
            known.iter().filter_map(|&at| Some((at, facts.get(at)?))).collect();
        let near = nearest(&candidates, binding);
        bound.extend(near.iter().map(|(at, _)| *at));
        unknown += u64::from(near.is_empty() || made.len() >= MOST);
        if made.len() < MOST {
            made.push((index, near.iter().map(|(_, role)| with(binding, role)).collect()));
        }
    }
    let mut made: BTreeMap<usize, Vec<Fact>> = made.into_iter().collect();
    bound.sort_unstable();
    let mut kept = Vec::with_capacity(facts.len());
    for (index, fact) in std::mem::take(facts).into_iter().enumerate() {
        match made.remove(&index) {
            Some(grants) => kept.extend(grants.into_iter().filter(|of| !is_about_nothing(of))),
            None if is_binding(&fact) || bound.binary_search(&index).is_ok() => {}
            None if is_about_nothing(&fact) => {}
            None => kept.push(fact),
        }
    }
    *facts = kept;
    unknown
}

/// Whether a role, or who is bound to one, may do nothing with keys.
fn is_about_nothing(fact: &Fact) -> bool {
    fact.kind == Kind::Grant
        && fact.text(Field::Role).is_some()
        && fact.fields.get(&Field::Capabilities) == Some(&Value::List(Vec::new()))
}

/// Whether a fact is a role, and not somebody who has it.
fn is_role(fact: &Fact) -> bool {
    fact.kind == Kind::Grant && fact.text(Field::Document) == Some("role")
}

/// Whether a fact binds a role of which nothing but the name is known.
fn is_binding(fact: &Fact) -> bool {
    fact.kind == Kind::Grant
        && !is_role(fact)
        && fact.text(Field::Role).is_some()
        && fact.fields.get(&Field::Capabilities) == Some(&Value::Unknown)
}

/// What a binding comes to by one part of its role.
fn with(binding: &Fact, role: &Fact) -> Fact {
    let mut grant = binding.clone();
    for field in [Field::Capabilities, Field::Actions, Field::Wildcards] {
        if let Some(value) = role.fields.get(&field) {
            grant.fields.insert(field, value.clone());
        }
        let place = role.places.get(&field).or_else(|| role.sites.first());
        if let Some(place) = place.filter(|_| field == Field::Actions) {
            grant.places.insert(field, place.clone());
        }
    }
    // A role that is looked up is called what it is there.
    let is_open = binding.text(Field::Name).is_some_and(|name| name.starts_with("${data."));
    if let Some(name) = role.fields.get(&Field::Principal).filter(|_| is_open) {
        grant.fields.insert(Field::Name, name.clone());
    }
    // One key of a role is no more than that, whoever binds it.
    if role.text(Field::Scope) == Some("some-keys") {
        grant.fields.insert(Field::Scope, "some-keys".into());
    }
    grant
}

/// Of several things of one name those in the same file, or else in the same directory, or else all
/// if they lie in one file.
fn nearest<'a>(all: &[(usize, &'a Fact)], to: &Fact) -> Vec<(usize, &'a Fact)> {
    let path = |fact: &Fact| fact.site().path.clone();
    let directory = |fact: &Fact| {
        let path = path(fact);
        path.rsplit_once('/').map_or(String::new(), |(directory, _)| directory.to_owned())
    };
    let those = |fits: &dyn Fn(&Fact) -> bool| -> Vec<(usize, &'a Fact)> {
        all.iter().filter(|(_, fact)| fits(fact)).copied().collect()
    };
    let same = those(&|fact| path(fact) == path(to));
    if !same.is_empty() {
        return same;
    }
    let beside = those(&|fact| directory(fact) == directory(to));
    let pool = if beside.is_empty() { all.to_vec() } else { beside };
    let is_one = pool.windows(2).all(|pair| match pair {
        [(_, a), (_, b)] => path(a) == path(b),
        _ => true,
    });
    if is_one { pool } else { Vec::new() }
}

/// Config Connector names a key by the name of its object.
fn name_keys(facts: &mut [Fact]) {
    const GROUP: &str = ".cnrm.cloud.google.com/";
    let is_named = |fact: &Fact| {
        fact.kind != Kind::Key
            && fact.text(Field::Resource).is_some_and(|of| of.contains(GROUP))
            && fact.text(Field::Key).is_some_and(|key| !key.contains(['/', '#']))
    };
    if !facts.iter().any(is_named) {
        return;
    }
    let mut keys: BTreeMap<&str, Vec<(usize, &Fact)>> = BTreeMap::new();
    for (index, fact) in facts.iter().enumerate().filter(|(_, fact)| fact.kind == Kind::Key) {
        let declared = fact.text(Field::Key).and_then(|key| key.rsplit_once('#'));
        if let Some((_, object)) = declared
            && object.starts_with("KMSCryptoKey/")
            && let Some((_, name)) = object.rsplit_once('/')
        {
            keys.entry(name).or_default().push((index, fact));
        }
    }
    let mut found = Vec::new();
    for (index, fact) in facts.iter().enumerate().filter(|(_, fact)| is_named(fact)) {
        let of_name = fact.text(Field::Key).and_then(|key| keys.get(key));
        let Some(of_name) = of_name else { continue };
        let near = nearest(of_name, fact);
        if let [(_, key)] = near.as_slice()
            && let Some(key) = key.fields.get(&Field::Key)
        {
            found.push((index, key.clone()));
        }
    }
    for (index, key) in found {
        if let Some(fact) = facts.get_mut(index) {
            fact.fields.insert(Field::Key, key);
        }
    }
}
