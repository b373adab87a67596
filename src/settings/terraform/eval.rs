//! Expressions to values. Every value keeps the place where it is written, so that `var.rotate` leads
//! to the line that says `false`. What cannot be known is unknown, and never a guess.

use std::rc::Rc;

use super::{
    functions,
    module::Instance,
    numbers,
    value::{Failed, LONGEST_TEXT, Outcome, Text, equal, is_open, pairs, reference},
    world::World,
};
use crate::settings::{
    hcl::syntax::{BinaryOperator, ELEMENT, Expr, For, Kind, Part},
    tree::{Entry, Node, Span, Tree},
};

/// Expressions inside of one another, through variables, outputs and whatever else.
pub(super) const DEPTH: usize = 1_000;

/// What names mean: the module, and what `for`, `count`, `each` and templates add.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a, 's> {
    pub instance: &'s Rc<Instance<'a>>,
    frame: Option<&'s Frame<'s>>,
    /// The innermost name of all.
    last: Option<(&'s str, &'s Node)>,
}

pub(super) struct Frame<'s> {
    name: &'s str,
    node: &'s Node,
    outer: Option<&'s Frame<'s>>,
}

impl<'a, 's> Scope<'a, 's> {
    pub(super) fn new(instance: &'s Rc<Instance<'a>>) -> Self {
        Self { instance, frame: None, last: None }
    }

    /// The same with one more name, where there is none yet but in frames.
    pub(super) fn with(self, name: &'s str, node: &'s Node) -> Self {
        Self { last: Some((name, node)), ..self }
    }

    pub(super) fn find(&self, name: &str) -> Option<&'s Node> {
        if let Some((last, node)) = self.last
            && last == name
        {
            return Some(node);
        }
        let mut frame = self.frame;
        while let Some(of) = frame {
            if of.name == name {
                return Some(of.node);
            }
            frame = of.outer;
        }
        None
    }
}

impl<'a> World<'a> {
    pub(super) fn eval(&self, expr: &Expr, scope: Scope<'a, '_>) -> Outcome {
        let depth = self.depth.get();
        if depth >= DEPTH || !self.spend(1) {
            return Ok(Node::unknown(expr.span));
        }
        self.depth.set(depth + 1);
        let outcome = self.eval_kind(expr, scope);
        self.depth.set(depth);
        outcome
    }

    fn eval_kind(&self, expr: &Expr, scope: Scope<'a, '_>) -> Outcome {
        let span = expr.span;
        let node = |tree| Ok(Node::new(tree, span));
        match &expr.kind {
            Kind::Literal(tree) => Ok(self.copy(&Node::new(tree.clone(), span))),
            Kind::List(elements) => {
                let nodes: Result<_, _> = elements.iter().map(|e| self.eval(e, scope)).collect();
                node(Tree::List(nodes?))
            }
            Kind::Object(members) => self.object(members, scope, span),
            Kind::Template(parts) => self.template(parts, scope, span),
            Kind::Name(_) | Kind::Get(..) | Kind::Index(..) => self.path(expr, scope),
            Kind::Splat(of, each) => self.splat(of, each, scope, span),
            Kind::Conditional(of) => {
                let [condition, then, otherwise] = &**of;
                match self.eval(condition, scope)?.as_bool() {
                    Some(true) => self.eval(then, scope),
                    Some(false) => self.eval(otherwise, scope),
                    // What is the same on both sides is known.
                    None => {
                        let (then, otherwise) =
                            (self.eval(then, scope), self.eval(otherwise, scope));
                        Ok(match (then, otherwise) {
                            (Ok(a), Ok(b)) if equal(&a, &b) == Some(true) => a,
                            _ => Node::unknown(span),
                        })
                    }
                }
            }
            Kind::Call(name, arguments, is_spread) => {
                functions::call(self, name, arguments, *is_spread, scope, span)
            }
            Kind::Not(of) => {
                let of = self.eval(of, scope)?;
                if is_open(&of) {
                    return node(Tree::Unknown);
                }
                node(Tree::Bool(!of.as_bool().ok_or(Failed)?))
            }
            Kind::Negative(of) => {
                let of = self.eval(of, scope)?;
                if is_open(&of) {
                    return node(Tree::Unknown);
                }
                node(Tree::Number(-numbers::number(&of).ok_or(Failed)?))
            }
            Kind::Binary(operator, sides) => self.binary(*operator, sides, scope, span),
            Kind::For(of) => self.for_each(of, scope, span),
        }
    }

