//! Writes an approved register as CycloneDX, the cryptography bill of materials: each entry is a
//! cryptographic asset. The whole entry is in a property of ours too, so that it reads back as it
//! was. `value` is never written.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{self, Write},
};

use super::{
    Approved, MARK,
    entry::{Key, Text},
    yaml,
};
use crate::{
    date::Date,
    register::{
        Nature,
        bom::{
            Bom, CertificateProperties, CertificateState, Component, Crypto, Dependency, Evidence,
            Hash, Metadata, Occurrence, Related, RelatedAsset, SecuredBy,
        },
        cyclonedx::{algorithm_of, json, property, serial_number, tools},
    },
    report::write_pretty,
};

/// What the register says beside its keys.
pub(super) const REGISTER: &str = "keylint:register";

/// Writes `register` as a BOM of this version: `1.6` or `1.7`.
pub(crate) fn write(register: &Approved, version: &str, out: &mut dyn Write) -> io::Result<()> {
    let is_newer = version != "1.6";
    let mut algorithms: BTreeMap<String, Component> = BTreeMap::new();
    let mut refs: HashMap<&str, String> = HashMap::new();
    let mut by_id: HashMap<&str, &Key> = HashMap::new();
    for key in register.keys() {
        refs.entry(&key.id.value).or_insert_with(|| format!("crypto/key/{}", key.id.value));
        by_id.entry(&key.id.value).or_insert(key);
    }
    let mut taken = BTreeSet::new();
    let mut assets = Vec::new();
    let mut dependencies = Vec::new();
    for (number, key) in register.keys().iter().enumerate() {
        let mut bom_ref = format!("crypto/key/{}", key.id.value);
        if !taken.insert(key.id.value.as_ref()) {
            // Two entries of one id are a mistake that `register check` tells.
            bom_ref = format!("{bom_ref}#{number}");
        }
        let algorithm = algorithm_of(&nature(key), &mut algorithms);
        let kek = key.wrapped_by.as_ref().and_then(|kek| by_id.get(kek.value.as_ref()));
        let kek_algorithm = kek.and_then(|kek| algorithm_of(&nature(kek), &mut algorithms));
        let kek_ref = key.wrapped_by.as_ref().and_then(|kek| refs.get(kek.value.as_ref()));
        let depends_on: BTreeSet<String> =
            algorithm.iter().chain(kek_ref).filter(|on| **on != bom_ref).cloned().collect();
        let entry = serde_json::to_string(key)?;
        dependencies
            .push(Dependency { of: bom_ref.clone(), depends_on: depends_on.into_iter().collect() });
        let spki = hash(key);
        assets.push(Component {
            kind: "cryptographic-asset".to_owned(),
            bom_ref: Some(bom_ref),
            name: key.name.as_ref().unwrap_or(&key.id).value.to_string(),
            version: key.version.as_ref().map(|text| text.value.to_string()),
            description: key.purpose.as_ref().map(|text| text.value.to_string()),
            hashes: spki.clone().into_iter().filter(|_| !is_newer).collect(),
            crypto: Some(crypto(key, algorithm, kek_algorithm, spki, is_newer)),
            evidence: occurrences(key),
            properties: vec![property(MARK, entry)],
        });
    }
    let mut components: Vec<Component> = algorithms.into_values().collect();
    if is_newer {
        components.iter_mut().for_each(newer);
    }
    components.append(&mut assets);
    let bom = Bom {
        schema: format!("http://cyclonedx.org/schema/bom-{version}.schema.json"),
        bom_format: "CycloneDX".to_owned(),
        spec_version: version.to_owned(),
        serial_number: Some(serial_number(&register.written)?),
        version: 1,
        metadata: Metadata {
            tools: Some(tools(env!("CARGO_PKG_VERSION"))),
            properties: vec![json(REGISTER, &yaml::head(register)?)],
        },
        components,
        dependencies,
        compositions: Vec::new(),
    };
    write_pretty(&bom, out)
}

/// What the key is, as observed keys have it.
fn nature(key: &Key) -> Nature {
    let algorithm = key.algorithm.as_ref();
    let set = algorithm.and_then(|of| of.parameter_set.as_ref().or(of.curve.as_ref()));
    Nature {
        algorithm: algorithm.map(|of| of.family.value.trim().to_lowercase()),
        bits: key.size_bits.as_ref().map(|bits| bits.value.into()),
        curve: set.map(|set| set.value.to_string()),
        strength: key.strength().map(u64::from),
        published: None,
    }
}

/// 1.7 has a list of curves.
fn newer(component: &mut Component) {
    let Some(crypto) = &mut component.crypto else { return };
    let Some(algorithm) = &mut crypto.algorithm_properties else { return };
    let curve = algorithm.curve.take();
    algorithm.elliptic_curve = curve.as_deref().and_then(listed_curve).map(str::to_owned);
}

