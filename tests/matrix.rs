//! One table over all layers: a key inside, nested in two others, damaged, over a budget, empty.
//! `docs/matrix.md` is made of what comes out. The fixtures are made by the tools that people use;
//! what is special about a kind is in tests/layers.rs, tests/disks.rs and tests/documents.rs.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::Command,
};

use keylint::{
    fact::{Fact, Field},
    ledger::Reason,
    scan::{Inspection, inspect_bytes},
};

/// The key in all of them, by openssl.
const KEY: &str = "spki-sha256:a2ede879b737b855f11f63864464f0bb71308e4516602d5d7040e3321af37e7f";

/// Layer, what holds the key, and one that holds nothing, where there is such a thing. Of those
/// that no free tool makes, only the head is there, and the key lies behind it.
const TABLE: &[(&str, Held, &str)] = &[
    ("7z", File("layers/plain.7z"), ""),
    ("android-backup", File("documents/packed.ab"), "documents/nothing.ab"),
    ("apfs", Head(32, b"NXSB"), ""),
    ("ar", File("layers/plain.ar"), "layers/empty.ar"),
    ("arrow", File("documents/lz4.arrow"), ""),
    ("asar", File("layers/plain.asar"), "layers/empty.asar"),
    ("avro", File("documents/deflate.avro"), ""),
    ("bbolt", File("documents/snapshot.etcd"), ""),
    ("bitlocker", File("disks/volume.bitlocker.gz"), ""),
    ("brotli", File("layers/plain.brotli"), "layers/empty.brotli"),
    ("btrfs", File("disks/files.btrfs.gz"), ""),
    ("bzip2", File("layers/plain.bzip2"), "layers/empty.bzip2"),
    ("cab", File("layers/plain.cab"), "layers/empty.cab"),
    ("cfb", File("documents/large.ole"), "documents/empty.ole"),
    ("compress", File("layers/plain.compress"), "layers/empty.compress"),
    ("cpio", File("layers/plain.cpio"), "layers/empty.cpio"),
    ("eml", File("documents/attachment.eml"), ""),
    ("erofs", File("disks/lz4.erofs.gz"), ""),
    ("exfat", File("disks/files.exfat.gz"), ""),
    ("ext", File("disks/files.ext4.gz"), ""),
    ("f2fs", Head(1024, b"\x10\x20\xf5\xf2"), ""),
    ("fat", File("disks/files.fat16.gz"), ""),
    ("git-bundle", File("git/whole.bundle"), ""),
    ("git-pack", File("git/plain.pack"), ""),
    ("gpt", File("disks/parts.gpt.gz"), ""),
    ("gzip", File("layers/plain.gzip"), "layers/empty.gzip"),
    ("hfs", Head(1024, b"H+\0\x04"), ""),
    ("innodb", File("documents/long.ibd.gz"), ""),
    ("iso9660", File("disks/rockridge.iso.gz"), ""),
    ("journald", File("documents/zstd.journal.gz"), "documents/nothing.journal.gz"),
    ("kafka", File("documents/snappy.kafka"), "documents/nothing.kafka"),
    ("lmdb", File("documents/pages.mdb"), ""),
    ("luks", File("disks/luks2.luks.gz"), ""),
    ("lvm", File("disks/volumes.lvm.gz"), ""),
    ("lz4", File("layers/plain.lz4"), "layers/empty.lz4"),
    ("lzfu", File("documents/rich.ole"), ""),
    ("lzip", File("layers/plain.lzip"), "layers/empty.lzip"),
    ("lzma", File("layers/plain.lzma"), "layers/empty.lzma"),
    ("lzop", Head(0, b"\x89LZO\0\r\n\x1a\n"), ""),
    ("mbox", File("documents/box.mbox"), ""),
    ("mbr", File("disks/parts.mbr.gz"), ""),
    ("mssql-backup", Head(0, b"MSSQLBAK"), ""),
    ("ntfs", File("disks/files.ntfs.gz"), ""),
    ("office", File("documents/letter.docx"), ""),
    ("orc", File("documents/zlib.orc"), ""),
    ("parallels", File("disks/raw.parallels.gz"), ""),
    ("parquet", File("documents/zstd.parquet"), ""),
    ("pdf", File("documents/attached.pdf"), "documents/empty.pdf"),
    ("pgdump", File("documents/packed.pgdump"), ""),
    ("postgres", File("documents/external.heap.gz"), ""),
    ("postgres-wal", File("documents/segment.wal.gz"), ""),
    ("pst", File("documents/folders.pst.gz"), ""),
    ("qcow2", File("disks/zlib.qcow2.gz"), ""),
    ("qed", File("disks/raw.qed.gz"), ""),
    ("qpress", Head(0, b"qpress10"), ""),
    ("rar", File("layers/plain.rar"), "layers/empty.rar"),
    ("rdb", File("documents/packed.rdb"), "documents/empty.rdb"),
    ("rpm", File("layers/w9.gzdio.rpm"), ""),
    ("rtf", File("documents/rich.ole"), ""),
    ("snappy", File("documents/frames.sz"), "documents/nothing.sz"),
    ("sqlite", File("documents/large.sqlite"), "documents/empty.sqlite"),
    ("sqlite-wal", File("documents/log.sqlite-wal"), ""),
    ("squashfs", File("disks/zstd.squashfs.gz"), ""),
    ("sstable", File("documents/snappy.ldb"), "documents/nothing.ldb"),
    ("swap", File("disks/swap.img.gz"), ""),
    ("tar", File("layers/plain.tar"), "layers/empty.tar"),
    ("udf", File("disks/files.udf.gz"), ""),
    ("vdi", File("disks/raw.vdi.gz"), ""),
    ("vhd", File("disks/dynamic.vhd.gz"), ""),
    ("vhdx", File("disks/dynamic.vhdx.gz"), ""),
    ("vmdk", File("disks/sparse.vmdk.gz"), ""),
    ("wiredtiger", File("documents/snappy.wt"), ""),
    ("xbcrypt", Head(0, b"XBCRYP02"), ""),
    ("xbstream", File("documents/table.xbstream.gz"), ""),
    ("xfs", File("disks/files.xfs.gz"), ""),
    ("xz", File("layers/plain.xz"), "layers/empty.xz"),
    ("zip", File("layers/plain.zip"), "layers/empty.zip"),
    ("zlib", File("layers/plain.zlib"), "layers/empty.zlib"),
    ("zstd", File("layers/plain.zstd"), "layers/empty.zstd"),
];

