//! Kubernetes: which type an object is, the order of providers in an EncryptionConfiguration, and
//! the arguments of the API server and of KMS plugins. Everything else about it is in
//! `rules/providers/kubernetes.yaml`.

use super::{
    durations,
    lower::{self, Lowered, Resource, Scene},
    providers::{Emission, Providers},
    tree::{Node, Span, Tree},
};
use crate::settings::values::key_identity;
use crate::{
    fact::{Fact, Field, Kind, Value},
    formats::text::base64 as base64_text,
};

/// The objects of a document, of the types that tables know: `cert-manager.io/Certificate`, and
/// `Secret` for the group without a name. A list is its items.
pub(crate) fn objects(document: &Node, providers: &Providers, scope: &str) -> Vec<Resource> {
    let mut found = Vec::new();
    for item in document.elements() {
        let (Some(version), Some(kind)) = (text(item, "apiVersion"), text(item, "kind")) else {
            continue;
        };
        match (kind.strip_suffix("List"), item.get("items")) {
            (Some(kind), Some(items)) => {
                for item in items.elements() {
                    let version = text(item, "apiVersion").unwrap_or(version);
                    let kind = text(item, "kind").unwrap_or(kind);
                    found.extend(object(item, version, kind, providers, scope));
                }
            }
            _ => found.extend(object(item, version, kind, providers, scope)),
        }
    }
    found
}

fn object(
    item: &Node,
    version: &str,
    kind: &str,
    providers: &Providers,
    scope: &str,
) -> Option<Resource> {
    let type_name = match version.rsplit_once('/') {
        Some((group, _)) => format!("{group}/{kind}"),
        None => kind.to_owned(),
    };
    if providers.emissions(&type_name).is_empty() {
        return None;
    }
    let metadata = item.get("metadata");
    let part = |name| metadata.and_then(|metadata| text(metadata, name));
    let name = part("name").unwrap_or_default();
    let address = match part("namespace") {
        Some(namespace) => format!("{kind}/{namespace}/{name}"),
        None => format!("{kind}/{name}"),
    };
    Some(Resource {
        type_name,
        address,
        scope: scope.to_owned(),
        body: item.clone(),
        span: item.span,
    })
}

fn text<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    node.get(name).and_then(Node::as_text)
}

/// A setting of the API server, where it is written.
fn setting(scene: &Scene<'_>, emission: &Emission, name: &str, value: &str, at: Span) -> Fact {
    let is_open = name != "key-storage" && name != "key-randomness";
    let mut fact = scene.fact(Kind::Setting, emission);
    fact.sites = vec![scene.sources.site(at, is_open)];
    fact.with(Field::System, "kubernetes").with(Field::Setting, name).with(Field::Value, value)
}

/// What an EncryptionConfiguration comes to. The API server takes the first entry that covers a
/// resource, writes with its first provider, and reads with any of them.
/// <https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/>
pub(crate) fn encryption_configuration(
    resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let Some(entries) = resource.body.get("resources") else { return };
    if entries.is_unknown() {
        lowered.undecided += 1;
        return;
    }
    let mut is_covered = Some(false);
    let mut encrypts = false;
    for entry in entries.elements() {
        let providers = entry.get("providers").map(Node::elements).unwrap_or_default();
        for provider in providers.iter().flat_map(Node::entries) {
            encrypts |= provider.name != "identity";
            inline_keys(scene, emission, &provider.name, &provider.node, lowered);
        }
        if is_covered != Some(false) {
            continue;
        }
        is_covered = covers_secrets(entry);
        let (Some(true), Some(first)) = (is_covered, providers.first()) else { continue };
        let Some(provider) = first.entries().first() else {
            lowered.undecided += 1;
            continue;
        };
        let others = providers.iter().flat_map(Node::entries).any(|of| of.name != "identity");
        let value = match provider.name.as_str() {
            "identity" if others => Some("identity-first"),
            "identity" => Some("none"),
            "aescbc" | "aesgcm" => Some("weak"),
            // Without a version it is the first, which is switched off since Kubernetes 1.29.
            "kms" => match provider.node.get("apiVersion").map(|version| &version.tree) {
                None | Some(Tree::Null) => Some("weak"),
                Some(Tree::Text(version)) if version == "v1" => Some("weak"),
                _ => None,
            },
            _ => None,
        };
        if let Some(value) = value {
            let name = match provider.name.as_str() {
                "kms" => "kms v1",
                name => name,
            };
            let fact = setting(scene, emission, "encryption-at-rest", value, provider.name_span);
            lowered.facts.push(fact.with(Field::Name, name));
        }
    }
    match is_covered {
        Some(true) => {}
        None => lowered.undecided += 1,
        Some(false) => {
            let value = if encrypts { "partial" } else { "none" };
            let at = Span { end: entries.span.start, ..entries.span };
            let fact = setting(scene, emission, "encryption-at-rest", value, at);
            lowered.facts.push(fact.with(Field::Name, "secrets"));
        }
    }
}

/// Whether an entry is about Secrets; nothing if that is not known.
fn covers_secrets(entry: &Node) -> Option<bool> {
    let names = entry.get("resources").map(Node::elements).unwrap_or_default();
    if names.iter().any(|name| matches!(name.as_text(), Some("secrets" | "*." | "*.*"))) {
        return Some(true);
    }
    if names.iter().any(|name| name.as_text().is_none()) { None } else { Some(false) }
}

