//! What was looked at and what was not: `seen = scanned + left out by policy + not examined`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Why something was not examined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Left out by `.gitignore` or another ignore file of git.
    GitIgnored,
    /// The `.git` directory: its objects are compressed, and its history is scanned on request.
    GitDirectory,
    /// Left out by `--exclude` or the configuration.
    Excluded,
    /// A symbolic link: not followed.
    SymbolicLink,
    /// A device, FIFO or socket: not opened.
    SpecialFile,
    /// A git object that no branch or tag reaches; scanned with `--all-objects`.
    Unreachable,
    /// A database of which no reader lists the values: all its pages were looked at as they are.
    RawPages,
    /// A git submodule: another repository, to be scanned on its own.
    Submodule,
    /// A pointer of Git LFS: what it stands for is not here.
    LfsPointer,
    /// The system refused to open or to list it.
    Unreadable,
    /// It was listed and then was not there.
    Vanished,
    /// Reading it failed before its end.
    ReadFailed,
    /// The run was asked to end before this was read, or read to its end.
    Interrupted,
    /// Encoded more deeply than the budget allows.
    TooDeep,
    /// It decodes to more than the budget allows.
    OverBudget,
    /// Encoded data that is damaged: what came before the damage was scanned.
    Damaged,
    /// A parser failed on it; the rest of the input was scanned.
    ParserFailed,
    /// Encrypted, so that nobody sees inside without its key.
    Encrypted,
    /// A container of a kind that nothing here reads.
    NoReader,
    /// A document of configuration that is not in its language: scanned for keys, and not judged.
    NotParsed,
}

impl Reason {
    pub const ALL: [Self; 20] = [
        Self::GitIgnored,
        Self::GitDirectory,
        Self::Excluded,
        Self::SymbolicLink,
        Self::SpecialFile,
        Self::Submodule,
        Self::Unreachable,
        Self::RawPages,
        Self::LfsPointer,
        Self::Unreadable,
        Self::Vanished,
        Self::ReadFailed,
        Self::Interrupted,
        Self::TooDeep,
        Self::OverBudget,
        Self::Damaged,
        Self::ParserFailed,
        Self::Encrypted,
        Self::NoReader,
        Self::NotParsed,
    ];

    /// A gap is something that should have been examined and was not; everything else was left
    /// out because somebody said so, or was looked at in another way than it could be. Only gaps
    /// fail `--strict`.
    pub const fn is_gap(self) -> bool {
        match self {
            Self::GitIgnored
            | Self::GitDirectory
            | Self::Excluded
            | Self::SymbolicLink
            | Self::SpecialFile
            | Self::Submodule
            | Self::Unreachable
            | Self::RawPages
            | Self::LfsPointer => false,
            Self::Unreadable
            | Self::Vanished
            | Self::ReadFailed
            | Self::Interrupted
            | Self::TooDeep
            | Self::OverBudget
            | Self::Damaged
            | Self::ParserFailed
            | Self::Encrypted
            | Self::NoReader
            | Self::NotParsed => true,
        }
    }

    /// Words for a person, after "N inputs".
    pub const fn words(self) -> &'static str {
        match self {
            Self::GitIgnored => "left out by .gitignore",
            Self::GitDirectory => "git's own directory",
            Self::Excluded => "left out by --exclude or keylint.toml",
            Self::SymbolicLink => "symbolic link, not followed",
            Self::SpecialFile => "device, FIFO or socket, not opened",
            Self::Submodule => "git submodule, not entered",
            Self::Unreachable => "git objects that no branch or tag reaches, see --all-objects",
            Self::RawPages => "database without a reader: its pages scanned as they are",
            Self::LfsPointer => "pointer of Git LFS, whose content is not in git",
            Self::Unreadable => "could not be opened",
            Self::Vanished => "vanished before it could be read",
            Self::ReadFailed => "reading failed before the end",
            Self::Interrupted => "the run was interrupted before its end",
            Self::TooDeep => "encoded more deeply than the budget allows",
            Self::OverBudget => "decodes to more than the budget allows",
            Self::Damaged => "damaged encoded data",
            Self::ParserFailed => "a parser failed on it",
            Self::Encrypted => "not readable: encrypted",
            Self::NoReader => "not readable: nothing here reads this format",
            Self::NotParsed => "configuration that does not parse: scanned for keys, not judged",
        }
    }
}

