//! What paths and tables cannot say of Azure: access policies, roles and their scopes, keys that are
//! named in two parts, rotation and release policies.
//!
//! Source: Azure Key Vault documentation, "Assign a Key Vault access policy", "Azure RBAC for Key
//! Vault", "Configure cryptographic key auto-rotation", "Secure Key Release".

mod definition;

pub(super) use self::definition::role_definition;

use super::{
    arm, durations, json,
    lower::{Lowered, Resource, Scene},
    providers::Emission,
    settle,
    tree::{Node, Path, Tree},
};
use crate::fact::{Fact, Field, Kind, Value};
use crate::settings::values::key_identity;

/// Permissions that together are everything but the last word on a deleted key.
const EVERYTHING: &[&str] = &[
    "get",
    "list",
    "update",
    "create",
    "import",
    "delete",
    "recover",
    "backup",
    "restore",
    "decrypt",
    "encrypt",
    "unwrapKey",
    "wrapKey",
    "verify",
    "sign",
];

/// The evaluator `azure-access-policy`: the rights on keys that one entry of a vault gives.
pub(super) fn access_policy(
    resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let mut fact = scene.fact(Kind::Grant, emission);
    let actions = match fact.fields.get(&Field::Actions) {
        Some(Value::List(actions)) if !actions.is_empty() => actions.clone(),
        Some(Value::Unknown) => {
            lowered.undecided += 1;
            return;
        }
        _ => return,
    };
    let has = |wanted: &str| actions.iter().any(|action| action.eq_ignore_ascii_case(wanted));
    let is_all = has("all") || EVERYTHING.iter().all(|action| has(action));
    fact.fields.insert(Field::Wildcards, if is_all { "all" } else { "none" }.into());
    fact.fields.insert(Field::Conditions, Value::List(Vec::new()));
    // The tenant of the entry against that of the vault.
    let tenant = |node: &Node, paths: &[&str]| {
        find(node, paths).and_then(|of| of.as_text().map(str::to_owned))
    };
    let paths = ["tenantId", "tenant_id", "properties.tenantId"];
    let own = tenant(&resource.body, &["properties.tenantId", "tenant_id", "tenantId"]);
    let other = scene.items.first().and_then(|item| tenant(item, &paths));
    let is_foreign = own.zip(other).is_some_and(|(own, other)| !own.eq_ignore_ascii_case(&other));
    fact.fields.insert(Field::Breadth, if is_foreign { "cross-account" } else { "named" }.into());
    lowered.facts.push(fact);
}

/// The evaluator `azure-role`: an assignment of a role. Its capabilities are those of the table for
/// the name of the role, or for what its identifier ends with.
pub(super) fn role(
    resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let mut fact = scene.fact(Kind::Grant, emission);
    let Some(role) =
        fact.text(Field::Actions).or_else(|| fact.text(Field::Name)).map(str::to_owned)
    else {
        lowered.undecided += u64::from(fact.fields.get(&Field::Name) == Some(&Value::Unknown));
        return;
    };
    let declared = key_identity(&role, &resource.scope);
    let written = fact.text(Field::Name).filter(|name| *name != role).map(Value::from);
    let role = role.rsplit('/').next().unwrap_or_default();
    if role.contains("${") && declared.contains("${") {
        lowered.undecided += 1;
        return;
    }
    let table = |field: Field| {
        let spec = emission.fields.iter().find(|(of, _)| *of == field).map(|(_, spec)| spec)?;
        spec.table.as_ref()?.get(role).cloned()
    };
    // A role of somebody's own is known once its definition is.
    let capabilities = table(Field::Capabilities).unwrap_or_else(|| {
        fact.fields.insert(Field::Role, declared.clone().into());
        Value::Unknown
    });
    fact.fields.insert(Field::Capabilities, capabilities);
    let name = table(Field::Name).or(written).unwrap_or_else(|| role.into());
    fact.fields.insert(Field::Actions, Value::List(vec![name.to_string()]));
    fact.fields.insert(Field::Name, name);
    let wildcards = table(Field::Wildcards).unwrap_or_else(|| "none".into());
    fact.fields.insert(Field::Wildcards, wildcards);
    fact.fields.entry(Field::Breadth).or_insert_with(|| "named".into());
    let condition = find(&resource.body, &["properties.condition", "condition"]);
    fact.fields.insert(Field::Limited, condition.is_some().into());
    fact.fields.insert(Field::Conditions, Value::List(Vec::new()));
    let scope = find(&resource.body, &["$scope", "scope", "properties.scope", "$level"])
        .and_then(|scope| scope.as_partial().map(str::to_owned));
    let (scope, key) = match find(&resource.body, &["managed_hsm_id"]).and_then(Node::as_partial) {
        Some(hsm) => local_reach(scope.as_deref(), &key_identity(hsm, &resource.scope)),
        None => reach(scope.as_deref(), &resource.scope),
    };
    fact.fields.insert(Field::Scope, scope.into());
    if let Some(key) = key {
        fact.fields.insert(Field::Key, key.into());
    }
    lowered.facts.push(fact);
}

