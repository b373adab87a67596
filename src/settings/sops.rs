//! SOPS: who can open the files that a creation rule is for.
//! <https://getsops.io/docs/#using-sopsyaml-conf-to-select-kms-pgp-and-age-for-new-files>

use super::{
    lower::{Lowered, Resource, Scene},
    providers::Emission,
    tree::{Node, Span},
};
use crate::settings::values::key_identity;
use crate::{
    fact::{Fact, Field, Kind},
    references,
};

/// Members that name recipients, what in an element is the recipient, and whether a service that
/// asks who is calling keeps the key.
const RECIPIENTS: &[(&str, &[&str], bool)] = &[
    ("age", &["recipient"], false),
    ("azure_keyvault", &["vaultUrl", "vault_url"], true),
    ("azure_kv", &["vault_url"], true),
    ("gcp_kms", &["resource_id"], true),
    ("hc_vault", &["vault_address"], true),
    ("hc_vault_transit", &["vault_address"], true),
    ("hc_vault_transit_uri", &[], true),
    ("kms", &["arn"], true),
    ("pgp", &["fp"], false),
];

/// Members that say which key of a vault is meant: in the metadata of files its name is apart.
const NAMED_APART: &[(&str, &str, &str, &str)] = &[
    ("vault_url", "keys", "name", "version"),
    ("vaultUrl", "keys", "key", "version"),
    ("vault_address", "keys", "key_name", ""),
];

/// The name of a key that is written in several members.
fn joined(node: &Node) -> Option<String> {
    let text = |name: &str| node.get(name).and_then(Node::as_text);
    NAMED_APART.iter().find_map(|(vault, keys, name, version)| {
        let (vault, name) = (text(vault)?.trim_end_matches('/'), text(name)?);
        let engine = text("engine_path").map_or(String::new(), |path| format!("/v1/{path}"));
        let version = text(version).map_or(String::new(), |version| format!("/{version}"));
        Some(format!("{vault}{engine}/{keys}/{name}{version}"))
    })
}

/// A recipient: its text, where it is written, and whether a service keeps it.
struct Recipient {
    text: String,
    at: Span,
    kept: bool,
}

