//! What a field is, out of the values that its paths lead to.

use std::collections::BTreeSet;

use super::{
    durations,
    providers::{Spec, Take},
    tree::{Node, Tree},
};
use crate::{
    fact::{Field, Value},
    rule::{Type, type_of_field},
};

/// The value that `nodes`, of which there is at least one, stand for.
pub(super) fn take(field: Field, spec: &Spec, nodes: &[&Node], scope: &str) -> Value {
    let Some(first) = nodes.first() else { return Value::Unknown };
    let value = match spec.take {
        Take::Present => Some(Value::Bool(true)),
        Take::Count => {
            let count = nodes.iter().map(|node| node.elements().len() as u64).sum::<u64>();
            Some(Value::Int(count))
        }
        Take::Key => first.as_partial().map(|text| Value::Text(key_identity(text, scope))),
        Take::Partial => first
            .as_partial()
            .map(|text| Value::Text(text.to_owned()))
            .or_else(|| first.scalar().map(|text| Value::Text(text.into_owned()))),
        Take::List => return take_list(spec, nodes),
        Take::Names => return take_names(spec, nodes),
        Take::Any => {
            let mut texts = nodes.iter().flat_map(|node| node.elements()).map(Node::scalar);
            let holds = texts.any(|text| text.is_some_and(|text| mapped(spec, &text).is_some()));
            Some(Value::Bool(holds))
        }
        Take::Days => first.scalar().and_then(|text| durations::days(&text)).map(Value::Int),
        // Where people read it, there is a unit: `2160h`.
        Take::DaysOfSeconds => match first.as_int() {
            Some(seconds) => Some(Value::Int(seconds / 86_400)),
            None => first.as_text().and_then(durations::days).map(Value::Int),
        },
        Take::DaysOfHours => first.as_int().map(|hours| Value::Int(hours / 24)),
        Take::BitsOfBase64 => first.as_text().and_then(durations::bits_of_base64).map(Value::Int),
        Take::BitsOfBase64Bytes => {
            first.as_text().and_then(durations::bytes_of_base64).map(|bytes| Value::Int(bytes * 8))
        }
        Take::Value => match &spec.table {
            Some(table) => match &first.tree {
                Tree::Partial(text) => {
                    let known = text.split("${").next().unwrap_or_default();
                    // A secret that stands elsewhere is not written out here.
                    let is_elsewhere = spec.is_secret && known.is_empty();
                    table.get_by_beginning(known).filter(|_| !is_elsewhere).cloned()
                }
                _ if type_of_field(field) == Type::List => return take_list(spec, nodes),
                _ => first.scalar().and_then(|text| mapped(spec, &text)),
            },
            None => match type_of_field(field) {
                Type::Bool => first.as_bool().map(Value::Bool),
                Type::Int => first.as_int().map(|int| Value::Int(int.saturating_mul(spec.times))),
                Type::List => return take_list(spec, nodes),
                _ => first.scalar().map(|text| Value::Text(text.into_owned())),
            },
        },
    };
    value.unwrap_or(Value::Unknown)
}

fn take_list(spec: &Spec, nodes: &[&Node]) -> Value {
    let mut texts = BTreeSet::new();
    for node in nodes.iter().flat_map(|node| node.elements()) {
        let Some(text) = node.scalar() else { return Value::Unknown };
        match (&spec.table, mapped(spec, &text)) {
            (_, Some(Value::Unknown)) => return Value::Unknown,
            (None, _) => {
                texts.insert(text.into_owned());
            }
            (Some(_), Some(Value::List(more))) => texts.extend(more),
            (Some(_), Some(value)) => {
                texts.insert(value.to_string());
            }
            // What the table does not know says nothing.
            (Some(_), None) => {}
        }
    }
    Value::List(texts.into_iter().collect())
}

fn take_names(spec: &Spec, nodes: &[&Node]) -> Value {
    let mut texts = BTreeSet::new();
    for entry in nodes.iter().flat_map(|node| node.entries()) {
        if entry.node.is_unknown() && mapped(spec, &entry.name).is_some() {
            return Value::Unknown;
        }
        if entry.node.as_bool() != Some(true) {
            continue;
        }
        match (&spec.table, mapped(spec, &entry.name)) {
            (None, _) => {
                texts.insert(entry.name.clone());
            }
            (Some(_), Some(value)) => {
                texts.insert(value.to_string());
            }
            (Some(_), None) => {}
        }
    }
    Value::List(texts.into_iter().collect())
}

pub(super) fn mapped(spec: &Spec, text: &str) -> Option<Value> {
    spec.table.as_ref()?.get(text).cloned()
}

/// The identity of a key by the text that names it: the address of its declaration for
/// `${aws_kms_key.a.arn}`, the text itself for an identifier.
pub(crate) fn key_identity(text: &str, scope: &str) -> String {
    let inside = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    match inside.filter(|inside| !inside.contains("${")) {
        Some(inside) => {
            // A variable, or an output of a module that is not at hand, is itself what is meant.
            let is_whole = inside.starts_with("var.")
                || (inside.starts_with("module.") && inside.matches('.').count() == 2);
            let address = inside.rsplit_once('.').filter(|_| !is_whole);
            let address = address.map_or(inside, |(address, _)| address);
            format!("{scope}#{address}")
        }
        None => {
            // The full name of a resource begins with its service: `//kms.example.com/projects/…`.
            let text = text.trim();
            let name = text.strip_prefix("//").and_then(|rest| rest.split_once('/'));
            let name = name.map_or(text, |(_, name)| name);
            // A version is of the key, whichever it is.
            let is_in_vault = |vault: &str| {
                vault.ends_with(".vault.azure.net") || vault.ends_with(".managedhsm.azure.net")
            };
            match name.split_once("/keys/").filter(|(vault, _)| is_in_vault(vault)) {
                Some((vault, rest)) => {
                    format!("{vault}/keys/{}", rest.split('/').next().unwrap_or_default())
                }
                None => name.split("/cryptoKeyVersions/").next().unwrap_or(name).to_owned(),
            }
        }
    }
}
