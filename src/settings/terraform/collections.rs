//! Functions on lists and maps. Sets are lists that are sorted and have nothing twice.

use super::{
    functions::{Function, Needs},
    value::{Failed, Outcome, as_index, entry, equal, is_open, reference},
    world::World,
};
use crate::settings::tree::{Entry, Node, Span, Tree};

/// Elements of a list that is made out of others.
const LONGEST_LIST: usize = 100_000;

pub(super) const TABLE: &[Function] = &[
    Function { name: "alltrue", needs: Needs::Everything, call: |_, a, s| truths(a, s, true) },
    Function { name: "anytrue", needs: Needs::Everything, call: |_, a, s| truths(a, s, false) },
    Function { name: "coalesce", needs: Needs::Nothing, call: |w, a, s| coalesce(w, a, s) },
    Function { name: "coalescelist", needs: Needs::Outside, call: |w, a, _| coalesce_list(w, a) },
    Function { name: "compact", needs: Needs::Outside, call: |w, a, s| compact(w, a, s) },
    Function { name: "concat", needs: Needs::Outside, call: |w, a, s| concat(w, a, s) },
    Function { name: "contains", needs: Needs::Outside, call: |_, a, s| contains(a, s) },
    Function { name: "distinct", needs: Needs::Outside, call: |w, a, s| distinct(w, a, s) },
    Function { name: "element", needs: Needs::Outside, call: |w, a, s| element(w, a, s) },
    Function { name: "flatten", needs: Needs::Outside, call: |w, a, s| flatten(w, a, s) },
    Function { name: "index", needs: Needs::Everything, call: |_, a, s| index(a, s) },
    Function { name: "keys", needs: Needs::Outside, call: |_, a, s| keys(a, s) },
    Function { name: "length", needs: Needs::Outside, call: |_, a, s| length(a, s) },
    Function { name: "list", needs: Needs::Nothing, call: |_, a, s| list(a.to_vec(), s) },
    Function { name: "lookup", needs: Needs::Nothing, call: |w, a, s| lookup(w, a, s) },
    Function { name: "merge", needs: Needs::Outside, call: |w, a, s| merge(w, a, s) },
    Function { name: "nonsensitive", needs: Needs::Nothing, call: |_, a, _| same(a) },
    Function { name: "one", needs: Needs::Outside, call: |w, a, s| one(w, a, s) },
    Function { name: "range", needs: Needs::Everything, call: |w, a, s| range(w, a, s) },
    Function { name: "reverse", needs: Needs::Outside, call: |w, a, s| reverse(w, a, s) },
    Function { name: "sensitive", needs: Needs::Nothing, call: |_, a, _| same(a) },
    Function {
        name: "setintersection",
        needs: Needs::Everything,
        call: |w, a, s| sets(w, a, s, |n, of| of.iter().all(|set| has(set, n))),
    },
    Function { name: "setproduct", needs: Needs::Outside, call: |w, a, s| set_product(w, a, s) },
    Function {
        name: "setsubtract",
        needs: Needs::Everything,
        call: |w, a, s| sets(w, a, s, |n, of| !of.iter().any(|set| has(set, n))),
    },
    Function { name: "setunion", needs: Needs::Outside, call: |w, a, s| set(flat(w, a), s) },
    Function { name: "slice", needs: Needs::Outside, call: |w, a, s| slice(w, a, s) },
    Function { name: "sort", needs: Needs::Everything, call: |w, a, s| sort(w, a, s) },
    Function { name: "tolist", needs: Needs::Nothing, call: |_, a, _| same(a) },
    Function { name: "tomap", needs: Needs::Nothing, call: |_, a, _| same(a) },
    Function { name: "toset", needs: Needs::Outside, call: |w, a, s| set(flat(w, a), s) },
    Function { name: "values", needs: Needs::Outside, call: |w, a, s| values(w, a, s) },
    Function { name: "zipmap", needs: Needs::Outside, call: |w, a, s| zipmap(w, a, s) },
];

fn list(nodes: Vec<Node>, span: Span) -> Outcome {
    Ok(Node::new(Tree::List(nodes), span))
}

/// The list that the only argument is.
fn only_list(arguments: &[Node]) -> Result<&[Node], Failed> {
    match arguments {
        [Node { tree: Tree::List(nodes), .. }] => Ok(nodes),
        _ => Err(Failed),
    }
}

/// Elements of all arguments together.
fn flat(world: &World<'_>, arguments: &[Node]) -> Vec<Node> {
    arguments.iter().flat_map(Node::elements).map(|node| world.copy(node)).collect()
}

fn same(arguments: &[Node]) -> Outcome {
    match arguments {
        [node] => Ok(node.clone()),
        _ => Err(Failed),
    }
}