use Held::{File, Head};

enum Held {
    /// In `testdata`.
    File(&'static str),
    /// These bytes at this place.
    Head(usize, &'static [u8]),
}

/// Bytes beyond which fewer variants are tried, for the time that takes.
const LARGE: usize = 1 << 20;

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn read(name: &str) -> Vec<u8> {
    let bytes =
        fs::read(testdata().join(name)).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    let Some(_) = name.strip_suffix(".gz") else { return bytes };
    let mut whole = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut whole).unwrap();
    whole
}

fn bytes(held: &Held) -> Vec<u8> {
    match held {
        File(name) => read(name),
        Head(at, magic) => {
            let mut bytes = vec![0; 128 << 10];
            bytes[*at..*at + magic.len()].copy_from_slice(magic);
            bytes.extend(read("keys/ec/p-256.pkcs8.pem"));
            bytes
        }
    }
}

/// A file's name, by which only Brotli and tables are told.
fn name(layer: &str) -> &'static str {
    match layer {
        "brotli" => "in.br",
        "sstable" => "in.ldb",
        _ => "in",
    }
}

fn finds(inspection: &Inspection) -> bool {
    inspection.facts.iter().any(|fact| fact.text(Field::KeyId) == Some(KEY))
}

fn reasons(inspection: &Inspection) -> String {
    let reasons: BTreeSet<String> =
        inspection.ledger.skips.iter().map(|skip| skip.reason.words().to_owned()).collect();
    reasons.into_iter().collect::<Vec<_>>().join(", ")
}

