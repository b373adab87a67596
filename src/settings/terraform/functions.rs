//! The functions of Terraform that are understood. Any other, and any of which an argument is not
//! known, gives something unknown.

use super::{
    collections, encodings,
    eval::Scope,
    files, numbers, texts,
    value::{Failed, Outcome, is_known, is_open},
    world::World,
};
use crate::settings::{
    hcl::syntax::Expr,
    tree::{Node, Span, Tree},
};

/// A function, of arguments that were evaluated.
pub(super) struct Function {
    pub name: &'static str,
    pub needs: Needs,
    pub call: fn(&World<'_>, &[Node], Span) -> Outcome,
}

/// What of its arguments a function must know, to give anything known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// It looks after that itself.
    Nothing,
    /// Lists and maps, but not what is in them.
    Outside,
    Everything,
}

const TABLES: &[&[Function]] =
    &[collections::TABLE, files::TABLE, numbers::TABLE, texts::TABLE, encodings::TABLE];

/// Calls a function by its name.
pub(super) fn call<'a>(
    world: &World<'a>,
    name: &str,
    arguments: &[Expr],
    is_spread: bool,
    scope: Scope<'a, '_>,
    span: Span,
) -> Outcome {
    let name = name.strip_prefix("core::").unwrap_or(name);
    match name {
        "try" => {
            for argument in arguments {
                if let Ok(node) = world.eval(argument, scope) {
                    return Ok(node);
                }
            }
            return Err(Failed);
        }
        "can" => {
            let [argument] = arguments else { return Err(Failed) };
            let tree = match world.eval(argument, scope) {
                Ok(node) if node.is_unknown() => Tree::Unknown,
                outcome => Tree::Bool(outcome.is_ok()),
            };
            return Ok(Node::new(tree, span));
        }
        "templatefile" => {
            let [path, names] = arguments else { return Err(Failed) };
            let path = world.eval(path, scope)?;
            let names = world.eval(names, scope)?;
            return Ok(files::template_file(world, &path, &names, scope, span));
        }
        "file" => {
            let [path] = arguments else { return Err(Failed) };
            let path = world.eval(path, scope)?;
            return Ok(files::file(world, &path, scope).unwrap_or(Node::unknown(span)));
        }
        _ => {}
    }
    let mut values = Vec::new();
    for argument in arguments {
        values.push(world.eval(argument, scope)?);
    }
    if is_spread && let Some(last) = values.pop() {
        match last.tree {
            Tree::List(ref nodes) => values.extend(nodes.iter().cloned()),
            _ if is_open(&last) => return Ok(Node::unknown(span)),
            _ => return Err(Failed),
        }
    }
    let Some(function) = TABLES.iter().copied().flatten().find(|function| function.name == name)
    else {
        return Ok(Node::unknown(span));
    };
    let is_ready = match function.needs {
        Needs::Nothing => true,
        Needs::Outside => !values.iter().any(is_open),
        Needs::Everything => values.iter().all(is_known),
    };
    if !is_ready || !world.spend(values.iter().map(super::value::weight).sum()) {
        return Ok(Node::unknown(span));
    }
    (function.call)(world, &values, span)
}
