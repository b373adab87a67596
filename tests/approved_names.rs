//! Names of keys held against a register that says where, in which version and for which environment
//! each is approved; and what `register diff` says when these change.
#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test reads and writes files"
)]

use std::{fs, path::Path, process::Command};

use serde_json::Value as Json;
use tempfile::TempDir;

const ARN: &str = "arn:aws:kms:eu-central-1:418295730416:key/1b7de0c4-52c8-4f6e-9d3a-77a5c1be2f90";
const VAULT: &str = "https://cards.vault.azure.net/keys/pan-kek/0a1b2c3d4e5f60718293a4b5c6d7e8f9";
const RING: &str = "projects/cards-prod/locations/europe-west4/keyRings/r/cryptoKeys/settlement";
const TOKEN: &str = "pkcs11:token=prod;object=zmk;type=secret-key";

/// A register in which the entries have ids that are the last parts of names, as people write them.
fn register() -> String {
    format!(
        r#"keylint: key-register
version: 1
keys:
  - id: pan
    kind: secret-key
    state: active
    references:
      - {{name: "{ARN}", environments: [production], paths: ["prod/**"]}}
    aliases:
      - {{name: alias/pan, target: "{ARN}"}}
  - id: pan-kek
    kind: secret-key
    state: active
    references:
      - {{name: "{VAULT}"}}
  - id: settlement
    kind: secret-key
    state: active
    version: "3"
    references:
      - {{name: "{RING}"}}
  - id: zmk
    kind: secret-key
    state: active
    references:
      - {{name: "{TOKEN}", environments: [production]}}
"#
    )
}

const CONFIG: &str = "[environments]\nproduction = [\"prod/**\"]\nstaging = [\"stage/**\"]\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    folder
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
}

fn keylint(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    let output = command.args(arguments).current_dir(directory).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Rules that say something of a file beside the register.
fn rules(files: &[(&str, &str)]) -> Vec<String> {
    let folder = folder(&[("key-register.yaml", &register()), ("keylint.toml", CONFIG)]);
    write(folder.path(), files);
    let arguments = ["scan", "--register", "key-register.yaml", "--format", "json"];
    let report: Json = serde_json::from_str(&keylint(folder.path(), &arguments).1).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let here = findings.filter(|finding| finding["sites"][0]["path"] != "key-register.yaml");
    here.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn place_version_environment_and_path_of_a_name_count() {
    let unapproved = &["key-reference-not-approved"][..];
    let environment = &["key-in-environment-not-approved"][..];
    let path = &["key-in-path-not-approved"][..];
    let other = "ffeeddccbbaa99887766554433221100";
    let vault = VAULT.rsplit_once('/').unwrap().0;
    for (file, name, expected) in [
        ("prod/.env", ARN.to_owned(), &[][..]),
        ("prod/.env", ARN.replace("418295730416", "602914437781"), unapproved),
        ("prod/.env", ARN.replace("eu-central-1", "us-east-1"), unapproved),
        ("stage/.env", ARN.to_owned(), environment),
        // The alias is approved everywhere, and the name of the key is not.
        ("src/.env", ARN.to_owned(), path),
        ("prod/.env", "alias/pan".to_owned(), &[]),
        ("prod/.env", "arn:aws:kms:eu-central-1:418295730416:alias/pan".to_owned(), &[]),
        ("prod/.env", "arn:aws:kms:eu-central-1:602914437781:alias/pan".to_owned(), unapproved),
        ("prod/.env", VAULT.to_owned(), &[]),
        ("prod/.env", vault.to_owned(), &[]),
        ("prod/.env", format!("{vault}/{other}"), unapproved),
        // An entry is called like the last part of the name.
        ("prod/.env", VAULT.replace("cards.", "others."), unapproved),
        ("prod/.env", RING.to_owned(), &[]),
        ("prod/.env", format!("{RING}/cryptoKeyVersions/3"), &[]),
        ("prod/.env", format!("{RING}/cryptoKeyVersions/2"), &["key-differs-from-register"]),
        ("prod/.env", TOKEN.to_owned(), &[]),
        ("prod/.env", format!("{TOKEN}?pin-source=file:/run/pin"), &[]),
        ("prod/.env", "pkcs11:object=zmk;type=secret-key;token=prod".to_owned(), &[]),
        ("prod/.env", TOKEN.replace("token=prod", "token=lab"), unapproved),
        ("stage/.env", TOKEN.to_owned(), environment),
    ] {
        assert_eq!(rules(&[(file, &format!("KEY={name}\n"))]), expected, "{file} {name}");
    }
}

fn git(directory: &Path, arguments: &str) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]);
    let output = git.args(arguments.split(' ')).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What `register diff` says of a change from the first state to the second.
