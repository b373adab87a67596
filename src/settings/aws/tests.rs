//! What statements come to, one by one.

use crate::{
    fact::{Fact, Field, Kind, Value},
    scan::inspect_bytes,
};

const ROOT: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "kms:*", "Resource": "*"}"#;

/// The grants of a key policy that has `statements` beside that of the account.
fn grants(statements: &str) -> Vec<Fact> {
    let text = format!(r#"{{"Statement": [{ROOT}, {statements}]}}"#);
    let facts = inspect_bytes("policy.json", text.as_bytes()).facts;
    facts.into_iter().filter(|fact| fact.kind == Kind::Grant).skip(1).collect()
}

fn list(fact: &Fact, field: Field) -> String {
    fact.fields.get(&field).map(Value::to_string).unwrap_or_default()
}

#[test]
fn conditions_leave_those_whom_they_leave() {
    for (condition, breadth, words) in [
        ("{}", "anyone", ""),
        (r#"{"Bool": {"aws:SecureTransport": "true"}}"#, "anyone", "nothing"),
        (r#"{"StringEquals": {"kms:CallerAccount": "111122223333"}}"#, "account", "account"),
        (r#"{"StringEquals": {"kms:calleraccount": 111122223333}}"#, "account", "account"),
        (r#"{"StringEquals": {"kms:CallerAccount": "444455556666"}}"#, "cross-account", "account"),
        (r#"{"StringLike": {"kms:CallerAccount": "1111*"}}"#, "anyone", "nothing"),
        (r#"{"StringLike": {"aws:PrincipalOrgID": "o-*"}}"#, "any-account", "nothing"),
        (
            r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1/*"}}"#,
            "group",
            "organisation",
        ),
        (
            r#"{"StringEquals": {"aws:PrincipalOrgID": "${var.organisation}"}}"#,
            "group",
            "organisation",
        ),
        (r#"{"StringLike": {"aws:PrincipalOrgID": "${var.organisation}"}}"#, "unknown", "unknown"),
        (r#"{"StringEquals": {"aws:SomethingNew": "a"}}"#, "unknown", "unknown"),
        (r#"{"SomethingNew": {"aws:PrincipalOrgID": "a"}}"#, "unknown", "unknown"),
        (r#"{"StringEquals": {"aws:PrincipalIsAWSService": "a"}}"#, "service", "service"),
        (r#"{"Bool": {"aws:PrincipalIsAWSService": "true"}}"#, "service", "service"),
        (r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket"}}"#, "service", "account"),
        (r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}"#, "any-account", "service"),
        (
            r#"{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/1"]}}"#,
            "anyone",
            "nothing",
        ),
        (r#"{"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#, "anyone", "nothing"),
        (r#"{"StringEquals": {"kms:RecipientAttestation:PCR0": "ab"}}"#, "any-account", "context"),
    ] {
        let found = grants(&format!(
            r#"{{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
                "Condition": {condition}}}"#
        ));
        assert_eq!(found.len(), 1, "{condition}");
        assert_eq!(list(&found[0], Field::Breadth), breadth, "{condition}");
        assert_eq!(list(&found[0], Field::Conditions), words, "{condition}");
    }
}

#[test]
fn what_is_denied_is_taken_off_and_what_is_denied_to_some_is_told_apart() {
    let allow = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/a"},
        "Action": ["kms:Decrypt", "kms:Encrypt"], "Resource": "*"}"#;
    let deny = |rest: &str| {
        let found = grants(&format!(r#"{allow}, {{"Effect": "Deny", "Resource": "*", {rest}}}"#));
        found.iter().map(|fact| list(fact, Field::Actions)).collect::<Vec<_>>()
    };
    assert_eq!(deny(r#""Principal": "*", "Action": "kms:Enc*""#), ["kms:Decrypt"]);
    assert_eq!(
        deny(r#""Principal": {"AWS": "111122223333"}, "NotAction": "kms:Encrypt""#),
        ["kms:Encrypt"]
    );
    let other = r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/b"}, "Action": "kms:*""#;
    assert_eq!(deny(other), ["kms:Decrypt, kms:Encrypt"]);
    let spared =
        r#""NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/a"}, "Action": "kms:*""#;
    assert_eq!(deny(spared), ["kms:Decrypt, kms:Encrypt"]);
    let not_spared =
        r#""NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/b"}, "Action": "kms:*""#;
    assert_eq!(deny(not_spared), Vec::<String>::new());
    // Only what the condition is about is narrowed.
    let through = r#""Principal": "*", "Action": "kms:Decrypt",
        "Condition": {"StringNotEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}"#;
    assert_eq!(deny(through), ["kms:Encrypt", "kms:Decrypt"]);
}

#[test]
fn accounts_are_told_apart_also_without_their_number() {
    let own = "arn:aws:iam::${data.aws_caller_identity.current.account_id}";
    for (root, principal, breadth) in [
        (own, "arn:aws:iam::444455556666:root", "cross-account"),
        (own, "arn:aws:iam::444455556666:role/app", "named"),
        (own, "${aws_iam_role.app.arn}", "named"),
        (own, "${var.principal}", "unknown"),
        (own, "arn:aws:iam::${var.partner}:root", "unknown"),
        ("arn:aws:iam::111122223333", "444455556666", "cross-account"),
    ] {
        let text = format!(
            r#"{{"Statement": [
            {{"Effect": "Allow", "Principal": {{"AWS": "{root}:root"}}, "Action": "kms:*"}},
            {{"Effect": "Allow", "Principal": {{"AWS": "{principal}"}}, "Action": "kms:Decrypt"}}]}}"#
        );
        let facts = inspect_bytes("policy.json", text.as_bytes()).facts;
        let grants: Vec<&Fact> = facts.iter().filter(|fact| fact.kind == Kind::Grant).collect();
        assert_eq!(list(grants[0], Field::Breadth), "account");
        assert_eq!(list(grants[1], Field::Breadth), breadth, "{principal}");
    }
}

#[test]
fn a_policy_cut_anywhere_is_no_harm() {
    let text = format!(
        r#"{{"Policy": "{{\"Statement\": [{{\"Effect\": \"Deny\", \"NotPrincipal\": {{\"AWS\": [1, null,
        {{}}]}}, \"NotAction\": [\"kms:*\", 7], \"Condition\": {{\"Null\": [], \"Bool\": 3}}}}]}}",
        "PolicyName": "default", "KeyId": null, "Statement": [{ROOT}, 4, "a", null, []]}}"#
    );
    for end in 0..=text.len() {
        if let Some(part) = text.get(..end) {
            inspect_bytes("a.json", part.as_bytes());
        }
    }
}
