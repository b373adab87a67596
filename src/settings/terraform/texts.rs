//! Functions on texts.

use regex::{Regex, RegexBuilder};

use super::{
    functions::{Function, Needs},
    numbers::number,
    value::{Failed, LONGEST_TEXT, Outcome, Text, as_index, entry, is_open},
    world::World,
};
use crate::settings::tree::{Node, Span, Tree};

/// What a pattern may compile to, in bytes.
const PATTERN: usize = 256 << 10;

pub(super) const TABLE: &[Function] = &[
    Function {
        name: "chomp",
        needs: Needs::Everything,
        call: |_, a, s| of_text(a, s, |t| t.trim_end_matches(['\n', '\r']).to_owned()),
    },
    Function {
        name: "endswith",
        needs: Needs::Everything,
        call: |_, a, s| test(a, s, |t, with| t.ends_with(with)),
    },
    Function { name: "format", needs: Needs::Nothing, call: |_, a, s| format(a, s) },
    Function { name: "formatlist", needs: Needs::Outside, call: |w, a, s| format_list(w, a, s) },
    Function { name: "indent", needs: Needs::Nothing, call: |_, a, s| indent(a, s) },
    Function { name: "join", needs: Needs::Outside, call: |_, a, s| join(a, s) },
    Function {
        name: "lower",
        needs: Needs::Everything,
        call: |_, a, s| of_text(a, s, str::to_lowercase),
    },
    Function { name: "regex", needs: Needs::Everything, call: |_, a, s| find(a, s) },
    Function { name: "regexall", needs: Needs::Everything, call: |w, a, s| find_all(w, a, s) },
    Function { name: "replace", needs: Needs::Everything, call: |w, a, s| replace(w, a, s) },
    Function { name: "split", needs: Needs::Everything, call: |_, a, s| split(a, s) },
    Function {
        name: "startswith",
        needs: Needs::Everything,
        call: |_, a, s| test(a, s, |t, with| t.starts_with(with)),
    },
    Function {
        name: "strcontains",
        needs: Needs::Everything,
        call: |_, a, s| test(a, s, |t, with| t.contains(with)),
    },
    Function { name: "substr", needs: Needs::Everything, call: |_, a, s| substr(a, s) },
    Function { name: "title", needs: Needs::Everything, call: |_, a, s| of_text(a, s, title) },
    Function { name: "tobool", needs: Needs::Everything, call: |_, a, s| to_bool(a, s) },
    Function { name: "tostring", needs: Needs::Nothing, call: |_, a, s| to_string(a, s) },
    Function { name: "trim", needs: Needs::Everything, call: |_, a, s| trim(a, s) },
    Function { name: "trimprefix", needs: Needs::Everything, call: |_, a, s| cut(a, s, true) },
    Function {
        name: "trimspace",
        needs: Needs::Everything,
        call: |_, a, s| of_text(a, s, |t| t.trim().to_owned()),
    },
    Function { name: "trimsuffix", needs: Needs::Everything, call: |_, a, s| cut(a, s, false) },
    Function {
        name: "upper",
        needs: Needs::Everything,
        call: |_, a, s| of_text(a, s, str::to_uppercase),
    },
];

pub(super) fn texts<const N: usize>(arguments: &[Node]) -> Result<[String; N], Failed> {
    let mut made = Vec::new();
    for node in arguments {
        let mut text = Text::default();
        text.push(node)?;
        made.push(text.text);
    }
    made.try_into().map_err(|_| Failed)
}

pub(super) fn text_node(text: impl Into<String>, span: Span) -> Outcome {
    let mut made = Text::default();
    made.push_str(&text.into());
    Ok(made.into_node(span))
}

pub(super) fn of_text(arguments: &[Node], span: Span, of: impl Fn(&str) -> String) -> Outcome {
    let [text] = texts(arguments)?;
    text_node(of(&text), span)
}

fn test(arguments: &[Node], span: Span, of: fn(&str, &str) -> bool) -> Outcome {
    let [text, with] = texts(arguments)?;
    Ok(Node::new(Tree::Bool(of(&text, &with)), span))
}

