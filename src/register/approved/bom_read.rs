//! Reads a CycloneDX BOM as an approved register: our own entries as they were, with the state and
//! dates that somebody has changed since; the assets of other producers as far as they go.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    MARK,
    bom_write::{REGISTER, date_time, state},
    entry::{Key, Text, Written},
};
use crate::{
    error::Error,
    register::bom::{Bom, Component, Crypto, Related},
};

/// Reads a BOM. `name` is the file's, for messages.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Written, Error> {
    let bom: Bom = serde_json::from_slice(bytes).map_err(|problem| {
        let place = format!("{name}:{}:{}", problem.line().max(1), problem.column().max(1));
        Error::invalid(place, format!("this is no CycloneDX BOM: {problem}"))
    })?;
    if bom.bom_format != "CycloneDX" {
        return Err(Error::invalid(name, "this is no CycloneDX BOM"));
    }
    let mut head = Map::new();
    let refused = |what: &str, problem: serde_json::Error| {
        Error::invalid(name, format!("{what}: not an entry of a register: {problem}"))
    };
    for property in bom.metadata.properties.iter().filter(|property| property.name == REGISTER) {
        head = serde_json::from_str(&property.value).map_err(|of| refused("metadata", of))?;
    }
    let scene = Scene::of(&bom);
    let mut keys = Vec::new();
    for component in &bom.components {
        let what = component.bom_ref.as_deref().unwrap_or(&component.name);
        let key = match component.properties.iter().find(|property| property.name == MARK) {
            Some(entry) => own(&entry.value, component),
            None => scene.foreign(component),
        };
        keys.extend(key.map_err(|problem| refused(what, problem))?);
    }
    Written::of(head, keys).map_err(|problem| refused("metadata", problem))
}

/// An entry of ours. What the asset says otherwise, in fields that other programs know, is newer.
fn own(entry: &str, component: &Component) -> serde_json::Result<Option<Key>> {
    let mut key: Key = serde_json::from_str(entry)?;
    let related = component.crypto.as_ref();
    let related = related.and_then(|crypto| crypto.related_crypto_material_properties.as_ref());
    if let Some(related) = related {
        if related.state.is_some() && related.state != state(&key) {
            key.state = text(related.state.as_deref())?;
        }
        for (field, said) in [
            (&mut key.created, &related.creation_date),
            (&mut key.activated, &related.activation_date),
            (&mut key.expires, &related.expiration_date),
        ] {
            if said.is_some() && *said != date_time(field.as_ref()) {
                *field = text(said.as_deref().map(day))?;
            }
        }
    }
    Ok(Some(key))
}

fn text(text: Option<&str>) -> serde_json::Result<Option<Text>> {
    text.map(|text| serde_json::from_value(text.into())).transpose()
}

/// A date, without the time where that is midnight.
fn day(date_time: &str) -> &str {
    date_time.strip_suffix("T00:00:00Z").unwrap_or(date_time)
}

