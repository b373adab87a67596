//! What policies of Vault come to.

use super::{paths::matches, *};

fn rules(of: &[(&str, &[&str])]) -> Vec<Rule> {
    of.iter()
        .map(|(pattern, capabilities)| Rule {
            pattern: (*pattern).to_owned(),
            capabilities: capabilities.iter().map(|&word| word.to_owned()).collect(),
            allowed: BTreeSet::new(),
            denied: BTreeSet::new(),
            span: Span::default(),
        })
        .collect()
}

/// Capabilities for every key, and for each key that is named.
fn comes_to(of: &[(&str, &[&str])]) -> Vec<(Option<String>, Vec<&'static str>)> {
    evaluate(&rules(of))
        .into_iter()
        .map(|grant| (grant.key, grant.capabilities.into_iter().collect()))
        .collect()
}

#[test]
fn patterns_mean_paths() {
    for (pattern, path, wanted) in [
        ("transit/keys/*", "transit/keys/a", true),
        ("transit/keys/*", "transit/keys/a/config", true),
        ("transit/keys/pan*", "transit/keys/pan-2026", true),
        ("transit/keys/+", "transit/keys/a", true),
        ("transit/keys/+", "transit/keys/a/config", false),
        ("transit/+/pan", "transit/decrypt/pan", true),
        ("transit/+/+/rotate", "transit/keys/a/rotate", true),
        ("*", "anything/at/all", true),
        ("transit/keys", "transit/keys/a", false),
        ("transit/keys/a", "transit/keys", false),
    ] {
        assert_eq!(matches(pattern, path), wanted, "{pattern} {path}");
    }
}

#[test]
fn the_more_telling_pattern_counts() {
    let of = rules(&[
        ("transit/*", &["update"]),
        ("transit/decrypt/*", &["deny"]),
        ("transit/decrypt/test", &["update"]),
        ("transit/+/secret", &["read"]),
    ]);
    let request = |needs| Request {
        path: "",
        needs,
        capability: "use",
        parameters: &[],
        is_protected: false,
    };
    let any = request(&["update", "read"]);
    let allowed = |path: &str| decide(&of, path, &any).map(|(_, verb)| verb);
    assert_eq!(allowed("transit/encrypt/a"), Some("update"));
    assert_eq!(allowed("transit/decrypt/a"), None);
    assert_eq!(allowed("transit/decrypt/test"), Some("update"));
    // The first wildcard of `transit/decrypt/*` is later than that of `transit/+/secret`.
    assert_eq!(allowed("transit/decrypt/secret"), None);
    assert_eq!(allowed("transit/encrypt/secret"), Some("read"));
    assert_eq!(allowed("other"), None);
}

#[test]
fn a_policy_comes_to_capabilities() {
    assert_eq!(
        comes_to(&[
            ("transit/keys/*", &["create", "read", "update", "delete"]),
            ("transit/decrypt/*", &["update"]),
        ]),
        [(None, vec!["administer", "destroy", "replace", "use"])]
    );
    assert_eq!(
        comes_to(&[("transit/export/+/payments", &["read"])]),
        [(Some("transit/keys/payments".to_owned()), vec!["export"])]
    );
    assert_eq!(
        comes_to(&[("crypto/prod/decrypt/pan", &["update"])]),
        [(Some("crypto/prod/keys/pan".to_owned()), vec!["use"])]
    );
    // To look at a key is nothing, and a secret is no key.
    assert_eq!(comes_to(&[("transit/keys/*", &["read", "list"])]), []);
    assert_eq!(comes_to(&[("secret/data/keys/*", &["read", "update"])]), []);
}

#[test]
fn a_policy_over_everything_reaches_keys_and_the_server() {
    let grants = comes_to(&[("*", &["create", "read", "update", "delete", "list", "sudo"])]);
    assert_eq!(grants.len(), 3, "{grants:?}");
    assert!(grants.iter().all(|(key, _)| key.is_none()));
    assert!(grants[0].1.contains(&"export") && grants[0].1.contains(&"use"));
}

#[test]
fn a_wildcard_reaches_the_usual_mount_and_names_a_key() {
    assert_eq!(
        comes_to(&[("transit/+/pan", &["read", "update"])]),
        [(
            Some("transit/keys/pan".to_owned()),
            vec!["administer", "export", "replace", "use", "wrap"]
        )]
    );
    assert_eq!(comes_to(&[("+/decrypt/+", &["update"])]), [(None, vec!["use"])]);
    assert_eq!(
        comes_to(&[("transit/decrypt/app-*", &["update"]), ("transit/keys/app-*", &["create"])]),
        [(Some("transit/keys/app-*".to_owned()), vec!["administer", "destroy", "replace", "use"])]
    );
}

#[test]
fn paths_of_other_engines_are_about_no_key() {
    for path in
        ["pki/sign/web", "ssh/sign/*", "database/config/*", "kv-v2/data/keys/*", "aws/config/root"]
    {
        assert_eq!(comes_to(&[(path, &["create", "update", "delete"])]), [], "{path}");
    }
}

#[test]
fn parameters_and_protected_paths_bound_what_is_allowed() {
    let mut of = rules(&[("transit/keys/*", &["create", "update"]), ("sys/rotate", &["update"])]);
    of[0].allowed = BTreeSet::from(["type".to_owned()]);
    let grants = evaluate(&of);
    assert_eq!(grants.len(), 1);
    let actions: Vec<&str> = grants[0].actions.iter().map(String::as_str).collect();
    assert_eq!(actions, ["create transit/keys/*", "update transit/keys/*/rotate"]);
    let mut of = rules(&[("transit/decrypt/*", &["update"])]);
    of[0].denied = BTreeSet::from(["ciphertext".to_owned(), "batch_input".to_owned()]);
    assert!(evaluate(&of).is_empty());
    let of = rules(&[("sys/rotate", &["update", "sudo"])]);
    assert_eq!(evaluate(&of).len(), 1);
}
