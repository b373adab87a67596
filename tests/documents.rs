//! Documents: mail, databases and what else holds keys beside its own text. They are made by the
//! tools that people use; `testdata/documents/make.py` says how.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{fs, path::PathBuf};

use keylint::{
    fact::{Fact, Field},
    ledger::Reason,
    scan::{Inspection, inspect_bytes},
};

/// The key in all of them, by openssl.
const KEY: &str = "spki-sha256:a2ede879b737b855f11f63864464f0bb71308e4516602d5d7040e3321af37e7f";

/// In a body, in a long body, each as text and as rich text; attached, in a small and a large archive.
const FOLDERS: [&str; 7] = [
    "!gzip:!pst:message 2097188",
    "!gzip:!pst:message 2097188/node 32895!lzfu:!rtf:(text)",
    "!gzip:!pst:message 2097220/node 33055",
    "!gzip:!pst:message 2097220/node 33087!lzfu:!rtf:(text)",
    "!gzip:!pst:message 2097252/attachment 32805",
    "!gzip:!pst:message 2097284/attachment 32837/(value 6)!zip:key.pem",
    "!gzip:!pst:message 2097316/attachment 32869/node 33439!zip:key.pem",
];

/// Document, and all chains that lead to the key: each of its places is told once.
const DOCUMENTS: &[(&str, &[&str])] = &[
    ("bzip2.avro", &["!avro:(block at 134)!bzip2:"]),
    ("deflate.avro", &["!avro:(block at 136)"]),
    ("snappy.avro", &["!avro:(block at 135)"]),
    ("null.avro", &[""]),
    ("none.parquet", &[""]),
    ("brotli.parquet", &["!parquet:k.pem (page at 655)"]),
    ("dictionary.parquet", &["!parquet:k.pem (page at 2799)"]),
    ("gzip.parquet", &["!parquet:k.pem (page at 1048)"]),
    ("lz4.parquet", &["!parquet:k.pem (page at 2612)"]),
    ("snappy.parquet", &["!parquet:k.pem (page at 2276)"]),
    ("zstd.parquet", &["!parquet:k.pem (page at 849)"]),
    ("notebook.ipynb", &[""]),
    ("row.bson", &[""]),
    ("jwk.bson", &[""]),
    ("blob.sql", &["", ""]),
    ("hex.sql", &["", ""]),
    ("sec1.sql", &[""]),
    ("table.tsv", &["", ""]),
    ("folders.pst.gz", &FOLDERS),
    ("twice.json", &[""]),
    ("traffic.har", &[""]),
    ("attached.pdf", &["!pdf:keys.zip!zip:key.pem"]),
    ("attachment.eml", &["!eml:schlüssel.pem"]),
    ("body.eml", &[""]),
    ("box.mbox", &["!mbox:(message 2)!eml:key.pem", "!mbox:(message 3)!eml:(part 1)"]),
    ("deleted.sqlite", &["!sqlite:(page 17)/77/3"]),
    ("escaped.pdf", &["!pdf:(text of object 7)"]),
    ("flate.pdf", &["!pdf:(text of object 7)"]),
    ("fragmented.ole", &["!cfb:large"]),
    ("freed.sqlite", &["!sqlite:(free pages from 14)"]),
    ("large.ole", &["!cfb:zip!zip:key.pem"]),
    ("large.sqlite", &["!sqlite:notes/77/body"]),
    ("log.sqlite-wal", &["!sqlite-wal:(page 15)/77/3"]),
    ("lzw.pdf", &["!pdf:(text of object 4)"]),
    ("nested.eml", &["!eml:(part 2)!eml:keys.zip!zip:key.pem"]),
    ("packed.rdb", &["!rdb:key"]),
    ("objects.pdf", &["!pdf:schlüssel.pem"]),
    ("png.pdf", &["!pdf:key.pem"]),
    ("tiff.pdf", &["!pdf:key.pem"]),
    ("page.pdf", &["!pdf:(text of object 7)"]),
    ("plain.rdb", &[""]),
    ("prose.txt", &[""]),
    ("quoted.eml", &["!eml:(part 1)"]),
    ("sheet.xls", &[""]),
    ("small.ole", &["!cfb:archive!zip:key.pem"]),
    ("small.sqlite", &[""]),
    ("table.rdb", &["!rdb:keys"]),
    ("uuencoded.eml", &["!eml:key.pem"]),
    ("wide.sqlite", &["!sqlite:notes/77/body"]),
    ("zip.rdb", &["!rdb:key!zip:key.pem"]),
    ("zip.sqlite", &["!sqlite:notes/77/body!zip:key.pem"]),
    ("packed.pgdump", &["!pgdump:public.keys!zlib:", "!pgdump:(large object 4711)!zlib:"]),
    ("plain.pgdump", &["!pgdump:public.keys", "!pgdump:(large object 4711)"]),
];

