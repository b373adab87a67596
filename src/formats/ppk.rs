//! PuTTY private keys, versions 1 to 3 (PuTTY manual, appendix C). Knows the lines and how they
//! look when they are pasted into other text; what they spell is RFC 4251's, and `ppk_mac` opens
//! what a well-known password protects.

use std::{borrow::Cow, ops::Range};

use zeroize::Zeroizing;

use super::{
    ppk_mac, spelled,
    ssh_wire::{self, Family, KeyType, Wire},
};
use crate::{
    fact::{Class, Label, Material},
    identity,
    rows::{Found, Row},
    unit::{Decoded, Unit},
};

const MAGIC: &[u8] = b"PuTTY-User-Key-File-";

pub(crate) const ROW: Row = Row {
    name: "ppk",
    about: "PuTTY private keys, version 2 and 3",
    text: &[MAGIC],
    binary: &[],
    find,
    head: None,
};

/// Bytes of one file: an RSA-16384 key takes 20 KiB.
const LONGEST: usize = 64 << 10;

/// Bytes between the start of a line and the key that may be indentation, quotation or a comment
/// sign, which the other lines then have, too.
const PREFIX: usize = 64;

/// Lines that are neither headers nor base64, such as dots in a manual, before we give up.
const ODD_LINES: usize = 4;

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let start = needle.start;
    let prefix = unit.get(unit.line_start(start, PREFIX)..start);
    let mut lines = Lines { text: unit.span(start, LONGEST), prefix, at: 0, escaped: false };
    let Some(key) = read(&mut lines) else { return };
    found.material(start..start + key.end, key.into_material());
}

/// The lines of a file as they stand in `text`, without what embedding adds to them.
struct Lines<'a> {
    text: &'a [u8],
    prefix: &'a [u8],
    at: usize,
    /// Whether line ends are written `\n`, as in source code and JSON.
    escaped: bool,
}

impl<'a> Lines<'a> {
    /// The first line, which decides how lines end.
    fn first(&mut self) -> Option<&'a [u8]> {
        let head = self.text.get(..128).unwrap_or(self.text);
        let end = head.iter().position(|byte| matches!(byte, b'\n' | b'\r' | b'\\'))?;
        self.escaped = head.get(end) == Some(&b'\\');
        self.next().map(|(line, _end)| line)
    }

    /// The next line with something on it, and where it ends in the text.
    fn next(&mut self) -> Option<(&'a [u8], usize)> {
        loop {
            let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
            let (length, separator) = self.line_end(rest);
            let line = rest.get(..length)?;
            let end = self.at + length;
            self.at = end + separator;
            let line = line.strip_prefix(self.prefix).unwrap_or(line);
            let stripped = trim(line);
            // A concatenation leaves an operator between two lines; base64 of one letter is none.
            if !stripped.is_empty() && !matches!(stripped, b"+" | b"." | b"&") {
                return Some((stripped, end));
            }
        }
    }

    /// Length of the line at the start of `rest`, and of what ends it.
    fn line_end(&self, rest: &[u8]) -> (usize, usize) {
        let mut from = 0;
        while let Some(found) =
            memchr::memchr3(b'\n', b'\r', b'\\', rest.get(from..).unwrap_or_default())
        {
            let at = from + found;
            if rest.get(at) != Some(&b'\\') {
                return (at, 1);
            }
            if self.escaped && matches!(rest.get(at + 1), Some(b'n' | b'r')) {
                return (at, 2);
            }
            from = at + 1;
        }
        (rest.len(), 0)
    }
}

/// `line` without blanks, quotes and other things that source code puts around strings.
fn trim(line: &[u8]) -> &[u8] {
    let is_quoting = |byte: &u8| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'`' | b',' | b'\\');
    let start = line.iter().position(|byte| !is_quoting(byte)).unwrap_or(line.len());
    let end = line.iter().rposition(|byte| !is_quoting(byte)).map_or(start, |last| last + 1);
    line.get(start..end).unwrap_or_default()
}

/// Which lines of base64 come next.
enum Section {
    None,
    Public(usize),
    Private(usize),
}

/// A file, as far as it goes.
pub(super) struct Key<'a> {
    pub version: u8,
    pub name: &'a str,
    pub encryption: &'a str,
    pub comment: &'a [u8],
    pub public: Decoded,
    pub private: Decoded,
    pub mac: Option<Decoded>,
    kdf: Option<Cow<'static, str>>,
    passes: Option<u64>,
    /// All lines that the file says it has are there.
    is_whole: bool,
    odd_lines: usize,
    end: usize,
}

