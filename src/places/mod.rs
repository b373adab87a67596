//! Where bytes live. Nothing outside of this module touches the file system.

pub(crate) mod files;
