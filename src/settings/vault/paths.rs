//! Which rule of a policy counts for a path, and what it allows.
//!
//! Source: Vault documentation, "Policies", sections "Priority matching" and "Parameter constraints".

use std::collections::BTreeSet;

use super::{Rule, requests::Request};

/// The rule that counts for a path, and whether it allows a request to it: by which capability.
/// Rules with one pattern add up, and one of them that denies counts for all.
pub(super) fn decide<'a>(
    rules: &[Rule],
    path: &str,
    request: &'a Request,
) -> Option<(usize, &'a str)> {
    let (number, best) =
        rules.iter().enumerate().filter(|(_, rule)| matches(&rule.pattern, path)).max_by(
            |(a_at, a), (b_at, b)| {
                priority(&a.pattern).cmp(&priority(&b.pattern)).then(b_at.cmp(a_at))
            },
        )?;
    let same: Vec<&Rule> = rules.iter().filter(|rule| rule.pattern == best.pattern).collect();
    let has = |word: &str| same.iter().any(|rule| rule.capabilities.contains(word));
    if has("deny") || request.is_protected && !has("sudo") {
        return None;
    }
    let verb = request.needs.iter().find(|needed| has(needed))?;
    let lists = |of: fn(&Rule) -> &BTreeSet<String>, name: &str| {
        same.iter().any(|rule| of(rule).contains(name) || of(rule).contains("*"))
    };
    let is_bounded = same.iter().any(|rule| !rule.allowed.is_empty());
    let mut parameters = request.parameters.iter();
    let may_pass = request.parameters.is_empty()
        || parameters.any(|name| {
            !lists(|rule| &rule.denied, name) && (!is_bounded || lists(|rule| &rule.allowed, name))
        });
    may_pass.then_some((number, *verb))
}

/// How much a pattern counts among those that match a path: the later its first wildcard, the
/// more; then without a `*` at its end; with fewer `+`; the longer; the later in the alphabet.
fn priority(pattern: &str) -> (usize, bool, std::cmp::Reverse<usize>, usize, &str) {
    let segments = || pattern.split('/').filter(|segment| *segment == "+");
    let mut first = pattern.len() + 1;
    let mut at = 0;
    for segment in pattern.split('/') {
        if segment == "+" {
            first = at;
            break;
        }
        at += segment.len() + 1;
    }
    let is_glob = pattern.ends_with('*');
    if is_glob {
        first = first.min(pattern.len() - 1);
    }
    // Without any wildcard it is the path itself.
    let first = if first > pattern.len() { usize::MAX } else { first };
    (first, !is_glob, std::cmp::Reverse(segments().count()), pattern.len(), pattern)
}

/// Whether a path is meant by a pattern: `+` is one segment, `*` at the end is anything.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, is_glob) = pattern.strip_suffix('*').map_or((pattern, false), |p| (p, true));
    let mut wanted = pattern.split('/').peekable();
    let mut given = path.split('/');
    while let Some(segment) = wanted.next() {
        let Some(actual) = given.next() else { return false };
        let is_last = wanted.peek().is_none();
        let fits = match segment {
            "+" => true,
            _ if is_last && is_glob => actual.starts_with(segment),
            _ => actual == segment,
        };
        if !fits {
            return false;
        }
    }
    is_glob || given.next().is_none()
}
