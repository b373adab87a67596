//! Programs of Pulumi in YAML and objects of Crossplane. Their providers are made out of those of
//! Terraform: resources and attributes are the same, under names that are spelt another way.
//!
//! Source: Pulumi documentation, "Pulumi YAML reference"; Upbound documentation, providers.

use std::cell::Cell;

use super::{
    Reading,
    lower::Resource,
    tree::{Entry, Node, Tree},
};

/// Values inside of one another, and those of one program.
const DEPTH: usize = 64;
const MOST_VALUES: usize = 200_000;

/// Where the resources of a module come from: the package and the module of Pulumi, the group of
/// Crossplane, and what names of types begin with in Terraform. Objects of Crossplane for Google have a
/// table of their own.
struct Module {
    pulumi: (&'static str, &'static str),
    crossplane: &'static str,
    prefix: &'static str,
}

const fn module(
    pulumi: (&'static str, &'static str),
    crossplane: &'static str,
    prefix: &'static str,
) -> Module {
    Module { pulumi, crossplane, prefix }
}

const MODULES: &[Module] = &[
    module(("alicloud", "kms"), "kms.alicloud", "alicloud_kms"),
    module(("aws", "iam"), "iam.aws", "aws_iam"),
    module(("aws", "kms"), "kms.aws", "aws_kms"),
    module(("azure", "authorization"), "authorization.azure", "azurerm_role"),
    module(("azure", "keyvault"), "keyvault.azure", "azurerm_key_vault"),
    module(("gcp", "kms"), "", "google_kms"),
    module(("ibm", "index"), "", "ibm"),
    module(("oci", "Kms"), "kms.oci", "oci_kms"),
    module(("vault", "index"), "vault.vault", "vault"),
    module(("vault", "transit"), "transit.vault", "vault_transit"),
    module(("yandex", "index"), "", "yandex"),
];

/// Types whose names follow no pattern.
const NAMES: &[(&str, &str)] = &[
    ("azurerm_key_vault_key_vault", "azurerm_key_vault"),
    ("azurerm_key_vault_vault", "azurerm_key_vault"),
    ("azurerm_role_role_assignment", "azurerm_role_assignment"),
];

/// Types of the native provider of Azure, which are those of ARM, or as the CLI prints them where
/// properties stand without a level of their own.
const NATIVE: &[(&str, &str, &str)] = &[
    ("authorization", "RoleAssignment", "azure:role-assignment"),
    ("keyvault", "Key", "Microsoft.KeyVault/vaults/keys"),
    ("keyvault", "ManagedHsm", "Microsoft.KeyVault/managedHSMs"),
    ("keyvault", "Vault", "Microsoft.KeyVault/vaults"),
];

/// Reads the resources of a document, if it is one of Pulumi or Crossplane.
pub(super) fn read(document: &Node, source: u32, reading: &mut Reading<'_>) {
    let Some(of) = reading.sources.get(source) else { return };
    let scope = of.path.clone();
    let mut add = |type_name: String, address: &str, body: Node, node: &Node| {
        let (address, scope, span) = (address.to_owned(), scope.clone(), node.span);
        reading.resources.push(Resource { type_name, address, scope, body, span });
    };
    if let (Some(group), Some(kind)) = (text(document, "apiVersion"), text(document, "kind")) {
        let body = document.get("spec").and_then(|spec| spec.get("forProvider"));
        if let (Some(body), Some(type_name)) = (body, crossplane_type(group, kind)) {
            let name = document.get("metadata").and_then(|of| text(of, "name")).unwrap_or_default();
            add(type_name, name, value(body, true, &Program::new(None), 0), document);
        }
        return;
    }
    let config = document.get("config").or_else(|| document.get("configuration"));
    let program = Program { config, ..Program::new(document.get("variables")) };
    for entry in document.get("resources").map(Node::entries).unwrap_or_default() {
        let Some((type_name, is_native)) = text(&entry.node, "type").and_then(pulumi_type) else {
            continue;
        };
        let null = Node::null(entry.node.span);
        let properties = entry.node.get("properties").unwrap_or(&null);
        let mut body = value(properties, !is_native, &program, 0);
        if body.is_null() {
            body.tree = Tree::Map(Vec::new());
        }
        if let (Some(guard), Tree::Map(entries)) = (guard(&entry.node), &mut body.tree) {
            entries.push(guard);
        }
        add(type_name, &entry.name, body, &entry.node);
    }
    if program.left.get() == 0 {
        let problem = "its variables come to more values than are looked at".to_owned();
        reading.problems.push((source, 0, problem));
    }
}

