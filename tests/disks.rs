//! Images of disks, what is on them, and what of them belongs to nothing. They are made by the
//! tools that people use; `testdata/disks/make.sh` says how.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{fs, io::Read, path::PathBuf, process::Command};

use keylint::{
    fact::{Fact, Field, Removal},
    ledger::{Reason, Skip},
    scan::{Inspection, inspect_bytes},
};

/// The key in all of them, by openssl.
const KEY: &str = "spki-sha256:a2ede879b737b855f11f63864464f0bb71308e4516602d5d7040e3321af37e7f";

/// In file systems; there is one that was deleted, too.
const FILES: &[&str] =
    &["!ext:(gap)", "!ext:etc/ssl/server.pem", "!ext:key.gz!gzip:", "!ext:sparse"];

const EXFAT: &[&str] =
    &["!exfat:(gap)", "!exfat:etc/in pieces.pem", "!exfat:server with a long name.pem"];
const FAT: &[&str] = &[
    "!fat:(gap)",
    "!fat:a long name, with ünicode.pem",
    "!fat:etc/ssl/server.pem",
    "!fat:key.gz!gzip:",
    "!fat:sparse",
];
const ISO: &[&str] = &[
    "!iso9660:a long name, with ünicode.pem",
    "!iso9660:etc/ssl/server.pem",
    "!iso9660:key.gz!gzip:",
    "!iso9660:sparse",
];
const ISO_PLAIN: &[&str] = &[
    "!iso9660:A_LONG_N.PEM",
    "!iso9660:ETC/SSL/SERVER.PEM",
    "!iso9660:KEY.GZ!gzip:",
    "!iso9660:SPARSE",
];

const NTFS: &[&str] = &[
    "!ntfs:(gap)",
    "!ntfs:etc/ssl/server.pem",
    "!ntfs:etc/text:hidden",
    "!ntfs:key.gz!gzip:",
    "!ntfs:sparse",
];
const NTFS_PACKED: &[&str] = &["!ntfs:d/mixed", "!ntfs:d/packed.gz!gzip:", "!ntfs:d/packed.pem"];
const SQUASHFS: &[&str] =
    &["!squashfs:etc/ssl/server.pem", "!squashfs:key.gz!gzip:", "!squashfs:sparse"];

const XFS: &[&str] = &[
    "!xfs:(gap)",
    "!xfs:etc/ssl/server.pem",
    "!xfs:key.gz!gzip:",
    "!xfs:many/last.gz!gzip:",
    "!xfs:pieces",
    "!xfs:sparse",
    "!xfs:text:user.key",
];

const XFS_4: &[&str] =
    &["!xfs:etc/ssl/server.pem", "!xfs:key.gz!gzip:", "!xfs:many/last.gz!gzip:", "!xfs:sparse"];

/// With files that are packed, and with a snapshot of them.
const BTRFS: &[&str] = &[
    "!btrfs:(gap)",
    "!btrfs:app/kept",
    "!btrfs:app/lzo",
    "!btrfs:app/zlib",
    "!btrfs:app/zstd",
    "!btrfs:before/removed",
    "!btrfs:etc/ssl/server.pem",
    "!btrfs:key.gz!gzip:",
    "!btrfs:many/last.gz!gzip:",
    "!btrfs:pieces",
    "!btrfs:sparse",
    "!btrfs:text:user.key",
];

