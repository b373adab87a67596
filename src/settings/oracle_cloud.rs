//! Statements of policies of Oracle Cloud: `Allow group A to manage keys in tenancy where …`.
//! <https://docs.oracle.com/iaas/Content/Identity/Reference/keypolicyreference.htm>

use std::collections::BTreeSet;

use super::{
    lower::{Lowered, Resource, Scene},
    providers::Emission,
};
use crate::fact::{Field, Kind, Value};

/// What a verb over a type of resource comes to. Verbs include those before them.
const VERBS: &[(&str, &str, &[&str])] = &[
    ("keys", "use", &["use", "wrap"]),
    ("keys", "manage", &["administer", "replace", "destroy"]),
    ("vaults", "manage", &["administer", "replace", "destroy"]),
    // The right to put a key behind a volume, a bucket or a database.
    ("key-delegate", "use", &["delegate"]),
    ("key-delegates", "use", &["delegate"]),
];

/// What single permissions come to, in `Allow group A to {KEY_DECRYPT} in tenancy`.
const PERMISSIONS: &[(&str, &str)] = &[
    ("KEY_ASSOCIATE", "delegate"),
    ("KEY_BACKUP", "export"),
    ("KEY_CREATE", "administer"),
    ("KEY_DECRYPT", "use"),
    ("KEY_DELETE", "destroy"),
    ("KEY_DISASSOCIATE", "delegate"),
    ("KEY_ENCRYPT", "wrap"),
    ("KEY_EXPORT", "export"),
    ("KEY_IMPORT", "replace"),
    ("KEY_MOVE", "administer"),
    ("KEY_RESTORE", "replace"),
    ("KEY_ROTATE", "administer"),
    ("KEY_SIGN", "use"),
    ("KEY_UPDATE", "administer"),
    ("KEY_VERSION_DELETE", "destroy"),
    ("VAULT_DELETE", "destroy"),
    ("VAULT_RESTORE", "replace"),
];

/// A statement that allows something over keys.
#[derive(Debug, PartialEq, Eq)]
struct Statement {
    breadth: &'static str,
    principals: Vec<String>,
    action: String,
    capabilities: BTreeSet<&'static str>,
    is_everything: bool,
    in_tenancy: bool,
    condition: Option<String>,
}

/// One grant for each principal of a statement.
pub(crate) fn statement(
    _: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let Some(node) = scene.items.first() else { return };
    let Some(text) = node.as_partial() else {
        lowered.undecided += 1;
        return;
    };
    let Some(statement) = read(text) else { return };
    for principal in &statement.principals {
        let mut fact = scene
            .fact(Kind::Grant, emission)
            .with(Field::Document, "identity-policy")
            .with(Field::Principal, principal.as_str())
            .with(Field::Breadth, statement.breadth)
            .with(Field::Actions, vec![statement.action.clone()])
            .with(
                Field::Capabilities,
                statement.capabilities.iter().map(|&name| name.to_owned()).collect::<Vec<_>>(),
            )
            .with(Field::Scope, if statement.in_tenancy { "all-keys" } else { "some-keys" })
            .with(Field::Wildcards, if statement.is_everything { "all" } else { "none" });
        fact = fact
            .with(Field::Conditions, Vec::new())
            .with(Field::Limited, statement.condition.is_some());
        if let Some(condition) = &statement.condition {
            narrow(&mut fact.fields, condition);
        }
        fact.places.insert(Field::Principal, scene.sources.site(node.span, true));
        lowered.facts.push(fact);
    }
}

/// What `where` narrows a grant to.
fn narrow(fields: &mut std::collections::BTreeMap<Field, Value>, condition: &str) {
    let mut narrowed = Vec::new();
    let is_any = condition.to_ascii_lowercase().starts_with("any");
    for (variable, what) in [
        ("request.networksource", "network"),
        ("request.principal.id", "principal"),
        ("request.principal.compartment", "principal"),
        ("request.user.id", "principal"),
        ("request.groups.id", "principal"),
        ("target.key", "context"),
        ("target.vault", "context"),
    ] {
        if condition.to_ascii_lowercase().contains(variable) && !narrowed.contains(&what) {
            narrowed.push(what);
        }
    }
    if narrowed.contains(&"principal") {
        fields.insert(Field::Breadth, "named".into());
    }
    if narrowed.contains(&"context") {
        fields.insert(Field::Scope, "some-keys".into());
    }
    // `where target.key.id = 'ocid1.key…'` alone is this key.
    if let Some((_, after)) = condition.split_once("target.key.id") {
        let value = after.trim_start().strip_prefix('=').map(str::trim_start);
        let id = value.and_then(|value| value.strip_prefix('\'')?.split('\'').next());
        if let (Some(id), false) = (id.filter(|id| !id.contains('*')), is_any) {
            fields.insert(Field::Key, id.into());
            fields.insert(Field::Scope, "key".into());
        }
    }
    if narrowed.is_empty() {
        narrowed.push("nothing");
    }
    let narrowed: Vec<String> = narrowed.into_iter().map(str::to_owned).collect();
    fields.insert(Field::Conditions, narrowed.into());
}

