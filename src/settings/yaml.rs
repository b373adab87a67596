//! YAML: every document of a stream, with aliases and merge keys resolved within bounds. What
//! cannot be read costs its document, and the next is read. What a template would fill in (`{{ … }}`
//! of Helm, Ansible and their like) is unknown, unless somebody who knows the names says it.

use std::{borrow::Cow, collections::HashMap, ops::Range};

use granit_parser::{Event, Parser, ScalarStyle, Tag};

use super::tree::{Entry, Node, Span, Tree};

/// Deeper nesting is no configuration.
const DEPTH: usize = 128;

/// Values that aliases may add to one stream, against documents that double themselves.
const COPIES: usize = 100_000;

/// All documents of a stream, and what could not be read: at which byte, and why.
#[derive(Default)]
pub(crate) struct Stream {
    pub documents: Vec<Node>,
    pub problems: Vec<(usize, String)>,
}

/// What stands for an expression of a template, if anybody knows.
pub(crate) type Fill<'a> = &'a dyn Fn(&str) -> Option<Node>;

/// Reads a stream. Short tags of CloudFormation become what they stand for: `!Sub x` is
/// `{Fn::Sub: x}`; other tags are let be.
pub(crate) fn parse(source: u32, text: &str) -> Stream {
    parse_filled(source, text, &|_| None)
}

/// Reads a stream, in which `fill` knows what stands in templates.
pub(crate) fn parse_filled(source: u32, text: &str, fill: Fill<'_>) -> Stream {
    let text = without_template_lines(text);
    let mut parser = Parser::new_from_str(&text);
    let mut stream = Stream::default();
    let mut builder =
        Builder { source, fill, open: Vec::new(), anchors: HashMap::new(), copied: 0 };
    loop {
        match parser.next() {
            Some(Ok((event, span))) => {
                let range = span.byte_range().unwrap_or_default();
                match builder.event(&event, range.clone()) {
                    Ok(Some(document)) => stream.documents.push(document),
                    Ok(None) => {}
                    Err(problem) => {
                        stream.problems.push((range.start, problem.to_owned()));
                        builder.start_over();
                        if !matches!(parser.proceed_next_document(), Ok(true)) {
                            return stream;
                        }
                    }
                }
            }
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or_default();
                stream.problems.push((at, error.info().to_owned()));
                builder.start_over();
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    return stream;
                }
            }
            None => return stream,
        }
    }
}

/// `text` with every line that only directs a template turned into blanks.
fn without_template_lines(text: &str) -> Cow<'_, str> {
    if !text.contains("{{") {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let words = line.trim();
        if words.starts_with("{{") && words.ends_with("}}") {
            plain.extend(line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        } else {
            plain.push_str(line);
        }
    }
    plain.into()
}

struct Builder<'a> {
    source: u32,
    fill: Fill<'a>,
    /// What is open, outermost first.
    open: Vec<Open>,
    /// What aliases of the document stand for.
    anchors: HashMap<usize, Node>,
    copied: usize,
}

struct Open {
    start: usize,
    anchor: usize,
    tag: Option<String>,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    /// `key`: read, and without a value so far. `is_template`: a key is itself a collection, as in
    /// `{{ .Values.x }}`.
    Map {
        entries: Vec<Entry>,
        key: Option<(String, Span)>,
        is_template: bool,
    },
}

