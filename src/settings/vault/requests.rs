//! Requests to Vault and OpenBao that do something to a key, and what each comes to.
//!
//! Sources: Vault documentation, "Transit secrets engine (API)", "PKI secrets engine (API)" and
//! "Policies" (root-protected paths, which want `sudo`).

/// A request that does something to a key. `KEY` in its path stands for the name of a key.
pub(super) struct Request {
    /// Below the mount.
    pub path: &'static str,
    /// Capabilities of which one is needed.
    pub needs: &'static [&'static str],
    pub capability: &'static str,
    /// Parameters without any of which the request does nothing; none where it takes none.
    pub parameters: &'static [&'static str],
    /// Whether the path is protected: `sudo` is needed as well.
    pub is_protected: bool,
}

const fn request(
    path: &'static str,
    needs: &'static [&'static str],
    capability: &'static str,
) -> Request {
    Request { path, needs, capability, parameters: &[], is_protected: false }
}

impl Request {
    const fn with(self, parameters: &'static [&'static str]) -> Self {
        Self { parameters, ..self }
    }

    const fn protected(self) -> Self {
        Self { is_protected: true, ..self }
    }
}

const WRITE: &[&str] = &["update", "create"];
const READ: &[&str] = &["read"];
const DELETE: &[&str] = &["delete"];

const PLAINTEXT: &[&str] = &["plaintext", "batch_input"];
const CIPHERTEXT: &[&str] = &["ciphertext", "batch_input"];
const INPUT: &[&str] = &["input", "batch_input"];
const CONFIG: &[&str] = &[
    "min_decryption_version",
    "min_encryption_version",
    "deletion_allowed",
    "exportable",
    "allow_plaintext_backup",
    "auto_rotate_period",
];
const BUNDLE: &[&str] = &["pem_bundle"];

/// Requests to a transit engine.
pub(super) const TRANSIT: &[Request] = &[
    request("decrypt/KEY", WRITE, "use").with(CIPHERTEXT),
    request("encrypt/KEY", WRITE, "use").with(PLAINTEXT),
    request("sign/KEY", WRITE, "use").with(INPUT),
    request("hmac/KEY", WRITE, "use").with(INPUT),
    request("datakey/plaintext/KEY", WRITE, "use"),
    request("datakey/wrapped/KEY", WRITE, "wrap"),
    request("rewrap/KEY", WRITE, "wrap").with(CIPHERTEXT),
    request("keys/KEY", &["create", "update"], "administer"),
    request("keys/KEY/config", WRITE, "administer").with(CONFIG),
    request("keys/KEY/rotate", WRITE, "replace"),
    request("keys/KEY/import", WRITE, "replace").with(&["ciphertext", "public_key"]),
    request("keys/KEY/import_version", WRITE, "replace").with(&["ciphertext", "public_key"]),
    request("restore/KEY", WRITE, "replace").with(&["backup"]),
    request("export/encryption-key/KEY", READ, "export"),
    request("export/signing-key/KEY", READ, "export"),
    request("export/hmac-key/KEY", READ, "export"),
    request("backup/KEY", READ, "export"),
    request("byok-export/DESTINATION/KEY", READ, "export"),
    request("keys/KEY", DELETE, "destroy"),
    request("keys/KEY/trim", WRITE, "destroy").with(&["min_available_version"]),
];

/// Requests to a certification authority.
pub(super) const PKI: &[Request] = &[
    request("root/generate/exported", WRITE, "export"),
    request("intermediate/generate/exported", WRITE, "export"),
    request("root/rotate/exported", WRITE, "export"),
    request("config/ca", WRITE, "replace").with(BUNDLE),
    request("issuers/import/bundle", WRITE, "replace").with(BUNDLE),
    request("root", DELETE, "destroy").protected(),
];

/// Requests to the server itself, which reach every key.
pub(super) const SYSTEM: &[Request] = &[
    request("sys/policies/acl/NAME", WRITE, "delegate").with(&["policy"]),
    request("sys/policy/NAME", WRITE, "delegate").with(&["policy"]),
    request("sys/raw/core/keyring", READ, "export").protected(),
    request("sys/storage/raft/snapshot", READ, "export"),
    request("sys/storage/raft/snapshot", WRITE, "replace"),
    request("sys/rekey/init", WRITE, "replace"),
    request("sys/rotate", WRITE, "replace").protected(),
    request("sys/mounts/NAME", WRITE, "administer"),
    request("sys/mounts/NAME", DELETE, "destroy"),
];
