//! The fields of an entry as columns, in the order in which they are written. `[]` follows the name of
//! a list: `custodians[].name` is the name of each custodian.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Map, Value};

use Kind::{Number, Text, Truth};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Truth,
}

pub(super) struct Column {
    pub path: &'static str,
    pub kind: Kind,
    /// Whether the object that it belongs to needs it.
    pub is_required: bool,
}

const fn may(path: &'static str, kind: Kind) -> Column {
    Column { path, kind, is_required: false }
}

const fn must(path: &'static str, kind: Kind) -> Column {
    Column { path, kind, is_required: true }
}

pub(super) const COLUMNS: &[Column] = &[
    must("id", Text),
    must("kind", Text),
    may("name", Text),
    may("purpose", Text),
    may("protects", Text),
    may("system", Text),
    may("environments[]", Text),
    may("version", Text),
    may("fingerprint.alg", Text),
    must("fingerprint.value", Text),
    may("fingerprint.of", Text),
    must("aliases[].name", Text),
    may("aliases[].target", Text),
    may("aliases[].environments[]", Text),
    may("aliases[].paths[]", Text),
    must("algorithm.family", Text),
    may("algorithm.parameter_set", Text),
    may("algorithm.curve", Text),
    may("algorithm.oid", Text),
    may("size_bits", Number),
    must("strength.classical", Number),
    may("strength.nist_quantum_level", Number),
    may("usage[]", Text),
    may("state", Text),
    may("state_since", Text),
    may("created", Text),
    may("activated", Text),
    may("rotate_by", Text),
    may("expires", Text),
    may("deactivated", Text),
    may("compromised", Text),
    may("destroyed", Text),
    may("cryptoperiod", Text),
    must("store.type", Text),
    may("store.provider", Text),
    may("store.region", Text),
    may("store.location", Text),
    may("store.certification", Text),
    may("store.protection", Text),
    may("storage_form", Text),
    may("wrapped_by", Text),
    may("wraps[]", Text),
    must("origin.how", Text),
    may("origin.place", Text),
    may("origin.evidence", Text),
    may("exportable", Truth),
    may("owner", Text),
    must("custodians[].name", Text),
    may("custodians[].acknowledged_at", Text),
    may("quorum", Number),
    may("approvers[]", Text),
    may("administrators[]", Text),
    may("users[]", Text),
    must("principals[].principal", Text),
    may("principals[].actions[]", Text),
    may("principals[].admin", Truth),
    may("principals[].condition", Text),
    must("locations[].uri", Text),
    may("locations[].line", Number),
    may("locations[].form", Text),
    may("locations[].first_seen", Text),
    may("locations[].last_seen", Text),
    must("references[].name", Text),
    may("references[].environments[]", Text),
    may("references[].paths[]", Text),
    must("distribution.method", Text),
    may("distribution.channel", Text),
    may("distribution.record", Text),
    must("backup.location", Text),
    may("backup.form", Text),
    may("backup.tested_at", Text),
    must("shared_with[].name", Text),
    may("shared_with[].guidance", Text),
    may("tls_only.reason", Text),
    may("compliance[]", Text),
    may("replaces", Text),
    may("replaced_by", Text),
    may("reviewed_at", Text),
    may("reviewer", Text),
    may("ticket", Text),
    may("exception.rules[]", Text),
    may("exception.reason", Text),
    may("exception.owner", Text),
    may("exception.until", Text),
    may("source", Text),
];

/// One step on the way to a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Field(&'static str),
    Each,
}

impl Column {
    /// What stands at the head of the column.
    pub(super) fn header(&self) -> String {
        self.path.replace("[]", "")
    }

    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for part in self.path.split('.') {
            let name = part.trim_end_matches("[]");
            steps.push(Step::Field(name));
            if name.len() < part.len() {
                steps.push(Step::Each);
            }
        }
        steps
    }
}

/// Names of fields in order, by the path of the object that has them.
static ORDER: LazyLock<BTreeMap<String, Vec<&'static str>>> = LazyLock::new(|| {
    let mut order: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for column in COLUMNS {
        let mut path = String::new();
        for part in column.path.split('.') {
            let name = part.trim_end_matches("[]");
            let fields = order.entry(path.clone()).or_default();
            if fields.last() != Some(&name) {
                fields.push(name);
            }
            path = format!("{path}/{name}");
        }
    }
    order
});

/// The fields of the object at `path` (`/` between names) that have a value, in order.
pub(super) fn ordered<'a>(
    object: &'a Map<String, Value>,
    path: &str,
) -> Vec<(&'static str, &'a Value)> {
    let names = ORDER.get(path).map(Vec::as_slice).unwrap_or_default();
    names.iter().filter_map(|name| Some((*name, object.get(*name)?))).collect()
}
