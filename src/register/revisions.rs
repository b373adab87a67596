//! Two states of one tree, each with what was seen in it and what it approves: what changed, told
//! once. What the approved register explains, such as a rotation, is no surprise in the bytes.

use std::collections::{BTreeMap, BTreeSet};

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

    let rotated = || written.iter().filter(|change| change.change == Change::Rotated);
    let went: BTreeSet<&str> = rotated().filter_map(|of| material(of.before.as_ref()?)).collect();
    let come: BTreeSet<&str> = rotated().filter_map(|of| material(of.after.as_ref()?)).collect();
    let is_before = |id: &str| went.contains(id);
    let is_after = |id: &str| come.contains(id);
    let refused: BTreeSet<&str> = came
        .iter()
        .filter(|change| change.change == Change::Unregistered)
        .map(|change| change.key.as_str())
        .collect();
    let repointed: BTreeSet<(&[String], Option<&str>)> = came
        .iter()
        .filter(|change| change.change == Change::AliasRepointed)
        .map(|change| (change.places.as_slice(), change.now.as_deref()))
        .collect();
    // Another name of a key that the same change approves for the same entry is told with the entry.
    let (id_before, id_after) =
        (was.unwrap_or(&nothing).ids_by_name(), now.unwrap_or(&nothing).ids_by_name());
    let is_approved_with_it = |change: &Difference| {
        let (Some(before), Some(after)) = (&change.before, &change.after) else { return false };
        let id = id_after(after);
        id.is_some() && id == id_before(before) && id_before(after).is_none()
    };
    changes.retain(|change| match change.change {
        Change::ReferenceChanged | Change::AliasRepointed if is_approved_with_it(change) => false,
        // The key that came is the one whose rotation the register tells.
        Change::MaterialChanged => {
            let went = change.was.as_deref().is_some_and(is_before);
            !(went && change.now.as_deref().is_some_and(is_after))
        }
        Change::Added => !is_after(&change.key) && !refused.contains(change.key.as_str()),
        Change::Removed => !is_before(&change.key),
        // The register tells it better: it knows whose key it is.
        Change::AliasRepointed => {
            !repointed.contains(&(change.places.as_slice(), change.now.as_deref()))
        }
        _ => true,
    });
    let ids = was.map_or(BTreeMap::new(), by_material);
    for change in changes.iter_mut().filter(|of| of.change == Change::MaterialChanged) {
        if let Some((material, id)) = change.was.as_ref().and_then(|of| ids.get_key_value(of)) {
            change.before = Some(format!("{id} ({material})"));
        }
    }
    changes.extend(written);
    changes.extend(came);
    Diff::new(changes, complete)
}

/// Ids of entries by what they say of the key.
fn by_material(approved: &Approved) -> BTreeMap<String, &str> {
    let keys = approved.keys().iter();
    keys.filter_map(|key| Some((key.key_id()?, &*key.id.value))).collect()
}

/// The fingerprint in `ID version VERSION (FINGERPRINT)`.
fn material(identity: &str) -> Option<&str> {
    identity.strip_suffix(')')?.rsplit_once('(').map(|(_, id)| id)
}

/// Without the line, which moves when something is inserted above it.
fn unplaced(change: Difference) -> Difference {
    Difference { line: None, ..change }
}