/// The recipients of a creation rule, or of the metadata of a file.
pub(crate) fn recipients(
    resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let Some(rule) = scene.items.first() else { return };
    let files = rule.get("path_regex").and_then(Node::as_text);
    let name = files.unwrap_or("every file");
    let groups = match rule.get("key_groups") {
        Some(groups) if groups.is_unknown() => {
            lowered.undecided += 1;
            return;
        }
        Some(groups) => groups.elements().iter().collect(),
        None => vec![*rule],
    };
    let mut all = Vec::new();
    for group in &groups {
        if collect(group, &mut all).is_none() {
            lowered.undecided += 1;
            return;
        }
    }
    let Some(first) = all.first() else { return };
    let at = first.at;
    left_open(rule, &mut |at, how| {
        lowered.facts.push(
            Fact::new(Kind::Setting, scene.sources.site(at, true))
                .with(Field::Provider, emission.provider.as_str())
                .with(Field::Resource, resource.type_name.as_str())
                .with(Field::System, "sops")
                .with(Field::Setting, "encryption-at-rest")
                .with(Field::Value, "partial")
                .with(Field::Name, how),
        );
    });
    let setting = |name: &str, at: Span| {
        Fact::new(Kind::Setting, scene.sources.site(at, true))
            .with(Field::Provider, emission.provider.as_str())
            .with(Field::Resource, resource.type_name.as_str())
            .with(Field::System, "sops")
            .with(Field::Setting, name)
    };
    let kept = all.iter().filter(|recipient| recipient.kept).count();
    let how = match kept {
        0 => "local",
        kept if kept == all.len() => "kms",
        _ => "mixed",
    };
    lowered.facts.push(
        setting("recipients", at)
            .with(Field::Number, all.len() as u64)
            .with(Field::Value, how)
            .with(Field::Name, name),
    );
    // Without a threshold all groups are needed.
    let shares = groups.len() as u64;
    let threshold = rule.get("shamir_threshold");
    if shares > 1 || threshold.is_some() {
        let number = threshold.map_or(Some(shares), Node::as_int);
        let span = threshold.map_or(at, |node| node.span);
        match number {
            // Nought is the same as nothing.
            Some(number) => {
                let number = if number == 0 { shares } else { number };
                lowered.facts.push(
                    setting("quorum", span).with(Field::Number, number).with(Field::Name, name),
                );
            }
            None => lowered.undecided += 1,
        }
        lowered
            .facts
            .push(setting("shares", at).with(Field::Number, shares).with(Field::Name, name));
    }
    for recipient in &all {
        let fact = Fact::new(Kind::Reference, scene.sources.site(recipient.at, true))
            .with(Field::Resource, resource.type_name.as_str())
            .with_some(Field::Name, files);
        if recipient.text.starts_with("http://") {
            let fact = setting("transport", recipient.at).with(Field::Value, "plaintext");
            lowered.facts.push(fact.with(Field::Name, name));
        }
        if recipient.kept {
            lowered.facts.push(
                fact.with(Field::Provider, emission.provider.as_str())
                    .with(Field::Key, key_identity(key_of(&recipient.text), &resource.scope))
                    .with(Field::Purpose, "wrap")
                    .with(Field::DekStrength, 256_u64),
            );
        } else if let Some(known) = references::canonical(&recipient.text) {
            lowered.facts.push(
                fact.with(Field::Provider, known.provider)
                    .with(Field::Key, known.key)
                    .with(Field::Spelling, recipient.text.as_str()),
            );
        }
    }
}

/// The key that a recipient names: without the role that asks for it, and by its name where it is
/// one of a transit engine.
fn key_of(recipient: &str) -> &str {
    let recipient = recipient.split("+arn:").next().unwrap_or(recipient);
    match recipient.split_once("/v1/").and_then(|(_, rest)| rest.rsplit_once("/keys/")) {
        Some((_, name)) => name,
        None => recipient,
    }
}

/// Tells what names of values a rule leaves as they are, though they are those of secrets.
fn left_open(rule: &Node, tell: &mut dyn FnMut(Span, &str)) {
    const SECRETS: &[&str] = &["key", "secret", "password", "token", "private"];
    for member in ["unencrypted_regex", "unencrypted_suffix"] {
        let Some(node) = rule.get(member) else { continue };
        let Some(text) = node.as_text() else { continue };
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_lowercase);
        if words.any(|word| SECRETS.contains(&word.as_str())) {
            tell(node.span, member);
        }
    }
}

/// The recipients of a group, and of those that are merged into it. Nothing if some are not known.
fn collect(group: &Node, all: &mut Vec<Recipient>) -> Option<()> {
    let merged = group.get("merge").map(Node::elements).unwrap_or_default();
    for group in std::iter::once(group).chain(merged) {
        for (member, inside, kept) in RECIPIENTS {
            for node in group.get(member).map(Node::elements).unwrap_or_default() {
                let text = inside.iter().find_map(|name| node.get(name)).unwrap_or(node);
                let mut add = |text: &str| {
                    // What stands after `+` is the role that asks for the key.
                    let text = text.split("+arn:").next().unwrap_or_default();
                    let text = joined(node).unwrap_or_else(|| text.trim().to_owned());
                    all.push(Recipient { text, at: node.span, kept: *kept });
                };
                match text.as_text() {
                    // A vault by several members, or a role beside a key.
                    None if !node.entries().is_empty() => add(""),
                    None => return None,
                    // One text may name several.
                    Some(text) => {
                        text.split(',').filter(|one| !one.trim().is_empty()).for_each(add)
                    }
                }
            }
        }
    }
    Some(())
}
