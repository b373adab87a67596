//! Kerberos keytabs: the long-term keys of principals, in clear (MIT krb5 documentation, "keytab
//! file format"). The magic is two bytes, so a keytab is known only by its first entry.

use crate::{
    fact::{Class, Label, Material},
    formats::cursor::{Cursor, Stop},
    identity::is_guessable,
    key,
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "keytab",
    about: "Kerberos keytabs",
    text: &[],
    binary: &[],
    find: |_, _, _| {},
    head: Some(head),
};

/// Components of a principal's name; MIT krb5 makes at most a few.
const MOST_COMPONENTS: u16 = 32;

fn head(unit: Unit<'_>, found: &mut Found) {
    // Version 1 is in the byte order of the machine that wrote it.
    let orders: &[Order] = match unit.bytes.first_chunk::<2>() {
        Some([5, 2]) => &[Order { version: 2, is_little: false }],
        Some([5, 1]) => {
            &[Order { version: 1, is_little: true }, Order { version: 1, is_little: false }]
        }
        _ => return,
    };
    for order in orders {
        let keys = order.keys(unit);
        if !keys.is_empty() {
            for (range, material) in keys {
                found.material(range, material);
            }
            return;
        }
    }
}

type Keys = Vec<(std::ops::Range<usize>, Material)>;

#[derive(Clone, Copy)]
struct Order {
    version: u8,
    is_little: bool,
}

impl Order {
    fn u16(self, cursor: &mut Cursor<'_>) -> Result<u16, Stop> {
        cursor.u16().map(|it| if self.is_little { it.swap_bytes() } else { it })
    }

    fn u32(self, cursor: &mut Cursor<'_>) -> Result<u32, Stop> {
        cursor.u32().map(|it| if self.is_little { it.swap_bytes() } else { it })
    }

    fn counted<'a>(self, cursor: &mut Cursor<'a>) -> Result<&'a [u8], Stop> {
        let length = self.u16(cursor)?;
        cursor.take(length.into())
    }

    /// The keys of a keytab that is all of the unit; none if it is something else.
    fn keys(self, unit: Unit<'_>) -> Keys {
        let mut cursor = Cursor::new(unit.bytes);
        let mut keys = Keys::new();
        let _magic = cursor.take(2);
        while let Ok(size) = self.u32(&mut cursor) {
            let size = size.cast_signed();
            let length = usize::try_from(size.unsigned_abs()).unwrap_or(usize::MAX);
            let start = cursor.at();
            let (entry, is_whole) = match cursor.take(length) {
                Ok(entry) => (entry, true),
                Err(_) => (cursor.rest(), false),
            };
            if size < 0 {
                // A hole, where an entry was deleted.
                if !is_whole {
                    break;
                }
                continue;
            }
            if size == 0 {
                break;
            }
            match self.entry(entry) {
                Ok(material) if is_whole => keys.push((start..start + length, material)),
                Err((Stop::Cut, Some(alias))) if !is_whole && unit.at_end => {
                    let mut material = Material::new("keytab", Class::SecretKey, Label::Truncated);
                    material.alias = Some(alias);
                    keys.push((start..start + entry.len(), material));
                    break;
                }
                // What begins as an entry cannot go on as something else.
                _ if keys.is_empty() => return Keys::new(),
                _ => break,
            }
        }
        keys
    }

    /// One entry; if it is cut, the principal where it can be read.
    fn entry(self, bytes: &[u8]) -> Result<Material, (Stop, Option<String>)> {
        let mut cursor = Cursor::new(bytes);
        let alias = self.principal(&mut cursor).map_err(|stop| (stop, None))?;
        self.key(&mut cursor)
            .map_err(|stop| (stop, Some(alias.clone())))
            .map(|material| Material { alias: Some(alias), ..material })
    }

    fn principal(self, cursor: &mut Cursor<'_>) -> Result<String, Stop> {
        let counted = self.u16(cursor)?;
        // Version 1 counts the realm, too.
        let count = if self.version == 1 { counted.wrapping_sub(1) } else { counted };
        if count > MOST_COMPONENTS {
            return Err(Stop::Malformed);
        }
        let realm = name(self.counted(cursor)?)?;
        let mut components = Vec::new();
        for _ in 0..count {
            components.push(name(self.counted(cursor)?)?);
        }
        if realm.is_empty() && components.iter().all(|component| component.is_empty()) {
            return Err(Stop::Malformed);
        }
        Ok(format!("{}@{realm}", components.join("/")))
    }

    fn key(self, cursor: &mut Cursor<'_>) -> Result<Material, Stop> {
        if self.version == 2 {
            let _kind_of_name = self.u32(cursor)?;
        }
        let _timestamp = self.u32(cursor)?;
        let short_version = cursor.byte()?;
        let kind = self.u16(cursor)?;
        let value = self.counted(cursor)?;
        let kvno = match self.u32(cursor) {
            Ok(long_version) if long_version != 0 => long_version,
            _ => short_version.into(),
        };
        let described = match encryption(kind) {
            Some((algorithm, length)) if value.len() == length => key::secret(algorithm, value),
            Some(_) => return Err(Stop::Malformed),
            None if (1..=128).contains(&value.len()) => key::secret("secret", value),
            None => return Err(Stop::Malformed),
        };
        let label = if is_guessable(value) { Label::Stub } else { Label::Plaintext };
        let mut material = described.describe(Material::new("keytab", Class::SecretKey, label));
        material.comment = Some(format!("kvno {kvno}"));
        Ok(material)
    }
}

