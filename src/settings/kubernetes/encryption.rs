//! EncryptionConfiguration of Kubernetes: the order of its providers, and keys that stand in it.

use super::{
    super::{
        durations,
        lower::{Lowered, Resource, Scene},
        providers::Emission,
        tree::{Node, Span, Tree},
    },
    setting,
};
use crate::{
    fact::{Field, Kind},
    formats::text::base64 as base64_text,
    settings::settle,
};

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
        let name = format!("{provider} {}", super::text(key, "name").unwrap_or("key"));
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
        settle::complete(&mut fact);
        lowered.facts.push(fact);
    }
}

/// Why a key in base64 was made by no generator of random numbers, if that can be seen: 16 random
/// bytes are all printable once in seven million times.
fn not_random(base64: &str) -> Option<&'static str> {
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
