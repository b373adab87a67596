//! Keys that wrap keys: whether each chain ends in a key that the register has.

use std::collections::{HashMap, HashSet};

use super::entry::{Key, Text};

/// Keys that wrap one another: more nobody has, and each step is a custodian's work.
const MOST_STEPS: usize = 32;

/// Entries by id, of two the first.
pub(super) struct ById<'a> {
    keys: HashMap<&'a str, &'a Key>,
    /// What a key says that it wraps: one key may wrap a hundred thousand.
    wrapped: HashSet<(&'a str, &'a str)>,
}

impl<'a> ById<'a> {
    pub(super) fn of(keys: &'a [Key]) -> Self {
        let mut by_id = Self { keys: HashMap::new(), wrapped: HashSet::new() };
        for key in keys {
            by_id.keys.entry(&key.id.value).or_insert(key);
            for text in &key.wraps {
                by_id.wrapped.insert((&key.id.value, &text.value));
            }
        }
        by_id
    }

    pub(super) fn get(&self, id: &str) -> Option<&'a Key> {
        self.keys.get(id).copied()
    }
}

/// What is wrong with what wraps `key`, if anything is, and where that is written.
pub(super) fn problem<'a>(key: &'a Key, keys: &ById<'a>) -> Option<(&'static str, &'a Text)> {
    let kek_id = key.wrapped_by.as_ref()?;
    if kek_id.value == key.id.value {
        return Some(("itself", kek_id));
    }
    let Some(kek) = keys.get(kek_id.value.as_ref()) else { return Some(("orphan", kek_id)) };
    let mut above = kek;
    let mut steps = 1;
    while let Some(next) = &above.wrapped_by {
        if next.value == key.id.value {
            return Some(("cycle", kek_id));
        }
        // A cycle above, in which this key is not, is told where it is.
        if next.value == above.id.value || steps > MOST_STEPS {
            return (steps > MOST_STEPS && !is_circular(above, keys))
                .then_some(("too-deep", kek_id));
        }
        let Some(found) = keys.get(next.value.as_ref()) else { break };
        above = found;
        steps += 1;
    }
    if key.is_active() && matches!(kek.state(), "deactivated" | "compromised" | "destroyed") {
        return Some(("retired", kek_id));
    }
    if let (Some(own), Some(other)) = (&key.store, &kek.store)
        && let (Some(own), Some(other)) = (&own.location, &other.location)
        && own.value == other.value
    {
        return Some(("beside", kek_id));
    }
    let is_listed = keys.wrapped.contains(&(kek.id.value.as_ref(), key.id.value.as_ref()));
    (!kek.wraps.is_empty() && !is_listed).then_some(("one-sided", kek_id))
}

/// Whether a chain leads back to where it is.
fn is_circular(key: &Key, keys: &ById<'_>) -> bool {
    let mut above = key;
    for _ in 0..=MOST_STEPS {
        let Some(next) = &above.wrapped_by else { return false };
        if next.value == key.id.value {
            return true;
        }
        let Some(found) = keys.get(next.value.as_ref()) else { return false };
        above = found;
    }
    false
}
