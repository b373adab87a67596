//! Writes a register as CycloneDX 1.6, the cryptography bill of materials. Each key has a component
//! for each class in which it was seen; what CycloneDX has no word for is in properties of ours, so
//! that a register reads back as it was. `value` is never written.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    Entry, Nature, Place, Register,
    bom::{
        Algorithm, Bom, COMPLETE, CertificateProperties, Component, Composition, Crypto, DECLARED,
        Dependency, Evidence, GAP, KEY, LEFT_OUT, Metadata, NATURE, Occurrence, PLACE, Property,
        REFERENCE, Related, SecuredBy, Tools,
    },
    name::what,
};
use crate::{identity::hex, report::write_pretty};

/// Writes `register` as a CycloneDX 1.6 BOM.
pub fn write(register: &Register, tool_version: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut algorithms = BTreeMap::new();
    let mut dependencies = BTreeMap::new();
    let mut assets = Vec::new();
    for entry in &register.keys {
        components(entry, &mut algorithms, &mut dependencies, &mut assets);
    }
    let mut components: Vec<Component> = algorithms.into_values().collect();
    components.append(&mut assets);
    let mut properties = vec![property(COMPLETE, register.complete.to_string())];
    properties.extend(register.gaps.iter().map(|gap| json(GAP, gap)));
    properties.extend(register.left_out.iter().map(|left_out| json(LEFT_OUT, left_out)));
    properties.extend(register.references.iter().map(|named| json(REFERENCE, named)));
    properties.extend(register.declared.iter().map(|declared| json(DECLARED, declared)));
    let aggregate = if register.complete { "complete" } else { "incomplete" };
    let bom = Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json".to_owned(),
        bom_format: "CycloneDX".to_owned(),
        spec_version: "1.6".to_owned(),
        serial_number: Some(serial_number(register)?),
        version: 1,
        metadata: Metadata { tools: Some(tools(tool_version)), properties },
        components,
        dependencies: dependencies
            .into_iter()
            .map(|(of, on): (_, BTreeSet<String>)| Dependency {
                of,
                depends_on: on.into_iter().collect(),
            })
            .collect(),
        compositions: vec![Composition { aggregate: aggregate.to_owned() }],
    };
    write_pretty(&bom, out)
}

/// What wrote the BOM.
pub(super) fn tools(tool_version: &str) -> Tools {
    let tool = Component {
        kind: "application".to_owned(),
        name: "keylint".to_owned(),
        version: Some(tool_version.to_owned()),
        ..Component::default()
    };
    Tools { components: vec![tool] }
}

/// A UUID of version 8 (RFC 9562) out of the content: the same register has the same number.
pub(super) fn serial_number(register: &impl Serialize) -> io::Result<String> {
    let digest = Sha256::digest(serde_json::to_vec(register)?);
    let mut bytes: [u8; 16] = *digest.first_chunk().unwrap_or(&[0; 16]);
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = *version & 0x0f | 0x80;
    *variant = *variant & 0x3f | 0x80;
    let digits = hex(&bytes);
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    Ok(format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        part(0..8),
        part(8..12),
        part(12..16),
        part(16..20),
        part(20..32)
    ))
}

/// The components of one key, and the algorithms that they refer to.
fn components(
    entry: &Entry,
    algorithms: &mut BTreeMap<String, Component>,
    dependencies: &mut BTreeMap<String, BTreeSet<String>>,
    assets: &mut Vec<Component>,
) {
    let algorithm = algorithm_of(&entry.nature, algorithms);
    let public_key =
        entry.classes.contains("public-key").then(|| format!("crypto/public-key/{}", entry.id));
    for (class, places) in by_component(entry) {
        let bom_ref = match &class.certificate {
            None => format!("crypto/{}/{}", class.name, entry.id),
            Some(number) => format!("crypto/{}/{}/{number}", class.name, entry.id),
        };
        let mut refers: BTreeSet<String> = algorithm.iter().cloned().collect();
        let crypto = if class.name == "certificate" {
            refers.extend(public_key.clone());
            certificate(&places, public_key.clone())
        } else {
            let related = related(entry, class.name, &places, algorithm.clone(), algorithms);
            let secured_by = related.related_crypto_material_properties.as_ref();
            let cipher = secured_by.and_then(|r| r.secured_by.as_ref()?.algorithm_ref.clone());
            refers.extend(cipher);
            related
        };
        let mut properties = vec![property(KEY, &*entry.id), json(NATURE, &entry.nature)];
        properties.extend(places.iter().map(|place| json(PLACE, place)));
        dependencies.insert(bom_ref.clone(), refers);
        assets.push(Component {
            kind: "cryptographic-asset".to_owned(),
            bom_ref: Some(bom_ref),
            name: what(&Entry { classes: [class.name.to_owned()].into(), ..entry.clone() }),
            crypto: Some(crypto),
            evidence: Some(Evidence { occurrences: occurrences(&places) }),
            properties,
            ..Component::default()
        });
    }
}

