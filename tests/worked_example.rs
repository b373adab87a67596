//! The repository of a small company over six commits, as docs/worked-example.md tells it: every
//! command in that document is run, and gives what stands there. With KEYLINT_UPDATE=1 the document
//! is written anew.

#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn git(directory: &Path, arguments: &str) {
    let mut git = Command::new("git");
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let status = git.arg("-C").arg(directory).args(arguments.split(' ')).status().unwrap();
    assert!(status.success(), "git {arguments}");
}

fn repository() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let script = root().join("testdata/worked-example/make.sh");
    let status = Command::new("bash").arg(script).arg(directory.path()).status().unwrap();
    assert!(status.success());
    directory
}

fn keylint(directory: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keylint"))
        .args(arguments.split_whitespace())
        .current_dir(directory)
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{problem}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Findings of `scan --register` that hold what is there against the register, and those of
/// `register check`, as `RULE: SENTENCE`.
fn findings(directory: &Path, step: usize) -> BTreeSet<String> {
    git(directory, &format!("checkout --quiet step-{step}"));
    let output = keylint(
        directory,
        "scan . --register key-register.yaml --format json --exit-zero --no-progress",
    );
    let report: Value = serde_json::from_str(&text(&output)).unwrap();
    let ours = [
        "alias-elsewhere-than-approved",
        "approved-key-not-referenced",
        "another-key-in-its-place",
        "certificate-not-in-register",
        "key-differs-from-register",
        "key-in-environment-not-approved",
        "key-no-longer-usable",
        "key-not-in-register",
        "key-reference-not-approved",
    ];
    let check = "register check --today 2026-03-10 --format json --exit-zero";
    let check: Value = serde_json::from_str(&text(&keylint(directory, check))).unwrap();
    let seen = report["findings"].as_array().unwrap().iter();
    let told = seen.filter(|of| ours.contains(&of["rule"].as_str().unwrap()));
    told.chain(check["findings"].as_array().unwrap())
        .map(|of| {
            let rule = of["rule"].as_str().unwrap();
            let message = of["message"].as_str().unwrap();
            format!("{rule}: {message}\n")
        })
        .collect()
}

/// What stands after `$ COMMAND` in a block of the document.
fn answer(directory: &Path, command: &str, findings: &[BTreeSet<String>]) -> String {
    if let Some(arguments) = command.strip_prefix("keylint ") {
        return text(&keylint(directory, arguments)).trim_end().to_owned() + "\n";
    }
    // New findings of a step.
    let step: usize = command.strip_prefix("new-findings ").unwrap().parse().unwrap();
    findings[step].difference(&findings[step - 1]).cloned().collect()
}

/// The document with every answer as it is now.
fn told(document: &str, directory: &Path) -> String {
    let findings: Vec<_> = (0..=6).map(|step| findings(directory, step)).collect();
    let mut told = String::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        told += &format!("{line}\n");
        let command = line.strip_prefix("$ ").map(str::to_owned).or_else(|| {
            let step = line.strip_prefix("<!-- new findings of step ")?.strip_suffix(" -->")?;
            Some(format!("new-findings {step}"))
        });
        let Some(command) = command else { continue };
        if command.starts_with("new-findings") {
            let _fence = lines.next();
            told += "```text\n";
        }
        if !command.starts_with("keylint ") && !command.starts_with("new-findings") {
            continue;
        }
        told += &answer(directory, &command, &findings);
        told += "```\n";
        for line in lines.by_ref() {
            if line == "```" {
                break;
            }
        }
    }
    told
}

#[test]
fn the_document_tells_what_the_commands_say() {
    let path = root().join("docs/worked-example.md");
    let document = fs::read_to_string(&path).unwrap();
    let repository = repository();
    let now = told(&document, repository.path());
    if std::env::var_os("KEYLINT_UPDATE").is_some() {
        fs::write(&path, &now).unwrap();
    }
    assert_eq!(document, now, "KEYLINT_UPDATE=1 writes it anew");
}

fn changes(directory: &Path, range: &str) -> Vec<(String, String)> {
    let arguments = format!("register diff --rev {range} --today 2026-03-10 --format json");
    let diff: Value = serde_json::from_str(&text(&keylint(directory, &arguments))).unwrap();
    let text = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
    let changes = diff["changes"].as_array().unwrap();
    changes.iter().map(|of| (text(of, "change"), text(of, "what"))).collect()
}

#[test]
fn each_commit_tells_its_story() {
    let repository = repository();
    let directory = repository.path();
    for (step, change, quiet) in [
        (1, "rotated", "material-changed"),
        (2, "alias-repointed", "rotated"),
        (3, "use-widened", "alias-repointed"),
        (4, "material-changed", "use-widened"),
        (5, "kek-weaker", "material-changed"),
        (6, "material-changed", "kek-weaker"),
    ] {
        let told = changes(directory, &format!("step-{}..step-{step}", step - 1));
        assert!(told.iter().any(|(of, _)| of == change), "{step}: {told:?}");
        assert!(told.iter().all(|(of, _)| of != quiet), "{step}: {told:?}");
    }
    assert_eq!(changes(directory, "step-3..step-3"), []);
}

#[test]
fn a_bare_repository_tells_the_same_and_always_the_same() {
    let repository = repository();
    let bare = tempfile::tempdir().unwrap();
    let target = bare.path().display().to_string();
    git(repository.path(), &format!("clone --quiet --bare . {target}"));
    let of = |directory: &Path| {
        text(&keylint(directory, "register diff --rev step-0..step-6 --today 2026-03-10"))
    };
    let first = of(repository.path());
    assert!(first.contains("rotated: "), "{first}");
    assert_eq!(first, of(repository.path()));
    assert_eq!(first, of(bare.path()));
    // What a branch brought since it left another.
    let since = changes(repository.path(), "step-6...step-2");
    assert_eq!(since, []);
}

#[test]
fn what_an_incomplete_scan_did_not_see_is_unknown() {
    let repository = repository();
    let directory = repository.path();
    // The backup is cut off: what was in it may still be there.
    let tar = directory.join("backup/production/card-vault.tar.gz");
    fs::remove_file(directory.join("backup/production/card-vault.tar")).unwrap();
    fs::write(tar, b"\x1f\x8b\x08\0\0\0\0\0\0\x03cut").unwrap();
    git(directory, "add --all");
    git(
        directory,
        "-c user.name=a -c user.email=a@b -c commit.gpgsign=false commit --quiet -m cut",
    );
    let told = changes(directory, "step-6..HEAD");
    let kinds: Vec<&str> = told.iter().map(|(change, _)| change.as_str()).collect();
    assert!(kinds.contains(&"unknown") && !kinds.contains(&"removed"), "{told:?}");
}

#[test]
fn revisions_that_are_none_are_refused() {
    let repository = repository();
    for range in ["step-0", "nothing..step-1", "--help..step-1", "step-0..step-1..step-2"] {
        let output = keylint(repository.path(), &format!("register diff --rev={range}"));
        assert_eq!(output.status.code(), Some(2), "{range}");
    }
}