fn truths(arguments: &[Node], span: Span, wanted: bool) -> Outcome {
    let mut truths = only_list(arguments)?.iter().map(|node| node.as_bool() == Some(true));
    let is = if wanted { truths.all(|is| is) } else { truths.any(|is| is) };
    Ok(Node::new(Tree::Bool(is), span))
}

/// The first that is neither null nor an empty text.
fn coalesce(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    for node in arguments {
        match &node.tree {
            Tree::Null => {}
            Tree::Text(text) if text.is_empty() => {}
            // A text with something unknown in it is not empty where it has more than that, or
            // names what another resource is called.
            Tree::Partial(_) if reference(node).is_none_or(|of| !of.contains("var.")) => {
                return Ok(world.copy(node));
            }
            Tree::Unknown | Tree::Partial(_) => return Ok(Node::unknown(span)),
            _ => return Ok(world.copy(node)),
        }
    }
    Err(Failed)
}

fn coalesce_list(world: &World<'_>, arguments: &[Node]) -> Outcome {
    let found = arguments.iter().find(|node| !node.elements().is_empty());
    found.map(|node| world.copy(node)).ok_or(Failed)
}

fn compact(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let is_kept = |node: &&Node| !node.is_null() && node.as_text() != Some("");
    let kept = only_list(arguments)?.iter().filter(is_kept).map(|node| world.copy(node));
    list(kept.collect(), span)
}

fn concat(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    if arguments.iter().any(|node| !matches!(node.tree, Tree::List(_))) {
        return Err(Failed);
    }
    list(flat(world, arguments), span)
}

fn contains(arguments: &[Node], span: Span) -> Outcome {
    let [of, node] = arguments else { return Err(Failed) };
    let answers: Vec<_> = of.elements().iter().map(|element| equal(element, node)).collect();
    let tree = match (answers.contains(&Some(true)), answers.contains(&None)) {
        (true, _) => Tree::Bool(true),
        (false, true) => Tree::Unknown,
        (false, false) => Tree::Bool(false),
    };
    Ok(Node::new(tree, span))
}

fn distinct(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let mut kept: Vec<Node> = Vec::new();
    for node in only_list(arguments)? {
        if !world.spend(kept.len() as u64 / 8) {
            return Ok(Node::unknown(span));
        }
        if !kept.iter().any(|known| equal(known, node) == Some(true)) {
            kept.push(world.copy(node));
        }
    }
    list(kept, span)
}

/// Sorted, with nothing twice. What is not known comes last.
fn set(nodes: Vec<Node>, span: Span) -> Outcome {
    let mut known: Vec<(String, Node)> = Vec::new();
    let mut others = Vec::new();
    for node in nodes {
        match node.scalar() {
            Some(text) => known.push((text.into_owned(), node)),
            None => others.push(node),
        }
    }
    known.sort_by(|a, b| a.0.cmp(&b.0));
    known.dedup_by(|a, b| a.0 == b.0);
    list(known.into_iter().map(|(_, node)| node).chain(others).collect(), span)
}

fn has(set: &Node, node: &Node) -> bool {
    set.elements().iter().any(|element| equal(element, node) == Some(true))
}

fn sets(
    world: &World<'_>,
    arguments: &[Node],
    span: Span,
    is_kept: fn(&Node, &[Node]) -> bool,
) -> Outcome {
    let [first, others @ ..] = arguments else { return Err(Failed) };
    let size: usize = others.iter().map(|of| of.elements().len()).sum();
    if !world.spend((size as u64).saturating_mul(first.elements().len() as u64)) {
        return Ok(Node::unknown(span));
    }
    let kept = first.elements().iter().filter(|node| is_kept(node, others));
    set(kept.map(|node| world.copy(node)).collect(), span)
}

fn set_product(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let mut rows: Vec<Vec<Node>> = vec![Vec::new()];
    for of in arguments {
        let size = rows.len().saturating_mul(of.elements().len());
        if size > LONGEST_LIST || !world.spend(size as u64) {
            return Ok(Node::unknown(span));
        }
        let mut longer = Vec::new();
        for row in &rows {
            for node in of.elements() {
                let mut row: Vec<Node> = row.iter().map(|node| world.copy(node)).collect();
                row.push(world.copy(node));
                longer.push(row);
            }
        }
        rows = longer;
    }
    list(rows.into_iter().map(|row| Node::new(Tree::List(row), span)).collect(), span)
}

fn element(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let [of, index] = arguments else { return Err(Failed) };
    let nodes = only_list(std::slice::from_ref(of))?;
    let Some(index) = as_index(index) else { return Ok(Node::unknown(span)) };
    let index = index.checked_rem(nodes.len()).ok_or(Failed)?;
    nodes.get(index).map(|node| world.copy(node)).ok_or(Failed)
}

