//! Policies of HashiCorp Vault and OpenBao: paths with capabilities, of which for every request one
//! counts. What a policy comes to is found by asking it for every request that does something to a
//! key.
//!
//! Source: Vault documentation, "Policies" (priority matching) and "Transit secrets engine (API)".

use std::collections::{BTreeMap, BTreeSet};

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

/// A request that does something to a key: its path below the mount, what it needs, and what that
/// comes to. `KEY` stands for the name of a key.
struct Request {
    path: &'static str,
    needs: &'static [&'static str],
    capability: &'static str,
}

const fn request(
    path: &'static str,
    needs: &'static [&'static str],
    capability: &'static str,
) -> Request {
    Request { path, needs, capability }
}

const WRITE: &[&str] = &["update", "create"];
const READ: &[&str] = &["read"];

/// Requests to a transit engine.
const TRANSIT: &[Request] = &[
    request("decrypt/KEY", WRITE, "use"),
    request("encrypt/KEY", WRITE, "use"),
    request("sign/KEY", WRITE, "use"),
    request("hmac/KEY", WRITE, "use"),
    request("datakey/plaintext/KEY", WRITE, "use"),
    request("datakey/wrapped/KEY", WRITE, "wrap"),
    request("rewrap/KEY", WRITE, "wrap"),
    request("keys/KEY", &["create", "update"], "administer"),
    request("keys/KEY/config", WRITE, "administer"),
    request("keys/KEY/rotate", WRITE, "replace"),
    request("keys/KEY/import", WRITE, "replace"),
    request("keys/KEY/import_version", WRITE, "replace"),
    request("restore/KEY", WRITE, "replace"),
    request("export/encryption-key/KEY", READ, "export"),
    request("export/signing-key/KEY", READ, "export"),
    request("export/hmac-key/KEY", READ, "export"),
    request("backup/KEY", READ, "export"),
    request("byok-export/DESTINATION/KEY", READ, "export"),
    request("keys/KEY", &["delete"], "destroy"),
    request("keys/KEY/trim", WRITE, "destroy"),
];

/// Requests to a certification authority.
const PKI: &[Request] = &[
    request("root/generate/exported", WRITE, "export"),
    request("intermediate/generate/exported", WRITE, "export"),
    request("root/rotate/exported", WRITE, "export"),
    request("config/ca", WRITE, "replace"),
    request("issuers/import/bundle", WRITE, "replace"),
    request("root", &["delete"], "destroy"),
];

/// Requests to the server itself, which reach every key.
const SYSTEM: &[Request] = &[
    request("sys/policies/acl/NAME", WRITE, "delegate"),
    request("sys/policy/NAME", WRITE, "delegate"),
    request("sys/raw/core/keyring", READ, "export"),
    request("sys/storage/raft/snapshot", READ, "export"),
    request("sys/storage/raft/snapshot", WRITE, "replace"),
    request("sys/rekey/init", WRITE, "replace"),
    request("sys/rotate", WRITE, "replace"),
    request("sys/mounts/NAME", WRITE, "administer"),
    request("sys/mounts/NAME", &["delete"], "destroy"),
];

/// What stands in a path right after the mount of a transit engine, and of a certification
/// authority.
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
const PKI_WORDS: &[&str] = &["root", "intermediate", "issuers", "issue", "config"];

/// One `path "…" { … }` of a policy.
struct Rule {
    pattern: String,
    capabilities: BTreeSet<String>,
    span: Span,
}

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
            .with(Field::Scope, if grant.key.is_some() { "key" } else { "all-keys" })
            .with(Field::Wildcards, if grant.is_all { "all" } else { "none" })
            .with(
                Field::Capabilities,
                grant.capabilities.into_iter().map(str::to_owned).collect::<Vec<_>>(),
            )
            .with(Field::Actions, grant.actions);
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
    let span = if block.span.end > block.span.start { block.span } else { span };
    Rule { pattern: pattern.trim_start_matches('/').to_owned(), capabilities, span }
}

struct Grant {
    /// The one key that it is about; nothing for every key.
    key: Option<String>,
    capabilities: BTreeSet<&'static str>,
    actions: Vec<String>,
    is_all: bool,
    /// The path that gives most of it.
    span: Span,
}

