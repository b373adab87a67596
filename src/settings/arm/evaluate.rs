//! What expressions of templates come to, as far as the template says: what only exists once it is
//! deployed becomes a text that is known in part.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use super::{
    super::{
        json,
        tree::{Entry, Node, Span, Tree},
    },
    declared::{address, attribute, inner, member, resource_id},
    expression::{self, Expression, Kind},
    functions,
};

/// Values inside of one another.
const DEPTH: usize = 64;

/// Steps that one document may take.
const STEPS: usize = 1_000_000;

/// Conditions of one resource that are tried both ways; what depends on more is unknown.
const MOST_CONDITIONS: usize = 4;

/// Turns of one loop.
pub(in crate::settings) const MOST_TURNS: usize = 100;

/// What a name stands for.
pub(in crate::settings) enum Definition<'a> {
    /// In the language of Bicep.
    Expression(&'a Expression),
    /// In a template, where texts may be expressions.
    Template(&'a Node),
    Known(Node),
    /// A resource: its address, and its name.
    Resource(String, Node),
}

/// The values of a document.
#[derive(Default)]
pub(in crate::settings) struct Values<'a> {
    /// By name in small letters; `parameters:NAME` and `variables:NAME` in a template.
    pub definitions: BTreeMap<String, Definition<'a>>,
    /// Names of loops, innermost last; `copy:NAME` in a template.
    locals: RefCell<Vec<(String, Node)>>,
    /// Conditions that were met, and how they come out in this turn: a bit each.
    conditions: RefCell<Vec<String>>,
    ways: Cell<usize>,
    steps: Cell<usize>,
}

impl<'a> Values<'a> {
    /// Calls `of` once for every way in which the conditions that it meets may come out.
    pub(in crate::settings) fn each_way(&self, mut of: impl FnMut()) {
        self.conditions.borrow_mut().clear();
        self.ways.set(0);
        loop {
            of();
            let met = self.conditions.borrow().len().min(MOST_CONDITIONS);
            self.ways.set(self.ways.get() + 1);
            if self.ways.get() >= 1 << met || self.is_spent() {
                break;
            }
        }
        self.conditions.borrow_mut().clear();
        self.ways.set(0);
    }

    /// Whether the document took more steps than it may.
    pub(in crate::settings) fn is_spent(&self) -> bool {
        self.steps.get() > STEPS
    }

    /// Evaluates with a name of a loop.
    pub(in crate::settings) fn with_local<T>(
        &self,
        name: &str,
        value: Node,
        of: impl FnOnce() -> T,
    ) -> T {
        self.locals.borrow_mut().push((name.to_ascii_lowercase(), value));
        let result = of();
        self.locals.borrow_mut().pop();
        result
    }

    /// Begins a turn of a loop of resources; which one, if that is known.
    pub(super) fn enter(&self, name: &str, turn: Option<usize>, span: Span) {
        #[expect(clippy::cast_precision_loss, reason = "at most MOST_TURNS")]
        let index = match turn {
            Some(turn) => Tree::Number(turn as f64),
            None => Tree::Partial("${copyIndex}".to_owned()),
        };
        let name = format!("copy:{}", name.to_ascii_lowercase());
        self.locals.borrow_mut().push((name, Node::new(index, span)));
    }

    /// Ends what [`enter`](Self::enter) began.
    pub(super) fn leave(&self) {
        self.locals.borrow_mut().pop();
    }

    /// Goes on with the steps that `other` has taken.
    pub(super) fn continue_from(&self, other: &Values<'_>) {
        self.steps.set(self.steps.get().max(other.steps.get()));
    }

    /// How often a loop of a template turns, if that is known.
    pub(super) fn count(&self, copy: &Node) -> Option<usize> {
        let count = copy.get("count").map(|count| self.node(count, 0));
        count.and_then(|count| count.as_int()).and_then(|count| usize::try_from(count).ok())
    }

