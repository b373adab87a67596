//! Reads a CycloneDX BOM as a register: as it was written, where it is ours, and as far as it
//! goes, where it is another producer's.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Entry, Nature, Place, Register, Unseen,
    bom::{
        Bom, COMPLETE, Component, Crypto, DECLARED, GAP, KEY, LEFT_OUT, NATURE, PLACE, Property,
        REFERENCE,
    },
};

/// Reads a BOM.
pub(super) fn read(bytes: &[u8]) -> serde_json::Result<Register> {
    let bom: Bom = serde_json::from_slice(bytes)?;
    let algorithms: BTreeMap<&str, &Component> = bom
        .components
        .iter()
        .filter_map(|component| Some((component.bom_ref.as_deref()?, component)))
        .collect();
    let mut keys: BTreeMap<String, (Nature, Vec<Place>)> = BTreeMap::new();
    for component in &bom.components {
        let Some((id, nature, places)) = asset(component, &algorithms)? else { continue };
        let key = keys.entry(id).or_insert_with(|| (nature, Vec::new()));
        key.1.extend(places);
    }
    let properties = &bom.metadata.properties;
    let gaps: Vec<Unseen> = parsed(properties, GAP)?;
    let left_out = parsed(properties, LEFT_OUT)?;
    let entries = keys.into_iter().map(|(id, (nature, places))| Entry::new(id, nature, places));
    let register = Register::new(gaps, left_out, entries.collect());
    let incomplete = bom.compositions.iter().any(|c| c.aggregate.starts_with("incomplete"))
        || properties.iter().any(|p| p.name == COMPLETE && p.value == "false");
    let references = parsed(properties, REFERENCE)?;
    let declared = parsed(properties, DECLARED)?;
    Ok(Register { complete: register.complete && !incomplete, references, declared, ..register })
}

/// The values of all properties of this name.
fn parsed<T: for<'de> Deserialize<'de>>(
    properties: &[Property],
    name: &str,
) -> serde_json::Result<Vec<T>> {
    properties
        .iter()
        .filter(|property| property.name == name)
        .map(|property| serde_json::from_str(&property.value))
        .collect()
}

type Asset = (String, Nature, Vec<Place>);

/// The key or certificate that a component describes, if it describes one.
fn asset(
    component: &Component,
    algorithms: &BTreeMap<&str, &Component>,
) -> serde_json::Result<Option<Asset>> {
    let Some(crypto) = &component.crypto else { return Ok(None) };
    let ours = component.properties.iter().find(|property| property.name == KEY);
    if let Some(id) = ours {
        let nature = parsed(&component.properties, NATURE)?.pop().unwrap_or_default();
        return Ok(Some((id.value.clone(), nature, parsed(&component.properties, PLACE)?)));
    }
    let related = crypto.related_crypto_material_properties.as_ref();
    let class = match (crypto.asset_type.as_str(), related.map(|related| related.kind.as_str())) {
        ("certificate", _) => "certificate",
        (_, Some("private-key")) => "private-key",
        (_, Some("secret-key" | "key" | "shared-secret")) => "secret-key",
        (_, Some("public-key")) => "public-key",
        (_, Some("other")) => "key-store",
        _ => return Ok(None),
    };
    let id = related.and_then(|related| related.id.clone()).or_else(|| component.bom_ref.clone());
    let algorithm = related
        .and_then(|related| related.algorithm_ref.as_deref())
        .and_then(|algorithm| algorithms.get(algorithm));
    let parameters =
        algorithm.and_then(|algorithm| algorithm.crypto.as_ref()?.algorithm_properties.as_ref());
    let nature = Nature {
        algorithm: algorithm.map(|algorithm| algorithm.name.to_lowercase()),
        bits: related.and_then(|related| related.size),
        curve: parameters.and_then(|parameters| parameters.curve.clone()),
        strength: parameters.and_then(|parameters| parameters.classical_security_level),
        published: None,
    };
    let place = foreign_place(crypto, class);
    let occurrences = component.evidence.iter().flat_map(|evidence| &evidence.occurrences);
    let places = occurrences
        .map(|occurrence| Place {
            path: occurrence.location.clone(),
            lines: occurrence.line.into_iter().collect(),
            offset: occurrence.offset.unwrap_or(0),
            count: 1,
            alias: occurrence.symbol.clone(),
            ..place.clone()
        })
        .collect();
    Ok(Some((id.unwrap_or_else(|| component.name.clone()), nature, places)))
}

/// What another producer says of every place of an asset.
fn foreign_place(crypto: &Crypto, class: &str) -> Place {
    let related = crypto.related_crypto_material_properties.as_ref();
    let certificate = crypto.certificate_properties.as_ref();
    let mechanism = related.and_then(|related| related.secured_by.as_ref()?.mechanism.as_deref());
    let label = match (class, mechanism) {
        ("certificate" | "public-key", _) => "public",
        (_, Some("None")) => "plaintext",
        (_, Some(_)) => "encrypted",
        (_, None) => "unknown",
    };
    Place {
        format: related
            .and_then(|related| related.format.clone())
            .unwrap_or_else(|| "unknown".to_owned()),
        class: class.to_owned(),
        label: label.to_owned(),
        subject: certificate.and_then(|certificate| certificate.subject_name.clone()),
        not_after: certificate.and_then(|certificate| certificate.not_valid_after.clone()),
        ..Place::default()
    }
}
