//! What modules are called that are not in the same tree, and calls of modules that Terragrunt makes.
//!
//! Source: Terraform documentation, "Module Sources"; Terragrunt documentation, "Blocks and attributes".

use super::{join, module::Directory, split};
use crate::settings::{
    Reading,
    hcl::{
        self,
        syntax::{Attribute, Block, Body, Expr, Kind},
    },
    tree::{Node, Tree},
};

/// Names that Terragrunt's files have, of which the second is only included.
const NAMES: [&str; 2] = ["terragrunt.hcl", "root.hcl"];

/// Directories above one in which what it includes is looked for.
const ABOVE: usize = 16;

/// Whether a file says with which inputs Terragrunt calls a module.
pub(crate) fn is_terragrunt(path: &str) -> bool {
    NAMES.contains(&split(path).1)
}

/// The name of a module in a registry, however its source is written: `ORG/NAME/PROVIDER`.
pub(super) fn registry_name(source: &str) -> String {
    let source = source.split('?').next().unwrap_or(source);
    let source = source.strip_prefix("git::").unwrap_or(source);
    if let Some(rest) = source.strip_prefix("tfr://") {
        return rest.split_once('/').map_or(rest, |(_, name)| name).to_owned();
    }
    for host in ["registry.terraform.io/", "registry.opentofu.org/"] {
        if let Some(name) = source.strip_prefix(host) {
            return name.to_owned();
        }
    }
    // A repository of a module that the registry has is called `terraform-PROVIDER-NAME`.
    let repository =
        ["https://github.com/", "github.com/", "git@github.com:", "ssh://git@github.com/"]
            .iter()
            .find_map(|host| source.strip_prefix(host));
    let of_repository = repository.and_then(|of| {
        let (owner, name) = of.split_once('/')?;
        let name = name.strip_suffix(".git").unwrap_or(name).strip_prefix("terraform-")?;
        let (provider, name) = name.split_once('-')?;
        Some(format!("{owner}/{name}/{provider}"))
    });
    of_repository.unwrap_or_else(|| source.to_owned())
}

/// The literal source of a call of a module.
pub(super) fn source_of(block: &Block) -> Option<&str> {
    match &block.body.value("source")?.kind {
        Kind::Literal(Tree::Text(source)) => Some(source),
        _ => None,
    }
}

/// Adds what a file of Terragrunt says: a call of its module with its inputs, and with those of the
/// nearest file above it where it includes one.
pub(super) fn add_terragrunt(directory: &mut Directory, mut body: Body, reading: &Reading<'_>) {
    let source = body.blocks_named("terraform").find_map(|block| block.body.attribute("source"));
    let Some(source) = source else { return };
    let mut call = Body::default();
    let text = |value: &Expr| Node::new(value_of(value), value.span).as_text().map(str::to_owned);
    let Some(text) = text(&source.value) else { return };
    call.attributes.push(Attribute {
        name: "source".to_owned(),
        name_span: source.name_span,
        value: Expr { kind: Kind::Literal(Tree::text(text)), span: source.value.span },
    });
    let head = source.name_span;
    let includes = body.blocks_named("include").next().is_some();
    add_inputs(std::mem::take(&mut body.attributes), &mut call);
    if includes && let Some(above) = above(&directory.path, reading) {
        add_inputs(above.attributes, &mut call);
    }
    body.blocks.retain(|block| block.name == "locals");
    let name = split(&directory.path).1.to_owned();
    body.blocks.push(Block { name: "module".to_owned(), labels: vec![name], body: call, head });
    directory.add(body, false);
}

fn value_of(value: &Expr) -> Tree {
    match &value.kind {
        Kind::Literal(tree) => tree.clone(),
        _ => Tree::Unknown,
    }
}

/// Adds the members of `inputs` that are not there.
fn add_inputs(attributes: Vec<Attribute>, call: &mut Body) {
    let inputs = attributes.into_iter().find(|attribute| attribute.name == "inputs");
    let Some(Kind::Object(members)) = inputs.map(|inputs| inputs.value.kind) else { return };
    for (key, value) in members {
        let name = match &key.kind {
            Kind::Literal(Tree::Text(name)) => name.clone(),
            Kind::Name(name) => name.clone(),
            _ => continue,
        };
        if call.attribute(&name).is_none() {
            call.attributes.push(Attribute { name, name_span: key.span, value });
        }
    }
}

/// The nearest file above a directory that may be included.
fn above(directory: &str, reading: &Reading<'_>) -> Option<Body> {
    let mut at = directory.to_owned();
    for _ in 0..ABOVE {
        at = split(&at).0.to_owned();
        for name in NAMES {
            let path = join(&at, name);
            let mut sources = reading.sources.iter();
            let found = sources.find(|(_, source)| join(&source.path, ".") == path);
            if let Some((number, source)) = found {
                return Some(hcl::parse(number, &source.text).body);
            }
        }
        if at.is_empty() {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_of_a_registry_has_one_name() {
        for source in [
            "terraform-aws-modules/kms/aws",
            "registry.terraform.io/terraform-aws-modules/kms/aws",
            "tfr:///terraform-aws-modules/kms/aws?version=3.1.0",
            "tfr://registry.opentofu.org/terraform-aws-modules/kms/aws?version=3.1.0",
            "git::https://github.com/terraform-aws-modules/terraform-aws-kms.git?ref=v2.0.0",
            "github.com/terraform-aws-modules/terraform-aws-kms",
        ] {
            assert_eq!(registry_name(source), "terraform-aws-modules/kms/aws", "{source}");
        }
        assert_eq!(registry_name("./modules/kms"), "./modules/kms");
    }
}
