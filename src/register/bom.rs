//! The part of the CycloneDX 1.6 model (ECMA-424) that a register needs. Everything is optional
//! that other producers may leave out.

use serde::{Deserialize, Serialize};

pub(super) const KEY: &str = "keylint:key";
pub(super) const NATURE: &str = "keylint:nature";
pub(super) const PLACE: &str = "keylint:place";
pub(super) const GAP: &str = "keylint:gap";
pub(super) const LEFT_OUT: &str = "keylint:left-out";
pub(super) const REFERENCE: &str = "keylint:reference";
pub(super) const DECLARED: &str = "keylint:declared";
pub(super) const COMPLETE: &str = "keylint:complete";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bom {
    #[serde(rename = "$schema", default)]
    pub schema: String,
    pub bom_format: String,
    pub spec_version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial_number: Option<String>,
    #[serde(default = "one")]
    pub version: u64,
    #[serde(default)]
    pub metadata: Metadata,
    #[serde(default)]
    pub components: Vec<Component>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Dependency>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compositions: Vec<Composition>,
}

const fn one() -> u64 {
    1
}

/// Tools are written and not read: other producers write them in another form.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Metadata {
    #[serde(default, skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Tools>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
}

#[derive(Default, Serialize)]
pub(super) struct Tools {
    pub components: Vec<Component>,
}

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Component {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "bom-ref", default, skip_serializing_if = "Option::is_none")]
    pub bom_ref: Option<String>,
    #[serde(default)]
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hashes: Vec<Hash>,
    #[serde(rename = "cryptoProperties", default, skip_serializing_if = "Option::is_none")]
    pub crypto: Option<Crypto>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Crypto {
    pub asset_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm_properties: Option<Algorithm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_properties: Option<CertificateProperties>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related_crypto_material_properties: Option<Related>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Algorithm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primitive: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter_set_identifier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<String>,
    /// Since 1.7, where it takes the place of `curve`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elliptic_curve: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classical_security_level: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nist_quantum_security_level: Option<u64>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CertificateProperties {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_valid_after: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_public_key_ref: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_format: Option<String>,
    /// This and the dates: since 1.7.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificate_state: Vec<CertificateState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation_date: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
pub(super) struct CertificateState {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// A digest: `SHA-256` and its digits.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Hash {
    #[serde(default)]
    pub alg: String,
    #[serde(default)]
    pub content: String,
}

/// Since 1.7, where it takes the place of `algorithmRef`.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct RelatedAsset {
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(rename = "ref", default)]
    pub of: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Related {
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm_ref: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secured_by: Option<SecuredBy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related_cryptographic_assets: Vec<RelatedAsset>,
    /// Since 1.7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Hash>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecuredBy {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mechanism: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm_ref: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Evidence {
    #[serde(default)]
    pub occurrences: Vec<Occurrence>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Occurrence {
    pub location: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_context: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Property {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub value: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dependency {
    #[serde(rename = "ref")]
    pub of: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Composition {
    pub aggregate: String,
}