/// Tables as the data directory of PostgreSQL has them. A row may cut the key off, so that its
/// beginning is told as well.
const TABLES: &[(&str, &str)] = &[
    ("external.heap.gz", "!gzip:!postgres:(value 16394)"),
    ("pglz.heap.gz", "!gzip:!postgres:(value 16394)"),
    ("lz4.heap.gz", "!gzip:!postgres:(value 16394)"),
    ("pglz-row.heap.gz", "!gzip:!postgres:(value at 7892)"),
    ("lz4-row.heap.gz", "!gzip:!postgres:(value at 7924)"),
];

/// Documents without anything in them.
const EMPTY: &[&str] = &["empty.ole", "empty.pdf", "empty.rdb", "empty.sqlite"];

/// Documents that nobody reads without a key.
const ENCRYPTED: &[&str] = &["encrypted.eml", "encrypted.pdf", "protected.docx"];

fn bytes(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/documents").join(name);
    fs::read(&path).unwrap_or_else(|problem| panic!("{name}: {problem}"))
}

/// The chains that lead to the key.
fn chains(inspection: &Inspection) -> Vec<&str> {
    let is_key = |fact: &&Fact| fact.text(Field::KeyId) == Some(KEY);
    let sites = inspection.facts.iter().filter(is_key).flat_map(|fact| &fact.sites);
    sites.map(|site| site.path.strip_prefix("in").unwrap()).collect()
}

#[test]
fn each_place_of_a_key_is_told_once() {
    for (document, expected) in DOCUMENTS {
        let inspection = inspect_bytes("in", &bytes(document));
        assert_eq!(chains(&inspection), *expected, "{document}");
        assert_eq!(inspection.ledger.skips, [], "{document}");
        assert!(inspection.facts.iter().all(|fact| fact.text(Field::KeyId) == Some(KEY)));
        assert!(inspection.facts.iter().all(|fact| fact.count == fact.sites.len() as u64));
    }
}

#[test]
fn values_of_tables_are_unpacked_and_put_together() {
    for (document, chain) in TABLES {
        let inspection = inspect_bytes("in", &bytes(document));
        assert_eq!(chains(&inspection), [*chain], "{document}");
        assert_eq!(inspection.ledger.skips, [], "{document}");
    }
}

#[test]
fn values_that_share_their_beginnings_are_named_and_read_in_parts() {
    let inspection = inspect_bytes("in", &bytes("shared.parquet"));
    assert_eq!(chains(&inspection), ["!parquet:k.pem (page at 798)"]);
    let reasons: Vec<Reason> = inspection.ledger.skips.iter().map(|skip| skip.reason).collect();
    assert_eq!(reasons, [Reason::NoReader]);
}

/// Databases of which pages are looked at as they are, and the chains that lead to the key.
const PAGES: &[(&str, &[&str], &[Reason])] = &[
    ("pages.mdb", &[""], &[Reason::RawPages]),
    // Pages that were freed still hold a copy.
    ("snapshot.etcd", &["", "", ""], &[Reason::RawPages]),
    ("long.ibd.gz", &["!gzip:!innodb:(value from page 4)"], &[Reason::RawPages]),
    ("packed.ibd.gz", &[], &[Reason::RawPages, Reason::NoReader]),
];

#[test]
fn databases_without_a_reader_say_so() {
    for (database, expected, reasons) in PAGES {
        let inspection = inspect_bytes("in", &bytes(database));
        assert_eq!(chains(&inspection), *expected, "{database}");
        let told: Vec<Reason> = inspection.ledger.skips.iter().map(|skip| skip.reason).collect();
        assert_eq!(told, *reasons, "{database}");
        // What nothing is missed of is no gap.
        assert_eq!(inspection.ledger.is_complete(), !reasons.contains(&Reason::NoReader));
    }
}

