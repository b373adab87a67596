//! RSAPrivateKey and RSAPublicKey (RFC 8017 A.1), and the DSA and DH relatives of OpenSSL.
