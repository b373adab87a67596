//! Data sources that make documents out of what is written in them: policies of IAM, Google and
//! Vault, and templates. They come to what the document says, with the places of all that is in it.

use super::{
    eval::Scope,
    files,
    value::{entry, is_open},
    world::World,
};
use crate::settings::{
    hcl::{push_to_list, syntax::Block},
    tree::{Entry, Node, Tree},
    within,
};

/// An attribute that a data source makes; nothing for any other.
pub(super) fn attribute<'a>(
    world: &World<'a>,
    kind: &str,
    name: &str,
    block: &Block,
    scope: Scope<'a, '_>,
) -> Option<Node> {
    let body = || world.body(&block.body, scope, block.head);
    match (kind, name) {
        ("aws_iam_policy_document", "json" | "minified_json") => Some(iam(world, &body())),
        ("google_iam_policy", "policy_data") => Some(google(&body())),
        ("vault_policy_document", "hcl") => Some(vault(&body())),
        ("template_file", "rendered") => {
            let body = body();
            let names = body.get("vars").cloned();
            let names = names.unwrap_or(Node::new(Tree::Map(Vec::new()), block.head));
            Some(match body.get("template") {
                // A document was read out of it already, if nothing is to be filled in.
                Some(text) if text.as_text().is_some() => {
                    files::rendered(world, text, &names, scope)
                }
                _ => match block.body.value("template").map(|of| world.eval(of, scope)) {
                    Some(Ok(text)) => files::rendered(world, &text, &names, scope),
                    _ => Node::unknown(block.head),
                },
            })
        }
        _ => None,
    }
}

/// `aws_iam_policy_document`: own statements replace those of source documents that have the same
/// `sid`, and are replaced by those of override documents.
fn iam(world: &World<'_>, body: &Node) -> Node {
    let span = body.span;
    let mut statements = Vec::new();
    for name in ["source_json", "source_policy_documents"] {
        add_documents(world, body.get(name), &mut statements);
    }
    for statement in body.get("statement").map(Node::elements).unwrap_or_default() {
        add_statement(iam_statement(statement), &mut statements);
    }
    for name in ["override_json", "override_policy_documents"] {
        add_documents(world, body.get(name), &mut statements);
    }
    let version = body.get("version").filter(|version| !version.is_null());
    let mut entries = vec![
        entry("Version", version.cloned().unwrap_or(Node::new(Tree::text("2012-10-17"), span))),
        entry("Statement", Node::new(Tree::List(statements), span)),
    ];
    entries.extend(body.get("policy_id").map(|id| entry("Id", id.clone())));
    Node::new(Tree::Map(entries), span)
}

fn add_documents(world: &World<'_>, documents: Option<&Node>, statements: &mut Vec<Node>) {
    for document in documents.map(Node::elements).unwrap_or_default() {
        if document.as_text() == Some("") {
            continue;
        }
        let read = within::json(document, world.sources);
        let document = read.as_ref().unwrap_or(document);
        match (&document.tree, document.get("Statement")) {
            (Tree::Map(_), Some(of)) => {
                for statement in of.elements() {
                    add_statement(world.copy(statement), statements);
                }
            }
            (Tree::Map(_), None) => {}
            // What it says is not known, and so is what is said in all.
            _ => statements.push(Node::unknown(document.span)),
        }
    }
}

fn add_statement(statement: Node, statements: &mut Vec<Node>) {
    let sid = |node: &Node| node.get("Sid").and_then(Node::as_text).map(str::to_owned);
    let name = sid(&statement).filter(|sid| !sid.is_empty());
    let known = statements.iter_mut().find(|known| name.is_some() && sid(known) == name);
    match known {
        Some(known) => *known = statement,
        None => statements.push(statement),
    }
}

