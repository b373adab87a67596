//! Plans and states, as Terraform 1.11 has printed them.

use zeroize::Zeroizing;

use super::show;
use crate::settings::{Source, Sources, json, lower::Resource, terraform, tree::Node};

const FIRST: &str = include_str!("../../../../testdata/terraform/first.plan.json");
const SECOND: &str = include_str!("../../../../testdata/terraform/second.plan.json");
const STATE: &str = include_str!("../../../../testdata/terraform/state.tfstate");

fn document(text: &str) -> (Node, Sources) {
    let mut sources = Sources::default();
    let text = Zeroizing::new(text.to_owned());
    sources.add(Source::new("x.json".into(), None, text.clone()));
    (json::parse(0, &text).unwrap(), sources)
}

fn plan(text: &str) -> Vec<Resource> {
    let (document, sources) = document(text);
    assert!(terraform::plan::is(&document) && !terraform::state::is(&document));
    terraform::plan::resources(&document, "x.json", &sources)
}

fn attribute(resources: &[Resource], type_name: &str, address: &str, path: &str) -> String {
    let is_it = |of: &&Resource| of.type_name == type_name && of.address == address;
    let body = &resources.iter().find(is_it).unwrap().body;
    let look = body.find(&crate::settings::tree::Path::parse(path).unwrap());
    let unknown = if look.unknown { "?" } else { "" };
    let shown: Vec<String> = look.nodes.iter().map(|node| show(node)).collect();
    format!("{}{unknown}", shown.join(" "))
}

#[test]
fn a_plan_says_what_will_be_and_what_is_not_known_yet() {
    let resources = plan(FIRST);
    let of = |address: &str, path: &str| attribute(&resources, "terraform_data", address, path);
    let key = "module.vault.terraform_data.key[0]";
    assert_eq!(of(key, "input.rotate"), "false");
    assert_eq!(of(key, "input.policy.Statement.Principal"), "*");
    assert_eq!(of(key, "id"), "?");
    assert_eq!(of("module.other[\"a\"].terraform_data.key[1]", "input.policy"), "none");
    // Through the output of the module.
    assert_eq!(of("terraform_data.alias", "input"), format!("~${{{key}.id}}"));
    assert_eq!(of("terraform_data.alias", "$from"), "plan");
    assert!(resources.iter().all(|of| of.type_name == "terraform_data"));
}

#[test]
fn a_plan_says_what_changes_and_what_goes_is_not_judged() {
    let resources = plan(SECOND);
    let addresses = |type_name: &str| -> Vec<&str> {
        let of_type = resources.iter().filter(|of| of.type_name == type_name);
        of_type.map(|of| of.address.as_str()).collect()
    };
    let changes = "change:terraform_data";
    assert_eq!(addresses(changes), ["terraform_data.alias", "terraform_data.gone[0]"]);
    assert_eq!(addresses("terraform_data").len(), 5);
    let of = |path: &str| attribute(&resources, changes, "terraform_data.alias", path);
    assert_eq!(of("changed"), "[triggers_replace,id,output]");
    assert_eq!(of("before.triggers_replace"), "1");
    assert_eq!(of("after.triggers_replace"), "2");
    assert_eq!(of("actions"), "[delete,create]");
    assert_eq!(attribute(&resources, changes, "terraform_data.gone[0]", "actions"), "[delete]");
}

#[test]
fn planned_values_are_read_where_there_are_no_changes() {
    let (mut document, sources) = document(FIRST);
    if let crate::settings::tree::Tree::Map(entries) = &mut document.tree {
        entries.retain(|entry| entry.name != "resource_changes");
    }
    let resources = terraform::plan::resources(&document, "x.json", &sources);
    let key = "module.vault.terraform_data.key[0]";
    assert_eq!(attribute(&resources, "terraform_data", key, "input.rotate"), "false");
    assert_eq!(resources.len(), 6);
}

#[test]
fn a_state_has_every_instance_with_its_address() {
    let (document, sources) = document(STATE);
    assert!(terraform::state::is(&document) && !terraform::plan::is(&document));
    let resources = terraform::state::resources(&document, "x.json", &sources);
    let of = |address: &str, path: &str| attribute(&resources, "terraform_data", address, path);
    let key = "module.other[\"a\"].terraform_data.key[1]";
    assert_eq!(of(key, "input.value.policy"), "none");
    assert_eq!(of(key, "$from"), "state");
    assert_eq!(of("terraform_data.gone[0]", "input.value"), "x");
    assert_eq!(resources.len(), 6);
    let old = r#"{"version": 3, "serial": 1, "modules": [{"path": ["root", "m"], "resources": {
        "aws_kms_key.a": {"type": "aws_kms_key", "primary": {"attributes":
            {"enable_key_rotation": "false", "tags.%": "0"}}}}}]}"#;
    let (document, sources) = self::document(old);
    let resources = terraform::state::resources(&document, "x.json", &sources);
    let address = "module.m.aws_kms_key.a";
    assert_eq!(attribute(&resources, "aws_kms_key", address, "enable_key_rotation"), "false");
}

#[test]
fn no_damage_of_a_document_makes_it_fail() {
    for text in [FIRST, STATE] {
        let (document, sources) = document(text);
        let mut names: Vec<&str> = text.split('"').filter(|name| name.len() > 2).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            for other in ["[1]", "{}", "null", "\"module.a[\"", "true"] {
                let text = text.replace(&format!("\"{name}\""), "\"x\"");
                let text = text.replacen("\"x\":", &format!("\"{name}\": {other}, \"x\":"), 3);
                if let Ok(document) = json::parse(0, &text) {
                    terraform::plan::resources(&document, "x.json", &sources);
                    terraform::state::resources(&document, "x.json", &sources);
                }
            }
        }
        assert!(!document.entries().is_empty());
    }
}
