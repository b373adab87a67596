//! A difference between registers as SARIF 2.1.0: each change is a result of the rule of its kind,
//! and `baselineState` says whether the key came, went or became another.

use std::{collections::BTreeSet, io};

use serde_json::{Value, json};

use super::{
    Change, Diff, Difference, Level,
    show::{cautions, sentence, title, which},
};
use crate::report::{HOME, clean, uri_of, write_pretty};

/// Results that GitHub and others accept in one run.
const RESULTS: usize = 25_000;

/// Places of one change.
const PLACES: usize = 100;

/// Where a change is put that no file shows.
const REGISTER: &str = "key-register.yaml";

pub(super) fn render(diff: &Diff, out: &mut dyn io::Write) -> io::Result<()> {
    let kinds: BTreeSet<Change> = diff.changes.iter().map(|change| change.change).collect();
    let rules: Vec<Change> = kinds.into_iter().collect();
    let results: Vec<Value> =
        diff.changes.iter().take(RESULTS).map(|change| result(change, &rules)).collect();
    let mut notes: Vec<String> = cautions(diff).map(str::to_owned).collect();
    if let Some(more) = diff.changes.len().checked_sub(RESULTS).filter(|more| *more > 0) {
        notes.push(format!("{more} changes, the less grave ones, do not fit into this file."));
    }
    let notes: Vec<Value> = notes
        .iter()
        .map(|text| {
            json!({
                "descriptor": { "id": "incomplete-register" },
                "level": "warning",
                "message": { "text": text },
            })
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "keylint",
                "fullName": format!("keylint {}", env!("CARGO_PKG_VERSION")),
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": HOME,
                "shortDescription": { "text": "Says what changed in a register of keys." },
                "rules": rules.iter().map(|change| rule(*change)).collect::<Vec<_>>(),
                "notifications": [{
                    "id": "incomplete-register",
                    "name": "IncompleteRegister",
                    "shortDescription": { "text": "A register did not see everything." },
                    "fullDescription": { "text": "A register did not see everything." },
                    "help": { "text": "Scan again what could not be examined." },
                }],
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {
                "SRCROOT": { "description": { "text": "The directory in which keylint ran." } },
            },
            "automationDetails": { "id": "keylint-register-diff" },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notes,
            }],
            "results": results,
        }],
    });
    write_pretty(&log, out)
}

/// The rule of a kind of change, at the level that most of its changes have.
fn rule(change: Change) -> Value {
    let title = title(change);
    let level = Difference { change, ..Difference::default() }.level();
    let about = format!("Change of a key: {title}.");
    let mut rule = json!({
        "id": id(change),
        "name": name(change),
        "shortDescription": { "text": about },
        "fullDescription": { "text": format!("{about} The table of changes in docs/register.md says what it means.") },
        "help": {
            "text": "Ask the owner of the key whether the change is theirs, and bring key-register.yaml up to date with it.",
            "markdown": "Ask the owner of the key whether the change is theirs, and bring `key-register.yaml` up to date with it.",
        },
        // NIST SP 800-57 part 1 rev. 5, on which the states and strengths are based.
        "helpUri": "https://doi.org/10.6028/NIST.SP.800-57pt1r5",
        "defaultConfiguration": { "level": level.name() },
        "properties": { "tags": ["security", "key-register"], "precision": "high" },
    });
    let severity = match level {
        Level::Error => "8.0",
        Level::Warning => "5.5",
        Level::Note => "2.0",
    };
    if let Some(properties) = rule.pointer_mut("/properties").and_then(Value::as_object_mut) {
        properties.insert("security-severity".into(), severity.into());
        properties.insert("problem.severity".into(), problem(level).into());
    }
    rule
}

const fn problem(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "recommendation",
    }
}

fn word(change: Change) -> String {
    json!(change).as_str().unwrap_or_default().to_owned()
}

fn id(change: Change) -> String {
    format!("register-{}", word(change))
}

/// The id as SARIF wants names: in Pascal case.
fn name(change: Change) -> String {
    let parts = id(change);
    let capital = |part: &str| {
        let mut letters = part.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    parts.split('-').map(capital).collect()
}

/// Whether the key, or what is said of it, came, went or is another one.
const fn baseline_state(change: Change) -> &'static str {
    match change {
        Change::Added | Change::NewPlace | Change::Unregistered | Change::DuplicateMaterial => {
            "new"
        }
        Change::Removed | Change::PlaceGone | Change::Retired => "absent",
        // Nobody knows, so that it counts as still there.
        Change::Unknown => "unchanged",
        _ => "updated",
    }
}

fn result(change: &Difference, rules: &[Change]) -> Value {
    let keys = clean(&which(change));
    let text = format!("{} Key: {keys}.", clean(&sentence(change)));
    let text = text.replace('{', "{{").replace('}', "}}").replace('[', "(").replace(']', ")");
    let file = change.file.as_deref().or(change.places.first().map(String::as_str));
    let first = location(file.unwrap_or(REGISTER), change.line);
    let others = change.places.iter().filter(|place| Some(place.as_str()) != file);
    let related: Vec<Value> = (1..)
        .zip(others.take(PLACES))
        .map(|(number, place)| {
            let mut location = location(place, None);
            if let Some(location) = location.as_object_mut() {
                location.insert("id".into(), json!(number));
                location.insert("message".into(), json!({ "text": "It is here too." }));
            }
            location
        })
        .collect();
    let fingerprint = fingerprint(change);
    let mut result = json!({
        "ruleId": id(change.change),
        "ruleIndex": rules.iter().position(|rule| *rule == change.change),
        "level": change.level().name(),
        "message": { "text": text },
        "locations": [first],
        "baselineState": baseline_state(change.change),
        "partialFingerprints": {
            "keylint/v1": fingerprint,
            "primaryLocationLineHash": format!("{fingerprint}:1"),
        },
        "properties": {
            "change": word(change.change),
            "key": clean(&change.key),
            "before": change.before.as_deref().map(clean),
            "after": change.after.as_deref().map(clean),
            "attribute": change.attribute,
            "was": change.was.as_deref().map(clean),
            "now": change.now.as_deref().map(clean),
        },
    });
    if let Some(result) = result.as_object_mut() {
        if !related.is_empty() {
            result.insert("relatedLocations".into(), json!(related));
        }
        if let Some(properties) = result.get_mut("properties").and_then(Value::as_object_mut) {
            properties.retain(|_, value| !value.is_null());
        }
    }
    result
}

/// What stays the same when the change is told again and lines have moved.
fn fingerprint(change: &Difference) -> String {
    use sha2::{Digest, Sha256};
    let told = json!([
        word(change.change),
        change.key,
        change.attribute,
        change.was,
        change.now,
        change.places
    ]);
    crate::identity::hex(&Sha256::digest(told.to_string()))
}

fn location(path: &str, line: Option<u64>) -> Value {
    // Inside of a container there is no line of the file itself.
    let (file, line) = match path.split_once('!') {
        Some((file, _)) => (file, None),
        None => (path, line),
    };
    let line = line.unwrap_or(1).clamp(1, i32::MAX as u64);
    let (uri, is_relative) = uri_of(file);
    let base = if is_relative {
        json!({ "uri": uri, "uriBaseId": "SRCROOT" })
    } else {
        json!({ "uri": uri })
    };
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": base,
            "region": { "startLine": line },
        },
    });
    if file != path
        && let Some(location) = location.as_object_mut()
    {
        let inside = json!([{ "fullyQualifiedName": clean(path), "kind": "contained" }]);
        location.insert("logicalLocations".into(), inside);
    }
    location
}
