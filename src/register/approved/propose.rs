//! Proposes an approved register out of what a scan saw: what bytes can tell is filled in, and
//! what only people know is left out, so that `register check` asks for it.

use std::fmt::Write;

use crate::register::{Entry, Register, what};

/// The text of a register with every key that has an identity.
pub(crate) fn propose(observed: &Register) -> String {
    let mut text = String::from(
        "# Proposed by `keylint register init` from what a scan saw. It says what bytes can tell.\n\
         # `keylint register check` names what people have to add.\n\
         keylint: key-register\nversion: 1\n\
         separation_of_duties:\n  - [custodian, approver]\n  - [administrator, user]\n",
    );
    let keys: Vec<&Entry> = observed.keys.iter().filter(|key| key.is_identified()).collect();
    text.push_str(if keys.is_empty() { "keys: []\n" } else { "keys:\n" });
    for key in keys {
        entry(key, &mut text);
    }
    text
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
