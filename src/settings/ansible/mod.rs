//! Tasks of Ansible: each is a resource of the type `ansible:MODULE`, whatever collection the module is
//! named with, and its body the options of the module.
//!
//! Source: Ansible documentation, "Playbook Keywords"; the collections' documentation of modules.

mod expression;
mod loops;
mod variables;

pub(crate) use self::variables::{NAME, is_named_so, is_play, is_variables, read};

use super::{
    lower::Resource,
    providers::Providers,
    text,
    tree::{Entry, Node, Span, Tree},
};

/// Blocks inside of one another.
const DEPTH: usize = 16;

/// Where plays and blocks keep tasks.
const LISTS: &[&str] =
    &["tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"];

/// The tasks of a document, of the modules that tables know.
pub(crate) fn tasks(document: &Node, providers: &Providers, scope: &str) -> Vec<Resource> {
    let mut found = Vec::new();
    if let Tree::List(items) = &document.tree {
        list(items, &mut Vec::new(), providers, scope, 0, &mut found);
    }
    found
}

fn list<'a>(
    items: &'a [Node],
    defaults: &mut Vec<&'a Node>,
    providers: &Providers,
    scope: &str,
    depth: usize,
    found: &mut Vec<Resource>,
) {
    if depth > DEPTH {
        return;
    }
    for item in items {
        let before = defaults.len();
        defaults.extend(item.get("module_defaults"));
        for name in LISTS {
            if let Some(Tree::List(inner)) = item.get(name).map(|node| &node.tree) {
                list(inner, defaults, providers, scope, depth + 1, found);
            }
        }
        for entry in item.entries() {
            let module = entry.name.rsplit('.').next().unwrap_or_default();
            let type_name = format!("ansible:{module}");
            if providers.emissions(&type_name).is_empty() {
                continue;
            }
            let body = options(&entry.node, defaults, &entry.name);
            for (suffix, of) in loops::items(item) {
                let body = loops::with(&body, of.as_ref());
                let is_absent = body.get("state").and_then(Node::as_text) == Some("absent");
                if is_absent {
                    continue;
                }
                let name = item.get("name").map(|name| loops::with(name, of.as_ref()));
                let name = name.as_ref().and_then(Node::as_partial).unwrap_or(module);
                found.push(Resource {
                    type_name: type_name.clone(),
                    address: format!("{name}{suffix}"),
                    scope: scope.to_owned(),
                    body,
                    span: entry.name_span,
                });
            }
        }
        defaults.truncate(before);
    }
}

/// The options of a module, with those that plays give to all its tasks. They may be written as
/// `path=/etc/key size=2048`.
fn options(node: &Node, defaults: &[&Node], module: &str) -> Node {
    let mut entries = match &node.tree {
        Tree::Text(line) => words(line, node.span),
        _ => node.entries().to_vec(),
    };
    for of in defaults.iter().rev().filter_map(|defaults| defaults.get(module)) {
        for entry in of.entries() {
            if !entries.iter().any(|own| own.name == entry.name) {
                entries.push(entry.clone());
            }
        }
    }
    match &node.tree {
        Tree::Unknown => node.clone(),
        _ => Node::new(Tree::Map(entries), node.span),
    }
}

fn words(line: &str, span: Span) -> Vec<Entry> {
    let pairs = line.split_whitespace().filter_map(|word| word.split_once('='));
    let entry = |(name, value): (&str, &str)| Entry {
        name: name.to_owned(),
        name_span: span,
        node: text::literal(value.trim_matches(['"', '\'']), span),
    };
    pairs.map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::yaml;

    fn found(text: &str) -> Vec<(String, String, Node)> {
        let documents = yaml::parse(0, text).documents;
        let tasks = documents.iter().flat_map(|of| tasks(of, Providers::builtin(), "a.yml"));
        tasks.map(|of| (of.type_name, of.address, of.body)).collect()
    }

    #[test]
    fn tasks_are_found_in_plays_and_blocks_under_any_name_of_their_module() {
        let text = "- hosts: all\n  module_defaults:\n    openssl_privatekey: {size: 1024}\n  tasks:\n    \
                    - name: one\n      block:\n        - openssl_privatekey: path=/a type=RSA\n    \
                    - community.crypto.openssl_privatekey: {path: /b}\n    - debug: {msg: x}\n";
        let found = found(text);
        assert_eq!(found.len(), 2);
        let (kind, address, body) = &found[0];
        assert_eq!(
            (kind.as_str(), address.as_str()),
            ("ansible:openssl_privatekey", "openssl_privatekey")
        );
        assert_eq!(body.get("type").unwrap().as_text(), Some("RSA"));
        assert_eq!(body.get("size").unwrap().as_int(), Some(1024));
        assert_eq!(found[1].2.get("path").unwrap().as_text(), Some("/b"));
    }

    #[test]
    fn what_is_taken_away_or_no_list_is_no_task() {
        assert!(found("- kms_key: {alias: a, state: absent}\n").is_empty());
        assert!(found("kms_key: {alias: a}\n").is_empty());
        assert!(found(&"- block:\n".repeat(3)).is_empty());
    }
}