fn listed_curve(curve: &str) -> Option<&'static str> {
    Some(match curve.to_ascii_lowercase().as_str() {
        "p-224" => "nist/P-224",
        "p-256" | "prime256v1" => "nist/P-256",
        "p-384" | "secp384r1" => "nist/P-384",
        "p-521" | "secp521r1" => "nist/P-521",
        "secp256k1" => "secg/secp256k1",
        _ => return None,
    })
}

/// The digest of the public half.
fn hash(key: &Key) -> Option<Hash> {
    let id = key.key_id()?;
    let digits = id.strip_prefix("spki-sha256:")?;
    let is_digest = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| Hash { alg: "SHA-256".to_owned(), content: digits.to_owned() })
}

fn crypto(
    key: &Key,
    algorithm: Option<String>,
    kek_algorithm: Option<String>,
    fingerprint: Option<Hash>,
    is_newer: bool,
) -> Crypto {
    if matches!(key.kind.value.as_ref(), "certificate" | "trust-anchor") {
        let states = state(key).into_iter().map(|state| CertificateState {
            state: Some(if state == "compromised" { "revoked".to_owned() } else { state }),
        });
        return Crypto {
            asset_type: "certificate".to_owned(),
            certificate_properties: Some(CertificateProperties {
                not_valid_after: date_time(key.expires.as_ref()),
                certificate_format: Some("X.509".to_owned()),
                certificate_state: states.filter(|_| is_newer).collect(),
                creation_date: date_time(key.created.as_ref()).filter(|_| is_newer),
                activation_date: date_time(key.activated.as_ref()).filter(|_| is_newer),
                ..CertificateProperties::default()
            }),
            ..Crypto::default()
        };
    }
    let asset = |of| RelatedAsset { kind: "algorithm".to_owned(), of };
    Crypto {
        asset_type: "related-crypto-material".to_owned(),
        related_crypto_material_properties: Some(Related {
            kind: kind(key).to_owned(),
            id: Some(key.id.value.to_string()),
            state: state(key),
            algorithm_ref: algorithm.clone().filter(|_| !is_newer),
            related_cryptographic_assets: algorithm
                .into_iter()
                .filter(|_| is_newer)
                .map(asset)
                .collect(),
            size: key.size_bits.as_ref().map(|bits| bits.value.into()),
            secured_by: secured_by(key, kek_algorithm),
            creation_date: date_time(key.created.as_ref()),
            activation_date: date_time(key.activated.as_ref()),
            expiration_date: date_time(key.expires.as_ref()),
            fingerprint: fingerprint.filter(|_| is_newer),
            ..Related::default()
        }),
        ..Crypto::default()
    }
}

/// Kinds that CycloneDX has, and the nearest for those that it has not.
fn kind(key: &Key) -> &str {
    match key.kind.value.as_ref() {
        known @ ("private-key" | "public-key" | "secret-key" | "key" | "seed" | "shared-secret"
        | "salt" | "password" | "token" | "credential" | "other") => known,
        "key-pair" => "private-key",
        _ => "unknown",
    }
}

/// The state, where it is one of NIST's: they are those of CycloneDX.
pub(super) fn state(key: &Key) -> Option<String> {
    key.state.as_ref().filter(|_| key.is_known_state()).map(|state| state.value.to_string())
}

fn secured_by(key: &Key, kek_algorithm: Option<String>) -> Option<SecuredBy> {
    let word = |text: Option<&Text>| text.map(|text| text.value.to_ascii_lowercase());
    let store = key.store.as_ref();
    let kind = word(store.map(|store| &store.kind));
    let protection = word(store.and_then(|store| store.protection.as_ref()));
    let form = word(key.storage_form.as_ref());
    let mechanism = match (form.as_deref(), protection.as_deref(), kind.as_deref()) {
        (Some("public"), ..) => return None,
        (Some("cleartext"), ..) => "None",
        (_, _, Some("tpm")) => "TPM",
        (_, Some("hsm"), _) | (_, _, Some("hsm")) | (Some("scd"), ..) => "HSM",
        (Some(_), ..) => "Software",
        (None, ..) => return None,
    };
    Some(SecuredBy { mechanism: Some(mechanism.to_owned()), algorithm_ref: kek_algorithm })
}

/// A date as the date and time that CycloneDX asks for.
pub(super) fn date_time(text: Option<&Text>) -> Option<String> {
    let text = text?.value.trim();
    text.parse::<Date>().ok()?;
    match text.len() {
        10 => Some(format!("{text}T00:00:00Z")),
        _ if text.ends_with('Z') && text.len() == 20 => Some(text.to_owned()),
        _ => None,
    }
}

fn occurrences(key: &Key) -> Option<Evidence> {
    let occurrences: Vec<Occurrence> = key
        .locations
        .iter()
        .map(|place| Occurrence {
            location: place.uri.value.to_string(),
            line: place.line.as_ref().map(|line| line.value.into()),
            offset: None,
            symbol: None,
            additional_context: place.form.as_ref().map(|form| form.value.to_string()),
        })
        .collect();
    (!occurrences.is_empty()).then_some(Evidence { occurrences })
}
