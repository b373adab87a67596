//! Where documents have secrets, so that no excerpt shows one beside what it is about.

use super::{
    lower::{Found, Lowered, Resource, Scene, each_item},
    providers::Providers,
    sources::Sources,
    tree::{Node, Span, Tree},
};

/// What names of members end with whose values are never shown.
const NAMES: &[&str] =
    &["password", "passwd", "passphrase", "storepass", "keypass", "-pin", "_pin"];

/// Adds the places of secrets: what tables say are some, and what is called a password or a PIN.
pub(crate) fn secrets(
    resource: &Resource,
    providers: &Providers,
    sources: &Sources,
    into: &mut Vec<Span>,
) {
    for emission in providers.emissions(&resource.type_name) {
        for (_, spec) in emission.fields.iter().filter(|(_, spec)| spec.is_secret) {
            let mut counted_elsewhere = Lowered::default();
            let body = [&resource.body];
            each_item(&body, &emission.each, &mut counted_elsewhere, &mut |items, _| {
                let scene = Scene { resource, items: items.to_vec(), sources };
                for place in &spec.from {
                    if let Found::Nodes(nodes) = scene.look(place) {
                        into.extend(nodes.iter().map(|node| node.span));
                    }
                }
            });
        }
    }
    named(&resource.body, into);
}

fn named(node: &Node, into: &mut Vec<Span>) {
    for entry in node.entries() {
        let name = entry.name.to_ascii_lowercase();
        let is_secret = name == "pin" || NAMES.iter().any(|end| name.ends_with(end));
        if is_secret && entry.node.as_text().is_some() {
            into.push(entry.node.span);
        }
        named(&entry.node, into);
    }
    if let Tree::List(nodes) = &node.tree {
        nodes.iter().for_each(|node| named(node, into));
    }
}
