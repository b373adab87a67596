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
        let facts = inspect_bytes(path, text.as_bytes()).facts;
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