/// File, the chains that lead to the key in it, and what of it is not examined.
const DISKS: &[(&str, &[&str], &[Reason])] = &[
    ("based.qcow2", &[], &[Reason::NoReader]),
    ("clusters.ext4", &["!ext:(as it is)"], &[Reason::NoReader]),
    ("copies.ext2", &["!ext:key.pem"], &[]),
    ("dynamic.vhd", &["!vhd:"], &[]),
    ("dynamic.vhdx", &["!vhdx:"], &[]),
    ("encrypted.qcow2", &[], &[Reason::Encrypted]),
    ("64bit.ext4", FILES, &[]),
    ("files.exfat", EXFAT, &[]),
    ("files.btrfs", BTRFS, &[]),
    ("files.ext2", FILES, &[]),
    ("files.ext4", FILES, &[]),
    ("files.fat12", FAT, &[]),
    ("files.fat16", FAT, &[]),
    ("files.fat32", FAT, &[]),
    ("files.ntfs", NTFS, &[]),
    ("packed.ntfs", NTFS_PACKED, &[]),
    ("wof.ntfs", &["!ntfs:(gap)"], &[Reason::NoReader]),
    ("files.udf", &[], &[Reason::NoReader]),
    ("files.xfs", XFS, &[]),
    ("fixed.vhd", &[""], &[]),
    ("fixed.vhdx", &["!vhdx:"], &[]),
    ("gzip.squashfs", SQUASHFS, &[]),
    ("joliet.iso", ISO, &[]),
    ("luks1.luks", &[], &[Reason::Encrypted]),
    ("luks2.luks", &[], &[Reason::Encrypted]),
    ("lz4.squashfs", SQUASHFS, &[]),
    ("lzo.squashfs", SQUASHFS, &[]),
    ("parts.gpt", &["!gpt:(gap)", "!gpt:(partition 2)"], &[]),
    ("parts.mbr", &["!mbr:(partition 6)"], &[]),
    ("plain.iso", ISO_PLAIN, &[]),
    ("raw.parallels", &["!parallels:(as it is)"], &[Reason::NoReader]),
    ("raw.qed", &["!qed:(as it is)"], &[Reason::NoReader]),
    ("raw.vdi", &["!vdi:"], &[]),
    ("fixed.vdi", &["!vdi:"], &[]),
    ("rockridge.iso", ISO, &[]),
    ("snapshot.qcow2", &["!qcow2:(snapshot 1)"], &[]),
    ("sparse.vmdk", &["!vmdk:"], &[]),
    ("stream.vmdk", &["!vmdk:"], &[]),
    ("swap.img", &["!swap:(gap)"], &[]),
    ("subclusters.qcow2", &["!qcow2:"], &[]),
    ("v2.qcow2", &["!qcow2:"], &[]),
    ("v3.qcow2", &["!qcow2:"], &[]),
    ("version4.xfs", XFS_4, &[]),
    ("volume.bitlocker", &[], &[Reason::Encrypted]),
    ("volumes.lvm", &["!lvm:(gap)", "!lvm:data!gzip:", "!lvm:root"], &[]),
    ("xz.squashfs", SQUASHFS, &[]),
    ("zlib.qcow2", &["!qcow2:"], &[]),
    ("zstd.qcow2", &["!qcow2:"], &[]),
    ("zstd.squashfs", SQUASHFS, &[]),
];

/// Bytes of a disk of which no variants are tried, for the time that takes.
const LARGE: usize = 6 << 20;

fn packed(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/disks");
    fs::read(folder.join(format!("{name}.gz")))
        .unwrap_or_else(|problem| panic!("{name}: {problem}"))
}

fn bytes(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed(name).as_slice()).read_to_end(&mut bytes).unwrap();
    bytes
}

/// The chains that lead to the key, without the offsets of gaps.
fn chains(inspection: &Inspection) -> Vec<String> {
    let is_key = |fact: &&Fact| fact.text(Field::KeyId) == Some(KEY);
    let sites = inspection.facts.iter().filter(is_key).flat_map(|fact| &fact.sites);
    let mut chains: Vec<String> = sites.map(|site| without_offsets(&site.path)).collect();
    chains.sort_unstable();
    chains.dedup();
    chains
}

fn without_offsets(path: &str) -> String {
    let chain = path.strip_prefix("in").unwrap();
    chain.split_once("(gap at ").map_or(chain.to_owned(), |(before, _)| format!("{before}(gap)"))
}

fn reasons(inspection: &Inspection) -> Vec<Reason> {
    inspection.ledger.skips.iter().map(|skip| skip.reason).collect()
}

#[test]
fn a_key_is_found_by_its_path_and_everything_is_accounted_for() {
    for (disk, expected, gaps) in DISKS {
        let inspection = inspect_bytes("in", &bytes(disk));
        assert_eq!(chains(&inspection), *expected, "{disk}");
        assert_eq!(reasons(&inspection), *gaps, "{disk}: {:?}", inspection.ledger.skips);
    }
}

