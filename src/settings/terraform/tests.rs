//! What is written comes to what Terraform would make of it.

mod documents;
mod limits;
mod modules;
mod printed;

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use super::*;
use crate::settings::{
    Source, Sources,
    providers::Providers,
    tree::{Node, Path, Tree},
};

pub(super) struct Evaluated {
    pub resources: Vec<Resource>,
    pub problems: Vec<String>,
    pub sources: Sources,
}

/// All resources of some files, each by its path and text.
pub(super) fn evaluate_files(files: &[(&str, &str)]) -> Evaluated {
    let mut sources = Sources::default();
    for (path, text) in files {
        let text = Zeroizing::new((*text).to_owned());
        sources.add(Source::new((*path).to_owned(), None, text));
    }
    let providers = Providers::read(&[]).unwrap();
    let marked = (0..u32::try_from(files.len()).unwrap()).collect::<BTreeSet<u32>>();
    let reading = Reading::new(&providers, &sources, marked);
    let (resources, problems) = evaluated(&reading, &|_| true).unwrap();
    let problems = problems.into_iter().map(|(_, _, problem)| problem).collect();
    Evaluated { resources, problems, sources }
}

impl Evaluated {
    fn body(&self, address: &str) -> &Node {
        let addresses: Vec<&str> = self.resources.iter().map(|r| r.address.as_str()).collect();
        let found = self.resources.iter().find(|resource| resource.address == address);
        &found.unwrap_or_else(|| panic!("{address} is not among {addresses:?}")).body
    }

    fn show(&self, address: &str, path: &str) -> String {
        let look = self.body(address).find(&Path::parse(path).unwrap());
        let mut shown: Vec<String> = look.nodes.iter().map(|node| show(node)).collect();
        if look.unknown {
            shown.push("?".into());
        }
        shown.join(" ")
    }

    /// The text that a value points to.
    fn at(&self, address: &str, path: &str) -> &str {
        let look = self.body(address).find(&Path::parse(path).unwrap());
        let span = look.nodes[0].span;
        let text = &self.sources.get(span.source).unwrap().text;
        &text[span.start as usize..span.end as usize]
    }
}

/// A value in short: JSON without quotes around names, `?` for unknown, `~` before partial texts.
fn show(node: &Node) -> String {
    match &node.tree {
        Tree::Null => "null".into(),
        Tree::Bool(_) | Tree::Number(_) => node.scalar().unwrap().into_owned(),
        Tree::Text(text) => text.clone(),
        Tree::Partial(text) => format!("~{text}"),
        Tree::List(nodes) => {
            format!("[{}]", nodes.iter().map(show).collect::<Vec<_>>().join(","))
        }
        Tree::Map(entries) => {
            let of = entries.iter().map(|entry| format!("{}:{}", entry.name, show(&entry.node)));
            format!("{{{}}}", of.collect::<Vec<_>>().join(","))
        }
        Tree::Unknown => "?".into(),
    }
}

/// What an expression comes to, beside some declarations.
fn value_in(declarations: &str, expression: &str) -> String {
    let text = format!("{declarations}\nresource \"t\" \"n\" {{\n  v = {expression}\n}}\n");
    let evaluated = evaluate_files(&[("main.tf", &text)]);
    assert_eq!(evaluated.problems, [""; 0], "{expression}");
    show(evaluated.body("t.n").get("v").unwrap())
}