impl Builder<'_> {
    fn start_over(&mut self) {
        self.open.clear();
        self.anchors.clear();
    }

    /// Takes one event; gives a document when it is whole.
    fn event(
        &mut self,
        event: &Event<'_>,
        range: Range<usize>,
    ) -> Result<Option<Node>, &'static str> {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let span = Span::new(self.source, range);
                let node = match value.contains("{{") {
                    true => filled(value, span, self.fill),
                    false => Node::new(scalar(value, *style, tag.as_deref()), span),
                };
                let node = tagged(node, tag.as_deref().and_then(short_tag));
                self.done(node, *anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.start(range.start, *anchor, tag.as_deref(), OpenKind::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                let kind = OpenKind::Map { entries: Vec::new(), key: None, is_template: false };
                self.start(range.start, *anchor, tag.as_deref(), kind)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(None) };
                let tree = match open.kind {
                    OpenKind::List(nodes) => Tree::List(nodes),
                    OpenKind::Map { is_template: true, .. } => Tree::Unknown,
                    OpenKind::Map { entries, .. } => Tree::Map(merged(entries)),
                };
                let span = Span::new(self.source, open.start..range.end.max(open.start));
                self.done(tagged(Node::new(tree, span), open.tag), open.anchor)
            }
            Event::Alias(id) => {
                let span = Span::new(self.source, range);
                // An alias inside of what it stands for has no value yet.
                let node = self.anchors.get(id).cloned().unwrap_or(Node::unknown(span));
                self.copied = self.copied.saturating_add(size(&node));
                if self.copied > COPIES {
                    return Err("its aliases stand for more than is read");
                }
                self.done(node, 0)
            }
            Event::UnresolvedAlias(_) => self.done(Node::unknown(Span::new(self.source, range)), 0),
            Event::DocumentStart(..) | Event::DocumentEnd => {
                self.start_over();
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    fn start(
        &mut self,
        start: usize,
        anchor: usize,
        tag: Option<&Tag>,
        kind: OpenKind,
    ) -> Result<Option<Node>, &'static str> {
        if self.open.len() >= DEPTH {
            return Err("nested too deep");
        }
        self.open.push(Open { start, anchor, tag: tag.and_then(short_tag), kind });
        Ok(None)
    }

    fn done(&mut self, node: Node, anchor: usize) -> Result<Option<Node>, &'static str> {
        if anchor != 0 {
            self.copied = self.copied.saturating_add(size(&node));
            if self.copied > COPIES {
                return Err("its anchors hold more than is read");
            }
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else { return Ok(Some(node)) };
        match &mut open.kind {
            OpenKind::List(nodes) => nodes.push(node),
            OpenKind::Map { entries, key, is_template } => match key.take() {
                Some((name, name_span)) => entries.push(Entry { name, name_span, node }),
                None => {
                    *is_template |= matches!(node.tree, Tree::Map(_) | Tree::Unknown);
                    let name = node.scalar().map(Cow::into_owned).unwrap_or_default();
                    *key = Some((name, node.span));
                }
            },
        }
        Ok(None)
    }
}

/// What a scalar is, by the core schema of YAML 1.2. A number with a leading zero is a text: it is
/// an account, and no amount.
fn scalar(value: &str, style: ScalarStyle, tag: Option<&Tag>) -> Tree {
    let is_text = tag.is_some_and(|tag| tag.suffix() == "str");
    if style != ScalarStyle::Plain || is_text {
        return Tree::text(value);
    }
    match value {
        "" | "~" | "null" | "Null" | "NULL" => Tree::Null,
        "true" | "True" | "TRUE" => Tree::Bool(true),
        "false" | "False" | "FALSE" => Tree::Bool(false),
        _ => {
            let digits = value.trim_start_matches('-');
            let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
                && !(digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0."));
            match value.parse() {
                Ok(number) if is_number => Tree::Number(number),
                _ => Tree::text(value),
            }
        }
    }
}

/// What directs a template, and stands for no value.
const DIRECTIONS: &[&str] = &[
    "if", "else", "end", "range", "with", "define", "block", "template", "break", "continue", "/*",
];

/// A text with what is filled in. One that is a single expression is what that stands for; of others the
/// parts are kept that are known.
fn filled(value: &str, span: Span, fill: Fill<'_>) -> Node {
    let unknown = Node::unknown(span);
    let mut text = String::new();
    let mut is_whole = true;
    let mut rest = value;
    if value.contains("{%") || value.contains("${") {
        return unknown;
    }
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((expression, after)) = after.split_once("}}") else { return unknown };
        let expression = expression.trim_matches('-').trim();
        let first = expression.split_whitespace().next().unwrap_or_default();
        let is_direction = DIRECTIONS.iter().any(|of| first == *of || first.starts_with("/*"));
        if is_direction || expression.contains(['{', '}']) {
            return unknown;
        }
        let known = fill(expression);
        if before.is_empty() && after.is_empty() && text.is_empty() {
            let is_placed = |of: &Node| of.span != Span::default();
            let known = known.unwrap_or(unknown);
            return if is_placed(&known) { known } else { Node { span, ..known } };
        }
        text.push_str(before);
        match known.as_ref().map(|of| (of.as_partial(), of.scalar())) {
            Some((Some(known), _)) => text.push_str(known),
            Some((None, Some(known))) => text.push_str(&known),
            _ => text.push_str(&format!("${{{expression}}}")),
        }
        is_whole &= known.is_some_and(|of| of.scalar().is_some());
        rest = after;
    }
    text.push_str(rest);
    Node::new(if is_whole { Tree::Text(text) } else { Tree::Partial(text) }, span)
}