/// What tells the components of one key apart: the class, and which of several certificates.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Class<'a> {
    name: &'a str,
    certificate: Option<usize>,
}

fn by_component(entry: &Entry) -> BTreeMap<Class<'_>, Vec<&Place>> {
    let mut components: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for place in &entry.places {
        let certificate = entry
            .certificates
            .iter()
            .position(|c| c.subject == place.subject && c.not_after == place.not_after)
            .filter(|_| place.class == "certificate");
        components.entry(Class { name: &place.class, certificate }).or_default().push(place);
    }
    components
}

fn certificate(places: &[&Place], public_key: Option<String>) -> Crypto {
    let first = places.first();
    // Only a whole date and time is a date-time; others are in the places.
    let not_after = first.and_then(|place| place.not_after.clone()).filter(|t| t.contains('T'));
    Crypto {
        asset_type: "certificate".to_owned(),
        certificate_properties: Some(CertificateProperties {
            subject_name: first.and_then(|place| place.subject.clone()),
            not_valid_after: not_after,
            subject_public_key_ref: public_key,
            certificate_format: Some("X.509".to_owned()),
            ..CertificateProperties::default()
        }),
        ..Crypto::default()
    }
}

fn related(
    entry: &Entry,
    class: &str,
    places: &[&Place],
    algorithm: Option<String>,
    algorithms: &mut BTreeMap<String, Component>,
) -> Crypto {
    let kind = match class {
        "private-key" | "secret-key" | "public-key" => class,
        "key-store" => "other",
        _ => "unknown",
    };
    let worst =
        Entry::new(String::new(), Nature::default(), places.iter().copied().cloned().collect());
    let formats: BTreeSet<&str> = places.iter().map(|place| place.format.as_str()).collect();
    Crypto {
        asset_type: "related-crypto-material".to_owned(),
        related_crypto_material_properties: Some(Related {
            kind: kind.to_owned(),
            id: Some(entry.id.clone()),
            state: (entry.nature.published.is_some() && kind != "public-key")
                .then(|| "compromised".to_owned()),
            algorithm_ref: algorithm,
            size: entry.nature.bits,
            format: Some(formats.into_iter().collect::<Vec<_>>().join(", ")),
            secured_by: secured_by(&worst, algorithms),
            ..Related::default()
        }),
        ..Crypto::default()
    }
}

fn secured_by(worst: &Entry, algorithms: &mut BTreeMap<String, Component>) -> Option<SecuredBy> {
    let mechanism = match worst.protection.as_str() {
        "plaintext" => "None",
        "encrypted" | "wrapped" => "Software",
        _ => return None,
    };
    let mut ciphers = worst.places.iter().filter(|place| place.protection() == worst.protection);
    let cipher = ciphers.find_map(|place| place.cipher.as_ref());
    let algorithm_ref = cipher.filter(|_| mechanism == "Software").map(|cipher| {
        let bom_ref = format!("crypto/algorithm/{cipher}");
        algorithms.entry(bom_ref.clone()).or_insert_with(|| {
            let primitive = if cipher.contains("gcm") || cipher.contains("poly1305") {
                "ae"
            } else {
                "block-cipher"
            };
            algorithm(
                &bom_ref,
                cipher,
                Algorithm { primitive: Some(primitive.to_owned()), ..Algorithm::default() },
            )
        });
        bom_ref
    });
    Some(SecuredBy { mechanism: Some(mechanism.to_owned()), algorithm_ref })
}

