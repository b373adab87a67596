//! What is declared elsewhere in a template, or only exists once it is deployed: its attributes, its
//! identifiers, and members of values.

use super::{
    super::tree::{Entry, Node, Span, Tree},
    functions,
};

/// An attribute of something that is declared at `address`.
pub(in crate::settings) fn attribute(address: &str, name: &str, span: Span) -> Node {
    Node::new(Tree::Partial(format!("${{{address}.{name}}}")), span)
}

/// A name as an address has it: `${vaultName}/pan` is `<vaultName>/pan`.
pub(in crate::settings) fn address(name: &str) -> String {
    name.replace("${", "<").replace('}', ">")
}

/// What stands in a text that is nothing but `${…}`.
pub(super) fn inner(text: &str) -> Option<&str> {
    let inside = text.strip_prefix("${")?.strip_suffix('}')?;
    (!inside.contains("${")).then_some(inside)
}

/// A member of a value. Of what is not there yet it is an attribute.
pub(super) fn member(of: &Node, name: &str, span: Span) -> Node {
    match &of.tree {
        Tree::Map(entries) => {
            let fits = |entry: &&Entry| entry.name.eq_ignore_ascii_case(name);
            let found = entries.iter().rev().find(fits).map(|entry| entry.node.clone());
            found.unwrap_or_else(|| Node::null(span))
        }
        Tree::Partial(text) => {
            match inner(text).map(|of| of.rsplit_once('.').unwrap_or((of, ""))) {
                // Every output of a deployment is something of its own.
                Some((of, "outputs")) => attribute(&format!("{of}/{name}"), "value", span),
                Some(("subscription" | "tenant", _)) if name == "tenantId" => {
                    attribute("tenant", name, span)
                }
                // A part of a parameter.
                Some((of, "")) => Node::new(Tree::Partial(format!("${{{of}:{name}}}")), span),
                Some((of, _)) => attribute(of, name, span),
                None => Node::unknown(span),
            }
        }
        _ => Node::unknown(span),
    }
}

/// `resourceId([subscription], [group], type, name, …)`: what is declared under these names.
pub(super) fn resource_id(values: &[Node], span: Span) -> Node {
    let is_type = |node: &Node| {
        node.as_text().is_some_and(|text| {
            text.split_once('/').is_some_and(|(of, _)| of.contains('.') && !text.starts_with('/'))
        })
    };
    let Some(at) = values.iter().position(is_type) else { return Node::unknown(span) };
    let names = values.get(at + 1..).unwrap_or_default();
    let names = functions::joined(names, "/", span);
    let type_name = values.get(at).and_then(Node::as_text).unwrap_or_default();
    match &names.tree {
        // What is built in is the same everywhere.
        Tree::Text(name)
            if type_name.eq_ignore_ascii_case("Microsoft.Authorization/roleDefinitions") =>
        {
            let id = format!("/providers/Microsoft.Authorization/roleDefinitions/{name}");
            Node::new(Tree::Text(id), span)
        }
        Tree::Text(name) | Tree::Partial(name) => attribute(&address(name), "id", span),
        _ => Node::unknown(span),
    }
}