#[test]
fn expressions_and_functions() {
    for (expression, value) in [
        ("1 + 2 * 3", "7"),
        ("-(4 - 6) / 2", "1"),
        ("7 % 4 == 3 && !false", "true"),
        ("unknown.x.y == 1 || true", "true"),
        ("true ? \"a\" : 1", "a"),
        ("unknown.x.y ? \"a\" : \"a\"", "a"),
        ("unknown.x.y ? \"a\" : \"b\"", "?"),
        ("[for k, v in {a = 1, b = 2} : \"${k}${v}\" if v > 1]", "[b2]"),
        ("{for v in [\"a\", \"b\"] : v => upper(v)}", "{a:A,b:B}"),
        ("{for v in [\"a\", \"b\", \"a\"] : v => 1...}", "{a:[1,1],b:[1]}"),
        ("[{a = 1}, {a = 2}][*].a", "[1,2]"),
        ("[{a = [1]}, {a = [2]}].*.a[0]", "[1]"),
        ("{a = {b = [1, 2]}}.a.b[1]", "2"),
        ("\"%{ for x in [1, 2] ~}\\n<${x}>\\n%{ endfor ~}\\nend\"", "<1>\n<2>\nend"),
        ("\"%{ if 1 == 2 }a%{ else }b%{ endif }\"", "b"),
        ("\"$${aws:username} %%{x}\"", "${aws:username} %{x}"),
        ("try({a = 1}.b, \"other\")", "other"),
        ("can({a = 1}.a)", "true"),
        ("can([][0])", "false"),
        ("coalesce(null, \"\", \"x\")", "x"),
        ("merge({a = 1, b = 2}, {b = 3})", "{a:1,b:3}"),
        ("concat([1], [2, 3])", "[1,2,3]"),
        ("flatten([[1, [2]], []])", "[1,2]"),
        ("lookup({a = 1}, \"b\", 2)", "2"),
        ("format(\"%s-%d%%\", \"a\", 5)", "a-5%"),
        ("join(\",\", [\"a\", \"b\"])", "a,b"),
        ("split(\":\", \"a:b\")", "[a,b]"),
        ("replace(\"a-b\", \"-\", \"_\")", "a_b"),
        ("replace(\"a1b\", \"/([0-9])/\", \"<$1>\")", "a<1>b"),
        ("lower(\"AB\")", "ab"),
        ("title(\"hello world\")", "Hello World"),
        ("toset([\"b\", \"a\", \"b\"])", "[a,b]"),
        ("keys({b = 1, a = 2})", "[a,b]"),
        ("values({b = 1, a = 2})", "[2,1]"),
        ("length([1, 2])", "2"),
        ("contains([\"a\"], \"a\")", "true"),
        ("contains([\"a\", unknown.x.y], \"b\")", "?"),
        ("element([1, 2], 3)", "2"),
        ("distinct([1, 1, 2])", "[1,2]"),
        ("compact([\"a\", \"\"])", "[a]"),
        ("setproduct([1, 2], [\"a\"])", "[[1,a],[2,a]]"),
        ("zipmap([\"a\"], [1])", "{a:1}"),
        ("regex(\"^([a-z]+)([0-9]+)$\", \"ab12\")", "[ab,12]"),
        ("regex(\"[0-9]+\", \"ab12\")", "12"),
        ("can(regex(\"^x\", \"ab\"))", "false"),
        ("base64encode(\"hello\")", "aGVsbG8="),
        ("base64decode(\"aGVsbG8=\")", "hello"),
        ("trimspace(\" a \")", "a"),
        ("trimprefix(\"alias/a\", \"alias/\")", "a"),
        ("substr(\"hello\", 1, 3)", "ell"),
        ("range(3)", "[0,1,2]"),
        ("one([5])", "5"),
        ("max([1, 5, 2]...)", "5"),
        ("tonumber(\"5\") + 1", "6"),
        ("jsondecode(\"{\\\"a\\\": [1]}\").a[0]", "1"),
        ("yamldecode(\"a: [1, 2]\").a[1]", "2"),
        ("jsonencode({a = [1]})", "{a:[1]}"),
        ("\"x${jsonencode({a = [1]})}\"", "x{\"a\":[1]}"),
        ("alltrue([true, 1 == 1])", "true"),
        ("uuid()", "?"),
        ("md5(\"a\")", "?"),
        ("lower(unknown.x.y)", "?"),
        ("slice([1, 2, 3], 1, 3)", "[2,3]"),
        ("sum([1, 2])", "3"),
    ] {
        assert_eq!(value_in("", expression), value, "{expression}");
    }
}

#[test]
fn heredocs_keep_and_lose_their_indent() {
    let text = "resource \"t\" \"n\" {\n  a = <<EOT\n  x ${1 + 1}\nEOT\n  b = <<-EOT\n    x\n      y\n  \
                EOT\n}\n";
    let evaluated = evaluate_files(&[("main.tf", text)]);
    assert_eq!(evaluated.show("t.n", "a"), "  x 2\n");
    assert_eq!(evaluated.show("t.n", "b"), "x\n  y\n");
}

