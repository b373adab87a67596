//! What names stand for: variables, locals, outputs, resources and attributes of resources.

use std::rc::Rc;

use super::{
    documents,
    eval::Scope,
    module::{Cached, Instance, Key, Slot, type_in_text},
    types::typed,
    value::{Failed, Outcome, entry, refer},
    world::{Target, World},
};
use crate::settings::{
    hcl::syntax::{Expr, Kind},
    tree::{Node, Span, Tree},
};

impl<'a> World<'a> {
    /// A value that is evaluated once for each use of a module.
    fn cached(
        &self,
        instance: &Rc<Instance<'a>>,
        slot: Slot,
        name: &str,
        evaluate: impl FnOnce() -> Outcome,
    ) -> Result<Rc<Node>, Failed> {
        let place = (slot, name.to_owned());
        match instance.values.borrow().get(&place) {
            Some(Cached::Done(known)) => return known.clone(),
            Some(Cached::Busy) => return Ok(Rc::new(Node::unknown(Span::default()))),
            None => {}
        }
        instance.values.borrow_mut().insert(place.clone(), Cached::Busy);
        let value = evaluate().map(Rc::new);
        instance.values.borrow_mut().insert(place, Cached::Done(value.clone()));
        value
    }

    pub(super) fn variable(&self, of: &Rc<Instance<'a>>, name: &str) -> Result<Rc<Node>, Failed> {
        self.cached(of, Slot::Variable, name, || {
            let block = of.directory.variables.get(name);
            let declared = |what: &str| block.and_then(|block| block.body.value(what));
            let given = match &of.call {
                Some(call) => call.block.body.value(name).map(|value| {
                    let names = call.key.names(call.block.head);
                    let scope = Scope::new(&call.parent);
                    match &names {
                        Some((name, node)) => self.eval(value, scope.with(name, node)),
                        None => self.eval(value, scope),
                    }
                }),
                None => {
                    let set = self.given.get(name).or_else(|| of.directory.settings.get(name));
                    set.map(|value| self.eval(value, Scope::new(of)))
                }
            };
            let may_be_null = !matches!(
                declared("nullable").map(|value| &value.kind),
                Some(Kind::Literal(Tree::Bool(false)))
            );
            let value = match given {
                Some(Ok(node)) if may_be_null || !node.is_null() => node,
                Some(Err(Failed)) => Node::unknown(Span::default()),
                Some(Ok(_)) | None => match declared("default") {
                    Some(default) => self.eval(default, Scope::new(of))?,
                    None => unset(of, name, declared("type"), block.map(|block| block.head)),
                },
            };
            let of_text = |wanted: &Expr| match &wanted.kind {
                Kind::Literal(Tree::Text(text)) => type_in_text(text, wanted.span),
                _ => None,
            };
            Ok(match declared("type") {
                Some(wanted) => match of_text(wanted) {
                    Some(wanted) => typed(self, value, &wanted, Scope::new(of)),
                    None => typed(self, value, wanted, Scope::new(of)),
                },
                None => value,
            })
        })
    }

    pub(super) fn local(&self, of: &Rc<Instance<'a>>, name: &str) -> Result<Rc<Node>, Failed> {
        self.cached(of, Slot::Local, name, || match of.directory.locals.get(name) {
            Some(local) => self.eval(local, Scope::new(of)),
            None => Ok(Node::unknown(Span::default())),
        })
    }

    pub(super) fn output(&self, of: &Rc<Instance<'a>>, name: &str) -> Result<Rc<Node>, Failed> {
        self.cached(of, Slot::Output, name, || match of.directory.outputs.get(name) {
            Some(output) => self.eval(output, Scope::new(of)),
            None => Ok(Node::unknown(Span::default())),
        })
    }

    /// All outputs of one use of a module.
    pub(super) fn outputs(&self, of: &Rc<Instance<'a>>, span: Span) -> Node {
        let entries = of.directory.outputs.keys().map(|name| {
            let value = self.output(of, name).map(|node| self.copy(&node));
            entry(name, value.unwrap_or(Node::unknown(span)))
        });
        Node::new(Tree::Map(entries.collect()), span)
    }

