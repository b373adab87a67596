//! What readers of lines share: lines that know where they begin, members whose names occur again,
//! and values that a template fills in.

use std::collections::HashMap;

use super::tree::{Entry, Node, Span, Tree};

/// Values that one document may have. Configuration that people write has thousands.
pub(crate) const VALUES: usize = 200_000;

/// The lines of `text` without their ends, and the byte at which each begins.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len();
        (at, line.trim_end_matches(['\n', '\r']))
    })
}

/// Where `part`, which is cut out of `whole`, begins in it.
pub(crate) fn offset(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

/// The span of `part` in `line`, which begins at byte `at` of a source.
pub(crate) fn span(source: u32, at: usize, line: &str, part: &str) -> Span {
    let start = at + offset(line, part);
    Span::new(source, start..start + part.len())
}

/// A value as it is written. What is filled in later is unknown: variables of shells, templates and
/// Spring, and what documentation puts between angle brackets.
pub(crate) fn literal(text: &str, span: Span) -> Node {
    let is_filled_in = text.contains("${")
        || text.contains("$(")
        || text.contains("{{")
        || text.contains("<%")
        || text.starts_with('<') && text.ends_with('>')
        || text.len() > 2 && text.starts_with('@') && text.ends_with('@')
        || text.len() > 2 && text.starts_with('%') && text.ends_with('%');
    if is_filled_in { Node::unknown(span) } else { Node::new(Tree::text(text), span) }
}

/// Members of a map as they are collected. A name that occurs again stands for a list.
#[derive(Default)]
pub(crate) struct Members {
    entries: Vec<Entry>,
    known: HashMap<String, usize>,
}

impl Members {
    pub(crate) fn add(&mut self, name: &str, name_span: Span, node: Node) {
        let Some(entry) = self.known.get(name).and_then(|&at| self.entries.get_mut(at)) else {
            self.known.insert(name.to_owned(), self.entries.len());
            self.entries.push(Entry { name: name.to_owned(), name_span, node });
            return;
        };
        if let Tree::List(nodes) = &mut entry.node.tree {
            nodes.push(node);
        } else {
            let span = entry.node.span;
            let first = std::mem::replace(&mut entry.node, Node::null(span));
            entry.node = Node::new(Tree::List(vec![first, node]), span);
        }
    }

    /// Adds a member whose name and value are computed.
    pub(crate) fn set(&mut self, name: &str, tree: Tree, span: Span) {
        self.add(name, span, Node::new(tree, span));
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.known.contains_key(name)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn node(self, span: Span) -> Node {
        Node::new(Tree::Map(self.entries), span)
    }
}

/// Texts as a list.
pub(crate) fn list<'a>(texts: impl Iterator<Item = &'a str>, span: Span) -> Node {
    let nodes = texts.map(str::trim).filter(|text| !text.is_empty());
    Node::new(Tree::List(nodes.map(|text| Node::new(Tree::text(text), span)).collect()), span)
}
