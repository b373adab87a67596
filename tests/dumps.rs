//! Backups, dumps and logs of databases and systems. They are made by the tools that people use;
//! `testdata/documents/make_dumps.py` says how.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{collections::BTreeSet, fs, io::Read, path::PathBuf};

use keylint::{
    fact::{Fact, Field},
    ledger::Reason,
    scan::{Inspection, inspect_bytes},
};

/// The key in all of them, by openssl.
const KEY: &str = "spki-sha256:a2ede879b737b855f11f63864464f0bb71308e4516602d5d7040e3321af37e7f";

/// Dump, what leads to the key, and what the ledger says of it.
const DUMPS: &[(&str, &[&str], &[Reason])] = &[
    ("none.kafka", &[""], &[]),
    ("gzip.kafka", &["!kafka:(batch at 263)!gzip:"], &[]),
    ("snappy.kafka", &["!kafka:(batch at 431)"], &[]),
    ("lz4.kafka", &["!kafka:(batch at 375)!lz4:"], &[]),
    ("zstd.kafka", &["!kafka:(batch at 268)!zstd:"], &[]),
    ("snappy.ldb", &["!sstable:(block at 2794)"], &[]),
    ("none.sst", &[""], &[]),
    ("snappy.sst", &["!sstable:(block at 2760)"], &[]),
    ("lz4.sst", &["!sstable:(block at 2871)"], &[]),
    ("zstd.sst", &["!sstable:(block at 1415)"], &[]),
    ("bz2.sst", &["!sstable:(block at 1613)"], &[]),
    ("none.wt", &[""], &[Reason::RawPages]),
    ("snappy.wt", &["!wiredtiger:(block at 4096)"], &[Reason::RawPages]),
    ("zlib.wt", &["!wiredtiger:(block at 4096)"], &[Reason::RawPages]),
    ("zstd.journal.gz", &["!gzip:!journald:(object at 3737744)!zstd:"], &[]),
    ("packed.ab", &["!android-backup:!tar:apps/org.example/f/key.pem"], &[]),
    ("plain.ab", &["!android-backup:!tar:apps/org.example/f/key.pem"], &[]),
    ("stream.rdb", &["!rdb:z", "!rdb:a stream"], &[]),
    ("segment.wal.gz", &["!gzip:!postgres-wal:(records)"], &[Reason::RawPages]),
    ("table.xbstream.gz", &["!gzip:!xbstream:d/t.ibd"], &[Reason::RawPages]),
    ("firmware.hex", &[""], &[]),
    ("firmware.srec", &[""], &[]),
    ("numbered.json", &[""], &[]),
    ("jwk.csv", &[""], &[]),
    ("frames.sz", &["!snappy:"], &[]),
];

/// The same without the key.
const NOTHING: &[&str] = &["kafka", "ldb", "wt", "journal.gz", "ab", "rdb", "sz"];

fn bytes(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/documents").join(name);
    fs::read(&path).unwrap_or_else(|problem| panic!("{name}: {problem}"))
}

/// The chains that lead to the key.
fn chains(inspection: &Inspection, name: &str) -> Vec<String> {
    let is_key = |fact: &&Fact| fact.text(Field::KeyId) == Some(KEY);
    let sites = inspection.facts.iter().filter(is_key).flat_map(|fact| &fact.sites);
    sites.map(|site| site.path.strip_prefix(name).unwrap().to_owned()).collect()
}

fn reasons(inspection: &Inspection) -> Vec<Reason> {
    inspection.ledger.skips.iter().map(|skip| skip.reason).collect()
}

#[test]
fn a_key_in_a_dump_is_found_and_told_once() {
    for (dump, expected, told) in DUMPS {
        let inspection = inspect_bytes(dump, &bytes(dump));
        assert_eq!(chains(&inspection, dump), *expected, "{dump}");
        assert_eq!(reasons(&inspection), *told, "{dump}: {:?}", inspection.ledger.skips);
    }
}

