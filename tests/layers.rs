//! Every layer, by one table: a key inside, nested in two others, damaged, a bomb, empty. The
//! containers are made by the tools that people use; `testdata/layers/make.sh` says how.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{fs, path::PathBuf, process::Command};

use keylint::{
    fact::{Fact, Field, Kind},
    ledger::Reason,
    scan::{Inspection, inspect_bytes},
};

/// The key in all of them, by openssl.
const KEY: &str = "spki-sha256:a2ede879b737b855f11f63864464f0bb71308e4516602d5d7040e3321af37e7f";

/// Layer, and the name of the key's file in it. `bomb` and `empty` where it can be one.
const LAYERS: &[(&str, &str)] = &[
    ("7z", "text"),
    ("ar", "key.pem"),
    ("asar", "keys/key.pem"),
    ("bzip2", ""),
    ("cab", "key.pem"),
    ("compress", ""),
    ("cpio", "key.pem"),
    ("gzip", ""),
    ("lz4", ""),
    ("lzip", ""),
    ("lzma", ""),
    ("rar", "key.pem"),
    ("tar", "key.pem"),
    ("xz", ""),
    ("zip", "key.pem"),
    ("zlib", ""),
    ("zstd", ""),
];

/// Layers that are asked for only under such a name.
const BY_NAME: &[(&str, &str)] = &[("brotli", "in.br")];

/// Other forms: file, and the chain that leads to the key.
const FORMS: &[(&str, &str)] = &[
    ("between.zip", "!zip:(gap at 1955)"),
    ("bin.cpio", "!cpio:key.pem"),
    ("blocks.cab", "!cab:long"),
    ("blocks.xz", "!xz:"),
    ("bzip2.zip", "!zip:key.pem"),
    ("comment.rar", "!rar:(comment)"),
    ("crc.cpio", "!cpio:key.pem"),
    ("deflate64.zip", "!zip:text"),
    ("frames.zstd", "!zstd:"),
    ("dump.tar", "!tar:dump/key.pem"),
    ("gnu.tar", "!tar:sparse"),
    ("gzip.deb", "!ar:data.tar.gz!gzip:!tar:etc/key.pem"),
    ("long.ar", "!ar:a-name-of-more-than-sixteen-bytes.pem"),
    ("lzma.zip", "!zip:text"),
    ("lzx.cab", "!cab:keys/text"),
    ("members.gzip", "!gzip:"),
    ("odc.cpio", "!cpio:key.pem"),
    ("pax.tar", "!tar:sparse"),
    ("ppmd.7z", "!7z:text"),
    ("sparse-bsd.tar", "!tar:disk.img!ext:key.pem"),
    ("sparse-gnu.tar", "!tar:disk.img!ext:key.pem"),
    ("sparse-pax-0.0.tar", "!tar:disk.img!ext:key.pem"),
    ("sparse-pax-0.1.tar", "!tar:disk.img!ext:key.pem"),
    ("sparse-pax-1.0.tar", "!tar:disk.img!ext:key.pem"),
    ("solid-bomb.rar", "!rar:text"),
    ("solid4.rar", "!rar:key.pem"),
    ("solid5.rar", "!rar:key.pem"),
    ("stored.cab", "!cab:key.pem"),
    ("stored.zip", "!zip:key.pem"),
    ("stored5.rar", "!rar:text"),
    ("stream.zip", "!zip:key.pem"),
    ("trailing.gzip", "!gzip:(after the end)"),
    ("trailing.zip", "!zip:(gap at 7020)"),
    ("v1.rar", "!rar:text"),
    ("v2.rar", "!rar:text"),
    ("v4.rar", "!rar:text"),
    ("v7.rar", "!rar:text"),
    ("v7.tar", "!tar:key.pem"),
    ("volume.tar", "!tar:key.pem"),
    ("w3.zstdio.rpm", "!rpm:(payload)!zstd:!cpio:etc/key.pem"),
    ("w7.xzdio.rpm", "!rpm:(payload)!xz:!cpio:etc/key.pem"),
    ("w9.gzdio.rpm", "!rpm:(payload)!gzip:!cpio:etc/key.pem"),
    ("xz.deb", "!ar:data.tar.xz!xz:!tar:etc/key.pem"),
    ("xz.zip", "!zip:text"),
    ("zip64.zip", "!zip:key.pem"),
    ("zstd.deb", "!ar:data.tar.zst!zstd:!tar:etc/key.pem"),
];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/layers").join(name)
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

