//! The policy that the module `terraform-aws-modules/kms/aws` makes out of its inputs: statements
//! of its own for administrators, users and services, and those that it is given.
//!
//! Source: <https://registry.terraform.io/modules/terraform-aws-modules/kms/aws/latest>.

use super::{super::terraform, lower_document};
use crate::{
    fact::Kind,
    settings::{
        lower::{Lowered, Resource, Scene},
        providers::Emission,
        tree::{Entry, Node, Span, Tree},
    },
};

/// Inputs that name principals, and what the module gives them.
const INPUTS: &[(&str, &[&str])] = &[
    ("key_owners", &["kms:*"]),
    (
        "key_administrators",
        &[
            "kms:Create*",
            "kms:Describe*",
            "kms:Enable*",
            "kms:List*",
            "kms:Put*",
            "kms:Update*",
            "kms:Revoke*",
            "kms:Disable*",
            "kms:Get*",
            "kms:Delete*",
            "kms:TagResource",
            "kms:UntagResource",
            "kms:ScheduleKeyDeletion",
            "kms:CancelKeyDeletion",
            "kms:ReplicateKey",
            "kms:ImportKeyMaterial",
        ],
    ),
    ("key_users", USE),
    ("key_symmetric_encryption_users", USE),
    ("key_service_users", GRANTS),
    ("key_service_roles_for_autoscaling", USE),
    ("key_hmac_users", &["kms:DescribeKey", "kms:GenerateMac", "kms:VerifyMac"]),
    (
        "key_asymmetric_public_encryption_users",
        &["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:DescribeKey", "kms:GetPublicKey"],
    ),
    (
        "key_asymmetric_sign_verify_users",
        &["kms:Sign", "kms:Verify", "kms:DescribeKey", "kms:GetPublicKey"],
    ),
];

const USE: &[&str] =
    &["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"];

/// Only for services of AWS.
const GRANTS: &[&str] = &["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"];

/// The evaluator `aws-module-policy`: the item is what a call of the module says.
pub(crate) fn module_policy(
    resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let Some(item) = scene.items.first() else { return };
    let base = scene.fact(Kind::Grant, emission);
    lower_document(&document(item), base, resource, scene, lowered);
}

/// The policy as a document.
fn document(call: &Node) -> Node {
    let span = call.span;
    let mut statements = Vec::new();
    if call.get("enable_default_policy").and_then(Node::as_bool) != Some(false) {
        let root = "arn:${data.aws_partition.current.partition}:iam::\
                    ${data.aws_caller_identity.current.account_id}:root";
        let root = Node::new(Tree::Partial(root.to_owned()), span);
        statements.push(statement(&["kms:*"], &Node::new(Tree::List(vec![root]), span)));
    }
    for (name, actions) in INPUTS {
        if let Some(principals) = call.get(name).filter(|of| !of.elements().is_empty()) {
            let mut made = statement(actions, principals);
            if *actions == GRANTS
                && let Tree::Map(entries) = &mut made.tree
            {
                let span = principals.span;
                let is = map(vec![("kms:GrantIsForAWSResource", text("true", span))], span);
                entries.push(entry("Condition", map(vec![("Bool", is)], span)));
            }
            statements.push(made);
        }
    }
    for name in ["key_statements", "source_policy_documents", "override_policy_documents"] {
        let Some(given) = call.get(name) else { continue };
        match &given.tree {
            Tree::List(of) if name == "key_statements" => {
                statements.extend(of.iter().map(terraform::statement));
            }
            // Since version 4 they have names.
            Tree::Map(of) => {
                statements.extend(of.iter().map(|of| terraform::statement(&of.node)));
            }
            Tree::Null => {}
            Tree::List(of) if of.is_empty() => {}
            _ => statements.push(Node::unknown(given.span)),
        }
    }
    map(vec![("Statement", Node::new(Tree::List(statements), span))], span)
}

/// A statement that gives `actions` to everybody in a list.
fn statement(actions: &[&str], principals: &Node) -> Node {
    let span = principals.span;
    let actions = actions.iter().map(|action| text(action, span)).collect();
    let mut entries = vec![
        entry("Effect", text("Allow", span)),
        entry("Action", Node::new(Tree::List(actions), span)),
        entry("Resource", text("*", span)),
    ];
    let principals = match principals.is_unknown() {
        true => principals.clone(),
        false => map(vec![("AWS", principals.clone())], span),
    };
    entries.push(entry("Principal", principals));
    Node::new(Tree::Map(entries), span)
}

fn text(of: &str, span: Span) -> Node {
    Node::new(Tree::text(of), span)
}

fn entry(name: &str, node: Node) -> Entry {
    Entry { name: name.to_owned(), name_span: node.span, node }
}

fn map(members: Vec<(&str, Node)>, span: Span) -> Node {
    Node::new(Tree::Map(members.into_iter().map(|(name, node)| entry(name, node)).collect()), span)
}
