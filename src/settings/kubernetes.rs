//! Kubernetes: which type an object is, what bindings give and what an audit policy records. Below it
//! are the order of providers in an EncryptionConfiguration, and the arguments of containers;
//! everything else is in `rules/providers/kubernetes.yaml`.

mod arguments;
mod encryption;

pub(super) use self::{arguments::container_arguments, encryption::encryption_configuration};
use super::{
    lower::{Lowered, Resource, Scene},
    providers::{Emission, Providers},
    tree::{Node, Span},
};
use crate::fact::{Fact, Field, Kind, Value};

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

/// What an audit policy does with Secrets: the first rule that is about them counts, and one that
/// records bodies writes every key that is read or written into the log.
/// <https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#audit-policy>
pub(crate) fn audit(
    resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let words = |rule: &Node, name: &str| -> Vec<String> {
        let of = rule.get(name).map(Node::elements).unwrap_or_default();
        of.iter().filter_map(|word| word.as_text().map(str::to_owned)).collect()
    };
    for rule in resource.body.get("rules").map(Node::elements).unwrap_or_default() {
        let resources = rule.get("resources").map(Node::elements).unwrap_or_default();
        let is_of_secrets = |of: &Node| {
            let group = text(of, "group").unwrap_or_default();
            let names = words(of, "resources");
            let is_named = |name: &String| matches!(name.as_str(), "secrets" | "*" | "secrets/*");
            group.is_empty()
                && of.get("resourceNames").is_none()
                && (names.is_empty() || names.iter().any(is_named))
        };
        let is_about_paths = rule.get("nonResourceURLs").is_some() && resources.is_empty();
        if is_about_paths || !resources.is_empty() && !resources.iter().any(is_of_secrets) {
            continue;
        }
        let Some(level) = rule.get("level") else { continue };
        match level.as_text() {
            Some(name @ ("Request" | "RequestResponse")) => {
                let fact = setting(scene, emission, "audit", "raw", level.span);
                lowered.facts.push(fact.with(Field::Name, name));
                return;
            }
            Some(_) => {}
            None => lowered.undecided += 1,
        }
        // What is only about some requests leaves the others to the rules after it.
        let narrows = ["users", "userGroups", "verbs", "namespaces"];
        if !narrows.iter().any(|name| rule.get(name).is_some()) {
            return;
        }
    }
}