#[test]
fn a_variable_is_its_default_or_what_sets_it() {
    let main = r#"
variable "rotate" { default = false }
variable "days" { type = number }
variable "name" { type = string }
variable "prod" {}
variable "keys" {
  type = map(object({ days = optional(number, 30), rotate = optional(bool) }))
  default = { a = {}, b = { days = "7" } }
}
resource "t" "n" {
  rotate = var.rotate
  days   = var.days
  name   = "key-${var.name}"
  prod   = var.prod
  keys   = var.keys
}
"#;
    let evaluated = evaluate_files(&[
        ("infra/main.tf", main),
        ("infra/terraform.tfvars", "prod = \"no\"\n"),
        ("infra/a.auto.tfvars", "prod = \"yes\"\n"),
        ("infra/b.tfvars", "prod = \"other\"\n"),
    ]);
    assert_eq!(evaluated.show("t.n", "rotate"), "false");
    assert_eq!(evaluated.at("t.n", "rotate"), "false");
    assert_eq!(evaluated.show("t.n", "days"), "?");
    assert_eq!(evaluated.show("t.n", "name"), "~key-${var.name}");
    assert_eq!(evaluated.show("t.n", "prod"), "yes");
    assert_eq!(evaluated.show("t.n", "keys.a.days"), "30");
    assert_eq!(evaluated.show("t.n", "keys.b.days"), "7");
    assert_eq!(evaluated.show("t.n", "keys.b.rotate"), "");
    assert_eq!(evaluated.resources[0].scope, "infra");
    assert_eq!(evaluated.resources[0].type_name, "t");
}

#[test]
fn locals_are_followed_and_circles_are_unknown() {
    let of = "locals {\n a = local.b\n b = \"x\"\n c = local.d\n d = local.c\n}";
    assert_eq!(value_in(of, "local.a"), "x");
    assert_eq!(value_in(of, "local.c"), "?");
    let chain: String = (0..5_000).map(|n| format!("x{n} = local.x{}\n", n + 1)).collect();
    assert_eq!(value_in(&format!("locals {{\n{chain}x5000 = 1\n}}"), "local.x0"), "?");
}

#[test]
fn attributes_of_resources_are_references_or_what_is_written() {
    let of = r#"
resource "aws_kms_key" "a" { description = "pan" }
resource "aws_kms_key" "n" { count = 2 }
resource "aws_kms_key" "e" { for_each = toset(["x", "y"]) }
resource "aws_kms_key" "u" { count = var.unknown }
resource "aws_kms_key" "v" { for_each = var.unknown }
resource "aws_kms_key" "none" { count = 0 }
data "aws_caller_identity" "me" {}
variable "unknown" { type = list(string) }
"#;
    for (expression, value) in [
        ("aws_kms_key.a.arn", "~${aws_kms_key.a.arn}"),
        ("aws_kms_key.a.description", "pan"),
        ("aws_kms_key.a.name", "~${aws_kms_key.a.name}"),
        ("aws_kms_key.n[1].arn", "~${aws_kms_key.n[1].arn}"),
        ("aws_kms_key.n[2].arn", "?"),
        ("aws_kms_key.n[*].arn", "[~${aws_kms_key.n[0].arn},~${aws_kms_key.n[1].arn}]"),
        ("aws_kms_key.e[\"x\"].arn", "~${aws_kms_key.e[\"x\"].arn}"),
        (
            "values(aws_kms_key.e)[*].arn",
            "[~${aws_kms_key.e[\"x\"].arn},~${aws_kms_key.e[\"y\"].arn}]",
        ),
        ("{for k, v in aws_kms_key.e : k => v.arn}.y", "~${aws_kms_key.e[\"y\"].arn}"),
        ("aws_kms_key.u[0].arn", "~${aws_kms_key.u[0].arn}"),
        ("join(\"\", aws_kms_key.u.*.arn)", "~${aws_kms_key.u[0].arn}"),
        ("aws_kms_key.v[\"q\"].arn", "~${aws_kms_key.v.arn}"),
        ("try(aws_kms_key.none[0].arn, \"alias/other\")", "alias/other"),
        ("one(aws_kms_key.none[*].arn)", "null"),
        ("element(concat(aws_kms_key.n.*.arn, [\"\"]), 0)", "~${aws_kms_key.n[0].arn}"),
        ("aws_kms_key.gone.arn", "~${aws_kms_key.gone.arn}"),
        (
            "\"arn:aws:iam::${data.aws_caller_identity.me.account_id}:root\"",
            "~arn:aws:iam::${data.aws_caller_identity.me.account_id}:root",
        ),
        ("module.gone.key_arn", "~${module.gone.key_arn}"),
    ] {
        assert_eq!(value_in(of, expression), value, "{expression}");
    }
}

