//! Paths such as `module.vault.keys["pan"].arn`: what the first names stand for, and the way in.

use std::{ops::Deref, rc::Rc};

use super::{
    eval::Scope,
    module::{Instance, Key},
    value::{Failed, Outcome, as_index, entry, refer, reference},
    world::World,
};
use crate::settings::{
    hcl::syntax::{Expr, Kind},
    tree::{Node, Span, Tree},
};

/// A value, shared or own.
enum Held<'s> {
    Own(Node),
    Shared(Rc<Node>),
    Lent(&'s Node),
}

impl Deref for Held<'_> {
    type Target = Node;

    fn deref(&self) -> &Node {
        match self {
            Self::Own(node) => node,
            Self::Shared(node) => node,
            Self::Lent(node) => node,
        }
    }
}

/// A step of `a.b[0]`.
enum Step<'e> {
    Get(&'e str),
    Index(&'e Expr),
}

impl<'a> World<'a> {
    /// `a.b[0].c`: what the first names stand for, and what lies in it.
    pub(super) fn path(&self, expr: &Expr, scope: Scope<'a, '_>) -> Outcome {
        let mut steps = Vec::new();
        let mut base = expr;
        loop {
            match &base.kind {
                Kind::Get(inner, name) => {
                    steps.push(Step::Get(name));
                    base = inner;
                }
                Kind::Index(inner, index) => {
                    steps.push(Step::Index(index));
                    base = inner;
                }
                _ => break,
            }
        }
        steps.reverse();
        let (held, used) = match &base.kind {
            Kind::Name(name) => self.root(name, &steps, scope, expr.span)?,
            _ => (Held::Own(self.eval(base, scope)?), 0),
        };
        let mut current: &Node = &held;
        let mut rest = steps.iter().skip(used);
        let mut open = None;
        for step in rest.by_ref() {
            let next = match step {
                Step::Get(name) => Next::of(current, name)?,
                Step::Index(index) => Next::at(current, &self.eval(index, scope)?)?,
            };
            match next {
                Next::In(node) => current = node,
                Next::Unknown => return Ok(Node::unknown(expr.span)),
                Next::Behind(address) => {
                    open = Some((address, step));
                    break;
                }
            }
        }
        let Some((address, step)) = open else { return Ok(self.copy(current)) };
        let mut node = self.behind(&address, step, scope, expr.span)?;
        for step in rest {
            let next = match step {
                Step::Get(name) => Next::of(&node, name)?,
                Step::Index(index) => Next::at(&node, &self.eval(index, scope)?)?,
            };
            node = match next {
                Next::In(inner) => self.copy(inner),
                Next::Unknown => return Ok(Node::unknown(expr.span)),
                Next::Behind(address) => self.behind(&address, step, scope, expr.span)?,
            };
        }
        Ok(node)
    }

    /// A step from something that is known by its address only.
    fn behind(&self, address: &str, step: &Step<'_>, scope: Scope<'a, '_>, span: Span) -> Outcome {
        match step {
            Step::Get(name) => Ok(self.attribute(address, name, span)),
            Step::Index(_) if self.is_any(address) => Ok(refer(address, span)),
            Step::Index(index) => {
                let index = self.eval(index, scope)?;
                Ok(match (as_index(&index), index.as_text()) {
                    (_, Some(name)) => refer(&format!("{address}[\"{name}\"]"), span),
                    (Some(number), None) => refer(&format!("{address}[{number}]"), span),
                    (None, None) => Node::unknown(span),
                })
            }
        }
    }

    /// What the first names of a path stand for, and how many steps after the first that takes.
    fn root<'s>(
        &self,
        name: &str,
        steps: &[Step<'_>],
        scope: Scope<'a, 's>,
        span: Span,
    ) -> Result<(Held<'s>, usize), Failed> {
        if let Some(node) = scope.find(name) {
            return Ok((Held::Lent(node), 0));
        }
        let of = scope.instance;
        let own = |node| Ok((Held::Own(node), 1));
        let Some(Step::Get(first)) = steps.first() else {
            // A keyword, as in `ignore_changes = all`.
            return Ok((Held::Own(Node::new(Tree::text(name), span)), 0));
        };
        match name {
            "var" => Ok((Held::Shared(self.variable(of, first)?), 1)),
            "local" => Ok((Held::Shared(self.local(of, first)?), 1)),
            "module" => self.module_value(first, steps, scope, span),
            "path" => own(Node::new(
                match *first {
                    "module" => Tree::text(of.directory.path.as_str()),
                    // The root is where it is started from.
                    "root" | "cwd" => Tree::text(self.root_path(of)),
                    _ => Tree::Unknown,
                },
                span,
            )),
            "each" | "count" | "self" => own(Node::unknown(span)),
            "terraform" => own(refer(&format!("terraform.{first}"), span)),
            "data" | "ephemeral" => {
                let Some(Step::Get(second)) = steps.get(1) else { return own(Node::unknown(span)) };
                Ok((Held::Own(self.resource(of, true, first, second, span)), 2))
            }
            kind => own(self.resource(of, false, kind, first, span)),
        }
    }

    fn root_path(&self, of: &Rc<Instance<'a>>) -> String {
        let mut of = of;
        while let Some(call) = &of.call {
            of = &call.parent;
        }
        of.directory.path.clone()
    }

    fn module_value<'s>(
        &self,
        name: &str,
        steps: &[Step<'_>],
        scope: Scope<'a, 's>,
        span: Span,
    ) -> Result<(Held<'s>, usize), Failed> {
        let of = scope.instance;
        let address = format!("{}module.{name}", of.prefix);
        let Some(children) = self.children(of, name) else {
            return Ok((Held::Own(refer(&address, span)), 1));
        };
        let one = |child: &Rc<Instance<'a>>, used: usize| match steps.get(used) {
            Some(Step::Get(output)) => Ok((Held::Shared(self.output(child, output)?), used + 1)),
            _ => Ok((Held::Own(self.outputs(child, span)), used)),
        };
        let is_indexed = matches!(steps.get(1), Some(Step::Index(_)));
        match (children.first(), steps.get(1)) {
            (Some((Key::One, child)), _) => return one(child, 1),
            (Some((Key::AnyName, child)), _) if is_indexed => return one(child, 2),
            (Some((Key::AnyName, _)), _) => return Ok((Held::Own(Node::unknown(span)), 1)),
            (Some(_), Some(Step::Index(index))) => {
                let index = self.eval(index, scope)?;
                let Some(wanted) = index.scalar() else {
                    return Ok((Held::Own(Node::unknown(span)), 2));
                };
                let is_it = |key: &Key| match key {
                    Key::Index(index) => index.to_string() == *wanted,
                    Key::Name(name, _) => *name == *wanted,
                    Key::AnyIndex | Key::AnyName => true,
                    Key::One => false,
                };
                let child = children.iter().find(|(key, _)| is_it(key)).ok_or(Failed)?;
                return one(&child.1, 2);
            }
            _ => {}
        }
        let mut nodes = Vec::new();
        let mut entries = Vec::new();
        for (key, child) in children.iter() {
            let outputs = self.outputs(child, span);
            match key {
                Key::Name(name, _) => entries.push(entry(name, outputs)),
                _ => nodes.push(outputs),
            }
        }
        let tree = if entries.is_empty() { Tree::List(nodes) } else { Tree::Map(entries) };
        Ok((Held::Own(Node::new(tree, span)), 1))
    }
}

