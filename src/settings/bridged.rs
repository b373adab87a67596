//! Programs of Pulumi in YAML and objects of Crossplane. Their providers are made out of those of
//! Terraform: resources and attributes are the same, under names that are spelt another way.
//!
//! Source: Pulumi documentation, "Pulumi YAML reference"; Upbound documentation, providers.

use super::{
    Reading,
    lower::Resource,
    tree::{Entry, Node, Tree},
};

/// Values inside of one another.
const DEPTH: usize = 64;

/// Where the resources of a module come from: the package and the module of Pulumi, the group of
/// Crossplane, and what names of types begin with in Terraform. Google's are not here: Terraform
/// protects them by other means, and its table tells the objects of Crossplane.
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
    module(("aws", "kms"), "kms.aws", "aws_kms"),
    module(("azure", "authorization"), "authorization.azure", "azurerm_role"),
    module(("azure", "keyvault"), "keyvault.azure", "azurerm_key_vault"),
    module(("vault", "index"), "vault.vault", "vault"),
    module(("vault", "transit"), "transit.vault", "vault_transit"),
];

/// Types whose names follow no pattern.
const NAMES: &[(&str, &str)] = &[
    ("azurerm_key_vault_key_vault", "azurerm_key_vault"),
    ("azurerm_key_vault_vault", "azurerm_key_vault"),
    ("azurerm_role_role_assignment", "azurerm_role_assignment"),
];

/// Types of the native provider of Azure, which are those of ARM.
const NATIVE: &[(&str, &str)] = &[
    ("Key", "Microsoft.KeyVault/vaults/keys"),
    ("ManagedHsm", "Microsoft.KeyVault/managedHSMs"),
    ("Vault", "Microsoft.KeyVault/vaults"),
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
            add(type_name, name, value(body, true, 0), document);
        }
        return;
    }
    for entry in document.get("resources").map(Node::entries).unwrap_or_default() {
        let Some((type_name, is_native)) = text(&entry.node, "type").and_then(pulumi_type) else {
            continue;
        };
        let null = Node::null(entry.node.span);
        let properties = entry.node.get("properties").unwrap_or(&null);
        let mut body = value(properties, !is_native, 0);
        if body.is_null() {
            body.tree = Tree::Map(Vec::new());
        }
        add(type_name, &entry.name, body, &entry.node);
    }
}

fn text<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    node.get(name).and_then(Node::as_text)
}

/// `kms.aws.upbound.io/v1beta1`, also of resources in a namespace: `kms.aws.m.upbound.io/v1beta1`.
fn crossplane_type(group: &str, kind: &str) -> Option<String> {
    let group = group.split('/').next()?.strip_suffix(".upbound.io")?;
    let group = group.strip_suffix(".m").unwrap_or(group);
    let module = MODULES.iter().find(|module| module.crossplane == group)?;
    Some(type_of(module, kind))
}

/// `aws:kms:Key` or `aws:kms/key:Key`; and whether the provider is native, with ARM's own names.
fn pulumi_type(token: &str) -> Option<(String, bool)> {
    let mut parts = token.split(':');
    let (package, within, name) = (parts.next()?, parts.next()?, parts.next());
    let within_name = within.split('/').next().unwrap_or_default();
    // The module may be left out.
    let (within, name) = name.map_or(("index", within), |name| (within_name, name));
    if package == "azure-native" && within == "keyvault" {
        let native = NATIVE.iter().find(|(of, _)| *of == name)?;
        return Some((native.1.to_owned(), true));
    }
    let module = MODULES.iter().find(|module| module.pulumi == (package, within))?;
    Some((type_of(module, name), false))
}

fn type_of(module: &Module, kind: &str) -> String {
    let name = format!("{}_{}", module.prefix, snake(kind));
    let known = NAMES.iter().find(|(of, _)| *of == name);
    known.map_or(name, |(_, known)| (*known).to_owned())
}

/// `enableKeyRotation` as `enable_key_rotation`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    let mut was_small = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && was_small {
            snake.push('_');
        }
        was_small = c.is_ascii_lowercase() || c.is_ascii_digit();
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// A value, with the names of its members as Terraform spells them.
fn value(node: &Node, renames: bool, depth: usize) -> Node {
    if depth > DEPTH {
        return Node::unknown(node.span);
    }
    let tree = match &node.tree {
        Tree::Text(text) if text.contains("${") => Tree::Partial(text.clone()),
        Tree::List(nodes) => {
            Tree::List(nodes.iter().map(|node| value(node, renames, depth + 1)).collect())
        }
        Tree::Map(entries) => match entries.as_slice() {
            // A policy is written as what it is.
            [only] if only.name.eq_ignore_ascii_case("fn::toJSON") => {
                return value(&only.node, false, depth + 1);
            }
            [only] if only.name.starts_with("fn::") => Tree::Unknown,
            _ => Tree::Map(entries.iter().map(|entry| member(entry, renames, depth)).collect()),
        },
        _ => return node.clone(),
    };
    Node::new(tree, node.span)
}

/// A member of a map. `keyVaultIdRef: {name: pay}` of Crossplane stands for an attribute of another
/// object.
fn member(entry: &Entry, renames: bool, depth: usize) -> Entry {
    let name = if renames { snake(&entry.name) } else { entry.name.clone() };
    let other = entry.name.strip_suffix("Ref").and_then(|_| text(&entry.node, "name"));
    let (name, node) = match (name.strip_suffix("_ref"), other) {
        (Some(name), Some(other)) => {
            (name.to_owned(), Node::new(Tree::Partial(format!("${{{other}.id}}")), entry.node.span))
        }
        _ => (name, value(&entry.node, renames, depth + 1)),
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
            ("v1", "Secret", None),
        ] {
            assert_eq!(crossplane_type(group, kind).as_deref(), wanted, "{group} {kind}");
        }
    }
}
