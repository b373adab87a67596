//! ECPrivateKey (RFC 5915) and EC parameters.
