//! The key register: every key that was seen, what it is, how it is protected, and every place
//! where it lies. Its form is described by `docs/schema/keylint-register.schema.json`.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use serde::{Deserialize, Serialize};

use crate::{error::Error, fact::Commit, ledger::Reason, report::write_pretty};

pub mod approved;
mod bom;
mod build;
mod change;
mod cyclonedx;
mod cyclonedx_read;
mod declared;
mod diff;
mod name;
mod references;
mod revisions;
mod sarif;
mod show;

pub use build::build;
pub use change::{Change, Diff, Difference, Level};
pub use cyclonedx::write as write_cyclonedx;
pub use declared::Declared;
pub use diff::diff;
pub use show::{DIFF_TABLE, DiffRow};

pub(crate) use revisions::{Side, between};

use diff::{is_mixed, secret_environments};
use name::what;

/// Version of the form.
pub const VERSION: u32 = 1;

/// Every key of one scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// Always `register`.
    pub keylint: String,
    /// Version of the form, [`VERSION`].
    pub version: u32,
    /// Whether everything was examined that should have been.
    pub complete: bool,
    /// What should have been examined and was not.
    pub gaps: Vec<Unseen>,
    /// What was left out because somebody said so.
    pub left_out: Vec<Unseen>,
    /// Sorted by id.
    pub keys: Vec<Entry>,
    /// Where keys are named, sorted by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Named>,
    /// Keys that configuration declares, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declared: Vec<Declared>,
}

/// A place that names a key and does not hold it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Named {
    pub path: String,
    /// The variable, setting or resource that names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// The key itself, where it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    pub line: u64,
}

/// Something that was not examined.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unseen {
    pub path: String,
    pub reason: Reason,
}

/// What a key is, wherever it lies.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Nature {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<String>,
    /// Security strength in bits (NIST SP 800-57 part 1, table 2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<u64>,
    /// Where the whole world can read the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Identity of the key, or `unidentified:` and its place where it has none.
    pub id: String,
    #[serde(flatten)]
    pub nature: Nature,
    /// `private-key`, `secret-key`, `public-key`, `certificate`, `key-store`.
    pub classes: BTreeSet<String>,
    /// The worst state in which it lies anywhere.
    pub protection: String,
    /// Certificates of the key.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub certificates: BTreeSet<Certificate>,
    /// Every place, sorted by path.
    pub places: Vec<Place>,
}

/// A certificate of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Certificate {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
}

/// One form in which a key lies in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    pub path: String,
    /// The first lines on which it starts.
    pub lines: Vec<u64>,
    /// Byte offset of the first.
    pub offset: u64,
    /// How often it is in the file.
    pub count: u64,
    /// Decodings that lead to it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decoded: Vec<String>,
    /// The first commit that brought it, when a history was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
    pub format: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<String>,
    pub class: String,
    /// `plaintext`, `encrypted`, `wrapped`, `public` …
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kdf: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iterations: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cipher: Option<String>,
    /// The well-known password that opens it: it is no better than plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
}

impl Place {
    /// The state of the key here. A well-known password protects nothing.
    fn protection(&self) -> &str {
        if self.password.is_some() { "plaintext" } else { &self.label }
    }
}

/// How exposed a key is: the higher, the worse. What is no whole key has no rank.
fn rank(protection: &str) -> Option<u8> {
    match protection {
        "public" => Some(0),
        "wrapped" => Some(1),
        "encrypted" => Some(2),
        "component" | "share" => Some(3),
        "plaintext" => Some(4),
        _ => None,
    }
}

impl Entry {
    /// An entry of these places, which are put in order.
    fn new(id: String, nature: Nature, mut places: Vec<Place>) -> Self {
        places.sort();
        places.dedup();
        let worst = places
            .iter()
            .map(Place::protection)
            .max_by_key(|protection| (rank(protection), std::cmp::Reverse(*protection)));
        let certificates = places
            .iter()
            .filter(|place| place.class == "certificate")
            .map(|place| Certificate {
                subject: place.subject.clone(),
                not_after: place.not_after.clone(),
            })
            .collect();
        Self {
            id,
            nature,
            classes: places.iter().map(|place| place.class.clone()).collect(),
            protection: worst.unwrap_or("unknown").to_owned(),
            certificates,
            places,
        }
    }

    /// Whether the id is that of a key, and not of a place.
    pub fn is_identified(&self) -> bool {
        !self.id.starts_with(UNIDENTIFIED)
    }
}

const UNIDENTIFIED: &str = "unidentified:";

impl Register {
    fn new(gaps: Vec<Unseen>, left_out: Vec<Unseen>, mut keys: Vec<Entry>) -> Self {
        keys.sort_by(|a, b| a.id.cmp(&b.id));
        Self {
            keylint: "register".to_owned(),
            version: VERSION,
            complete: gaps.is_empty(),
            gaps,
            left_out,
            keys,
            references: Vec::new(),
            declared: Vec::new(),
        }
    }

    /// Writes it in its own form.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        write_pretty(self, out)
    }

    /// Reads a register in its own form or as a CycloneDX BOM. `name` is the file's, for messages.
    pub fn read(bytes: &[u8], name: &str) -> Result<Self, Error> {
        /// What tells the forms apart.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Form {
            keylint: Option<String>,
            version: Option<u32>,
            bom_format: Option<String>,
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let malformed = |error: serde_json::Error| {
            let place = format!("{name}:{}", error.line().max(1));
            Error::invalid(place, format!("this is no register: {error}"))
        };
        let invalid = |problem: String| Err(Error::invalid(name, problem));
        let form: Form = serde_json::from_slice(bytes).map_err(malformed)?;
        match (form.keylint.as_deref(), form.version, form.bom_format.as_deref()) {
            (Some("register"), Some(VERSION), _) => {
                let read: Self = serde_json::from_slice(bytes).map_err(malformed)?;
                let entry = |entry: Entry| Entry::new(entry.id, entry.nature, entry.places);
                let keys = read.keys.into_iter().map(entry).collect();
                Ok(Self {
                    complete: read.complete,
                    references: read.references,
                    declared: read.declared,
                    ..Self::new(read.gaps, read.left_out, keys)
                })
            }
            (Some("register"), version, _) => {
                let version = version.map_or("no version".into(), |v| format!("version {v}"));
                invalid(format!("this register has {version}; keylint reads version {VERSION}"))
            }
            (Some(other), ..) => invalid(format!("this is a keylint {other}, not a register")),
            (None, _, Some("CycloneDX")) => cyclonedx_read::read(bytes).map_err(malformed),
            (None, ..) => invalid("this is neither a keylint register nor a CycloneDX BOM".into()),
        }
    }
}

/// A register of either kind.
pub enum Any {
    Observed(Register),
    Approved(approved::Approved),
}

impl Any {
    /// Reads a register: observed ones are JSON, approved ones are YAML or CSV, both are BOMs. The text
    /// of approved ones is left behind.
    pub fn read(bytes: Vec<u8>, name: &str) -> Result<Self, Error> {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let is_json = text.trim_ascii_start().starts_with(b"{");
        let is_csv = name.to_ascii_lowercase().ends_with(".csv");
        if is_csv || (is_json && memchr::memmem::find(text, approved::MARK.as_bytes()).is_some()) {
            return approved::import(name, &bytes).map(Self::Approved);
        }
        if is_json {
            return Register::read(&bytes, name).map(Self::Observed);
        }
        let (approved, _) = approved::parse(name, bytes)?;
        Ok(Self::Approved(approved.without_text()))
    }
}

#[cfg(test)]
mod tests;
