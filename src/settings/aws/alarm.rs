//! Alarms on what is done to keys: metric filters of CloudTrail's log, and event rules.

use crate::{
    fact::{Field, Kind},
    settings::{
        lower::{Lowered, Resource, Scene},
        providers::Emission,
        tree::{Node, Tree},
    },
};

/// Calls by which a key is lost; a pattern that names one of them is meant as an alarm on keys.
const LOST: [&str; 2] = ["DisableKey", "ScheduleKeyDeletion"];

/// Calls by which another key comes into the place of one.
const REPLACED: [&str; 5] =
    ["PutKeyPolicy", "UpdateAlias", "ImportKeyMaterial", "CreateGrant", "UpdateCustomKeyStore"];

/// The evaluator `aws-alarm`: the item is a pattern, as a text or as a map.
pub(crate) fn alarm(_: &Resource, scene: &Scene<'_>, emission: &Emission, lowered: &mut Lowered) {
    let Some(item) = scene.items.first() else { return };
    let mut names = String::new();
    if !collect(item, &mut names) {
        lowered.undecided += 1;
        return;
    }
    let has = |name: &&str| names.contains(*name);
    if !LOST.iter().any(&has) {
        return;
    }
    let missing: Vec<String> = LOST
        .iter()
        .chain(&REPLACED)
        .filter(|name| !has(name))
        .map(|&name| format!("kms:{name}"))
        .collect();
    if !missing.is_empty() {
        let fact = scene.fact(Kind::Setting, emission).with(Field::Actions, missing);
        lowered.facts.push(fact);
    }
}

/// Adds all texts of a pattern; false if some are not known.
fn collect(node: &Node, names: &mut String) -> bool {
    match &node.tree {
        Tree::Text(text) | Tree::Partial(text) => {
            names.push_str(text);
            names.push('\n');
            true
        }
        Tree::List(nodes) => nodes.iter().all(|node| collect(node, names)),
        Tree::Map(entries) => entries.iter().all(|entry| collect(&entry.node, names)),
        Tree::Unknown => false,
        Tree::Null | Tree::Bool(_) | Tree::Number(_) => true,
    }
}
