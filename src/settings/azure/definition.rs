//! Roles of somebody's own: what is left of their actions once those that they leave out are taken off.
//! <https://learn.microsoft.com/azure/role-based-access-control/role-definitions>

use super::super::{
    lower::{Lowered, Resource, Scene},
    providers::Emission,
    shapes::is_like,
    tree::Node,
};
use crate::fact::{Field, Kind, Value};

/// Entries of one role that are looked at; Azure allows 1 MB for a role.
const MOST: usize = 5_000;

/// An operation: its name, and the capabilities that it gives.
type Operation = (&'static str, &'static [&'static str]);

/// What is done to stores and to who may use them, through Azure Resource Manager.
/// <https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault>
const CONTROL: &[Operation] = &[
    ("Microsoft.Authorization/elevateAccess/Action", &["delegate"]),
    ("Microsoft.Authorization/roleAssignments/write", &["delegate"]),
    ("Microsoft.Authorization/roleDefinitions/write", &["delegate"]),
    ("Microsoft.KeyVault/locations/deletedManagedHsms/purge/action", &["destroy"]),
    ("Microsoft.KeyVault/locations/deletedVaults/purge/action", &["destroy"]),
    ("Microsoft.KeyVault/managedHSMs/delete", &["destroy"]),
    // Makes the first version of a key that is not there yet, and never another one.
    ("Microsoft.KeyVault/managedHSMs/keys/write", &["administer"]),
    ("Microsoft.KeyVault/managedHSMs/write", &["administer"]),
    ("Microsoft.KeyVault/vaults/accessPolicies/write", &["delegate"]),
    ("Microsoft.KeyVault/vaults/delete", &["destroy"]),
    ("Microsoft.KeyVault/vaults/keys/write", &["administer"]),
    // Access policies are a part of the vault.
    ("Microsoft.KeyVault/vaults/write", &["administer", "delegate"]),
];

/// What is done to keys, through the store itself. Of a managed HSM:
/// <https://learn.microsoft.com/azure/key-vault/managed-hsm/built-in-roles>
const DATA: &[Operation] = &[
    ("Microsoft.KeyVault/managedHsm/backup/start/action", &["administer"]),
    ("Microsoft.KeyVault/managedHsm/keys/backup/action", &["administer"]),
    ("Microsoft.KeyVault/managedHsm/keys/create", &["replace"]),
    ("Microsoft.KeyVault/managedHsm/keys/decrypt/action", &["use"]),
    ("Microsoft.KeyVault/managedHsm/keys/delete", &["destroy"]),
    ("Microsoft.KeyVault/managedHsm/keys/deletedKeys/delete", &["destroy"]),
    ("Microsoft.KeyVault/managedHsm/keys/deletedKeys/recover/action", &["administer"]),
    ("Microsoft.KeyVault/managedHsm/keys/encrypt/action", &["use"]),
    ("Microsoft.KeyVault/managedHsm/keys/export/action", &["export"]),
    ("Microsoft.KeyVault/managedHsm/keys/import/action", &["replace"]),
    ("Microsoft.KeyVault/managedHsm/keys/release/action", &["export"]),
    ("Microsoft.KeyVault/managedHsm/keys/restore/action", &["replace"]),
    ("Microsoft.KeyVault/managedHsm/keys/rotate/action", &["replace"]),
    ("Microsoft.KeyVault/managedHsm/keys/sign/action", &["use"]),
    ("Microsoft.KeyVault/managedHsm/keys/unwrap/action", &["use"]),
    ("Microsoft.KeyVault/managedHsm/keys/wrap/action", &["wrap"]),
    ("Microsoft.KeyVault/managedHsm/keys/write/action", &["administer"]),
    ("Microsoft.KeyVault/managedHsm/restore/start/action", &["replace"]),
    ("Microsoft.KeyVault/managedHsm/roleAssignments/write/action", &["delegate"]),
    ("Microsoft.KeyVault/managedHsm/roleDefinitions/write/action", &["delegate"]),
    ("Microsoft.KeyVault/managedHsm/securitydomain/download/action", &["administer"]),
    ("Microsoft.KeyVault/managedHsm/securitydomain/upload/action", &["administer"]),
    ("Microsoft.KeyVault/vaults/keyrotationpolicies/write", &["administer"]),
    // A backup can be restored in the same geography and subscription alone.
    ("Microsoft.KeyVault/vaults/keys/backup/action", &["administer"]),
    ("Microsoft.KeyVault/vaults/keys/create/action", &["replace"]),
    ("Microsoft.KeyVault/vaults/keys/decrypt/action", &["use"]),
    ("Microsoft.KeyVault/vaults/keys/delete", &["destroy"]),
    ("Microsoft.KeyVault/vaults/keys/encrypt/action", &["use"]),
    ("Microsoft.KeyVault/vaults/keys/import/action", &["replace"]),
    ("Microsoft.KeyVault/vaults/keys/purge/action", &["destroy"]),
    ("Microsoft.KeyVault/vaults/keys/recover/action", &["administer"]),
    ("Microsoft.KeyVault/vaults/keys/release/action", &["export"]),
    ("Microsoft.KeyVault/vaults/keys/restore/action", &["replace"]),
    ("Microsoft.KeyVault/vaults/keys/rotate/action", &["replace"]),
    ("Microsoft.KeyVault/vaults/keys/sign/action", &["use"]),
    ("Microsoft.KeyVault/vaults/keys/unwrap/action", &["use"]),
    ("Microsoft.KeyVault/vaults/keys/update/action", &["administer"]),
    ("Microsoft.KeyVault/vaults/keys/wrap/action", &["wrap"]),
];

/// Beginnings of the operations of one store: who has all of them has everything.
const STORES: [&str; 2] =
    ["Microsoft.KeyVault/managedHsm/keys/", "Microsoft.KeyVault/vaults/keys/"];

/// The members of a permission, with what they leave out: as Azure and Terraform spell them.
const MEMBERS: [(&[Operation], [&str; 2], [&str; 2]); 2] = [
    (CONTROL, ["actions", "actions"], ["notActions", "not_actions"]),
    (DATA, ["dataActions", "data_actions"], ["notDataActions", "not_data_actions"]),
];

/// The evaluator `azure-role-definition`: the item is a permission of a role.
pub(crate) fn role_definition(
    _resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let Some(item) = scene.items.first() else { return };
    let mut fact = scene.fact(Kind::Grant, emission);
    let mut allowed: Vec<Operation> = Vec::new();
    let mut written: Vec<String> = Vec::new();
    let mut is_known = true;
    for (operations, names, left_out) in MEMBERS {
        let (Some(given), Some(taken)) = (entries(item, names), entries(item, left_out)) else {
            is_known = false;
            continue;
        };
        let mut is_placed = false;
        for (pattern, node) in &given {
            let before = allowed.len();
            let fits = |(name, gives): &&Operation| {
                // Whoever is given everything is not thereby meant to take keys out; and only keys
                // with a policy that says so can be.
                let is_meant = !pattern.contains('*') || *gives != ["export"];
                is_meant
                    && is_like(pattern, name)
                    && !taken.iter().any(|(taken, _)| is_like(taken, name))
            };
            allowed.extend(operations.iter().filter(fits));
            if allowed.len() > before {
                written.push((*pattern).to_owned());
                if !is_placed {
                    fact.places.entry(Field::Actions).or_insert_with(|| {
                        is_placed = true;
                        scene.sources.site(node.span, true)
                    });
                }
            }
        }
    }
    let mut capabilities: Vec<String> =
        allowed.iter().flat_map(|(_, gives)| gives.iter()).map(|&of| of.to_owned()).collect();
    capabilities.sort();
    capabilities.dedup();
    let has_all = |store: &&str| {
        let is_of_store =
            |(name, gives): &&Operation| name.starts_with(*store) && *gives != ["export"];
        let mut of_store = DATA.iter().filter(is_of_store);
        of_store.all(|operation| allowed.contains(operation))
    };
    let wildcards = if STORES.iter().any(has_all) { "all" } else { "none" };
    let capabilities = if is_known { Value::List(capabilities) } else { Value::Unknown };
    lowered.facts.push(
        fact.with(Field::Capabilities, capabilities)
            .with(Field::Actions, written)
            .with(Field::Wildcards, wildcards),
    );
}

/// The entries of a member under any of its names; nothing if some are not known.
fn entries<'a>(permission: &'a Node, names: [&str; 2]) -> Option<Vec<(&'a str, &'a Node)>> {
    let is_one = |name: &str| names.iter().any(|of| of.eq_ignore_ascii_case(name));
    let of = permission.entries().iter().filter(|entry| is_one(&entry.name));
    let nodes: Vec<&Node> = of.flat_map(|entry| entry.node.elements()).collect();
    if nodes.len() > MOST {
        return None;
    }
    nodes.into_iter().map(|node| Some((node.as_text()?, node))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_sorted_and_stand_once() {
        for operations in [CONTROL, DATA] {
            assert!(operations.is_sorted_by(|(a, _), (b, _)| a < b));
        }
    }
}
