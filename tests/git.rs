//! Packs and bundles of git, made by git as `testdata/git/make.sh` says: a key that came and went is
//! found in the delta that has it, by the path that it had, also when the pack is damaged.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{fs, io::Write, path::PathBuf, process::Command};

use flate2::{Compression, write::ZlibEncoder};
use keylint::{
    fact::{Fact, Field},
    ledger::Reason,
    scan::{Inspection, inspect_bytes},
};
use sha1::{Digest, Sha1};

/// The key in the history, by openssl, and the blob that it is in, by git.
const KEY: &str = "spki-sha256:a2ede879b737b855f11f63864464f0bb71308e4516602d5d7040e3321af37e7f";
const BLOB: &str = "0095c8a2f1ba7c76d9b228e548d6fefc198901d2/deploy/config/server.key";
const SHA256_BLOB: &str =
    "1354b29a19745596853f23833d70e8404cf58eddacd77df9e54b804c0cf4a261/deploy/config/server.key";
const PACK: &str = "pack-a577878e98d3c46914b4d1c5a72e6c779cc645eb.pack";

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/git").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|problem| panic!("{name}: {problem}"))
}

/// The chains that lead to the key.
fn chains(inspection: &Inspection) -> Vec<&str> {
    let is_key = |fact: &&Fact| fact.text(Field::KeyId) == Some(KEY);
    let sites = inspection.facts.iter().filter(is_key).flat_map(|fact| &fact.sites);
    sites.map(|site| site.path.strip_prefix("in").unwrap()).collect()
}

fn no_panic(inspection: &Inspection) {
    let skips = &inspection.ledger.skips;
    assert!(skips.iter().all(|skip| skip.reason != Reason::ParserFailed), "{skips:?}");
}

#[test]
fn a_key_that_was_deleted_is_found_by_its_object_and_path() {
    for (file, chain) in [
        ("plain.pack", format!("!git-pack:{BLOB}")),
        ("named.pack", format!("!git-pack:{BLOB}")),
        ("fixed.pack", format!("!git-pack:{BLOB}")),
        ("sha256.pack", format!("!git-pack:{SHA256_BLOB}")),
        ("whole.bundle", format!("!git-bundle:!git-pack:{BLOB}")),
        ("sha256.bundle", format!("!git-bundle:!git-pack:{SHA256_BLOB}")),
        ("packed.tar.gz", format!("!gzip:!tar:checkout/.git/objects/pack/{PACK}!git-pack:{BLOB}")),
        ("image.ext4.gz", format!("!gzip:!ext:srv/git/x.git/objects/pack/{PACK}!git-pack:{BLOB}")),
        (
            "loose.tar.gz",
            "!gzip:!tar:checkout/.git/objects/00/95c8a2f1ba7c76d9b228e548d6fefc198901d2!zlib:"
                .to_owned(),
        ),
    ] {
        let inspection = inspect_bytes("in", &bytes(file));
        assert_eq!(chains(&inspection), [chain], "{file}");
        assert_eq!(inspection.ledger.skips, [], "{file}");
    }
}

#[test]
fn what_a_commit_says_is_read() {
    let inspection = inspect_bytes("in", &bytes("plain.pack"));
    let commit = "in!git-pack:commit acbcadfd4c66847e101d679b4aa13a0263664c51";
    assert!(
        inspection.facts.iter().any(|fact| {
            fact.text(Field::Algorithm) == Some("rsa") && fact.site().path == commit
        })
    );
}

#[test]
fn what_a_thin_pack_lacks_is_named_and_what_it_brings_is_seen() {
    for (file, outer) in [("thin.pack", ""), ("thin.bundle", "!git-bundle:")] {
        let inspection = inspect_bytes("in", &bytes(file));
        let found = chains(&inspection);
        assert_eq!(found.len(), 1, "{file}");
        assert!(found[0].starts_with(&format!("{outer}!git-pack:(delta at ")), "{found:?}");
        let skips = &inspection.ledger.skips;
        assert_eq!(skips.len(), 2, "{file}: {skips:?}");
        for skip in skips {
            assert!(skip.detail.as_ref().unwrap().contains("its base "), "{skip:?}");
            assert!(skip.path.contains("!git-pack:(object at "), "{skip:?}");
            assert!(skip.reason.is_gap());
        }
    }
}

#[test]
fn a_pack_that_is_cut_off_says_so_and_keeps_what_is_there() {
    let whole = bytes("plain.pack");
    for end in (12..whole.len()).step_by(61) {
        let inspection = inspect_bytes("in", &whole[..end]);
        no_panic(&inspection);
        assert!(!inspection.ledger.is_complete(), "{end}");
        // Behind the base and the delta, by `git verify-pack`.
        assert_eq!(!chains(&inspection).is_empty(), 4790 <= end, "{end}");
    }
}

