//! Modules are evaluated with what they are called with.

use super::evaluate_files;

pub(super) const MODULE: &str = r#"
variable "rotate" { default = false }
variable "name" {}
resource "aws_kms_key" "this" {
  enable_key_rotation = var.rotate
  description = var.name
}
output "arn" { value = aws_kms_key.this.arn }
output "name" { value = var.name }
"#;

#[test]
fn a_module_is_evaluated_with_what_it_is_called_with() {
    let root = r#"
module "pan" {
  source = "../modules/key"
  rotate = true
  name   = "pan"
}
module "each" {
  source   = "../modules/key/"
  for_each = toset(["a", "b"])
  name     = each.value
}
module "again" {
  source = "./inner"
  arn    = module.pan.arn
}
resource "aws_kms_alias" "pan" { target_key_id = module.pan.arn }
resource "aws_kms_alias" "b" { target_key_id = module.each["b"].arn }
resource "aws_kms_alias" "all" { names = values(module.each)[*].name }
"#;
    let inner = "variable \"arn\" {}\nresource \"x\" \"y\" { arn = var.arn }\n";
    for prefix in ["", "x.tar!tar:", "/abs/"] {
        let path = |path: &str| format!("{prefix}{path}");
        let evaluated = evaluate_files(&[
            (&path("modules/key/main.tf"), MODULE),
            (&path("prod/main.tf"), root),
            (&path("prod/inner/main.tf"), inner),
        ]);
        assert_eq!(evaluated.problems, [""; 0]);
        assert!(evaluated.resources.iter().all(|of| of.scope == path("prod")), "{prefix}");
        let key = "module.pan.aws_kms_key.this";
        assert_eq!(evaluated.show(key, "enable_key_rotation"), "true");
        assert_eq!(evaluated.show(key, "description"), "pan");
        let key = "module.each[\"b\"].aws_kms_key.this";
        assert_eq!(evaluated.show(key, "enable_key_rotation"), "false");
        assert_eq!(evaluated.show(key, "description"), "b");
        let arn = |of: &str| format!("~${{{of}.aws_kms_key.this.arn}}");
        assert_eq!(evaluated.show("aws_kms_alias.pan", "target_key_id"), arn("module.pan"));
        let each = arn("module.each[\"b\"]");
        assert_eq!(evaluated.show("aws_kms_alias.b", "target_key_id"), each);
        assert_eq!(evaluated.show("aws_kms_alias.all", "names"), "[a,b]");
        assert_eq!(evaluated.show("module.again.x.y", "arn"), arn("module.pan"));
        // A call is a resource as well, for modules of registries.
        assert_eq!(evaluated.show("module.pan", "name"), "pan");
    }
}

#[test]
fn a_module_that_nobody_calls_has_its_defaults() {
    let evaluated = evaluate_files(&[("modules/key/main.tf", MODULE)]);
    assert_eq!(evaluated.show("aws_kms_key.this", "enable_key_rotation"), "false");
    assert_eq!(evaluated.show("aws_kms_key.this", "description"), "~${var.name}");
    assert_eq!(evaluated.resources[0].scope, "modules/key");
}
