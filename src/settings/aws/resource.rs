//! Which keys a statement of an identity's policy is about.

use super::{
    actions::{self, Actions},
    document::Statement,
    principal::fields,
    words::{Word, alone, has_wildcard, is_declared, is_like},
};
use crate::settings::tree::Span;

/// Keys of one statement that are told apart.
const MOST: usize = 25;

/// The extent of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Extent {
    /// The key, or the secret, that the policy belongs to.
    This,
    /// One key: as it is written.
    Key(String),
    /// Those that a pattern takes.
    Some(String),
    /// Names of keys. Which keys have them only conditions can ask: what is allowed on a name is to
    /// make it, move it and take it away.
    Alias(String),
    All,
    Unknown,
}

impl Extent {
    /// In the words of the vocabulary.
    pub(super) fn scope(&self) -> Option<&'static str> {
        match self {
            Self::This | Self::Key(_) => Some("key"),
            Self::Alias(text) if text.ends_with(":alias/*") => Some("all-keys"),
            Self::Some(_) | Self::Alias(_) => Some("some-keys"),
            Self::All => Some("all-keys"),
            Self::Unknown => None,
        }
    }

    /// The actions that may be allowed on it.
    pub(super) fn takes(&self) -> Actions {
        match self {
            Self::Alias(_) => actions::expand("kms:*Alias"),
            _ => Actions::MAX,
        }
    }

    /// Whether a `Deny` is about all of it.
    pub(super) fn is_within(&self, deny: &Statement<'_>) -> bool {
        let of = extents(deny, "kms");
        of.iter().any(|(denied, _)| match (denied, self) {
            (Self::All, _) | (_, Self::This) => true,
            (Self::Key(denied), Self::Key(key)) => denied == key,
            (Self::Some(denied), Self::Key(key) | Self::Some(key))
            | (Self::Alias(denied), Self::Alias(key)) => is_like(denied, key),
            _ => false,
        })
    }
}

/// The extents of a statement, each with its place; several that come to the same are one.
pub(super) fn extents(statement: &Statement<'_>, service: &str) -> Vec<(Extent, Span)> {
    let Some((node, is_but)) = statement.resources else { return Vec::new() };
    if node.is_unknown() {
        return vec![(Extent::Unknown, node.span)];
    }
    if is_but {
        // All but some of another service, or but some keys.
        return vec![(Extent::All, node.span)];
    }
    let mut found: Vec<(Extent, Span)> = Vec::new();
    for value in node.elements().iter().take(MOST) {
        let Some(extent) = extent(Word::of(value), service) else { continue };
        if extent == Extent::All {
            return vec![(extent, value.span)];
        }
        if !found.iter().any(|(other, _)| *other == extent) {
            found.push((extent, value.span));
        }
    }
    found
}

/// Nothing for what is no key.
fn extent(word: Word<'_>, service: &str) -> Option<Extent> {
    let Some(text) = word.text().map(str::trim) else { return Some(Extent::Unknown) };
    if text.chars().all(|c| c == '*') && !text.is_empty() {
        return Some(Extent::All);
    }
    if let Some(name) = alone(text) {
        let is_key = name.contains("aws_kms_") || name.contains("aws_secretsmanager_");
        let is_other = is_declared(name) && name.contains("aws_") && !is_key;
        return match is_other {
            true => None,
            false if is_declared(name) => Some(Extent::Key(text.to_owned())),
            false => Some(Extent::Unknown),
        };
    }
    let parts = fields(text);
    let of_service = parts.get(2).copied().unwrap_or_default();
    if parts.len() < 3 || !is_like(of_service, service) && alone(of_service).is_none() {
        // `arn:*` is all of everything.
        let is_all = text.ends_with('*') && parts.len() < 3;
        return is_all.then_some(Extent::All);
    }
    let kind = parts.get(5..).unwrap_or_default().join(":");
    if kind.starts_with("alias/") {
        return Some(Extent::Alias(text.to_owned()));
    }
    let is_all = matches!(kind.as_str(), "*" | "key/*" | "key*" | "secret:*" | "")
        || parts.len() < 6 && text.ends_with('*');
    Some(match (is_all, has_wildcard(&kind)) {
        (true, _) => Extent::All,
        (false, true) => Extent::Some(text.to_owned()),
        (false, false) => Extent::Key(text.to_owned()),
    })
}
