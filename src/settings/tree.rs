//! A document as a tree, in which every value knows where it is written: what each front end of
//! configuration gives, and what the tables of providers look into.

use std::{borrow::Cow, ops::Range};

use zeroize::Zeroize;

use super::shapes::is_like;

/// Name of a member that stands for others whose names are not known: no other is absent then.
pub(crate) const OTHERS: &str = "\u{f8ff}";

/// Where a value is written: a file of the [`Sources`](super::Sources), and bytes of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    pub source: u32,
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// Bytes `range` of source number `source`.
    pub(crate) fn new(source: u32, range: Range<usize>) -> Self {
        let clip = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { source, start: clip(range.start), end: clip(range.end) }
    }

    fn shift(&mut self, by: usize) {
        let by = u32::try_from(by).unwrap_or(u32::MAX);
        self.start = self.start.saturating_add(by);
        self.end = self.end.saturating_add(by);
    }
}

/// A value and where it is written.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Node {
    pub tree: Tree,
    pub span: Span,
}

/// A member of a map: its name, where the name is written, and its value.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Entry {
    pub name: String,
    pub name_span: Span,
    pub node: Node,
}

/// A value. Configuration may hold secrets: it is wiped when dropped, and has no `Debug`.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Tree {
    /// Written as nothing: the same as not written.
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// A text of which parts are not known before things exist. They are written `${NAME}`:
    /// `arn:aws:iam::${data.aws_caller_identity.current.account_id}:root`, or `${aws_kms_key.a.arn}`
    /// alone for an attribute of another resource.
    Partial(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// What stands here cannot be known. It makes a rule neither fire nor pass.
    Unknown,
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Self::Text(text) | Self::Partial(text) = self {
            text.zeroize();
        }
    }
}

impl Tree {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

impl Node {
    pub(crate) fn new(tree: Tree, span: Span) -> Self {
        Self { tree, span }
    }

    pub(crate) fn null(span: Span) -> Self {
        Self { tree: Tree::Null, span }
    }

    pub(crate) fn unknown(span: Span) -> Self {
        Self { tree: Tree::Unknown, span }
    }

    /// The member of a map with this name; of several the last, as most readers do.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.entries().iter().rev().find(|entry| entry.name == name).map(|entry| &entry.node)
    }

