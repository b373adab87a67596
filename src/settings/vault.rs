//! Policies of HashiCorp Vault and OpenBao: paths with capabilities, of which for every request one
//! counts. What a policy comes to is found by asking it for every request that does something to a
//! key.
//!
//! What a policy is read for is the key material: `paths` says which rule counts, `requests` what
//! can be asked.

mod commands;
mod paths;
mod requests;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use commands::key_of_command;

use self::{
    paths::decide,
    requests::{PKI, Request, SYSTEM, TRANSIT},
};
use super::{
    lower::{Lowered, Resource, Scene},
    providers::Emission,
    tree::{Node, Span},
};
use crate::fact::{Fact, Field, Kind, Value};

/// Paths of one policy that are read; the others are counted as undecided.
const MOST_PATHS: usize = 1_000;

/// A name that no policy writes: what holds for it holds for every key.
const ANY: &str = "\u{1}";

/// One `path "…" { … }` of a policy.
struct Rule {
    pattern: String,
    capabilities: BTreeSet<String>,
    /// Parameters that a request may have; any where there are none.
    allowed: BTreeSet<String>,
    /// Parameters that a request may not have, whatever their value.
    denied: BTreeSet<String>,
    span: Span,
}

/// What stands in a path right after the mount of a transit engine.
const TRANSIT_WORDS: &[&str] = &[
    "keys",
    "encrypt",
    "decrypt",
    "rewrap",
    "datakey",
    "export",
    "backup",
    "restore",
    "sign",
    "hmac",
    "byok-export",
];

/// What stands there after the mount of a certification authority, and what follows that: nothing
/// for anything.
const PKI_WORDS: &[(&str, &[&str])] = &[
    ("root", &["", "*", "generate", "rotate", "replace", "sign-intermediate", "sign-self-issued"]),
    ("intermediate", &[]),
    ("issuers", &[]),
    ("issue", &[]),
    ("config", &["ca"]),
];

/// The evaluator `vault-policy`: grants out of a policy, as HCL, JSON or text.
pub(super) fn grants(
    resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let fact = scene.fact(Kind::Grant, emission);
    let body = scene.items.first().copied().unwrap_or(&resource.body);
    let Some(rules) = read(body, lowered) else { return };
    let principal = match (fact.text(Field::Principal), resource.address.as_str()) {
        (Some(name), _) => name.to_owned(),
        (None, "") => resource.scope.rsplit(['/', '!']).next().unwrap_or_default().to_owned(),
        (None, address) => address.to_owned(),
    };
    for grant in evaluate(&rules) {
        let mut fact = Fact { sites: vec![scene.sources.site(grant.span, true)], ..fact.clone() }
            .with(Field::Principal, format!("policy {principal}"))
            .with(Field::Breadth, "named")
            .with(Field::Document, "path-policy")
            .with(Field::Conditions, Vec::new())
            .with(Field::Limited, false)
            .with(Field::Scope, grant.scope)
            .with(Field::Wildcards, if grant.is_all { "all" } else { "none" })
            .with(
                Field::Capabilities,
                grant.capabilities.into_iter().map(str::to_owned).collect::<Vec<_>>(),
            )
            .with(Field::Actions, grant.actions);
        if !resource.address.is_empty() {
            fact = fact.with(Field::Name, resource.address.as_str());
        }
        if let Some(key) = grant.key {
            fact = fact.with(Field::Key, key);
        }
        lowered.facts.push(fact);
    }
}

/// The rules of a policy; nothing if it is no policy that can be read.
fn read(body: &Node, lowered: &mut Lowered) -> Option<Vec<Rule>> {
    let parsed;
    let mut body = body;
    if let Some(policy) = body.get("policy").or_else(|| body.get("rules")) {
        body = policy;
    }
    if body.is_unknown() {
        lowered.undecided += 1;
        return None;
    }
    if let Some(text) = body.as_partial() {
        parsed = super::json::parse_within(text, body.span)
            .or_else(|| super::hcl::parse_within(text, body.span))?;
        body = &parsed;
    }
    let mut rules = Vec::new();
    for entry in body.entries().iter().filter(|entry| entry.name == "path") {
        for block in entry.node.elements() {
            match block.get("$label").and_then(Node::as_partial) {
                // HCL: `path "x" { … }`.
                Some(pattern) => rules.push(rule(pattern, block, entry.name_span)),
                // JSON: `{"path": {"x": { … }}}`.
                None => rules.extend(
                    block.entries().iter().map(|of| rule(&of.name, &of.node, of.name_span)),
                ),
            }
        }
    }
    lowered.undecided += rules.len().saturating_sub(MOST_PATHS) as u64;
    rules.truncate(MOST_PATHS);
    (!rules.is_empty()).then_some(rules)
}

