//! XFS and btrfs, of which something is damaged, lost or hostile. Their images are larger than others;
//! `tests/disks.rs` says what is found in them while they are whole.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{fs, io::Read, path::PathBuf, process::Command};

use keylint::{
    fact::Field,
    ledger::Reason,
    scan::{Inspection, inspect_bytes},
};

/// The key in all of them, by openssl.
const KEY: &str = "spki-sha256:a2ede879b737b855f11f63864464f0bb71308e4516602d5d7040e3321af37e7f";

const DISKS: [&str; 3] = ["files.btrfs", "files.xfs", "version4.xfs"];

fn bytes(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/disks");
    let packed = fs::read(folder.join(format!("{name}.gz"))).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
    bytes
}

/// Inspects a disk, in which nothing may panic.
fn inspect(disk: &[u8]) -> Inspection {
    let inspection = inspect_bytes("in", disk);
    assert!(!reasons(&inspection).contains(&Reason::ParserFailed), "a panic");
    inspection
}

fn reasons(inspection: &Inspection) -> Vec<Reason> {
    inspection.ledger.skips.iter().map(|skip| skip.reason).collect()
}

/// The chains that lead to the key.
fn chains(inspection: &Inspection) -> Vec<String> {
    let is_key = |fact: &&keylint::fact::Fact| fact.text(Field::KeyId) == Some(KEY);
    let sites = inspection.facts.iter().filter(is_key).flat_map(|fact| &fact.sites);
    sites.map(|site| site.path.clone()).collect()
}

fn find(disk: &[u8], needle: &[u8]) -> usize {
    let mut windows = disk.windows(needle.len());
    windows.position(|bytes| bytes == needle).unwrap_or_else(|| panic!("no {needle:?}"))
}

