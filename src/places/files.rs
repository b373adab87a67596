//! Whole files that the run itself needs or makes: configuration, rules, registers, reports.

#![expect(clippy::disallowed_methods, reason = "this is where the file system is touched")]

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::error::Error;

/// Most bytes that such a file may have.
const LIMIT: u64 = 1 << 30;

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let length = fs::metadata(path).map_err(|source| Error::file(path, source))?.len();
    if length > LIMIT {
        return Err(Error::file(path, io::Error::other("larger than 1 GiB")));
    }
    fs::read(path).map_err(|source| Error::file(path, source))
}

pub(crate) fn read_text(path: &Path) -> Result<String, Error> {
    String::from_utf8(read(path)?)
        .map_err(|_| Error::file(path, io::Error::other("is not UTF-8 text")))
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|source| Error::file(path, source))
}

pub(crate) fn exists(path: &Path) -> bool {
    path.exists()
}

/// Files below `directory` with one of these extensions, sorted.
pub(crate) fn list(directory: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        let entries = fs::read_dir(&directory).map_err(|source| Error::file(&directory, source))?;
        for entry in entries {
            let entry = entry.map_err(|source| Error::file(&directory, source))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|source| Error::file(&path, source))?;
            let extension = path.extension().and_then(|extension| extension.to_str());
            if kind.is_dir() {
                directories.push(path);
            } else if extension.is_some_and(|extension| extensions.contains(&extension)) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
