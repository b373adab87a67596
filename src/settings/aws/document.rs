//! Policies as maps or as texts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use std::borrow::Cow;

use super::{
    super::{
        json,
        sources::Sources,
        tree::{Node, Span, Tree},
        within,
    },
    actions::{self, Actions},
    condition::{self, Test},
    principal::{self, Who},
    words::{Word, has_wildcard},
};
use crate::layers::mime;

/// Statements of a policy that are looked at: each `Allow` is held against each `Deny`.
const MOST: usize = 200;

/// Principals of a policy that are looked at; AWS' limit of 32 KiB leaves room for 800.
const MOST_PRINCIPALS: usize = 2_000;

/// Actions of a statement that are looked at, and bytes of one; none of AWS' own is longer than 80.
const MOST_ACTIONS: usize = 5_000;
const MOST_ACTION_BYTES: usize = 200;

/// Bytes of a policy that is a text; AWS allows 32 KiB for a key, 10 KiB for an identity.
const MOST_BYTES: usize = 1 << 18;

pub(super) struct Statement<'a> {
    pub allows: bool,
    pub who: Who,
    pub actions: Chosen,
    /// `Resource` or `NotResource`, and whether it is the latter.
    pub resources: Option<(&'a Node, bool)>,
    /// Nothing if they cannot be known.
    pub tests: Option<Vec<Test<'a>>>,
    pub tests_span: Option<Span>,
    pub span: Span,
}

/// The actions of a statement.
pub(super) struct Chosen {
    pub set: Actions,
    /// Whether there may be more.
    pub is_open: bool,
    pub wildcards: &'static str,
    pub hidden: Actions,
    pub span: Span,
}

/// The policy that a value is, also one that is written as a text or encoded for a URL.
pub(super) fn read<'a>(node: &'a Node, sources: &Sources) -> Option<Cow<'a, Node>> {
    let text = match &node.tree {
        Tree::Map(_) => return Some(Cow::Borrowed(node)),
        Tree::Text(text) | Tree::Partial(text) if text.len() <= MOST_BYTES => text,
        _ => return None,
    };
    if text.trim_start().starts_with('%') {
        let decoded = mime::percent(text.as_bytes());
        let decoded = std::str::from_utf8(&decoded).ok()?;
        return json::parse_within(decoded, node.span).map(Cow::Owned);
    }
    let raw = sources.get(node.span.source).and_then(|source| {
        let at = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        source.text.get(at(node.span.start)..at(node.span.end))
    });
    let Some(places) = raw.and_then(|raw| places(raw, text)) else {
        // Something was filled in or taken off: what can be told are lines.
        return within::json(node, sources).map(Cow::Owned);
    };
    match json::parse(node.span.source, text) {
        Ok(mut parsed) => {
            place(&mut parsed, node.span, &places);
            Some(Cow::Owned(parsed))
        }
        // What is not known stands without quotes.
        Err(_) => within::json(node, sources).map(Cow::Owned),
    }
}

/// For each byte of `text` the byte of `raw` that it is written as: text in quotes, with escapes, or
/// indented. Nothing if it cannot be followed.
fn places(raw: &str, text: &str) -> Option<Vec<u32>> {
    let mut places = Vec::with_capacity(text.len() + 1);
    let mut rest = raw.char_indices().peekable();
    for wanted in text.chars() {
        let at = loop {
            let (at, c) = rest.next()?;
            if c == '\\' && wanted != '\\' {
                let (_, escaped) = rest.next()?;
                let meant = match escaped {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                };
                if meant == wanted {
                    break at;
                }
                return None;
            }
            if c == wanted {
                if c == '\\' && rest.peek().is_some_and(|(_, next)| *next == '\\') {
                    rest.next();
                }
                break at;
            }
            // The quote before the text, and indentation that is taken off.
            let is_before = places.is_empty();
            if !is_before && !c.is_whitespace() {
                return None;
            }
        };
        let at = u32::try_from(at).ok()?;
        places.extend(std::iter::repeat_n(at, wanted.len_utf8()));
    }
    places.push(u32::try_from(raw.len()).ok()?);
    Some(places)
}

/// Moves the spans of a value that was parsed out of a text to where the text is.
fn place(node: &mut Node, whole: Span, places: &[u32]) {
    let moved = |span: Span| {
        let at = |at: u32| places.get(usize::try_from(at).ok()?).copied();
        match (at(span.start), at(span.end)) {
            (Some(start), Some(end)) => Span {
                source: whole.source,
                start: whole.start.saturating_add(start),
                end: whole.start.saturating_add(end),
            },
            _ => whole,
        }
    };
    node.span = moved(node.span);
    match &mut node.tree {
        Tree::List(nodes) => nodes.iter_mut().for_each(|node| place(node, whole, places)),
        Tree::Map(entries) => {
            for entry in entries {
                entry.name_span = moved(entry.name_span);
                place(&mut entry.node, whole, places);
            }
        }
        _ => {}
    }
}