/// Keys that are written into the configuration.
fn inline_keys(
    scene: &Scene<'_>,
    emission: &Emission,
    provider: &str,
    node: &Node,
    lowered: &mut Lowered,
) {
    let algorithm = match provider {
        "aescbc" | "aesgcm" => "aes",
        "secretbox" => "xsalsa20",
        _ => return,
    };
    for key in node.get("keys").map(Node::elements).unwrap_or_default() {
        let Some(secret) = key.get("secret") else { continue };
        let bytes = secret.as_text().and_then(durations::bytes_of_base64);
        // What stands there before the key is filled in is none.
        let (Some(text), Some(bytes @ 1..)) = (secret.as_text(), bytes) else {
            lowered.undecided += 1;
            continue;
        };
        let name = format!("{provider} {}", self::text(key, "name").unwrap_or("key"));
        let storage = setting(scene, emission, "key-storage", "inline", secret.span);
        lowered.facts.push(storage.with(Field::Name, name.as_str()));
        if let Some(how) = not_random(text) {
            let fact = setting(scene, emission, "key-randomness", how, secret.span);
            lowered.facts.push(fact.with(Field::Name, name.as_str()));
        }
        let mut fact = scene.fact(Kind::Key, emission);
        fact.sites = vec![scene.sources.site(secret.span, false)];
        let mut fact = fact
            .with(Field::Key, format!("{}/{name}", scene.resource.declared()))
            .with(Field::Name, name)
            .with(Field::Algorithm, algorithm)
            .with(Field::Bits, bytes.saturating_mul(8))
            .with(Field::Purpose, "encrypt")
            .with(Field::CanRotate, false);
        lower::complete(&mut fact);
        lowered.facts.push(fact);
    }
}

/// Why a key in base64 was made by no generator of random numbers, if that can be seen: 16 random
/// bytes are all printable once in seven million times.
pub(crate) fn not_random(base64: &str) -> Option<&'static str> {
    let bytes = base64_text(base64.trim().as_bytes())?;
    if bytes.len() < 12 {
        return None;
    }
    let is_typed = bytes.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'));
    let distinct: std::collections::BTreeSet<u8> = bytes.iter().copied().collect();
    let is_counted = bytes.windows(2).all(|pair| match pair {
        [a, b] => a.wrapping_add(1) == *b,
        _ => false,
    });
    match () {
        () if distinct.len() < 6 => Some("repeated"),
        () if is_counted => Some("counted"),
        () if is_typed => Some("typed"),
        () => None,
    }
}

/// A subject of a binding. Roles of the cluster are in the table; any other is known by its kind,
/// namespace and name.
pub(crate) fn binding(
    resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let mut fact = scene.fact(Kind::Grant, emission);
    let Some(of) = resource.body.get("roleRef") else { return };
    let (Some(kind), Some(name)) = (text(of, "kind"), text(of, "name")) else {
        lowered.undecided += 1;
        return;
    };
    let is_empty = fact.fields.get(&Field::Capabilities) == Some(&Value::List(Vec::new()));
    if kind != "ClusterRole" || is_empty {
        let space = resource.body.get("metadata").and_then(|of| text(of, "namespace"));
        let role = match space.filter(|_| kind == "Role") {
            Some(space) => format!("{kind}/{space}/{name}"),
            None => format!("{kind}/{name}"),
        };
        fact = fact.with(Field::Role, role).with(Field::Capabilities, Value::Unknown);
    }
    lowered.facts.push(fact);
}

/// The arguments of a container: whether the API server is told to encrypt, and the keys that KMS
/// plugins name.
pub(crate) fn container_arguments(
    resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let Some(container) = scene.items.first() else { return };
    let nodes: Vec<&Node> = ["command", "args"]
        .iter()
        .filter_map(|name| container.get(name))
        .flat_map(Node::elements)
        .collect();
    let words = || {
        let texts = nodes.iter().filter_map(|node| Some((*node, node.as_partial()?)));
        texts.flat_map(|(node, text)| text.split_whitespace().map(move |word| (node, word)))
    };
    let is_called = |name: &str| words().any(|(_, word)| word.rsplit('/').next() == Some(name));
    if is_called("kube-apiserver") {
        let is_told = words().any(|(_, word)| {
            let flag = word.trim_start_matches('-').split('=').next().unwrap_or_default();
            matches!(flag, "encryption-provider-config" | "experimental-encryption-provider-config")
        });
        let is_open = nodes.iter().any(|node| node.as_text().is_none());
        match nodes.first() {
            _ if is_told => {}
            Some(first) if !is_open => {
                let fact = setting(scene, emission, "encryption-at-rest", "none", first.span);
                lowered.facts.push(fact.with(Field::Name, "kube-apiserver"));
            }
            _ => lowered.undecided += 1,
        }
    }
    let image = text(container, "image").unwrap_or_default();
    let is_plugin =
        ["encryption-provider", "kms-plugin", "cloudkms", "kubernetes-kms", "vault-kms"]
            .iter()
            .any(|name| image.contains(name) || words().any(|(_, word)| word.contains(name)));
    if !is_plugin {
        return;
    }
    for (node, word) in words() {
        let (flag, value) = word.split_once('=').unwrap_or((word, ""));
        if !matches!(flag.trim_start_matches('-'), "key" | "key-uri" | "key-arn" | "kms-key-id") {
            continue;
        }
        if value.is_empty() || value.contains("$(") {
            lowered.undecided += 1;
            continue;
        }
        let fact = Fact::new(Kind::Reference, scene.sources.site(node.span, true))
            .with(Field::Provider, emission.provider.as_str())
            .with(Field::Resource, resource.type_name.as_str())
            .with(Field::Key, key_identity(value, &resource.scope))
            .with(Field::Name, resource.address.as_str())
            .with(Field::Purpose, "wrap")
            .with(Field::DekStrength, 256_u64);
        lowered.facts.push(fact);
    }
}