    /// The members of a map; nothing of anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.tree {
            Tree::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list, or the value itself, as formats that take one for a list of one.
    /// Nothing of a null.
    pub(crate) fn elements(&self) -> &[Self] {
        match &self.tree {
            Tree::List(nodes) => nodes,
            Tree::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// A text that is known in full.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.tree {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text, also one of which parts are not known: these are written `${NAME}`.
    pub(crate) fn as_partial(&self) -> Option<&str> {
        match &self.tree {
            Tree::Text(text) | Tree::Partial(text) => Some(text),
            _ => None,
        }
    }

    /// A truth value, also one that is written as a text.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match &self.tree {
            Tree::Bool(value) => Some(*value),
            Tree::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Tree::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// A whole number that is not negative, also one that is written as a text.
    pub(crate) fn as_int(&self) -> Option<u64> {
        match &self.tree {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a whole number in range"
            )]
            Tree::Number(number) if number.fract() == 0.0 && (0.0..9e15).contains(number) => {
                Some(*number as u64)
            }
            Tree::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A single value as it would be written.
    pub(crate) fn scalar(&self) -> Option<Cow<'_, str>> {
        match &self.tree {
            Tree::Bool(value) => Some(if *value { "true" } else { "false" }.into()),
            Tree::Number(number) => Some(number.to_string().into()),
            Tree::Text(text) => Some(text.as_str().into()),
            _ => None,
        }
    }

    /// Whether two values are the same, wherever they are written.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.tree, &other.tree) {
            (Tree::Null, Tree::Null) | (Tree::Unknown, Tree::Unknown) => true,
            (Tree::Bool(a), Tree::Bool(b)) => a == b,
            (Tree::Number(a), Tree::Number(b)) => a.total_cmp(b).is_eq(),
            (Tree::Text(a), Tree::Text(b)) | (Tree::Partial(a), Tree::Partial(b)) => a == b,
            (Tree::List(a), Tree::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b))
            }
            (Tree::Map(a), Tree::Map(b)) => {
                let is_same =
                    |(a, b): (&Entry, &Entry)| a.name == b.name && a.node.is_same(&b.node);
                a.len() == b.len() && a.iter().zip(b).all(is_same)
            }
            _ => false,
        }
    }

    /// The name that `member`, a part of this, stands under.
    pub(crate) fn name_of(&self, member: &Self) -> Option<&str> {
        if let Tree::List(nodes) = &self.tree {
            return nodes.iter().find_map(|node| node.name_of(member));
        }
        self.entries().iter().find_map(|entry| {
            let is_it = std::ptr::eq(&entry.node, member)
                || entry.node.elements().iter().any(|node| std::ptr::eq(node, member));
            if is_it { Some(entry.name.as_str()) } else { entry.node.name_of(member) }
        })
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.tree, Tree::Null)
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.tree, Tree::Unknown)
    }

    /// Moves all spans by `by` bytes, for a part that was read on its own.
    pub(crate) fn shift(&mut self, by: usize) {
        self.respan(&|span| span.shift(by));
    }

    fn respan(&mut self, change: &dyn Fn(&mut Span)) {
        change(&mut self.span);
        match &mut self.tree {
            Tree::List(nodes) => nodes.iter_mut().for_each(|node| node.respan(change)),
            Tree::Map(entries) => {
                for entry in entries {
                    change(&mut entry.name_span);
                    entry.node.respan(change);
                }
            }
            _ => {}
        }
    }

    /// Where `path` ends at something that is written as nothing.
    pub(crate) fn null_at(&self, path: &Path) -> Option<Span> {
        let mut node = self;
        for step in &path.0 {
            match step {
                Step::Name(name) => node = node.get(name)?,
                Step::Like(_) | Step::Elements | Step::Members => return None,
            }
            if node.is_null() {
                return Some(node.span);
            }
        }
        None
    }

    /// What `path` leads to; see [`Path`].
    pub(crate) fn find<'a>(&'a self, path: &Path) -> Look<'a> {
        let mut look = Look { nodes: vec![self], unknown: false };
        for step in &path.0 {
            let mut next = Vec::new();
            for node in std::mem::take(&mut look.nodes) {
                step.take(node, &mut next, &mut look.unknown);
            }
            look.nodes = next;
        }
        look.unknown |= look.nodes.iter().any(|node| node.is_unknown());
        look.nodes.retain(|node| !node.is_null() && !node.is_unknown());
        look
    }
}

/// What a path leads to.
pub(crate) struct Look<'a> {
    /// In the order of the document; none is null or unknown.
    pub nodes: Vec<&'a Node>,
    /// Whether there may be more, that is not known.
    pub unknown: bool,
}

/// A way into a tree: names joined by dots. A name that stands for a list goes into each of its
/// elements; `name[]` gives the elements themselves, and `*` every member of a map. Names that hold
/// dots are quoted: `metadata.labels."a.b/c"`; in them, `*` stands for anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    /// Members whose names are like this.
    Like(String),
    Elements,
    Members,
}

