//! The key register.