/// Where a step leads.
enum Next<'n> {
    In(&'n Node),
    /// To something of which only the address is known.
    Behind(String),
    Unknown,
}

impl<'n> Next<'n> {
    fn of(node: &'n Node, name: &str) -> Result<Self, Failed> {
        match &node.tree {
            Tree::Map(_) => node.get(name).map(Self::In).ok_or(Failed),
            Tree::Unknown => Ok(Self::Unknown),
            Tree::Partial(_) => Ok(Self::open(node)),
            _ => Err(Failed),
        }
    }

    fn at(node: &'n Node, index: &Node) -> Result<Self, Failed> {
        match &node.tree {
            Tree::Map(_) => match index.scalar() {
                Some(name) => node.get(&name).map(Self::In).ok_or(Failed),
                None => Ok(Self::Unknown),
            },
            Tree::List(nodes) => match as_index(index) {
                Some(index) => nodes.get(index).map(Self::In).ok_or(Failed),
                // All the same, whichever it is.
                None => Ok(match nodes.as_slice() {
                    [one] if index.is_unknown() => Self::In(one),
                    _ => Self::Unknown,
                }),
            },
            Tree::Unknown => Ok(Self::Unknown),
            Tree::Partial(_) => Ok(Self::open(node)),
            _ => Err(Failed),
        }
    }

    fn open(node: &Node) -> Self {
        reference(node).map_or(Self::Unknown, |address| Self::Behind(address.to_owned()))
    }
}