impl Path {
    /// Reads a path; `.` alone is the value itself. Nothing where it makes no sense.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut rest = text;
        if rest == "." {
            return Some(Self(steps));
        }
        loop {
            let name;
            (name, rest) = if let Some(quoted) = rest.strip_prefix('"') {
                let (name, after) = quoted.split_once('"')?;
                (name, after)
            } else {
                rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()))
            };
            match name {
                "" if rest.starts_with("[]") && steps.is_empty() => {}
                "" => return None,
                "*" => steps.push(Step::Members),
                name if name.contains('*') => steps.push(Step::Like(name.to_owned())),
                name => steps.push(Step::Name(name.to_owned())),
            }
            if let Some(after) = rest.strip_prefix("[]") {
                steps.push(Step::Elements);
                rest = after;
            }
            match rest.strip_prefix('.') {
                Some(after) => rest = after,
                None if rest.is_empty() => return Some(Self(steps)),
                None => return None,
            }
        }
    }
}

impl Step {
    fn take<'a>(&self, node: &'a Node, next: &mut Vec<&'a Node>, unknown: &mut bool) {
        match (self, &node.tree) {
            (_, Tree::Unknown | Tree::Partial(_)) => *unknown = true,
            (Self::Name(name), Tree::Map(_)) => {
                let found = node.get(name);
                *unknown |= found.is_none() && node.get(OTHERS).is_some();
                next.extend(found);
            }
            (Self::Name(_), Tree::List(nodes)) => {
                for node in nodes {
                    self.take(node, next, unknown);
                }
            }
            (Self::Like(pattern), Tree::Map(entries)) => {
                let fits = |entry: &&Entry| is_like(pattern, &entry.name);
                next.extend(entries.iter().filter(fits).map(|entry| &entry.node));
            }
            (Self::Elements, _) => next.extend(node.elements()),
            (Self::Members, Tree::Map(entries)) => {
                next.extend(entries.iter().map(|entry| &entry.node));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: Vec<(&str, Tree)>) -> Tree {
        let span = Span::default();
        let entry = |(name, tree): (&str, Tree)| Entry {
            name: name.to_owned(),
            name_span: span,
            node: Node::new(tree, span),
        };
        Tree::Map(entries.into_iter().map(entry).collect())
    }

    fn node(tree: Tree) -> Node {
        Node::new(tree, Span::default())
    }

    fn texts(look: &Look<'_>) -> Vec<String> {
        look.nodes.iter().filter_map(|node| node.scalar().map(Cow::into_owned)).collect()
    }

    #[test]
    fn a_path_leads_through_maps_and_lists() {
        let one = |name: &str| node(map(vec![("name", Tree::text(name))]));
        let root = node(map(vec![
            ("keys", Tree::List(vec![one("a"), one("b")])),
            ("a.b", Tree::Bool(true)),
            ("gone", Tree::Null),
        ]));
        for (path, found) in [
            ("keys.name", vec!["a", "b"]),
            ("keys[].name", vec!["a", "b"]),
            ("\"a.b\"", vec!["true"]),
            ("*.name", vec!["a", "b"]),
            ("gone", vec![]),
            ("keys.other", vec![]),
        ] {
            let look = root.find(&Path::parse(path).unwrap());
            assert_eq!(texts(&look), found, "{path}");
            assert!(!look.unknown);
        }
        for path in ["", "a..b", "a[", "a[]b", "\"a"] {
            assert_eq!(Path::parse(path), None, "{path}");
        }
    }

    #[test]
    fn what_lies_behind_something_unknown_is_unknown_and_not_absent() {
        let root = node(map(vec![("a", Tree::Unknown), ("b", Tree::Partial("${x}".into()))]));
        for path in ["a", "a.b", "b.c"] {
            let look = root.find(&Path::parse(path).unwrap());
            assert!(look.nodes.is_empty() && look.unknown, "{path}");
        }
    }

    #[test]
    fn numbers_and_truths_may_be_written_as_texts() {
        assert_eq!(node(Tree::text("90")).as_int(), Some(90));
        assert_eq!(node(Tree::Number(90.5)).as_int(), None);
        assert_eq!(node(Tree::text("True")).as_bool(), Some(true));
        assert_eq!(node(Tree::Number(111_122_223_333.0)).scalar().unwrap(), "111122223333");
    }
}