/// Takes off a beginning or an end.
fn cut(arguments: &[Node], span: Span, is_front: bool) -> Outcome {
    let [text, part] = texts(arguments)?;
    let rest = if is_front { text.strip_prefix(&part) } else { text.strip_suffix(&part) };
    text_node(rest.unwrap_or(&text), span)
}

fn trim(arguments: &[Node], span: Span) -> Outcome {
    let [text, of] = texts(arguments)?;
    text_node(text.trim_matches(|c| of.contains(c)), span)
}

fn title(text: &str) -> String {
    let mut is_first = true;
    text.chars()
        .flat_map(|c| {
            let made: Vec<char> = if is_first { c.to_uppercase().collect() } else { vec![c] };
            is_first = !c.is_alphanumeric();
            made
        })
        .collect()
}

fn substr(arguments: &[Node], span: Span) -> Outcome {
    let [text, offset, length] = arguments else { return Err(Failed) };
    let text = text.scalar().ok_or(Failed)?;
    let count = text.chars().count();
    let from_end = |node: &Node| -> Option<usize> {
        let number = number(node)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded")]
        let magnitude = number.abs().min(1e9) as usize;
        Some(if number < 0.0 { count.saturating_sub(magnitude) } else { magnitude })
    };
    let offset = from_end(offset).ok_or(Failed)?;
    let length = match number(length).ok_or(Failed)? {
        number if number < 0.0 => usize::MAX,
        _ => as_index(length).ok_or(Failed)?,
    };
    text_node(text.chars().skip(offset).take(length).collect::<String>(), span)
}

fn split(arguments: &[Node], span: Span) -> Outcome {
    let [separator, text] = texts(arguments)?;
    let node = |part: &str| Node::new(Tree::text(part), span);
    let nodes = match (separator.is_empty(), text.is_empty()) {
        (_, true) => Vec::new(),
        (true, false) => text.chars().map(|c| node(&c.to_string())).collect(),
        (false, false) => text.split(&separator).map(node).collect(),
    };
    Ok(Node::new(Tree::List(nodes), span))
}

fn join(arguments: &[Node], span: Span) -> Outcome {
    let [separator, lists @ ..] = arguments else { return Err(Failed) };
    let separator = separator.scalar().ok_or(Failed)?;
    let nodes: Vec<&Node> = lists.iter().flat_map(Node::elements).collect();
    // One is what it is, as in `join("", aws_kms_key.a[*].arn)`.
    if let [one] = nodes.as_slice()
        && is_open(one)
    {
        return Ok((*one).clone());
    }
    let mut text = Text::default();
    for (index, node) in nodes.into_iter().enumerate() {
        if index > 0 {
            text.push_str(&separator);
        }
        text.push(node)?;
    }
    Ok(text.into_node(span))
}

/// `%s %d %v %q %%` with what stands between; widths are let be.
fn format(arguments: &[Node], span: Span) -> Outcome {
    let [pattern, values @ ..] = arguments else { return Err(Failed) };
    let Some(pattern) = pattern.as_text() else { return Ok(Node::unknown(span)) };
    let mut values = values.iter();
    let mut text = Text::default();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let mut verb = after.chars();
        match verb.next() {
            Some('%') => text.push_str("%"),
            Some('s' | 'd' | 'v') => text.push(values.next().ok_or(Failed)?)?,
            Some('q') => text.push_json(values.next().ok_or(Failed)?),
            _ => return Ok(Node::unknown(span)),
        }
        rest = verb.as_str();
    }
    text.push_str(rest);
    Ok(text.into_node(span))
}

fn format_list(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let length = arguments.iter().filter_map(|node| match &node.tree {
        Tree::List(nodes) => Some(nodes.len()),
        _ => None,
    });
    let mut nodes = Vec::new();
    for index in 0..length.max().unwrap_or(1) {
        let mut of = Vec::new();
        for node in arguments {
            of.push(match &node.tree {
                Tree::List(nodes) => world.copy(nodes.get(index).ok_or(Failed)?),
                _ => world.copy(node),
            });
        }
        nodes.push(format(&of, span)?);
    }
    Ok(Node::new(Tree::List(nodes), span))
}