#[test]
fn a_flipped_bit_costs_one_object_and_those_that_are_made_of_it() {
    // Where the base and the delta are, by `git verify-pack`; before them commits and trees.
    let (base, delta) = (1658, 4585..4790);
    for file in ["plain.pack", "named.pack"] {
        let whole = bytes(file);
        let mut kept = 0;
        for at in (12..whole.len()).step_by(23) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            let inspection = inspect_bytes("in", &flipped);
            no_panic(&inspection);
            assert!(!inspection.ledger.is_complete(), "{file}: {at}");
            let is_found = !chains(&inspection).is_empty();
            assert!(is_found || (base..delta.end + 18).contains(&at), "{file}: {at}");
            kept += usize::from(is_found);
        }
        assert!(60 < kept, "{file}: {kept}");
    }
}

#[test]
fn a_history_in_an_archive_is_left_out_by_the_paths_of_its_files() {
    let run = |exclude: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_keylint"))
            .args(["inspect", "--no-progress"])
            .args(exclude)
            .arg(path("plain.pack"))
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run(&[]).contains(KEY));
    assert!(run(&["--exclude", "**/config/other.key"]).contains(KEY));
    let left_out = run(&["--exclude", "**/config/server.key"]);
    assert!(!left_out.contains(KEY));
    assert!(left_out.contains("\"excluded\"") && left_out.contains(BLOB), "{left_out}");
}

/// An object: its form, the size that it claims, what stands between, and the content.
fn object(form: u8, size: usize, between: &[u8], content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![form << 4 | (size & 15) as u8];
    let mut rest = size >> 4;
    while rest > 0 {
        *bytes.last_mut().unwrap() |= 0x80;
        bytes.push((rest & 0x7f) as u8);
        rest >>= 7;
    }
    bytes.extend(between);
    let mut encoder = ZlibEncoder::new(bytes, Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn pack(objects: &[Vec<u8>]) -> Vec<u8> {
    let count = u32::try_from(objects.len()).unwrap().to_be_bytes();
    let mut bytes = [b"PACK\0\0\0\x02", &count[..], &objects.concat()].concat();
    let sum = Sha1::digest(&bytes);
    bytes.extend(sum);
    bytes
}

/// A number of a delta.
fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

#[test]
fn what_deltas_make_is_bounded_whatever_they_claim() {
    // Each copies the one before it sixteen times.
    let mut objects = vec![object(3, 65536, b"", &[b'x'; 65536])];
    let mut size = 65536_usize;
    for _ in 0..3 {
        let mut delta = [number(size), number(size * 16)].concat();
        let step = size.min(0xff_0000);
        for _ in 0..16 {
            delta.extend([0xf0, step as u8, (step >> 8) as u8, (step >> 16) as u8]);
        }
        let back = objects.last().unwrap().len() as u8;
        objects.push(object(6, delta.len(), &[back & 0x7f], &delta));
        size *= 16;
    }
    let inspection = inspect_bytes("in", &pack(&objects));
    let skips = &inspection.ledger.skips;
    assert!(skips.iter().any(|skip| skip.reason == Reason::OverBudget), "{skips:?}");
}

#[test]
fn deltas_that_lead_in_a_circle_end() {
    // Each names the other as its base.
    let delta = [number(1), number(1), vec![1, b'x']].concat();
    let (a, b) = ([7; 20], [9; 20]);
    let objects = [object(7, delta.len(), &a, &delta), object(7, delta.len(), &b, &delta)];
    let inspection = inspect_bytes("in", &pack(&objects));
    assert_eq!(inspection.ledger.skips.len(), 2);
}

#[test]
fn a_header_that_claims_too_much_or_too_little_is_told() {
    let key = fs::read(path("../keys/ec/p-256.pkcs8.pem")).unwrap();
    let blob = object(3, key.len(), b"", &key);
    let whole = pack(std::slice::from_ref(&blob));
    let inspection = inspect_bytes("in", &whole);
    assert_eq!((chains(&inspection).len(), inspection.ledger.skips), (1, Vec::new()));
    for count in [[0, 0, 0, 2], [0xff; 4]] {
        let mut other = whole.clone();
        other[8..12].copy_from_slice(&count);
        let inspection = inspect_bytes("in", &other);
        assert_eq!(chains(&inspection).len(), 1);
        assert!(!inspection.ledger.is_complete());
    }
    for size in [key.len() - 1, key.len() + 1, 1 << 40] {
        let inspection = inspect_bytes("in", &pack(&[object(3, size, b"", &key)]));
        assert!(!chains(&inspection).is_empty(), "{size}");
        assert!(!inspection.ledger.is_complete(), "{size}");
    }
}
