//! Bundles of git, unpacked by it.

use std::{io::Read, path::Path};

use super::{files, objects};
use crate::error::Error;

/// A bundle as a repository, in a directory that is gone after the run.
pub(super) fn unpacked(bundle: &Path) -> Result<tempfile::TempDir, Error> {
    let directory = files::temporary_directory()?;
    let target = Some(directory.path());
    let bundle = files::absolute(bundle).unwrap_or_else(|| bundle.to_owned());
    let hash = if has_long_ids(&bundle)? { "sha256" } else { "sha1" };
    objects::run(target, &["init", "--bare", "--quiet", &format!("--object-format={hash}")])?;
    let mut git = objects::git(target);
    // A bundle is a file, and no network.
    git.env("GIT_ALLOW_PROTOCOL", "file");
    git.args(["fetch", "--quiet", "--no-write-fetch-head"]).arg(&bundle).arg("+refs/*:refs/*");
    let output = git.output().map_err(|problem| objects::failed("fetch", &problem.to_string()))?;
    if output.status.success() {
        return Ok(directory);
    }
    let problem = String::from_utf8_lossy(&output.stderr);
    let problem = crate::fact::printable(problem.lines().next().unwrap_or("failed"), 300);
    Err(no_repository(objects::failed("fetch", &problem)))
}

/// Whether the ids in a bundle are of SHA-256, as its capabilities say (gitformat-bundle(5)).
fn has_long_ids(bundle: &Path) -> Result<bool, Error> {
    let mut head = Vec::new();
    let read = files::open(bundle)?.take(4096).read_to_end(&mut head);
    let lines = head.split(|&byte| byte == b'\n').skip(1);
    let mut capabilities = lines.take_while(|line| line.starts_with(b"@"));
    Ok(read.is_ok() && capabilities.any(|line| line == b"@object-format=sha256"))
}

/// The same, and what to do.
pub(super) fn no_repository(error: Error) -> Error {
    let Error::Git { command, problem } = error else { return error };
    let problem = format!(
        "{problem}\n--history reads repositories and whole bundles (`git bundle create FILE --all`)"
    );
    Error::Git { command, problem }
}
