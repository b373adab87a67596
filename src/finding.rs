//! What the rules think of the facts.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    fact::{Field, Kind, Site, Value},
    ledger::Ledger,
};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What holds a finding back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Suppressor {
    /// A comment beside the key.
    Inline,
    /// An `[[allow]]` table of `keylint.toml`.
    Config,
    /// A baseline file.
    Baseline,
}

/// Why and until when a finding is held back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Suppression {
    pub by: Suppressor,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Last day on which it holds (RFC 3339 date). A baseline has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Where it is written: `FILE:LINE`.
    pub place: String,
}

/// One thing to act on: a rule, a key, and every place where it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the rule.
    pub rule: String,
    pub severity: Severity,
    /// One sentence that names what was found. Holds no control characters.
    pub message: String,
    /// 32 hexadecimal digits out of the rule and the key's identity: a move or a re-encoding
    /// keeps it, another key changes it.
    pub fingerprint: String,
    pub kind: Kind,
    /// Fields of the fact at the first site.
    pub fields: BTreeMap<Field, Value>,
    /// The place to point at first, then the others; never empty.
    pub sites: Vec<Site>,
    /// How many places there are, when more than `sites` keeps.
    pub count: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppression>,
}

impl Finding {
    /// The place to point at.
    pub fn site(&self) -> &Site {
        #[expect(
            clippy::indexing_slicing,
            reason = "a finding is built from facts, which have sites"
        )]
        &self.sites[0]
    }
}

/// Something about the run itself that a user should act on: an allowance that has expired or
/// matches nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Notice {
    /// `FILE:LINE`.
    pub place: String,
    pub message: String,
}

/// Everything that a report shows.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Most severe first, then by path and position. Suppressed findings are among them.
    pub findings: Vec<Finding>,
    pub notices: Vec<Notice>,
    pub ledger: Ledger,
    /// Distinct keys by identity among all facts.
    pub keys: u64,
    /// Conditions that could not be decided because a value is unknown.
    pub undecided: u64,
}

impl Outcome {
    /// Findings that nothing holds back.
    pub fn active(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.suppression.is_none())
    }

    /// Active findings of each severity that occurs, most severe first.
    pub fn by_severity(&self) -> Vec<(Severity, usize)> {
        Severity::ALL
            .into_iter()
            .map(|severity| (severity, self.active().filter(|f| f.severity == severity).count()))
            .filter(|(_, count)| *count > 0)
            .collect()
    }
}
