//! The few expressions of Jinja that say a value plainly: a name, its members, and a default.
//!
//! Source: Ansible documentation, "Using filters to manipulate data".

use crate::settings::tree::{Node, Span, Tree};

/// Members inside of one another.
const DEPTH: usize = 16;

/// What an expression stands for, where `names` says what its name stands for.
pub(super) fn value(expression: &str, names: &dyn Fn(&str) -> Option<Node>) -> Option<Node> {
    let mut parts = expression.split('|').map(str::trim);
    let mut of = path(parts.next()?, names);
    for filter in parts {
        let (name, argument) = match filter.split_once('(') {
            Some((name, rest)) => (name.trim(), rest.strip_suffix(')')?),
            None => (filter, ""),
        };
        match name {
            "default" | "d" if of.is_none() => {
                of = literal(argument.split(',').next().unwrap_or_default().trim());
            }
            "default" | "d" | "string" | "trim" | "mandatory" => {}
            "bool" => {
                let truth = of?;
                let span = truth.span;
                of = Some(Node::new(Tree::Bool(truth_of(&truth)?), span));
            }
            "int" => {
                let number = of?;
                of = number.as_int().map(|_| number);
            }
            _ => return None,
        }
    }
    of
}

/// What counts as a truth value: `yes` is one as well.
fn truth_of(node: &Node) -> Option<bool> {
    node.as_bool().or_else(|| match node.scalar()?.to_ascii_lowercase().as_str() {
        "yes" | "on" | "1" => Some(true),
        "no" | "off" | "0" => Some(false),
        _ => None,
    })
}

/// `name`, `name.member`, `name['member']`, or a literal.
fn path(text: &str, names: &dyn Fn(&str) -> Option<Node>) -> Option<Node> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c: char| !is_of_name(c)).unwrap_or(text.len());
    let (name, mut rest) = text.split_at_checked(end)?;
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return literal(text);
    }
    let mut of = match names(name) {
        Some(of) => of,
        None => return literal(text),
    };
    for _ in 0..DEPTH {
        rest = rest.trim_start();
        let (member, after) = if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(|c: char| !is_of_name(c)).unwrap_or(after.len());
            after.split_at_checked(end)?
        } else if let Some(after) = rest.strip_prefix('[') {
            let (member, after) = after.split_once(']')?;
            (member.trim().trim_matches(['\'', '"']), after)
        } else {
            return rest.is_empty().then_some(of);
        };
        of = match (&of.tree, member.parse::<usize>()) {
            (Tree::List(nodes), Ok(at)) => nodes.get(at)?.clone(),
            _ => of.get(member)?.clone(),
        };
        rest = after;
    }
    None
}

/// A text in quotes, a number, or a truth value. `omit` is as if nothing was written.
fn literal(text: &str) -> Option<Node> {
    let quoted = ['\'', '"'].iter().find_map(|quote| {
        let inside = text.strip_prefix(*quote)?.strip_suffix(*quote)?;
        (!inside.contains(*quote)).then_some(inside)
    });
    let tree = match (quoted, text) {
        (Some(inside), _) => Tree::text(inside),
        (None, "true" | "True") => Tree::Bool(true),
        (None, "false" | "False") => Tree::Bool(false),
        (None, "omit" | "none" | "None") => Tree::Null,
        (None, number) => Tree::Number(f64::from(number.parse::<i32>().ok()?)),
    };
    Some(Node::new(tree, Span::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::json;

    #[test]
    fn names_members_and_defaults_are_read() {
        let known =
            json::parse(0, r#"{"a": {"b": [1, {"c": "x"}]}, "yes": "no", "n": "7"}"#).unwrap();
        let names = |name: &str| known.get(name).cloned();
        let written = |text: &str| value(text, &names).map(|of| of.scalar().unwrap().into_owned());
        for (text, wanted) in [
            ("a.b[1].c", Some("x")),
            ("a['b'][0]", Some("1")),
            ("gone | default('x y')", Some("x y")),
            ("gone | default(2048)", Some("2048")),
            ("n | int", Some("7")),
            ("yes | bool", Some("false")),
            ("gone", None),
            ("a.gone", None),
            ("n | combine(x)", None),
            ("lookup('env', 'X')", None),
        ] {
            assert_eq!(written(text).as_deref(), wanted, "{text}");
        }
        assert!(value("gone | default(omit)", &names).unwrap().is_null());
    }
}
