//! Functions of templates over values. What depends on something unknown is unknown; a text of which
//! a part is not known keeps its name through functions that only rewrite it.
//!
//! Source: Azure Resource Manager documentation, "ARM template functions".

use super::super::{
    json,
    tree::{Entry, Node, Span, Tree},
};

/// Texts that are put together grow no longer.
const MOST_TEXT: usize = 1 << 20;

/// Elements that one function makes.
const MOST_ELEMENTS: usize = 1_000;

/// What a function gives for these arguments.
pub(super) fn call(name: &str, arguments: &[Node], span: Span) -> Node {
    known(name, arguments, span).unwrap_or_else(|| Node::unknown(span))
}

fn known(name: &str, arguments: &[Node], span: Span) -> Option<Node> {
    let make = |tree: Tree| Some(Node::new(tree, span));
    let text = |at: usize| arguments.get(at).and_then(Node::as_text);
    let number = |at: usize| match arguments.get(at).map(|node| &node.tree) {
        Some(Tree::Number(number)) => Some(*number),
        Some(Tree::Text(text)) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    let first = arguments.first();
    let elements = |at: usize| match arguments.get(at).map(|node| &node.tree) {
        Some(Tree::List(nodes)) => Some(nodes.as_slice()),
        _ => None,
    };
    match name {
        "true" => make(Tree::Bool(true)),
        "false" => make(Tree::Bool(false)),
        "null" => make(Tree::Null),
        "concat" if arguments.iter().any(|node| matches!(node.tree, Tree::List(_))) => {
            let all = arguments.iter().all(|node| matches!(node.tree, Tree::List(_)));
            let nodes = arguments.iter().flat_map(|node| node.elements().iter().cloned());
            all.then(|| Node::new(Tree::List(nodes.collect()), span))
        }
        "concat" => Some(joined(arguments, "", span)),
        "format" => formatted(arguments, span),
        "tolower" | "toupper" | "trim" | "take" | "skip" | "substring" | "replace" | "padleft"
        | "string" | "uri" | "uricomponent" | "last" | "first"
            if first.is_some_and(|node| matches!(node.tree, Tree::Partial(_))) =>
        {
            first.cloned()
        }
        "tolower" => make(Tree::Text(text(0)?.to_lowercase())),
        "toupper" => make(Tree::Text(text(0)?.to_uppercase())),
        "trim" => make(Tree::text(text(0)?.trim())),
        "replace" => {
            let (of, old, new) = (text(0)?, text(1)?, text(2)?);
            let grown = of.len().checked_mul(new.len().max(1))?;
            (!old.is_empty() && grown < MOST_TEXT)
                .then(|| Node::new(Tree::Text(of.replace(old, new)), span))
        }
        "startswith" => make(Tree::Bool(lower(text(0)?).starts_with(&lower(text(1)?)))),
        "endswith" => make(Tree::Bool(lower(text(0)?).ends_with(&lower(text(1)?)))),
        "split" => {
            let (of, at) = (text(0)?, text(1)?);
            let part = |part: &str| Node::new(Tree::text(part), span);
            let parts: Vec<Node> = of.split(at).take(MOST_ELEMENTS).map(part).collect();
            (!at.is_empty()).then(|| Node::new(Tree::List(parts), span))
        }
        "join" => Some(joined(elements(0)?, text(1)?, span)),
        "substring" => {
            let from = whole(number(1)?)?;
            let of = text(0)?.chars().skip(from);
            match arguments.get(2) {
                Some(_) => make(Tree::Text(of.take(whole(number(2)?)?).collect())),
                None => make(Tree::Text(of.collect())),
            }
        }
        "take" | "skip" => {
            let count = whole(number(1)?)?;
            match (&first?.tree, name) {
                (Tree::Text(of), "take") => make(Tree::Text(of.chars().take(count).collect())),
                (Tree::Text(of), _) => make(Tree::Text(of.chars().skip(count).collect())),
                (Tree::List(of), "take") => {
                    make(Tree::List(of.iter().take(count).cloned().collect()))
                }
                (Tree::List(of), _) => make(Tree::List(of.iter().skip(count).cloned().collect())),
                _ => None,
            }
        }
        "base64" => make(Tree::Text(encoded(text(0)?.as_bytes()))),
        "base64tostring" => make(Tree::Text(decoded(text(0)?)?)),
        "base64tojson" => json::parse_within(&decoded(text(0)?)?, span),
        "string" => match &first?.tree {
            Tree::List(_) | Tree::Map(_) => make(Tree::Text(written(first?)?)),
            _ => make(Tree::Text(first?.scalar()?.into_owned())),
        },
        "int" => make(Tree::Number(number(0)?)),
        "bool" => make(Tree::Bool(first?.as_bool()?)),
        "array" => match &first?.tree {
            Tree::List(_) | Tree::Unknown => first.cloned(),
            _ => make(Tree::List(vec![first?.clone()])),
        },
        "createarray" => make(Tree::List(arguments.to_vec())),
        "createobject" => {
            let mut entries = Vec::new();
            for pair in arguments.chunks(2) {
                let [name, node] = pair else { return None };
                entries.push(Entry {
                    name: name.as_text()?.to_owned(),
                    name_span: span,
                    node: node.clone(),
                });
            }
            make(Tree::Map(entries))
        }
        "union" => union(arguments, span),
        "range" => {
            let (from, count) = (number(0)?, whole(number(1)?)?);
            #[expect(clippy::cast_precision_loss, reason = "at most MOST_ELEMENTS")]
            let element = |at: usize| Node::new(Tree::Number(from + at as f64), span);
            (count <= MOST_ELEMENTS)
                .then(|| Node::new(Tree::List((0..count).map(element).collect()), span))
        }
        "items" => {
            let pair = |entry: &Entry| {
                let member = |name: &str, node: Node| Entry {
                    name: name.to_owned(),
                    name_span: entry.name_span,
                    node,
                };
                let key = Node::new(Tree::text(entry.name.as_str()), entry.name_span);
                let entries = vec![member("key", key), member("value", entry.node.clone())];
                Node::new(Tree::Map(entries), span)
            };
            match &first?.tree {
                Tree::Map(entries) => make(Tree::List(entries.iter().map(pair).collect())),
                _ => None,
            }
        }
        "flatten" => {
            let nodes = elements(0)?.iter().flat_map(|node| node.elements().iter().cloned());
            make(Tree::List(nodes.collect()))
        }
        "first" => match &first?.tree {
            Tree::List(nodes) => nodes.first().cloned(),
            Tree::Text(text) => make(Tree::Text(text.chars().take(1).collect())),
            _ => None,
        },
        "last" => match &first?.tree {
            Tree::List(nodes) => nodes.last().cloned(),
            Tree::Text(text) => make(Tree::Text(text.chars().last().into_iter().collect())),
            _ => None,
        },
        #[expect(clippy::cast_precision_loss, reason = "lengths of what is in memory")]
        "length" => match &first?.tree {
            Tree::List(nodes) => make(Tree::Number(nodes.len() as f64)),
            Tree::Map(entries) => make(Tree::Number(entries.len() as f64)),
            Tree::Text(text) => make(Tree::Number(text.chars().count() as f64)),
            _ => None,
        },
        "empty" => match &first?.tree {
            Tree::Null => make(Tree::Bool(true)),
            Tree::List(nodes) => make(Tree::Bool(nodes.is_empty())),
            Tree::Map(entries) => make(Tree::Bool(entries.is_empty())),
            Tree::Text(text) => make(Tree::Bool(text.is_empty())),
            _ => None,
        },
        "contains" => match &first?.tree {
            Tree::Map(entries) => {
                let name = text(1)?;
                make(Tree::Bool(entries.iter().any(|of| of.name.eq_ignore_ascii_case(name))))
            }
            Tree::Text(of) => make(Tree::Bool(of.contains(text(1)?))),
            Tree::List(nodes) => {
                let wanted = written(arguments.get(1)?)?;
                let all: Option<Vec<String>> = nodes.iter().map(written).collect();
                make(Tree::Bool(all?.contains(&wanted)))
            }
            _ => None,
        },
        "equals" => make(Tree::Bool(written(first?)? == written(arguments.get(1)?)?)),
        "equalsinsensitive" => make(Tree::Bool(lower(text(0)?) == lower(text(1)?))),
        "less" => make(Tree::Bool(number(0)? < number(1)?)),
        "lessorequals" => make(Tree::Bool(number(0)? <= number(1)?)),
        "greater" => make(Tree::Bool(number(0)? > number(1)?)),
        "greaterorequals" => make(Tree::Bool(number(0)? >= number(1)?)),
        "not" => make(Tree::Bool(!first?.as_bool()?)),
        "and" | "or" => {
            // One that decides is enough.
            let decides = name == "or";
            let values: Vec<Option<bool>> = arguments.iter().map(Node::as_bool).collect();
            if values.contains(&Some(decides)) {
                return make(Tree::Bool(decides));
            }
            (!values.contains(&None)).then(|| Node::new(Tree::Bool(!decides), span))
        }
        "add" => make(Tree::Number(number(0)? + number(1)?)),
        "sub" => make(Tree::Number(number(0)? - number(1)?)),
        "mul" => make(Tree::Number(number(0)? * number(1)?)),
        "div" => {
            let by = number(1)?;
            (by != 0.0)
                .then(|| Node::new(Tree::Number((number(0).unwrap_or(0.0) / by).trunc()), span))
        }
        "mod" => {
            let by = number(1)?;
            (by != 0.0).then(|| Node::new(Tree::Number(number(0).unwrap_or(0.0) % by), span))
        }
        "min" => make(Tree::Number(number(0)?.min(number(1)?))),
        "max" => make(Tree::Number(number(0)?.max(number(1)?))),
        _ => None,
    }
}

fn lower(text: &str) -> String {
    text.to_lowercase()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number in range"
)]
fn whole(number: f64) -> Option<usize> {
    (number.fract() == 0.0 && (0.0..1e9).contains(&number)).then_some(number as usize)
}

