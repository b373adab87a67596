//! What policies of Vault come to.

use super::*;

fn rules(of: &[(&str, &[&str])]) -> Vec<Rule> {
    of.iter()
        .map(|(pattern, capabilities)| Rule {
            pattern: (*pattern).to_owned(),
            capabilities: capabilities.iter().map(|&word| word.to_owned()).collect(),
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
    let allowed = |path: &str| decide(&of, path).1.into_iter().collect::<Vec<_>>();
    assert_eq!(allowed("transit/encrypt/a"), ["update"]);
    assert_eq!(allowed("transit/decrypt/a"), Vec::<String>::new());
    assert_eq!(allowed("transit/decrypt/test"), ["update"]);
    // The first wildcard of `transit/decrypt/*` is later than that of `transit/+/secret`.
    assert_eq!(allowed("transit/decrypt/secret"), Vec::<String>::new());
    assert_eq!(allowed("transit/encrypt/secret"), ["read"]);
    assert_eq!(allowed("other"), Vec::<String>::new());
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