    /// What a resource or data source is, by its name: references to it, or a list or map of them.
    pub(super) fn resource(
        &self,
        of: &Rc<Instance<'a>>,
        is_data: bool,
        kind: &str,
        name: &str,
        span: Span,
    ) -> Node {
        let data = if is_data { "data." } else { "" };
        let address = format!("{}{data}{kind}.{name}", of.prefix);
        let all = if is_data { &of.directory.data } else { &of.directory.resources };
        let Some(((kind, _), block)) = all.get_key_value(&(kind.to_owned(), name.to_owned()))
        else {
            return refer(&address, span);
        };
        let keys = self.keys(of, block);
        let known = |key: &Key| {
            let address = format!("{address}{}", key.suffix());
            self.targets.borrow_mut().entry(address.clone()).or_insert_with(|| Target {
                instance: Rc::clone(of),
                block,
                key: key.clone(),
                data: is_data.then_some(kind.as_str()),
            });
            refer(&address, span)
        };
        match keys.first() {
            Some(key @ (Key::One | Key::AnyName)) => known(key),
            Some(Key::Name(..)) => Node::new(
                Tree::Map(
                    keys.iter()
                        .filter_map(|key| match key {
                            Key::Name(name, _) => Some(entry(name, known(key))),
                            _ => None,
                        })
                        .collect(),
                ),
                span,
            ),
            Some(Key::Index(_) | Key::AnyIndex) => {
                Node::new(Tree::List(keys.iter().map(known).collect()), span)
            }
            None => Node::new(
                match block.body.value("for_each") {
                    Some(_) => Tree::Map(Vec::new()),
                    None => Tree::List(Vec::new()),
                },
                span,
            ),
        }
    }

    /// Whether an address stands for all that a `for_each` makes, which is not known.
    pub(super) fn is_any(&self, address: &str) -> bool {
        let targets = self.targets.borrow();
        targets.get(address).is_some_and(|target| matches!(target.key, Key::AnyName))
    }

    /// Whether an address is one of a resource or data source that is written down.
    pub(super) fn is_declared(&self, address: &str) -> bool {
        self.targets.borrow().contains_key(address)
    }

    /// An attribute of what stands behind an address: what is written there, what a data source makes
    /// of what is written there, or a reference.
    pub(super) fn attribute(&self, address: &str, name: &str, span: Span) -> Node {
        let whole = format!("{address}.{name}");
        let target = self.targets.borrow().get(address).cloned();
        let Some(target) = target else { return refer(&whole, span) };
        let known = self.attributes.borrow().get(&whole).cloned();
        match known {
            Some(Some(node)) => return self.copy(&node),
            // In a circle.
            Some(None) => return refer(&whole, span),
            None => {}
        }
        self.attributes.borrow_mut().insert(whole.clone(), None);
        let names = target.key.names(target.block.head);
        let scope = Scope::new(&target.instance);
        let scope = match &names {
            Some((name, node)) => scope.with(name, node),
            None => scope,
        };
        let made = match target.data {
            Some(kind) => documents::attribute(self, kind, name, target.block, scope),
            None => None,
        };
        let written = || {
            let value = self.eval(target.block.body.value(name)?, scope).ok()?;
            (!value.is_null() && !value.is_unknown()).then_some(value)
        };
        let node = made.or_else(written).unwrap_or_else(|| refer(&whole, span));
        let node = Rc::new(node);
        self.attributes.borrow_mut().insert(whole, Some(Rc::clone(&node)));
        self.copy(&node)
    }
}

/// A variable that nobody sets. Of a text, at least that it is one is known.
fn unset(of: &Instance<'_>, name: &str, wanted: Option<&Expr>, span: Option<Span>) -> Node {
    let span = span.unwrap_or_default();
    let is_text = match wanted.map(|wanted| &wanted.kind) {
        None => true,
        Some(Kind::Name(name) | Kind::Literal(Tree::Text(name))) => {
            matches!(name.as_str(), "string" | "any")
        }
        Some(_) => false,
    };
    // What a call leaves out though it must not is not known at all.
    let is_root = of.call.is_none();
    if is_text && is_root { refer(&format!("var.{name}"), span) } else { Node::unknown(span) }
}
