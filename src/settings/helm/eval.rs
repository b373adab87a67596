//! Templates evaluated with the values of their chart. What depends on a value that is not known is
//! a gap; see [`output`](super::output).

use std::{borrow::Cow, cell::Cell, collections::HashMap};

use super::{
    functions,
    output::{GAP, Output, indent, shown},
    syntax::{Expr, Item},
};
use crate::settings::tree::{Node, OTHERS, Span, Tree};

/// Steps that all templates of one chart may take.
const FUEL: u64 = 2_000_000;

/// Templates that include one another.
const DEPTH: usize = 24;

/// A value: one of the chart, or one that was made.
pub(super) type Value<'v> = Cow<'v, Node>;

/// A template that others include.
#[derive(Clone, Copy)]
pub(super) struct Named<'v> {
    pub text: &'v str,
    pub source: u32,
    pub items: &'v [Item],
}

pub(super) struct Chart<'v> {
    pub named: HashMap<&'v str, Named<'v>>,
    fuel: Cell<u64>,
    depth: Cell<usize>,
}

/// What names stand for at one place of a template.
pub(super) struct Frame<'v> {
    dot: Value<'v>,
    /// `$` first.
    variables: Vec<(String, Value<'v>)>,
}

impl<'v> Frame<'v> {
    pub(super) fn new(root: Value<'v>) -> Self {
        Self { variables: vec![("$".to_owned(), root.clone())], dot: root }
    }
}

/// One template, of which pieces are rendered.
#[derive(Clone, Copy)]
pub(super) struct Text<'v> {
    pub text: &'v str,
    pub source: u32,
}

impl<'v> Chart<'v> {
    pub(super) fn new() -> Self {
        Self { named: HashMap::new(), fuel: Cell::new(FUEL), depth: Cell::new(0) }
    }

    pub(super) fn is_spent(&self) -> bool {
        self.fuel.get() == 0
    }

    fn spend(&self, cost: u64) -> bool {
        self.fuel.set(self.fuel.get().saturating_sub(cost));
        self.fuel.get() > 0
    }

    pub(super) fn render(
        &self,
        items: &'v [Item],
        of: Text<'v>,
        frame: &mut Frame<'v>,
        out: &mut Output,
    ) {
        for item in items {
            if !self.spend(1) {
                out.value(GAP, Span::new(of.source, 0..0));
                return;
            }
            match item {
                Item::Text(range) => {
                    let text = of.text.get(range.clone()).unwrap_or_default();
                    out.literal(text, of.source, range.start);
                }
                Item::Show(expr, range) => {
                    let value = self.eval(expr, frame);
                    out.value(&shown(&value), Span::new(of.source, range.clone()));
                }
                Item::Set(name, expr, is_new) => {
                    let value = self.eval(expr, frame);
                    let known = frame.variables.iter_mut().rev().find(|(of, _)| of == name);
                    match known.filter(|_| !is_new) {
                        Some((_, old)) => *old = value,
                        None => frame.variables.push((name.clone(), value)),
                    }
                }
                Item::If(branches, otherwise) => self.branch(branches, otherwise, of, frame, out),
                Item::With(name, expr, body, otherwise) => {
                    let value = self.eval(expr, frame);
                    match truth(&value) {
                        Some(true) => {
                            let dot = std::mem::replace(&mut frame.dot, value.clone());
                            let names = name.iter().map(|name| (name.clone(), value.clone()));
                            self.inside(names.collect(), body, of, frame, out);
                            frame.dot = dot;
                        }
                        Some(false) => self.inside(Vec::new(), otherwise, of, frame, out),
                        None => self.gap(body, of, frame, out),
                    }
                }
                Item::Range(index, element, expr, body, otherwise) => {
                    let value = self.eval(expr, frame);
                    let Some(pairs) = pairs(&value) else {
                        self.gap(body, of, frame, out);
                        continue;
                    };
                    if pairs.is_empty() {
                        self.inside(Vec::new(), otherwise, of, frame, out);
                    }
                    for (key, value) in pairs {
                        if !self.spend(1) {
                            break;
                        }
                        let dot = std::mem::replace(&mut frame.dot, value.clone());
                        let names = [(index, key), (element, value)];
                        let names = names
                            .into_iter()
                            .filter_map(|(name, value)| Some((name.clone()?, value)));
                        self.inside(names.collect(), body, of, frame, out);
                        frame.dot = dot;
                    }
                }
            }
        }
    }

