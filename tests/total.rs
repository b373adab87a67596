//! Parsers are total: any prefix and any flipped bit of any fixture gives facts or nothing, and
//! never a panic.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{fs, path::Path};

use keylint::{ledger::Reason, scan::inspect_bytes};

/// Prefixes and flips tried of each file; spread over it.
const TRIES: usize = 60;

#[test]
fn prefixes_and_flipped_bits_of_every_fixture_never_panic() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/keys");
    let mut files = 0;
    for entry in walk(&root) {
        let bytes = fs::read(&entry).unwrap();
        if bytes.len() > 64 << 10 {
            continue;
        }
        files += 1;
        let name = entry.display().to_string();
        let step = (bytes.len() / TRIES).max(1);
        for at in (0..bytes.len()).step_by(step) {
            assert_no_panic(&name, &bytes[..at]);
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            assert_no_panic(&name, &flipped);
        }
    }
    assert!(files > 400, "only {files} files");
}

fn assert_no_panic(name: &str, bytes: &[u8]) {
    let inspection = inspect_bytes("input", bytes);
    let failed = inspection.ledger.skips.iter().any(|skip| skip.reason == Reason::ParserFailed);
    assert!(!failed, "a parser panicked on a variant of {name}");
}

fn walk(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}