#[test]
fn count_and_for_each_make_several() {
    let text = r#"
resource "a" "n" {
  count = 2
  v = "k${count.index}"
}
resource "a" "m" {
  for_each = { x = { days = 1 }, y = { days = 2 } }
  v = "${each.key}-${each.value.days}"
}
resource "a" "none" { count = false ? 1 : 0 }
variable "create" {}
resource "a" "maybe" { count = var.create ? 1 : 0 }
"#;
    let evaluated = evaluate_files(&[("main.tf", text)]);
    let addresses: Vec<&str> = evaluated.resources.iter().map(|r| r.address.as_str()).collect();
    assert_eq!(addresses, ["a.m[\"x\"]", "a.m[\"y\"]", "a.maybe[0]", "a.n[0]", "a.n[1]"]);
    assert_eq!(evaluated.show("a.n[1]", "v"), "k1");
    assert_eq!(evaluated.show("a.m[\"y\"]", "v"), "y-2");
    let head = evaluated.resources[3].span;
    let text = &evaluated.sources.get(0).unwrap().text;
    assert_eq!(&text[head.start as usize..head.end as usize], "resource \"a\" \"n\"");
}

#[test]
fn blocks_are_lists_of_maps_also_where_they_are_dynamic() {
    let text = r#"
variable "u" {}
resource "a" "n" {
  one { x = 1 }
  dynamic "many" {
    for_each = ["p", "q"]
    content {
      x = many.value
      inner { y = many.key }
    }
  }
  dynamic "named" {
    for_each = { k = 5 }
    iterator = it
    content { x = "${it.key}${it.value}" }
  }
  dynamic "open" {
    for_each = var.u
    content { x = open.value }
  }
  lifecycle { prevent_destroy = true }
}
"#;
    let evaluated = evaluate_files(&[("main.tf", text)]);
    assert_eq!(evaluated.show("a.n", "one"), "[{x:1}]");
    assert_eq!(evaluated.show("a.n", "many"), "[{x:p,inner:[{y:0}]},{x:q,inner:[{y:1}]}]");
    assert_eq!(evaluated.show("a.n", "named"), "[{x:k5}]");
    assert_eq!(evaluated.show("a.n", "open.x"), "?");
    assert_eq!(evaluated.show("a.n", "lifecycle.prevent_destroy"), "true");
}

#[test]
fn json_syntax_is_the_same() {
    let main = r#"{
  "variable": {"rotate": {"default": false, "type": "bool"}},
  "locals": {"name": "a-${var.rotate ? 1 : 2}"},
  "resource": {"aws_kms_key": {"pan": {
    "count": 2,
    "enable_key_rotation": "${var.rotate}",
    "description": "${local.name} $${x}",
    "rule": [{"x": 1}],
    "dynamic": {"many": [{"for_each": ["p"], "content": {"x": "${many.value}"}}]}
  }}},
  "output": {"arn": {"value": "${aws_kms_key.pan[0].arn}"}}
}"#;
    let evaluated = evaluate_files(&[("main.tf.json", main)]);
    assert_eq!(evaluated.problems, [""; 0]);
    let key = "aws_kms_key.pan[1]";
    assert_eq!(evaluated.show(key, "enable_key_rotation"), "false");
    assert_eq!(evaluated.show(key, "description"), "a-2 ${x}");
    assert_eq!(evaluated.show(key, "rule.x"), "1");
    assert_eq!(evaluated.show(key, "many.x"), "p");
    assert_eq!(evaluated.at(key, "enable_key_rotation"), "false");
}

#[test]
fn a_mistake_costs_a_block() {
    let text = "resource \"a\" \"b\" {\n  x = = 1\n}\nresource \"a\" \"c\" {\n  x = 1\n}\n";
    let evaluated = evaluate_files(&[("main.tf", text)]);
    assert_eq!(evaluated.problems.len(), 1);
    assert_eq!(evaluated.show("a.c", "x"), "1");
}