/// What the assets of a BOM refer to.
struct Scene<'a> {
    components: BTreeMap<&'a str, &'a Component>,
    depends_on: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Scene<'a> {
    fn of(bom: &'a Bom) -> Self {
        let named = |component: &'a Component| Some((component.bom_ref.as_deref()?, component));
        let mut depends_on: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for dependency in &bom.dependencies {
            let on = depends_on.entry(&dependency.of).or_default();
            on.extend(dependency.depends_on.iter().map(String::as_str));
        }
        Self { components: bom.components.iter().filter_map(named).collect(), depends_on }
    }

    /// The key or certificate of another producer, if a component is one.
    fn foreign(&self, component: &Component) -> serde_json::Result<Option<Key>> {
        let Some(crypto) = &component.crypto else { return Ok(None) };
        let Some(kind) = kind(crypto) else { return Ok(None) };
        let mut key = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                key.insert(name.to_owned(), value);
            }
        };
        let id = id(component);
        put("id", Some(id.into()));
        put("kind", Some(kind.into()));
        put("name", (!component.name.is_empty()).then(|| component.name.as_str().into()));
        put("purpose", component.description.as_deref().map(Value::from));
        put("version", component.version.as_deref().map(Value::from));
        if let Some(related) = &crypto.related_crypto_material_properties {
            put("state", related.state.as_deref().map(Value::from));
            put("size_bits", related.size.and_then(|of| u32::try_from(of).ok()).map(Value::from));
            for (name, date) in [
                ("created", &related.creation_date),
                ("activated", &related.activation_date),
                ("expires", &related.expiration_date),
            ] {
                put(name, date.as_deref().map(|date| day(date).into()));
            }
            put("algorithm", self.algorithm(related));
            let mechanism = related.secured_by.as_ref().and_then(|of| of.mechanism.as_deref());
            match mechanism {
                Some("HSM") => put("store", Some(json!({ "type": "hsm", "protection": "hsm" }))),
                Some("TPM") => put("store", Some(json!({ "type": "tpm" }))),
                Some("None") => put("storage_form", Some("cleartext".into())),
                _ => {}
            }
            let digest = related.fingerprint.as_ref().filter(|of| of.alg == "SHA-256");
            put(
                "fingerprint",
                digest.map(|of| json!({ "alg": "sha256", "of": "unknown", "value": of.content })),
            );
        }
        if let Some(certificate) = &crypto.certificate_properties {
            put("expires", certificate.not_valid_after.as_deref().map(|date| day(date).into()));
            put("protects", certificate.subject_name.as_deref().map(Value::from));
        }
        put("wrapped_by", self.kek(component).map(Value::from));
        let places: Vec<Value> = component
            .evidence
            .iter()
            .flat_map(|evidence| &evidence.occurrences)
            .map(|place| {
                let mut location = json!({ "uri": place.location });
                if let (Some(line), Some(location)) = (place.line, location.as_object_mut()) {
                    location
                        .insert("line".to_owned(), u32::try_from(line).unwrap_or(u32::MAX).into());
                }
                location
            })
            .collect();
        put("locations", (!places.is_empty()).then_some(Value::Array(places)));
        put("source", Some("observed".into()));
        serde_json::from_value(Value::Object(key)).map(Some)
    }

    fn algorithm(&self, related: &Related) -> Option<Value> {
        let newer = related.related_cryptographic_assets.iter();
        let newer = newer.filter(|of| of.kind == "algorithm").map(|of| of.of.as_str());
        let of = related.algorithm_ref.as_deref().into_iter().chain(newer).next()?;
        let component = self.components.get(of)?;
        let properties = component.crypto.as_ref()?.algorithm_properties.as_ref();
        let set = properties.and_then(|of| of.parameter_set_identifier.as_deref());
        let curve = properties.and_then(|of| of.curve.as_deref());
        let mut algorithm = json!({ "family": component.name.to_lowercase() });
        if let Some(algorithm) = algorithm.as_object_mut() {
            if let Some(set) = set {
                algorithm.insert("parameter_set".to_owned(), set.into());
            }
            if let Some(curve) = curve {
                algorithm.insert("curve".to_owned(), curve.into());
            }
        }
        Some(algorithm)
    }

    /// The one secret key that a secret key depends on.
    fn kek(&self, component: &Component) -> Option<String> {
        let on = self.depends_on.get(component.bom_ref.as_deref()?)?;
        let mut keys = on.iter().filter_map(|on| self.components.get(on)).filter(|on| {
            let kind = on.crypto.as_ref().and_then(kind);
            matches!(kind, Some("secret-key" | "key" | "private-key"))
        });
        let own = component.crypto.as_ref().and_then(kind)?;
        let kek = keys.next().filter(|_| matches!(own, "secret-key" | "key"))?;
        keys.next().is_none().then(|| id(kek))
    }
}

/// What the asset is, as a register names it.
fn kind(crypto: &Crypto) -> Option<&str> {
    let related = crypto.related_crypto_material_properties.as_ref();
    match (crypto.asset_type.as_str(), related.map(|related| related.kind.as_str())) {
        ("certificate", _) => Some("certificate"),
        (_, Some(kind @ ("private-key" | "public-key" | "secret-key" | "key" | "seed"))) => {
            Some(kind)
        }
        (_, Some("shared-secret")) => Some("shared-secret"),
        _ => None,
    }
}

fn id(component: &Component) -> String {
    let crypto = component.crypto.as_ref();
    let related = crypto.and_then(|of| of.related_crypto_material_properties.as_ref());
    let id = related.and_then(|related| related.id.as_deref()).or(component.bom_ref.as_deref());
    id.unwrap_or(&component.name).to_owned()
}
