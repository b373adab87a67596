//! `keylint scan --history` on repositories made by git.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

fn key(name: &str) -> String {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/keys");
    fs::read_to_string(keys.join(name)).unwrap()
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.org"])
        .args(["-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(directory)
        .stderr(Stdio::null())
        .env("GIT_AUTHOR_DATE", "2020-02-03T04:05:06Z")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn scan(directory: &Path, arguments: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_keylint"))
        .args(["scan", "--format", "json"])
        .args(arguments.split_whitespace())
        .current_dir(directory)
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{message}"))
}

/// Path, commit and whether `HEAD` has it, of every place of a plaintext private key.
fn places(report: &Value) -> BTreeSet<(String, String, bool)> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["rule"] == "plaintext-private-key")
        .flat_map(|finding| finding["sites"].as_array().unwrap())
        .map(|site| {
            let commit = &site["commit"];
            let id = commit["id"].as_str().unwrap_or_default().to_owned();
            (site["path"].as_str().unwrap().to_owned(), id, commit["in_head"] == true)
        })
        .collect()
}

fn commit(directory: &Path, message: &str) -> String {
    git(directory, &["add", "-A"]);
    git(directory, &["commit", "-q", "-m", message]);
    git(directory, &["rev-parse", "HEAD"])
}

struct Made {
    folder: TempDir,
    first: String,
    second: String,
    side: String,
}

/// A key that was taken away again, one that is still there, one on another branch, one in the
/// message of a tag.
fn repository() -> Made {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    git(at, &["init", "-q"]);
    fs::create_dir(at.join("keys")).unwrap();
    fs::write(at.join("keys/gone.pem"), key("edwards/ed25519.pkcs8.pem")).unwrap();
    let first = commit(at, "Add a key");
    fs::remove_file(at.join("keys/gone.pem")).unwrap();
    fs::write(at.join("kept.pem"), key("edwards/x25519.pkcs8.pem")).unwrap();
    let second = commit(at, "Replace it");
    git(at, &["checkout", "-q", "-b", "side"]);
    fs::write(at.join("side.pem"), key("edwards/ed448.pkcs8.pem")).unwrap();
    let side = commit(at, "Try something");
    git(at, &["checkout", "-q", "main"]);
    Made { folder, first, second, side }
}

fn expected(made: &Made) -> BTreeSet<(String, String, bool)> {
    BTreeSet::from([
        ("keys/gone.pem".into(), made.first.clone(), false),
        ("kept.pem".into(), made.second.clone(), true),
        ("side.pem".into(), made.side.clone(), false),
    ])
}

#[test]
fn every_version_on_every_branch_is_found_with_the_commit_that_brought_it() {
    let made = repository();
    let at = made.folder.path();
    assert_eq!(places(&scan(at, "--history")), expected(&made));
    // The same out of packs.
    git(at, &["gc", "-q"]);
    let report = scan(at, "--history");
    assert_eq!(places(&report), expected(&made));
    let sites = report["findings"][0]["sites"].as_array().unwrap();
    assert_eq!(sites[0]["commit"]["date"], "2020-02-03T04:05:06Z");
}

#[test]
fn blobs_and_bytes_are_those_that_git_counts() {
    let made = repository();
    let at = made.folder.path();
    let all = git(at, &["cat-file", "--batch-all-objects", "--batch-check"]);
    let objects: Vec<Vec<&str>> = all.lines().map(|line| line.split(' ').collect()).collect();
    let objects: Vec<_> = objects.iter().filter(|object| object[1] != "tree").collect();
    let bytes: u64 = objects.iter().map(|object| object[2].parse::<u64>().unwrap()).sum();
    let report = scan(at, "--history");
    assert_eq!(report["ledger"]["scanned_units"], objects.len());
    assert_eq!(report["ledger"]["scanned_bytes"], bytes);
}

/// What a report says of inputs: how many there were, of how many bytes.
fn read(report: &Value) -> (u64, u64) {
    let count = |name| report["ledger"][name].as_u64().unwrap();
    (count("scanned_units"), count("scanned_bytes"))
}

/// Versions of one file, each like the one before: a pack holds most of them as deltas.
fn versions(at: &Path) {
    let mut text: String = (0..400).map(|line| format!("line {line} of a long file\n")).collect();
    for version in 0..20 {
        text.insert_str(version * 100, &format!("what is new in version {version}\n"));
        if version == 10 {
            text.push_str(&key("edwards/ed25519.pkcs8.pem"));
        }
        if version == 12 {
            text.truncate(text.find("-----BEGIN").unwrap());
        }
        fs::write(at.join("long.txt"), &text).unwrap();
        commit(at, &format!("Version {version}"));
    }
}

#[test]
fn packs_give_what_loose_objects_give() {
    for format in ["sha1", "sha256"] {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        git(at, &["init", "-q", &format!("--object-format={format}")]);
        versions(at);
        let loose = scan(at, "--history");
        assert_eq!(places(&loose).len(), 2, "two versions hold the key");
        for packed in [
            &["gc", "-q"][..],
            &["-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-a", "-d", "-f"],
            &["-c", "pack.packSizeLimit=1m", "repack", "-q", "-a", "-d", "-F", "-k"],
        ] {
            git(at, packed);
            let report = scan(at, "--history");
            assert_eq!(places(&report), places(&loose), "{packed:?}");
            assert_eq!(read(&report), read(&loose), "{packed:?}");
        }
        // A clone that borrows all of its objects.
        git(at, &["clone", "-q", "--bare", "--shared", ".", "borrows.git"]);
        let borrowed = scan(at, "--history borrows.git");
        assert_eq!(places(&borrowed).len(), 2);
        assert_eq!(read(&borrowed), read(&loose));
    }
}

#[test]
fn what_cannot_be_read_of_a_pack_is_named_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    git(at, &["init", "-q"]);
    versions(at);
    git(at, &["gc", "-q"]);
    let whole = read(&scan(at, "--history")).0;
    let pack = fs::read_dir(at.join(".git/objects/pack")).unwrap().map(|file| file.unwrap().path());
    let pack = pack.into_iter().find(|file| file.extension().is_some_and(|end| end == "pack"));
    let pack = pack.unwrap();
    let bytes = fs::read(&pack).unwrap();
    fs::remove_file(&pack).unwrap();
    for at_byte in [bytes.len() / 4, bytes.len() / 2, bytes.len() * 3 / 4] {
        let mut damaged = bytes.clone();
        damaged[at_byte] ^= 0x55;
        fs::write(&pack, damaged).unwrap();
        let report = scan(at, "--history");
        let skipped = report["ledger"]["skips"].as_array().unwrap().len() as u64;
        assert!(skipped > 0, "{at_byte}");
        assert!(read(&report).0 + skipped >= whole, "{at_byte}: {report:#}");
    }
}

