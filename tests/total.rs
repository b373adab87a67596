//! Parsers are total: any prefix and any flipped bit of any fixture gives facts or nothing, and
//! never a panic. A sample of both here; `fuzz/` looks further.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use keylint::{fact::Field, ledger::Reason, scan::inspect_bytes};
use rayon::prelude::*;

/// Places of each file that are tried, spread over it. The files of a family are alike and their
/// places are staggered, so that a family is tried more densely than each of its files.
const PLACES: usize = 24;

/// Places where a password protects the key: most variants cost as many derivations as well-known
/// passwords may cost, which is up to a second each without optimisation.
const PLACES_BEHIND_A_PASSWORD: usize = 3;

#[test]
fn prefixes_and_flipped_bits_of_every_fixture_never_panic() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/keys");
    let files = walk(&root);
    assert!(files.len() > 400, "only {} files", files.len());
    files.par_iter().enumerate().for_each(|(index, file)| {
        let name = file.strip_prefix(&root).unwrap().display();
        let bytes = fs::read(file).unwrap();
        let whole = inspect_bytes("input", &bytes);
        let is_derived = whole.facts.iter().any(|fact| fact.fields.contains_key(&Field::Kdf));
        let places = if is_derived { PLACES_BEHIND_A_PASSWORD } else { PLACES };
        let step = (bytes.len() / places).max(1);
        let first = index * step / 16 % step;
        for at in (first..bytes.len()).step_by(step) {
            assert_no_panic(&bytes[..at], &format!("the first {at} bytes of {name}"));
            let bit = (index + at) % 8;
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            assert_no_panic(&flipped, &format!("{name} with bit {bit} of byte {at} flipped"));
        }
    });
}

fn assert_no_panic(bytes: &[u8], what: &str) {
    let inspection = inspect_bytes("input", bytes);
    let failed = inspection.ledger.skips.iter().any(|skip| skip.reason == Reason::ParserFailed);
    assert!(!failed, "a parser panicked on {what}");
}

fn walk(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}