/// What the rules come to, for every key and for each that is named.
fn evaluate(rules: &[Rule]) -> Vec<Grant> {
    let mounts = |words: &[&str], default: &str| -> BTreeSet<String> {
        let of = |rule: &Rule| mount(&rule.pattern, words);
        let mut mounts: BTreeSet<String> = rules.iter().filter_map(of).collect();
        // A wildcard before any mount reaches the one with the usual name.
        if rules.iter().any(|rule| matches(&rule.pattern, &format!("{default}/\u{1}/\u{1}"))) {
            mounts.insert(default.to_owned());
        }
        mounts
    };
    let (transit, pki) = (mounts(TRANSIT_WORDS, "transit"), mounts(PKI_WORDS, "pki"));
    let mut grants = Vec::new();
    for mount in &transit {
        let every = ask(rules, mount, ANY, TRANSIT);
        for key in keys(rules, mount) {
            let own = ask(rules, mount, &key, TRANSIT);
            // What holds for every key is said once.
            if let Some(mut own) = own
                && every.as_ref().is_none_or(|every| every.actions != own.actions)
            {
                own.key = Some(format!("{mount}/keys/{key}"));
                own.actions.iter_mut().for_each(|action| *action = action.replace(ANY, &key));
                grants.push(own);
            }
        }
        grants.extend(every);
    }
    for mount in &pki {
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
        let (number, allowed) = decide(rules, &path);
        if request.needs.iter().any(|needed| allowed.contains(*needed)) {
            grant.capabilities.insert(request.capability);
            let verb = request.needs.iter().find(|needed| allowed.contains(**needed));
            grant.actions.push(format!("{} {path}", verb.copied().unwrap_or_default()));
            if let Some(number) = number {
                *by_rule.entry(number).or_default() += 1;
            }
        }
    }
    let (most, _) =
        by_rule.iter().max_by_key(|(number, count)| (**count, usize::MAX - **number))?;
    let rule = rules.get(*most)?;
    grant.span = rule.span;
    grant.is_all = rule.pattern == "*";
    Some(grant)
}

/// The rule that counts for a path, and what it allows. Rules with one pattern add up, and one of
/// them that denies counts for all.
fn decide(rules: &[Rule], path: &str) -> (Option<usize>, BTreeSet<String>) {
    let best = rules.iter().enumerate().filter(|(_, rule)| matches(&rule.pattern, path)).max_by(
        |(a_at, a), (b_at, b)| priority(&a.pattern).cmp(&priority(&b.pattern)).then(b_at.cmp(a_at)),
    );
    let Some((number, best)) = best else { return (None, BTreeSet::new()) };
    let same = rules.iter().filter(|rule| rule.pattern == best.pattern);
    let allowed: BTreeSet<String> =
        same.flat_map(|rule| rule.capabilities.iter().cloned()).collect();
    if allowed.contains("deny") {
        return (Some(number), BTreeSet::new());
    }
    (Some(number), allowed)
}

/// How much a pattern counts among those that match a path: the later its first wildcard, the
/// more; then without a `*` at its end; with fewer `+`; the longer; the later in the alphabet.
fn priority(pattern: &str) -> (usize, bool, std::cmp::Reverse<usize>, usize, &str) {
    let segments = || pattern.split('/').filter(|segment| *segment == "+");
    let mut first = pattern.len() + 1;
    let mut at = 0;
    for segment in pattern.split('/') {
        if segment == "+" {
            first = at;
            break;
        }
        at += segment.len() + 1;
    }
    let is_glob = pattern.ends_with('*');
    if is_glob {
        first = first.min(pattern.len() - 1);
    }
    // Without any wildcard it is the path itself.
    let first = if first > pattern.len() { usize::MAX } else { first };
    (first, !is_glob, std::cmp::Reverse(segments().count()), pattern.len(), pattern)
}

/// Whether a path is meant by a pattern: `+` is one segment, `*` at the end is anything.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, is_glob) = pattern.strip_suffix('*').map_or((pattern, false), |p| (p, true));
    let mut wanted = pattern.split('/').peekable();
    let mut given = path.split('/');
    while let Some(segment) = wanted.next() {
        let Some(actual) = given.next() else { return false };
        let is_last = wanted.peek().is_none();
        let fits = match segment {
            "+" => true,
            _ if is_last && is_glob => actual.starts_with(segment),
            _ => actual == segment,
        };
        if !fits {
            return false;
        }
    }
    is_glob || given.next().is_none()
}

/// The mount that a pattern names: what stands before a word of the engine.
fn mount(pattern: &str, words: &[&str]) -> Option<String> {
    let segments: Vec<&str> = pattern.split('/').collect();
    let at = segments.iter().position(|segment| words.contains(segment)).filter(|at| *at > 0)?;
    let mount = segments.get(..at)?;
    let is_plain = |segment: &&str| !segment.contains(['*', '+']) && !segment.is_empty();
    let first = *mount.first()?;
    (mount.iter().all(is_plain) && !matches!(first, "sys" | "auth" | "identity" | "secret" | "kv"))
        .then(|| mount.join("/"))
}

/// Names of keys of a mount that patterns write out.
fn keys(rules: &[Rule], mount: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for rule in rules {
        let Some(below) = rule.pattern.strip_prefix(mount).and_then(|p| p.strip_prefix('/')) else {
            continue;
        };
        let segments: Vec<&str> = below.split('/').collect();
        let key = match segments.as_slice() {
            ["datakey" | "export" | "byok-export" | "sign" | "hmac", _, key, ..] => key,
            ["sign" | "hmac", key]
            | ["keys" | "encrypt" | "decrypt" | "rewrap" | "backup" | "restore", key, ..] => key,
            _ => continue,
        };
        if !key.is_empty() && !key.contains(['*', '+', '$']) {
            keys.insert((*key).to_owned());
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
