//! The texts that rules and profiles are written in: built in, or read from a directory.

use std::{borrow::Cow, path::Path};

use serde::de::DeserializeOwned;
use serde_saphyr::{Location, Options, options};

use crate::{error::Error, places::files};

/// Name and text of every file under `rules/`, and what it says in JSON.
const BUILTIN: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// What a file holds, by the directory that it lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Rule,
    Profile,
    Provider,
}

/// One file.
pub(crate) struct Source {
    /// Path as it was given.
    pub name: String,
    pub text: Cow<'static, str>,
    /// The same in JSON, which is read ten times as fast; of what is built in.
    pub json: Option<&'static str>,
    pub holds: Holds,
}

pub(crate) fn builtin() -> Vec<Source> {
    BUILTIN
        .iter()
        .filter_map(|(name, text, json)| {
            Some(Source {
                name: (*name).to_owned(),
                text: Cow::Borrowed(*text),
                json: Some(json),
                holds: holds(Path::new(name))?,
            })
        })
        .collect()
}

/// Every `.yaml` file below a directory.
pub(crate) fn below(directory: &Path) -> Result<Vec<Source>, Error> {
    let mut sources = Vec::new();
    for path in files::list(directory)? {
        let Some(holds) = holds(&path) else { continue };
        let text = Cow::Owned(files::read_text(&path)?);
        sources.push(Source { name: path.display().to_string(), text, json: None, holds });
    }
    Ok(sources)
}

/// A profile given by its path.
pub(crate) fn profile(path: &Path) -> Result<Source, Error> {
    let text = Cow::Owned(files::read_text(path)?);
    Ok(Source { name: path.display().to_string(), text, json: None, holds: Holds::Profile })
}

fn holds(path: &Path) -> Option<Holds> {
    if path.extension().is_none_or(|extension| extension != "yaml") {
        return None;
    }
    match path.parent().and_then(Path::file_name).and_then(|name| name.to_str()) {
        Some("profiles") => Some(Holds::Profile),
        Some("providers") => Some(Holds::Provider),
        _ => Some(Holds::Rule),
    }
}

impl Source {
    /// Name of the file without directories and extension.
    pub(crate) fn stem(&self) -> &str {
        Path::new(&self.name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
    }

    pub(crate) fn is_builtin(&self) -> bool {
        self.json.is_some()
    }

    /// Reads the text into `T`: unknown keys, missing keys and wrong types are refused. Of what is
    /// built in it is not known on which lines things stand.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        if let Some(read) = self.json.and_then(|json| serde_json::from_str(json).ok()) {
            return Ok(read);
        }
        let strict: Options = options! { strict_booleans: true };
        serde_saphyr::from_str_with_options(&self.text, strict).map_err(|error| {
            let line = error.location().map_or(1, |location| location.line().max(1));
            let problem = error.without_snippet().to_string();
            let problem = problem.lines().next().unwrap_or_default();
            // The line is in front of the message already.
            let problem = problem.split(" at line ").next().unwrap_or_default();
            Error::invalid(format!("{}:{line}", self.name), problem)
        })
    }

    pub(crate) fn place(&self, location: Location) -> String {
        format!("{}:{}", self.name, location.line().max(1))
    }

    pub(crate) fn refuse(&self, location: Location, problem: impl Into<String>) -> Error {
        Error::invalid(self.place(location), problem)
    }

    /// Refuses at the line of `word`, which is looked for from `location` on.
    pub(crate) fn refuse_at_word(
        &self,
        location: Location,
        word: &str,
        problem: impl Into<String>,
    ) -> Error {
        let start = usize::try_from(location.line().max(1)).unwrap_or(1);
        let line = self
            .text
            .lines()
            .enumerate()
            .skip(start - 1)
            .find(|(_, line)| holds_word(line, word))
            .map_or(start, |(number, _)| number + 1);
        Error::invalid(format!("{}:{line}", self.name), problem)
    }

    /// Refuses at line `line` (from 1) of the scalar at `location`.
    pub(crate) fn refuse_in_scalar(
        &self,
        location: Location,
        line: usize,
        problem: impl Into<String>,
    ) -> Error {
        let start = usize::try_from(location.line().max(1)).unwrap_or(1);
        // The lines of a `|` block are those of the scalar, which begins below its header. Lines of
        // other scalars are joined, so that only the first can be told.
        let header = start.checked_sub(2).and_then(|before| self.text.lines().nth(before));
        let is_block = header
            .is_some_and(|line| line.trim_end_matches(['+', '-']).trim_end().ends_with(['|']));
        let line = if is_block { start + line.saturating_sub(1) } else { start };
        Error::invalid(format!("{}:{line}", self.name), problem)
    }
}

/// Whether `word` stands in `line` with nothing that would make it part of a longer name.
fn holds_word(line: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        !(word.starts_with(is_name) && before.is_some_and(is_name)
            || word.ends_with(is_name) && after.is_some_and(is_name))
    })
}
