//! Keys of the transit engine that command lines of Vault and OpenBao name, on a mount of any name:
//! `vault write cards/keys/pan`, `bao read cards/keys/pan`, `vault write cards/sign/pan input=…`.

use crate::{
    fact::{Fact, Field, Kind},
    references,
    settings::{
        lower::{Lowered, Resource, Scene},
        providers::Emission,
        tree::Node,
    },
};

/// What is said when something is signed or verified by such a key: certificates and keys of SSH are
/// signed too.
const SIGNS: &[&str] = &[
    "input=",
    "batch_input=",
    "hash_algorithm=",
    "signature=",
    "signature_algorithm=",
    "prehashed=",
];

pub(crate) fn key_of_command(
    resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let Some(command) = scene.items.first() else { return };
    let text = command.get("text").and_then(Node::as_text).unwrap_or_default();
    let mut words = text.split(' ').skip(1);
    let Some("read" | "write" | "list" | "delete") = words.next() else { return };
    // What follows a flag without a value looks like one.
    let options = command.get("options");
    let flag = |name| options.and_then(|options: &Node| options.get(name)?.as_text());
    let flagged = flag("f").or_else(|| flag("force")).filter(|path| path.contains('/'));
    let Some(path) = flagged.or_else(|| words.next()) else { return };
    let is_signed = path.contains("/sign/") || path.contains("/verify/");
    let says = |word: &str| SIGNS.iter().any(|start| word.starts_with(start));
    if is_signed && !path.contains("transit") && !words.any(says) {
        return;
    }
    // What a variable stands for is unknown.
    if path.contains('…') {
        lowered.undecided += 1;
        return;
    }
    let Some(key) = references::canonical(path).filter(|of| of.provider == "vault") else { return };
    if key.resource != "key" {
        return;
    }
    lowered.facts.push(
        Fact::new(Kind::Reference, scene.sources.site(resource.span, true))
            .with(Field::Provider, emission.provider.as_str())
            .with(Field::Resource, resource.type_name.as_str())
            .with(Field::Key, path)
            .with_some(Field::Alias, key.alias)
            .with(Field::Name, resource.type_name.as_str()),
    );
}