/// To which keys of a managed HSM a role of its own extends: `/`, `/keys` or `/keys/NAME`.
fn local_reach(scope: Option<&str>, hsm: &str) -> (&'static str, Option<String>) {
    match scope.and_then(|scope| scope.strip_prefix("/keys/")) {
        Some(key) => ("key", Some(format!("{hsm}/{key}"))),
        None => ("all-keys", Some(hsm.to_owned())),
    }
}

/// To which keys a scope extends, and which key or vault it is.
fn reach(scope: Option<&str>, file: &str) -> (&'static str, Option<String>) {
    let Some(scope) = scope else { return ("some-keys", None) };
    let lower = scope.to_ascii_lowercase();
    let inside = lower.strip_prefix("${").and_then(|of| of.strip_suffix('}')).unwrap_or(&lower);
    let is_whole = [
        "subscription",
        "managementgroup",
        "tenant",
        "data.azurerm_subscription",
        "data.azurerm_management_group",
        "azurerm_management_group",
        "azurerm_subscription",
    ];
    let first = inside.split('.').next().unwrap_or_default();
    if matches!(lower.as_str(), "/" | "/keys")
        || is_whole.iter().any(|of| first == *of || inside.starts_with(&format!("{of}.")))
        || lower.starts_with("/providers/microsoft.management/")
        || lower.starts_with("/subscriptions/")
            && lower.trim_end_matches('/').split('/').count() == 3
    {
        return ("all-keys", None);
    }
    if lower.contains("resourcegroup") && !lower.contains("/providers/")
        || lower.contains("resource_group.")
    {
        return ("some-keys", None);
    }
    // The local roles of a managed HSM: `/keys/pan`.
    let is_declared = inside.len() != lower.len();
    let is_key = lower.contains("/keys/")
        || is_declared && inside.split('.').next().is_some_and(|of| of.contains('/'))
        || inside.contains("_key.");
    (if is_key { "key" } else { "some-keys" }, Some(identity(scope, file)))
}

/// Identity of a key or a vault, without the version of the key.
fn identity(text: &str, file: &str) -> String {
    let text = text.trim().trim_end_matches('/');
    if let Some((vault, rest)) =
        text.split_once("/keys/").filter(|(of, _)| of.starts_with("https://"))
    {
        let name = rest.split('/').next().unwrap_or_default();
        return format!("{vault}/keys/{name}");
    }
    key_identity(text, file)
}

/// The evaluator `azure-key-reference`: something that names a key by its URI, or by the URI of the
/// vault (`key`) and the name in it (`alias`).
pub(super) fn key_reference(
    resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let mut fact = scene.fact(Kind::Reference, emission);
    let name = fact.text(Field::Alias).map(str::to_owned);
    fact.fields.remove(&Field::Alias);
    let Some(uri) = fact.text(Field::Key).map(str::to_owned) else {
        lowered.undecided += u64::from(fact.fields.get(&Field::Key) == Some(&Value::Unknown));
        return;
    };
    let inside = uri.strip_prefix("${").and_then(|of| of.strip_suffix('}'));
    let uri = match (inside.filter(|of| !of.contains("${")), name) {
        // The name of a key that is declared is that key, whatever store is named beside it.
        (_, Some(name)) if name.starts_with("${azurerm_key_vault") && name.ends_with(".name}") => {
            name
        }
        (Some(vault), Some(name)) => {
            let vault = vault.rsplit_once('.').map_or(vault, |(vault, _)| vault);
            format!("${{{vault}/{}.id}}", arm::declared::address(&name))
        }
        (None, Some(name)) if !uri.contains("/keys/") => {
            format!("{}/keys/{name}", uri.trim_end_matches('/'))
        }
        _ => uri,
    };
    fact.fields.insert(Field::Key, identity(&uri, &resource.scope).into());
    lowered.facts.push(fact);
}

