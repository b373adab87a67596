//! Replicas of a key that are given to more principals, or for more, than the key itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::fact::{Fact, Field, Kind, Value};

/// Whom a key is given to, with all that each may do.
type Rights<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// A link for each replica whose grants go beyond those of its primary key, if both are there.
pub(super) fn link(facts: &[Fact]) -> Vec<Fact> {
    let references = facts.iter().filter(|fact| {
        fact.kind == Kind::Reference && fact.text(Field::Purpose) == Some("replicate")
    });
    references
        .filter_map(|reference| {
            let (primary, replica) = (reference.text(Field::Key)?, reference.text(Field::Name)?);
            let before = rights(facts, primary);
            if before.is_empty() {
                return None;
            }
            let grant = facts.iter().filter(|fact| is_of(fact, replica)).find(|fact| {
                let allowed = fact.text(Field::Principal).and_then(|who| before.get(who));
                let is_allowed =
                    |action: &String| allowed.is_some_and(|of| of.contains(action.as_str()));
                let is_unknown = fact.fields.get(&Field::Principal) == Some(&Value::Unknown);
                !is_unknown && !actions(fact).iter().all(is_allowed)
            })?;
            let mut link = Fact::new(Kind::Change, grant.site().clone())
                .with(Field::Attribute, "policy")
                .with(Field::Key, primary)
                .with(Field::Name, replica)
                .with_some(Field::Provider, grant.text(Field::Provider))
                .with_some(Field::Principal, grant.text(Field::Principal))
                .with(Field::Actions, actions(grant).to_vec());
            link.places = grant.places.clone();
            link.sites.push(reference.site().clone());
            Some(link)
        })
        .collect()
}

fn is_of(fact: &Fact, key: &str) -> bool {
    fact.kind == Kind::Grant && fact.text(Field::Key) == Some(key)
}

fn rights<'a>(facts: &'a [Fact], key: &str) -> Rights<'a> {
    let mut rights = Rights::new();
    for fact in facts.iter().filter(|fact| is_of(fact, key)) {
        let Some(principal) = fact.text(Field::Principal) else { continue };
        let of = rights.entry(principal).or_default();
        of.extend(actions(fact).iter().map(String::as_str));
    }
    rights
}

fn actions(fact: &Fact) -> &[String] {
    match fact.fields.get(&Field::Actions) {
        Some(Value::List(actions)) => actions,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Site;

    fn grant(key: &str, principal: &str, actions: &[&str]) -> Fact {
        let actions: Vec<String> = actions.iter().map(|&action| action.to_owned()).collect();
        Fact::new(Kind::Grant, Site::default())
            .with(Field::Key, key)
            .with(Field::Principal, principal)
            .with(Field::Actions, actions)
    }

    #[test]
    fn a_replica_that_is_given_to_more_is_a_change() {
        let replica = Fact::new(Kind::Reference, Site::default())
            .with(Field::Purpose, "replicate")
            .with(Field::Key, "primary")
            .with(Field::Name, "replica");
        let primary = grant("primary", "a", &["kms:Decrypt", "kms:Encrypt"]);
        for (principal, actions, changed) in [
            ("a", ["kms:Decrypt"], false),
            ("a", ["kms:PutKeyPolicy"], true),
            ("b", ["kms:Decrypt"], true),
        ] {
            let facts = [replica.clone(), primary.clone(), grant("replica", principal, &actions)];
            assert_eq!(!link(&facts).is_empty(), changed, "{principal} {actions:?}");
        }
        // What is known of the primary alone, or of the replica alone, says nothing.
        assert_eq!(link(&[replica, grant("replica", "b", &["kms:Decrypt"])]), []);
    }
}
