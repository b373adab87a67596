//! Proposes an approved register out of what a scan saw: what bytes can tell is filled in, and
//! what only people know is left out, so that `register check` asks for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use sha2::{Digest, Sha256};

use super::link::LOCAL;
use crate::{
    identity::hex,
    references,
    register::{Declared, Entry, Named, Register, what},
};

/// The text of a register with every key that has an identity.
pub(crate) fn propose(observed: &Register) -> String {
    let mut text = String::from(
        "# Proposed by `keylint register init` from what a scan saw. It says what bytes can tell.\n\
         # `keylint register check` names what people have to add.\n\
         keylint: key-register\nversion: 1\n\
         separation_of_duties:\n  - [custodian, approver]\n  - [administrator, user]\n",
    );
    let keys: Vec<&Entry> = observed.keys.iter().filter(|key| key.is_identified()).collect();
    let named = named(observed);
    let is_empty = keys.is_empty() && named.is_empty();
    text.push_str(if is_empty { "keys: []\n" } else { "keys:\n" });
    for key in keys {
        entry(key, &mut text);
    }
    for (name, key) in &named {
        named_entry(name, key, &mut text);
    }
    text
}

/// A key that is only named or declared: what was seen of it.
#[derive(Default)]
struct Seen<'a> {
    declared: Option<&'a Declared>,
    /// As they are written, and in which environments.
    names: BTreeMap<&'a str, BTreeSet<&'a str>>,
    aliases: BTreeSet<&'a str>,
}

/// Keys by their canonical names. What only one machine or cluster understands, what the provider
/// manages and what documentation uses is left to people.
fn named(observed: &Register) -> BTreeMap<String, Seen<'_>> {
    let mut seen: BTreeMap<String, Seen<'_>> = BTreeMap::new();
    for declared in &observed.declared {
        let known = seen.entry(canonical(&declared.key)).or_default();
        known.declared = Some(declared);
        known.aliases.extend(declared.aliases.iter().map(String::as_str));
    }
    let held: BTreeSet<&str> = observed.keys.iter().map(|key| key.id.as_str()).collect();
    // Aliases whose key is said somewhere belong to that key, in each environment to another perhaps.
    let mut targets: Targets<'_> = BTreeMap::new();
    for named in &observed.references {
        if let Some((alias, key)) = given(named) {
            targets.entry(alias).or_default().insert(named.environment.as_deref(), canonical(key));
        }
    }
    for declared in &observed.declared {
        let key = canonical(&declared.key);
        for alias in &declared.aliases {
            let here = declared.environment.as_deref();
            targets.entry(alias).or_default().insert(here, key.clone());
        }
    }
    for named in &observed.references {
        let Some(name) = named.key.as_deref().or(named.alias.as_deref()) else { continue };
        let is_left_out = named.provider.as_deref().is_some_and(|of| LOCAL.contains(&of))
            || name.contains("alias/aws/")
            || references::canonical(name).is_some_and(|of| of.is_example());
        let alias = named.alias.as_deref();
        let is_alias = given(named).is_none() && (named.key.is_none() || is_of_alias(name));
        let of_alias = alias.filter(|_| is_alias).and_then(|alias| {
            let keys = targets.get(alias)?;
            let only = keys.values().next().filter(|first| keys.values().all(|key| key == *first));
            keys.get(&named.environment.as_deref()).or(only).cloned()
        });
        let key = of_alias.unwrap_or_else(|| canonical(name));
        if is_left_out || held.contains(key.as_str()) {
            continue;
        }
        add(named, name, seen.entry(key).or_default());
    }
    seen
}

/// Keys of aliases, by environment.
type Targets<'a> = BTreeMap<&'a str, BTreeMap<Option<&'a str>, String>>;

/// An alias that configuration gives to a key, and the key. What is a part of the key's name, such as the
/// label in a URI of PKCS#11, is given by nobody.
fn given(named: &Named) -> Option<(&str, &str)> {
    let (alias, key) = (named.alias.as_deref()?, named.key.as_deref()?);
    let is_part = references::canonical(key).is_some_and(|of| of.alias.as_deref() == Some(alias));
    (!is_part && !key.ends_with(alias)).then_some((alias, key))
}

/// Whether a name is that of an alias.
fn is_of_alias(name: &str) -> bool {
    references::canonical(name).is_some_and(|of| of.resource == "alias")
}

fn add<'a>(named: &'a Named, name: &'a str, seen: &mut Seen<'a>) {
    // The address of a declaration is no name that a register can have.
    if !name.contains('#') {
        seen.names.entry(name).or_default().extend(named.environment.as_deref());
    }
    seen.aliases.extend(given(named).map(|(alias, _)| alias));
}

fn canonical(name: &str) -> String {
    references::canonical(name).map_or_else(|| name.to_owned(), |of| of.key)
}

