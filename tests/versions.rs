//! Configuration in the commits of a repository: each version is judged by itself, no two are held
//! against each other, and what several say is told once.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and makes its repositories itself"
)]

use std::{fs, path::Path, process::Command};

use serde_json::Value;
use tempfile::TempDir;

fn git(at: &Path, arguments: &str) {
    let identity =
        ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    let command =
        Command::new("git").args(identity).args(arguments.split(' ')).current_dir(at).output();
    assert!(command.unwrap().status.success(), "git {arguments}");
}

/// A policy by which `administrator` and `user` hold the two sides of a key.
fn policy(administrator: &str, user: &str) -> String {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    format!(
        r#"resource "aws_kms_key" "pan" {{
  enable_key_rotation = var.rotates
  policy = jsonencode({{
    Statement = [
      {{ Effect = "Allow", Principal = {{ AWS = "{}" }}, Action = "kms:ScheduleKeyDeletion", Resource = "*" }},
      {{ Effect = "Allow", Principal = {{ AWS = "{}" }}, Action = "kms:Decrypt", Resource = "*" }},
      {{ Effect = "Allow", Principal = {{ AWS = "{}" }}, Action = "kms:PutKeyPolicy", Resource = "*" }},
    ]
  }})
}}
"#,
        role(administrator),
        role(user),
        role("keys"),
    )
}

/// A repository with a commit for each step; each step writes files.
fn repository(steps: &[&[(&str, &str)]]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), "init -q -b main");
    for files in steps {
        for (name, text) in *files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        git(folder.path(), "add .");
        git(folder.path(), "commit -qm step");
    }
    folder
}

/// Rule, path of each place, and how many there are, sorted.
fn findings(at: &Path, arguments: &str) -> Vec<(String, Vec<String>)> {
    let output = Command::new(env!("CARGO_BIN_EXE_keylint"))
        .args(["scan", "--format", "json"])
        .args(arguments.split(' '))
        .current_dir(at)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let place = |site: &Value| site["path"].as_str().unwrap().to_owned();
    let finding = |of: &Value| {
        let places = of["sites"].as_array().unwrap().iter().map(place).collect();
        (of["rule"].as_str().unwrap().to_owned(), places)
    };
    let mut found: Vec<_> = report["findings"].as_array().unwrap().iter().map(finding).collect();
    found.sort();
    found
}

fn rules(at: &Path, arguments: &str) -> Vec<String> {
    findings(at, arguments).into_iter().map(|(rule, _)| rule).collect()
}

const VARIABLE: &str = "variable \"rotates\" {\n  default = true\n}\n";

#[test]
fn versions_of_a_file_are_not_held_against_each_other_and_told_once() {
    let first = policy("operator", "app");
    let second = policy("owner", "operator");
    let apart =
        repository(&[&[("variables.tf", VARIABLE), ("main.tf", &first)], &[("main.tf", &second)]]);
    assert_eq!(rules(apart.path(), "--history"), Vec::<String>::new());
    let both = policy("operator", "operator");
    let commented = format!("# The same once more.\n{both}");
    let twice = repository(&[
        &[("variables.tf", VARIABLE), ("main.tf", &both)],
        &[("main.tf", &commented)],
        &[("main.tf", &second)],
    ]);
    let found = findings(twice.path(), "--history");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "admin-may-also-use");
    assert!(found[0].1.iter().all(|path| path == "main.tf"), "{found:?}");
}

#[test]
fn commits_since_a_revision_are_read_with_what_lies_beside_them() {
    let lax = VARIABLE.replace("true", "false");
    let base = repository(&[&[("variables.tf", &lax)]]);
    let at = base.path();
    git(at, "checkout -q -b topic");
    fs::write(at.join("main.tf"), policy("operator", "app")).unwrap();
    git(at, "add .");
    git(at, "commit -qm first");
    // The variable is not touched, and is known all the same.
    assert_eq!(rules(at, "--since main"), ["key-never-rotated"]);
    fs::write(at.join("main.tf"), policy("owner", "operator")).unwrap();
    git(at, "commit -qam second");
    // What the first commit said is looked at by itself.
    assert_eq!(rules(at, "--since main"), ["key-never-rotated"]);
    fs::write(at.join("main.tf"), policy("operator", "operator")).unwrap();
    git(at, "commit -qam third");
    fs::write(at.join("main.tf"), policy("owner", "app")).unwrap();
    git(at, "commit -qam fourth");
    assert_eq!(rules(at, "--since main"), ["admin-may-also-use", "key-never-rotated"]);
}

#[test]
fn what_holds_with_several_files_of_values_is_told_once_for_each_place() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let main = "variable \"rotates\" {\n  default = true\n}\nresource \"aws_kms_key\" \"pan\" {\n  \
                enable_key_rotation     = var.rotates\n  deletion_window_in_days = 7\n}\n";
    for (name, text) in
        [("main.tf", main), ("a.tfvars", "rotates = false\n"), ("b.tfvars", "rotates = false\n")]
    {
        fs::write(at.join(name), text).unwrap();
    }
    let found = findings(at, ".");
    let wanted = [
        ("key-deleted-soon".to_owned(), vec!["main.tf".to_owned()]),
        ("key-never-rotated".to_owned(), vec!["a.tfvars".to_owned(), "b.tfvars".to_owned()]),
    ];
    assert_eq!(found, wanted);
}