    /// Renders a body in which more names are known.
    fn inside(
        &self,
        names: Vec<(String, Value<'v>)>,
        body: &'v [Item],
        of: Text<'v>,
        frame: &mut Frame<'v>,
        out: &mut Output,
    ) {
        let before = frame.variables.len();
        frame.variables.extend(names);
        self.render(body, of, frame, out);
        frame.variables.truncate(before);
    }

    fn branch(
        &self,
        branches: &'v [(Expr, Vec<Item>)],
        otherwise: &'v [Item],
        of: Text<'v>,
        frame: &mut Frame<'v>,
        out: &mut Output,
    ) {
        for (condition, body) in branches {
            match truth(&self.eval(condition, frame)) {
                Some(true) => return self.inside(Vec::new(), body, of, frame, out),
                Some(false) => {}
                // Whole documents are declared, if only on a condition.
                None if is_document(body, of) && out.line().trim().is_empty() => {
                    return self.inside(Vec::new(), body, of, frame, out);
                }
                None => {
                    self.forget(otherwise, frame);
                    return self.gap(body, of, frame, out);
                }
            }
        }
        self.inside(Vec::new(), otherwise, of, frame, out);
    }

    /// Writes that something of which nothing is known may stand here.
    fn gap(&self, body: &[Item], of: Text<'v>, frame: &mut Frame<'v>, out: &mut Output) {
        self.forget(body, frame);
        let first = body.iter().find_map(|item| match item {
            Item::Text(range) => Some(range.clone()),
            Item::Set(..) => None,
            _ => Some(0..0),
        });
        let Some(range) = first else { return };
        let text = of.text.get(range.clone()).unwrap_or_default();
        let blank = text.get(..text.len() - text.trim_start().len()).unwrap_or_default();
        let span = Span::new(of.source, range);
        if let Some((_, blank)) = blank.rsplit_once('\n') {
            out.value(&format!("\n{blank}{GAP}"), span);
            return;
        }
        let line = out.line();
        let is_key = line.trim_end().ends_with(':');
        if line.trim().is_empty() || !text.is_empty() && !is_key {
            out.value(GAP, span);
            return;
        }
        let depth = indent(line) + if is_key { 2 } else { 0 };
        out.value(&format!("\n{}{GAP}", " ".repeat(depth)), span);
    }

    /// Variables that a part sets, of which it is not known whether it counts, are not known.
    fn forget(&self, items: &[Item], frame: &mut Frame<'v>) {
        for item in items {
            match item {
                Item::Set(name, _, false) => {
                    let known = frame.variables.iter_mut().rev().find(|(of, _)| of == name);
                    if let Some((_, value)) = known {
                        *value = unknown();
                    }
                }
                Item::If(branches, otherwise) => {
                    branches.iter().for_each(|(_, body)| self.forget(body, frame));
                    self.forget(otherwise, frame);
                }
                Item::With(_, _, body, otherwise) | Item::Range(_, _, _, body, otherwise) => {
                    self.forget(body, frame);
                    self.forget(otherwise, frame);
                }
                _ => {}
            }
        }
    }

    fn eval(&self, expr: &'v Expr, frame: &Frame<'v>) -> Value<'v> {
        if !self.spend(1) {
            return unknown();
        }
        match expr {
            Expr::Literal(tree) => made(tree.clone()),
            Expr::Dot => frame.dot.clone(),
            Expr::Variable(name) => {
                let known = frame.variables.iter().rev().find(|(of, _)| of == name);
                known.map_or_else(unknown, |(_, value)| value.clone())
            }
            Expr::Field(of, name) => field(self.eval(of, frame), name),
            Expr::Call(name, arguments) => {
                let arguments: Vec<Value<'v>> =
                    arguments.iter().map(|of| self.eval(of, frame)).collect();
                let cost = arguments.iter().map(|of| match of {
                    Cow::Owned(node) => weight(node),
                    Cow::Borrowed(_) => 1,
                });
                self.spend(cost.sum());
                match (name.as_str(), arguments.as_slice()) {
                    ("include", [name, dot]) => self.include(name, dot.clone()),
                    ("include", [name]) => self.include(name, made(Tree::Null)),
                    _ => functions::call(name, arguments),
                }
            }
            Expr::Unknown => unknown(),
        }
    }