/// Text in base64.
fn encoded(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4_usize {
            let digit = usize::try_from(group >> (18 - 6 * at) & 63).unwrap_or(0);
            let is_filler = at > chunk.len();
            text.push(match DIGITS.get(digit) {
                Some(digit) if !is_filler => char::from(*digit),
                _ => '=',
            });
        }
    }
    text
}

/// The text that base64 or base64url stands for.
pub(in crate::settings) fn decoded(text: &str) -> Option<String> {
    let bytes = crate::decode::radix::base64(text.trim().as_bytes());
    (!bytes.is_empty()).then(|| String::from_utf8(bytes.to_vec()).ok()).flatten()
}

/// `format('{0}-{1}', a, b)`.
fn formatted(arguments: &[Node], span: Span) -> Option<Node> {
    let (template, values) = arguments.split_first()?;
    let mut parts = Vec::new();
    let mut rest = template.as_text()?;
    let text = |text: &str| Node::new(Tree::text(text), span);
    while let Some((before, after)) = rest.split_once('{') {
        parts.push(text(before));
        if let Some(after) = after.strip_prefix('{') {
            parts.push(text("{"));
            rest = after;
            continue;
        }
        let (at, after) = after.split_once('}')?;
        let at = at.split([':', ',']).next().unwrap_or_default().trim();
        parts.push(values.get(at.parse::<usize>().ok()?)?.clone());
        rest = after;
    }
    parts.push(text(&rest.replace("}}", "}")));
    Some(joined(&parts, "", span))
}