#[test]
fn a_disk_that_cannot_seek_is_opened_too() {
    for (disk, expected, gaps) in DISKS {
        let inspection = inspect_bytes("in", &packed(disk));
        let expected: Vec<String> = expected.iter().map(|chain| format!("!gzip:{chain}")).collect();
        assert_eq!(chains(&inspection), expected, "{disk}");
        assert_eq!(reasons(&inspection), *gaps, "{disk}");
    }
}

#[test]
fn what_is_cut_off_is_in_the_ledger() {
    for (disk, expected, _) in DISKS {
        let whole = bytes(disk);
        if whole.len() > LARGE {
            continue;
        }
        for part in 1..10 {
            let cut = &whole[..whole.len() * part / 10];
            let inspection = inspect_bytes("in", cut);
            no_panic(&inspection, disk);
            let is_opened = !inspection.ledger.by_layer.is_empty();
            let is_told = !inspection.ledger.is_complete();
            let is_found = !chains(&inspection).is_empty() || expected.is_empty();
            assert!(is_told || is_found || !is_opened, "{disk}: cut at {}", cut.len());
        }
    }
}

#[test]
fn an_image_that_ends_before_its_file_system_says_so() {
    for disk in [
        "files.btrfs",
        "files.exfat",
        "files.ext2",
        "files.fat16",
        "files.ntfs",
        "files.xfs",
        "swap.img",
    ] {
        let whole = bytes(disk);
        let cut = inspect_bytes("in", &whole[..whole.len() - 8192]);
        let is_told = |skip: &Skip| {
            skip.detail.as_ref().is_some_and(|detail| detail.contains("by its head it has"))
        };
        assert!(cut.ledger.skips.iter().any(is_told), "{disk}: {:?}", cut.ledger.skips);
    }
}

#[test]
fn a_disk_whose_header_is_lost_is_read_by_the_one_at_its_end() {
    let mut disk = bytes("parts.gpt");
    disk[512..2048].fill(0);
    let with_record = inspect_bytes("in", &disk);
    assert_eq!(chains(&with_record), ["!mbr:(gap)", "!mbr:(partition 2)"]);
    assert_eq!(reasons(&with_record), [Reason::Damaged]);
    disk[..512].fill(0);
    assert_eq!(chains_of_file(&disk), ["!gpt:(gap)", "!gpt:(partition 2)"]);
    let end = disk.len() - 512;
    disk[end..].fill(0);
    assert_eq!(chains_of_file(&disk), ["", ""], "nothing is left to tell");
}

#[test]
fn a_file_system_whose_superblock_is_lost_is_read_by_a_copy_of_it() {
    let mut disk = bytes("copies.ext2");
    disk[1024..2048].fill(0);
    assert_eq!(chains_of_file(&disk), ["!ext:key.pem"]);
    // The copy of it in the second group.
    disk[8193 << 10..8194 << 10].fill(0);
    assert_eq!(chains_of_file(&disk), [""]);
}

#[test]
fn grains_before_a_cut_are_read() {
    // In the last of its four grains.
    let whole = bytes("stream.vmdk");
    let mut cut = whole[..73_000].to_vec();
    let by_tables = inspect_bytes("in", &cut);
    // As if its tables were at the end, as they are where a stream is written.
    cut[56..64].fill(0xff);
    for inspection in [by_tables, inspect_bytes("in", &cut)] {
        assert_eq!(chains(&inspection), ["!vmdk:"]);
        assert_eq!(reasons(&inspection), [Reason::Damaged]);
    }
}

