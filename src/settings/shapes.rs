//! Documents without types, told by what they hold.

use super::{
    Source, Sources,
    lower::{Resource, Scene, all_hold},
    providers::Providers,
    tree::{Entry, Node, Tree},
};

/// The resources that a document without types is, by the shapes of the providers.
pub(crate) fn recognise(
    document: &Node,
    format: &str,
    source: &Source,
    providers: &Providers,
    sources: &Sources,
) -> Vec<Resource> {
    let name = source.path.rsplit(['/', '!', ':']).next().unwrap_or_default();
    let mut resources = Vec::new();
    // Several documents may stand in one list, as `az keyvault list` prints them.
    for item in document.elements() {
        for shape in &providers.shapes {
            let fits = (shape.formats.is_empty() || shape.formats.iter().any(|f| f == format))
                && (shape.files.is_empty() || shape.files.iter().any(|f| fits_name(f, name)))
                && shape.has.iter().all(|path| !item.find(path).nodes.is_empty());
            if !fits {
                continue;
            }
            let resource = |body: Node, span| Resource {
                type_name: shape.type_name.clone(),
                address: String::new(),
                scope: source.path.clone(),
                body,
                span,
            };
            let whole = resource(item.clone(), item.span);
            let scene = Scene { resource: &whole, items: vec![item], sources };
            if all_hold(&shape.is, &scene) != Some(true) {
                continue;
            }
            match &shape.each {
                None if shape.is_flat => resources.push(resource(flat(item), item.span)),
                None if !shape.blocks.is_empty() => {
                    resources.push(resource(labelled(item, &shape.blocks), item.span));
                }
                None => resources.push(whole),
                Some(path) => resources
                    .extend(item.find(path).nodes.into_iter().map(|n| resource(n.clone(), n.span))),
            }
        }
    }
    resources
}

/// One map of everything in a document, as Spring and its kin name it: the names on the way joined
/// by dots, each in small letters with dashes (`keyStorePassword` is `key-store-password`).
fn flat(document: &Node) -> Node {
    fn add(way: &str, node: &Node, entries: &mut Vec<Entry>) {
        for entry in node.entries() {
            let name = dashed(&entry.name);
            let name = if way.is_empty() { name } else { format!("{way}.{name}") };
            match &entry.node.tree {
                Tree::Map(_) => add(&name, &entry.node, entries),
                _ => entries.push(Entry { name, ..entry.clone() }),
            }
        }
    }
    let mut entries = Vec::new();
    add("", document, &mut entries);
    Node::new(Tree::Map(entries), document.span)
}

fn dashed(name: &str) -> String {
    let mut dashed = String::with_capacity(name.len() + 4);
    let mut is_hump = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && is_hump {
            dashed.push('-');
        }
        is_hump = c.is_ascii_lowercase() || c.is_ascii_digit();
        dashed.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
    }
    dashed
}

/// The blocks of HCL that is written in JSON: `{"seal": {"awskms": {…}}}` with its label inside.
fn labelled(document: &Node, blocks: &[String]) -> Node {
    let mut document = document.clone();
    let Tree::Map(entries) = &mut document.tree else { return document };
    for entry in entries.iter_mut().filter(|entry| blocks.contains(&entry.name)) {
        let is_label = |of: &Node| {
            let of = of.entries();
            !of.is_empty()
                && of.iter().all(|of| of.node.elements().iter().all(|of| !of.entries().is_empty()))
        };
        if !entry.node.elements().iter().all(is_label) {
            continue;
        }
        let mut found = Vec::new();
        for of in entry.node.elements().iter().flat_map(Node::entries) {
            for body in of.node.elements() {
                let label = Node::new(Tree::text(of.name.as_str()), of.name_span);
                let label =
                    Entry { name: "$label".to_owned(), name_span: of.name_span, node: label };
                let members = std::iter::once(label).chain(body.entries().iter().cloned());
                found.push(Node::new(Tree::Map(members.collect()), of.name_span));
            }
        }
        entry.node = Node::new(Tree::List(found), entry.node.span);
    }
    document
}

/// Whether a value is like `pattern`, in which `*` stands for anything. Case does not count.
pub(super) fn is_like(pattern: &str, value: &str) -> bool {
    let (pattern, value) = (pattern.to_ascii_lowercase(), value.to_ascii_lowercase());
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == value };
    let Some(mut left) = value.strip_prefix(head) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        let Some(at) = left.find(part) else { return false };
        left = left.get(at + part.len()..).unwrap_or_default();
    }
    true
}

/// Whether a file's name is like `pattern`, in which one `*` stands for anything.
pub(crate) fn fits_name(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => name == pattern,
        Some((head, tail)) => {
            name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{json, tree::Path};

    fn found(document: &Node, path: &str) -> Vec<String> {
        let look = document.find(&Path::parse(path).unwrap());
        look.nodes.iter().filter_map(|node| node.as_text().map(str::to_owned)).collect()
    }

    #[test]
    fn what_is_nested_is_made_one_map_with_dashes() {
        let text = r#"{"server": {"ssl": {"keyStorePassword": "a"}}, "b.cD": "e", "list": [1]}"#;
        let flat = flat(&json::parse(0, text).unwrap());
        assert_eq!(found(&flat, "\"server.ssl.key-store-password\""), ["a"]);
        assert_eq!(found(&flat, "\"b.c-d\""), ["e"]);
        assert_eq!(found(&flat, "\"*key-store-password\""), ["a"]);
    }

    #[test]
    fn a_block_in_json_has_its_label_inside() {
        let blocks = ["seal".to_owned(), "storage".to_owned()];
        for text in [
            r#"{"seal": {"awskms": {"region": "x"}}, "storage": "raft"}"#,
            r#"{"seal": [{"awskms": [{"region": "x"}]}], "storage": {"path": "y"}}"#,
        ] {
            let document = labelled(&json::parse(0, text).unwrap(), &blocks);
            assert_eq!(found(&document, "seal.$label"), ["awskms"]);
            assert_eq!(found(&document, "seal.region"), ["x"]);
        }
    }
}
