//! Functions of templates: those of Go, and those of Sprig that charts use for values. What is not
//! here is unknown.
//!
//! Source: Helm documentation, "Template Function List".

use std::borrow::Cow;

use super::{
    eval::{Value, field, made, truth, unknown},
    output::{GAP, has_gap, shown, yaml},
};
use crate::settings::tree::{Entry, Node, Span, Tree};

/// Functions that only put a text somewhere: a gap in it stays one.
const CARRIERS: &[&str] = &[
    "cat",
    "coalesce",
    "default",
    "dict",
    "indent",
    "list",
    "nindent",
    "printf",
    "quote",
    "required",
    "squote",
    "toString",
    "toYaml",
    "tpl",
    "trim",
    "ternary",
    "get",
    "merge",
    "mergeOverwrite",
    "deepCopy",
];

/// What a function gives.
pub(super) fn call<'v>(name: &str, arguments: Vec<Value<'v>>) -> Value<'v> {
    let is_open = |of: &Value<'_>| of.as_text().is_some_and(has_gap) || of.is_unknown();
    // What is asked for need not be known where nothing is found.
    let is_logic = matches!(name, "and" | "or" | "not" | "lookup");
    if !is_logic && !CARRIERS.contains(&name) && arguments.iter().any(is_open) {
        return unknown();
    }
    evaluate(name, &arguments).unwrap_or_else(unknown)
}

fn evaluate<'v>(name: &str, arguments: &[Value<'v>]) -> Option<Value<'v>> {
    let text = |text: String| Some(made(Tree::Text(text)));
    let is = |value: bool| Some(made(Tree::Bool(value)));
    Some(match (name, arguments) {
        ("and", _) => return logic(arguments, false),
        ("or", _) => return logic(arguments, true),
        ("not", [of]) => return is(!truth(of)?),
        ("empty", [of]) => return is(!truth(of)?),
        ("default", [_, of]) if truth(of)? => of.clone(),
        ("default", [default, ..]) => default.clone(),
        ("coalesce", _) => {
            for of in arguments {
                if truth(of)? {
                    return Some(of.clone());
                }
            }
            return None;
        }
        ("ternary", [yes, _, of]) if of.as_bool()? => yes.clone(),
        ("ternary", [_, no, _]) => no.clone(),
        ("required", [_, of]) | ("toRawJson" | "deepCopy" | "int" | "int64" | "float64", [of]) => {
            of.clone()
        }
        // A chart that is installed for the first time, or only rendered, finds nothing.
        ("lookup", _) => made(Tree::Map(Vec::new())),
        ("fail", _) => return text(String::new()),
        ("eq", [a, rest @ ..]) => return is(rest.iter().any(|b| is_equal(a, b))),
        ("ne", [a, b]) => return is(!is_equal(a, b)),
        ("lt", [a, b]) => return is(number(a)? < number(b)?),
        ("le", [a, b]) => return is(number(a)? <= number(b)?),
        ("gt", [a, b]) => return is(number(a)? > number(b)?),
        ("ge", [a, b]) => return is(number(a)? >= number(b)?),
        ("add", _) => return Some(made(Tree::Number(sum(arguments)?))),
        ("len", [of]) => {
            let length = match &of.tree {
                Tree::Text(text) => text.len(),
                Tree::List(nodes) => nodes.len(),
                Tree::Map(entries) => entries.len(),
                _ => return None,
            };
            made(Tree::Number(f64::from(u32::try_from(length).ok()?)))
        }
        ("toString", [of]) => return text(shown(of).into_owned()),
        ("quote", _) => {
            let all =
                arguments.iter().map(|of| serde_json::to_string(&shown(of)).unwrap_or_default());
            return text(all.collect::<Vec<_>>().join(" "));
        }
        ("squote", _) => {
            let all = arguments.iter().map(|of| format!("'{}'", shown(of)));
            return text(all.collect::<Vec<_>>().join(" "));
        }
        ("cat", _) => {
            return text(arguments.iter().map(|of| shown(of)).collect::<Vec<_>>().join(" "));
        }
        ("printf", _) => return text(printf(arguments)?),
        ("print", _) => return text(arguments.iter().map(|of| shown(of)).collect()),
        ("upper", [of]) => return text(of.as_text()?.to_uppercase()),
        ("lower", [of]) => return text(of.as_text()?.to_lowercase()),
        ("trim", [of]) => return text(shown(of).trim().to_owned()),
        ("trimSuffix", [end, of]) => {
            let of = of.as_text()?;
            return text(of.strip_suffix(end.as_text()?).unwrap_or(of).to_owned());
        }
        ("trimPrefix", [start, of]) => {
            let of = of.as_text()?;
            return text(of.strip_prefix(start.as_text()?).unwrap_or(of).to_owned());
        }
        ("trimAll", [what, of]) => {
            let what: Vec<char> = what.as_text()?.chars().collect();
            return text(of.as_text()?.trim_matches(what.as_slice()).to_owned());
        }
        ("trunc", [length, of]) => {
            let length = usize::try_from(length.as_int()?).ok()?;
            return text(of.as_text()?.chars().take(length).collect());
        }
        ("replace", [old, new, of]) if !old.as_text()?.is_empty() => {
            return text(of.as_text()?.replace(old.as_text()?, new.as_text()?));
        }
        ("contains", [part, of]) => return is(of.as_text()?.contains(part.as_text()?)),
        ("hasPrefix", [part, of]) => return is(of.as_text()?.starts_with(part.as_text()?)),
        ("hasSuffix", [part, of]) => return is(of.as_text()?.ends_with(part.as_text()?)),
        ("indent", [depth, of]) => return text(indented(depth, of)?),
        ("nindent", [depth, of]) => return text(format!("\n{}", indented(depth, of)?)),
        ("toYaml", [of]) if of.is_null() => return text(GAP.to_owned()),
        ("toYaml", [of]) => return text(yaml(of)),
        ("b64enc", [of]) => return text(base64(shown(of).as_bytes())),
        ("tpl", [of, ..]) if !shown(of).contains("{{") => of.clone(),
        ("list" | "tuple", _) => made(Tree::List(arguments.iter().map(|of| owned(of)).collect())),
        ("dict", _) => {
            let entries = arguments.chunks(2).filter_map(|pair| match pair {
                [name, value] => Some(entry(name.as_text()?, owned(value))),
                _ => None,
            });
            made(Tree::Map(entries.collect()))
        }
        ("get", [of, name]) => field(of.clone(), name.as_text()?),
        ("hasKey", [of, name]) => return is(of.get(name.as_text()?).is_some()),
        ("index", [of, names @ ..]) => {
            let mut value = of.clone();
            for name in names {
                value = match (name.as_text(), &value.tree) {
                    (Some(name), _) => field(value, name),
                    (None, Tree::List(nodes)) => {
                        let at = usize::try_from(name.as_int()?).ok()?;
                        Cow::Owned(nodes.get(at)?.clone())
                    }
                    _ => return None,
                };
            }
            value
        }
        ("first", [of]) => Cow::Owned(of.elements().first()?.clone()),
        ("has", [what, of]) => return is(of.elements().iter().any(|node| is_equal(node, what))),
        ("join", [by, of]) => {
            let all: Option<Vec<_>> = of.elements().iter().map(Node::scalar).collect();
            return text(all?.join(by.as_text()?));
        }
        ("kindIs", [kind, of]) => return is(kind.as_text()? == kind_of(of)?),
        ("kindOf" | "typeOf", [of]) => return text(kind_of(of)?.to_owned()),
        ("merge" | "mergeOverwrite", [one, two]) => {
            let (base, over) = if name == "merge" { (two, one) } else { (one, two) };
            Cow::Owned(merged(base, over, 0))
        }
        _ => return None,
    })
}

