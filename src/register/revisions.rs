//! Two states of one tree, each with what was seen in it and what it approves: what changed, told
//! once. What the approved register explains, such as a rotation, is no surprise in the bytes.

use std::collections::BTreeSet;

use super::{
    Change, Diff, Difference, Register,
    approved::{self, Approved},
    diff,
};
use crate::date::Date;

/// One state of a tree.
pub(crate) struct Side {
    pub observed: Register,
    /// Its `key-register.yaml`, where it has one.
    pub approved: Option<Approved>,
}

/// What changed from `old` to `new`, with what is due judged on a day.
pub(crate) fn between(old: &Side, new: &Side, today: Date) -> Diff {
    let seen = diff(&old.observed, &new.observed);
    let complete = (seen.old_complete, seen.new_complete);
    let mut changes = seen.changes;
    if old.approved.is_none() && new.approved.is_none() {
        return Diff::new(changes, complete);
    }
    let nothing = Approved::empty();
    let approves = |side: &'_ Side| -> Vec<Difference> {
        let approved = side.approved.as_ref();
        approved.map_or(Vec::new(), |of| approved::against(of, &side.observed).changes)
    };
    let (was, now) = (old.approved.as_ref(), new.approved.as_ref());
    let written =
        approved::compare(was.unwrap_or(&nothing), now.unwrap_or(&nothing), today).changes;
    let known: BTreeSet<Difference> = approves(old).into_iter().map(unplaced).collect();
    let came =
        approves(new).into_iter().filter(|change| !known.contains(&unplaced(change.clone())));
    let came: Vec<Difference> = came.collect();

    let rotated: Vec<&Difference> =
        written.iter().filter(|change| change.change == Change::Rotated).collect();
    // A register that is new or gone says nothing about what is in the places.
    let explained = |id: &str, side: fn(&Difference) -> Option<&String>| {
        was.is_some()
            && now.is_some()
            && rotated.iter().any(|of| side(of).is_some_and(|text| text.contains(id)))
    };
    let is_before = |id: &str| explained(id, |of| of.before.as_ref());
    let is_after = |id: &str| explained(id, |of| of.after.as_ref());
    let refused: BTreeSet<&str> = came
        .iter()
        .filter(|change| change.change == Change::Unregistered)
        .map(|change| change.key.as_str())
        .collect();
    changes.retain(|change| match change.change {
        // The key that came is the one whose rotation the register tells.
        Change::MaterialChanged => {
            let went = change.was.as_deref().is_some_and(is_before);
            !(went && change.now.as_deref().is_some_and(is_after))
        }
        Change::Added => !is_after(&change.key) && !refused.contains(change.key.as_str()),
        Change::Removed => !is_before(&change.key),
        _ => true,
    });
    changes.extend(written);
    changes.extend(came);
    Diff::new(changes, complete)
}

/// Without the line, which moves when something is inserted above it.
fn unplaced(change: Difference) -> Difference {
    Difference { line: None, ..change }
}