/// What keeps a resource from being destroyed, as Terraform says it.
fn guard(resource: &Node) -> Option<Entry> {
    let options = resource.get("options")?;
    let of = options.get("protect").or_else(|| options.get("retainOnDelete"))?;
    let entry = |name: &str, node| Entry { name: name.to_owned(), name_span: of.span, node };
    let inside = Tree::Map(vec![entry("prevent_destroy", of.clone())]);
    Some(entry("lifecycle", Node::new(inside, of.span)))
}

fn text<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    node.get(name).and_then(Node::as_text)
}

/// `kms.aws.upbound.io/v1beta1`, also of resources in a namespace: `kms.aws.m.upbound.io/v1beta1`.
fn crossplane_type(group: &str, kind: &str) -> Option<String> {
    let group = group.split('/').next()?;
    // The providers that came before have the same attributes.
    let group =
        group.strip_suffix(".upbound.io").or_else(|| group.strip_suffix(".crossplane.io"))?;
    let group = group.strip_suffix(".m").unwrap_or(group);
    let module = MODULES.iter().find(|module| module.crossplane == group && !group.is_empty())?;
    Some(type_of(module, kind))
}

/// `aws:kms:Key` or `aws:kms/key:Key`; and whether the provider is native, with ARM's own names.
fn pulumi_type(token: &str) -> Option<(String, bool)> {
    let mut parts = token.split(':');
    let (package, within, name) = (parts.next()?, parts.next()?, parts.next());
    let within_name = within.split('/').next().unwrap_or_default();
    // The module may be left out.
    let (within, name) = name.map_or(("index", within), |name| (within_name, name));
    if package == "azure-native" {
        let native = NATIVE.iter().find(|(module, of, _)| *module == within && *of == name)?;
        return Some((native.2.to_owned(), true));
    }
    let module = MODULES.iter().find(|module| module.pulumi == (package, within))?;
    Some((type_of(module, name), false))
}

fn type_of(module: &Module, kind: &str) -> String {
    let name = format!("{}_{}", module.prefix, snake(kind));
    let known = NAMES.iter().find(|(of, _)| *of == name);
    known.map_or(name, |(_, known)| (*known).to_owned())
}

/// `enableKeyRotation` as `enable_key_rotation`, `IAMMember` as `iam_member`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    let mut before = None;
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let begins = match before {
            Some(before) if c.is_ascii_uppercase() => {
                let is_last_of_many = rest.peek().is_some_and(char::is_ascii_lowercase);
                !char::is_ascii_uppercase(&before) || is_last_of_many
            }
            _ => false,
        };
        if begins && before != Some('_') {
            snake.push('_');
        }
        before = Some(c);
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// What names of a program stand for, and how many values it may still come to: variables may hold one
/// another.
struct Program<'a> {
    variables: Option<&'a Node>,
    /// What may be set for each stack, with what it is otherwise.
    config: Option<&'a Node>,
    left: Cell<usize>,
}

impl<'a> Program<'a> {
    fn new(variables: Option<&'a Node>) -> Self {
        Self { variables, config: None, left: Cell::new(MOST_VALUES) }
    }
}

