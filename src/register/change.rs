//! What can change from one register to another, and how a change is written down.

use serde::{Deserialize, Serialize};

/// Kinds of change, gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It lay protected, or was not there in private form, and now lies in plain text.
    NewlyPlaintext,
    /// The same entry and version, with another fingerprint (PCI DSS 3.7.7).
    Substituted,
    /// Another key is in a place.
    MaterialChanged,
    /// Seen, and in no entry.
    Unregistered,
    /// From a state into one that does not follow it.
    IllegalTransition,
    /// One key under two ids.
    DuplicateMaterial,
    /// An alias stands for another key.
    AliasRepointed,
    /// It is protected less well than before.
    ProtectionWeakened,
    /// The key in a place is weaker than the one before.
    StrengthLowered,
    /// What wraps is now weaker than what it wraps.
    KekWeaker,
    /// The chain of keys that wrap is broken.
    WrappingBroken,
    /// Another key wraps it.
    ParentChanged,
    /// Somebody may do more.
    AccessWidened,
    /// It may be used for more, in more environments or under more names.
    UseWidened,
    /// It is past the day on which it should have been replaced.
    Overdue,
    /// It may be used for longer.
    TermExtended,
    Added,
    NewPlace,
    /// Gone without an end and without a successor.
    Removed,
    PlaceGone,
    /// Replaced by its successor.
    Rotated,
    /// Gone after it had ended.
    Retired,
    /// From a state into one that follows it.
    StateChanged,
    /// An exception was given, changed or taken away.
    ExceptionChanged,
    /// Somebody else answers for it.
    PeopleChanged,
    /// The entry says something else, no worse than before.
    Restated,
    /// It was not seen, but not everything that could hold it was examined.
    Unknown,
}

impl Change {
    pub const ALL: [Self; 27] = [
        Self::NewlyPlaintext,
        Self::Substituted,
        Self::MaterialChanged,
        Self::Unregistered,
        Self::IllegalTransition,
        Self::DuplicateMaterial,
        Self::AliasRepointed,
        Self::ProtectionWeakened,
        Self::StrengthLowered,
        Self::KekWeaker,
        Self::WrappingBroken,
        Self::ParentChanged,
        Self::AccessWidened,
        Self::UseWidened,
        Self::Overdue,
        Self::TermExtended,
        Self::Added,
        Self::NewPlace,
        Self::Removed,
        Self::PlaceGone,
        Self::Rotated,
        Self::Retired,
        Self::StateChanged,
        Self::ExceptionChanged,
        Self::PeopleChanged,
        Self::Restated,
        Self::Unknown,
    ];
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    pub change: Change,
    /// The key: the new one where two are concerned.
    pub key: String,
    /// What the key is: `RSA-2048 private key`.
    pub what: String,
    /// Files in which it is, was, or newly is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// What of an entry is concerned: `expires`, `custodians`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// The key before: its identifier, version and fingerprint, as far as there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The key after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Everything that changed, gravest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diff {
    /// Always `register-diff`.
    pub keylint: String,
    pub version: u32,
    /// Whether the old register saw everything: if not, what is added may have been there.
    pub old_complete: bool,
    /// Whether the new register saw everything: if not, what is missing may still be there.
    pub new_complete: bool,
    pub changes: Vec<Difference>,
}

impl Diff {
    /// In order, and each change once. Which key was before and after is filled in where the
    /// change itself says it.
    pub(super) fn new(
        mut changes: Vec<Difference>,
        (old_complete, new_complete): (bool, bool),
    ) -> Self {
        for change in &mut changes {
            if change.before.is_some() || change.after.is_some() {
                continue;
            }
            let key = Some(change.key.clone());
            (change.before, change.after) = match change.change {
                Change::MaterialChanged => (change.was.clone(), change.now.clone()),
                Change::Added | Change::Unregistered => (None, key),
                Change::Removed | Change::Retired | Change::Unknown => (key, None),
                _ => (key.clone(), key),
            };
        }
        changes.sort();
        changes.dedup();
        Self {
            keylint: "register-diff".to_owned(),
            version: super::VERSION,
            old_complete,
            new_complete,
            changes,
        }
    }

    /// Whether nothing changed and nothing is unknown.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}