/// Reads a statement; nothing of one that says nothing about keys.
fn read(text: &str) -> Option<Statement> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = text.to_ascii_lowercase();
    let rest = lower.strip_prefix("allow ")?;
    let to = rest.find(" to ")?;
    let who = text.get("allow ".len().."allow ".len().checked_add(to)?)?;
    let after = text.get("allow ".len().checked_add(to)?.checked_add(" to ".len())?..)?;
    let (breadth, names) = match who.split_once(' ') {
        None if who.eq_ignore_ascii_case("any-user") => ("account", who),
        None if who.eq_ignore_ascii_case("any-group") => ("account", who),
        Some((kind, names)) => match kind.to_ascii_lowercase().as_str() {
            "group" | "dynamic-group" => ("group", names),
            "service" => ("service", names),
            "resource" => ("service", names),
            _ => return None,
        },
        None => return None,
    };
    let at = after.to_ascii_lowercase().find(" in ")?;
    let (what, place) = after.split_at_checked(at)?;
    let (place, condition) = match place.to_ascii_lowercase().find(" where ") {
        Some(at) => {
            let (place, condition) = place.split_at_checked(at)?;
            (place, condition.get(" where ".len()..).map(|text| text.trim().to_owned()))
        }
        None => (place, None),
    };
    let (capabilities, is_everything) = capabilities(what)?;
    Some(Statement {
        breadth,
        principals: names.split(',').map(|name| name.trim().to_owned()).collect(),
        action: what.trim().to_owned(),
        capabilities,
        is_everything,
        in_tenancy: place.trim().to_ascii_lowercase().ends_with("in tenancy"),
        condition,
    })
}

/// What `manage keys` or `{KEY_READ, KEY_DECRYPT}` comes to, and whether it is everything.
fn capabilities(what: &str) -> Option<(BTreeSet<&'static str>, bool)> {
    let mut found = BTreeSet::new();
    if let Some(list) = what.trim().strip_prefix('{') {
        for name in list.trim_end_matches('}').split(',').map(str::trim) {
            let fits = |(of, _): &&(&str, &str)| of.eq_ignore_ascii_case(name);
            found.extend(PERMISSIONS.iter().find(fits).map(|(_, capability)| *capability));
        }
        return (!found.is_empty()).then_some((found, false));
    }
    let what = what.to_ascii_lowercase();
    let (verb, kind) = what.trim().split_once(' ')?;
    let verbs: &[&str] = match verb {
        "use" => &["use"],
        "manage" => &["use", "manage"],
        _ => return None,
    };
    let is_family = matches!(kind, "key-family" | "all-resources");
    for (of, verb, capabilities) in VERBS {
        if (*of == kind || is_family) && verbs.contains(verb) {
            found.extend(*capabilities);
        }
    }
    (!found.is_empty()).then_some((found, is_family))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (String, Vec<&'static str>, bool) {
        let statement = read(text).unwrap_or_else(|| panic!("{text}"));
        let capabilities = statement.capabilities.into_iter().collect();
        (statement.principals.join("+"), capabilities, statement.in_tenancy)
    }

    #[test]
    fn statements_say_who_may_what_where() {
        assert_eq!(
            of("Allow group Ops, 'Default'/'Sec' to manage keys in tenancy"),
            (
                "Ops+'Default'/'Sec'".into(),
                vec!["administer", "destroy", "replace", "use", "wrap"],
                true
            )
        );
        assert_eq!(
            of("allow dynamic-group app  to use keys in compartment pay where target.key.id='x'"),
            ("app".into(), vec!["use", "wrap"], false)
        );
        assert_eq!(
            of("Allow group A to {KEY_READ, KEY_DECRYPT} in tenancy"),
            ("A".into(), vec!["use"], true)
        );
        assert_eq!(
            of("Allow service blockstorage to use key-delegate in compartment x").1,
            ["delegate"]
        );
    }

    #[test]
    fn what_is_not_about_keys_says_nothing() {
        for text in [
            "",
            "Allow group A to inspect keys in tenancy",
            "Allow group A to manage instances in tenancy",
            "Define tenancy x as ocid1",
            "Allow group A to manage keys",
            "Allow to in",
            "Allow é to ü in x",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