#[test]
fn a_dump_without_a_key_gives_none_and_is_no_gap() {
    for kind in NOTHING {
        let dump = format!("nothing.{kind}");
        let inspection = inspect_bytes(&dump, &bytes(&dump));
        assert_eq!(inspection.facts, [], "{dump}");
        assert!(inspection.ledger.is_complete(), "{dump}: {:?}", inspection.ledger.skips);
    }
}

#[test]
fn what_is_cut_or_damaged_gives_no_panic_and_rarely_silence() {
    // Of gzip, damage says nothing of what is inside.
    for (dump, ..) in DUMPS.iter().filter(|(dump, ..)| !dump.ends_with(".gz")) {
        let whole = bytes(dump);
        // What says where the blocks of a table are stands at its end.
        let is_table = [".ldb", ".sst"].iter().any(|end| dump.ends_with(end));
        let is_text = [".hex", ".srec", ".json", ".csv"].iter().any(|end| dump.ends_with(end));
        let mut silent = BTreeSet::new();
        for at in (0..whole.len()).step_by((whole.len() / 40).max(1)) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            for variant in [&whole[..at], &flipped] {
                let inspection = inspect_bytes(dump, variant);
                assert!(!reasons(&inspection).contains(&Reason::ParserFailed), "{dump} {at}");
                let is_cut = variant.len() < whole.len();
                let is_told = !inspection.ledger.is_complete() || !inspection.facts.is_empty();
                if !(is_told || is_text || is_cut && is_table) {
                    silent.insert((at, is_cut));
                }
            }
        }
        // Where a block ends, a log does as well; and what marks it may be lost.
        let flips = silent.iter().filter(|(_, is_cut)| !is_cut).count();
        let cuts = silent.len() - flips;
        assert!(flips <= 6, "{dump}: {silent:?}");
        assert!(cuts <= 30, "{dump}: {silent:?}");
    }
}

/// Dumps that are large and mostly zeros: what to damage, counted from the last byte that is none.
const PACKED: &[(&str, usize)] =
    &[("zstd.journal.gz", 1500), ("segment.wal.gz", 9000), ("table.xbstream.gz", 66_000)];

#[test]
fn what_is_damaged_among_zeros_gives_no_panic() {
    for (dump, tail) in PACKED {
        let mut whole = Vec::new();
        flate2::read::GzDecoder::new(&bytes(dump)[..]).read_to_end(&mut whole).unwrap();
        let end = whole.iter().rposition(|&byte| byte != 0).unwrap() + 1;
        let start = end.saturating_sub(*tail);
        for at in (start..end).step_by(tail / 12) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            for variant in [&whole[..at], &flipped] {
                let inspection = inspect_bytes("in", variant);
                assert!(!reasons(&inspection).contains(&Reason::ParserFailed), "{dump} {at}");
            }
        }
    }
}

#[test]
fn what_is_not_opened_is_named_and_seen() {
    let key = bytes("../keys/ec/p-256.pkcs8.pem");
    for (head, reason) in [
        (&b"MSSQLBAK\x02\0\0\0"[..], Reason::NoReader),
        (b"qpress10\0\0\x01\0", Reason::NoReader),
        (b"\x89LZO\0\r\n\x1a\n\x10\x40", Reason::NoReader),
        (b"XBCRYP02\0\0\0\0", Reason::Encrypted),
        (b"ANDROID BACKUP\n5\n1\nAES-256\n0A\n", Reason::Encrypted),
    ] {
        let inspection = inspect_bytes("in", &[head, &key].concat());
        assert_eq!(reasons(&inspection), [reason]);
        assert_eq!(chains(&inspection, "in").len(), 1);
    }
}

#[test]
fn text_that_has_the_name_of_a_table_is_text() {
    let key = bytes("../keys/ec/p-256.pkcs8.pem");
    for name in ["in.ldb", "in.sst"] {
        assert_eq!(chains(&inspect_bytes(name, &key), name), [""]);
        // Also where something else is binary.
        let binary = [&[0; 100][..], &key].concat();
        let inspection = inspect_bytes(name, &binary);
        assert_eq!(chains(&inspection, name), [""]);
        assert_eq!(inspection.ledger.skips, []);
    }
}