    fn local(&self, name: &str) -> Option<Node> {
        let locals = self.locals.borrow();
        locals.iter().rev().find(|(of, _)| of == name).map(|(_, value)| value.clone())
    }

    fn charge(&self, node: Node) -> Node {
        let size = node.as_partial().map_or(1, |text| 1 + text.len() / 16);
        self.steps.set(self.steps.get().saturating_add(size));
        if self.is_spent() { Node::unknown(node.span) } else { node }
    }

    /// How a condition comes out in this turn.
    fn chosen(&self, condition: String) -> Option<bool> {
        let mut conditions = self.conditions.borrow_mut();
        let at = conditions.iter().position(|of| *of == condition).unwrap_or_else(|| {
            conditions.push(condition);
            conditions.len() - 1
        });
        (at < MOST_CONDITIONS).then(|| self.ways.get() >> at & 1 == 0)
    }

    /// The value of a part of a template.
    pub(in crate::settings) fn node(&self, node: &Node, depth: usize) -> Node {
        if depth > DEPTH || self.is_spent() {
            return Node::unknown(node.span);
        }
        let value = match &node.tree {
            Tree::Text(text) if text.starts_with("[[") => {
                Node::new(Tree::text(text.get(1..).unwrap_or_default()), node.span)
            }
            Tree::Text(text) if text.starts_with('[') && text.trim_end().ends_with(']') => {
                match expression::parse(text, node.span) {
                    Some(expression) => {
                        let mut value = self.expression(&expression, depth + 1);
                        // It is written where the expression is.
                        value.span = node.span;
                        value
                    }
                    None => Node::unknown(node.span),
                }
            }
            Tree::List(nodes) => {
                let values = nodes.iter().map(|node| self.node(node, depth + 1));
                Node::new(Tree::List(values.filter(|value| !value.is_null()).collect()), node.span)
            }
            Tree::Map(entries) => {
                let mut values = Vec::new();
                for entry in entries {
                    match (&entry.node.tree, entry.name.as_str()) {
                        (Tree::List(loops), "copy") => {
                            values.extend(loops.iter().filter_map(|of| self.copies(of, depth + 1)));
                        }
                        _ => values.push(Entry {
                            name: entry.name.clone(),
                            name_span: entry.name_span,
                            node: self.node(&entry.node, depth + 1),
                        }),
                    }
                }
                Node::new(Tree::Map(values), node.span)
            }
            _ => node.clone(),
        };
        self.charge(value)
    }

    /// `{name, count, input}`: a list of as many as are counted.
    pub(super) fn copies(&self, of: &Node, depth: usize) -> Option<Entry> {
        let name = of.get("name")?.as_text()?;
        let input = of.get("input")?;
        let count = self.count(of);
        let node = if count.is_some_and(|count| count > MOST_TURNS) {
            Node::unknown(of.span)
        } else {
            let mut elements = Vec::new();
            for turn in 0..count.unwrap_or(1) {
                self.enter(name, count.map(|_| turn), of.span);
                elements.push(self.node(input, depth + 1));
                self.leave();
            }
            Node::new(Tree::List(elements), of.span)
        };
        Some(Entry { name: name.to_owned(), name_span: of.span, node })
    }

