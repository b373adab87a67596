//! Servers of Vault in JSON or YAML: what HCL writes as `seal "awskms" { … }` is a member `awskms` of
//! `seal` there, or of an element of it. It becomes the block with its label, which tables know.
//!
//! Source: HCL, "JSON syntax specification"; Vault documentation, "Server configuration".

use super::tree::{Entry, Node, Tree};

/// Blocks that have one label.
const BLOCKS: &[&str] = &["seal", "storage", "ha_storage", "listener", "service_registration"];

/// Whether a document is a server: it has such blocks, each with members that are maps.
pub(super) fn is(document: &Node) -> bool {
    let has = |name: &str| {
        let blocks = document.get(name).map(Node::elements).unwrap_or_default();
        !blocks.is_empty() && blocks.iter().all(is_labelled)
    };
    has("seal") || has("storage") && has("listener")
}

fn is_labelled(block: &Node) -> bool {
    let is_body = |node: &Node| {
        !node.elements().is_empty()
            && node.elements().iter().all(|node| matches!(node.tree, Tree::Map(_)))
    };
    !block.entries().is_empty() && block.entries().iter().all(|entry| is_body(&entry.node))
}

/// The document with labels as HCL gives them.
pub(super) fn with_labels(document: &Node) -> Node {
    let entry = |entry: &Entry| {
        let blocks = entry.node.elements();
        if !BLOCKS.contains(&entry.name.as_str()) || !blocks.iter().all(is_labelled) {
            return entry.clone();
        }
        let nodes = blocks.iter().flat_map(Node::entries).flat_map(|label| {
            label.node.elements().iter().map(|body| {
                let text = Node::new(Tree::text(&*label.name), label.name_span);
                let name =
                    Entry { name: "$label".to_owned(), name_span: label.name_span, node: text };
                let members = std::iter::once(name).chain(body.entries().iter().cloned());
                Node::new(Tree::Map(members.collect()), body.span)
            })
        });
        let node = Node::new(Tree::List(nodes.collect()), entry.node.span);
        Entry { node, ..entry.clone() }
    };
    Node::new(Tree::Map(document.entries().iter().map(entry).collect()), document.span)
}

/// The servers that stand in a document: itself, or what is called `config` in it.
pub(super) fn servers<'a>(node: &'a Node, into: &mut Vec<&'a Node>) {
    if let Tree::List(nodes) = &node.tree {
        nodes.iter().for_each(|node| servers(node, into));
    }
    for entry in node.entries() {
        let is_server = entry.name == "config" && is(&entry.node);
        if is_server {
            into.push(&entry.node);
        } else {
            servers(&entry.node, into);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::json;

    #[test]
    fn members_become_labels() {
        for text in [
            r#"{"seal": {"awskms": {"region": "x"}, "transit": {"address": "y"}}}"#,
            r#"{"seal": [{"awskms": {"region": "x"}}, {"transit": [{"address": "y"}]}]}"#,
        ] {
            let document = json::parse(0, text).unwrap();
            assert!(is(&document));
            let found = with_labels(&document);
            let seals = found.get("seal").unwrap().elements();
            let labels: Vec<_> =
                seals.iter().filter_map(|of| of.get("$label")?.as_text()).collect();
            assert_eq!(labels, ["awskms", "transit"]);
            assert_eq!(seals[0].get("region").unwrap().as_text(), Some("x"));
            let span = seals[0].get("$label").unwrap().span;
            assert_eq!(&text[span.start as usize..span.end as usize], "\"awskms\"");
        }
        for text in [r#"{"seal": "awskms"}"#, r#"{"seal": {"a": 1}}"#, r#"{"seal": {}}"#, "[]"] {
            assert!(!is(&json::parse(0, text).unwrap()), "{text}");
        }
    }
}