    fn object(&self, members: &[(Expr, Expr)], scope: Scope<'a, '_>, span: Span) -> Outcome {
        let mut entries: Vec<Entry> = Vec::new();
        for (key, value) in members {
            let name = self.eval(key, scope)?;
            let node = self.eval(value, scope)?;
            // A name that is not known may be any.
            let Some(text) = name
                .as_partial()
                .map(str::to_owned)
                .or_else(|| name.scalar().map(std::borrow::Cow::into_owned))
            else {
                return Ok(Node::unknown(span));
            };
            entries.push(Entry { name: text, name_span: key.span, node });
        }
        Ok(Node::new(Tree::Map(entries), span))
    }

    fn splat(&self, of: &Expr, each: &Expr, scope: Scope<'a, '_>, span: Span) -> Outcome {
        let of = self.eval(of, scope)?;
        let elements: Vec<&Node> = match &of.tree {
            Tree::Unknown => return Ok(Node::unknown(span)),
            Tree::Partial(_) if reference(&of).is_some_and(|address| self.is_any(address)) => {
                return Ok(Node::unknown(span));
            }
            // An attribute of something else may be a list.
            Tree::Partial(_) if !reference(&of).is_some_and(|of| self.is_declared(of)) => {
                return Ok(Node::unknown(span));
            }
            Tree::Null => Vec::new(),
            Tree::List(nodes) => nodes.iter().collect(),
            _ => vec![&of],
        };
        let mut nodes = Vec::new();
        for element in elements {
            nodes.push(self.inside(ELEMENT, element, scope, |scope| self.eval(each, scope))?);
        }
        Ok(Node::new(Tree::List(nodes), span))
    }

    /// Evaluates something in which one more name is known.
    pub(super) fn inside<T>(
        &self,
        name: &str,
        node: &Node,
        scope: Scope<'a, '_>,
        evaluate: impl FnOnce(Scope<'a, '_>) -> T,
    ) -> T {
        let frame;
        let outer = match scope.last {
            Some((name, node)) => {
                frame = Frame { name, node, outer: scope.frame };
                Some(&frame)
            }
            None => scope.frame,
        };
        evaluate(Scope { instance: scope.instance, frame: outer, last: Some((name, node)) })
    }

    fn for_each(&self, of: &For, scope: Scope<'a, '_>, span: Span) -> Outcome {
        let collection = self.eval(&of.collection, scope)?;
        let Some(pairs) = pairs(&collection)? else { return Ok(Node::unknown(span)) };
        let mut nodes = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        for (key, value) in pairs {
            if !self.spend(1) {
                return Ok(Node::unknown(span));
            }
            let made = self.inside(&of.value, value, scope, |scope| match &of.key {
                Some(name) => self.inside(name, &key, scope, |scope| self.one_of_for(of, scope)),
                None => self.one_of_for(of, scope),
            })?;
            match made {
                Made::Nothing => {}
                // Whether it is there is not known.
                Made::Open if of.name.is_some() => return Ok(Node::unknown(span)),
                Made::Open => nodes.push(Node::unknown(span)),
                Made::Element(node) => nodes.push(node),
                Made::Member(name, node) => {
                    let known = entries.iter_mut().find(|entry| entry.name == name);
                    match (known, of.is_grouping) {
                        (Some(entry), true) => {
                            if let Tree::List(nodes) = &mut entry.node.tree {
                                nodes.push(node);
                            }
                        }
                        (Some(entry), false) => entry.node = node,
                        (None, is_grouping) => {
                            let at = node.span;
                            let node = match is_grouping {
                                true => Node::new(Tree::List(vec![node]), at),
                                false => node,
                            };
                            entries.push(Entry { name, name_span: at, node });
                        }
                    }
                }
            }
        }
        let tree = if of.name.is_some() { Tree::Map(entries) } else { Tree::List(nodes) };
        Ok(Node::new(tree, span))
    }