    /// The value of an expression.
    pub(in crate::settings) fn expression(&self, expression: &Expression, depth: usize) -> Node {
        let span = expression.span;
        if depth > DEPTH || self.is_spent() {
            return Node::unknown(span);
        }
        let value = |of: &Expression| self.expression(of, depth + 1);
        let found = match &expression.kind {
            Kind::Value(node) => node.clone(),
            Kind::Name(name) => Node::new(self.name(name, span, depth).tree.clone(), span),
            Kind::Call(name, arguments) => self.call(name, arguments, span, depth),
            Kind::Member(of, name) => match (&of.kind, name.as_str()) {
                (Kind::Name(symbol), "name") => {
                    match self.definitions.get(&symbol.to_ascii_lowercase()) {
                        Some(Definition::Resource(_, name)) => name.clone(),
                        _ => member(&value(of), name, span),
                    }
                }
                _ => member(&value(of), name, span),
            },
            Kind::Index(of, at) => {
                let (of, at) = (value(of), value(at));
                match (&of.tree, at.as_int().and_then(|at| usize::try_from(at).ok())) {
                    (Tree::List(nodes), Some(at)) => {
                        nodes.get(at).cloned().unwrap_or_else(|| Node::unknown(span))
                    }
                    (Tree::Partial(_), _) => of,
                    _ => match at.as_text() {
                        Some(name) => member(&of, name, span),
                        None => Node::unknown(span),
                    },
                }
            }
            Kind::Text(parts) => {
                functions::joined(&parts.iter().map(value).collect::<Vec<_>>(), "", span)
            }
            Kind::List(of) => {
                let values = of.iter().map(value).filter(|value| !value.is_null()).collect();
                Node::new(Tree::List(values), span)
            }
            Kind::Map(of) => {
                let entries = of.iter().map(|(name, of)| Entry {
                    name: value(name).as_partial().unwrap_or("?").to_owned(),
                    name_span: name.span,
                    node: value(of),
                });
                Node::new(Tree::Map(entries.collect()), span)
            }
            Kind::Each { item, index, list, body } => {
                let turns = self.each(item, index.as_deref(), list, depth, || value(body));
                match turns {
                    Some(values) => Node::new(Tree::List(values), span),
                    None => Node::unknown(span),
                }
            }
            Kind::Lambda(..) => Node::unknown(span),
        };
        self.charge(found)
    }

    /// Calls `each` for every element of a list; once, if that is not known.
    pub(in crate::settings) fn each<T>(
        &self,
        item: &str,
        index: Option<&str>,
        list: &Expression,
        depth: usize,
        mut each: impl FnMut() -> T,
    ) -> Option<Vec<T>> {
        let of = self.expression(list, depth + 1);
        let elements = match &of.tree {
            Tree::List(nodes) if nodes.len() <= MOST_TURNS => nodes.clone(),
            Tree::List(_) => return None,
            _ => vec![Node::new(Tree::Partial(format!("${{{item}}}")), list.span)],
        };
        let mut turn = |(at, element): (usize, Node)| {
            #[expect(clippy::cast_precision_loss, reason = "at most MOST_TURNS")]
            let at = Node::new(Tree::Number(at as f64), list.span);
            self.with_local(item, element, || match index {
                Some(index) => self.with_local(index, at, &mut each),
                None => each(),
            })
        };
        Some(elements.into_iter().enumerate().map(&mut turn).collect())
    }

    /// What a name of the document stands for.
    fn name(&self, name: &str, span: Span, depth: usize) -> Node {
        let name = name.to_ascii_lowercase();
        if let Some(local) = self.local(&name) {
            return local;
        }
        match self.definitions.get(&name) {
            Some(Definition::Expression(expression)) => self.expression(expression, depth + 1),
            Some(Definition::Template(node)) => self.node(node, depth + 1),
            Some(Definition::Known(node)) => node.clone(),
            Some(Definition::Resource(address, _)) => attribute(address, "id", span),
            None => Node::unknown(span),
        }
    }