    fn include(&self, name: &Node, dot: Value<'v>) -> Value<'v> {
        let named = name.as_text().and_then(|name| self.named.get(name)).copied();
        let (Some(named), true) = (named, self.depth.get() < DEPTH) else { return unknown() };
        self.depth.set(self.depth.get() + 1);
        let mut out = Output::default();
        let of = Text { text: named.text, source: named.source };
        self.render(named.items, of, &mut Frame::new(dot), &mut out);
        self.depth.set(self.depth.get() - 1);
        made(Tree::Text(out.text))
    }
}

/// Whether a body begins a document of its own.
fn is_document(body: &[Item], of: Text<'_>) -> bool {
    let texts = body.iter().filter_map(|item| match item {
        Item::Text(range) => of.text.get(range.clone()),
        _ => None,
    });
    let mut lines = texts.flat_map(str::lines);
    lines.any(|line| line.starts_with("apiVersion:") || line.starts_with("kind:"))
}

pub(super) fn made<'v>(tree: Tree) -> Value<'v> {
    Cow::Owned(Node::new(tree, Span::default()))
}

pub(super) fn unknown<'v>() -> Value<'v> {
    made(Tree::Unknown)
}

pub(super) fn field<'v>(of: Value<'v>, name: &str) -> Value<'v> {
    let absent = |node: &Node| match &node.tree {
        Tree::Unknown => Tree::Unknown,
        _ if node.get(OTHERS).is_some() => Tree::Unknown,
        _ => Tree::Null,
    };
    match of {
        Cow::Borrowed(node) => match node.get(name) {
            Some(node) => Cow::Borrowed(node),
            None => made(absent(node)),
        },
        Cow::Owned(node) => match node.get(name) {
            Some(node) => Cow::Owned(node.clone()),
            None => made(absent(&node)),
        },
    }
}

/// Whether a value counts as true; nothing if that is not known.
pub(super) fn truth(node: &Node) -> Option<bool> {
    Some(match &node.tree {
        Tree::Null => false,
        Tree::Bool(value) => *value,
        Tree::Number(number) => *number != 0.0,
        Tree::Text(text) if super::output::has_gap(text) => return None,
        Tree::Text(text) => !text.is_empty(),
        Tree::List(nodes) => !nodes.is_empty(),
        Tree::Map(entries) => !entries.is_empty(),
        Tree::Partial(_) | Tree::Unknown => return None,
    })
}

/// Keys and elements of a list or a map.
fn pairs<'v>(value: &Value<'v>) -> Option<Vec<(Value<'v>, Value<'v>)>> {
    #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
    let index = |index: usize| made(Tree::Number(index as f64));
    let name = |name: &str| made(Tree::text(name));
    match value {
        Cow::Borrowed(node) => match &node.tree {
            Tree::Null => Some(Vec::new()),
            Tree::List(nodes) => {
                let all = nodes.iter().enumerate();
                Some(all.map(|(at, node)| (index(at), Cow::Borrowed(node))).collect())
            }
            Tree::Map(entries) if node.get(OTHERS).is_none() => {
                Some(entries.iter().map(|of| (name(&of.name), Cow::Borrowed(&of.node))).collect())
            }
            _ => None,
        },
        Cow::Owned(node) => match &node.tree {
            Tree::Null => Some(Vec::new()),
            Tree::List(nodes) => {
                let all = nodes.iter().enumerate();
                Some(all.map(|(at, node)| (index(at), Cow::Owned(node.clone()))).collect())
            }
            Tree::Map(entries) if node.get(OTHERS).is_none() => Some(
                entries.iter().map(|of| (name(&of.name), Cow::Owned(of.node.clone()))).collect(),
            ),
            _ => None,
        },
    }
}

fn weight(node: &Node) -> u64 {
    match &node.tree {
        Tree::List(nodes) => 1 + nodes.iter().map(weight).sum::<u64>(),
        Tree::Map(entries) => 1 + entries.iter().map(|entry| weight(&entry.node)).sum::<u64>(),
        _ => 1,
    }
}
