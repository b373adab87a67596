//! Policies, files and templates come to what they say.

use super::evaluate_files;

pub(super) const STATEMENTS: &str = r#"
data "aws_caller_identity" "me" {}
data "aws_iam_policy_document" "base" {
  statement {
    sid       = "a"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.me.account_id}:root"]
    }
  }
  statement {
    sid     = "b"
    effect  = "Deny"
    actions = ["kms:Decrypt"]
    not_principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = ["o-1"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:username"
      values   = ["&{aws:username}"]
    }
  }
}
data "aws_iam_policy_document" "whole" {
  source_policy_documents   = [data.aws_iam_policy_document.base.json]
  override_policy_documents = [jsonencode({ Statement = [{ Sid = "b", Effect = "Allow", Action = "kms:*", Principal = "*" }] })]
  statement {
    sid     = "c"
    actions = ["kms:Sign"]
  }
}
data "aws_iam_policy_document" "open" {
  source_policy_documents = [var.more]
  statement { actions = ["kms:Sign"] }
}
variable "more" {}
resource "aws_kms_key" "base" { policy = data.aws_iam_policy_document.base.json }
resource "aws_kms_key" "whole" { policy = data.aws_iam_policy_document.whole.json }
resource "aws_kms_key" "open" { policy = data.aws_iam_policy_document.open.json }
resource "aws_kms_key" "encoded" { policy = jsonencode({ Statement = [{ Principal = "*" }] }) }
resource "aws_kms_key" "heredoc" {
  policy = <<-EOT
    {"Statement": [{
      "Principal": {"AWS": "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root"},
      "Action": "kms:*"
    }]}
  EOT
}
"#;

#[test]
fn policy_documents_come_to_what_they_say() {
    let evaluated = evaluate_files(&[("main.tf", STATEMENTS)]);
    assert_eq!(
        evaluated.show("aws_kms_key.base", "policy"),
        "{Version:2012-10-17,Statement:[{Sid:a,Action:[kms:*],Resource:[*],Effect:Allow,\
         Principal:{AWS:[~arn:aws:iam::${data.aws_caller_identity.me.account_id}:root]}},\
         {Sid:b,Effect:Deny,Action:[kms:Decrypt],NotPrincipal:*,Condition:{StringEquals:\
         {aws:PrincipalOrgID:[o-1],aws:username:[${aws:username}]}}}]}"
    );
    assert_eq!(evaluated.show("aws_kms_key.whole", "policy.Statement.Sid"), "a b c");
    assert_eq!(evaluated.show("aws_kms_key.whole", "policy.Statement.Effect"), "Allow Allow Allow");
    assert_eq!(evaluated.at("aws_kms_key.whole", "policy.Statement.Effect"), "statement");
    assert_eq!(evaluated.show("aws_kms_key.open", "policy.Statement.Action"), "[kms:Sign] ?");
    assert_eq!(evaluated.at("aws_kms_key.encoded", "policy.Statement.Principal"), "\"*\"");
    assert_eq!(evaluated.show("aws_kms_key.heredoc", "policy.Statement.Action"), "kms:*");
    assert_eq!(evaluated.at("aws_kms_key.heredoc", "policy.Statement.Action"), "\"kms:*\"");
    assert_eq!(
        evaluated.show("aws_kms_key.heredoc", "policy.Statement.Principal.AWS"),
        "~arn:aws:iam::${data.aws_caller_identity.me.account_id}:root"
    );
}

#[test]
fn files_are_read_where_they_are_among_the_documents() {
    let main = r#"
resource "t" "file" { v = file("${path.module}/policy.json") }
resource "t" "other" { v = file("policies/${"p"}.hcl") }
resource "t" "template" { v = templatefile("./p.json.tftpl", { who = "*", names = ["a", "b"] }) }
resource "t" "gone" { v = file("gone.json") }
resource "t" "old" { v = data.template_file.old.rendered }
data "template_file" "old" {
  template = file("p.json.tftpl")
  vars = { who = "root", names = ["c"] }
}
"#;
    let template = "{\"Principal\": \"${who}\",\n \"Action\": ${jsonencode([for n in names : \"kms:${n}\"])}}\n";
    let evaluated = evaluate_files(&[
        ("infra/main.tf", main),
        ("infra/policy.json", "{\n  \"Principal\": \"*\"\n}\n"),
        ("infra/policies/p.hcl", "path \"a\" {\n  capabilities = [\"sudo\"]\n}\n"),
        ("infra/p.json.tftpl", template),
    ]);
    assert_eq!(evaluated.show("t.file", "v.Principal"), "*");
    assert_eq!(evaluated.at("t.file", "v.Principal"), "\"*\"");
    assert_eq!(evaluated.show("t.other", "v.path.capabilities"), "[sudo]");
    assert_eq!(evaluated.at("t.other", "v.path.capabilities[]"), "\"sudo\"");
    assert_eq!(evaluated.show("t.template", "v"), "{Principal:*,Action:[kms:a,kms:b]}");
    assert_eq!(evaluated.show("t.old", "v"), "{Principal:root,Action:[kms:c]}");
    assert_eq!(evaluated.show("t.gone", "v"), "?");
}