fn named_entry(key: &str, seen: &Seen<'_>, text: &mut String) {
    let declared = seen.declared;
    let nature = declared.map(|declared| &declared.nature);
    let algorithm = nature.and_then(|nature| nature.algorithm.as_deref());
    let kind = match algorithm {
        Some("aes" | "hmac" | "3des") => "secret-key",
        Some(_) => "private-key",
        None if key.starts_with("spki-sha256:") => "public-key",
        None => "key",
    };
    let digest = hex(Sha256::digest(key.as_bytes()).get(..4).unwrap_or_default());
    let last = key.rsplit(['/', ':', '#']).find(|part| !part.is_empty()).unwrap_or(kind);
    let short: String = last.chars().take(40).collect();
    let mut line = |indent: &str, name: &str, value: &str| {
        let blank = if value.is_empty() { "" } else { " " };
        let _infallible = writeln!(text, "{indent}{name}:{blank}{value}");
    };
    line("  - ", "id", &quoted(&format!("{short}-{digest}")));
    line("    ", "kind", kind);
    let name = declared.and_then(|declared| declared.name.as_deref());
    line("    ", "name", &quoted(name.unwrap_or(last)));
    let mut environments: BTreeSet<&str> = seen.names.values().flatten().copied().collect();
    environments.extend(declared.and_then(|declared| declared.environment.as_deref()));
    let list = |names: &BTreeSet<&str>| {
        let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        format!("[{}]", names.join(", "))
    };
    if !environments.is_empty() {
        line("    ", "environments", &list(&environments));
    }
    if kind == "public-key" {
        line("    ", "fingerprint", &format!("{{alg: sha256, of: spki, value: {}}}", quoted(key)));
    }
    if !seen.aliases.is_empty() {
        line("    ", "aliases", "");
        let target = seen.names.keys().find(|name| !is_of_alias(name));
        let target = target.filter(|_| declared.is_none());
        for alias in &seen.aliases {
            let target = target.map_or(String::new(), |of| format!(", target: {}", quoted(of)));
            line("      - ", "name", &quoted(alias));
            if !target.is_empty() {
                line("        ", "target", target.trim_start_matches(", target: "));
            }
        }
    }
    if let Some(algorithm) = algorithm {
        let curve = nature.and_then(|nature| nature.curve.as_deref());
        let curve = curve.map_or(String::new(), |curve| format!(", curve: {}", quoted(curve)));
        line("    ", "algorithm", &format!("{{family: {}{curve}}}", quoted(algorithm)));
    }
    if let Some(bits) = nature.and_then(|nature| nature.bits) {
        line("    ", "size_bits", &bits.to_string());
    }
    if let Some(days) = declared.and_then(|of| of.rotation_days).filter(|days| *days > 0) {
        line("    ", "cryptoperiod", &format!("{days}d"));
    }
    if let Some(exportable) = declared.and_then(|of| of.exportable) {
        line("    ", "exportable", if exportable { "true" } else { "false" });
    }
    if let Some(provider) = declared.and_then(|of| of.provider.as_deref()) {
        let level = declared.and_then(|of| of.protection_level.as_deref());
        let level = level.map_or(String::new(), |of| format!(", protection: {}", quoted(of)));
        line("    ", "store", &format!("{{type: kms, provider: {}{level}}}", quoted(provider)));
    }
    line("    ", "source", if declared.is_some() { "declared" } else { "observed" });
    let address = declared.and_then(|of| of.name.as_deref());
    if !seen.names.is_empty() || address.is_some() {
        line("    ", "references", "");
    }
    if let Some(address) = address {
        line("      - ", "name", &quoted(address));
    }
    for (name, here) in &seen.names {
        line("      - ", "name", &quoted(name));
        if !here.is_empty() {
            line("        ", "environments", &list(here));
        }
    }
}

fn entry(key: &Entry, text: &mut String) {
    let kinds = ["private-key", "secret-key", "certificate", "public-key"];
    let kind = kinds.into_iter().find(|kind| key.classes.contains(*kind)).unwrap_or("key");
    let digest = key.id.rsplit(':').next().unwrap_or_default();
    let short: String = digest.chars().take(12).collect();
    let mut line = |indent: &str, name: &str, value: &str| {
        let blank = if value.is_empty() { "" } else { " " };
        let _infallible = writeln!(text, "{indent}{name}:{blank}{value}");
    };
    line("  - ", "id", &quoted(&format!("{kind}-{short}")));
    line("    ", "kind", kind);
    line("    ", "name", &quoted(&what(key)));
    let environments: std::collections::BTreeSet<&str> =
        key.places.iter().filter_map(|place| place.environment.as_deref()).collect();
    if !environments.is_empty() {
        let names: Vec<String> = environments.into_iter().map(quoted).collect();
        line("    ", "environments", &format!("[{}]", names.join(", ")));
    }
    let (of, alg) = match key.id.split_once(':') {
        Some(("spki-sha256", _)) => ("spki", "sha256"),
        _ => ("keylint", "sha256"),
    };
    let fingerprint = format!("{{alg: {alg}, of: {of}, value: {}}}", quoted(&key.id));
    line("    ", "fingerprint", &fingerprint);
    let nature = &key.nature;
    if let Some(algorithm) = &nature.algorithm {
        let curve = nature.curve.as_ref();
        let curve = curve.map_or(String::new(), |curve| format!(", curve: {}", quoted(curve)));
        line("    ", "algorithm", &format!("{{family: {}{curve}}}", quoted(algorithm)));
    }
    if let Some(bits) = nature.bits {
        line("    ", "size_bits", &bits.to_string());
    }
    if let Some(strength) = nature.strength {
        line("    ", "strength", &format!("{{classical: {strength}}}"));
    }
    if kind == "private-key" || kind == "secret-key" {
        let form = match key.protection.as_str() {
            "plaintext" => Some("cleartext"),
            "wrapped" => Some("wrapped"),
            _ => None,
        };
        if let Some(form) = form {
            line("    ", "storage_form", form);
        }
    }
    if let Some(end) = key.certificates.iter().filter_map(|of| of.not_after.as_deref()).max()
        && kind == "certificate"
    {
        line("    ", "expires", &quoted(end));
    }
    line("    ", "source", "observed");
    if !key.places.is_empty() {
        line("    ", "locations", "");
    }
    for place in &key.places {
        let form = match place.label.as_str() {
            "plaintext" => "cleartext",
            "public" => "public",
            _ => "encrypted",
        };
        line("      - ", "uri", &quoted(&place.path));
        line("        ", "form", form);
    }
}

/// A text as YAML has it between double quotes, which is as JSON does.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
