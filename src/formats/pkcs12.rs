//! PFX (RFC 7292).