/// A disk, what marks something that describes it, what is written how far behind that, a chain that
/// is still found, and what the ledger says is damaged.
type Damage = (&'static str, &'static [u8], usize, &'static [u8], &'static str, &'static str);

const DAMAGE: &[Damage] = &[
    ("files.xfs", b"XAGF", 0, b"....", "!xfs:pieces", ""),
    ("files.xfs", b"XAGI", 0, b"....", "!xfs:pieces", "tables of inodes of 1 groups"),
    ("files.xfs", b"XAGI", 24, &[0xff; 4], "!xfs:pieces", "tables of inodes of 1 groups"),
    ("files.xfs", b"XAGI", 20, &[0; 4], "!xfs:pieces", "tables of inodes of 1 groups"),
    (
        "files.xfs",
        b"BMA3",
        0,
        b"....",
        "!xfs:etc/ssl/server.pem",
        "a node of extents that cannot be",
    ),
    ("files.xfs", b"BMA3", 6, &[0xff; 2], "!xfs:sparse", "too many extents in a node"),
    ("files.xfs", b"BMA3", 72 + 16, &[0xff; 16], "!xfs:sparse", "a block beyond the end"),
    ("files.xfs", b"XDD3", 0, b"....", "!xfs:many/last.gz!gzip:", "a directory without its mark"),
    ("files.xfs", b"XDD3", 64 + 8, &[0xff], "!xfs:many/last.gz!gzip:", ""),
    ("version4.xfs", b"IABT", 4, &[0xff], "!xfs:sparse", "tables of inodes of 1 groups"),
    ("version4.xfs", b"XD2D", 0, b"....", "!xfs:sparse", "a directory without its mark"),
    // Blocks of the file system, of a group, and groups.
    ("files.xfs", b"XFSB", 8, &[0xff; 8], "!xfs:pieces", "it is read by a copy"),
    ("files.xfs", b"XFSB", 84, &[0xff; 4], "!xfs:pieces", "it is read by a copy"),
    ("files.xfs", b"XFSB", 88, &[0xff; 4], "!xfs:pieces", "it is read by a copy"),
    ("files.xfs", b"XFSB", 124, &[0xff], "!xfs:pieces", "it is read by a copy"),
    ("version4.xfs", b"XFSB", 5, &[0xff; 3], "!xfs:sparse", "it is read by a copy"),
    // The root is an inode that is none.
    (
        "files.xfs",
        b"XFSB",
        56,
        &[0, 0, 0, 0, 0, 0, 0, 7],
        "/ssl/server.pem",
        "an inode that cannot be",
    ),
    // Size of nodes, of the table of chunks, and the tree of trees.
    ("files.btrfs", b"_BHRfS_M", 84, &[0xff; 4], "!btrfs:(as it is)", "no superblock that can be"),
    ("files.btrfs", b"_BHRfS_M", 96, &[0; 4], "!btrfs:(as it is)", "no superblock that can be"),
    ("files.btrfs", b"_BHRfS_M", 16, &[0xff; 8], "!btrfs:(gap", "the tree of subvolumes"),
    ("files.btrfs", b"_BHRfS_M", 134, &[0xff], "!btrfs:(gap", "the tree of subvolumes"),
];

#[test]
fn what_is_damaged_costs_what_it_described_and_is_told() {
    for (name, mark, at, bytes_there, chain, detail) in DAMAGE {
        let mut disk = bytes(name);
        let at = find(&disk, mark) + at;
        disk[at..at + bytes_there.len()].copy_from_slice(bytes_there);
        let inspection = inspect(&disk);
        let chains = chains(&inspection);
        let case = format!("{name} at {at}");
        assert!(chains.iter().any(|one| one.contains(chain)), "{case}: {chains:?}");
        let skips = &inspection.ledger.skips;
        let is_told = |detail: &str| {
            skips.iter().filter_map(|skip| skip.detail.as_ref()).any(|told| told.contains(detail))
        };
        assert!(detail.is_empty() || is_told(detail), "{case}: {skips:?}");
    }
}

#[test]
fn what_no_directory_has_goes_by_its_inode() {
    let whole = chains(&inspect(&bytes("files.xfs")));
    let mut disk = bytes("files.xfs");
    // The root, which is the first of all inodes.
    let root = find(&disk, b"IN\x41");
    disk[root..root + 2].fill(0);
    let inspection = inspect(&disk);
    assert!(reasons(&inspection).contains(&Reason::Damaged));
    let chains = chains(&inspection);
    // Files, and directories with all in them, without the name that the root had for them.
    assert_eq!(chains.len(), whole.len(), "{chains:?}");
    for end in [")!gzip:", ")/ssl/server.pem", ")/last.gz!gzip:", "):user.key"] {
        let is_there = |one: &String| one.starts_with("in!xfs:(inode ") && one.ends_with(end);
        assert!(chains.iter().any(is_there), "{end}: {chains:?}");
    }
}

#[test]
fn a_directory_in_itself_ends() {
    let mut disk = bytes("files.xfs");
    let name = find(&disk, b"\x07last.gz");
    // It leads back to the root.
    disk[name - 8..name].copy_from_slice(&128_u64.to_be_bytes());
    let chains = chains(&inspect(&disk));
    let is_there = |one: &String| one.starts_with("in!xfs:(inode ") && one.ends_with("!gzip:");
    assert!(chains.iter().any(is_there), "{chains:?}");
}

#[test]
fn bits_of_what_describes_a_disk_are_flipped_and_nothing_panics() {
    for name in DISKS {
        let whole = bytes(name);
        let places: Vec<usize> = (0..whole.len()).filter(|&at| whole[at] != 0).collect();
        for part in 0..5 {
            let at = places[part * part * places.len() / (5 * 5)];
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << part;
            inspect(&flipped);
        }
    }
}

#[test]
fn what_is_cut_off_is_in_the_ledger() {
    for name in DISKS {
        let whole = bytes(name);
        for quarter in 1..4 {
            let inspection = inspect(&whole[..whole.len() * quarter / 4]);
            assert!(!inspection.ledger.is_complete(), "{name}: {quarter}");
        }
    }
}

#[test]
fn a_file_system_whose_superblock_is_lost_is_read_by_a_copy_of_it() {
    let mut disk = bytes("files.xfs");
    disk[..512].fill(0);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in"), &disk).unwrap();
    let scan = || {
        let run = Command::new(env!("CARGO_BIN_EXE_keylint"))
            .args(["scan", "--format", "json", "--exit-zero", "in"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        String::from_utf8(run.stdout).unwrap()
    };
    let report = scan();
    assert!(report.contains("in!xfs:etc/ssl/server.pem"), "{report}");
    assert!(report.contains("it is read by a copy of that"));
    // The copy, at the middle.
    let half = disk.len() / 2;
    disk[half..half + 512].fill(0);
    fs::write(folder.path().join("in"), &disk).unwrap();
    assert!(!scan().contains("xfs:"));
}
