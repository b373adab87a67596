//! keylint from the command line, as its users run it.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// A real key, made for tests by `openssl genpkey -algorithm ed25519`.
fn key() -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/keys/edwards/ed25519.pkcs8.pem");
    fs::read_to_string(path).unwrap()
}

fn keylint(directory: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keylint"))
        .args(arguments.split_whitespace())
        .current_dir(directory)
        .env_remove("NO_COLOR")
        .output()
        .unwrap()
}

/// Exit code and standard output.
fn run(directory: &Path, arguments: &str) -> (i32, String) {
    let output = keylint(directory, arguments);
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        // What everybody may read is a finding of its own.
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    folder
}

fn git(directory: &Path, arguments: &str) {
    let identity =
        ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    let status = Command::new("git")
        .args(identity)
        .args(arguments.split_whitespace())
        .current_dir(directory)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "git {arguments}");
}

#[test]
fn exit_codes_say_how_it_ended() {
    let clean = folder(&[("a.txt", "nothing here")]);
    let dirty = folder(&[("a.pem", &key())]);
    assert_eq!(run(clean.path(), "scan").0, 0);
    assert_eq!(run(dirty.path(), "scan").0, 1);
    assert_eq!(run(dirty.path(), "scan --exit-zero").0, 0);
    assert_eq!(run(dirty.path(), "scan nowhere").0, 2);
    assert_eq!(run(dirty.path(), "scan --frmat sarif").0, 2);
    assert_eq!(run(dirty.path(), "scan --format sarif").0, 1, "whatever the format");
}

#[test]
fn errors_say_what_where_and_what_to_do() {
    let folder = folder(&[("keylint.toml", "exclude = [\"a\"]\nfail-on = \"dire\"\n")]);
    let error = |arguments| String::from_utf8(keylint(folder.path(), arguments).stderr).unwrap();
    assert!(error("scan").contains("keylint.toml:2: must be info, low, medium, high or critical"));
    fs::remove_file(folder.path().join("keylint.toml")).unwrap();
    assert!(error("scan nowhere").contains("nowhere: No such file"));
    assert!(error("explain plaintext-private").contains("did you mean plaintext-private-key"));
    assert!(error("scan --since HEAD").starts_with("keylint: git merge-base: "));
    assert!(error("scan --baseline none.json").contains("none.json: No such file"));
    assert!(error("judge keys.txt").contains("keys.txt: No such file"));
}