/// One for each line that is known.
fn occurrences(places: &[&Place]) -> Vec<Occurrence> {
    places
        .iter()
        .flat_map(|place| {
            let mut context = vec![place.label.clone(), place.format.clone()];
            context.extend(place.envelope.clone());
            context.extend(place.decoded.iter().map(|by| format!("inside {by}")));
            context.extend(place.commit.iter().map(|commit| format!("commit {}", commit.id)));
            place.lines.iter().enumerate().map(move |(at, line)| Occurrence {
                location: place.path.clone(),
                line: Some(*line),
                offset: (at == 0).then_some(place.offset),
                symbol: place.alias.clone(),
                additional_context: Some(context.join(", ")),
            })
        })
        .collect()
}

fn algorithm(bom_ref: &str, name: &str, properties: Algorithm) -> Component {
    Component {
        kind: "cryptographic-asset".to_owned(),
        bom_ref: Some(bom_ref.to_owned()),
        name: name.to_owned(),
        crypto: Some(Crypto {
            asset_type: "algorithm".to_owned(),
            algorithm_properties: Some(properties),
            ..Crypto::default()
        }),
        ..Component::default()
    }
}

/// The component of the key's algorithm with its parameters.
pub(super) fn algorithm_of(
    nature: &Nature,
    algorithms: &mut BTreeMap<String, Component>,
) -> Option<String> {
    let name = nature.algorithm.as_deref()?;
    let parameter = nature.curve.clone().or_else(|| Some(nature.bits?.to_string()));
    let full = match &parameter {
        Some(parameter) => format!("{name}-{parameter}"),
        None => name.to_owned(),
    };
    let bom_ref = format!("crypto/algorithm/{full}");
    algorithms.entry(bom_ref.clone()).or_insert_with(|| {
        algorithm(
            &bom_ref,
            &full,
            Algorithm {
                primitive: Some(primitive(name).to_owned()),
                parameter_set_identifier: parameter,
                curve: nature.curve.clone().filter(|_| name == "ec"),
                elliptic_curve: None,
                classical_security_level: nature.strength,
                nist_quantum_security_level: quantum_level(name, nature.strength),
            },
        )
    });
    Some(bom_ref)
}

fn primitive(algorithm: &str) -> &'static str {
    match algorithm {
        "rsa" | "rsa-oaep" | "elgamal" => "pke",
        "rsa-pss" | "dsa" | "ed25519" | "ed448" | "ml-dsa" | "slh-dsa" | "hss-lms" | "xmss"
        | "xmss-mt" => "signature",
        "dh" | "x25519" | "x448" => "key-agree",
        "ml-kem" => "kem",
        "aes" | "3des" | "des" | "camellia" => "block-cipher",
        "chacha20" | "xchacha20" => "stream-cipher",
        "hmac" => "mac",
        _ => "unknown",
    }
}

/// Categories of the NIST post-quantum call; 0 is what a quantum computer breaks.
fn quantum_level(algorithm: &str, strength: Option<u64>) -> Option<u64> {
    match (algorithm, strength?) {
        ("ml-dsa", 128) => Some(2),
        ("ml-kem" | "slh-dsa" | "aes", 128) => Some(1),
        ("ml-kem" | "ml-dsa" | "slh-dsa" | "aes", 192) => Some(3),
        ("ml-kem" | "ml-dsa" | "slh-dsa" | "aes", 256) => Some(5),
        ("rsa" | "rsa-pss" | "rsa-oaep" | "dsa" | "dh" | "elgamal" | "ec", _)
        | ("ed25519" | "ed448" | "x25519" | "x448", _) => Some(0),
        _ => None,
    }
}

pub(super) fn property(name: &str, value: impl Into<String>) -> Property {
    Property { name: name.to_owned(), value: value.into() }
}

/// A property that holds a value of ours as JSON.
pub(super) fn json(name: &str, value: &impl Serialize) -> Property {
    let text = serde_json::to_string(value).expect("our plain structures can be written");
    property(name, text)
}
