//! What stops a run before it starts. What goes wrong during one is a [`crate::ledger::Skip`],
//! and a parser's "no" is a [`Reject`].

use std::path::PathBuf;

/// A run that could not start: usage, configuration, a rule. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that the run needs (configuration, rule, baseline, register) could not be read or
    /// written.
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    /// A file was read and does not say what it must. `place` is `FILE:LINE` where known.
    #[error("{place}: {problem}")]
    Invalid { place: String, problem: String },
    /// `git` is missing, refused, or does not know a revision.
    #[error("git {command}: {problem}")]
    Git { command: String, problem: String },
    /// What was asked for does not go together.
    #[error("{0}")]
    Usage(String),
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::File { path: path.into(), source }
    }

    pub(crate) fn invalid(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { place: place.into(), problem: problem.into() }
    }
}

/// A parser's "no": these bytes are not what the parser reads. It carries no input, so that it
/// can be shown anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reject;

impl From<der::Error> for Reject {
    fn from(_: der::Error) -> Self {
        Self
    }
}