/// A statement as policies have it, out of one as Terraform writes it: in a block, or as modules are
/// given it.
pub(in crate::settings) fn iam_statement(block: &Node) -> Node {
    let Tree::Map(_) = &block.tree else { return Node::unknown(block.span) };
    let mut entries = Vec::new();
    for of in block.entries() {
        let name = match of.name.as_str() {
            "sid" => "Sid",
            "effect" => "Effect",
            "actions" => "Action",
            "not_actions" => "NotAction",
            "resources" => "Resource",
            "not_resources" => "NotResource",
            _ => continue,
        };
        if !of.node.is_null() {
            let node = iam_text(of.node.clone());
            entries.push(Entry { name: name.to_owned(), name_span: of.name_span, node });
        }
    }
    if !entries.iter().any(|entry| entry.name == "Effect") {
        entries.push(entry("Effect", Node::new(Tree::text("Allow"), block.span)));
    }
    for (from, to) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        if let Some(of) = block.get(from).filter(|of| !of.is_null()) {
            entries.push(entry(to, principals(of)));
        }
    }
    let conditions_of = block.get("condition").or_else(|| block.get("conditions"));
    if let Some(of) = conditions_of.filter(|of| !of.is_null()) {
        entries.push(entry("Condition", conditions(of)));
    }
    Node::new(Tree::Map(entries), block.span)
}

/// `&{…}` is how a policy variable is written where `${…}` would be filled in.
fn iam_text(mut node: Node) -> Node {
    match &mut node.tree {
        Tree::Text(text) | Tree::Partial(text) if text.contains("&{") => {
            *text = text.replace("&{", "${");
        }
        Tree::List(nodes) => {
            for of in nodes {
                let old = std::mem::replace(of, Node::null(of.span));
                *of = iam_text(old);
            }
        }
        _ => {}
    }
    node
}

fn principals(blocks: &Node) -> Node {
    let mut entries: Vec<Entry> = Vec::new();
    for block in blocks.elements() {
        let kind = block.get("type").and_then(Node::as_text);
        let (Some(kind), Some(identifiers)) = (kind, block.get("identifiers")) else {
            return Node::unknown(block.span);
        };
        if is_open(identifiers) {
            return Node::unknown(identifiers.span);
        }
        // A star of any type is everybody.
        if kind == "*" {
            if let Some(star) = identifiers.elements().iter().find(|n| n.as_text() == Some("*")) {
                return star.clone();
            }
            return Node::unknown(identifiers.span);
        }
        for identifier in identifiers.elements() {
            push_to_list(&mut entries, kind, block.span, iam_text(identifier.clone()));
        }
    }
    Node::new(Tree::Map(entries), blocks.span)
}

fn conditions(blocks: &Node) -> Node {
    let mut entries: Vec<Entry> = Vec::new();
    for block in blocks.elements() {
        let text = |name: &str| block.get(name).and_then(Node::as_partial).map(str::to_owned);
        let (Some(test), Some(variable)) = (text("test"), text("variable")) else {
            return Node::unknown(block.span);
        };
        let values = block.get("values").cloned().unwrap_or(Node::unknown(block.span));
        let values = iam_text(values);
        let position = entries.iter().position(|entry| entry.name == test);
        let position = position.unwrap_or_else(|| {
            entries.push(entry(&test, Node::new(Tree::Map(Vec::new()), block.span)));
            entries.len() - 1
        });
        if let Some(Entry { node: Node { tree: Tree::Map(of), .. }, .. }) =
            entries.get_mut(position)
        {
            of.push(Entry { name: variable, name_span: block.span, node: values });
        }
    }
    Node::new(Tree::Map(entries), blocks.span)
}

/// `google_iam_policy` as `gcloud … get-iam-policy` prints one.
fn google(body: &Node) -> Node {
    let bindings = body.get("binding").map(Node::elements).unwrap_or_default().to_vec();
    let bindings = Node::new(Tree::List(bindings), body.span);
    Node::new(Tree::Map(vec![entry("bindings", bindings)]), body.span)
}

/// `vault_policy_document` as the document in HCL that it makes.
fn vault(body: &Node) -> Node {
    let mut paths = Vec::new();
    for rule in body.get("rule").map(Node::elements).unwrap_or_default() {
        let Tree::Map(entries) = &rule.tree else {
            paths.push(Node::unknown(rule.span));
            continue;
        };
        let mut entries = entries.clone();
        let path = rule.get("path").cloned().unwrap_or(Node::unknown(rule.span));
        entries.push(entry("$label", path.clone()));
        entries.push(entry("$labels", Node::new(Tree::List(vec![path]), rule.span)));
        paths.push(Node::new(Tree::Map(entries), rule.span));
    }
    let paths = Node::new(Tree::List(paths), body.span);
    Node::new(Tree::Map(vec![entry("path", paths)]), body.span)
}