/// The same for a file, which is read at any place.
fn chains_of_file(bytes: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in"), bytes).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_keylint"))
        .args(["scan", "--format", "json", "--exit-zero", "in"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let keys = findings.filter(|finding| finding["rule"] == "plaintext-private-key");
    let sites = keys.flat_map(|finding| finding["sites"].as_array().unwrap());
    let mut chains: Vec<String> =
        sites.map(|site| without_offsets(site["path"].as_str().unwrap())).collect();
    chains.sort();
    chains
}

#[test]
fn flipped_bits_panic_nowhere() {
    for (disk, ..) in DISKS {
        let whole = bytes(disk);
        if whole.len() > LARGE {
            continue;
        }
        // Most of a disk is zeros; what describes it is not.
        let places: Vec<usize> = (0..whole.len()).filter(|&at| whole[at] != 0).collect();
        for part in 0..12 {
            let at = places[part * part * places.len() / (12 * 12)];
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (part % 8);
            no_panic(&inspect_bytes("in", &flipped), disk);
        }
    }
}

fn no_panic(inspection: &Inspection, name: &str) {
    assert!(!reasons(inspection).contains(&Reason::ParserFailed), "a panic on a variant of {name}");
}

#[test]
fn a_key_in_a_letter_in_a_backup_in_an_image_is_found_and_holes_cost_nothing() {
    let inspection = inspect_bytes("in", &packed("beast.qcow2"));
    let chain = "!gzip:!qcow2:!gpt:(partition 1)!ext:backup.tar.zst!zstd:!tar:letters.zip!zip:\
                 letter.docx!zip:word/document.xml";
    assert_eq!(chains(&inspection), [chain]);
    // The disk has 64 GiB, nearly all hole: read as zeros, it would be more than a thousand times
    // its size.
    assert_eq!(inspection.ledger.skips, []);
}

#[test]
fn a_file_that_a_later_layer_of_an_image_deletes_is_found_with_its_layer() {
    let inspection = inspect_bytes("in", &bytes("docker.tar"));
    let chains = chains(&inspection);
    let [chain] = chains.as_slice() else { panic!("{chains:?}") };
    let (layer, file) = chain.strip_prefix("!tar:blobs/sha256/").unwrap().split_once('!').unwrap();
    assert_eq!((layer.len(), file), (64, "tar:etc/server.pem"));
    assert_eq!(inspection.ledger.skips, []);
    let removed = inspection.facts[0].site().removed.as_ref().unwrap();
    assert_eq!((removed.how, removed.layer, removed.of), (Removal::Deleted, 2, 2));
}

/// Files of an image, and what a later layer does to each.
const IMAGE: [(&str, Option<Removal>); 3] = [
    ("etc/ssl/deleted.pem", Some(Removal::Deleted)),
    ("srv/replaced.pem", Some(Removal::Replaced)),
    ("stays.pem", None),
];

fn removals(inspection: &Inspection) -> Vec<(&str, Option<Removal>)> {
    let sites = inspection.facts.iter().map(Fact::site);
    let mut removals: Vec<_> = sites
        .map(|site| {
            let (_, name) = site.path.rsplit_once("!tar:").unwrap();
            (name, site.removed.as_ref().map(|removed| removed.how))
        })
        .collect();
    removals.sort();
    removals
}

#[test]
fn what_a_later_layer_of_an_image_takes_away_is_told_in_every_form() {
    // As `docker save` wrote it before its version 25, and a layout of OCI with zstd.
    for image in ["saved.tar", "image.tar"] {
        let inspection = inspect_bytes("in", &bytes(image));
        assert_eq!(removals(&inspection), IMAGE, "{image}");
        assert_eq!(inspection.ledger.skips, [], "{image}");
    }
}

#[test]
fn without_an_order_of_layers_nothing_is_taken_away() {
    for (image, list) in [("saved.tar", "manifest.json"), ("image.tar", "\"layers\"")] {
        let mut bytes = bytes(image);
        let list = list.as_bytes();
        let at = bytes.windows(list.len()).rposition(|bytes| bytes == list).unwrap();
        // A list without its name, and its header with another sum: one bit less, and one more.
        bytes[at + 3] -= 1;
        bytes[at + 4] += 1;
        let inspection = inspect_bytes("in", &bytes);
        assert_eq!(removals(&inspection), IMAGE.map(|(name, _)| (name, None)), "{image}");
        assert_eq!(inspection.ledger.skips, [], "{image}");
    }
}

#[test]
fn only_the_name_of_what_an_image_is_based_on_is_told() {
    let inspection = inspect_bytes("in", &bytes("based.qcow2"));
    let [skip] = inspection.ledger.skips.as_slice() else { panic!() };
    let detail = skip.detail.as_deref().unwrap();
    assert_eq!(detail, "qcow2: it is based on v3.qcow2, which is not opened");
}

/// Puts `bytes` into `disk` at `at`.
fn put(disk: &mut [u8], at: usize, bytes: &[u8]) {
    disk[at..at + bytes.len()].copy_from_slice(bytes);
}

fn le32(disk: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(disk[at..at + 4].try_into().unwrap())
}

#[test]
fn a_directory_in_itself_ends() {
    // The second entry of a directory of FAT leads back to its first cluster.
    let mut disk = bytes("files.fat16");
    let name = b"SSL        ";
    let at = disk.windows(11).position(|bytes| bytes == name).unwrap();
    let above = disk.windows(11).position(|bytes| bytes == b"ETC        ").unwrap();
    let first = disk[above + 26..above + 28].to_vec();
    put(&mut disk, at + 26, &first);
    let inspection = inspect_bytes("in", &disk);
    assert!(reasons(&inspection).contains(&Reason::Damaged));
    // What the directory hid is found as it lies there.
    assert!(chains(&inspection).contains(&"!fat:(gap)".to_owned()));

    // A name in a directory of ext2 leads back to the root.
    let mut disk = bytes("files.ext2");
    let at = disk.windows(5).position(|bytes| bytes == b"\x03\x02ssl").unwrap();
    put(&mut disk, at - 6, &[2, 0, 0, 0]);
    let inspection = inspect_bytes("in", &disk);
    assert!(!chains(&inspection).iter().any(|chain| chain.contains("server.pem")));
    assert!(chains(&inspection).contains(&"!ext:(gap)".to_owned()));

    // An extended partition whose next is itself.
    let mut disk = bytes("parts.mbr");
    let extended = 512 * 2560;
    put(&mut disk, extended + 462 + 4, &[5, 0, 0, 0, 0, 0, 0, 0]);
    no_panic(&inspect_bytes("in", &disk), "parts.mbr");
    put(&mut disk, extended + 462 + 8, &[1, 0, 0, 0]);
    let record = disk[extended..extended + 512].to_vec();
    put(&mut disk, extended + 512, &record);
    let inspection = inspect_bytes("in", &disk);
    assert!(reasons(&inspection).contains(&Reason::Damaged));
    assert!(!chains(&inspection).is_empty(), "it is scanned as it is");
}

#[test]
fn blocks_that_point_to_themselves_end() {
    // The table of blocks of a table of blocks, three deep, all of them the same block.
    let mut disk = bytes("files.ext2");
    let table = 1024 * le32(&disk, 2048 + 8) as usize;
    let is_sparse = |inode: &usize| le32(&disk, *inode + 4) == 600 << 10;
    let inode = (0..64).map(|n| table + n * 256).find(is_sparse).unwrap();
    let block = 1900_u32;
    put(&mut disk, inode + 40, &[block.to_le_bytes(); 15].concat());
    put(&mut disk, inode + 108, &[255, 0, 0, 0]);
    put(&mut disk, 1024 * block as usize, &[block.to_le_bytes(); 256].concat());
    let inspection = inspect_bytes("in", &disk);
    assert!(reasons(&inspection).contains(&Reason::Damaged));
    assert!(chains(&inspection).contains(&"!ext:etc/ssl/server.pem".to_owned()));
}

#[test]
fn tables_that_would_take_all_memory_are_turned_down() {
    let huge = u64::MAX.to_be_bytes();
    for (disk, at, length) in [
        ("v3.qcow2", 24, 8),
        ("v3.qcow2", 36, 4),
        ("dynamic.vhd", 48, 8),
        ("dynamic.vhd", 512 + 28, 4),
        ("sparse.vmdk", 12, 8),
        ("sparse.vmdk", 44, 4),
        ("parts.gpt", 512 + 80, 4),
        ("files.ext4", 1024 + 4, 4),
        ("gzip.squashfs", 16, 4),
    ] {
        let mut hostile = bytes(disk);
        put(&mut hostile, at, &huge[..length]);
        let inspection = inspect_bytes("in", &hostile);
        assert!(!inspection.ledger.is_complete(), "{disk} at {at}");
        no_panic(&inspection, disk);
    }
}
