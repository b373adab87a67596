//! Recipients of age (C2SP age.md), native and of plugins: Bech32 under `age1`. A native one is a public
//! key of X25519, and has the identity of that key; one of a plugin is known by itself. They are read in
//! files of SOPS, in commands, and in the register: alone they are not looked for.

use super::Reference;
use crate::{formats::age::bech32, key};

/// Longest recipient that is read; hybrid ones are longer.
const MOST: usize = 200;

pub(super) fn parse(text: &str) -> Option<Reference> {
    let is_short = text.starts_with("age1") && text.len() <= MOST;
    let (prefix, data) = text.rsplit_once('1').filter(|_| is_short)?;
    let bytes = bech32(prefix, data.as_bytes())?;
    let key = match prefix {
        "age" if bytes.len() == 32 => key::edwards_public("x25519", &bytes).key_id?,
        "age" => return None,
        _ => text.to_owned(),
    };
    Some(Reference::new("age", "recipient", key))
}
