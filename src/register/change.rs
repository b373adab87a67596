//! What can change from one register to another, and how a change is written down.

use serde::{Deserialize, Serialize};

/// Kinds of change, gravest first.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
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
    /// Where one key was named, another one is.
    ReferenceChanged,
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
    #[default]
    Unknown,
}

impl Change {
    pub const ALL: [Self; 28] = [
        Self::NewlyPlaintext,
        Self::Substituted,
        Self::MaterialChanged,
        Self::Unregistered,
        Self::IllegalTransition,
        Self::DuplicateMaterial,
        Self::AliasRepointed,
        Self::ReferenceChanged,
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

/// How much a change asks for: the levels of SARIF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What happens in the orderly life of a key.
    Note,
    /// Somebody should look.
    Warning,
    /// Nobody wants this to happen unasked.
    Error,
}

impl Level {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Note, Self::Warning, Self::Error].into_iter().find(|level| level.name() == name)
    }
}

impl Difference {
    pub fn level(&self) -> Level {
        let is_plain =
            |text: &Option<String>| matches!(text.as_deref(), Some("plaintext" | "cleartext"));
        match self.change {
            Change::NewlyPlaintext
            | Change::Substituted
            | Change::MaterialChanged
            | Change::Unregistered
            | Change::IllegalTransition
            | Change::DuplicateMaterial
            | Change::ReferenceChanged
            | Change::ProtectionWeakened
            | Change::StrengthLowered
            | Change::KekWeaker
            | Change::WrappingBroken
            | Change::Overdue
            | Change::Removed => Level::Error,
            Change::AliasRepointed if self.may_be_production() => Level::Error,
            Change::AccessWidened if self.gives_administration() => Level::Error,
            Change::Added | Change::NewPlace if is_plain(&self.now) => Level::Error,
            Change::AliasRepointed
            | Change::ParentChanged
            | Change::AccessWidened
            | Change::UseWidened
            | Change::TermExtended
            | Change::NewPlace
            | Change::ExceptionChanged
            | Change::Unknown => Level::Warning,
            Change::Added
            | Change::PlaceGone
            | Change::Rotated
            | Change::Retired
            | Change::StateChanged
            | Change::PeopleChanged
            | Change::Restated => Level::Note,
        }
    }

    /// Whether it is of production, or nothing says that it is not.
    fn may_be_production(&self) -> bool {
        self.environment.as_deref().is_none_or(|all| all.split(", ").any(is_production))
    }

    /// Whether somebody may newly do everything with a key, or anybody something (3.6.1.3).
    fn gives_administration(&self) -> bool {
        let is_all = |right: &str| {
            right.contains(" (administrator): ")
                || right.ends_with(": *")
                || right.ends_with(":*")
                || right.starts_with("*: ")
        };
        self.attribute.as_deref() == Some("administrator")
            || self.now.as_deref().is_some_and(|now| now.split(", ").any(is_all))
    }
}

/// Whether an environment is one in which customers are served.
pub(super) fn is_production(environment: &str) -> bool {
    let words = environment.split(|letter: char| !letter.is_ascii_alphanumeric());
    words
        .map(str::to_ascii_lowercase)
        .any(|word| matches!(word.as_str(), "production" | "prod" | "prd" | "live"))
}

/// One change.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// The environments in which it is so, where they are known and matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
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
    /// Where it can be read: the entry of the approved register, or the first place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line in that file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
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
    pub(crate) fn new(
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

    /// The gravest level of all changes.
    pub fn level(&self) -> Option<Level> {
        self.changes.iter().map(Difference::level).max()
    }

    /// Whether nothing changed and nothing is unknown.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}
