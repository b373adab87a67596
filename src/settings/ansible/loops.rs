//! Tasks that are done once for each item of a list: `loop`, `with_items`, `with_dict`.

use crate::settings::tree::{Entry, Node, Tree};

use super::expression;

/// Items of one task; so many say what all of them are like.
const MOST: usize = 200;

/// Members of a task that name what it is done for.
const NAMES: &[&str] = &["loop", "with_items", "with_list", "with_flattened_items", "with_dict"];

/// What a task is done for, each with what stands behind its name then: nothing for one that is done
/// once, or for items that are not known.
pub(super) fn items(task: &Node) -> Vec<(String, Option<Node>)> {
    let Some((name, of)) = NAMES.iter().find_map(|name| Some((*name, task.get(name)?))) else {
        return vec![(String::new(), None)];
    };
    let found: Vec<Node> = match (&of.tree, name) {
        (Tree::List(nodes), _) => nodes.iter().take(MOST).cloned().collect(),
        (Tree::Map(entries), "with_dict") => entries.iter().take(MOST).map(pair).collect(),
        _ => Vec::new(),
    };
    if found.is_empty() {
        return vec![(String::new(), None)];
    }
    let number = |(number, of): (usize, Node)| (format!("[{number}]"), Some(of));
    found.into_iter().enumerate().map(number).collect()
}

/// A member as `item.key` and `item.value`.
fn pair(of: &Entry) -> Node {
    let entry = |name: &str, node| Entry { name: name.to_owned(), name_span: of.name_span, node };
    let key = Node::new(Tree::text(of.name.as_str()), of.name_span);
    Node::new(Tree::Map(vec![entry("key", key), entry("value", of.node.clone())]), of.node.span)
}

/// A value in which `${item…}` is what it stands for with this item.
pub(super) fn with(node: &Node, item: Option<&Node>) -> Node {
    let tree = match &node.tree {
        Tree::List(nodes) => Tree::List(nodes.iter().map(|of| with(of, item)).collect()),
        Tree::Map(entries) => {
            let entry = |of: &Entry| Entry { node: with(&of.node, item), ..of.clone() };
            Tree::Map(entries.iter().map(entry).collect())
        }
        Tree::Partial(text) if text.contains("${item") => {
            return text_with(text, node, item);
        }
        _ => return node.clone(),
    };
    Node::new(tree, node.span)
}

fn text_with(text: &str, node: &Node, item: Option<&Node>) -> Node {
    let value = |name: &str| {
        let names = |of: &str| item.filter(|_| of == "item").cloned();
        expression::value(name, &names)
    };
    let mut made = String::new();
    let mut is_whole = true;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        let known = value(name);
        if before.is_empty() && after.is_empty() && made.is_empty() {
            return known.unwrap_or(Node::unknown(node.span));
        }
        made.push_str(before);
        match known.as_ref().and_then(Node::scalar) {
            Some(known) => made.push_str(&known),
            None => {
                is_whole = false;
                made.push_str(&format!("${{{name}}}"));
            }
        }
        rest = after;
    }
    made.push_str(rest);
    Node::new(if is_whole { Tree::Text(made) } else { Tree::Partial(made) }, node.span)
}