fn indent(arguments: &[Node], span: Span) -> Outcome {
    let [count, text] = arguments else { return Err(Failed) };
    let Some(count) = as_index(count).filter(|count| *count < 1_000) else {
        return Ok(Node::unknown(span));
    };
    let mut made = Text::default();
    made.push(text)?;
    let blanks = " ".repeat(count);
    let mut whole = Text { is_partial: made.is_partial, ..Text::default() };
    for (index, line) in made.text.split('\n').enumerate() {
        if index > 0 {
            whole.push_str("\n");
            whole.push_str(&blanks);
        }
        whole.push_str(line);
    }
    Ok(whole.into_node(span))
}

fn pattern(text: &str) -> Result<Regex, Failed> {
    RegexBuilder::new(text).size_limit(PATTERN).build().map_err(|_| Failed)
}

fn replace(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let [text, of, with] = texts(arguments)?;
    let replaced = match of.strip_prefix('/').and_then(|of| of.strip_suffix('/')) {
        Some(of) if of.len() + 2 <= LONGEST_TEXT => {
            if !world.spend(text.len() as u64) {
                return Ok(Node::unknown(span));
            }
            // `$1` stands before whatever comes next.
            let braced = braced_groups(&with);
            pattern(of)?.replace_all(&text, braced.as_str()).into_owned()
        }
        _ => {
            // How long it can become is bounded before it is made.
            let count = text.matches(&of).count();
            if count.saturating_mul(with.len()).saturating_add(text.len()) > LONGEST_TEXT {
                return Ok(Node::unknown(span));
            }
            text.replace(&of, &with)
        }
    };
    text_node(replaced, span)
}

/// `$1x` as `${1}x`, because Terraform's names of groups end with their digits.
fn braced_groups(with: &str) -> String {
    let mut made = String::new();
    let mut chars = with.chars().peekable();
    while let Some(c) = chars.next() {
        made.push(c);
        if c == '$' && chars.peek().is_some_and(char::is_ascii_digit) {
            made.push('{');
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                made.push(digit);
            }
            made.push('}');
        }
    }
    made
}

fn find(arguments: &[Node], span: Span) -> Outcome {
    let [of, text] = texts(arguments)?;
    let of = pattern(&of)?;
    let captures = of.captures(&text).ok_or(Failed)?;
    Ok(captured(&of, &captures, span))
}

fn captured(of: &Regex, captures: &regex::Captures<'_>, span: Span) -> Node {
    let node = |group: Option<regex::Match<'_>>| match group {
        Some(group) => Node::new(Tree::text(group.as_str()), span),
        None => Node::null(span),
    };
    if captures.len() == 1 {
        return node(captures.get(0));
    }
    let names: Vec<&str> = of.capture_names().flatten().collect();
    let tree = if names.is_empty() {
        Tree::List((1..captures.len()).map(|index| node(captures.get(index))).collect())
    } else {
        Tree::Map(names.iter().map(|name| entry(name, node(captures.name(name)))).collect())
    };
    Node::new(tree, span)
}

fn find_all(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let [of, text] = texts(arguments)?;
    let of = pattern(&of)?;
    let mut nodes = Vec::new();
    for captures in of.captures_iter(&text) {
        if !world.spend(captures.len() as u64) {
            return Ok(Node::unknown(span));
        }
        nodes.push(captured(&of, &captures, span));
    }
    Ok(Node::new(Tree::List(nodes), span))
}

fn to_string(arguments: &[Node], span: Span) -> Outcome {
    let [node] = arguments else { return Err(Failed) };
    match &node.tree {
        Tree::Null | Tree::Text(_) | Tree::Partial(_) | Tree::Unknown => Ok(node.clone()),
        Tree::Bool(_) | Tree::Number(_) => {
            text_node(node.scalar().unwrap_or_default().into_owned(), span)
        }
        Tree::List(_) | Tree::Map(_) => Err(Failed),
    }
}

fn to_bool(arguments: &[Node], span: Span) -> Outcome {
    let [node] = arguments else { return Err(Failed) };
    if node.is_null() {
        return Ok(node.clone());
    }
    Ok(Node::new(Tree::Bool(node.as_bool().ok_or(Failed)?), span))
}