#[test]
fn a_key_that_nothing_reaches_is_counted_and_found_on_request() {
    let made = repository();
    let at = made.folder.path();
    git(at, &["branch", "-q", "-D", "side"]);
    let mut reached = expected(&made);
    reached.retain(|(path, ..)| path != "side.pem");
    let report = scan(at, "--history");
    assert_eq!(places(&report), reached);
    assert!(report["ledger"].to_string().contains("unreachable"), "{}", report["ledger"]);
    // The reflog of HEAD still knows it.
    assert_eq!(places(&scan(at, "--history --all-objects")), expected(&made));
    git(at, &["reflog", "expire", "--expire=all", "--all"]);
    let nameless = places(&scan(at, "--history --all-objects"));
    assert_eq!(nameless.len(), 3);
    assert!(nameless.iter().any(|(path, ..)| path.starts_with(".git/objects/")), "{nameless:?}");
}

#[test]
fn what_a_merge_brought_is_said_of_the_merge() {
    let made = repository();
    let at = made.folder.path();
    git(at, &["merge", "-q", "--no-commit", "--no-ff", "side"]);
    fs::write(at.join("merged.pem"), key("ec/p-256.sec1.pem")).unwrap();
    let merge = commit(at, "Merge");
    let places = places(&scan(at, "--history"));
    assert!(places.contains(&("merged.pem".into(), merge, true)), "{places:?}");
    assert!(places.contains(&("side.pem".into(), made.side.clone(), true)), "{places:?}");
}