fn rule(pattern: &str, block: &Node, span: Span) -> Rule {
    let mut capabilities: BTreeSet<String> = block
        .get("capabilities")
        .into_iter()
        .flat_map(Node::elements)
        .filter_map(|word| word.as_text().map(str::to_owned))
        .collect();
    // The word of policies before version 0.5.
    let legacy: &[&str] = match block.get("policy").and_then(Node::as_text) {
        Some("read") => &["read", "list"],
        Some("write") => &["create", "read", "update", "delete", "list"],
        Some("sudo") => &["create", "read", "update", "delete", "list", "sudo"],
        Some("deny") => &["deny"],
        _ => &[],
    };
    capabilities.extend(legacy.iter().map(|&word| word.to_owned()));
    let parameters = |name: &str, is_any: fn(&Node) -> bool| -> BTreeSet<String> {
        let entries = block.get(name).map(Node::entries).unwrap_or_default();
        entries.iter().filter(|of| is_any(&of.node)).map(|of| of.name.clone()).collect()
    };
    let allowed = parameters("allowed_parameters", |_| true);
    // With values, only those are denied.
    let denied = parameters("denied_parameters", |values| values.elements().is_empty());
    let span = if block.span.end > block.span.start { block.span } else { span };
    let pattern = pattern.trim_start_matches('/').to_owned();
    Rule { pattern, capabilities, allowed, denied, span }
}

struct Grant {
    /// The one key that it is about, or how the names of several begin; nothing for every key.
    key: Option<String>,
    scope: &'static str,
    capabilities: BTreeSet<&'static str>,
    actions: Vec<String>,
    is_all: bool,
    /// The path that gives most of it.
    span: Span,
}

/// What the rules come to, for every key and for each that is named.
fn evaluate(rules: &[Rule]) -> Vec<Grant> {
    let mounts = |of: fn(&str) -> Option<String>, default: &str| -> BTreeSet<String> {
        let mut mounts: BTreeSet<String> = rules.iter().filter_map(|r| of(&r.pattern)).collect();
        // A wildcard for the mount, or after it, reaches the one with the usual name.
        let reaches = |rule: &Rule| {
            let (head, rest) = rule.pattern.split_once('/').unwrap_or((&rule.pattern, ""));
            head == "+"
                || (head == default && rest.starts_with(['+', '*']))
                || head.strip_suffix('*').is_some_and(|head| default.starts_with(head))
        };
        if rules.iter().any(reaches) {
            mounts.insert(default.to_owned());
        }
        mounts
    };
    let mut grants = Vec::new();
    for mount in &mounts(transit_mount, "transit") {
        let every = ask(rules, mount, ANY, TRANSIT);
        for key in keys(rules, mount) {
            // What holds for every key is said once.
            let own = ask(rules, mount, &key, TRANSIT);
            let is_same = |own: &Grant, every: &Grant| {
                let of = |grant: &Grant, key: &str| -> Vec<String> {
                    grant.actions.iter().map(|action| action.replace(key, "")).collect()
                };
                of(own, &key) == of(every, ANY)
            };
            let Some(mut own) = own else { continue };
            if every.as_ref().is_some_and(|every| is_same(&own, every)) {
                continue;
            }
            own.key = Some(format!("{mount}/keys/{}", key.replace(ANY, "*")));
            own.scope = if key.contains(ANY) { "some-keys" } else { "key" };
            grants.push(own);
        }
        grants.extend(every);
    }
    for mount in &mounts(pki_mount, "pki") {
        grants.extend(ask(rules, mount, ANY, PKI));
    }
    grants.extend(ask(rules, "", ANY, SYSTEM));
    for grant in &mut grants {
        grant.actions.iter_mut().for_each(|action| *action = action.replace(ANY, "*"));
    }
    grants
}