#[test]
fn a_key_inside_is_found_and_everything_is_accounted_for() {
    for (layer, name) in LAYERS {
        let inspection = inspect_bytes("in", &bytes(&format!("plain.{layer}")));
        let chain = format!("!{layer}:{name}");
        assert!(
            chains(&inspection).contains(&chain.as_str()),
            "{layer}: {:?}",
            chains(&inspection)
        );
        assert_eq!(inspection.ledger.skips, [], "{layer}");
        let ledger = &inspection.ledger;
        let inside: u64 = ledger.by_layer.values().map(|given| given.units).sum();
        assert_eq!(ledger.scanned_units, 1 + inside, "{layer}");
        assert!(ledger.by_layer.contains_key(*layer), "{layer}");
    }
}

#[test]
fn every_form_is_read() {
    for (file, chain) in FORMS {
        let inspection = inspect_bytes("in", &bytes(file));
        assert!(chains(&inspection).contains(chain), "{file}: {:?}", chains(&inspection));
        assert_eq!(inspection.ledger.skips, [], "{file}");
        let site = inspection.facts[0].site();
        assert_eq!(site.file(), "in");
    }
}

#[test]
fn a_key_is_found_nested_in_two_others() {
    for (layer, name) in LAYERS {
        let inspection = inspect_bytes("in", &bytes(&format!("nested/{layer}")));
        let chain = format!("!zstd:!tar:inner!{layer}:{name}");
        assert!(
            chains(&inspection).contains(&chain.as_str()),
            "{layer}: {:?}",
            chains(&inspection)
        );
        assert_eq!(inspection.ledger.skips, [], "{layer}");
    }
}

#[test]
fn what_is_cut_off_is_in_the_ledger() {
    for (layer, _) in LAYERS {
        let whole = bytes(&format!("plain.{layer}"));
        let end = whole.iter().rposition(|&byte| byte != 0).unwrap().next_multiple_of(512);
        let mut silent = Vec::new();
        for part in 1..40 {
            let cut = &whole[..whole.len() * part / 40];
            let inspection = inspect_bytes("in", cut);
            no_panic(&inspection, layer);
            // Blocks of zeros after the first one at the end of a tar say nothing.
            let may_be_whole = *layer == "tar" && cut.len() >= end + 512;
            let is_opened = inspection.ledger.by_layer.contains_key(*layer);
            if is_opened && inspection.ledger.is_complete() && !may_be_whole {
                silent.push(cut.len());
            }
        }
        // There nothing marks the end, and a code may be whole by chance.
        let most = if *layer == "compress" { 8 } else { 0 };
        assert!(silent.len() <= most, "{layer}: cut at {silent:?}");
    }
}

#[test]
fn a_tar_that_ends_without_a_mark_is_a_gap() {
    let whole = bytes("plain.tar");
    let end = whole.iter().rposition(|&byte| byte != 0).unwrap().next_multiple_of(512);
    for (cut, is_gap) in [(end, true), (end + 512, false), (end + 1024, false)] {
        let inspection = inspect_bytes("in", &whole[..cut]);
        let reasons: Vec<Reason> = inspection.ledger.skips.iter().map(|skip| skip.reason).collect();
        assert_eq!(reasons, if is_gap { vec![Reason::Damaged] } else { vec![] }, "{cut}");
        assert_eq!(chains(&inspection).len(), 2, "what is there is read");
    }
}

