//! Google Cloud KMS: resource names of keys and their versions, bare and in URIs of Tink
//! (`gcp-kms://`), cosign (`gcpkms://`) and step (`cloudkms:`).

use std::ops::Range;

use super::{Reference, text};
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "google",
    about: "resource names of keys in Google Cloud KMS, with and without a version",
    text: &[b"/cryptoKeys/"],
    binary: &[],
    find,
    head: None,
};

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let bytes = unit.bytes;
    let is_in = |byte| text::is_name(byte) || matches!(byte, b'/' | b'.' | b':');
    let low = text::back(bytes, needle.start, 300, is_in);
    let Some(projects) = memchr::memmem::rfind(unit.get(low..needle.start), b"projects/") else {
        return;
    };
    let start = low + projects;
    let end = text::run(bytes, needle.end, 63, text::is_name);
    let mut range = start..end;
    for infix in [b"/cryptoKeyVersions/".as_slice(), b"/versions/"] {
        if unit.from(end).starts_with(infix) {
            let from = end + infix.len();
            let digits = text::run(bytes, from, 10, |byte| byte.is_ascii_digit());
            range.end = if digits > from { digits } else { end };
        }
    }
    text::add(unit, range, parse, found);
}

pub(super) fn parse(text: &str) -> Option<Reference> {
    // As `gcloud` names a key in whatever project is set.
    if let ["locations", region, "keyRings", ring, "cryptoKeys", key] =
        *text.split('/').collect::<Vec<_>>()
    {
        let is_one = text::is_region(region) && is_name(ring) && is_name(key);
        let name = || Reference::new("google", "key", format!("google:kms:{text}")).region(region);
        return is_one.then(name);
    }
    let at = text.find("projects/")?;
    let is_head = matches!(
        text.get(..at)?,
        "" | "gcp-kms://"
            | "gcpkms://"
            | "cloudkms:"
            | "//cloudkms.googleapis.com/"
            | "https://cloudkms.googleapis.com/v1/"
            | "gcp-kms:"
            | "cloudkms://"
    );
    let parts: Vec<&str> = text.get(at..)?.split('/').collect();
    let (names, version) = match *parts.as_slice() {
        ["projects", project, "locations", region, "keyRings", ring, "cryptoKeys", key] => {
            ([project, region, ring, key], "")
        }
        [
            "projects",
            project,
            "locations",
            region,
            "keyRings",
            ring,
            "cryptoKeys",
            key,
            "cryptoKeyVersions" | "versions",
            version,
        ] => ([project, region, ring, key], version),
        _ => return None,
    };
    let [project, region, ring, key] = names;
    let is_version = version.is_empty() || text::is_digits(version);
    if !is_head || !is_project(project) || !text::is_region(region) || !is_version {
        return None;
    }
    (is_name(ring) && is_name(key)).then(|| {
        let canonical = format!(
            "google:kms:projects/{project}/locations/{region}/keyRings/{ring}/cryptoKeys/{key}"
        );
        Reference::new("google", "key", canonical).account(project).region(region).version(version)
    })
}

fn is_name(name: &str) -> bool {
    (1..=63).contains(&name.len()) && name.bytes().all(text::is_name)
}

/// An identifier (six characters and over, small, perhaps after a domain) or a number. What is
/// shorter or in capitals stands for one.
fn is_project(project: &str) -> bool {
    let id = project.rsplit(':').next().unwrap_or(project);
    let is_id = (6..=30).contains(&id.len())
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    is_id || text::is_digits(project)
}