fn changes(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
    let folder = folder(old);
    git(folder.path(), "init -q");
    git(folder.path(), "add -A");
    git(folder.path(), "commit -qm old");
    write(folder.path(), new);
    git(folder.path(), "add -A");
    git(folder.path(), "commit -qm new");
    let asked = ["register", "diff", "--rev", "HEAD~..HEAD", "--format", "json"];
    let diff: Json = serde_json::from_str(&keylint(folder.path(), &asked).1).unwrap();
    let changes = diff["changes"].as_array().unwrap().iter();
    changes.map(|change| change["change"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_name_that_is_spelled_otherwise_is_the_same_key() {
    let file = |name: &str| format!("KEY={name}\n");
    let (was, register) = (file(TOKEN), register());
    let was = [("prod/.env", was.as_str()), ("key-register.yaml", &register)];
    let now = file("pkcs11:object=zmk;type=secret-key;token=prod?pin-source=file:/run/pin");
    assert_eq!(changes(&was, &[("prod/.env", &now)]), [""; 0]);
    let now = file(&TOKEN.replace("token=prod", "token=lab"));
    let told = changes(&was, &[("prod/.env", &now)]);
    assert!(told.contains(&"unregistered".to_owned()), "{told:?}");
}

#[test]
fn an_entry_that_approves_another_key_is_told_gravely_and_once() {
    let other = ARN.replace("1b7de0c4", "2b7de0c4");
    let (file, register) = (format!("KEY={ARN}\n"), register());
    let was = [("prod/.env", file.as_str()), ("key-register.yaml", &register)];
    let (file, replaced) = (file.replace(ARN, &other), register.replace(ARN, &other));
    let now = [("prod/.env", file.as_str()), ("key-register.yaml", &replaced)];
    assert_eq!(changes(&was, &now), ["alias-repointed", "reference-changed"]);
    // A new version says that the key was replaced.
    let rotated = replaced.replace(
        "state: active\n    references:\n      - {name: \"arn",
        "state: active\n    version: \"2\"\n    references:\n      - {name: \"arn",
    );
    let now = [("prod/.env", file.as_str()), ("key-register.yaml", &rotated)];
    let told = changes(&was, &now);
    assert!(
        told.contains(&"rotated".to_owned()) && !told.contains(&"reference-changed".to_owned()),
        "{told:?}"
    );
}

#[test]
fn where_a_name_is_approved_widens_and_narrows() {
    let register = register();
    let change = |from: &str, to: &str| {
        let now = register.replace(from, to);
        assert_ne!(register, now);
        changes(&[("key-register.yaml", &register)], &[("key-register.yaml", &now)])
    };
    let here = "environments: [production], paths: [\"prod/**\"]";
    assert_eq!(
        change(here, "environments: [production], paths: [\"prod/eu/**\", \"prod/**\"]"),
        ["use-widened"]
    );
    assert_eq!(
        change(here, "environments: [production, staging], paths: [\"prod/**\"]"),
        ["use-widened"]
    );
    assert_eq!(change(here, "environments: [production]"), ["use-widened"]);
    assert_eq!(
        change("{name: \"projects", "{paths: [\"prod/**\"], name: \"projects"),
        ["restated"]
    );
}

#[test]
fn a_register_that_neither_revision_has_is_an_error() {
    let folder = folder(&[("a", "b"), ("key-register.yaml", &register())]);
    git(folder.path(), "init -q");
    git(folder.path(), "add -A");
    git(folder.path(), "commit -qm one");
    git(folder.path(), "commit -qm two --allow-empty");
    let diff = |more: &[&str]| {
        let asked = [&["register", "diff", "--rev", "HEAD~..HEAD"], more].concat();
        let (code, _, error) = keylint(folder.path(), &asked);
        (code, error)
    };
    assert_eq!(diff(&[]).0, Some(0));
    let (code, error) = diff(&["--register", "typo.yaml"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("--register typo.yaml") && error.contains("HEAD~..HEAD"), "{error}");
}

/// Severity of what is said of a certificate that the register does not know.
fn severity_of(folder: &Path) -> Option<String> {
    let scan = Command::new(env!("CARGO_BIN_EXE_keylint"))
        .args(["scan", "--register", "key-register.yaml", "--format", "json", "certs"])
        .current_dir(folder)
        .output()
        .unwrap();
    let report: Json = serde_json::from_slice(&scan.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().find(|of| of["rule"] == "certificate-not-in-register");
    found.map(|of| of["severity"].as_str().unwrap().to_owned())
}

#[test]
fn a_certificate_that_is_not_registered_counts_by_whom_it_makes_trusted() {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/register/certs").join(name);
        fs::read_to_string(path).unwrap()
    };
    let (ca, own, leaf, key) =
        (read("ca.pem"), read("self.pem"), read("leaf.pem"), read("leaf.key"));
    let none = "keylint: key-register\nversion: 1\nkeys: []\n";
    for (files, severity) in [
        (vec![("certs/evil.pem", &ca)], "high"),
        (vec![("certs/peer.pem", &own)], "high"),
        (vec![("certs/peer.pem", &leaf)], "medium"),
        (vec![("certs/ca-bundle.pem", &leaf)], "high"),
        (vec![("certs/truststore/peer.pem", &leaf)], "high"),
        (vec![("certs/peer.pem", &leaf), ("certs/peer.key", &key)], "low"),
        (vec![("certs/trusted/peer.pem", &leaf), ("certs/peer.key", &key)], "high"),
    ] {
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let folder = folder(&[&files[..], &[("key-register.yaml", none)]].concat());
        assert_eq!(severity_of(folder.path()).as_deref(), Some(severity), "{:?}", files[0].0);
    }
}

/// Two keys and an alias of one of them, as Terraform declares them.
fn declared(target: &str) -> String {
    format!(
        "resource \"aws_kms_key\" \"pan\" {{\n  enable_key_rotation = true\n}}\n\
         resource \"aws_kms_key\" \"logs\" {{\n  enable_key_rotation = true\n}}\n\
         resource \"aws_kms_alias\" \"pan\" {{\n  name = \"alias/pan\"\n  target_key_id = {target}\n}}\n"
    )
}

/// The same as CloudFormation does.
fn stack(target: &str) -> String {
    format!(
        "Resources:\n  Pan:\n    Type: AWS::KMS::Key\n    Properties: {{EnableKeyRotation: true}}\n  \
         Logs:\n    Type: AWS::KMS::Key\n    Properties: {{EnableKeyRotation: true}}\n  \
         Alias:\n    Type: AWS::KMS::Alias\n    Properties:\n      AliasName: alias/pan\n      \
         TargetKeyId: {target}\n"
    )
}

/// What is said of aliases.
fn aliases(register: &str, files: &[(&str, &str)]) -> Vec<String> {
    let folder = folder(&[("key-register.yaml", register), ("keylint.toml", CONFIG)]);
    write(folder.path(), files);
    let arguments = ["scan", "--register", "key-register.yaml", "--format", "json"];
    let report: Json = serde_json::from_str(&keylint(folder.path(), &arguments).1).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let about = findings.filter(|of| of["rule"] == "alias-elsewhere-than-approved");
    about.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_alias_that_moves_to_a_key_declared_beside_it_is_told() {
    // As `register init` proposes them, and with a target that only the register knows.
    let register = |target: &str| {
        format!(
            "keylint: key-register\nversion: 1\nkeys:\n  - id: pan-1\n    kind: secret-key\n    state: active\n    \
             references: [{{name: aws_kms_key.pan}}, {{name: Pan}}]\n    aliases: [{{name: alias/pan{target}}}]\n  \
             - id: logs-1\n    kind: secret-key\n    state: active\n    \
             references: [{{name: aws_kms_key.logs}}, {{name: Logs}}]\n"
        )
    };
    let target = format!(", target: \"{ARN}\"");
    for register in [register(""), register(&target)] {
        let said = |file: &str, text: &str| aliases(&register, &[(file, text)]);
        let message = |key: &str, other: &str| {
            let approved = if register.contains(ARN) { ARN } else { key };
            vec![format!("alias/pan is approved for {approved}, and here it stands for {other}")]
        };
        let told = said("prod/main.tf", &declared("aws_kms_key.logs.key_id"));
        assert_eq!(told, message("aws_kms_key.pan", "aws_kms_key.logs"));
        assert_eq!(said("prod/stack.yaml", &stack("!Ref Logs")), message("Pan", "Logs"));
        assert_eq!(said("prod/main.tf", &declared("aws_kms_key.pan.key_id")), [""; 0]);
        assert_eq!(said("prod/stack.yaml", &stack("!Ref Pan")), [""; 0]);
        let other = ARN.replace("1b7de0c4", "2b7de0c4");
        let told = said("prod/main.tf", &declared(&format!("\"{other}\"")));
        assert_eq!(told, message("aws_kms_key.pan", &other));
    }
    // A register that has no name of the declaration cannot tell whether it is the approved key.
    let unnamed = format!(
        "keylint: key-register\nversion: 1\nkeys:\n  - id: pan-1\n    kind: secret-key\n    \
         aliases: [{{name: alias/pan, target: \"{ARN}\"}}]\n"
    );
    let file = declared("aws_kms_key.logs.key_id");
    assert_eq!(aliases(&unnamed, &[("prod/main.tf", &file)]), [""; 0]);
}

#[test]
fn what_init_proposes_of_several_environments_holds_for_them() {
    let files = |environment: &str, rotation: u32| {
        let key = format!("prod-token-{environment}");
        let text = declared("aws_kms_key.pan.key_id").replacen(
            "enable_key_rotation = true",
            &format!("enable_key_rotation = true\n  rotation_period_in_days = {rotation}"),
            1,
        );
        let hsm = format!("HSM=pkcs11:token={key};object=zmk\nKMS_KEY_ID=alias/pan\n");
        (text, hsm)
    };
    let (prod, stage) = (files("a", 90), files("b", 300));
    let folder = folder(&[
        ("keylint.toml", CONFIG),
        ("prod/main.tf", &prod.0),
        ("prod/.env", &prod.1),
        ("stage/main.tf", &stage.0),
        ("stage/.env", &stage.1),
    ]);
    let (code, register, _) = keylint(folder.path(), &["register", "init", "."]);
    assert_eq!(code, Some(0));
    // Two keys declared in each environment, and one in the module of each.
    assert_eq!(register.matches("\n  - id: ").count(), 6, "{register}");
    write(folder.path(), &[("key-register.yaml", &register)]);
    let asked = ["scan", "--register", "key-register.yaml", "--format", "json"];
    let report = |folder: &Path| {
        let report: Json = serde_json::from_str(&keylint(folder, &asked).1).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let about = findings.filter(|finding| finding["kind"] == "link.register");
        about.map(|of| of["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(report(folder.path()), [""; 0]);
    // The key of the other environment, and its rotation.
    write(folder.path(), &[("prod/.env", &stage.1), ("stage/main.tf", &files("b", 400).0)]);
    let told = report(folder.path());
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(told.iter().any(|of| of.starts_with("Nothing that was scanned refers")), "{told:#?}");
    assert!(told.iter().any(|of| of.contains("is approved for staging")), "{told:#?}");
    assert!(told.iter().any(|of| of.contains("300 days, and here it is 400 days")), "{told:#?}");
}

#[test]
fn each_attribute_of_a_declared_key_is_held_against_its_entry() {
    let register = "keylint: key-register\nversion: 1\nkeys:\n  - id: a\n    kind: key\n    state: active\n    \
                    references: [{name: aws_kms_key.a}, {name: A}, {name: google_kms_crypto_key.a}, \
                    {name: 1b7de0c4-52c8-4f6e-9d3a-77a5c1be2f90}]\n";
    let of = |entry: &str, file: &str, text: &str| {
        let register = format!("{register}{entry}");
        let folder = folder(&[("key-register.yaml", &register), (file, text)]);
        let asked = ["scan", "--register", "key-register.yaml", "--format", "json"];
        let report: Json = serde_json::from_str(&keylint(folder.path(), &asked).1).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let about = findings.filter(|of| of["kind"] == "link.register");
        let told: Vec<String> =
            about.map(|of| of["message"].as_str().unwrap().to_owned()).collect();
        told.join("; ")
    };
    let aes = "    algorithm: {family: aes}\n    size_bits: 256\n    store: {type: kms, protection: hsm}\n    \
               cryptoperiod: 365d\n    origin: {how: generated}\n";
    let curve = "    algorithm: {family: ec, curve: P-256}\n    size_bits: 256\n";
    let tf = |more: &str| format!("resource \"aws_kms_key\" \"a\" {{\n  {more}\n}}\n");
    let cfn = |more: &str| {
        format!("Resources:\n  A:\n    Type: AWS::KMS::Key\n    Properties: {{{more}}}\n")
    };
    let google = |level: &str| {
        format!(
            "resource \"google_kms_crypto_key\" \"a\" {{\n  name = \"a\"\n  key_ring = \"r\"\n  \
             rotation_period = \"7776000s\"\n  version_template {{\n    \
             algorithm = \"GOOGLE_SYMMETRIC_ENCRYPTION\"\n    protection_level = \"{level}\"\n  }}\n}}\n"
        )
    };
    let cli = |spec: &str, origin: &str| {
        format!(
            "{{\"KeyMetadata\": {{\"KeyId\": \"1b7de0c4-52c8-4f6e-9d3a-77a5c1be2f90\", \"Arn\": \"{ARN}\", \
             \"KeySpec\": \"{spec}\", \"KeyUsage\": \"ENCRYPT_DECRYPT\", \"Origin\": \"{origin}\", \
             \"KeyState\": \"Enabled\"}}}}\n"
        )
    };
    for (entry, file, text, said) in [
        (aes, "main.tf", tf("enable_key_rotation = true"), ""),
        (
            aes,
            "main.tf",
            tf("customer_master_key_spec = \"RSA_2048\"\n  enable_key_rotation = true"),
            "algorithm aes",
        ),
        (
            aes,
            "main.tf",
            tf("enable_key_rotation = true\n  rotation_period_in_days = 700"),
            "rotation 365 days",
        ),
        (curve, "main.tf", tf("customer_master_key_spec = \"ECC_NIST_P256\""), ""),
        (curve, "main.tf", tf("customer_master_key_spec = \"ECC_SECG_P256K1\""), "curve P-256"),
        (aes, "stack.yaml", cfn("EnableKeyRotation: true"), ""),
        (aes, "stack.yaml", cfn("KeySpec: HMAC_256"), "algorithm aes"),
        (aes, "stack.yaml", cfn("EnableKeyRotation: false"), "and here it is never"),
        (
            aes,
            "stack.yaml",
            cfn("EnableKeyRotation: true, Origin: EXTERNAL"),
            "origin generated, and here it is imported",
        ),
        (aes, "main.tf", google("HSM"), ""),
        (aes, "main.tf", google("SOFTWARE"), "approved as hsm, and here it is software"),
        (aes, "key.json", cli("SYMMETRIC_DEFAULT", "AWS_KMS"), ""),
        (aes, "key.json", cli("RSA_4096", "AWS_KMS"), "algorithm aes"),
        (aes, "key.json", cli("SYMMETRIC_DEFAULT", "EXTERNAL"), "and here it is imported"),
        (
            aes,
            "key.json",
            cli("SYMMETRIC_DEFAULT", "EXTERNAL_KEY_STORE"),
            "approved as hsm, and here it is external",
        ),
    ] {
        let told = of(entry, file, &text);
        assert!(
            if said.is_empty() { told.is_empty() } else { told.contains(said) },
            "{text}: {told}"
        );
    }
}
