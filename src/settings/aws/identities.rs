//! `aws iam get-account-authorization-details`: everybody of an account, with all policies that each
//! has, so that what one policy allows and another denies is seen together.

use std::collections::HashMap;

use super::{
    Policy,
    actions::Actions,
    condition, document,
    principal::{Account, account_of},
    resource::{Extent, extents},
};
use crate::{
    fact::{Field, Kind, Value},
    settings::{
        lower::{Lowered, Resource, Scene},
        providers::Emission,
        tree::Node,
    },
};

/// Identities that are looked at.
const MOST: usize = 20_000;

/// Statements of one identity that are held against each other.
const MOST_STATEMENTS: usize = 500;

/// Documents of one identity that are looked at: AWS allows 20 managed ones, and 10 groups.
const MOST_DOCUMENTS: usize = 500;

/// The evaluator `aws-identities`: the item is the whole of what the command prints.
pub(crate) fn identities(
    resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let Some(root) = scene.items.first() else { return };
    let managed: HashMap<&str, &Node> = list(root, "Policies")
        .filter_map(|policy| Some((text(policy, "Arn")?, default_version(policy)?)))
        .collect();
    let groups: HashMap<&str, &Node> = list(root, "GroupDetailList")
        .filter_map(|group| Some((text(group, "GroupName")?, group)))
        .collect();
    let kinds = [
        ("UserDetailList", "UserPolicyList", "user"),
        ("GroupDetailList", "GroupPolicyList", "group"),
        ("RoleDetailList", "RolePolicyList", "named"),
    ];
    let identities = kinds.into_iter().flat_map(|(all, inline, breadth)| {
        list(root, all).map(move |identity| (identity, inline, breadth))
    });
    for (number, (identity, inline, breadth)) in identities.enumerate() {
        if number >= MOST {
            lowered.undecided += 1;
            return;
        }
        let mut documents = documents(identity, inline, &managed, lowered);
        for group in list(identity, "GroupList").filter_map(Node::as_text) {
            if let Some(group) = groups.get(group) {
                documents.extend(self::documents(group, "GroupPolicyList", &managed, lowered));
            }
        }
        lowered.undecided += documents.len().saturating_sub(MOST_DOCUMENTS) as u64;
        documents.truncate(MOST_DOCUMENTS);
        let boundary = identity
            .get("PermissionsBoundary")
            .and_then(|boundary| text(boundary, "PermissionsBoundaryArn"));
        let boundary = boundary.map(|arn| managed.get(arn));

        let mut base = scene.fact(Kind::Grant, emission);
        let Some(arn) = text(identity, "Arn") else { continue };
        base.fields.insert(Field::Principal, arn.into());
        base.fields.insert(Field::Breadth, breadth.into());
        let (within, everywhere) = match boundary {
            None => (Actions::MAX, Actions::MAX),
            Some(Some(document)) => match document::read(document, scene.sources) {
                Some(document) => bounded(&document),
                None => (0, 0),
            },
            Some(None) => (0, 0),
        };
        if within == 0 && boundary.is_some() {
            lowered.undecided += 1;
            continue;
        }
        let read: Vec<_> = documents
            .iter()
            .filter_map(|document| document::read(document, scene.sources))
            .collect();
        lowered.undecided += (documents.len() - read.len()) as u64;
        let mut statements = Vec::new();
        for document in &read {
            let (more, unread) = document::statements(document, "kms");
            lowered.undecided += unread;
            statements.extend(more);
        }
        if statements.len() > MOST_STATEMENTS {
            lowered.undecided += 1;
            continue;
        }
        let policy = Policy {
            base,
            is_of_key: false,
            service: "kms",
            statements,
            own: account_of(arn),
            within,
            everywhere,
            scope: &resource.scope,
        };
        let before = lowered.facts.len();
        policy.lower(scene.sources, lowered);
        for fact in lowered.facts.iter_mut().skip(before) {
            fact.fields.insert(Field::Account, account(arn));
        }
    }
}

fn account(arn: &str) -> Value {
    match account_of(arn) {
        Account::Id(id) => id.into(),
        _ => Value::Unknown,
    }
}

/// Actions that a boundary lets pass for some key, and those that it lets pass for every key.
fn bounded(document: &Node) -> (Actions, Actions) {
    let (statements, _) = document::statements(document, "kms");
    let is_for_all = |statement: &document::Statement<'_>| {
        // A denial with conditions lets some pass.
        let is_narrowed = |tests: &Vec<_>| match statement.allows {
            true => condition::allowed(tests, &Account::Unknown).some_keys,
            false => !tests.is_empty(),
        };
        statement.tests.as_ref().is_some_and(|tests| !is_narrowed(tests))
            && extents(statement, "kms").iter().any(|(extent, _)| *extent == Extent::All)
    };
    let (mut some, mut all, mut denied) = (0, 0, 0);
    for statement in &statements {
        let (set, is_for_all) = (statement.actions.set, is_for_all(statement));
        match statement.allows {
            true => {
                some |= set;
                all |= if is_for_all { set } else { 0 };
            }
            false => denied |= if is_for_all { set } else { 0 },
        }
    }
    (some & !denied, all & !denied)
}

/// The documents that an identity has by itself.
fn documents<'a>(
    identity: &'a Node,
    inline: &str,
    managed: &HashMap<&str, &'a Node>,
    lowered: &mut Lowered,
) -> Vec<&'a Node> {
    let mut found: Vec<&Node> =
        list(identity, inline).filter_map(|policy| policy.get("PolicyDocument")).collect();
    for policy in list(identity, "AttachedManagedPolicies") {
        match text(policy, "PolicyArn").and_then(|arn| managed.get(arn)) {
            Some(document) => found.push(document),
            None => lowered.undecided += 1,
        }
    }
    found
}

fn default_version(policy: &Node) -> Option<&Node> {
    list(policy, "PolicyVersionList")
        .find(|version| version.get("IsDefaultVersion").and_then(Node::as_bool) == Some(true))?
        .get("Document")
}

fn list<'a>(node: &'a Node, name: &str) -> impl Iterator<Item = &'a Node> + use<'a> {
    node.get(name).map(Node::elements).unwrap_or_default().iter()
}

fn text<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    node.get(name)?.as_text()
}
