//! Names of keys in any text, held against the register of approved keys: what is found in an
//! environment file, a manifest, a source and a log is judged like what configuration declares.
#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test reads and writes files"
)]

use std::{fs, path::Path, process::Command};

use serde_json::Value as Json;
use tempfile::TempDir;

const REGISTER: &str = include_str!("../testdata/references/register/key-register.yaml");

/// Of the approved key, of which the register has the ARN in eu-west-1.
const PAN: &str = "mrk-a1b2c3d4e5f60718293a4b5c6d7e8f90";
const OLD: &str = "9f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f";
const UNKNOWN: &str = "0b1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files.iter().chain(&[("key-register.yaml", REGISTER)]) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    folder
}

/// Findings of rules about the register, but for keys that nothing refers to: rule, place, how often.
fn findings(directory: &Path, more: &str) -> Vec<(String, String, u64)> {
    let output = Command::new(env!("CARGO_BIN_EXE_keylint"))
        .args("scan . --register key-register.yaml --format json".split(' '))
        .args(more.split_whitespace())
        .current_dir(directory)
        .output()
        .unwrap();
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    let mut found: Vec<(String, String, u64)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["kind"] == "link.register")
        .map(|finding| {
            let site = &finding["sites"][0];
            let place = format!("{}:{}", site["path"].as_str().unwrap(), site["line"]);
            (
                finding["rule"].as_str().unwrap().to_owned(),
                place,
                finding["count"].as_u64().unwrap(),
            )
        })
        .filter(|(rule, ..)| rule != "approved-key-not-referenced")
        .collect();
    found.sort();
    found
}

