//! What a certificate or public key that no entry knows is for.

use crate::fact::{Fact, Field};

/// As far as can be seen: `trust` for a CA and where what is trusted lies, by the words of its path and
/// alias; `own` beside its private key, of which `has_secret` says whether it was found.
pub(super) fn purpose(fact: &Fact, has_secret: bool) -> Option<&'static str> {
    const TRUST: [&str; 15] = [
        "anchor",
        "anchors",
        "authorities",
        "ca",
        "cabundle",
        "cacert",
        "cacerts",
        "cas",
        "jssecacerts",
        "pin",
        "pins",
        "root",
        "trust",
        "trusted",
        "truststore",
    ];
    if !matches!(fact.text(Field::Class), Some("certificate" | "public-key")) {
        return None;
    }
    let file = |path: &str| path.rsplit('!').next().map(str::to_lowercase).unwrap_or_default();
    let says = |text: &str| {
        text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| TRUST.contains(&word))
    };
    let alias = fact.text(Field::Alias).map(str::to_lowercase).unwrap_or_default();
    let authority = fact.text(Field::Authority);
    let is_trusted = authority == Some("ca")
        || says(&alias)
        || fact.sites.iter().any(|site| says(&file(&site.path)));
    match has_secret {
        _ if is_trusted => Some("trust"),
        true => Some("own"),
        false => authority.map(|_| "trust"),
    }
}
