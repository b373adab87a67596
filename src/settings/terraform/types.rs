//! The types that variables say they have: texts that are numbers, and members that may be left out.

use super::{eval::Scope, numbers::number, value::is_open, world::World};
use crate::settings::{
    hcl::syntax::{Expr, Kind},
    tree::{Entry, Node, Tree},
};

/// A value as the type of its variable makes it: texts that are numbers, and members that may be left
/// out with their defaults.
pub(super) fn typed<'a>(
    world: &World<'a>,
    node: Node,
    wanted: &Expr,
    scope: Scope<'a, '_>,
) -> Node {
    if is_open(&node) || node.is_null() {
        return node;
    }
    let span = node.span;
    match &wanted.kind {
        Kind::Name(name) => {
            let tree = match name.as_str() {
                "string" => node.scalar().map(|text| Tree::Text(text.into_owned())),
                "number" => number(&node).map(Tree::Number),
                "bool" => node.as_bool().map(Tree::Bool),
                _ => None,
            };
            match tree {
                Some(tree) => Node::new(tree, span),
                None => node,
            }
        }
        Kind::Call(name, arguments, _) => match (name.as_str(), arguments.as_slice()) {
            ("object", [Expr { kind: Kind::Object(members), .. }]) => {
                object(world, node, members, scope)
            }
            ("list" | "set" | "map", [of]) => each(world, node, of, scope),
            ("optional", [of, ..]) => typed(world, node, of, scope),
            _ => node,
        },
        _ => node,
    }
}

fn each<'a>(world: &World<'a>, mut node: Node, of: &Expr, scope: Scope<'a, '_>) -> Node {
    let take = |node: &mut Node| {
        let old = std::mem::replace(node, Node::null(node.span));
        *node = typed(world, old, of, scope);
    };
    match &mut node.tree {
        Tree::List(nodes) => nodes.iter_mut().for_each(take),
        Tree::Map(entries) => entries.iter_mut().for_each(|entry| take(&mut entry.node)),
        _ => {}
    }
    node
}

fn object<'a>(
    world: &World<'a>,
    node: Node,
    members: &[(Expr, Expr)],
    scope: Scope<'a, '_>,
) -> Node {
    if !matches!(node.tree, Tree::Map(_)) {
        return node;
    }
    let mut entries = Vec::new();
    for (key, wanted) in members {
        let Kind::Literal(Tree::Text(name)) = &key.kind else { return node };
        let default = match &wanted.kind {
            Kind::Call(name, arguments, _) if name == "optional" => arguments.get(1),
            _ => None,
        };
        let (name_span, given) = match node.entries().iter().rev().find(|e| e.name == *name) {
            Some(entry) if !entry.node.is_null() || default.is_none() => {
                (entry.name_span, world.copy(&entry.node))
            }
            _ => {
                let default = default.map(|default| world.eval(default, scope));
                let default = default.and_then(Result::ok).unwrap_or(Node::null(node.span));
                (key.span, default)
            }
        };
        entries.push(Entry {
            name: name.clone(),
            name_span,
            node: typed(world, given, wanted, scope),
        });
    }
    Node::new(Tree::Map(entries), node.span)
}