#[test]
fn standard_input_is_scanned() {
    let folder = folder(&[]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_keylint"))
        .args(["scan", "-", "--format", "json"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(key().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("<stdin>"));
}

#[test]
fn a_closed_pipe_is_success() {
    let folder = folder(&[("a.pem", &key())]);
    let child = Command::new("sh")
        .args([
            "-c",
            "\"$0\" scan --format json . | true; echo ${PIPESTATUS:-0}",
            env!("CARGO_BIN_EXE_keylint"),
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(child.stderr.is_empty(), "{}", String::from_utf8_lossy(&child.stderr));
}

#[test]
fn what_git_ignores_is_left_out_and_counted() {
    let folder = folder(&[
        (".gitignore", "*.key\nbuild/\n!kept.key\n"),
        ("a.key", &key()),
        ("kept.key", &key()),
        ("build/b.pem", &key()),
        ("forced/c.key", &key()),
        (".hidden/d.pem", &key()),
    ]);
    git(folder.path(), "init -q");
    git(folder.path(), "add -f forced/c.key");
    let (_, report) = run(folder.path(), "inspect");
    for (path, scanned) in [
        ("\"a.key\"", false),
        ("\"build/b.pem\"", false),
        ("\"kept.key\"", true),
        ("\"forced/c.key\"", true),
        ("\".hidden/d.pem\"", true),
    ] {
        let is_fact = report.lines().any(|line| line.contains("\"fields\"") && line.contains(path));
        assert_eq!(is_fact, scanned, "{path}\n{report}");
    }
    assert!(report.contains("git-ignored"), "{report}");
    let (_, all) = run(folder.path(), "inspect --no-ignore");
    assert!(all.contains("\"a.key\"") && all.contains("\"build/b.pem\""));
    let (_, named) = run(folder.path(), "inspect a.key build/b.pem");
    assert!(named.contains("\"a.key\"") && named.contains("\"build/b.pem\""));
}

#[test]
fn staged_blobs_are_scanned_and_nothing_else() {
    let folder = folder(&[("staged.pem", &key()), ("clean.txt", "clean")]);
    git(folder.path(), "init -q");
    git(folder.path(), "add clean.txt");
    assert_eq!(run(folder.path(), "scan --staged").0, 0, "an unstaged key");
    git(folder.path(), "add staged.pem");
    fs::write(folder.path().join("staged.pem"), "clean in the work tree").unwrap();
    let (code, report) = run(folder.path(), "scan --staged");
    assert_eq!(code, 1);
    assert!(report.contains("staged.pem"), "{report}");
    git(folder.path(), "commit -qm one");
    assert_eq!(run(folder.path(), "scan --staged").0, 0, "nothing is staged any more");
}

#[test]
fn staged_files_are_read_with_their_module_of_which_nothing_else_is_told() {
    let key = |name: &str| {
        format!("resource \"aws_kms_key\" \"{name}\" {{\n  enable_key_rotation = var.rotates\n}}\n")
    };
    let variable = "variable \"rotates\" {\n  default = false\n}\n";
    let folder = folder(&[("variables.tf", variable), ("old.tf", &key("old"))]);
    git(folder.path(), "init -q");
    git(folder.path(), "add .");
    git(folder.path(), "commit -qm base");
    fs::write(folder.path().join("new.tf"), key("new")).unwrap();
    git(folder.path(), "add .");
    let (code, report) = run(folder.path(), "scan --staged");
    assert_eq!(code, 1);
    assert!(report.contains("aws_kms_key.new") && !report.contains("aws_kms_key.old"), "{report}");
    fs::write(folder.path().join("variables.tf"), variable.replace("false", "true")).unwrap();
    git(folder.path(), "add .");
    assert_eq!(run(folder.path(), "scan --staged").0, 0);
}

#[test]
fn tables_of_providers_are_added_to_inspect_and_checked_with_their_rules() {
    let table = "provider: acme\nabout: Acme.\nneedles: [acme_key]\ntypes:\n  acme_key:\n    - emits: \
                 setting\n      fields: {system: acme, setting: mode, value: {from: mode}}\n";
    let rule = "id: acme-mode\ntitle: A mode\nseverity: low\nrequirements: []\ncwe: []\non: setting\nwhen: setting == \
                \"mode\" && value == \"lax\"\nmessage: It is {value}\nwhy: It is so.\nfix: Write strict.\nreferences: \
                [ACME]\nexamples:\n  fires:\n    - {note: lax, file: a.tf, text: 'resource \"acme_key\" \"a\" { mode = \
                \"lax\" }'}\n  silent:\n    - {note: strict, file: a.tf, text: 'resource \"acme_key\" \"a\" { mode = \
                \"strict\" }'}\n";
    let tf = "resource \"acme_key\" \"a\" {\n  mode = \"lax\"\n}\n";
    let files =
        [("own/providers/acme.yaml", table), ("own/setting/acme-mode.yaml", rule), ("in/a.tf", tf)];
    let folder = folder(&files);
    let (_, without) = run(folder.path(), "inspect in");
    assert!(!without.contains("acme"), "{without}");
    let (code, with) = run(folder.path(), "inspect in --rules own");
    assert!(code == 0 && with.contains("\"acme\""), "{with}");
    let output = keylint(folder.path(), "rules check own");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn commits_since_a_revision_are_scanned_with_what_they_took_away_again() {
    let folder = folder(&[("old.pem", &key())]);
    git(folder.path(), "init -q -b main");
    git(folder.path(), "add .");
    git(folder.path(), "commit -qm base");
    git(folder.path(), "checkout -q -b topic");
    fs::write(folder.path().join("new.pem"), key()).unwrap();
    git(folder.path(), "add .");
    git(folder.path(), "commit -qm add");
    git(folder.path(), "rm -q new.pem");
    git(folder.path(), "commit -qm remove");
    let (code, report) = run(folder.path(), "scan --since main");
    assert_eq!(code, 1);
    assert!(report.contains("new.pem") && !report.contains("old.pem"), "{report}");
}

#[cfg(unix)]
#[test]
fn links_pipes_and_unreadable_files_are_in_the_ledger() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder(&[("a.txt", "text"), ("locked.txt", "text")]);
    let path = |name| folder.path().join(name);
    symlink(path("a.txt"), path("link")).unwrap();
    assert!(Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
    fs::set_permissions(path("locked.txt"), fs::Permissions::from_mode(0o000)).unwrap();
    let (code, report) = run(folder.path(), "inspect");
    assert_eq!(code, 0);
    assert!(report.contains("symbolic-link") && report.contains("special-file"), "{report}");
    // The superuser can read it all the same.
    if fs::File::open(path("locked.txt")).is_err() {
        assert!(report.contains("unreadable"), "{report}");
        assert_eq!(run(folder.path(), "scan --strict").0, 3);
    }
}

#[test]
fn judge_gives_what_scan_gives() {
    let folder = folder(&[("prod/a.pem", &key()), ("tests/b.pem", &key()), ("c/d.txt", "text")]);
    for format in ["json", "sarif", "markdown", "github", "terminal"] {
        let (code, scanned) = run(folder.path(), &format!("scan prod tests c --format {format}"));
        for part in ["prod", "tests", "c"] {
            assert_eq!(run(folder.path(), &format!("inspect {part} -o {part}.jsonl")).0, 0);
        }
        let judged =
            run(folder.path(), &format!("judge c.jsonl prod.jsonl tests.jsonl --format {format}"));
        assert_eq!((code, scanned), judged);
    }
}

#[test]
fn output_does_not_depend_on_the_number_of_threads() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let one = run(&testdata, "scan keys --format json --threads 1");
    assert_eq!(one, run(&testdata, "scan keys --format json --threads 7"));
}

#[test]
fn allowances_hold_until_their_end_and_say_when_they_match_nothing() {
    let allowed = |comment: &str| {
        let folder = folder(&[("a.py", &format!("{comment}\nKEY = \"\"\"\n{}\"\"\"\n", key()))]);
        run(folder.path(), "scan")
    };
    assert_eq!(allowed("# keylint: allow plaintext-private-key until 2999-01-31 -- test key").0, 0);
    let (code, report) =
        allowed("# keylint: allow plaintext-private-key until 2020-01-31 -- test key");
    assert!(code == 1 && report.contains("ended on 2020-01-31"), "{report}");
    let (code, report) = allowed("# keylint: allow plaintext-private-key -- test key");
    assert!(code == 1 && report.contains("needs an end"), "{report}");
    let (code, report) = allowed("# keylint: allow truncated-key until 2999-01-31 -- other rule");
    assert!(code == 1 && report.contains("matches nothing"), "{report}");
}

#[test]
fn the_configuration_allows_by_path_rule_and_fingerprint() {
    let entry = "[[allow]]\nowner = 'a'\nreason = 'b'\nuntil = '2999-01-31'\n";
    let files =
        |by: &str| folder(&[("k/a.pem", &key()), ("keylint.toml", &format!("{entry}{by}\n"))]);
    assert_eq!(run(files("path = 'k/**'").path(), "scan k").0, 0);
    assert_eq!(run(files("path = 'l/**'").path(), "scan k").0, 1);
    assert_eq!(run(files("rule = 'plaintext-private-key'").path(), "scan k").0, 0);
    let (_, report) = run(files("rule = 'no-such-rule'").path(), "scan k");
    assert!(report.contains("keylint.toml:1") && report.contains("is no rule"), "{report}");
}

#[test]
fn a_baseline_holds_when_lines_move_and_not_for_another_place() {
    let folder = folder(&[("a.pem", &key())]);
    assert_eq!(run(folder.path(), "baseline write base.json a.pem").0, 0);
    fs::write(folder.path().join("a.pem"), format!("\n\n{}", key())).unwrap();
    assert_eq!(run(folder.path(), "scan a.pem --baseline base.json").0, 0);
    fs::write(folder.path().join("b.pem"), key()).unwrap();
    assert_eq!(run(folder.path(), "scan a.pem b.pem --baseline base.json").0, 1);
}

#[test]
fn a_key_across_the_edge_of_a_window_is_found_once_and_in_its_place() {
    let key = key();
    let folder = folder(&[]);
    for edge in [(64 << 10), (1 << 20), (1 << 20) + (16 << 10), 2 << 20, (2 << 20) + (16 << 10)] {
        for before in [0, 10, 60, 118, 119] {
            let start = edge - before;
            let filler = "0123456789abcde\n".repeat(start / 16) + &"x".repeat(start % 16);
            let tail = "y".repeat(3 << 20);
            fs::write(folder.path().join("big"), format!("{filler}{key}{tail}")).unwrap();
            let (_, facts) = run(folder.path(), "inspect big");
            let facts: Vec<&str> =
                facts.lines().filter(|line| line.contains("\"fields\"")).collect();
            assert_eq!(facts.len(), 1, "{edge} - {before}: {facts:?}");
            assert!(facts[0].contains(&format!("\"offset\":{start}")), "{}", facts[0]);
            assert!(facts[0].contains(&format!("\"line\":{}", start / 16 + 1)), "{}", facts[0]);
        }
    }
}

#[test]
fn init_writes_a_configuration_once() {
    let folder = folder(&[]);
    assert_eq!(run(folder.path(), "init").0, 0);
    assert_eq!(run(folder.path(), "scan").0, 0, "and it is valid");
    assert_eq!(run(folder.path(), "init").0, 2, "and is not overwritten");
}

#[test]
fn the_generated_documentation_is_current() {
    let (code, stale) = run(Path::new(env!("CARGO_MANIFEST_DIR")), "docs --check");
    assert_eq!(code, 0, "run `cargo run -- docs`:\n{stale}");
}

#[cfg(unix)]
#[test]
fn what_was_found_before_an_interruption_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("key.pem");
    fs::write(&key, self::key()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(["scan", "--threads", "1", "--format", "json", "--no-progress"]);
    command.arg(&key).arg("-").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut keylint = command.spawn().unwrap();
    let mut stdin = keylint.stdin.take().unwrap();
    // More than a pipe holds: once it is written, some of it is read.
    stdin.write_all(&vec![b' '; 1 << 20]).unwrap();
    let id = keylint.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    // It reads on until it notices.
    while stdin.write_all(&[b' '; 4096]).is_ok() {}
    drop(stdin);
    let output = keylint.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"][0]["rule"], "plaintext-private-key");
    assert_eq!(report["summary"]["complete"], false);
    assert_eq!(report["summary"]["skipped"]["interrupted"], 1);
}
