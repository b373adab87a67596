//! States of Terraform: version 4, and version 3 as far as attributes stand for themselves.

use super::{
    plan::{body, type_name},
    value::entry,
};
use crate::settings::{
    Sources,
    lower::Resource,
    tree::{Node, Tree},
};

/// Whether a document is a state.
pub(crate) fn is(document: &Node) -> bool {
    let has = |name: &str| document.get(name).is_some();
    has("version") && has("serial") && (has("resources") || has("modules"))
}

/// Each instance of each resource that a state holds.
pub(crate) fn resources(document: &Node, scope: &str, sources: &Sources) -> Vec<Resource> {
    let mut resources = Vec::new();
    for of in document.get("resources").map(Node::elements).unwrap_or_default() {
        let (Some(type_name), Some(name)) = (type_name(of), of.get("name")) else { continue };
        let name_text = name.as_text().unwrap_or_default();
        let module = of.get("module").and_then(Node::as_text).unwrap_or_default();
        let dot = if module.is_empty() { "" } else { "." };
        for instance in of.get("instances").map(Node::elements).unwrap_or_default() {
            let Some(attributes) = instance.get("attributes") else { continue };
            let index = match instance.get("index_key") {
                Some(Node { tree: Tree::Text(key), .. }) => format!("[\"{key}\"]"),
                Some(key) => format!("[{}]", key.scalar().unwrap_or_default()),
                None => String::new(),
            };
            resources.push(Resource {
                type_name: type_name.clone(),
                address: format!("{module}{dot}{type_name}.{name_text}{index}"),
                scope: scope.to_owned(),
                body: body(attributes, "state", sources),
                span: name.span,
            });
        }
    }
    for module in document.get("modules").map(Node::elements).unwrap_or_default() {
        add_old(module, scope, sources, &mut resources);
    }
    resources
}

/// Version 3: attributes of all depths in one map, of which only the outermost are taken.
fn add_old(module: &Node, scope: &str, sources: &Sources, resources: &mut Vec<Resource>) {
    let mut prefix = String::new();
    for name in module.get("path").map(Node::elements).unwrap_or_default().iter().skip(1) {
        prefix.push_str(&format!("module.{}.", name.as_text().unwrap_or_default()));
    }
    for of in module.get("resources").map(Node::entries).unwrap_or_default() {
        let attributes = of.node.get("primary").and_then(|primary| primary.get("attributes"));
        let (Some(kind), Some(attributes)) = (of.node.get("type"), attributes) else { continue };
        let whole = attributes.entries().iter().filter(|of| !of.name.contains('.'));
        let entries = whole.map(|of| entry(&of.name, of.node.clone())).collect();
        let attributes = Node::new(Tree::Map(entries), attributes.span);
        let kind = kind.as_text().unwrap_or_default();
        let data = if of.name.starts_with("data.") { "data." } else { "" };
        resources.push(Resource {
            type_name: format!("{data}{kind}"),
            address: format!("{prefix}{}", of.name),
            scope: scope.to_owned(),
            body: body(&attributes, "state", sources),
            span: of.name_span,
        });
    }
}
