//! What grants come to when all of them are seen together: who both administers and uses one key, and
//! who can put another key in its place.

use std::collections::{BTreeMap, BTreeSet};

use crate::fact::{Fact, Field, Kind, Site, Value};

/// Links that are made; more principals and keys than this nobody would read.
const MOST: usize = 10_000;

/// Places that a link keeps.
const PLACES: usize = 20;

/// Whom one key is granted to.
#[derive(Default)]
struct Holder<'a> {
    grants: Vec<&'a Fact>,
}

/// What a grant is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum KeyOf<'a> {
    Key(&'a str),
    /// The one key that a document is about, without naming it.
    Document(&'a str),
    All,
}

impl<'a> KeyOf<'a> {
    fn name(self) -> Option<&'a str> {
        match self {
            Self::Key(name) => Some(name),
            Self::Document(_) | Self::All => None,
        }
    }
}

/// Everybody who holds something, by provider, environment and key. A name that is one in all the world
/// is of no environment.
type Holders<'a> = BTreeMap<(&'a str, &'a str, KeyOf<'a>), BTreeMap<String, Holder<'a>>>;

/// What the name of a key begins with that is the only one of its name.
const GLOBAL: &[&str] = &["arn:", "acs:", "https://", "ocid1.", "projects/", "/subscriptions/"];

/// The environment in which a name of a key means one key.
fn environment<'a>(grant: &'a Fact, key: KeyOf<'_>) -> &'a str {
    let is_global = match key {
        KeyOf::Key(name) => {
            name.contains('#') || GLOBAL.iter().any(|begin| name.starts_with(begin))
        }
        KeyOf::Document(_) => true,
        KeyOf::All => false,
    };
    if is_global { "" } else { grant.text(Field::Environment).unwrap_or_default() }
}

/// Whether two things may be of one environment.
fn is_near(a: &Fact, b: &Fact) -> bool {
    match (a.text(Field::Environment), b.text(Field::Environment)) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

/// Links about duties and about substitution.
pub(super) fn link(facts: &[Fact]) -> Vec<Fact> {
    let grants: Vec<&Fact> = facts.iter().filter(|fact| is_held(fact)).collect();
    let delegated: BTreeSet<&str> = facts.iter().filter_map(delegated).collect();

    let attachments: Vec<(&str, &str)> = facts
        .iter()
        .filter(|fact| fact.kind == Kind::Reference && fact.text(Field::Purpose) == Some("attach"))
        .filter_map(|fact| Some((fact.text(Field::Key)?, fact.text(Field::Principal)?)))
        .take(MOST)
        .collect();

    let mut holders = Holders::new();
    for grant in &grants {
        let provider = grant.text(Field::Provider).unwrap_or_default();
        let key = match (grant.text(Field::Key), grant.text(Field::Scope)) {
            (Some(key), _) => KeyOf::Key(key),
            (None, Some("all-keys")) => KeyOf::All,
            // The key that the document belongs to, whichever that is.
            (None, Some("key")) => KeyOf::Document(&grant.site().path),
            (None, _) => continue,
        };
        let of = holders.entry((provider, environment(grant, key), key)).or_default();
        let attached = attached(grant, &attachments);
        // A policy with a name of its own is also seen alone.
        if attached.is_empty() || policy_of(grant).is_some() {
            of.entry(holder_of(grant)).or_default().grants.push(grant);
        }
        for principal in attached {
            of.entry(address(principal).to_owned()).or_default().grants.push(grant);
        }
    }
    // What holds for all keys holds for each that leaves it to the account.
    let everywhere: Vec<(&str, String, Vec<&Fact>)> = holders
        .iter()
        .filter(|((_, _, key), _)| *key == KeyOf::All)
        .flat_map(|((provider, ..), of)| {
            of.iter().map(|(who, holder)| (*provider, who.clone(), holder.grants.clone()))
        })
        .collect();
    for ((provider, _, key), of) in &mut holders {
        let KeyOf::Key(key) = key else { continue };
        let own: Vec<&Fact> = of.values().flat_map(|of| of.grants.iter().copied()).collect();
        for (other, who, grants) in &everywhere {
            if other == provider && (delegated.contains(key) || of.contains_key(who)) {
                // What is allowed elsewhere, in an account of its own, is not allowed here.
                let is_here = |grant: &&&Fact| own.iter().any(|own| is_near(own, grant));
                let near: Vec<&Fact> = grants.iter().filter(is_here).copied().collect();
                if !near.is_empty() {
                    of.entry(who.clone()).or_default().grants.extend(near);
                }
            }
        }
    }

    let mut links = Vec::new();
    for ((_, _, key), of) in &holders {
        // Whoever has a policy that comes to this alone is not told again.
        let is_told = |who: &str, holder: &Holder<'_>| {
            let mut policies = holder.grants.iter().filter(|grant| policy_of(grant).is_some());
            policies.any(|grant| {
                let policy = holder_of(grant);
                let alone = of.get(&policy).filter(|_| policy != who);
                alone.is_some_and(|alone| duties(*key, &policy, alone).is_some())
            })
        };
        let untold = of.iter().filter(|(who, holder)| !is_told(who, holder));
        links.extend(untold.filter_map(|(who, holder)| duties(*key, who, holder)));
        if *key != KeyOf::All {
            links.extend(substitution(*key, of));
        }
        if links.len() > MOST {
            links.truncate(MOST);
            break;
        }
    }
    links
}