    fn call(&self, name: &str, arguments: &[Expression], span: Span, depth: usize) -> Node {
        let unknown = || Node::unknown(span);
        let value = |at: usize| arguments.get(at).map(|of| self.expression(of, depth + 1));
        let partial = |text: String| Node::new(Tree::Partial(text), span);
        match name {
            "parameters" | "variables" => match value(0).as_ref().and_then(Node::as_text) {
                Some(of) => self.name(&format!("{name}:{of}"), span, depth),
                None => unknown(),
            },
            "if" => {
                let Some(condition) = arguments.first() else { return unknown() };
                let known = self.expression(condition, depth + 1).as_bool();
                match known.or_else(|| self.chosen(condition.shown())) {
                    Some(true) => value(1).unwrap_or_else(unknown),
                    Some(false) => value(2).unwrap_or_else(unknown),
                    None => unknown(),
                }
            }
            "coalesce" => {
                let mut values = (0..arguments.len()).filter_map(value);
                values.find(|value| !value.is_null()).unwrap_or_else(|| Node::null(span))
            }
            "copyindex" => {
                let first = value(0);
                let of = first.as_ref().and_then(Node::as_text);
                let locals = self.locals.borrow();
                let of = of.map(|of| format!("copy:{}", of.to_ascii_lowercase()));
                let mut copies = locals.iter().rev().filter(|(name, _)| name.starts_with("copy:"));
                let index = match of {
                    Some(of) => copies.find(|(name, _)| *name == of),
                    None => copies.next(),
                };
                let index = index.map(|(_, index)| index.clone());
                drop(locals);
                let offset = first.filter(|first| first.as_text().is_none()).or_else(|| value(1));
                match (index, offset) {
                    (Some(index), Some(offset)) => functions::call("add", &[index, offset], span),
                    (Some(index), None) => index,
                    (None, _) => unknown(),
                }
            }
            "resourceid"
            | "subscriptionresourceid"
            | "tenantresourceid"
            | "extensionresourceid"
            | "managementgroupresourceid" => {
                let values: Vec<Node> = (0..arguments.len()).filter_map(value).collect();
                resource_id(&values, span)
            }
            "reference" => match value(0) {
                Some(of) => match of.as_partial() {
                    Some(text) if inner(text).is_some() => member(&of, "properties", span),
                    Some(name) => {
                        let symbol = format!("symbol:{}", name.to_ascii_lowercase());
                        match self.definitions.get(&symbol) {
                            Some(Definition::Resource(of, _)) => attribute(of, "properties", span),
                            _ => attribute(&address(name), "properties", span),
                        }
                    }
                    None => unknown(),
                },
                None => unknown(),
            },
            "subscription" | "resourcegroup" | "tenant" | "managementgroup" | "deployment"
            | "environment" | "deployer" => partial(format!("${{{name}.id}}")),
            "uniquestring" | "guid" => {
                let of: Vec<Node> = (0..arguments.len()).filter_map(value).collect();
                let of = functions::joined(&of, ",", span);
                let of = of.as_partial().map(address).unwrap_or_default();
                partial(format!("${{{name}:{}}}", of.replace('.', ":")))
            }
            "newguid" | "utcnow" | "datetimeadd" | "datetimefromepoch" | "datetimetoepoch" => {
                partial(format!("${{{name}}}"))
            }
            "any" | "nonnull" => value(0).unwrap_or_else(unknown),
            "json" => match value(0) {
                Some(text) => match text.as_text() {
                    Some(text) => json::parse_within(text, span).unwrap_or_else(unknown),
                    None => unknown(),
                },
                None => unknown(),
            },
            "map" | "filter" => {
                let list = value(0);
                let (Some(Kind::Lambda(names, body)), Some(Tree::List(nodes))) =
                    (arguments.get(1).map(|of| &of.kind), list.as_ref().map(|list| &list.tree))
                else {
                    return unknown();
                };
                let Some(item) = names.first() else { return unknown() };
                let mut kept = Vec::new();
                for node in nodes.iter().take(MOST_TURNS) {
                    let of =
                        self.with_local(item, node.clone(), || self.expression(body, depth + 1));
                    match (name, of.as_bool()) {
                        ("map", _) => kept.push(of),
                        (_, Some(true)) => kept.push(node.clone()),
                        (_, Some(false)) => {}
                        (_, None) => return unknown(),
                    }
                }
                Node::new(Tree::List(kept), span)
            }
            _ => {
                let values: Vec<Node> = (0..arguments.len()).filter_map(value).collect();
                functions::call(name, &values, span)
            }
        }
    }
}
