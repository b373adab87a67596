//! Fields that have one of a few words.

use super::entry::{Key, Text};

/// Kinds of which nobody but those who need it may know the bytes come first.
pub(super) const KINDS: [&str; 9] = [
    "secret-key",
    "private-key",
    "public-key",
    "certificate",
    "trust-anchor",
    "key-pair",
    "key",
    "seed",
    "shared-secret",
];

/// States of NIST SP 800-57 part 1 rev. 5, section 7.
pub(super) const STATES: [&str; 6] =
    ["pre-activation", "active", "suspended", "deactivated", "compromised", "destroyed"];

/// Forms of PCI DSS 3.6.1.2, and what they should not be.
const FORMS: [&str; 5] = ["wrapped", "scd", "components", "cleartext", "public"];

/// Fields of an entry whose word is none of theirs, and which those are.
pub(super) fn unknown(key: &Key) -> Vec<(&'static str, &Text, &'static [&'static str])> {
    let kind: (&str, Option<&Text>, &[&str]) = ("kind", Some(&key.kind), &KINDS);
    let form_of_backup = key.backup.as_ref().and_then(|backup| backup.form.as_ref());
    let protection = key.store.as_ref().and_then(|store| store.protection.as_ref());
    let of = key.fingerprint.as_ref().and_then(|fingerprint| fingerprint.of.as_ref());
    let fields = [
        kind,
        ("state", key.state.as_ref(), &STATES),
        ("storage_form", key.storage_form.as_ref(), &FORMS),
        ("backup.form", form_of_backup, &FORMS),
        ("store.protection", protection, &["software", "hsm", "external"]),
        ("fingerprint.of", of, &["spki", "ssh-blob", "openpgp-v4", "hmac", "keylint"]),
        (
            "origin.how",
            key.origin.as_ref().map(|origin| &origin.how),
            &["generated", "imported", "derived", "external"],
        ),
        ("source", key.source.as_ref(), &["declared", "observed", "both"]),
    ];
    let places = key.locations.iter().map(|place| {
        let forms: &[&str] = &["cleartext", "encrypted", "public", "reference"];
        ("locations.form", place.form.as_ref(), forms)
    });
    let texts = fields.into_iter().chain(places);
    let texts = texts.filter_map(|(name, text, words)| Some((name, text?, words)));
    texts.filter(|(_, text, words)| !words.contains(&text.value.as_ref())).collect()
}
