//! What tools of nShield print: `nfkminfo`, also with `-k`, and lists of `rocs`.

use super::super::{
    text::{Members, VALUES, lines, list, span},
    tree::{Node, Span, Tree},
};

/// Sections of indented names and values; `k-out-of-n` is `quorum` and `shares`.
pub(super) fn nfkminfo(source: u32, text: &str, found: &mut Vec<Node>) {
    let mut open: Option<(Span, Members)> = None;
    for (at, line) in lines(text).take(VALUES) {
        let rest = line.trim();
        if rest.is_empty() {
            continue;
        }
        if !line.starts_with([' ', '\t']) {
            found.extend(open.take().map(|(span, members)| members.node(span)));
            let kind = rest.split([' ', '#']).next().unwrap_or_default();
            let head = span(source, at, line, rest);
            if ["World", "Cardset", "Key", "Module"].contains(&kind) {
                let mut members = Members::default();
                members.set("tool", Tree::text("nfkminfo"), head);
                members.set("section", Tree::text(kind), head);
                open = Some((head, members));
            }
            continue;
        }
        let Some((_, members)) = &mut open else { continue };
        let two = ["other ", "nso ", "min "].iter().any(|begin| rest.starts_with(begin));
        let end = rest.match_indices(char::is_whitespace).nth(usize::from(two)).map(|(at, _)| at);
        let (name, value) = rest.split_at(end.unwrap_or(rest.len()));
        let value = value.trim();
        let name_span = span(source, at, line, name);
        let value_span = span(source, at, line, value);
        match name {
            "k-out-of-n" => {
                if let Some((quorum, shares)) = value.split_once('/') {
                    members.set("quorum", Tree::text(quorum.trim()), value_span);
                    members.set("shares", Tree::text(shares.trim()), value_span);
                }
            }
            "state" | "flags" | "other flags" => {
                members.add(name, name_span, list(value.split_whitespace(), value_span));
            }
            _ => members.set(name, Tree::text(value.trim_matches('"')), value_span),
        }
    }
    found.extend(open.map(|(span, members)| members.node(span)));
}

/// `list cardsets`: `1 OCS1   6   (6)   1 of 5; persistent`, as the section of a card set.
pub(super) fn rocs(source: u32, text: &str, found: &mut Vec<Node>) {
    for (at, line) in lines(text).take(VALUES) {
        let rest = line.trim();
        let Some((before, after)) = rest.split_once(" of ") else { continue };
        let words: Vec<&str> = before.split_whitespace().collect();
        let shares = after.split(';').next().unwrap_or_default().trim();
        let [number, name, .., quorum] = words.as_slice() else { continue };
        let is_number = |text: &str| text.parse::<u32>().is_ok();
        if words.len() < 4 || ![number, quorum, &shares].iter().all(|text| is_number(text)) {
            continue;
        }
        let whole = span(source, at, line, rest);
        let mut members = Members::default();
        members.set("tool", Tree::text("nfkminfo"), whole);
        members.set("section", Tree::text("Cardset"), whole);
        members.set("name", Tree::text(*name), span(source, at, line, name));
        members.set("quorum", Tree::text(*quorum), span(source, at, line, quorum));
        members.set("shares", Tree::text(shares), span(source, at, line, shares));
        found.push(members.node(whole));
    }
}