/// Everything that requests below `mount` for `key` are allowed.
fn ask(rules: &[Rule], mount: &str, key: &str, requests: &[Request]) -> Option<Grant> {
    let mut grant = Grant {
        key: None,
        scope: "all-keys",
        capabilities: BTreeSet::new(),
        actions: Vec::new(),
        is_all: false,
        span: Span::default(),
    };
    let mut by_rule: BTreeMap<usize, usize> = BTreeMap::new();
    let below =
        |path: &str| if mount.is_empty() { path.to_owned() } else { format!("{mount}/{path}") };
    for request in requests {
        let name =
            |path: &str| path.replace("KEY", key).replace("NAME", ANY).replace("DESTINATION", ANY);
        let path = below(&name(request.path));
        if let Some((number, verb)) = decide(rules, &path, request) {
            grant.capabilities.insert(request.capability);
            grant.actions.push(format!("{verb} {path}"));
            *by_rule.entry(number).or_default() += 1;
        }
    }
    let (most, _) =
        by_rule.iter().max_by_key(|(number, count)| (**count, usize::MAX - **number))?;
    let rule = rules.get(*most)?;
    grant.span = rule.span;
    grant.is_all = rule.pattern == "*";
    Some(grant)
}

/// The mount of a transit engine that a pattern names: what stands before a word of the engine.
fn transit_mount(pattern: &str) -> Option<String> {
    let segments: Vec<&str> = pattern.split('/').collect();
    let at = segments.iter().position(|segment| TRANSIT_WORDS.contains(segment))?;
    // Certificates and keys of SSH are signed as well, and codes are made of keys.
    let is_other = |of: &&str| of.contains("pki") || of.contains("ssh") || of.contains("totp");
    mount(segments.get(..at)?).filter(|_| !segments.iter().take(at).any(is_other))
}

/// The same for a certification authority.
fn pki_mount(pattern: &str) -> Option<String> {
    let segments: Vec<&str> = pattern.split('/').collect();
    let at = (0..segments.len()).find(|&at| {
        let next = segments.get(at + 1).copied().unwrap_or_default();
        PKI_WORDS.iter().any(|(word, follow)| {
            segments.get(at) == Some(word) && (follow.is_empty() || follow.contains(&next))
        })
    })?;
    mount(segments.get(..at)?)
}

/// Segments that can be a mount. Paths of secrets may have any words in them.
fn mount(segments: &[&str]) -> Option<String> {
    let is_plain = |segment: &&str| !segment.contains(['*', '+']) && !segment.is_empty();
    let is_engine =
        !matches!(segments.first()?, &"sys" | &"auth" | &"identity" | &"secret" | &"kv")
            && !matches!(segments.last()?, &"data" | &"metadata" | &"config");
    (is_engine && segments.iter().all(is_plain)).then(|| segments.join("/"))
}

/// Names of keys of a mount that patterns write out. [`ANY`] ends one of which only the beginning
/// is written.
fn keys(rules: &[Rule], mount: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for rule in rules {
        let segments: Vec<&str> = rule.pattern.split('/').collect();
        let Some((head, below)) = segments.split_at_checked(mount.split('/').count()) else {
            continue;
        };
        if !head.iter().zip(mount.split('/')).all(|(head, of)| *head == "+" || *head == of) {
            continue;
        }
        let key = match below {
            ["datakey" | "export" | "byok-export" | "sign" | "hmac" | "+", _, key, ..]
                if !matches!(*key, "config" | "rotate" | "trim" | "import" | "import_version") =>
            {
                key
            }
            ["sign" | "hmac", key]
            | ["keys" | "encrypt" | "decrypt" | "rewrap" | "backup" | "restore" | "+", key, ..] => {
                key
            }
            _ => continue,
        };
        let (name, is_glob) = key.strip_suffix('*').map_or((*key, false), |name| (name, true));
        if !name.is_empty() && !name.contains(['*', '+', '$']) {
            keys.insert(if is_glob { format!("{name}{ANY}") } else { name.to_owned() });
        }
    }
    keys
}

/// The evaluator `vault-transit-versions`: how many versions of a key that are no longer the
/// newest can still decrypt.
pub(super) fn versions(
    _resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let Some(body) = scene.items.first() else { return };
    let number = |name: &str| body.get(name).and_then(Node::as_int);
    let (Some(latest), Some(least)) = (number("latest_version"), number("min_decryption_version"))
    else {
        return;
    };
    let mut fact = scene.fact(Kind::Setting, emission);
    if let Some(node) = body.get("min_decryption_version") {
        fact.places.insert(Field::Number, scene.sources.site(node.span, true));
    }
    fact.fields.insert(Field::Number, Value::Int(latest.saturating_sub(least.max(1))));
    lowered.facts.push(fact);
}

#[cfg(test)]
mod tests;
