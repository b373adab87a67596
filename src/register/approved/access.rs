//! Who may do what with a key, before and after.

use super::{entry::Principal, pair::value};

/// One thing that somebody may do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Right {
    who: String,
    is_admin: bool,
    /// Any, if it is not said.
    action: Option<String>,
    condition: Option<String>,
}

impl Right {
    fn of(principals: &[Principal]) -> Vec<Self> {
        let rights = |of: &Principal| -> Vec<Self> {
            let right = |action| Self {
                who: of.principal.value.trim().to_owned(),
                is_admin: of.is_admin(),
                action,
                condition: value(of.condition.as_ref()),
            };
            match of.actions.as_slice() {
                [] => vec![right(None)],
                actions => actions.iter().map(|action| right(value(Some(action)))).collect(),
            }
        };
        let mut all: Vec<Self> = principals.iter().flat_map(rights).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Whether who has this right has the other one with it.
    fn covers(&self, other: &Self) -> bool {
        let holds = |pattern: &str, text: &str| match pattern.strip_suffix('*') {
            Some(start) => text.get(..start.len()).is_some_and(|of| of.eq_ignore_ascii_case(start)),
            None => pattern.eq_ignore_ascii_case(text),
        };
        let action = match (&self.action, &other.action) {
            (None, _) => true,
            (Some(own), Some(other)) => holds(own, other),
            (Some(own), None) => own == "*",
        };
        (self.who == "*" || self.who == other.who)
            && (self.is_admin || !other.is_admin)
            && (self.condition.is_none() || self.condition == other.condition)
            && action
    }

    fn shown(&self) -> String {
        let admin = if self.is_admin { " (administrator)" } else { "" };
        let action = self.action.as_deref().unwrap_or("unnamed actions");
        let condition = self.condition.as_deref();
        let only = condition.map_or(String::new(), |of| format!(", only with {of}"));
        format!("{}{admin}: {action}{only}", self.who)
    }
}

/// Whether somebody may do more than before; what nobody may do any more, and what is new.
pub(super) fn differ(
    old: &[Principal],
    new: &[Principal],
) -> (bool, Option<String>, Option<String>) {
    let (was, now) = (Right::of(old), Right::of(new));
    let is_new = |right: &&Right| !was.iter().any(|other| other.covers(right));
    let only = |these: &[Right], those: &[Right]| {
        let these = these.iter().filter(|right| those.binary_search(right).is_err());
        let shown: Vec<String> = these.map(Right::shown).collect();
        (!shown.is_empty()).then(|| shown.join(", "))
    };
    let widens = now.iter().any(|right| is_new(&right));
    if !widens {
        return (false, only(&was, &now), only(&now, &was));
    }
    let more: Vec<String> = now.iter().filter(is_new).map(Right::shown).collect();
    (true, only(&was, &now), Some(more.join(", ")))
}