/// The member that a local tag stands for: `Fn::Sub` for `!Sub`.
fn short_tag(tag: &Tag) -> Option<String> {
    if tag.handle() != "!" || tag.suffix().is_empty() {
        return None;
    }
    Some(match tag.suffix() {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    })
}

fn tagged(node: Node, tag: Option<String>) -> Node {
    let Some(name) = tag else { return node };
    let span = node.span;
    // A reference is no number, whatever it looks like.
    let node = match node.scalar() {
        Some(text) => Node::new(Tree::text(text), span),
        None => node,
    };
    Node::new(Tree::Map(vec![Entry { name, name_span: span, node }]), span)
}

/// Members of a map with `<<` replaced by what it names. What the map says itself counts.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    if !entries.iter().any(|entry| entry.name == "<<") {
        return entries;
    }
    let (merges, own): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| entry.name == "<<");
    let mut all: Vec<Entry> = Vec::new();
    for merge in &merges {
        // Of several maps the first counts, and the last of a name is the one that is read.
        for map in merge.node.elements().iter().rev() {
            all.extend(map.entries().iter().cloned());
        }
    }
    all.extend(own);
    all
}

/// Values in a tree.
fn size(node: &Node) -> usize {
    match &node.tree {
        Tree::List(nodes) => 1 + nodes.iter().map(size).sum::<usize>(),
        Tree::Map(entries) => 1 + entries.iter().map(|entry| size(&entry.node)).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Node {
        let stream = parse(0, text);
        assert!(stream.problems.is_empty(), "{:?}", stream.problems);
        stream.documents.into_iter().next().unwrap()
    }

    #[test]
    fn values_know_where_they_are_written() {
        let text = "é: 🔑\nkeys:\n  - name: a\n    size: 256\n    account: 012345678901\n";
        let root = one(text);
        let key = &root.get("keys").unwrap().elements()[0];
        let size = key.get("size").unwrap();
        assert_eq!(size.as_int(), Some(256));
        assert_eq!(&text[size.span.start as usize..size.span.end as usize], "256");
        assert_eq!(key.get("account").unwrap().as_text(), Some("012345678901"));
    }

    #[test]
    fn short_tags_are_written_out() {
        let root = one("a: !Ref Key\nb: !Sub 'arn:${X}'\nc: !If [P, 1, !Ref \"AWS::NoValue\"]\n");
        assert_eq!(root.get("a").unwrap().get("Ref").unwrap().as_text(), Some("Key"));
        assert_eq!(root.get("b").unwrap().get("Fn::Sub").unwrap().as_text(), Some("arn:${X}"));
        let branches = root.get("c").unwrap().get("Fn::If").unwrap().elements();
        assert_eq!(branches[1].as_int(), Some(1));
    }

    #[test]
    fn aliases_and_merge_keys_are_followed() {
        let root = one("base: &b {size: 128, type: aes}\nkey:\n  <<: *b\n  size: 256\n");
        let key = root.get("key").unwrap();
        assert_eq!(key.get("size").unwrap().as_int(), Some(256));
        assert_eq!(key.get("type").unwrap().as_text(), Some("aes"));
    }

    #[test]
    fn a_document_that_doubles_itself_is_refused() {
        let mut text = "a0: &a0 [x, x]\n".to_owned();
        for level in 1..30 {
            let before = level - 1;
            text.push_str(&format!("a{level}: &a{level} [*a{before}, *a{before}]\n"));
        }
        let stream = parse(0, &text);
        assert!(stream.documents.is_empty());
        assert_eq!(stream.problems.len(), 1);
    }

    #[test]
    fn what_a_template_fills_in_is_unknown() {
        let text = "{{- if .Values.x }}\nkey: {{ .Values.key }}\nother: \"{{ x }}\"\n{{- end }}\n";
        let root = one(text);
        assert!(root.get("key").unwrap().is_unknown());
        assert!(root.get("other").unwrap().is_unknown());
    }

    #[test]
    fn an_error_costs_its_document() {
        let stream = parse(0, "a: [1\n---\nb: 2\n");
        assert_eq!(stream.problems.len(), 1);
        assert_eq!(stream.documents.len(), 1);
        let deep = parse(0, &"[".repeat(100_000));
        assert!(deep.documents.is_empty() && !deep.problems.is_empty());
    }
}
