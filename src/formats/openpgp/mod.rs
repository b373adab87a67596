//! OpenPGP keyrings (RFC 4880, RFC 9580): which packets follow one another, and which of them are
//! keys. PEM hands it what the armour holds; as a binary file there is no magic, so that the first
//! packet must read as a key to the last byte.

mod key;
mod secret;

pub(super) use key::{elgamal, native};
pub(super) use secret::octets;

use std::ops::Range;

use super::ssh_wire::Wire;
use crate::{
    error::Reject,
    fact::{Class, Label, Material},
    identity,
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "openpgp",
    about: "OpenPGP keys (RFC 4880, RFC 9580), binary and armoured",
    text: &[],
    binary: &[],
    find: |_, _, _| {},
    head: Some(head),
};

const SIGNATURE: u8 = 2;
const SECRET_KEY: u8 = 5;
const PUBLIC_KEY: u8 = 6;
const SECRET_SUBKEY: u8 = 7;
const MARKER: u8 = 10;
const TRUST: u8 = 12;
const USER_ID: u8 = 13;
const PUBLIC_SUBKEY: u8 = 14;
const USER_ATTRIBUTE: u8 = 17;
const PADDING: u8 = 21;

/// Keys of armour without the armour, or of a keyring.
pub(crate) fn parse_armoured(bytes: &[u8]) -> Result<Vec<Material>, Reject> {
    let keys = keyring(bytes, false).0;
    if keys.is_empty() { Err(Reject) } else { Ok(keys.into_iter().map(|(_, key)| key).collect()) }
}

fn head(unit: Unit<'_>, found: &mut Found) {
    let Some(&first) = unit.bytes.first() else { return };
    if !unit.at_start || !is_key_tag(first) {
        return;
    }
    let (keys, end) = keyring(unit.bytes, true);
    let is_empty = keys.is_empty();
    for (range, key) in keys {
        let is_cut_by_us = !unit.at_end && range.end == unit.bytes.len();
        if !is_cut_by_us || key.label != Label::Truncated {
            found.material(range, key);
        }
    }
    if !is_empty {
        // Signatures and pictures between the keys are understood, too.
        found.claim(end);
    }
}

/// Whether a packet that begins with `first` is a key that begins a keyring.
fn is_key_tag(first: u8) -> bool {
    match first {
        0x80..=0xbf => matches!(first >> 2 & 0xf, SECRET_KEY | PUBLIC_KEY),
        0xc0.. => matches!(first & 0x3f, SECRET_KEY | PUBLIC_KEY),
        _ => false,
    }
}

/// All keys, with the ranges of their packets, and the end of the last packet. If `strict`, stops
/// at the first thing that could as well be something else.
fn keyring(bytes: &[u8], strict: bool) -> (Vec<(Range<usize>, Material)>, usize) {
    let mut keys: Vec<(Range<usize>, Material)> = Vec::new();
    // Where in `keys` the key is that a user id belongs to.
    let mut primary = None;
    let mut at = 0;
    while let Some(packet) = packet(bytes, at) {
        match packet.tag {
            SECRET_KEY | PUBLIC_KEY | SECRET_SUBKEY | PUBLIC_SUBKEY => {
                let is_primary = matches!(packet.tag, SECRET_KEY | PUBLIC_KEY);
                let Some(key) = lowered(&packet, is_primary, strict) else { break };
                if is_primary {
                    primary = Some(keys.len());
                }
                keys.push((packet.range.clone(), key));
            }
            USER_ID if packet.is_whole => {
                if let Some((_, key)) = primary.and_then(|index| keys.get_mut(index))
                    && key.comment.is_none()
                {
                    let id = packet.body.get(..256).unwrap_or(packet.body);
                    key.comment = Some(String::from_utf8_lossy(id).into_owned());
                }
            }
            SIGNATURE | MARKER | TRUST | USER_ATTRIBUTE | PADDING | 60..=63 => {}
            _ => break,
        }
        at = packet.range.end;
    }
    (keys, at)
}

fn lowered(packet: &Packet<'_>, is_primary: bool, strict: bool) -> Option<Material> {
    let is_secret = matches!(packet.tag, SECRET_KEY | SECRET_SUBKEY);
    let mut wire = Wire::new(packet.body);
    let read = key::read(&mut wire, is_secret, packet.is_whole, strict);
    let mut material = match read {
        Some(material) => material,
        None if strict => return None,
        None => {
            let class = if is_secret { Class::PrivateKey } else { Class::PublicKey };
            let label = if packet.is_whole { Label::Unparsed } else { Label::Truncated };
            let mut material = Material::new("openpgp", class, label);
            material.key_id = identity::of_sealed(packet.body);
            material
        }
    };
    if !is_primary && material.envelope.is_none() {
        material.envelope = Some("subkey".into());
    }
    Some(material)
}

struct Packet<'a> {
    tag: u8,
    range: Range<usize>,
    body: &'a [u8],
    /// Whether all of the body is there.
    is_whole: bool,
}

/// The packet at `at` (RFC 9580 4.2). `None` at the end and for what has no length of its own,
/// which no key has.
fn packet(bytes: &[u8], at: usize) -> Option<Packet<'_>> {
    let mut wire = Wire::new(bytes.get(at..)?);
    let first = byte(&mut wire)?;
    let (tag, length) = match first {
        0..0x80 => return None,
        0x80..=0xbf => {
            let length = match first & 3 {
                0 => u32::from(byte(&mut wire)?),
                1 => u32::from(double(&mut wire)?),
                2 => wire.u32()?,
                _ => return None,
            };
            (first >> 2 & 0xf, length)
        }
        0xc0.. => {
            let length = match byte(&mut wire)? {
                one @ 0..192 => u32::from(one),
                one @ 192..224 => ((u32::from(one) - 192) << 8) + u32::from(byte(&mut wire)?) + 192,
                255 => wire.u32()?,
                224..255 => return None,
            };
            (first & 0x3f, length)
        }
    };
    let length = usize::try_from(length).ok()?;
    let body = wire.rest.get(..length);
    let is_whole = body.is_some();
    let body = body.unwrap_or(wire.rest);
    let start = bytes.len() - wire.rest.len();
    Some(Packet { tag, range: at..start + body.len(), body, is_whole })
}

fn byte(wire: &mut Wire<'_>) -> Option<u8> {
    wire.take(1)?.first().copied()
}

fn double(wire: &mut Wire<'_>) -> Option<u16> {
    wire.take(2)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests;
