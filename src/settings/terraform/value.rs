//! What expressions do with values: texts of them, comparisons, members. What is not known stays so.

use crate::settings::tree::{Entry, Node, Span, Tree};

/// Longer texts are not made.
pub(super) const LONGEST_TEXT: usize = 1 << 20;

/// An expression that Terraform would refuse: what `try` and `can` ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failed;

pub(super) type Outcome = Result<Node, Failed>;

/// What a value costs to copy: one for each value in it, and more for long texts.
pub(super) fn weight(node: &Node) -> u64 {
    match &node.tree {
        Tree::Text(text) | Tree::Partial(text) => 1 + text.len() as u64 / 64,
        Tree::List(nodes) => 1 + nodes.iter().map(weight).sum::<u64>(),
        Tree::Map(entries) => 1 + entries.iter().map(|entry| 1 + weight(&entry.node)).sum::<u64>(),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Unknown => 1,
    }
}

/// The address that a value is, if it is nothing but `${ADDRESS}`.
pub(super) fn reference(node: &Node) -> Option<&str> {
    match &node.tree {
        Tree::Partial(text) => text
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'))
            .filter(|address| !address.contains("${")),
        _ => None,
    }
}

pub(super) fn refer(address: &str, span: Span) -> Node {
    Node::new(Tree::Partial(format!("${{{address}}}")), span)
}

/// Whether nothing of a value is unknown, however deep.
pub(super) fn is_known(node: &Node) -> bool {
    match &node.tree {
        Tree::Unknown | Tree::Partial(_) => false,
        Tree::List(nodes) => nodes.iter().all(is_known),
        Tree::Map(entries) => entries.iter().all(|entry| is_known(&entry.node)),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => true,
    }
}

/// Whether a value is unknown itself, whatever is in it.
pub(super) fn is_open(node: &Node) -> bool {
    matches!(node.tree, Tree::Unknown | Tree::Partial(_))
}

/// Whether two values are equal, if that is known.
pub(super) fn equal(a: &Node, b: &Node) -> Option<bool> {
    match (&a.tree, &b.tree) {
        // The same thing, whatever it is.
        (Tree::Partial(a), Tree::Partial(b)) if a == b => Some(true),
        (Tree::Unknown | Tree::Partial(_), _) | (_, Tree::Unknown | Tree::Partial(_)) => None,
        (Tree::List(a), Tree::List(b)) => {
            if a.len() != b.len() {
                return Some(false);
            }
            all_of(a.iter().zip(b).map(|(a, b)| equal(a, b)))
        }
        (Tree::Map(of_a), Tree::Map(of_b)) => {
            if of_a.len() != of_b.len() {
                return Some(false);
            }
            all_of(of_a.iter().map(|entry| match b.get(&entry.name) {
                Some(other) => equal(&entry.node, other),
                None => Some(false),
            }))
        }
        (Tree::Null, Tree::Null) => Some(true),
        (Tree::Null | Tree::List(_) | Tree::Map(_), _)
        | (_, Tree::Null | Tree::List(_) | Tree::Map(_)) => Some(false),
        _ => Some(a.scalar() == b.scalar()),
    }
}

/// Whether all are true, if that is known.
fn all_of(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for part in parts {
        match part {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

/// A text that grows out of values, of which some may not be known.
#[derive(Default)]
pub(super) struct Text {
    pub text: String,
    pub is_partial: bool,
    pub is_too_long: bool,
}

impl Text {
    pub(super) fn push_str(&mut self, text: &str) {
        if self.text.len().saturating_add(text.len()) > LONGEST_TEXT {
            self.is_too_long = true;
        } else {
            self.text.push_str(text);
        }
    }

    /// Adds a value as a template does; lists and maps as JSON, because only `jsonencode` leaves
    /// them where a text is wanted.
    pub(super) fn push(&mut self, node: &Node) -> Result<(), Failed> {
        match &node.tree {
            Tree::Null => return Err(Failed),
            Tree::List(_) | Tree::Map(_) => self.push_json(node),
            Tree::Partial(text) => {
                self.is_partial = true;
                self.push_str(text);
            }
            Tree::Unknown => {
                self.is_partial = true;
                self.push_str("${…}");
            }
            Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => {
                self.push_str(&node.scalar().unwrap_or_default());
            }
        }
        Ok(())
    }

    pub(super) fn push_json(&mut self, node: &Node) {
        match &node.tree {
            Tree::Null => self.push_str("null"),
            Tree::Bool(_) | Tree::Number(_) => self.push_str(&node.scalar().unwrap_or_default()),
            Tree::Text(text) => self.push_quoted(text),
            Tree::Partial(text) => {
                self.is_partial = true;
                self.push_quoted(text);
            }
            Tree::Unknown => {
                self.is_partial = true;
                self.push_str("\"${…}\"");
            }
            Tree::List(nodes) => {
                self.push_str("[");
                for (index, node) in nodes.iter().enumerate() {
                    if index > 0 {
                        self.push_str(",");
                    }
                    self.push_json(node);
                }
                self.push_str("]");
            }
            Tree::Map(entries) => {
                self.push_str("{");
                for (index, entry) in entries.iter().enumerate() {
                    if index > 0 {
                        self.push_str(",");
                    }
                    self.push_quoted(&entry.name);
                    self.push_str(":");
                    self.push_json(&entry.node);
                }
                self.push_str("}");
            }
        }
    }

    fn push_quoted(&mut self, text: &str) {
        self.push_str(&serde_json::Value::from(text).to_string());
    }

    pub(super) fn into_node(self, span: Span) -> Node {
        let tree = match (self.is_too_long, self.is_partial) {
            (true, _) => Tree::Unknown,
            (false, true) => Tree::Partial(self.text),
            (false, false) => Tree::Text(self.text),
        };
        Node::new(tree, span)
    }
}

/// A member of a map that is made here.
pub(super) fn entry(name: &str, node: Node) -> Entry {
    Entry { name: name.to_owned(), name_span: node.span, node }
}

/// `node` with all of it at one place.
pub(super) fn placed(mut node: Node, span: Span) -> Node {
    fn put(node: &mut Node, span: Span) {
        node.span = span;
        match &mut node.tree {
            Tree::List(nodes) => nodes.iter_mut().for_each(|node| put(node, span)),
            Tree::Map(entries) => {
                for entry in entries {
                    entry.name_span = span;
                    put(&mut entry.node, span);
                }
            }
            _ => {}
        }
    }
    put(&mut node, span);
    node
}

/// Keys and values that a `for` goes over; nothing if they are not known.
pub(super) fn pairs(node: &Node) -> Result<Option<Vec<(Node, &Node)>>, Failed> {
    match &node.tree {
        Tree::List(nodes) => {
            #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
            let key = |index: usize, node: &Node| Node::new(Tree::Number(index as f64), node.span);
            Ok(Some(nodes.iter().enumerate().map(|(i, node)| (key(i, node), node)).collect()))
        }
        Tree::Map(entries) => {
            let key = |entry: &Entry| Node::new(Tree::text(entry.name.as_str()), entry.name_span);
            Ok(Some(entries.iter().map(|entry| (key(entry), &entry.node)).collect()))
        }
        Tree::Unknown | Tree::Partial(_) => Ok(None),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => Err(Failed),
    }
}

/// The index that a value is.
pub(super) fn as_index(node: &Node) -> Option<usize> {
    node.as_int().and_then(|index| usize::try_from(index).ok())
}
