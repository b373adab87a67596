//! Functions that read files: only those that are among the documents of the run.

use super::{
    eval::Scope,
    functions::{Function, Needs},
    join,
    value::{Failed, Outcome, is_open},
    world::World,
};
use crate::settings::{
    hcl,
    tree::{Node, Span, Tree},
};

pub(super) const TABLE: &[Function] = &[
    Function { name: "abspath", needs: Needs::Nothing, call: |_, a, _| same(a) },
    Function { name: "basename", needs: Needs::Everything, call: |_, a, s| name(a, s, true) },
    Function { name: "dirname", needs: Needs::Everything, call: |_, a, s| name(a, s, false) },
    Function { name: "pathexpand", needs: Needs::Nothing, call: |_, a, _| same(a) },
];

fn same(arguments: &[Node]) -> Outcome {
    arguments.first().cloned().ok_or(Failed)
}

fn name(arguments: &[Node], span: Span, is_last: bool) -> Outcome {
    let [path] = arguments else { return Err(Failed) };
    let path = path.as_text().ok_or(Failed)?;
    let (directory, name) = path.rsplit_once('/').unwrap_or((".", path));
    Ok(Node::new(Tree::text(if is_last { name } else { directory }), span))
}

/// The text of a file, placed in it.
pub(super) fn file<'a>(world: &World<'a>, path: &Node, scope: Scope<'a, '_>) -> Option<Node> {
    let path = path.as_text()?;
    let mut of = scope.instance;
    let mut number = None;
    // A path is meant from where Terraform is started, which is the root.
    loop {
        let below = join(&of.directory.path, path);
        number = number.or_else(|| world.files.get(&below));
        match &of.call {
            Some(call) => of = &call.parent,
            None => break,
        }
    }
    let number = number.or_else(|| world.files.get(&join(path, ".")))?;
    let text = world.sources.get(*number)?.text.as_str();
    if !world.spend(text.len() as u64 / 64) {
        return None;
    }
    Some(Node::new(Tree::text(text), Span::new(*number, 0..text.len())))
}

/// A file as a template, with names that are known only in it.
pub(super) fn template_file<'a>(
    world: &World<'a>,
    path: &Node,
    names: &Node,
    scope: Scope<'a, '_>,
    span: Span,
) -> Node {
    match file(world, path, scope) {
        Some(text) => rendered(world, &text, names, scope),
        None => Node::unknown(span),
    }
}

/// A text as a template, with names that are known only in it.
pub(super) fn rendered<'a>(
    world: &World<'a>,
    text: &Node,
    names: &Node,
    scope: Scope<'a, '_>,
) -> Node {
    let unknown = Node::unknown(text.span);
    let Some(template) = text.as_text() else { return unknown };
    if !template.contains("${") && !template.contains("%{") {
        return world.copy(text);
    }
    let Some(parts) = hcl::template(template, text.span) else { return unknown };
    if is_open(names) {
        return unknown;
    }
    fn with<'a, T>(
        world: &World<'a>,
        names: &[crate::settings::tree::Entry],
        scope: Scope<'a, '_>,
        evaluate: &mut dyn FnMut(Scope<'a, '_>) -> T,
    ) -> T {
        match names.split_first() {
            Some((first, rest)) => world.inside(&first.name, &first.node, scope, |scope| {
                with(world, rest, scope, evaluate)
            }),
            None => evaluate(scope),
        }
    }
    // So many names are no template's.
    if names.entries().len() > 200 {
        return unknown;
    }
    let scope = Scope::new(scope.instance);
    with(world, names.entries(), scope, &mut |scope| {
        world.template(&parts, scope, text.span).unwrap_or(Node::unknown(text.span))
    })
}