/// Maps made one, member by member, or lists without what stands in them twice.
fn union(arguments: &[Node], span: Span) -> Option<Node> {
    if arguments.iter().all(|node| matches!(node.tree, Tree::List(_))) {
        let mut nodes: Vec<Node> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for node in arguments.iter().flat_map(Node::elements) {
            if written(node).is_none_or(|text| seen.insert(text)) {
                nodes.push(node.clone());
            }
        }
        return Some(Node::new(Tree::List(nodes), span));
    }
    let mut merged: Vec<Entry> = Vec::new();
    for node in arguments {
        let Tree::Map(entries) = &node.tree else { return None };
        for entry in entries {
            match merged.iter_mut().find(|of| of.name == entry.name) {
                Some(of) => {
                    let both = [of.node.clone(), entry.node.clone()];
                    let are_maps = both.iter().all(|node| matches!(node.tree, Tree::Map(_)));
                    let inner = are_maps.then(|| union(&both, span)).flatten();
                    of.node = inner.unwrap_or_else(|| entry.node.clone());
                }
                None => merged.push(entry.clone()),
            }
        }
    }
    Some(Node::new(Tree::Map(merged), span))
}

/// Texts put together. A part that is not known makes a text that is known in part, with `${?}` in
/// its place.
pub(super) fn joined(parts: &[Node], separator: &str, span: Span) -> Node {
    let mut text = String::new();
    let mut is_whole = true;
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            text.push_str(separator);
        }
        match (part.scalar(), part.as_partial()) {
            (Some(known), _) => text.push_str(&known),
            (None, Some(partial)) => {
                text.push_str(partial);
                is_whole = false;
            }
            (None, None) => {
                text.push_str("${?}");
                is_whole = false;
            }
        }
        if text.len() > MOST_TEXT {
            return Node::unknown(span);
        }
    }
    Node::new(if is_whole { Tree::Text(text) } else { Tree::Partial(text) }, span)
}

/// A value as JSON, if all of it is known.
fn written(node: &Node) -> Option<String> {
    serde_json::to_string(&as_json(node)?).ok()
}

fn as_json(node: &Node) -> Option<serde_json::Value> {
    use serde_json::Value;
    Some(match &node.tree {
        Tree::Null => Value::Null,
        Tree::Bool(value) => Value::Bool(*value),
        Tree::Number(number) => match node.as_int() {
            Some(int) => int.into(),
            None => Value::from(*number),
        },
        Tree::Text(text) => Value::String(text.clone()),
        Tree::List(nodes) => Value::Array(nodes.iter().map(as_json).collect::<Option<_>>()?),
        Tree::Map(entries) => {
            let pair = |entry: &Entry| Some((entry.name.clone(), as_json(&entry.node)?));
            Value::Object(entries.iter().map(pair).collect::<Option<_>>()?)
        }
        Tree::Partial(_) | Tree::Unknown => return None,
    })
}