/// `found`, and why what is not examined is not.
fn outcome(inspection: &Inspection) -> String {
    let told = [if finds(inspection) { "found" } else { "" }.to_owned(), reasons(inspection)];
    told.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

fn no_panic(inspection: &Inspection, layer: &str) {
    let failed = inspection.ledger.skips.iter().any(|skip| skip.reason == Reason::ParserFailed);
    assert!(!failed, "{layer}: a decoder panicked");
}

/// In a zip, in a gzip.
fn nested(layer: &str, bytes: &[u8]) -> Vec<u8> {
    let name = name(layer).as_bytes();
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let mut zip = b"PK\x03\x04\x0a\0\0\0\0\0\0\0\0\0".to_vec();
    zip.extend(crc.sum().to_le_bytes());
    zip.extend([length, length].concat());
    zip.extend([u8::try_from(name.len()).unwrap(), 0, 0, 0]);
    zip.extend(name);
    zip.extend(bytes);
    let directory = zip.len();
    let head = zip[4..30].to_vec();
    zip.extend(b"PK\x01\x02\x0a\0");
    zip.extend(head);
    zip.extend([0; 14]);
    zip.extend(name);
    let length = u32::try_from(zip.len() - directory).unwrap().to_le_bytes();
    zip.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend([length, u32::try_from(directory).unwrap().to_le_bytes()].concat());
    zip.extend([0; 2]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&zip).unwrap();
    gzip.finish().unwrap()
}

/// Whether there is the key, or what looks like one and is damaged itself.
fn hints(inspection: &Inspection) -> bool {
    let is_piece = |fact: &Fact| matches!(fact.text(Field::Label), Some("truncated" | "unparsed"));
    finds(inspection) || inspection.facts.iter().any(is_piece)
}

/// Cut and flipped at many places: nothing panics, and a key that is lost is told.
fn damaged(layer: &str, whole: &[u8]) -> String {
    let (cuts, flips) = if whole.len() > LARGE { (4, 4) } else { (12, 24) };
    let (mut found, mut told, mut silent) = (0, 0, 0);
    let mut tell = |bytes: &[u8]| {
        let inspection = inspect_bytes(name(layer), bytes);
        no_panic(&inspection, layer);
        match (hints(&inspection), inspection.ledger.is_complete()) {
            (true, _) => found += 1,
            (false, false) => told += 1,
            (false, true) => silent += 1,
        }
    };
    (1..cuts).for_each(|part| tell(&whole[..whole.len() * part / cuts]));
    for part in 0..flips {
        let at = whole.len() * part / flips;
        let mut flipped = whole.to_vec();
        flipped[at] ^= 1 << (at % 8);
        tell(&flipped);
    }
    let tried = cuts - 1 + flips;
    format!("{found} of {tried} found, {told} told, {silent} silent")
}

/// What the ledger says under budgets of a thing and a few bytes.
fn over(layer: &str, whole: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (input, ledger) = (folder.path().join(name(layer)), folder.path().join("ledger.jsonl"));
    fs::write(&input, whole).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_keylint"))
        .args([
            "scan",
            "--exit-zero",
            "--format",
            "json",
            "--max-entries",
            "1",
            "--max-bytes",
            "64",
        ])
        .args(["--ledger".as_ref(), ledger.as_os_str(), input.as_os_str()])
        .output()
        .unwrap();
    assert!(run.status.success(), "{layer}: {}", String::from_utf8_lossy(&run.stderr));
    let is_cut = fs::read_to_string(ledger).unwrap().contains("\"over-budget\"");
    if is_cut { "over-budget" } else { "nothing comes out" }.into()
}

/// `docs/matrix.md`, out of what is seen. `UPDATE_DOCS=1 cargo test --test matrix` writes it.
#[test]
fn every_layer_holds_what_the_matrix_says() {
    let mut page = String::from(
        "# What is tested of every layer\n\nGenerated by the tests; do not edit. Each holds a key, and \
         stands alone; in a zip in a gzip; cut short and with flipped bits; under budgets of one thing \
         and 64 bytes; and with nothing in it, where there is such a thing. *told*: the ledger names \
         what is lost; *silent*: nothing says that these bytes were ever more than they are, as where \
         the mark at the beginning is damaged, or a format has no end. [What is opened](layers.md).\n\n\
         | layer | key inside | nested | damaged | bomb | empty |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for (layer, held, empty) in TABLE {
        let whole = bytes(held);
        let plain = inspect_bytes(name(layer), &whole);
        let inside = inspect_bytes("outer", &nested(layer, &whole));
        for inspection in [&plain, &inside] {
            no_panic(inspection, layer);
            assert!(
                finds(inspection) || !inspection.ledger.is_complete(),
                "{layer}: neither found nor told"
            );
        }
        let is_layer = |site: &str| site.contains(&format!("!{layer}:"));
        let is_seen =
            plain.ledger.by_layer.contains_key(*layer)
                || plain.ledger.skips.iter().any(|skip| {
                    skip.detail.as_ref().is_some_and(|detail| detail.starts_with(*layer))
                })
                || plain
                    .facts
                    .iter()
                    .flat_map(|fact: &Fact| &fact.sites)
                    .any(|site| is_layer(&site.path));
        assert!(is_seen, "{layer}: not opened: {:?}", plain.ledger);
        let empty = match *empty {
            "" => "",
            file => {
                let inspection = inspect_bytes(name(layer), &read(file));
                assert_eq!(outcome(&inspection), "", "{layer}: empty");
                "no gap"
            }
        };
        page.push_str(&format!(
            "| `{layer}` | {} | {} | {} | {} | {empty} |\n",
            outcome(&plain),
            outcome(&inside),
            damaged(layer, &whole),
            over(layer, &whole),
        ));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/matrix.md");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let current = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        current, page,
        "docs/matrix.md is not current: UPDATE_DOCS=1 cargo test --test matrix"
    );
}

/// Layers without a row would be tested by nobody.
#[test]
fn every_layer_has_a_row() {
    let page = fs::read_to_string(testdata().join("../docs/layers.md")).unwrap();
    let (table, _) = page.split_once("## Budgets").unwrap();
    let layers: BTreeSet<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name))
        .collect();
    let rows: BTreeMap<&str, ()> = TABLE.iter().map(|(layer, ..)| (*layer, ())).collect();
    assert_eq!(layers, rows.keys().copied().collect());
    assert_eq!(rows.len(), TABLE.len(), "a layer has two rows");
}