/// One thing that was not examined, whole or in part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Skip {
    pub path: String,
    pub reason: Reason,
    /// Bytes of it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// What the system or the decoder said, where it adds something. Never input bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Whether the input was scanned in part, so that it counts as scanned as well.
    #[serde(default)]
    pub partly_scanned: bool,
    /// The real file that it lies in, where `path` leads on inside of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl Skip {
    pub fn new(path: impl Into<String>, reason: Reason) -> Self {
        Self {
            path: path.into(),
            reason,
            bytes: None,
            detail: None,
            partly_scanned: false,
            file: None,
        }
    }

    #[must_use]
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = Some(bytes);
        self
    }

    #[must_use]
    pub fn detail(mut self, detail: impl ToString) -> Self {
        self.detail = Some(crate::fact::printable(&detail.to_string(), 200));
        self
    }

    /// The file that it lies in, if it is not that file itself.
    #[must_use]
    pub fn inside(mut self, file: &str) -> Self {
        self.file = (file != self.path).then(|| file.to_owned());
        self
    }

    /// The real file: what `path` names, or what it leads into.
    pub fn file(&self) -> &str {
        self.file.as_deref().unwrap_or(&self.path)
    }

    #[must_use]
    pub fn partly(mut self) -> Self {
        self.partly_scanned = true;
        self
    }
}

/// What containers of one kind gave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    pub units: u64,
    pub bytes: u64,
}

/// The account of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Files and things inside of them that were read, containers too.
    pub scanned_units: u64,
    /// Bytes of each of them, so that what a container holds counts once packed and once not.
    pub scanned_bytes: u64,
    /// Of these, what layers gave, by layer. The rest are the inputs of the run themselves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_layer: BTreeMap<String, Given>,
    /// Statements of configuration that could not be told, because of a value that is not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub undecided: u64,
    /// Everything that was not examined, sorted.
    pub skips: Vec<Skip>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
pub(crate) fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Ledger {
    /// One that says this and nothing else.
    pub(crate) fn of(skip: Skip) -> Self {
        Self { skips: vec![skip], ..Self::default() }
    }

    /// Takes one unit that was read into the account. `layer` gave it, if it is inside of something.
    pub fn count(&mut self, layer: Option<&str>, bytes: u64) {
        self.scanned_units += 1;
        self.scanned_bytes = self.scanned_bytes.saturating_add(bytes);
        if let Some(layer) = layer {
            self.add(layer, Given { units: 1, bytes });
        }
    }

    fn add(&mut self, layer: &str, given: Given) {
        if !self.by_layer.contains_key(layer) {
            self.by_layer.insert(layer.to_owned(), Given::default());
        }
        if let Some(sum) = self.by_layer.get_mut(layer) {
            sum.units = sum.units.saturating_add(given.units);
            sum.bytes = sum.bytes.saturating_add(given.bytes);
        }
    }

    pub fn merge(&mut self, other: Self) {
        self.scanned_units = self.scanned_units.saturating_add(other.scanned_units);
        self.scanned_bytes = self.scanned_bytes.saturating_add(other.scanned_bytes);
        for (layer, given) in other.by_layer {
            self.add(&layer, given);
        }
        self.undecided = self.undecided.saturating_add(other.undecided);
        self.skips.extend(other.skips);
    }

    /// Puts the entries into the one order that every report shows.
    pub fn sort(&mut self) {
        self.skips.sort();
        self.skips.dedup();
    }

    /// Inputs that were met: scanned, left out, or not examined. An input that was scanned in
    /// part is one input.
    pub fn seen_units(&self) -> u64 {
        self.scanned_units + self.skips.iter().filter(|skip| !skip.partly_scanned).count() as u64
    }

    pub fn gaps(&self) -> impl Iterator<Item = &Skip> {
        self.skips.iter().filter(|skip| skip.reason.is_gap())
    }

    pub fn is_complete(&self) -> bool {
        self.gaps().next().is_none()
    }

    /// Whether the run was ended before it had read everything.
    pub fn is_interrupted(&self) -> bool {
        self.skips.iter().any(|skip| skip.reason == Reason::Interrupted)
    }

    /// Inputs by reason, in the order of [`Reason`].
    pub fn by_reason(&self) -> BTreeMap<Reason, u64> {
        let mut counts = BTreeMap::new();
        for skip in &self.skips {
            *counts.entry(skip.reason).or_insert(0) += 1;
        }
        counts
    }
}
