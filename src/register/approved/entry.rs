//! What an entry of the approved register may say. Nothing but the id and the kind is asked for
//! by the form: what an entry lacks is a finding, and not a refusal of the whole register.

use serde::{Deserialize, Serialize};

pub(super) use super::spanned::{Spanned, Text};

/// The whole file.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Always `key-register`.
    pub keylint: Text,
    pub version: Spanned<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Text>,
    /// Roles that no person holds together on one key: `[custodian, approver]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub separation_of_duties: Vec<Vec<Text>>,
    pub keys: Vec<Key>,
}

/// One key. Dates are RFC 3339; the names of states are those of NIST SP 800-57 part 1 section 7.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Line of its id, where the register has lines.
    #[serde(skip)]
    pub line: Option<u32>,
    /// Stable, and never made of the key.
    pub id: Text,
    /// As CycloneDX names them: `secret-key`, `private-key`, `public-key`, `certificate` …
    pub kind: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Text>,
    /// What data or which keys it protects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protects: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Box<Fingerprint>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Box<Algorithm>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bits: Option<Spanned<u32>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<Box<Strength>>,
    /// `KEK`, `DEK`, `sign`, `mac`, `TLS` …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usage: Vec<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_since: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotate_by: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivated: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compromised: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroyed: Option<Text>,
    /// `365d`, `P1Y`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cryptoperiod: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<Box<Store>>,
    /// `wrapped`, `scd` or `components` (PCI DSS 3.6.1.2); `cleartext` and `public` can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_form: Option<Text>,
    /// Id of the key-encrypting key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrapped_by: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wraps: Vec<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Box<Origin>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exportable: Option<Spanned<bool>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub custodians: Vec<Custodian>,
    /// How many custodians must act together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Spanned<u32>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub administrators: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<Principal>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Place>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Box<Distribution>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<Box<Backup>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared_with: Vec<Share>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_only: Option<Box<TlsOnly>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compliance: Vec<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_at: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<Box<Exception>>,
    /// `declared`, `observed` or `both`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Text>,
}

/// What identifies the material without giving it away.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<Text>,
    pub value: Text,
    /// `spki`, `ssh-blob`, `openpgp-v4`, `hmac` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Text>,
}

/// Another name of the key, and what it stands for.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    pub name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Text>,
    /// Where it stands for this key; everywhere, if nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<Text>,
    /// Patterns of paths; anywhere, if nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Text>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Algorithm {
    /// `aes`, `rsa`, `ec`, `ml-kem` …
    pub family: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter_set: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oid: Option<Text>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Strength {
    /// In bits, by NIST SP 800-57 part 1 table 2.
    pub classical: Spanned<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nist_quantum_level: Option<Spanned<u32>>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// `hsm`, `kms`, `vault`, `tpm`, `safe`, `file` …
    #[serde(rename = "type")]
    pub kind: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Text>,
    /// `fips140-3-l3`, `pci-pts-hsm-v4` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certification: Option<Text>,
    /// `software`, `hsm` or `external`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<Text>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// `generated`, `imported`, `derived` or `external`.
    pub how: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Text>,
    /// Where the record of it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Text>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Custodian {
    pub name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<Text>,
}

/// Somebody or something that may do something to the key.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Principal {
    pub principal: Text,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<Spanned<bool>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Text>,
}

/// A place where the key lies.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Path, with `!` before what is inside of a container.
    pub uri: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Spanned<u32>>,
    /// `cleartext`, `encrypted`, `public` or `reference`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Text>,
}

/// A name by which the key may be referred to, and where. A `*` makes it a pattern.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    pub name: Text,
    /// Those of the key, if nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<Text>,
    /// Patterns of paths; anywhere, if nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Text>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// `wrapped-transport`, `component-couriers`, `scd-load` …
    pub method: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Text>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    pub location: Text,
    /// As `storage_form`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested_at: Option<Text>,
}

