//! What tables make of documents.

use super::providers::Providers;
use crate::{
    fact::{Field, Kind, Value},
    scan::inspect_bytes,
};

const DESCRIBE_KEY: &str = r#"{
    "KeyMetadata": {
        "KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab",
        "Arn": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "Enabled": true, "KeyState": "Enabled", "Origin": "EXTERNAL",
        "CustomerMasterKeySpec": "RSA_2048", "MultiRegion": false
    }
}"#;

#[test]
fn a_document_is_told_by_what_it_holds() {
    for (path, text) in [
        ("key.json", DESCRIBE_KEY.to_owned()),
        ("key.txt", DESCRIBE_KEY.to_owned()),
        ("keys.json", format!("[{DESCRIBE_KEY}]")),
        ("key.yaml", DESCRIBE_KEY.to_owned()),
    ] {
        let mut facts = inspect_bytes(path, text.as_bytes()).facts;
        // Its name is in the text too.
        facts.retain(|fact| fact.kind != Kind::Reference);
        assert_eq!(facts.len(), 1, "{path}");
        let key = &facts[0];
        assert_eq!(key.kind, Kind::Key);
        assert_eq!(key.text(Field::Algorithm), Some("rsa"));
        assert_eq!(key.int(Field::Strength), Some(112));
        assert_eq!(key.text(Field::Origin), Some("imported"));
        assert_eq!(key.fields[&Field::MultiRegion], Value::Bool(false));
        assert_eq!(key.places[&Field::Origin].excerpt.text, "\"Origin\": \"EXTERNAL\"");
    }
}

#[test]
fn what_is_not_about_keys_is_not_parsed() {
    assert_eq!(inspect_bytes("a.json", b"{\"a\": [1, 2").ledger.skips, []);
    let skips = inspect_bytes("a.json", b"{\"kms\": [1, 2").ledger.skips;
    assert_eq!(skips.len(), 1);
    assert_eq!(skips[0].reason, crate::ledger::Reason::NotParsed);
}

#[test]
fn every_table_of_a_provider_is_read() {
    assert!(!Providers::builtin().type_names().is_empty());
}

fn grants(path: &str, text: &str) -> Vec<(String, String, String)> {
    let facts = inspect_bytes(path, text.as_bytes()).facts;
    let word = |fact: &crate::fact::Fact, field| {
        fact.fields.get(&field).map(ToString::to_string).unwrap_or_default()
    };
    facts
        .iter()
        .filter(|fact| fact.kind == Kind::Grant)
        .map(|fact| {
            let field = |field| word(fact, field);
            (field(Field::Principal), field(Field::Breadth), field(Field::Capabilities))
        })
        .collect()
}

#[test]
fn every_member_of_every_binding_is_a_grant() {
    let text = r#"{"bindings": [
        {"role": "roles/cloudkms.cryptoKeyDecrypter", "members": ["user:a@x", "allUsers"]},
        {"role": "roles/storage.admin", "members": ["user:b@x"]},
        {"role": "projects/p/roles/own", "members": ["group:c@x"]}
    ]}"#;
    let of = |who: &str, breadth: &str, what: &str| (who.into(), breadth.into(), what.into());
    assert_eq!(
        grants("policy.json", text),
        [
            of("user:a@x", "named", "use"),
            of("allUsers", "anyone", "use"),
            of("group:c@x", "group", "unknown"),
        ]
    );
}

#[test]
fn a_policy_may_be_a_text_in_an_object() {
    let text = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: encryption}
data:
  other: 1
  encryption.yaml: |
    apiVersion: apiserver.config.k8s.io/v1
    kind: EncryptionConfiguration
    resources:
      - resources: [secrets]
        providers: [{identity: {}}]
"#;
    let facts = inspect_bytes("map.yaml", text.as_bytes()).facts;
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].text(Field::Value), Some("none"));
    assert_eq!(facts[0].site().line, 12);
}

#[test]
fn objects_in_lists_are_told_by_their_kind() {
    let role = r#"{"kind": "ClusterRole", "apiVersion": "rbac.authorization.k8s.io/v1",
        "metadata": {"name": "r"},
        "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]}"#;
    let list = format!(r#"{{"kind": "List", "apiVersion": "v1", "items": [{role}, {role}]}}"#);
    assert_eq!(grants("roles.json", &list).len(), 2);
    let typed = list
        .replace("\"List\"", "\"ClusterRoleList\"")
        .replacen("\"v1\"", "\"rbac.authorization.k8s.io/v1\"", 1)
        .replace(r#""kind": "ClusterRole", "apiVersion": "rbac.authorization.k8s.io/v1","#, "");
    assert_eq!(grants("roles.json", &typed).len(), 2);
}