/// Whether a grant gives something to somebody in particular. What is given to everybody, to services
/// or to an account as a whole has rules of its own.
fn is_held(fact: &Fact) -> bool {
    fact.kind == Kind::Grant
        && matches!(
            fact.text(Field::Breadth),
            Some("named" | "user" | "group" | "federated" | "cross-account")
        )
}

/// The key that a grant leaves to the account's own policies.
fn delegated(fact: &Fact) -> Option<&str> {
    let is_whole = fact.kind == Kind::Grant && fact.text(Field::Breadth) == Some("account");
    is_whole.then(|| fact.text(Field::Key)).flatten()
}

/// The name of the policy that is the principal of a grant: whoever has the policy has the grant.
fn policy_of(grant: &Fact) -> Option<&str> {
    let name = grant.text(Field::Principal)?.strip_prefix("policy ")?;
    // Files are called after the policy that is in them.
    Some(name.strip_suffix(".hcl").or_else(|| name.strip_suffix(".json")).unwrap_or(name))
}

/// The principals that a policy is attached to by other declarations.
fn attached<'a>(grant: &Fact, attachments: &[(&'a str, &'a str)]) -> Vec<&'a str> {
    if let Some(name) = policy_of(grant) {
        let declared = grant.text(Field::Name).unwrap_or(name);
        let is_it = |policy: &str| policy == name || address(policy) == declared;
        return attachments
            .iter()
            .filter(|(policy, _)| is_it(policy))
            .map(|(_, who)| *who)
            .collect();
    }
    let (None, Some(name)) = (grant.text(Field::Principal), grant.text(Field::Name)) else {
        return Vec::new();
    };
    let is_it = |policy: &str| {
        policy
            .rsplit_once('#')
            .is_some_and(|(scope, address)| address == name && grant.site().path.starts_with(scope))
    };
    attachments.iter().filter(|(policy, _)| is_it(policy)).map(|(_, who)| *who).collect()
}

/// Who holds a grant: its principal, whatever attribute of it is named; without one, whoever has the
/// policy that it stands in.
fn holder_of(grant: &Fact) -> String {
    match grant.text(Field::Principal) {
        // A policy is one document: another of the same name is that of another server.
        Some(name) if grant.text(Field::Document) == Some("path-policy") => {
            format!("{}\0{name}", grant.site().path)
        }
        Some(principal) => address(principal).to_owned(),
        None => {
            let name = grant.text(Field::Name).unwrap_or_default();
            format!("{}\0{name}", grant.site().path)
        }
    }
}

/// The address of `${aws_iam_role.a.arn}` and of `SCOPE#aws_iam_role.a`; any other text as it is.
fn address(principal: &str) -> &str {
    let inside = principal.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    match inside.and_then(|inside| inside.rsplit_once('.')) {
        Some((address, _)) => address,
        None => principal.rsplit_once('#').map_or(principal, |(_, address)| address),
    }
}