/// The evaluator `azure-key`: a key, with the defaults that depend on its type, and with its rotation
/// where the resource says it.
pub(super) fn key(
    resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let mut fact = scene.fact(Kind::Key, emission);
    let algorithm = fact.text(Field::Algorithm).map(str::to_owned);
    match algorithm.as_deref() {
        Some("rsa") => {
            fact.fields.entry(Field::Bits).or_insert_with(|| 2048_u32.into());
            fact.fields.remove(&Field::Curve);
        }
        Some("ec") => {
            fact.fields.remove(&Field::Bits);
            fact.fields.entry(Field::Curve).or_insert_with(|| "P-256".into());
        }
        _ => {}
    }
    let id = fact.text(Field::Key).or_else(|| fact.text(Field::Name)).unwrap_or_default();
    let (_, address) = id.rsplit_once('#').unwrap_or(("", id));
    let alias = match address.split_once("/keys/") {
        Some(_) => Some(identity(address, &resource.scope)),
        None if resource.type_name.starts_with("azurerm_") => named_in_store(resource),
        // A key that a template names in full is the same one in every file.
        None => address
            .split_once('/')
            .filter(|_| !address.contains('<') && resource.type_name.starts_with("Microsoft."))
            .map(|(vault, name)| format!("https://{vault}.{}/keys/{name}", host(resource))),
    };
    if let Some(alias) = alias {
        fact.fields.insert(Field::Alias, alias.into());
    }
    let look = scene.items.first().map(|item| {
        ["properties.rotationPolicy", "rotation_policy", "rotationPolicy"]
            .iter()
            .filter_map(|path| Path::parse(path))
            .map(|path| item.find(&path))
            .fold((None, false), |(node, unknown), look| {
                (node.or_else(|| look.nodes.first().copied()), unknown || look.unknown)
            })
    });
    match look.unwrap_or((None, false)) {
        (Some(policy), _) => rotation(policy, &mut fact, scene),
        (None, true) => {
            fact.fields.insert(Field::RotationDays, Value::Unknown);
        }
        // What prints a key does not print its rotation policy.
        (None, false) if resource.type_name.starts_with("azure:") => {}
        (None, false) => {
            fact.fields.insert(Field::RotationDays, 0_u64.into());
        }
    }
    settle::complete(&mut fact);
    lowered.facts.push(fact);
}

/// A key as something else in Terraform names it that says its store and its name.
fn named_in_store(resource: &Resource) -> Option<String> {
    let store = find(&resource.body, &["key_vault_id", "managed_hsm_id"])?.as_partial()?;
    let name = find(&resource.body, &["name"])?.as_text()?;
    let store = key_identity(store, &resource.scope);
    Some(format!("{store}/{}", arm::declared::address(name)))
}

/// The domain of the store that a key is in.
fn host(resource: &Resource) -> &'static str {
    if resource.type_name.to_ascii_lowercase().contains("managedhsm") {
        "managedhsm.azure.net"
    } else {
        "vault.azure.net"
    }
}

/// The evaluator `azure-rotation-policy`: a rotation policy on its own, as the CLI prints it.
pub(super) fn rotation_policy(
    _resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let mut fact = scene.fact(Kind::Key, emission);
    let Some(policy) = scene.items.first() else { return };
    if let Some(id) = fact.text(Field::Key) {
        let id = id.strip_suffix("/rotationpolicy").unwrap_or(id).to_owned();
        fact.fields.insert(Field::Name, id.clone().into());
        fact.fields.insert(Field::Key, id.into());
    }
    rotation(policy, &mut fact, scene);
    lowered.facts.push(fact);
}