/// A customer who has the key, and the guidance that they were given (PCI DSS 3.7.9).
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    pub name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance: Option<Text>,
}

/// Says that a key protects nothing but connections, so that it needs no custodians.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TlsOnly {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
}

/// What somebody allowed for a time.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Rules that it excuses.
    pub rules: Vec<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Text>,
}

/// Kinds of which nobody but those who need it may know the bytes.
const SECRET: [&str; 6] = ["key", "key-pair", "private-key", "secret-key", "seed", "shared-secret"];

impl Key {
    pub(super) fn is_secret(&self) -> bool {
        SECRET.contains(&self.kind.value.as_ref())
    }

    pub(super) fn is_known_state(&self) -> bool {
        self.state.as_ref().is_none_or(|state| super::words::STATES.contains(&state.value.as_ref()))
    }

    /// The state, `active` where none is said.
    pub(super) fn state(&self) -> &str {
        self.state.as_ref().map_or("active", |state| &state.value)
    }

    /// Whether the key may be used to protect something.
    pub(super) fn is_active(&self) -> bool {
        self.state() == "active"
    }

    /// Security strength in bits: as it is said, or as algorithm and size give it.
    pub(super) fn strength(&self) -> Option<u32> {
        let computed = self.algorithm.as_ref().and_then(|algorithm| {
            let set = algorithm.curve.as_ref().or(algorithm.parameter_set.as_ref());
            let set = set.map(|text| text.value.as_ref());
            let bits = self.size_bits.as_ref().map(|bits| bits.value);
            let bits = bits.or_else(|| Some(crate::algorithm::curve_by_name(set?)?.bits));
            crate::algorithm::strength(&algorithm.family.value.to_lowercase(), bits, set)
        });
        let said = self.strength.as_ref().map(|strength| strength.classical.value);
        // What is computed cannot be talked up.
        match (computed, said) {
            (Some(computed), Some(said)) => Some(computed.min(said)),
            (computed, said) => computed.or(said),
        }
    }

    /// Identity of the material, as facts have it.
    pub(crate) fn key_id(&self) -> Option<String> {
        let fingerprint = self.fingerprint.as_ref()?;
        let value = fingerprint.value.value.trim();
        if value.contains(':') && !value.split(':').all(|part| part.len() == 2) {
            return Some(value.to_owned());
        }
        let value: String = value.chars().filter(|c| *c != ':').collect();
        match fingerprint.of.as_ref().map(|of| of.value.as_ref()) {
            None | Some("spki") => Some(format!("spki-sha256:{}", value.to_lowercase())),
            Some(_) => None,
        }
    }

    /// Everybody who has a duty, by the name of the duty.
    pub(super) fn holders(&self, role: &str) -> Vec<&str> {
        match role {
            "owner" => self.owner.iter().map(|text| text.value.as_ref()).collect(),
            "reviewer" => self.reviewer.iter().map(|text| text.value.as_ref()).collect(),
            "custodian" => self.custodians.iter().map(|held| held.name.value.as_ref()).collect(),
            "approver" => self.approvers.iter().map(|text| text.value.as_ref()).collect(),
            "administrator" => {
                let admins = self.principals.iter().filter(|of| of.is_admin());
                self.administrators
                    .iter()
                    .chain(admins.map(|of| &of.principal))
                    .map(|text| text.value.as_ref())
                    .collect()
            }
            "user" => {
                let users = self.principals.iter().filter(|of| !of.is_admin());
                self.users
                    .iter()
                    .chain(users.map(|of| &of.principal))
                    .map(|text| text.value.as_ref())
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Principal {
    pub(super) fn is_admin(&self) -> bool {
        self.admin.as_ref().is_some_and(|admin| admin.value)
    }
}

/// Duties that can be kept apart.
pub(super) const ROLES: [&str; 6] =
    ["administrator", "approver", "custodian", "owner", "reviewer", "user"];