fn read<'a>(lines: &mut Lines<'a>) -> Option<Key<'a>> {
    let first = lines.first()?.strip_prefix(MAGIC)?;
    let (version, name) = match first {
        [version @ b'1'..=b'9', b':', b' ', name @ ..] => (version - b'0', ssh_wire::name(name)?),
        _ => return None,
    };
    let (encryption, end) = lines.next()?;
    let encryption = ssh_wire::name(trim(encryption.strip_prefix(b"Encryption:")?))?;
    let mut key = Key {
        version,
        name,
        encryption,
        comment: b"",
        public: Decoded::default(),
        private: Decoded::default(),
        mac: None,
        kdf: None,
        passes: None,
        is_whole: false,
        odd_lines: 0,
        end,
    };
    let (mut public, mut private) = (Zeroizing::new(Vec::new()), Zeroizing::new(Vec::new()));
    let mut section = Section::None;
    while key.mac.is_none()
        && let Some((line, end)) = lines.next()
    {
        if memchr::memmem::find(line, MAGIC).is_some() {
            break;
        }
        let is_taken = match &mut section {
            Section::Public(left @ 1..) if is_base64(line) => {
                *left -= 1;
                public.extend_from_slice(line);
                true
            }
            Section::Private(left @ 1..) if is_base64(line) => {
                *left -= 1;
                private.extend_from_slice(line);
                true
            }
            Section::Public(_) | Section::Private(_) | Section::None => {
                header(line, &mut key, &mut section)
            }
        };
        if is_taken {
            key.end = end;
        } else if key.odd_lines == ODD_LINES || line.len() > 256 {
            break;
        } else {
            key.odd_lines += 1;
        }
    }
    key.is_whole = key.mac.is_some() && matches!(section, Section::Private(0));
    (key.public, key.private) = (spelled::base64(&public).0, spelled::base64(&private).0);
    Some(key)
}

fn is_base64(line: &[u8]) -> bool {
    line.iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\\'))
}

/// Takes a line `Name: value`. False if it is none that belongs into such a file.
fn header<'a>(line: &'a [u8], key: &mut Key<'a>, section: &mut Section) -> bool {
    let Some(colon) = memchr::memchr(b':', line) else { return false };
    let Some((name, value)) = line.split_at_checked(colon) else { return false };
    let value = value.strip_prefix(b":").unwrap_or(value);
    let value = value.strip_prefix(b" ").unwrap_or(value);
    let number = || std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    match name {
        b"Comment" => key.comment = value,
        b"Public-Lines" => *section = Section::Public(number().unwrap_or(0)),
        b"Private-Lines" => *section = Section::Private(number().unwrap_or(0)),
        b"Key-Derivation" => {
            key.kdf = ssh_wire::name(value).map(|name| name.to_ascii_lowercase().into());
        }
        b"Argon2-Passes" => key.passes = number().and_then(|passes| u64::try_from(passes).ok()),
        b"Argon2-Memory" | b"Argon2-Parallelism" | b"Argon2-Salt" => {}
        // Version 1 has a bare digest.
        b"Private-MAC" | b"Private-Hash" => key.mac = spelled::hex(value),
        _ => return false,
    }
    true
}

impl Key<'_> {
    fn into_material(self) -> Material {
        let key_type = ssh_wire::key_type(self.name);
        let mut material = Material::new("ppk", Class::PrivateKey, self.label(key_type));
        let described = match ssh_wire::public(&mut Wire::new(&self.public)) {
            Some(public) if public.key_type.name == self.name => public.described,
            _ => key_type.family.map_or_else(|| ssh_wire::named(self.name), ssh_wire::family_only),
        };
        material = described.describe(material);
        if material.key_id.is_none() {
            material.key_id = identity::of_sealed(&self.private);
        }
        let comment = String::from_utf8_lossy(self.comment).into_owned();
        material.comment = Some(comment).filter(|comment| !comment.is_empty());
        if self.encryption == "none" {
            return material;
        }
        if material.label == Label::Encrypted {
            material.password = ppk_mac::well_known_password(&self);
        }
        material.protection.cipher = Some(self.encryption.to_owned().into());
        // Before version 3, the key is the SHA-1 of the password.
        let simple = self.version < 3;
        material.protection.kdf = if simple { Some("ppk-sha1".into()) } else { self.kdf };
        material.protection.iterations = if simple { Some(1) } else { self.passes };
        material
    }

    fn label(&self, key_type: KeyType<'_>) -> Label {
        let is_blank = self.private.len() >= 14 && identity::is_guessable(&self.private);
        if is_blank || self.private.is_empty() && self.odd_lines > 0 {
            Label::Stub
        } else if !self.is_whole {
            Label::Truncated
        } else if self.encryption != "none" {
            let is_sealed = !self.private.is_empty() && self.private.len().is_multiple_of(16);
            if is_sealed { Label::Encrypted } else { Label::Unparsed }
        } else if holds_secret(&self.private, key_type) {
            Label::Plaintext
        } else {
            Label::Unparsed
        }
    }
}

/// Whether `private` holds the private numbers of such a key and nothing else.
fn holds_secret(private: &[u8], key_type: KeyType<'_>) -> bool {
    let strings = match key_type.family {
        Some(Family::Rsa) => 4,
        Some(Family::Dsa | Family::Ecdsa(_) | Family::Ed25519 | Family::Ed448) => 1,
        None => return private.len() >= 16,
    };
    let mut wire = Wire::new(private);
    (0..strings).all(|_| wire.string().is_some_and(|number| !number.is_empty()))
        && wire.rest.is_empty()
}

#[cfg(test)]
mod tests;