#[test]
fn what_is_decoded_before_a_damage_is_looked_at() {
    // What is told to be zlib is told by more of it than this file has.
    for layer in ["gzip", "lzip", "lzma", "xz"] {
        let whole = bytes(&format!("plain.{layer}"));
        // Where the key is packed depends on the layer; behind it, it is found whatever comes then.
        let is_found = (10..20).any(|part| {
            let mut bytes = whole.clone();
            let at = bytes.len() * part / 20;
            bytes[at..at + 16].iter_mut().for_each(|byte| *byte ^= 0xff);
            let inspection = inspect_bytes("in", &bytes);
            assert!(!inspection.ledger.is_complete(), "{layer}");
            chains(&inspection) == [format!("!{layer}:")]
        });
        assert!(is_found, "{layer}");
    }
}

#[test]
fn parts_before_a_damage_are_read_once() {
    for (file, layer, at) in [("blocks.xz", "xz", 4100), ("plain.gzip", "gzip", 4636 + 4000)] {
        let mut bytes = bytes(file);
        if layer == "gzip" {
            bytes.extend_from_within(..);
        }
        bytes[at..at + 16].fill(0xa5);
        let inspection = inspect_bytes("in", &bytes);
        let chains = chains(&inspection);
        assert!(!chains.is_empty(), "{layer}");
        assert!(chains.iter().all(|chain| *chain == format!("!{layer}:")), "{chains:?}");
        assert!(!inspection.ledger.is_complete(), "{layer}");
    }
}

#[test]
fn a_stream_goes_on_after_a_damage_where_the_next_of_its_parts_begins() {
    for (file, layer) in [("blocks.xz", "xz"), ("plain.gzip", "gzip"), ("plain.lzip", "lzip")] {
        let mut bytes = bytes(file);
        if layer != "xz" {
            bytes.extend_from_within(..);
        }
        // Before the first key; of the blocks, two and a head.
        let end = if layer == "xz" { 1100 } else { 200 };
        bytes[100..end].fill(0xa5);
        let inspection = inspect_bytes("in", &bytes);
        let chains = chains(&inspection);
        assert_eq!(chains.len(), 1, "{layer}: {chains:?}");
        assert!(chains[0].starts_with(&format!("!{layer}:(from ")), "{chains:?}");
        let skips = &inspection.ledger.skips;
        assert_eq!(skips.len(), 1, "{layer}: {skips:?}");
    }
}

#[test]
fn a_tar_goes_on_at_the_next_header_and_tells_nothing_twice() {
    let whole = bytes("plain.tar");
    let chain_of = |flipped: usize| {
        let mut bytes = whole.clone();
        bytes[flipped] ^= 1;
        let inspection = inspect_bytes("in", &bytes);
        let chains: Vec<String> = chains(&inspection).iter().map(ToString::to_string).collect();
        let skips: Vec<String> =
            inspection.ledger.skips.iter().map(|skip| skip.path.clone()).collect();
        (chains, skips)
    };
    // Members are `noise`, `key.pem` and `text`, each with a header of its own.
    assert_eq!(
        chain_of(2560 + 120),
        (
            vec!["!tar:(after the damage at 3072)".to_owned(), "!tar:text".to_owned()],
            vec!["in!tar:key.pem".to_owned()],
        )
    );
    assert_eq!(
        chain_of(3584 + 120),
        (
            vec!["!tar:key.pem".to_owned(), "!tar:(after the damage at 4096)".to_owned()],
            vec!["in!tar:text".to_owned()],
        )
    );
}

#[test]
fn a_cut_tar_tells_a_key_before_the_cut_once() {
    let whole = bytes("plain.tar");
    let inspection = inspect_bytes("in", &whole[..6000]);
    assert_eq!(chains(&inspection), ["!tar:key.pem"]);
    assert!(!inspection.ledger.is_complete());
}