fn flatten(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    fn add(world: &World<'_>, node: &Node, flat: &mut Vec<Node>) {
        match &node.tree {
            Tree::List(nodes) => nodes.iter().for_each(|node| add(world, node, flat)),
            _ => flat.push(world.copy(node)),
        }
    }
    let mut nodes = Vec::new();
    only_list(arguments)?.iter().for_each(|node| add(world, node, &mut nodes));
    list(nodes, span)
}

fn index(arguments: &[Node], span: Span) -> Outcome {
    let [of, node] = arguments else { return Err(Failed) };
    let found = of.elements().iter().position(|element| equal(element, node) == Some(true));
    #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
    found.map(|index| Node::new(Tree::Number(index as f64), span)).ok_or(Failed)
}

fn keys(arguments: &[Node], span: Span) -> Outcome {
    let [Node { tree: Tree::Map(entries), .. }] = arguments else { return Err(Failed) };
    let mut names: Vec<_> = entries.iter().map(|entry| (entry.name.as_str(), entry)).collect();
    names.sort_by_key(|(name, _)| *name);
    let nodes = names.into_iter().map(|(name, of)| Node::new(Tree::text(name), of.name_span));
    list(nodes.collect(), span)
}

fn values(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let [Node { tree: Tree::Map(entries), .. }] = arguments else { return Err(Failed) };
    let mut entries: Vec<&Entry> = entries.iter().collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    list(entries.into_iter().map(|entry| world.copy(&entry.node)).collect(), span)
}

fn length(arguments: &[Node], span: Span) -> Outcome {
    let [node] = arguments else { return Err(Failed) };
    let length = match &node.tree {
        Tree::List(nodes) => nodes.len(),
        Tree::Map(entries) => entries.len(),
        Tree::Text(text) => text.chars().count(),
        _ => return Err(Failed),
    };
    #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
    let length = length as f64;
    Ok(Node::new(Tree::Number(length), span))
}

fn lookup(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let [map, key, rest @ ..] = arguments else { return Err(Failed) };
    if is_open(map) {
        return Ok(Node::unknown(span));
    }
    let Some(name) = key.scalar() else { return Ok(Node::unknown(span)) };
    let found = map.get(&name).or(rest.first());
    found.map(|node| world.copy(node)).ok_or(Failed)
}

fn merge(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let mut merged: Vec<Entry> = Vec::new();
    for entry in arguments.iter().flat_map(Node::entries) {
        if !world.spend(merged.len() as u64 / 16) {
            return Ok(Node::unknown(span));
        }
        merged.retain(|known| known.name != entry.name);
        merged.push(Entry { node: world.copy(&entry.node), ..entry.clone() });
    }
    let is_map = |node: &Node| matches!(node.tree, Tree::Map(_) | Tree::Null);
    if arguments.iter().all(is_map) { Ok(Node::new(Tree::Map(merged), span)) } else { Err(Failed) }
}

fn one(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    match only_list(arguments)? {
        [] => Ok(Node::null(span)),
        [node] => Ok(world.copy(node)),
        _ => Err(Failed),
    }
}

fn range(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let numbers: Option<Vec<f64>> = arguments.iter().map(super::numbers::number).collect();
    let (start, end, step) = match numbers.ok_or(Failed)?.as_slice() {
        [end] => (0.0, *end, 1.0),
        [start, end] => (*start, *end, if start <= end { 1.0 } else { -1.0 }),
        [start, end, step] => (*start, *end, *step),
        _ => return Err(Failed),
    };
    if step == 0.0 {
        return Err(Failed);
    }
    let mut nodes = Vec::new();
    let mut number = start;
    while if step > 0.0 { number < end } else { number > end } {
        // Terraform itself stops at 1024.
        if nodes.len() > 1024 || !world.spend(1) {
            return Ok(Node::unknown(span));
        }
        nodes.push(Node::new(Tree::Number(number), span));
        number += step;
    }
    list(nodes, span)
}

fn reverse(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    list(only_list(arguments)?.iter().rev().map(|node| world.copy(node)).collect(), span)
}

fn slice(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let [of, from, to] = arguments else { return Err(Failed) };
    let (from, to) = (as_index(from).ok_or(Failed)?, as_index(to).ok_or(Failed)?);
    let part = only_list(std::slice::from_ref(of))?.get(from..to).ok_or(Failed)?;
    list(part.iter().map(|node| world.copy(node)).collect(), span)
}

fn sort(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let mut nodes: Vec<Node> = only_list(arguments)?.iter().map(|node| world.copy(node)).collect();
    nodes.sort_by_cached_key(|node| node.scalar().unwrap_or_default().into_owned());
    list(nodes, span)
}

fn zipmap(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let [names, nodes] = arguments else { return Err(Failed) };
    let mut entries = Vec::new();
    for (name, node) in names.elements().iter().zip(nodes.elements()) {
        let Some(name) = name.scalar() else { return Ok(Node::unknown(span)) };
        entries.push(entry(&name, world.copy(node)));
    }
    Ok(Node::new(Tree::Map(entries), span))
}