    fn one_of_for(&self, of: &For, scope: Scope<'a, '_>) -> Result<Made, Failed> {
        if let Some(condition) = &of.condition {
            match self.eval(condition, scope)?.as_bool() {
                Some(true) => {}
                Some(false) => return Ok(Made::Nothing),
                None => return Ok(Made::Open),
            }
        }
        let name = match &of.name {
            Some(name) => Some(self.eval(name, scope)?),
            None => None,
        };
        let node = self.eval(&of.result, scope)?;
        Ok(match name {
            None => Made::Element(node),
            Some(name) => match name.scalar() {
                Some(name) => Made::Member(name.into_owned(), node),
                None => Made::Open,
            },
        })
    }

    fn binary(
        &self,
        operator: BinaryOperator,
        sides: &[Expr; 2],
        scope: Scope<'a, '_>,
        span: Span,
    ) -> Outcome {
        let [left, right] = sides;
        let left = self.eval(left, scope)?;
        let node = |tree| Ok(Node::new(tree, span));
        // The other side is not looked at where it does not count.
        match (operator, left.as_bool()) {
            (BinaryOperator::And, Some(false)) => return node(Tree::Bool(false)),
            (BinaryOperator::Or, Some(true)) => return node(Tree::Bool(true)),
            _ => {}
        }
        let right = self.eval(right, scope)?;
        let equality = || equal(&left, &right);
        let tree = match operator {
            BinaryOperator::And => match (left.as_bool(), right.as_bool()) {
                (_, Some(false)) => Tree::Bool(false),
                (Some(true), Some(true)) => Tree::Bool(true),
                _ => Tree::Unknown,
            },
            BinaryOperator::Or => match (left.as_bool(), right.as_bool()) {
                (_, Some(true)) => Tree::Bool(true),
                (Some(false), Some(false)) => Tree::Bool(false),
                _ => Tree::Unknown,
            },
            BinaryOperator::Eq => equality().map_or(Tree::Unknown, Tree::Bool),
            BinaryOperator::NotEq => equality().map_or(Tree::Unknown, |is| Tree::Bool(!is)),
            _ => match (numbers::number(&left), numbers::number(&right)) {
                (Some(left), Some(right)) => numbers::binary(operator, left, right)?,
                _ if is_open(&left) || is_open(&right) => Tree::Unknown,
                _ => return Err(Failed),
            },
        };
        node(tree)
    }

    pub(super) fn template(&self, parts: &[Part], scope: Scope<'a, '_>, span: Span) -> Outcome {
        // `"${x}"` is x, whatever it is.
        if let [Part::Value(value)] = parts {
            return self.eval(value, scope);
        }
        let mut text = Text::default();
        if !self.parts(parts, scope, &mut text)? {
            return Ok(Node::unknown(span));
        }
        self.spend(text.text.len() as u64 / 64);
        Ok(text.into_node(span))
    }

    /// Adds what parts come to; false if that cannot be known.
    fn parts(&self, parts: &[Part], scope: Scope<'a, '_>, text: &mut Text) -> Result<bool, Failed> {
        for part in parts {
            if text.text.len() >= LONGEST_TEXT || !self.spend(1) {
                return Ok(false);
            }
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Value(value) => text.push(&self.eval(value, scope)?)?,
                Part::If(condition, then, otherwise) => {
                    let Some(holds) = self.eval(condition, scope)?.as_bool() else {
                        return Ok(false);
                    };
                    if !self.parts(if holds { then } else { otherwise }, scope, text)? {
                        return Ok(false);
                    }
                }
                Part::For(key_name, value_name, collection, inner) => {
                    let collection = self.eval(collection, scope)?;
                    let Some(pairs) = pairs(&collection)? else { return Ok(false) };
                    for (key, value) in pairs {
                        let is_known =
                            self.inside(value_name, value, scope, |scope| match key_name {
                                Some(name) => self.inside(name, &key, scope, |scope| {
                                    self.parts(inner, scope, text)
                                }),
                                None => self.parts(inner, scope, text),
                            })?;
                        if !is_known {
                            return Ok(false);
                        }
                    }
                }
            }
        }
        Ok(true)
    }
}

/// What one turn of a `for` gives.
enum Made {
    Nothing,
    Element(Node),
    Member(String, Node),
    /// Not known.
    Open,
}
