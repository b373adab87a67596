//! HCL: what [`syntax`] makes of a text, with a mistake costing no more than the block that it is in;
//! and documents in it that need no evaluation, such as policies and servers of Vault, as trees.

pub(crate) mod syntax;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use hcl_edit::{parser, template::Template};

use self::syntax::{Attribute, Block, Body, Expr, Frame, Kind, Part};
use super::tree::{Entry, Node, Span, Tree};

/// Keys that are set again in one text.
const REPEATS: usize = 20;

/// Parts of a file with mistakes that are tried one by one.
const PARTS: usize = 10_000;

/// What a text holds, and what of it could not be read: at which byte, and why.
#[derive(Default)]
pub(crate) struct Parsed {
    pub body: Body,
    pub problems: Vec<(usize, String)>,
}

/// Reads a text. Where it has mistakes, its blocks are read one by one, and those with mistakes are
/// left out.
pub(crate) fn parse(source: u32, text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    // A byte order mark is counted, and read over.
    let skipped = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let rest = text.get(skipped..).unwrap_or_default();
    if let Ok(problem) = add(Frame { source, base: skipped, fixed: None }, rest, &mut parsed.body) {
        parsed.problems.extend(problem.map(|(at, why)| (skipped + at, why)));
        return parsed;
    }
    let mut starts = starts_of_blocks(rest);
    starts.truncate(PARTS);
    let ends = starts.iter().skip(1).copied().chain([rest.len()]);
    for (&start, end) in starts.iter().zip(ends) {
        let part = rest.get(start..end).unwrap_or_default();
        let base = start + skipped;
        match add(Frame { source, base, fixed: None }, part, &mut parsed.body) {
            Ok(problem) => parsed.problems.extend(problem.map(|(at, why)| (base + at, why))),
            Err((at, problem)) => parsed.problems.push((base + at, problem)),
        }
    }
    parsed
}

/// What could not be read: at which byte, and why.
type Problem = (usize, String);

/// Adds what a text holds. Of a key that occurs again in an object, which the parser refuses, the
/// first counts; the problem says so.
fn add(frame: Frame, text: &str, body: &mut Body) -> Result<Option<Problem>, Problem> {
    let mut text = Cow::Borrowed(text);
    let mut repeated = None;
    for attempt in 0..=REPEATS {
        let error = match parser::parse_body(&text) {
            Ok(written) => {
                frame.body(&written, body);
                return Ok(repeated);
            }
            Err(error) => error,
        };
        let at = error.location().offset();
        let is_repeated = error.message().contains("redefined object key");
        match with_another_key(&text, at, attempt).filter(|_| is_repeated && attempt < REPEATS) {
            Some(again) => {
                repeated.get_or_insert((at, "of a key that is set again the first counts".into()));
                text = Cow::Owned(again);
            }
            None => return Err((at, error.message().lines().collect::<Vec<_>>().join(", "))),
        }
    }
    Err((0, "its keys are set again and again".to_owned()))
}

/// A text with another name, of the same length, for the key at byte `at`.
fn with_another_key(text: &str, at: usize, attempt: usize) -> Option<String> {
    let rest = text.get(at..)?;
    let start = at + usize::from(rest.starts_with('"'));
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let is_inside = |c: char| if start > at { c != '"' && c != '\\' } else { is_name(c) };
    let name = text.get(start..)?;
    let length = name.find(|c| !is_inside(c))?;
    let letter = char::from(b'a' + u8::try_from(attempt % 26).ok()?);
    let new = match length {
        0 => return None,
        1 => letter.to_string(),
        _ => format!("z{attempt:z>width$}", width = length - 1),
    };
    let new = new.get(..length)?;
    Some(format!("{}{new}{}", text.get(..start)?, text.get(start + length..)?))
}

/// Bytes at which blocks and attributes of the outermost level begin, by braces and by the first
/// column: a brace too few or too many costs one block.
fn starts_of_blocks(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    let mut depth = 0_usize;
    let mut heredoc: Option<&str> = None;
    let mut is_comment = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let words = line.trim();
        if let Some(delimiter) = heredoc {
            if words == delimiter {
                heredoc = None;
            }
            continue;
        }
        if is_comment {
            is_comment = !line.contains("*/");
            continue;
        }
        let is_first_column = line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let is_head = is_first_column && (words.ends_with('{') || words.ends_with('}'));
        let begins = words.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if begins && (depth == 0 || is_head) && start > 0 {
            starts.push(start);
            depth = 0;
        }
        (depth, is_comment) = depth_after(line, depth);
        heredoc = words
            .rsplit_once("<<")
            .map(|(_, delimiter)| delimiter.trim_start_matches('-'))
            .filter(|delimiter| !delimiter.is_empty())
            .filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    }
    starts
}

