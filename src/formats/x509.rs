//! SubjectPublicKeyInfo and Certificate (RFC 5280).