#[test]
fn flipped_bits_lose_nothing_in_silence() {
    for (layer, _) in LAYERS {
        let whole = bytes(&format!("plain.{layer}"));
        let is_summed = !matches!(*layer, "ar" | "compress" | "cpio" | "lzma" | "tar");
        for part in 0..60 {
            let at = whole.len() * part / 60;
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            let inspection = inspect_bytes("in", &flipped);
            no_panic(&inspection, layer);
            let is_found = !chains(&inspection).is_empty();
            let is_opened = inspection.ledger.by_layer.contains_key(*layer);
            assert!(
                is_found || !inspection.ledger.is_complete() || !is_summed || !is_opened,
                "{layer}: flipped at {at}"
            );
        }
    }
}

#[test]
fn a_key_that_is_spliced_into_a_container_is_found() {
    let key = fs::read(path("../keys/rsa/rsa-1024.pkcs8.pem")).unwrap();
    for (layer, _) in LAYERS {
        let whole = bytes(&format!("plain.{layer}"));
        for part in 1..10 {
            let at = whole.len() * part / 10;
            let spliced = [&whole[..at], &key, &whole[at..]].concat();
            let inspection = inspect_bytes("in", &spliced);
            no_panic(&inspection, layer);
            let is_found = inspection.facts.iter().any(|fact| {
                fact.text(Field::Algorithm) == Some("rsa") && fact.kind == Kind::Material
            });
            // Packed data can swallow it without a sign only where nothing is summed.
            let may_swallow = matches!(*layer, "compress" | "lzma");
            assert!(is_found || may_swallow, "{layer}: spliced at {at}");
        }
    }
}

#[test]
fn the_head_of_a_bomb_is_scanned_and_the_rest_is_in_the_ledger() {
    for layer in [
        "7z", "bzip2", "cab", "compress", "gzip", "lz4", "lzip", "lzma", "rar", "xz", "zip",
        "zlib", "zstd",
    ] {
        let ledger = scan(&format!("bomb.{layer}"), &["--max-bytes", "1M"]);
        assert!(ledger.contains("\"over-budget\""), "{layer}: {ledger}");
        let report = report(&format!("bomb.{layer}"), &["--max-bytes", "1M"]);
        assert!(report.contains(KEY), "{layer}: the key at its head");
    }
    for layer in ["ar", "asar", "cpio", "tar"] {
        let ledger = scan(&format!("plain.{layer}"), &["--max-entries", "2"]);
        assert!(ledger.contains("\"over-budget\""), "{layer}: {ledger}");
    }
    let ledger = scan("nested/gzip", &["--max-depth", "2"]);
    assert!(ledger.contains("\"too-deep\""), "{ledger}");
    assert_eq!(scan("nested/gzip", &["--max-depth", "3"]), "");
}

#[test]
fn an_empty_container_is_no_gap() {
    for (layer, _) in LAYERS.iter().filter(|(layer, _)| *layer != "7z") {
        let inspection = inspect_bytes("in", &bytes(&format!("empty.{layer}")));
        assert_eq!(inspection.facts, [], "{layer}");
        assert_eq!(inspection.ledger.skips, [], "{layer}");
    }
}

