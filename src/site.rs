//! Where a fact was seen: a place that a person can follow, with a masked excerpt.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A masked piece of the line that a fact stands on. Cut once, at detection: nothing after this
/// point can reach the source bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Excerpt {
    /// One line without control or bidirectional characters.
    pub text: String,
    /// Byte range of `text` that the fact is about.
    pub mark: (usize, usize),
}

/// The first commit that brought a version of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Commit {
    /// Object id, in hexadecimal digits.
    pub id: String,
    /// Author's date (RFC 3339).
    pub date: String,
    /// Whether `HEAD` has the file in this version.
    pub in_head: bool,
}

/// How a layer of a container image takes away a file of a layer below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Removal {
    Deleted,
    Replaced,
}

/// What takes a file away that is in a container image all the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Removed {
    pub how: Removal,
    /// Digest of the layer that does it, in hexadecimal digits, or its name in the image.
    pub by: String,
    /// Its place among the layers of the image, the lowest being 1.
    pub layer: u64,
    /// How many layers the image has.
    pub of: u64,
}

/// Where a fact was seen, as a path that a person can follow.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Site {
    /// Path as it was given, `<stdin>` for standard input, and on from there through containers:
    /// `backup.tar.zst!zstd:!tar:etc/app.jar!zip:keys/server.pem`. Bytes that are no UTF-8 are
    /// percent-encoded.
    pub path: String,
    /// The real file, where `path` leads on inside of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// 1-based line of the first byte, in what `path` names.
    pub line: u64,
    /// 1-based column of the first byte, in Unicode code points.
    pub column: u64,
    /// Column past the end of what is marked on that line.
    pub end_column: u64,
    /// Byte offset in `path`.
    pub offset: u64,
    /// Length in bytes of what the fact is about.
    pub length: u64,
    /// Decodings that lead from the bytes at `offset` to the fact, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decoded: Vec<Cow<'static, str>>,
    /// Where it comes from, when the history of a repository was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
    /// What takes it away, in a layer of a container image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Removed>,
    pub excerpt: Excerpt,
}

impl Site {
    /// The real file: what `path` names, or what it leads into.
    pub fn file(&self) -> &str {
        self.file.as_deref().unwrap_or(&self.path)
    }
}

/// A path through containers as if each were a directory: how patterns see it.
/// `a.tar.gz!gzip:!tar:etc/x` is `a.tar.gz/etc/x`.
pub(crate) fn as_directories(path: &str) -> Cow<'_, str> {
    let mut parts = path.split('!');
    let mut joined = parts.next().unwrap_or_default().to_owned();
    if joined.len() == path.len() {
        return path.into();
    }
    for part in parts {
        let name = part.split_once(':').filter(|(layer, _)| {
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            !layer.is_empty() && layer.chars().all(is_plain)
        });
        match name.map(|(_, name)| name.trim_start_matches('/')) {
            Some("") => {}
            Some(name) => {
                joined.push('/');
                joined.push_str(name);
            }
            None => {
                joined.push('!');
                joined.push_str(part);
            }
        }
    }
    joined.into()
}
