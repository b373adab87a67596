//! PrivateKeyInfo, OneAsymmetricKey (RFC 5208, RFC 5958) and EncryptedPrivateKeyInfo.