/// Whether a statement names actions of this service.
pub(super) fn is_about(policy: &Node, service: &str) -> bool {
    let names = |node: &Node| {
        let mut names = node.elements().iter().filter_map(Node::as_partial);
        names.any(|name| {
            name.split_once(':').is_some_and(|(prefix, _)| prefix.eq_ignore_ascii_case(service))
        })
    };
    let statements = member(policy, "Statement").map(Node::elements).unwrap_or_default();
    statements.iter().take(MOST).any(|statement| {
        [member(statement, "Action"), member(statement, "NotAction")]
            .into_iter()
            .flatten()
            .any(names)
    })
}

/// The statements of a policy, and how many could not be looked at.
pub(super) fn statements<'a>(policy: &'a Node, service: &str) -> (Vec<Statement<'a>>, u64) {
    let Some(list) = member(policy, "Statement") else { return (Vec::new(), 0) };
    if list.is_unknown() {
        return (Vec::new(), 1);
    }
    let all = list.elements();
    let mut unread = all.len().saturating_sub(MOST) as u64;
    let mut found = Vec::new();
    let mut left = MOST_PRINCIPALS;
    for node in all.iter().take(MOST) {
        let Some(mut statement) = statement(node, service) else {
            unread += 1;
            continue;
        };
        if let Who::These(principals) | Who::AllBut(principals) = &mut statement.who {
            if principals.len() > left {
                // Whom a statement is about must be known whole, or not at all.
                unread += 1;
                statement.who = Who::Unknown;
            } else {
                left -= principals.len();
            }
        }
        found.push(statement);
    }
    (found, unread)
}

fn statement<'a>(node: &'a Node, service: &str) -> Option<Statement<'a>> {
    let effect = member(node, "Effect")?.as_text()?;
    let who = match (member(node, "Principal"), member(node, "NotPrincipal")) {
        (Some(node), _) if node.is_unknown() => Who::Unknown,
        (None, Some(node)) if node.is_unknown() => Who::Unknown,
        (Some(node), _) => Who::These(principal::read(node)),
        (None, Some(node)) => Who::AllBut(principal::read(node)),
        (None, None) => Who::Unsaid,
    };
    let conditions = member(node, "Condition");
    Some(Statement {
        allows: effect.eq_ignore_ascii_case("Allow"),
        who,
        actions: chosen(node, service),
        resources: member(node, "Resource")
            .map(|node| (node, false))
            .or_else(|| member(node, "NotResource").map(|node| (node, true))),
        tests: conditions.map_or_else(|| Some(Vec::new()), condition::tests),
        tests_span: conditions.map(|node| node.span),
        span: node.span,
    })
}

fn chosen(statement: &Node, service: &str) -> Chosen {
    let (node, is_but) = match (member(statement, "Action"), member(statement, "NotAction")) {
        (Some(node), _) => (node, false),
        (None, Some(node)) => (node, true),
        (None, None) => {
            let span = statement.span;
            return Chosen { set: 0, is_open: false, wildcards: "none", hidden: 0, span };
        }
    };
    let all = actions::of_service(service);
    let mut chosen = Chosen {
        set: 0,
        is_open: node.is_unknown(),
        wildcards: "none",
        hidden: 0,
        span: node.span,
    };
    let mut named = 0;
    chosen.is_open |= node.elements().len() > MOST_ACTIONS;
    for value in node.elements().iter().take(MOST_ACTIONS) {
        let pattern = match Word::of(value) {
            Word::Known(pattern) if pattern.len() <= MOST_ACTION_BYTES => pattern,
            _ => {
                chosen.is_open = true;
                continue;
            }
        };
        let set = actions::expand(pattern) & all;
        chosen.set |= set;
        if !has_wildcard(pattern) {
            named |= set;
        } else if set == all {
            chosen.wildcards = "all";
        } else if set != 0 {
            chosen.hidden |= actions::hidden(set);
            if chosen.wildcards == "none" {
                chosen.wildcards = "inner";
            }
        }
    }
    chosen.hidden &= !named;
    if is_but {
        // What is not known may be excepted too.
        let set = if chosen.is_open { 0 } else { all & !chosen.set };
        return Chosen { set, wildcards: "all", hidden: 0, ..chosen };
    }
    if chosen.wildcards == "all" {
        chosen.hidden = 0;
    }
    chosen
}

/// A member by its name; case does not count.
fn member<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let mut entries = node.entries().iter().rev();
    let found = entries.find(|entry| entry.name.eq_ignore_ascii_case(name))?;
    (!found.node.is_null()).then_some(&found.node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_in_a_text_is_placed_where_it_is_written() {
        for (raw, text) in [
            (r#""{\n \"a\": \"b\\c\"}""#, "{\n \"a\": \"b\\c\"}"),
            ("<<-EOF\n    {\n      \"é\": 1\n    }\n  EOF", "{\n  \"é\": 1\n}\n"),
        ] {
            let places = places(raw, text).unwrap();
            assert_eq!(places.len(), text.len() + 1);
            for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
                assert!(raw[places[at] as usize..].starts_with(c), "{raw}: {c}");
            }
        }
        assert_eq!(places("\"other\"", "text"), None);
    }
}
