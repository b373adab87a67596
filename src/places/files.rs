//! Files that a run needs by name: configuration, rules, baselines, outputs. What goes wrong here
//! stops the run; the files that are scanned are another matter.
#![expect(clippy::disallowed_methods, reason = "this is where named files are read and written")]

use std::{
    fs,
    io::{self, BufReader},
    path::{Path, PathBuf},
};

use crate::error::Error;

/// Larger than any rule, register or file of facts: a device or a disk image given by mistake is
/// refused and not read.
const MOST_BYTES: u64 = 1 << 30;

/// Directories below `list`'s argument that are entered, so that a loop of links ends.
const DEPTH: usize = 8;

/// All bytes of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let read = || {
        let size = fs::metadata(path)?.len();
        if size > MOST_BYTES {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 1 GiB"));
        }
        fs::read(path)
    };
    read().map_err(|source| Error::file(path, source))
}

pub(crate) fn is_directory(path: &Path) -> bool {
    path.as_os_str().is_empty() || path.is_dir()
}

/// `path` in full and without links, if it is there.
pub(crate) fn absolute(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

pub(crate) fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// A directory for what another program unpacks; gone when the value is dropped.
pub(crate) fn temporary_directory() -> Result<tempfile::TempDir, Error> {
    tempfile::tempdir().map_err(|source| Error::file(std::env::temp_dir(), source))
}

pub(crate) fn exists(path: &Path) -> bool {
    path.exists()
}

/// A file to be read line by line.
pub(crate) fn open(path: &Path) -> Result<BufReader<fs::File>, Error> {
    fs::File::open(path).map(BufReader::new).map_err(|source| Error::file(path, source))
}

/// A file to be read at any place.
pub(crate) fn open_seekable(path: &Path) -> Result<fs::File, Error> {
    fs::File::open(path).map_err(|source| Error::file(path, source))
}

/// All bytes of a file that must be UTF-8; a byte order mark is left out.
pub(crate) fn read_text(path: &Path) -> Result<String, Error> {
    let text = String::from_utf8(read(path)?).map_err(|error| {
        let place = path.display().to_string();
        Error::invalid(place, format!("not UTF-8 after byte {}", error.utf8_error().valid_up_to()))
    })?;
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}

/// All files below `directory`, sorted by path.
pub(crate) fn list(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    collect(directory, DEPTH, &mut files)?;
    files.sort();
    Ok(files)
}

/// Replaces the content of a file.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|source| Error::file(path, source))
}

fn collect(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let entries = fs::read_dir(directory).map_err(|source| Error::file(directory, source))?;
    for entry in entries {
        let path = entry.map_err(|source| Error::file(directory, source))?.path();
        let metadata = fs::metadata(&path).map_err(|source| Error::file(&path, source))?;
        if metadata.is_file() {
            files.push(path);
        } else if metadata.is_dir() {
            let Some(depth) = depth.checked_sub(1) else {
                let source = io::Error::other("directories are nested too deeply");
                return Err(Error::file(path, source));
            };
            collect(&path, depth, files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_listed_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let [b, a] = ["b.yaml", "a.yaml"].map(|name| directory.path().join(name));
        write(&b, b"second").unwrap();
        write(&a, "\u{feff}first".as_bytes()).unwrap();
        assert_eq!(list(directory.path()).unwrap(), [a.clone(), b.clone()]);
        assert_eq!(read_text(&a).unwrap(), "first");
        assert_eq!(read(&b).unwrap(), b"second");
    }

    #[test]
    fn an_error_names_the_file() {
        let missing = Path::new("no/such/file.yaml");
        assert!(read(missing).unwrap_err().to_string().starts_with("no/such/file.yaml: "));
        assert!(list(missing).unwrap_err().to_string().starts_with("no/such/file.yaml: "));
    }

    #[test]
    fn text_that_is_no_utf8_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rule.yaml");
        write(&path, b"id: \xff").unwrap();
        assert!(read_text(&path).unwrap_err().to_string().contains("not UTF-8 after byte 4"));
    }
}
