//! JSON Web Keys that are documents of BSON (bsonspec.org, version 1.1), as MongoDB stores them and
//! `mongodump` writes them, given as JSON. Keys that are texts or binary there are seen as they are.

use std::ops::Range;

use zeroize::Zeroizing;

use super::append;
use crate::{
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "bson",
    about: "JSON Web Keys that are documents of BSON, as in MongoDB and mongodump",
    text: &[],
    // A member `kty` that is a text.
    binary: &[b"\x02kty\0"],
    find,
    head: None,
};

/// Bytes of a document before its member `kty`: an RSA key of 16384 bits has fewer, in base64.
const BEFORE: usize = 16 << 10;

/// Bytes of a document at most.
const DOCUMENT: usize = 64 << 10;

/// Places that are tried for the beginning of a document.
const TRIED: usize = 32;

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let low = needle.start.saturating_sub(BEFORE).max(found.claimed());
    let starts = (low..needle.start.saturating_sub(3)).rev().filter(|&start| {
        let length = length(unit.from(start));
        (needle.end - start..DOCUMENT).contains(&length)
            && unit.bytes.get(start + length - 1) == Some(&0)
    });
    for start in starts.take(TRIED) {
        if let Some((json, length)) = json(unit.from(start), needle.start - start) {
            return found.decoded(start..start + length, "bson", json);
        }
    }
}

fn length(bytes: &[u8]) -> usize {
    let length = bytes.first_chunk().map(|length| u32::from_le_bytes(*length));
    length.and_then(|length| usize::try_from(length).ok()).unwrap_or_default()
}

/// The texts in a document, as JSON, and the length of the document, if it is one and has a member
/// at `kty`.
fn json(bytes: &[u8], kty: usize) -> Option<(Zeroizing<Vec<u8>>, usize)> {
    let length = length(bytes);
    let bytes = bytes.get(..length)?;
    let mut json = Zeroizing::new(b"{".to_vec());
    let (mut at, mut has_kty) = (4, false);
    loop {
        has_kty |= at == kty;
        let kind = *bytes.get(at)?;
        if kind == 0 {
            append(&mut json, b"}");
            return (has_kty && at + 1 == length).then_some((json, length));
        }
        let rest = bytes.get(at + 1..)?;
        let name = rest.get(..memchr::memchr(0, rest)?)?;
        at += name.len() + 2;
        let value = bytes.get(at..)?;
        if kind == 2 {
            let text = value.get(4..)?.get(..self::length(value).checked_sub(1)?)?;
            let comma: &[u8] = if json.len() > 1 { b"," } else { b"" };
            for piece in [comma, b"\"", name, b"\":\"", text, b"\""] {
                append(&mut json, piece);
            }
        }
        at = at.checked_add(match kind {
            1 | 9 | 0x11 | 0x12 => 8,
            2 | 0x0d | 0x0e => self::length(value).checked_add(4)?,
            3 | 4 => self::length(value),
            5 => self::length(value).checked_add(5)?,
            6 | 0x0a | 0x7f | 0xff => 0,
            7 => 12,
            8 => 1,
            0x10 => 4,
            0x13 => 16,
            _ => return None,
        })?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, value: &str) -> Vec<u8> {
        let length = u32::try_from(value.len() + 1).unwrap().to_le_bytes();
        [b"\x02", name.as_bytes(), b"\0", &length, value.as_bytes(), b"\0"].concat()
    }

    fn document(members: &[Vec<u8>]) -> Vec<u8> {
        let members = members.concat();
        let length = u32::try_from(members.len() + 5).unwrap().to_le_bytes();
        [&length[..], &members, b"\0"].concat()
    }

    fn decoded(bytes: &[u8]) -> Vec<String> {
        let row = Row { text: ROW.binary, ..ROW };
        let found = crate::decode::decoded(&row, bytes);
        found.into_iter().map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect()
    }

    fn key() -> Vec<u8> {
        let ops = [b"\x04key_ops\0", &document(&[text("0", "sign")])[..]].concat();
        document(&[text("d", "c2VjcmV0"), ops, text("kty", "OKP"), b"\x08ext\0\x01".to_vec()])
    }

    #[test]
    fn a_document_becomes_json_wherever_it_lies() {
        let json = "{\"d\":\"c2VjcmV0\",\"kty\":\"OKP\"}";
        assert_eq!(decoded(&key()), [json]);
        let nested = document(&[[b"\x03jwk\0", &key()[..]].concat(), text("x", "y")]);
        assert_eq!(decoded(&[&nested[..], &nested].concat()), [json, json]);
    }

    #[test]
    fn other_bytes_are_left_alone() {
        assert!(decoded(b"\x02kty\0\x04\0\0\0OKP\0").is_empty());
        for at in 0..key().len() {
            for bit in 0..8 {
                let mut bytes = key();
                bytes[at] ^= 1 << bit;
                decoded(&bytes.iter().map(|byte| byte & 0x7f).collect::<Vec<u8>>());
            }
            assert!(decoded(&key()[..at]).is_empty());
        }
    }
}
