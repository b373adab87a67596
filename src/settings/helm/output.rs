//! What a template gives, and where each byte of it comes from.

use std::borrow::Cow;

use crate::settings::tree::{Node, OTHERS, Span, Tree};

/// Stands for a text that is not known. The blanks leave room for what makes it a member or an
/// element, where it stands alone on a line.
pub(super) const GAP: &str = "\u{f8ff}   ";

/// Longest that one template may become.
const LONGEST: usize = 2 << 20;

#[derive(Default)]
pub(super) struct Output {
    pub text: String,
    /// Where each part begins, and what it is.
    parts: Vec<(usize, Part)>,
}

#[derive(Clone, Copy)]
enum Part {
    /// Written so, from this byte of this source on.
    Literal(u32, usize),
    /// Given by the action at this place.
    Value(Span),
}

impl Output {
    pub(super) fn literal(&mut self, text: &str, source: u32, at: usize) {
        self.add(text, Part::Literal(source, at));
    }

    pub(super) fn value(&mut self, text: &str, span: Span) {
        self.add(text, Part::Value(span));
    }

    fn add(&mut self, text: &str, part: Part) {
        if !text.is_empty() && self.text.len() + text.len() <= LONGEST {
            self.parts.push((self.text.len(), part));
            self.text.push_str(text);
        }
    }

    /// What stands on the line that is being written.
    pub(super) fn line(&self) -> &str {
        self.text.rsplit('\n').next().unwrap_or_default()
    }

    /// Makes gaps that stand alone on a line members or elements, as their neighbours are.
    pub(super) fn settle(&mut self) {
        let mut settled = String::with_capacity(self.text.len());
        let lines: Vec<&str> = self.text.split_inclusive('\n').collect();
        let mut before: Vec<&str> = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let words = line.trim();
            let is_gap = !words.is_empty() && words.trim_matches('\u{f8ff}').is_empty();
            if !is_gap || words.len() != 3 || !line.contains(GAP) {
                settled.push_str(line);
                if !words.is_empty() && !words.starts_with('#') {
                    before.push(line);
                    let keep = before.len().saturating_sub(200);
                    before.drain(..keep);
                }
                continue;
            }
            let indent = indent(line);
            let is_sibling = |of: &&&str| self::indent(of) == indent;
            let next = lines.get(index + 1..).unwrap_or_default().iter();
            let next = next.take(200).find(|of| {
                let words = of.trim();
                !words.is_empty() && !words.starts_with(['#', '\u{f8ff}'])
            });
            let above = before.iter().rev().find(|of| self::indent(of) <= indent);
            let is_element = |of: &&str| of.trim_start().starts_with("- ");
            let made = match (next.filter(is_sibling), above.filter(is_sibling)) {
                (Some(next), _) if is_element(next) => "- \u{f8ff} ",
                (None, Some(above)) if is_element(above) => "- \u{f8ff} ",
                (Some(_), _) | (None, Some(_)) => "\u{f8ff}:  ",
                (None, None) => GAP,
            };
            settled.push_str(&line.replacen(GAP, made, 1));
        }
        self.text = settled;
    }

    /// The place in the template of bytes of the text.
    pub(super) fn place(&self, span: Span) -> Span {
        let clip = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        let (start, last) = (clip(span.start), clip(span.end.max(span.start + 1)) - 1);
        let from = self.at(start);
        let to = self.at(last);
        match (from, to) {
            (Some(from), Some(to)) if from.source == to.source && to.end >= from.start => {
                Span { end: to.end, ..from }
            }
            (Some(from), _) => from,
            (None, _) => Span { source: span.source, start: 0, end: 0 },
        }
    }

    fn at(&self, at: usize) -> Option<Span> {
        let index = self.parts.partition_point(|(start, _)| *start <= at).checked_sub(1)?;
        let (start, part) = self.parts.get(index)?;
        Some(match part {
            Part::Literal(source, from) => {
                let at = from + (at - start);
                Span::new(*source, at..at + 1)
            }
            Part::Value(span) => *span,
        })
    }
}

pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Makes values unknown that have a gap, and puts everything where the template has it.
pub(super) fn settle_tree(node: &mut Node, output: &Output) {
    node.span = output.place(node.span);
    match &mut node.tree {
        Tree::Text(text) if has_gap(text) => node.tree = Tree::Unknown,
        Tree::List(nodes) => nodes.iter_mut().for_each(|node| settle_tree(node, output)),
        Tree::Map(entries) => {
            for entry in entries {
                entry.name_span = output.place(entry.name_span);
                if has_gap(&entry.name) {
                    entry.name = OTHERS.to_owned();
                    entry.node.tree = Tree::Unknown;
                }
                settle_tree(&mut entry.node, output);
            }
        }
        _ => {}
    }
}

pub(super) fn has_gap(text: &str) -> bool {
    text.contains('\u{f8ff}')
}

/// A value as an action shows it. What is not set is for somebody to fill in.
pub(super) fn shown(node: &Node) -> Cow<'_, str> {
    match &node.tree {
        Tree::List(_) | Tree::Map(_) | Tree::Unknown | Tree::Null | Tree::Partial(_) => GAP.into(),
        _ => node.scalar().unwrap_or_default(),
    }
}

/// A value as YAML, as `toYaml` writes it.
pub(super) fn yaml(node: &Node) -> String {
    let mut text = String::new();
    write_yaml(node, 0, &mut text);
    text.trim_end_matches('\n').to_owned()
}

fn write_yaml(node: &Node, depth: usize, text: &mut String) {
    let blank = " ".repeat(depth * 2);
    if depth > 40 || text.len() > LONGEST {
        text.push_str(GAP);
        return;
    }
    match &node.tree {
        Tree::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                text.push_str(&format!("{blank}{}:", scalar(&entry.name)));
                inside(&entry.node, depth, text);
            }
        }
        Tree::List(nodes) if !nodes.is_empty() => {
            for node in nodes {
                text.push_str(&format!("{blank}-"));
                inside(node, depth, text);
            }
        }
        Tree::Map(_) => text.push_str("{}"),
        Tree::List(_) => text.push_str("[]"),
        Tree::Text(of) => text.push_str(&scalar(of)),
        Tree::Null => text.push_str("null"),
        _ => text.push_str(&shown(node)),
    }
}

fn inside(node: &Node, depth: usize, text: &mut String) {
    let is_block = match &node.tree {
        Tree::Map(entries) => !entries.is_empty(),
        Tree::List(nodes) => !nodes.is_empty(),
        _ => false,
    };
    text.push(if is_block { '\n' } else { ' ' });
    write_yaml(node, depth + 1, text);
    if !text.ends_with('\n') {
        text.push('\n');
    }
}

/// A text as a scalar that is read as a text again.
fn scalar(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_./".contains(&c))
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off"
        );
    if is_plain { text.to_owned() } else { serde_json::to_string(text).unwrap_or_default() }
}