/// `and` and `or`: the first that decides, or the last.
fn logic<'v>(arguments: &[Value<'v>], wanted: bool) -> Option<Value<'v>> {
    let mut is_open = false;
    for of in arguments {
        match truth(of) {
            Some(value) if value == wanted => {
                return if is_open { Some(made(Tree::Bool(wanted))) } else { Some(of.clone()) };
            }
            Some(_) => {}
            None => is_open = true,
        }
    }
    if is_open { None } else { arguments.last().cloned() }
}

fn is_equal(a: &Node, b: &Node) -> bool {
    match (&a.tree, &b.tree) {
        (Tree::Null, Tree::Null) => true,
        (Tree::Null, _) | (_, Tree::Null) => false,
        _ => a.scalar().is_some() && a.scalar() == b.scalar(),
    }
}

fn number(node: &Node) -> Option<f64> {
    match &node.tree {
        Tree::Number(number) => Some(*number),
        Tree::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn sum(arguments: &[Value<'_>]) -> Option<f64> {
    arguments.iter().map(|of| number(of)).sum()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = usize::try_from(bits >> (18 - 6 * place) & 63).unwrap_or_default();
            let is_there = place <= three.len();
            text.push(if is_there {
                DIGITS.get(digit).map_or('=', |c| char::from(*c))
            } else {
                '='
            });
        }
    }
    text
}

fn kind_of(node: &Node) -> Option<&'static str> {
    Some(match &node.tree {
        Tree::Null => "invalid",
        Tree::Bool(_) => "bool",
        Tree::Number(_) => "float64",
        Tree::Text(_) => "string",
        Tree::List(_) => "slice",
        Tree::Map(_) => "map",
        Tree::Partial(_) | Tree::Unknown => return None,
    })
}

fn indented(depth: &Node, of: &Node) -> Option<String> {
    let blank = " ".repeat(usize::try_from(depth.as_int()?).ok().filter(|depth| *depth < 200)?);
    let text = shown(of);
    Some(text.split('\n').map(|line| format!("{blank}{line}")).collect::<Vec<_>>().join("\n"))
}

fn printf(arguments: &[Value<'_>]) -> Option<String> {
    let (format, values) = arguments.split_first()?;
    let mut values = values.iter();
    let mut text = String::new();
    let mut chars = format.as_text()?.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        match chars.next()? {
            '%' => text.push('%'),
            's' | 'd' | 'v' | 't' => text.push_str(&shown(values.next()?)),
            'q' => text.push_str(&serde_json::to_string(&shown(values.next()?)).ok()?),
            _ => return None,
        }
    }
    Some(text)
}

fn owned(value: &Value<'_>) -> Node {
    value.clone().into_owned()
}

pub(super) fn entry(name: &str, node: Node) -> Entry {
    Entry { name: name.to_owned(), name_span: Span::default(), node }
}

/// Two maps as one; what the second says counts.
pub(super) fn merged(base: &Node, over: &Node, depth: usize) -> Node {
    let (Tree::Map(old), Tree::Map(new)) = (&base.tree, &over.tree) else { return over.clone() };
    if depth > 32 {
        return over.clone();
    }
    let mut entries: Vec<Entry> =
        old.iter().filter(|of| !new.iter().any(|new| new.name == of.name)).cloned().collect();
    for entry in new {
        let node = match base.get(&entry.name) {
            Some(known) => merged(known, &entry.node, depth + 1),
            None => entry.node.clone(),
        };
        entries.push(Entry { node, ..entry.clone() });
    }
    Node::new(Tree::Map(entries), over.span)
}