/// How deep in braces a line ends, and whether in a comment.
fn depth_after(line: &str, mut depth: usize) -> (usize, bool) {
    let mut is_text = false;
    let mut bytes = line.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, is_text) {
            (b'\\', true) => {
                bytes.next();
            }
            (b'"', _) => is_text = !is_text,
            (_, true) => {}
            (b'#', false) => break,
            (b'/', false) if bytes.peek() == Some(&b'/') => break,
            (b'/', false) if bytes.peek() == Some(&b'*') => {
                return (depth, !line.contains("*/"));
            }
            (b'{' | b'[' | b'(', false) => depth += 1,
            (b'}' | b']' | b')', false) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    (depth, false)
}

/// Reads a template that is a text of its own. `span` is the place of all of it.
pub(crate) fn template(text: &str, span: Span) -> Option<Vec<Part>> {
    let written: Template = parser::parse_template(text).ok()?;
    Some(Frame { source: span.source, base: 0, fixed: Some(span) }.template(&written, false))
}

/// A document inside of a text. All of it is where the text is.
pub(crate) fn parse_within(text: &str, span: Span) -> Option<Node> {
    let mut body = Body::default();
    add(Frame { source: span.source, base: 0, fixed: Some(span) }, text, &mut body).ok()?;
    Some(document(&body, span, text))
}

/// A document as a tree. Blocks `path "x" { … }` are a member `path`: a list of maps, each with its
/// labels as `$labels`, and the first of them as `$label`. What would have to be evaluated is
/// written `${…}` as it stands.
pub(crate) fn document(body: &Body, span: Span, text: &str) -> Node {
    let mut entries: Vec<Entry> = body
        .attributes
        .iter()
        .map(|Attribute { name, name_span, value }| Entry {
            name: name.clone(),
            name_span: *name_span,
            node: plain(value, text),
        })
        .collect();
    for block in &body.blocks {
        add_block(&mut entries, block, document(&block.body, block.head, text));
    }
    Node::new(Tree::Map(entries), span)
}

/// Adds a block to the list of its name, with its labels.
pub(crate) fn add_block(entries: &mut Vec<Entry>, block: &Block, mut node: Node) {
    if let (Tree::Map(of), Some(first)) = (&mut node.tree, block.labels.first()) {
        let member = |name: &str, tree| Entry {
            name: name.to_owned(),
            name_span: block.head,
            node: Node::new(tree, block.head),
        };
        let labels = block.labels.iter().map(|l| Node::new(Tree::text(l.as_str()), block.head));
        of.push(member("$label", Tree::text(first.as_str())));
        of.push(member("$labels", Tree::List(labels.collect())));
    }
    push_to_list(entries, &block.name, block.head, node);
}

/// Adds `node` to the list that the member `name` is.
pub(crate) fn push_to_list(entries: &mut Vec<Entry>, name: &str, span: Span, node: Node) {
    let list = entries.iter_mut().find_map(|entry| match &mut entry.node.tree {
        Tree::List(nodes) if entry.name == name => Some(nodes),
        _ => None,
    });
    match list {
        Some(nodes) => nodes.push(node),
        None => entries.push(Entry {
            name: name.to_owned(),
            name_span: span,
            node: Node::new(Tree::List(vec![node]), span),
        }),
    }
}

/// A value that is not evaluated. The parser refuses what is nested too deep for this to follow.
fn plain(expr: &Expr, text: &str) -> Node {
    let written = |span: Span| {
        let (start, end) = (usize::try_from(span.start), usize::try_from(span.end));
        let (start, end) = (start.unwrap_or(usize::MAX), end.unwrap_or(usize::MAX));
        format!("${{{}}}", text.get(start..end).unwrap_or("…"))
    };
    let tree = match &expr.kind {
        Kind::Literal(tree) => tree.clone(),
        Kind::List(elements) => Tree::List(elements.iter().map(|e| plain(e, text)).collect()),
        Kind::Object(members) => Tree::Map(
            members
                .iter()
                .map(|(key, value)| Entry {
                    name: match &key.kind {
                        Kind::Literal(tree) => {
                            let key = Node::new(tree.clone(), key.span);
                            key.scalar().unwrap_or_default().into_owned()
                        }
                        _ => written(key.span),
                    },
                    name_span: key.span,
                    node: plain(value, text),
                })
                .collect(),
        ),
        Kind::Template(parts) => {
            let mut whole = String::new();
            for part in parts {
                match part {
                    Part::Text(text) => whole.push_str(text),
                    Part::Value(value) => whole.push_str(&written(value.span)),
                    Part::If(..) | Part::For(..) => return Node::unknown(expr.span),
                }
            }
            Tree::Partial(whole)
        }
        _ => Tree::Partial(written(expr.span)),
    };
    Node::new(tree, expr.span)
}
