//! What keys are called.

use super::{Entry, UNIDENTIFIED};

/// `RSA-2048 private key`, `EC P-256 certificate`.
pub(super) fn what(entry: &Entry) -> String {
    let order = ["private-key", "secret-key", "key-store", "certificate", "public-key"];
    let class = order.into_iter().find(|class| entry.classes.contains(*class)).unwrap_or("key");
    let class = class.replace('-', " ");
    let nature = &entry.nature;
    let Some(algorithm) = nature.algorithm.as_deref() else { return class };
    let name = match algorithm {
        "blake2b" => "BLAKE2b",
        "camellia" => "Camellia",
        "chacha20" => "ChaCha20",
        "ed25519" => "Ed25519",
        "ed448" => "Ed448",
        "elgamal" => "ElGamal",
        "xchacha20" => "XChaCha20",
        "secret" => return class,
        other => &other.to_uppercase(),
    };
    match (&nature.curve, nature.bits) {
        _ if matches!(algorithm, "ed25519" | "ed448" | "x25519" | "x448") => {
            format!("{name} {class}")
        }
        // Parameter sets have the algorithm in their name.
        (Some(set), _) if set.starts_with(name) => format!("{set} {class}"),
        (Some(curve), _) => format!("{name} {curve} {class}"),
        (None, Some(bits)) => format!("{name}-{bits} {class}"),
        (None, None) => format!("{name} {class}"),
    }
}

/// Whether another id of this kind can be the same key: sealed again, or without an identity.
pub(super) fn is_vague(id: &str) -> bool {
    id.starts_with(UNIDENTIFIED) || id.starts_with("sealed-sha256:")
}