/// A value, with the names of its members as Terraform spells them. A variable of the program that
/// stands alone is what it is defined as.
fn value(node: &Node, renames: bool, program: &Program<'_>, depth: usize) -> Node {
    program.left.set(program.left.get().saturating_sub(1));
    if depth > DEPTH || program.left.get() == 0 {
        return Node::unknown(node.span);
    }
    let variable = node.as_text().and_then(|text| text.strip_prefix("${")?.strip_suffix('}'));
    if let Some(variable) = variable.and_then(|name| program.variables?.get(name)) {
        return value(variable, renames, program, depth + 1);
    }
    let set = variable.and_then(|name| program.config?.get(name)?.get("default"));
    if let Some(set) = set {
        return value(set, renames, program, depth + 1);
    }
    let tree = match &node.tree {
        Tree::Text(text) if text.contains("${") => Tree::Partial(text.clone()),
        Tree::List(nodes) => {
            Tree::List(nodes.iter().map(|of| value(of, renames, program, depth + 1)).collect())
        }
        Tree::Map(entries) => match entries.as_slice() {
            // A policy is written as what it is.
            [only] if only.name.eq_ignore_ascii_case("fn::toJSON") => {
                return value(&only.node, false, program, depth + 1);
            }
            [only] if only.name.starts_with("fn::") => Tree::Unknown,
            _ => {
                let members = entries.iter().map(|of| member(of, renames, program, depth));
                Tree::Map(members.collect())
            }
        },
        _ => return node.clone(),
    };
    Node::new(tree, node.span)
}

/// A member of a map. `keyVaultIdRef: {name: pay}` of Crossplane stands for an attribute of another
/// object.
fn member(entry: &Entry, renames: bool, program: &Program<'_>, depth: usize) -> Entry {
    let name = if renames { snake(&entry.name) } else { entry.name.clone() };
    let other = entry.name.strip_suffix("Ref").and_then(|_| text(&entry.node, "name"));
    let (name, node) = match (name.strip_suffix("_ref"), other) {
        (Some(name), Some(other)) => {
            (name.to_owned(), Node::new(Tree::Partial(format!("${{{other}.id}}")), entry.node.span))
        }
        _ => (name, value(&entry.node, renames, program, depth + 1)),
    };
    Entry { name, name_span: entry.name_span, node }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_names_of_terraform() {
        for (token, wanted) in [
            ("aws:kms:Key", Some("aws_kms_key")),
            ("aws:kms/replicaKey:ReplicaKey", Some("aws_kms_replica_key")),
            ("azure:keyvault:KeyVault", Some("azurerm_key_vault")),
            ("azure-native:keyvault:Vault", Some("Microsoft.KeyVault/vaults")),
            ("vault:transit:SecretBackendKey", Some("vault_transit_secret_backend_key")),
            ("vault:Policy", Some("vault_policy")),
            (
                "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
                Some("google_kms_crypto_key_iam_member"),
            ),
            ("oci:Kms/key:Key", Some("oci_kms_key")),
            ("ibm:index/kmsKey:KmsKey", Some("ibm_kms_key")),
            ("azure-native:authorization:RoleAssignment", Some("azure:role-assignment")),
            ("aws:s3:Bucket", None),
            ("AWS::KMS::Key", None),
            ("", None),
        ] {
            assert_eq!(pulumi_type(token).map(|(of, _)| of).as_deref(), wanted, "{token}");
        }
        for (group, kind, wanted) in [
            ("kms.aws.upbound.io/v1beta1", "Key", Some("aws_kms_key")),
            ("keyvault.azure.m.upbound.io/v1beta1", "Vault", Some("azurerm_key_vault")),
            (
                "authorization.azure.upbound.io/v1beta1",
                "RoleAssignment",
                Some("azurerm_role_assignment"),
            ),
            ("kms.aws.crossplane.io/v1alpha1", "Key", Some("aws_kms_key")),
            ("iam.aws.upbound.io/v1beta1", "Policy", Some("aws_iam_policy")),
            ("v1", "Secret", None),
        ] {
            assert_eq!(crossplane_type(group, kind).as_deref(), wanted, "{group} {kind}");
        }
    }

    #[test]
    fn variables_that_hold_one_another_are_bounded() {
        let mut text = "variables:\n".to_owned();
        for number in 0..60 {
            let next = number + 1;
            text.push_str(&format!("  v{number}: ['${{v{next}}}', '${{v{next}}}']\n"));
        }
        text.push_str("  v60: end\nresources:\n  k:\n    type: aws:kms:Key\n    properties: {policy: '${v0}'}\n");
        let documents = crate::settings::yaml::parse(0, &text).documents;
        let program = Program::new(documents[0].get("variables"));
        let of = Node::new(Tree::text("${v0}"), documents[0].span);
        assert!(value(&of, true, &program, 0).elements().len() <= 2);
        assert_eq!(program.left.get(), 0);
    }
}
