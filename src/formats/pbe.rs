//! Password-based encryption schemes: PBES1, PBES2 (RFC 8018) and those of PKCS#12.