#[track_caller]
fn expect(files: &[(&str, &str)], more: &str, expected: &[(&str, &str)]) {
    let folder = folder(files);
    let found = findings(folder.path(), more);
    let found: Vec<(&str, &str)> =
        found.iter().map(|(rule, place, _)| (rule.as_str(), place.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_name_that_is_not_approved_is_told_in_any_text() {
    const RULE: &str = "key-reference-not-approved";
    let arn = format!("arn:aws:kms:eu-west-1:210987654321:key/{UNKNOWN}");
    for (path, text, line) in [
        ("deploy/production/app.env", format!("A=1\nKMS_KEY_ID={arn}\n"), 2),
        ("deploy/production/values.yaml", format!("kms:\n  keyId: {UNKNOWN}\n"), 2),
        ("src/crypto.py", format!("client.encrypt(\n    KeyId=\"{arn}\",\n)\n"), 2),
        ("app.log", format!("12:00 decrypted with {arn}\n"), 1),
        (
            "main.tf",
            format!("resource \"aws_ebs_volume\" \"a\" {{\n  kms_key_id = \"{arn}\"\n}}\n"),
            2,
        ),
        ("run.sh", "cosign sign --key hashivault://other image\n".into(), 1),
        ("pom.xml", "<uri>pkcs11:token=HSM%201;object=other</uri>\n".into(), 1),
        (
            "App.java",
            "new KeyClient(\"https://shop-prod.vault.azure.net/keys/other\");\n".into(),
            1,
        ),
        (
            "known.txt",
            "256 SHA256:qp6hNkY7nbWhlFBqU2lCUkuf21iXk3A5pZlc38O+7tQ a (ED25519)\n".into(),
            1,
        ),
        (
            "pins.kt",
            ".add(\"a\", \"sha256/IuO96QCHm1fvOOZjx92oc7hUZDr2ddd+V+QdjVNqEbo=\")\n".into(),
            1,
        ),
    ] {
        expect(&[(path, &text)], "", &[(RULE, &format!("{path}:{line}"))]);
    }
}

#[test]
fn every_spelling_of_an_approved_key_is_approved() {
    for (path, text) in [
        ("deploy/production/a.env", format!("KMS_KEY_ID={PAN}\n")),
        ("deploy/production/b.yaml", format!("kmsKeyId: {PAN}\n")),
        ("src/c.py", format!("KEY = \"arn:aws:kms:us-east-1:210987654321:key/{PAN}\"\n")),
        ("src/d.sh", format!("cosign sign --key awskms:///{PAN} image\n")),
        ("src/e.go", "keyID := \"alias/pan\" // of KMS\n".into()),
        ("src/f.tf", format!("resource \"aws_ebs_volume\" \"a\" {{\n  kms_key_id = \"{PAN}\"\n}}\n")),
        ("src/g.txt", "arn:aws:kms:us-east-1:210987654321:alias/pan\n".into()),
        (
            "deploy/staging/h.env",
            "KEY=gcp-kms://projects/shop-staging-1/locations/europe-west3/keyRings/payments/cryptoKeys/kek\n"
                .into(),
        ),
        ("i.conf", "uri=pkcs11:object=card%2Dsigning;token=HSM%201?pin-source=file:/pin\n".into()),
        ("src/j.env", "KEY=azurekms://Shop-Prod.vault.azure.net/card-signing\n".into()),
        ("k.log", "Accepted publickey ED25519 SHA256:3hoLtpksdmpPtV+sLK0zO5V5wC4939rXwsaVr/VhWEY\n".into()),
        // Examples of documentation belong to nobody.
        ("l.md", "`arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab`\n".into()),
        // The register has no names of these kinds.
        ("m.sh", "keytool -list -alias web -keystore a.jks\n".into()),
        ("n.yaml", "tls: [{secretName: web-tls}]\n".into()),
    ] {
        expect(&[(path, &text)], "", &[]);
    }
}

#[test]
fn a_key_of_another_place_is_another_key() {
    for (path, name) in [
        ("src/a.py", format!("arn:aws:kms:eu-west-1:310987654321:key/{PAN}")),
        ("src/b.py", "arn:aws:kms:eu-west-1:310987654321:alias/pan-2".to_owned()),
        ("src/c.py", "https://shop-prod-2.vault.azure.net/keys/card-signing".to_owned()),
    ] {
        let place = format!("{path}:1");
        expect(
            &[(path, &format!("KEY = \"{name}\"\n"))],
            "",
            &[("key-reference-not-approved", &place)],
        );
    }
}

#[test]
fn environment_path_and_state_are_judged_for_names_in_any_text() {
    const STAGING: &str =
        "projects/shop-staging-1/locations/europe-west3/keyRings/payments/cryptoKeys/kek";
    let text = format!("key: {STAGING}\n");
    expect(
        &[("deploy/production/a.yaml", &text)],
        "",
        &[("key-in-environment-not-approved", "deploy/production/a.yaml:1")],
    );
    expect(&[("deploy/staging/a.yaml", &text)], "", &[]);

    let text = "KEY=azurekms://shop-prod.vault.azure.net/card-signing\n";
    expect(&[("logs/a.txt", text)], "", &[("key-in-path-not-approved", "logs/a.txt:1")]);
    expect(&[("src/a.txt", text)], "", &[]);

    let text = format!("aws kms decrypt --key-id {OLD} --ciphertext-blob fileb://a\n");
    expect(&[("restore.sh", &text)], "", &[("key-no-longer-usable", "restore.sh:1")]);
}

#[test]
fn the_branch_stands_for_an_environment() {
    let text =
        "key: projects/shop-staging-1/locations/europe-west3/keyRings/payments/cryptoKeys/kek\n";
    let branches = "[branches]\nproduction = [\"main\"]\nstaging = [\"next\"]\n";
    let files = [("values.yaml", text), ("keylint.toml", branches)];
    let place = ("key-in-environment-not-approved", "values.yaml:1");
    expect(&files, "--branch main", &[place]);
    expect(&files, "--branch next", &[]);
    expect(&[files[0], files[1], (".git/HEAD", "ref: refs/heads/main\n")], "", &[place]);
    expect(&[files[0], files[1], (".git/HEAD", "ref: refs/heads/next\n")], "", &[]);
}

#[test]
fn an_alias_is_told_where_it_stands_for_another_key() {
    let aliases = |target: &str| {
        format!(
            "{{\"Aliases\": [{{\"AliasName\": \"alias/pan\", \"AliasArn\": \
             \"arn:aws:kms:eu-west-1:210987654321:alias/pan\", \"TargetKeyId\": \"{target}\"}}]}}\n"
        )
    };
    let found = findings(folder(&[("src/aliases.json", &aliases(UNKNOWN))]).path(), "");
    assert!(found.iter().any(|(rule, ..)| rule == "alias-elsewhere-than-approved"), "{found:?}");
    expect(&[("src/aliases.json", &aliases(PAN))], "", &[]);
}

#[test]
fn an_alias_of_configuration_is_the_key_that_it_stands_for() {
    let alias = |key: &str| {
        format!(
            "resource \"aws_kms_alias\" \"a\" {{\n  name = \"alias/cards\"\n  target_key_id = \"{key}\"\n}}\n"
        )
    };
    let env = ("src/a.env", "KMS_KEY_ID=alias/cards\n");
    expect(&[("src/main.tf", &alias(PAN)), env], "", &[]);
    let found = findings(folder(&[("src/main.tf", &alias(UNKNOWN)), env]).path(), "");
    let place = ("key-reference-not-approved".to_owned(), "src/a.env:1".to_owned(), 1);
    assert!(found.contains(&place), "{found:?}");
}

#[test]
fn an_approved_key_is_referenced_by_any_text_but_the_register() {
    let pan = |text: &str| {
        let folder = folder(&[("src/a.log", text)]);
        let output = Command::new(env!("CARGO_BIN_EXE_keylint"))
            .args("scan . --register key-register.yaml --format json".split(' '))
            .current_dir(folder.path())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().contains("refers to pan-kek")
    };
    assert!(pan("nothing\n"));
    assert!(!pan(&format!("used arn:aws:kms:eu-west-1:210987654321:key/{PAN}\n")));
}

#[test]
fn one_name_many_times_is_one_finding_with_few_places() {
    let line = format!("{{\"KeyId\": \"arn:aws:kms:eu-west-1:210987654321:key/{UNKNOWN}\"}}\n");
    let folder = folder(&[("a.log", &line.repeat(20_000))]);
    let found = findings(folder.path(), "");
    let rule = "key-reference-not-approved".to_owned();
    assert_eq!(found, [(rule, "a.log:1".to_owned(), 20_000)]);
}

#[test]
fn commands_that_name_a_key_by_its_parts_are_held_against_the_register() {
    const RULE: &str = "key-reference-not-approved";
    for (command, line) in [
        ("gcloud kms decrypt --project shop-prod-1 --location europe-west3 --keyring r --key k", 1),
        ("gcloud kms encrypt --location europe-west3 --keyring=r --key=k --plaintext-file=a", 1),
        ("gcloud kms keys update k --location europe-west3 --keyring r --next-rotation-time x", 1),
        ("az keyvault key encrypt --vault-name shop-prod --name other --algorithm RSA-OAEP", 1),
        ("az keyvault key show --hsm-name shop-hsm --name other", 1),
        ("yc kms symmetric-crypto encrypt --id abjq1w2e3r4t5y6u7i8o --plaintext-file a", 1),
        ("yc kms symmetric-key rotate --name pan", 1),
        ("set -e\njarsigner -keystore hsm.jks app.jar release", 2),
        ("vault write cards/sign/other input=x", 1),
        ("vault write -f cards/keys/other type=aes256-gcm96", 1),
        ("bao read cards/keys/other", 1),
        ("vault write cards/hmac/other input=x", 1),
        ("export CMK_ID=9f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e50", 1),
        ("KMIP_KEY_UID=5521", 1),
        ("SIGNING_KEY=transit-cards/sign/other", 1),
        ("age -r age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlw -o b a", 1),
    ] {
        let register = "keylint: key-register\nversion: 1\nkeys:\n  - id: a\n    kind: private-key\n    \
                        references: [{name: java:alias/Signing}, {name: \"kmip:1\"}]\n";
        let folder = folder(&[("run.sh", &format!("{command}\n"))]);
        fs::write(folder.path().join("key-register.yaml"), register).unwrap();
        let found = findings(folder.path(), "");
        assert_eq!(found, [(RULE.to_owned(), format!("run.sh:{line}"), 1)], "{command}");
    }
}

#[test]
fn commands_that_name_an_approved_key_or_none_are_silent() {
    let register = "keylint: key-register\nversion: 1\nkeys:\n  - id: a\n    kind: private-key\n    \
                    state: active\n    references:\n      - {name: java:alias/Signing}\n      \
                    - {name: projects/shop-prod-1/locations/europe-west3/keyRings/r/cryptoKeys/k}\n      \
                    - {name: \"https://shop-prod.vault.azure.net/keys/pan\"}\n      \
                    - {name: abjq1w2e3r4t5y6u7i8o}\n";
    for command in [
        "gcloud kms decrypt --project shop-prod-1 --location europe-west3 --keyring r --key k",
        "gcloud kms decrypt --location europe-west3 --keyring r --key k",
        "gcloud kms decrypt --location europe-west3 --keyring r --key \"$KEY\"",
        "gcloud compute instances create --name k --zone europe-west3-a",
        "az keyvault key encrypt --vault-name shop-prod --name PAN --algorithm RSA-OAEP",
        "az keyvault key list --vault-name shop-prod",
        "az vm create --name other --resource-group a",
        "yc kms symmetric-crypto encrypt --id abjq1w2e3r4t5y6u7i8o --plaintext-file a",
        "yc compute instance create --name other",
        "jarsigner -keystore hsm.jks app.jar signing",
        "jarsigner -verify -keystore hsm.jks app.jar other",
        "vault write machines/sign/other public_key=@id.pub",
        "vault write intermediate/sign/web csr=@web.csr",
        "vault read secret/data/keys",
        "vault read totp/keys/alice",
        "export ORDER_ID=9f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e50",
        "export CMK_ID=production",
    ] {
        let folder = folder(&[("run.sh", &format!("{command}\n"))]);
        fs::write(folder.path().join("key-register.yaml"), register).unwrap();
        assert_eq!(findings(folder.path(), ""), [], "{command}");
    }
}

#[test]
fn a_recipient_of_age_is_the_public_half_of_its_identity() {
    const RECIPIENT: &str = "age1ucjus4fl4dud3vlv2ewmfuw29af0v0np8h95d62smem2ahtzcvssa9dul3";
    const OTHER: &str = "age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlw";
    let register = format!(
        "keylint: key-register\nversion: 1\nkeys:\n  - id: a\n    kind: public-key\n    \
         state: active\n    references: [{{name: {RECIPIENT}}}]\n"
    );
    let rule = |recipient: &str| {
        let file = format!("creation_rules:\n  - path_regex: prod\n    age: {recipient}\n");
        let folder = folder(&[(".sops.yaml", &file)]);
        fs::write(folder.path().join("key-register.yaml"), &register).unwrap();
        findings(folder.path(), "").first().map(|(rule, ..)| rule.clone())
    };
    assert_eq!(rule(RECIPIENT), None);
    assert_eq!(rule(OTHER).as_deref(), Some("key-reference-not-approved"));
}