#[test]
fn what_has_no_mark_is_opened_under_its_name() {
    for (layer, name) in BY_NAME {
        let whole = bytes(&format!("plain.{layer}"));
        let found = |bytes: &[u8], name: &str| {
            let inspection = inspect_bytes(name, bytes);
            no_panic(&inspection, layer);
            let is_key = |fact: &Fact| fact.text(Field::KeyId) == Some(KEY);
            let paths = inspection.facts.iter().filter(|fact| is_key(fact));
            let paths: Vec<String> = paths.map(|fact| fact.site().path.to_string()).collect();
            (paths, inspection.ledger)
        };
        let (paths, ledger) = found(&whole, name);
        assert_eq!(paths, [format!("{name}!{layer}:")]);
        assert_eq!(ledger.skips, []);
        let (paths, ledger) = found(&whole, "in");
        assert_eq!((paths.len(), ledger.is_complete()), (0, true), "{layer} under another name");
        let key = fs::read(path("../keys/ec/p-256.pkcs8.pem")).unwrap();
        assert_eq!(found(&key, name).0, [*name], "the name alone says nothing");
        let (paths, ledger) = found(&[&whole[..], &key].concat(), name);
        assert_eq!(paths, [format!("{name}!{layer}:"), format!("{name}!{layer}:(after the end)")]);
        assert!(ledger.is_complete());
        for part in 2..40 {
            let at = whole.len() * part / 40;
            let (_, ledger) = found(&whole[..at], name);
            assert!(!ledger.is_complete(), "{layer}: cut at {at}");
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            found(&flipped, name);
        }
        let bomb = format!("bomb.{layer}.br");
        assert!(report(&bomb, &["--max-bytes", "1M"]).contains(KEY), "{layer}: at its head");
        assert!(scan(&bomb, &["--max-bytes", "1M"]).contains("\"over-budget\""), "{layer}");
    }
}

#[test]
fn a_key_in_a_layer_of_an_image_is_found_though_a_later_one_deletes_it() {
    let inspection = inspect_bytes("in", &bytes("image.tar"));
    let chains = chains(&inspection);
    assert!(chains.iter().all(|chain| chain.ends_with(".tar!tar:etc/key.pem")), "{chains:?}");
    assert_eq!(chains.len(), 1);
    assert!(inspection.ledger.is_complete());
}

#[test]
fn what_is_encrypted_is_named() {
    for file in
        ["aes.zip", "encrypted.zip", "encrypted.7z", "encrypted.rar", "hidden.7z", "hidden.rar"]
    {
        let inspection = inspect_bytes("in", &bytes(file));
        assert_eq!(inspection.facts, [], "{file}");
        let reasons: Vec<Reason> = inspection.ledger.skips.iter().map(|skip| skip.reason).collect();
        assert_eq!(reasons, [Reason::Encrypted], "{file}");
    }
}

#[test]
fn an_archive_after_a_program_is_opened() {
    let report = report("appended.zip", &[]);
    assert!(report.contains("\"appended.zip!zip:key.pem\""), "{report}");
    assert!(report.contains("\"complete\": true"));
}

#[test]
fn what_unpacks_or_mounts_itself_is_opened_behind_its_program() {
    for (file, chain) in [
        ("program-7z.bin", "!7z:key.pem"),
        ("program-rar.bin", "!rar:key.pem"),
        ("program-squashfs.bin", "!squashfs:key.pem"),
    ] {
        let found = report(file, &[]);
        assert!(found.contains(&format!("\"{file}{chain}\"")), "{file}: {found}");
        // Where no program stands before it, it is none.
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = bytes(file);
        bytes[..4].copy_from_slice(b"text");
        fs::write(folder.path().join(file), bytes).unwrap();
        let other = report(folder.path().join(file).to_str().unwrap(), &[]);
        assert!(!other.contains(chain), "{file}: {other}");
    }
}

#[test]
fn more_containers_in_one_another_than_the_stack_holds_are_not_asked_for() {
    let mut zip = fs::read(path("../keys/ec/p-256.pkcs8.pem")).unwrap();
    for _ in 0..40 {
        zip = stored(&zip);
    }
    let folder = tempfile::tempdir().unwrap();
    // In a directory, whose threads have less than the main one.
    fs::write(folder.path().join("in.zip"), zip).unwrap();
    let run = |depth: &str| {
        let run = Command::new(env!("CARGO_BIN_EXE_keylint"))
            .args(["scan", "--format", "json", "--exit-zero", "--max-depth", depth])
            .current_dir(folder.path())
            .output()
            .unwrap();
        (run.status.code(), String::from_utf8(run.stdout).unwrap(), run.stderr)
    };
    let (code, report, _) = run("32");
    assert_eq!(code, Some(0));
    assert!(report.contains("too-deep"), "{report}");
    let (code, _, message) = run("33");
    assert_eq!(code, Some(2));
    assert!(String::from_utf8(message).unwrap().contains("up to 32"));
}