/// How text spells bytes, and how many characters each takes.
type Spelling = (fn(&[u8]) -> String, usize);

#[test]
fn a_key_across_the_cut_of_a_long_run_is_found() {
    let key = bytes("../keys/ec/p-256.pkcs8.pem");
    let hex: Spelling = (|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect(), 2);
    let array: Spelling = (|bytes| bytes.iter().map(|byte| format!("0x{byte:02x}, ")).collect(), 6);
    for (spelling, width) in [hex, array] {
        // A key where the run begins, and one around each place where it is cut and taken up again.
        for place in [1 << 20, (1 << 20) - (128 << 10)] {
            for before in [0, 100] {
                let filling = place / width - key.len() - before;
                let data = [&key[..], &vec![b'.'; filling], &key, &[b'.'; 70_000]].concat();
                let inspection = inspect_bytes("in", spelling(&data).as_bytes());
                // What begins just where a run is taken up again may be seen from both sides.
                let found = chains(&inspection).len();
                assert!((2..=3).contains(&found), "{width} {place} {before}: {found}");
            }
        }
    }
}

#[test]
fn packed_rich_text_of_a_message_is_read() {
    let whole = bytes("rich.ole");
    let inspection = inspect_bytes("in", &whole);
    assert_eq!(chains(&inspection), ["!cfb:__substg1.0_10090102!lzfu:!rtf:(text)"]);
    assert_eq!(inspection.facts.len(), 1);
    assert_eq!(inspection.ledger.skips, []);
    let at = whole.windows(4).position(|bytes| bytes == b"LZFu").unwrap();
    for part in 0..40 {
        let mut flipped = whole.clone();
        flipped[at + 4 + part * 7] ^= 1 << (part % 8);
        let inspection = inspect_bytes("in", &flipped);
        no_panic(&inspection, "rich.ole");
        assert!(!inspection.ledger.is_complete(), "flipped at {}", at + 4 + part * 7);
    }
}

#[test]
fn an_empty_document_is_no_gap() {
    for file in EMPTY {
        let inspection = inspect_bytes("in", &bytes(file));
        assert_eq!(inspection.facts, [], "{file}");
        assert_eq!(inspection.ledger.skips, [], "{file}");
    }
}

#[test]
fn what_is_encrypted_is_named() {
    for file in ENCRYPTED {
        let inspection = inspect_bytes("in", &bytes(file));
        let reasons: Vec<Reason> = inspection.ledger.skips.iter().map(|skip| skip.reason).collect();
        assert_eq!(reasons, [Reason::Encrypted], "{file}");
    }
}

#[test]
fn a_key_before_the_damage_is_found_and_nothing_panics() {
    for (document, _) in DOCUMENTS {
        let whole = bytes(document);
        let step = (whole.len() / 40).max(1);
        for at in (0..whole.len()).step_by(step) {
            no_panic(&inspect_bytes("in", &whole[..at]), document);
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            no_panic(&inspect_bytes("in", &flipped), document);
        }
    }
}

#[test]
fn a_key_that_is_spliced_into_a_document_is_found() {
    let key = fs::read(
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/keys/rsa/rsa-1024.pkcs8.pem"),
    )
    .unwrap();
    for (document, _) in DOCUMENTS {
        let whole = bytes(document);
        for part in 0..10 {
            let at = whole.len() * part / 10;
            let spliced = [&whole[..at], b"\n", &key, &whole[at..]].concat();
            let inspection = inspect_bytes("in", &spliced);
            no_panic(&inspection, document);
            let is_rsa = |fact: &Fact| fact.text(Field::Algorithm) == Some("rsa");
            assert!(inspection.facts.iter().any(is_rsa), "{document}: spliced at {at}");
        }
    }
}

fn no_panic(inspection: &Inspection, name: &str) {
    let failed = inspection.ledger.skips.iter().any(|skip| skip.reason == Reason::ParserFailed);
    assert!(!failed, "a parser panicked on a variant of {name}");
}