/// Days between rotations, out of a rotation policy in any of its spellings.
fn rotation(policy: &Node, fact: &mut Fact, scene: &Scene<'_>) {
    let days = |node: &Node, paths: &[&str]| {
        find(node, paths).map(|of| of.as_text().and_then(durations::days))
    };
    let expiry =
        days(policy, &["attributes.expiryTime", "expiryTime", "expiresIn", "expire_after"]);
    if expiry.is_some() {
        fact.fields.insert(Field::Expires, true.into());
    }
    let actions = ["lifetimeActions[]", "automatic[]"].iter().filter_map(|path| Path::parse(path));
    let mut rotates: Option<Option<u64>> = None;
    let mut is_unknown = false;
    for (at, path) in actions.enumerate() {
        let look = policy.find(&path);
        is_unknown |= look.unknown;
        for action in look.nodes {
            let kind = find(action, &["action.type", "action"]).and_then(Node::as_text);
            if at == 0 && !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("rotate")) {
                is_unknown |= kind.is_none();
                continue;
            }
            let after = days(
                action,
                &["trigger.timeAfterCreate", "timeAfterCreate", "time_after_creation"],
            );
            let before = days(
                action,
                &["trigger.timeBeforeExpiry", "timeBeforeExpiry", "time_before_expiry"],
            );
            let known = after.flatten().or_else(|| {
                expiry
                    .flatten()
                    .zip(before.flatten())
                    .map(|(all, before)| all.saturating_sub(before))
            });
            fact.places.insert(Field::RotationDays, scene.sources.site(action.span, true));
            rotates = Some(known);
        }
    }
    let value = match rotates {
        Some(Some(days)) => days.max(1).into(),
        Some(None) => Value::Unknown,
        None if is_unknown => Value::Unknown,
        None => 0_u64.into(),
    };
    fact.fields.insert(Field::RotationDays, value);
}

/// The evaluator `azure-release-policy`: what somebody has to prove before a key leaves its store.
/// The field `value` says where the policy is.
pub(super) fn release_policy(
    _resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let fact = scene.fact(Kind::Setting, emission);
    let Some(text) = fact.text(Field::Value) else {
        lowered.undecided += u64::from(fact.fields.get(&Field::Value) == Some(&Value::Unknown));
        return;
    };
    let span = scene.items.first().map(|item| item.span).unwrap_or_default();
    let plain = text.trim_start().starts_with('{').then(|| text.to_owned());
    let Some(policy) =
        plain.or_else(|| arm::decoded(text)).and_then(|text| json::parse_within(&text, span))
    else {
        lowered.undecided += 1;
        return;
    };
    let value = match attestation(&policy) {
        Some(true) => "attested",
        Some(false) => "unattested",
        None => {
            lowered.undecided += 1;
            return;
        }
    };
    lowered.facts.push(fact.with(Field::Value, value));
}

/// Whether each way to a release names who vouches, and at least one claim that must hold.
fn attestation(policy: &Node) -> Option<bool> {
    let ways = policy.get("anyOf").or_else(|| policy.get("allOf"))?;
    let Tree::List(ways) = &ways.tree else { return None };
    let names_authority =
        |way: &Node| way.get("authority").and_then(Node::as_text).is_some_and(|of| !of.is_empty());
    let has_claim = |way: &Node| ["allOf", "anyOf"].iter().any(|name| claims(way.get(name), 0));
    Some(!ways.is_empty() && ways.iter().all(|way| names_authority(way) && has_claim(way)))
}

/// Whether a list of conditions asks for anything.
fn claims(conditions: Option<&Node>, depth: usize) -> bool {
    conditions.into_iter().flat_map(Node::elements).any(|condition| {
        condition.get("claim").is_some()
            || depth < 8
                && ["allOf", "anyOf"].iter().any(|name| claims(condition.get(name), depth + 1))
    })
}

/// What the first of these paths leads to.
fn find<'a>(node: &'a Node, paths: &[&str]) -> Option<&'a Node> {
    paths
        .iter()
        .filter_map(|path| Path::parse(path))
        .find_map(|path| node.find(&path).nodes.first().copied())
}