fn list(fact: &Fact, field: Field) -> &[String] {
    match fact.fields.get(&field) {
        Some(Value::List(values)) => values,
        _ => &[],
    }
}

/// Capabilities, without that to hand the key on where conditions limit it.
fn capabilities(fact: &Fact) -> impl Iterator<Item = &str> {
    let is_limited = fact.fields.get(&Field::Limited) != Some(&Value::Bool(false));
    list(fact, Field::Capabilities)
        .iter()
        .map(String::as_str)
        .filter(move |capability| *capability != "delegate" || !is_limited)
}

/// One principal on both sides of a key.
fn duties(key: KeyOf<'_>, who: &str, holder: &Holder<'_>) -> Option<Fact> {
    let all: BTreeSet<&str> = holder.grants.iter().copied().flat_map(capabilities).collect();
    let uses = |capability: &str| matches!(capability, "use" | "wrap" | "export");
    let administers =
        |capability: &str| matches!(capability, "administer" | "replace" | "delegate" | "destroy");
    let is_use = |fact: &&&Fact| capabilities(fact).any(uses);
    let is_administration = |fact: &&&Fact| capabilities(fact).any(administers);
    // One right that is everything is reported as that.
    let is_everything = |fact: &&&Fact| {
        fact.text(Field::Wildcards) == Some("all") && is_use(fact) && is_administration(fact)
    };
    if holder.grants.iter().any(|fact| is_everything(&fact)) {
        return None;
    }
    let first = holder.grants.iter().find(is_administration)?;
    let other = holder.grants.iter().find(is_use)?;
    let actions: BTreeSet<String> =
        holder.grants.iter().flat_map(|grant| list(grant, Field::Actions)).cloned().collect();
    let mut link = about(Kind::Duties, &holder.grants, first)
        .with(Field::Capabilities, all.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
        .with(Field::Actions, actions.into_iter().collect::<Vec<_>>())
        .with(Field::Scope, if key == KeyOf::All { "all-keys" } else { "key" });
    for (fact, field) in [(*first, Field::Actions), (*first, Field::Principal)] {
        if let Some(place) = fact.places.get(&field) {
            link.places.insert(field, place.clone());
        }
    }
    link.places.insert(Field::Capabilities, other.site().clone());
    for field in [Field::Principal, Field::Name, Field::Breadth, Field::Provider] {
        if let Some(value) = first.fields.get(&field) {
            link.fields.insert(field, value.clone());
        }
    }
    if !who.contains('\0') {
        link.fields.entry(Field::Principal).or_insert_with(|| who.into());
    }
    if let Some(key) = key.name() {
        link.fields.insert(Field::Key, key.into());
    }
    Some(link)
}

/// Everybody who can put another key in the place of one.
fn substitution(key: KeyOf<'_>, of: &BTreeMap<String, Holder<'_>>) -> Option<Fact> {
    let can_replace = |fact: &&&Fact| capabilities(fact).any(|capability| capability == "replace");
    let mut principals = BTreeSet::new();
    let mut actions = BTreeSet::new();
    let mut paths: Vec<&Fact> = Vec::new();
    for holder in of.values() {
        for grant in holder.grants.iter().filter(can_replace) {
            let name = grant.text(Field::Principal).or_else(|| grant.text(Field::Name));
            principals.insert(name.unwrap_or("whoever has the policy").to_owned());
            actions.extend(list(grant, Field::Actions).iter().cloned());
            paths.push(grant);
        }
    }
    let first = paths.first()?;
    let count = u64::try_from(paths.len()).unwrap_or(u64::MAX);
    let link = about(Kind::Substitution, &paths, first)
        .with_some(Field::Key, key.name())
        .with(Field::Principals, principals.into_iter().collect::<Vec<_>>())
        .with(Field::Actions, actions.into_iter().collect::<Vec<_>>())
        .with(Field::Paths, count)
        .with_some(Field::Provider, first.text(Field::Provider));
    Some(link)
}

/// A link of `kind` seen at all `grants`, of which `first` is shown first.
fn about(kind: Kind, grants: &[&Fact], first: &Fact) -> Fact {
    let mut sites: Vec<Site> = vec![first.site().clone()];
    for site in grants.iter().map(|fact| fact.site()) {
        if sites.len() < PLACES && !sites.contains(site) {
            sites.push(site.clone());
        }
    }
    let mut link = Fact::new(kind, first.site().clone());
    link.count = sites.len() as u64;
    link.sites = sites;
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(principal: &str, key: Option<&str>, capabilities: &[&str]) -> Fact {
        let capabilities: Vec<String> = capabilities.iter().map(|&c| c.to_owned()).collect();
        Fact::new(Kind::Grant, Site::default())
            .with(Field::Provider, "aws")
            .with(Field::Principal, principal)
            .with(Field::Breadth, if principal.ends_with("root") { "account" } else { "named" })
            .with(Field::Capabilities, capabilities)
            .with(Field::Limited, false)
            .with(Field::Scope, if key.is_some() { "key" } else { "all-keys" })
            .with_some(Field::Key, key)
    }

    fn found(facts: &[Fact]) -> Vec<(Kind, String)> {
        let principal = |fact: &Fact| fact.fields.get(&Field::Principal).map(Value::to_string);
        link(facts).iter().map(|fact| (fact.kind, principal(fact).unwrap_or_default())).collect()
    }

    #[test]
    fn two_grants_of_one_principal_make_both_sides() {
        let admin = grant("${aws_iam_role.a.arn}", Some("k"), &["administer"]);
        let uses = |who, key| grant(who, Some(key), &["use"]);
        let duties = vec![(Kind::Duties, "${aws_iam_role.a.arn}".to_owned())];
        assert_eq!(found(&[admin.clone(), uses("${aws_iam_role.a.name}", "k")]), duties);
        assert_eq!(found(&[admin.clone(), uses("${aws_iam_role.b.arn}", "k")]), []);
        assert_eq!(found(&[admin, uses("${aws_iam_role.a.arn}", "other")]), []);
    }

    #[test]
    fn a_right_on_all_keys_counts_where_the_key_leaves_it_to_the_account() {
        let everywhere = grant("role/app", None, &["replace"]);
        let root = grant("arn:aws:iam::111122223333:root", Some("k"), &["use", "administer"]);
        let other = grant("role/other", Some("k"), &["use"]);
        let facts = [everywhere.clone(), root, other.clone()];
        let links = link(&facts);
        assert_eq!(links.len(), 1);
        assert_eq!(links[0].kind, Kind::Substitution);
        assert_eq!(links[0].fields[&Field::Principals], vec!["role/app".to_owned()].into());
        assert_eq!(found(&[everywhere, other]), []);
    }

    #[test]
    fn policies_of_one_name_in_two_files_are_two() {
        let policy = |path: &str, capability| {
            let mut fact = grant("policy app", Some("transit/keys/pan"), &[capability])
                .with(Field::Document, "path-policy");
            fact.sites[0].path = path.to_owned();
            fact
        };
        let (admin, uses) = (policy("prod/a.tf", "administer"), policy("prod/a.tf", "use"));
        let other = policy("stage/a.tf", "use");
        let links = link(&[admin.clone(), uses, other.clone()]);
        assert_eq!(links.len(), 1);
        assert!(links[0].sites.iter().all(|site| site.path == "prod/a.tf"));
        assert_eq!(found(&[admin, other]), []);
    }

    #[test]
    fn keys_of_one_name_in_two_environments_are_two() {
        let of = |environment: &str, key: &str, capability: &str| {
            grant("a", Some(key), &[capability]).with(Field::Environment, environment)
        };
        let pan = "transit/keys/pan";
        let two = |other: &str, key| [of("prod", key, "administer"), of(other, key, "use")];
        assert_eq!(found(&two("prod", pan)).len(), 1);
        assert_eq!(found(&two("staging", pan)), []);
        assert_eq!(found(&two("staging", "arn:aws:kms:eu-west-1:1:key/a")).len(), 1);
    }

    #[test]
    fn grants_that_are_limited_hand_nothing_on() {
        let uses = grant("a", Some("k"), &["use", "delegate"]);
        assert_eq!(found(std::slice::from_ref(&uses)).len(), 1);
        assert_eq!(found(&[uses.with(Field::Limited, true)]), []);
    }
}