#[test]
fn messages_of_commits_and_tags_are_text_too() {
    let made = repository();
    let at = made.folder.path();
    let key = key("edwards/ed25519.pkcs8.pem");
    git(at, &["commit", "-q", "--allow-empty", "-m", &key]);
    git(at, &["tag", "-a", "v1", "-m", &format!("x\n{key}")]);
    let paths: BTreeSet<String> =
        places(&scan(at, "--history")).into_iter().map(|(path, ..)| path).collect();
    let head = git(at, &["rev-parse", "HEAD"]);
    assert!(paths.contains(&format!("commit {head}")), "{paths:?}");
    assert!(paths.contains("tag v1"), "{paths:?}");
}

#[test]
fn a_bundle_with_long_ids_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    git(at, &["init", "-q", "--object-format=sha256", "."]);
    fs::write(at.join("key.pem"), key("ec/p-256.pkcs8.pem")).unwrap();
    git(at, &["add", "."]);
    git(at, &["commit", "-q", "-m", "one"]);
    git(at, &["bundle", "create", "-q", "all.bundle", "--all"]);
    let seen = places(&scan(at, "--history all.bundle"));
    let paths: Vec<&str> = seen.iter().map(|(path, ..)| path.as_str()).collect();
    assert_eq!(paths, ["all.bundle/key.pem"]);
}

#[test]
fn what_is_not_in_the_repository_is_in_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    git(at, &["init", "-q", "."]);
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
    fs::write(at.join("large.bin"), pointer).unwrap();
    fs::write(at.join(".gitmodules"), "[submodule \"sub\"]\n").unwrap();
    git(at, &["add", "."]);
    let id = "0123456789012345678901234567890123456789";
    git(at, &["update-index", "--add", "--cacheinfo", &format!("160000,{id},sub")]);
    git(at, &["commit", "-q", "-m", "one"]);
    let report = scan(at, "--history");
    let skips = report["ledger"]["skips"].as_array().unwrap().iter();
    let told: BTreeSet<_> = skips
        .map(|skip| (skip["path"].as_str().unwrap(), skip["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(told, BTreeSet::from([("large.bin", "lfs-pointer"), ("sub", "submodule")]));
}

#[test]
fn bare_repositories_and_bundles_are_read_by_path() {
    let made = repository();
    let at = made.folder.path();
    git(at, &["clone", "-q", "--mirror", ".", "bare.git"]);
    git(at, &["bundle", "create", "-q", "all.bundle", "--all"]);
    for name in ["bare.git", "all.bundle"] {
        let expected: BTreeSet<_> = expected(&made)
            .into_iter()
            .map(|(path, commit, _)| (format!("{name}/{path}"), commit))
            .collect();
        let seen = places(&scan(at, &format!("--history {name}")));
        assert_eq!(
            seen.into_iter().map(|(path, id, _)| (path, id)).collect::<BTreeSet<_>>(),
            expected
        );
    }
}

#[test]
fn what_is_no_repository_is_an_error_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "no bundle").unwrap();
    for path in [".", "a.txt"] {
        let output = Command::new(env!("CARGO_BIN_EXE_keylint"))
            .args(["scan", "--history", path])
            .current_dir(folder.path())
            .env("GIT_CEILING_DIRECTORIES", folder.path().parent().unwrap())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains("git bundle create"), "{message}");
    }
}

#[test]
fn configuration_that_was_mended_is_found_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    git(at, &["init", "-q"]);
    let key = |rotates: bool| {
        format!("resource \"aws_kms_key\" \"pan\" {{\n  enable_key_rotation = {rotates}\n}}\n")
    };
    let object = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n\
                  - resources: [secrets]\n  providers: [{identity: {}}]\n";
    fs::create_dir(at.join("infra")).unwrap();
    fs::write(at.join("infra/main.tf"), key(false)).unwrap();
    fs::write(at.join("encryption.yaml"), object).unwrap();
    let first = commit(at, "Add");
    fs::write(at.join("infra/main.tf"), key(true)).unwrap();
    fs::remove_file(at.join("encryption.yaml")).unwrap();
    commit(at, "Mend");
    let report = scan(at, "--history");
    let found: BTreeSet<(String, String, String)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let site = &finding["sites"][0];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (text(&finding["rule"]), text(&site["path"]), text(&site["commit"]["id"]))
        })
        .collect();
    let wanted =
        [("key-never-rotated", "infra/main.tf"), ("keys-stored-unencrypted", "encryption.yaml")];
    let wanted = wanted.map(|(rule, path)| (rule.to_owned(), path.to_owned(), first.clone()));
    assert_eq!(found, BTreeSet::from(wanted));
}
