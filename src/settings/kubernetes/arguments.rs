//! Arguments of containers: those of the API server, of etcd and of KMS plugins.

use super::{
    super::{
        lower::{Lowered, Resource, Scene},
        providers::Emission,
        tree::Node,
        values::key_identity,
    },
    setting, text,
};
use crate::fact::{Fact, Field, Kind};

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
    transport(scene, emission, &nodes, lowered);
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

/// Where etcd is talked to without TLS by anybody but its own host: everything that it holds goes
/// that way.
fn transport(scene: &Scene<'_>, emission: &Emission, nodes: &[&Node], lowered: &mut Lowered) {
    for node in nodes {
        let Some(text) = node.as_partial() else { continue };
        for word in text.split_whitespace() {
            let Some((flag, urls)) = word.split_once('=') else { continue };
            let flag = flag.trim_start_matches('-');
            if !matches!(flag, "listen-client-urls" | "etcd-servers") {
                continue;
            }
            let is_open = |url: &str| {
                let host = url.strip_prefix("http://");
                host.is_some_and(|host| {
                    !["127.", "localhost", "[::1]"].iter().any(|own| host.starts_with(own))
                })
            };
            if urls.split(',').any(is_open) {
                let fact = setting(scene, emission, "transport", "plaintext", node.span);
                lowered.facts.push(fact.with(Field::Name, flag));
            }
        }
    }
}