/// A zip without a directory, of one thing that is not packed.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let mut zip = b"PK\x03\x04\x0a\0\0\0\0\0\0\0\0\0".to_vec();
    zip.extend(crc.sum().to_le_bytes());
    zip.extend([length, length].concat());
    zip.extend(b"\x01\0\0\0a");
    zip.extend(bytes);
    zip
}

#[test]
fn a_directory_of_a_zip_that_lies_hides_nothing() {
    let mut zip = bytes("plain.zip");
    let name = zip.windows(7).rposition(|bytes| bytes == b"key.pem").unwrap();
    let record = name - 46;
    assert!(zip[record..].starts_with(b"PK\x01\x02"));
    // Both lengths.
    zip[record + 20..record + 28].fill(0);
    let inspection = inspect_bytes("in", &zip);
    assert!(chains(&inspection).contains(&"!zip:key.pem"), "{:?}", chains(&inspection));
    let reasons: Vec<Reason> = inspection.ledger.skips.iter().map(|skip| skip.reason).collect();
    assert_eq!(reasons, [Reason::Damaged]);
}

#[test]
fn a_volume_that_is_not_the_last_is_read_as_far_as_it_goes() {
    for (file, found) in [("volume1.rar", 1), ("volume2.rar", 0)] {
        let inspection = inspect_bytes("in", &bytes(file));
        assert_eq!(chains(&inspection).len(), found, "{file}");
        let skips = &inspection.ledger.skips;
        assert!(skips.iter().any(|skip| skip.path == "in!rar:noise"), "{file}: {skips:?}");
        assert!(skips.iter().all(|skip| skip.reason == Reason::NoReader), "{file}");
    }
}

#[test]
fn what_stands_around_a_zip_is_no_gap() {
    let zip = bytes("plain.zip");
    let signed = |version: u8, lengths: &[u32], rest: usize| {
        let mut head = [b'C', b'r', b'2', b'4', version, 0, 0, 0].to_vec();
        lengths.iter().for_each(|length| head.extend(length.to_le_bytes()));
        head.extend(vec![7; rest]);
        [&head[..], &zip].concat()
    };
    for zip in
        [signed(3, &[50], 50), signed(2, &[20, 30], 50), [&zip[..], &vec![0; 100_000]].concat()]
    {
        let inspection = inspect_bytes("in", &zip);
        assert!(chains(&inspection).contains(&"!zip:key.pem"));
        assert_eq!(inspection.ledger.skips, []);
    }
}

#[test]
fn patterns_see_into_containers() {
    assert!(report("plain.tar", &[]).contains(KEY));
    let excluded = report("plain.tar", &["--exclude", "**/key.pem", "--exclude", "**/text"]);
    assert!(!excluded.contains(KEY));
    assert!(excluded.contains("plain.tar!tar:key.pem"), "and what was left out is said");
}

fn no_panic(inspection: &Inspection, name: &str) {
    let failed = inspection.ledger.skips.iter().any(|skip| skip.reason == Reason::ParserFailed);
    assert!(!failed, "a decoder panicked on a variant of {name}");
}

/// What `--ledger` says of a file.
fn scan(file: &str, options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger.jsonl");
    let mut arguments = vec!["--ledger", ledger.to_str().unwrap()];
    arguments.extend(options);
    report(file, &arguments);
    fs::read_to_string(ledger).unwrap()
}

fn report(file: &str, options: &[&str]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_keylint"))
        .args(["scan", "--format", "json", "--exit-zero"])
        .arg(file)
        .args(options)
        .current_dir(path(""))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}
