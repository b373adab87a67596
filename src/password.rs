//! Passwords that the whole world knows: tools' defaults, documentation samples.

/// Tried in this order on stores whose key derivation is cheap enough.
pub(crate) const WELL_KNOWN: &[&str] = &[
    "",
    "changeit",
    "changeme",
    "password",
    "secret",
    "test",
    "123456",
    "12345678",
    "notasecret",
    "keystore",
    "storepass",
    "keypass",
    "passphrase",
    "admin",
];