/// A realm or component: text without control characters.
fn name(bytes: &[u8]) -> Result<&str, Stop> {
    let text = std::str::from_utf8(bytes).map_err(|_| Stop::Malformed)?;
    if text.contains(char::is_control) { Err(Stop::Malformed) } else { Ok(text) }
}

/// Algorithm and length of key of an encryption type (IANA Kerberos Encryption Type Numbers).
fn encryption(kind: u16) -> Option<(&'static str, usize)> {
    Some(match kind {
        1..=3 => ("des", 8),
        5 | 7 | 16 => ("3des", 24),
        17 | 19 => ("aes", 16),
        18 | 20 => ("aes", 32),
        23 | 24 => ("rc4", 16),
        25 => ("camellia", 16),
        26 => ("camellia", 32),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::run;

    /// As ktutil's `addent -password` and `wkt` write it, with keys that mean nothing.
    fn keytab(entries: &[(&[&str], u16, usize)]) -> Vec<u8> {
        let mut bytes = vec![5, 2];
        for (principal, kind, length) in entries {
            let mut entry = Vec::new();
            entry.extend((principal.len() as u16 - 1).to_be_bytes());
            for part in *principal {
                entry.extend((part.len() as u16).to_be_bytes());
                entry.extend(part.as_bytes());
            }
            entry.extend([0, 0, 0, 1, 0x65, 0, 0, 0, 3]);
            entry.extend(kind.to_be_bytes());
            entry.extend((*length as u16).to_be_bytes());
            entry.extend((0..*length).map(|i| (i * 151 % 253) as u8 ^ 0x5a));
            entry.extend([0, 0, 0, 3]);
            bytes.extend((entry.len() as u32).to_be_bytes());
            bytes.extend(entry);
        }
        bytes
    }

    const HTTP: &[&str] = &["EXAMPLE.TEST", "HTTP", "web.example.test"];

    /// ktutil: addent -password -p HTTP/web.example.test@EXAMPLE.TEST -k 3 -e
    /// aes256-cts-hmac-sha1-96; wkt.
    const KTUTIL: &[u8] = include_bytes!("../../testdata/unit/stores/http.keytab");

    #[test]
    fn what_ktutil_writes_is_read() {
        let found = run(&ROW, KTUTIL);
        let keys: Vec<_> = found
            .iter()
            .map(|(_, key)| {
                (
                    key.alias.as_deref().unwrap(),
                    key.algorithm.as_deref().unwrap(),
                    key.bits.unwrap(),
                )
            })
            .collect();
        let principal = "HTTP/web.example.test@EXAMPLE.TEST";
        assert_eq!(keys, [(principal, "aes", 256), (principal, "rc4", 128)]);
        assert_eq!(found[0].1.comment.as_deref(), Some("kvno 3"));
        assert_eq!((found[0].1.class, found[0].1.label), (Class::SecretKey, Label::Plaintext));
        assert!(found[0].1.key_id.as_ref().unwrap().starts_with("sym-sha256:"));
    }

    #[test]
    fn holes_are_skipped() {
        let mut bytes = vec![5, 2, 0xff, 0xff, 0xff, 0xfc, 1, 2, 3, 4];
        bytes.extend(&keytab(&[(HTTP, 17, 16)])[2..]);
        assert_eq!(run(&ROW, &bytes).len(), 1);
    }

    #[test]
    fn version_1_is_read_in_either_byte_order() {
        let key: Vec<u8> = (0..8u8).map(|i| i.wrapping_mul(151) ^ 0x5a).collect();
        let entry = |to16: fn(u16) -> [u8; 2], to32: fn(u32) -> [u8; 4]| {
            let mut entry = to16(2).to_vec();
            for part in ["R.TEST", "host"] {
                entry.extend(to16(part.len() as u16));
                entry.extend(part.as_bytes());
            }
            entry.extend([1, 2, 3, 4, 1]);
            entry.extend(to16(3));
            entry.extend(to16(8));
            entry.extend(&key);
            [&[5, 1], &to32(entry.len() as u32)[..], &entry].concat()
        };
        for bytes in
            [entry(u16::to_le_bytes, u32::to_le_bytes), entry(u16::to_be_bytes, u32::to_be_bytes)]
        {
            let found = run(&ROW, &bytes);
            assert_eq!(found[0].1.alias.as_deref(), Some("host@R.TEST"));
            assert_eq!(found[0].1.algorithm.as_deref(), Some("des"));
        }
    }

    #[test]
    fn a_cut_entry_keeps_its_principal() {
        let bytes = keytab(&[(HTTP, 18, 32), (HTTP, 17, 16)]);
        let found = run(&ROW, &bytes[..bytes.len() - 8]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].1.label, found[1].1.label), (Label::Plaintext, Label::Truncated));
        assert_eq!(found[1].1.alias.as_deref(), Some("HTTP/web.example.test@EXAMPLE.TEST"));
    }

    #[test]
    fn two_bytes_are_no_keytab() {
        assert_eq!(run(&ROW, b"\x05\x02"), []);
        assert_eq!(run(&ROW, &[&[5, 2][..], &[0; 100]].concat()), []);
        assert_eq!(run(&ROW, &[&[5, 2, 0, 0, 0, 40][..], &[0x41; 100]].concat()), []);
        let bytes = keytab(&[(HTTP, 18, 16)]);
        assert_eq!(run(&ROW, &bytes), [], "16 bytes are no AES-256 key");
        let bytes = keytab(&[(HTTP, 18, 32)]);
        assert_eq!(run(&ROW, &[b"x", &bytes[..]].concat()), [], "only at the start");
        assert_eq!(run(&ROW, &keytab(&[(&["R\x01", "host"], 18, 32)])), []);
    }

    #[test]
    fn survives_damage() {
        let bytes = keytab(&[(HTTP, 18, 32), (HTTP, 23, 16)]);
        for length in 0..bytes.len() {
            run(&ROW, &bytes[..length]);
        }
        let mut damaged = bytes.clone();
        for bit in 0..bytes.len() * 8 {
            damaged[bit / 8] ^= 1 << (bit % 8);
            run(&ROW, &damaged);
            damaged[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
