//! Java key stores: JKS and JCEKS (OpenJDK `sun.security.provider.JavaKeyStore`,
//! `com.sun.crypto.provider.JceKeyStore`). Aliases, dates and certificates can be read without the
//! password.

use std::ops::Range;

use sha1::{Digest, Sha1};

use super::{
    cursor::{Cursor, Stop},
    java::{self, Purse},
    java_serial,
    jks_keys::{private_key, secret_key},
};
use crate::{
    error::Reject,
    fact::{Class, Label, Material},
    ledger::Reason,
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "jks",
    about: "Java key stores: JKS and JCEKS",
    text: &[],
    binary: &[
        b"\xfe\xed\xfe\xed\x00\x00\x00\x01",
        b"\xfe\xed\xfe\xed\x00\x00\x00\x02",
        b"\xce\xce\xce\xce\x00\x00\x00\x01",
        b"\xce\xce\xce\xce\x00\x00\x00\x02",
    ],
    find,
    head: None,
};

/// Hashed between the password and the store.
const WHITENER: &[u8] = b"Mighty Aphrodite";
const DIGEST: usize = 20;

const PRIVATE_KEY: u32 = 1;
const CERTIFICATE: u32 = 2;
const SECRET_KEY: u32 = 3;

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let bytes = unit.from(needle.start);
    let Ok(store) = read(bytes) else { return };
    let range = |range: Range<usize>| needle.start + range.start..needle.start + range.end;
    let is_ours = store.stop == Some(Stop::Cut) && !unit.at_end;
    let is_public = store.entries.iter().all(|entry| matches!(entry.held, Held::Certificate(_)));
    let label = match store.stop {
        Some(_) if !is_ours => Label::Truncated,
        _ if is_public => Label::Public,
        _ => Label::Encrypted,
    };
    let whole = range(0..store.length);
    if is_ours {
        found.skip(whole.clone(), Reason::OverBudget);
    }
    let mut material = Material::new(store.format, Class::KeyStore, label);
    material.password = store.password;
    found.material(whole, material);
    let mut purse = Purse::new();
    for entry in store.entries {
        for (part, material) in entry.materials(store.format, store.password, &mut purse) {
            found.material(range(part), material);
        }
    }
}

struct Store<'a> {
    format: &'static str,
    entries: Vec<Entry<'a>>,
    /// Bytes of the store, as far as they can be read.
    length: usize,
    /// Why it was not read to its end.
    stop: Option<Stop>,
    /// What the digest at its end verifies with.
    password: Option<&'static str>,
}

struct Entry<'a> {
    alias: String,
    created: String,
    held: Held<'a>,
}

enum Held<'a> {
    PrivateKey {
        sealed: Part<'a>,
        chain: Vec<Part<'a>>,
    },
    Certificate(Part<'a>),
    SecretKey(Part<'a>),
    /// Damaged, or the bytes end in it.
    Broken {
        class: Class,
        range: Range<usize>,
    },
}

/// Bytes with their place in the store.
struct Part<'a> {
    range: Range<usize>,
    bytes: &'a [u8],
}

fn read(bytes: &[u8]) -> Result<Store<'_>, Reject> {
    let mut cursor = Cursor::new(bytes);
    let header = (cursor.u32(), cursor.u32(), cursor.u32());
    let (Ok(magic), Ok(version), Ok(count)) = header else { return Err(Reject) };
    let format = if magic == 0xfeed_feed { "jks" } else { "jceks" };
    let mut entries = Vec::new();
    let mut stop = None;
    for _ in 0..count {
        stop = entry(&mut cursor, version, &mut entries).err();
        if stop.is_some() {
            break;
        }
    }
    let data = cursor.read();
    let digest = if stop.is_none() { cursor.take(DIGEST) } else { Err(Stop::Cut) };
    // A magic number and a zero: only the end can confirm it.
    if entries.is_empty() && (digest.is_err() || !cursor.rest().is_empty()) {
        return Err(Reject);
    }
    let password = digest.ok().and_then(|digest| {
        let asked: [&[u8]; 3] = [b"jks", data, digest];
        let verified = |it| verifies(it, data, digest).then_some(());
        Some(Purse::new().first(&asked, 1, None, verified)?.0)
    });
    let stop = stop.or(digest.err());
    Ok(Store { format, entries, length: cursor.at(), stop, password })
}

/// Adds one entry, or as much of it as there is.
fn entry<'a>(
    cursor: &mut Cursor<'a>,
    version: u32,
    entries: &mut Vec<Entry<'a>>,
) -> Result<(), Stop> {
    let start = cursor.at();
    let class = match cursor.u32()? {
        PRIVATE_KEY => Class::PrivateKey,
        CERTIFICATE => Class::Certificate,
        SECRET_KEY => Class::SecretKey,
        _ => return Err(Stop::Malformed),
    };
    let alias = java::text(cursor.counted16()?)?;
    let created = java::day(cursor.u64()?).ok_or(Stop::Malformed)?;
    let mut chain = Vec::new();
    let (held, end) = match class {
        Class::PrivateKey => match Part::counted(cursor) {
            Ok(sealed) => {
                let end = certificates(cursor, version, &mut chain);
                (Held::PrivateKey { sealed, chain }, end)
            }
            Err(stop) => (Held::Broken { class, range: start..cursor.at() }, Err(stop)),
        },
        Class::SecretKey => match Part::serialised(cursor) {
            Ok(sealed) => (Held::SecretKey(sealed), Ok(())),
            Err(stop) => (Held::Broken { class, range: start..cursor.at() }, Err(stop)),
        },
        _ => match certificate(cursor, version) {
            Ok(certificate) => (Held::Certificate(certificate), Ok(())),
            Err(stop) => (Held::Broken { class, range: start..cursor.at() }, Err(stop)),
        },
    };
    entries.push(Entry { alias, created, held });
    end
}

fn certificates<'a>(
    cursor: &mut Cursor<'a>,
    version: u32,
    chain: &mut Vec<Part<'a>>,
) -> Result<(), Stop> {
    for _ in 0..cursor.u32()? {
        chain.push(certificate(cursor, version)?);
    }
    Ok(())
}

fn certificate<'a>(cursor: &mut Cursor<'a>, version: u32) -> Result<Part<'a>, Stop> {
    if version > 1 {
        let _kind = java::text(cursor.counted16()?)?;
    }
    Part::counted(cursor)
}

impl<'a> Part<'a> {
    fn counted(cursor: &mut Cursor<'a>) -> Result<Self, Stop> {
        let bytes = cursor.counted32()?;
        Ok(Self { range: cursor.at() - bytes.len()..cursor.at(), bytes })
    }

    fn serialised(cursor: &mut Cursor<'a>) -> Result<Self, Stop> {
        let start = cursor.at();
        let bytes = cursor.take(java_serial::object(cursor.rest())?.length)?;
        Ok(Self { range: start..cursor.at(), bytes })
    }
}

/// Whether `digest` is that of `data` under `password`.
fn verifies(password: &str, data: &[u8], digest: &[u8]) -> bool {
    let mut sha1 = Sha1::new();
    sha1.update(java::utf16(password));
    sha1.update(WHITENER);
    sha1.update(data);
    *sha1.finalize() == *digest
}

impl Entry<'_> {
    fn materials(
        self,
        format: &'static str,
        store: Option<&'static str>,
        purse: &mut Purse,
    ) -> Vec<(Range<usize>, Material)> {
        let mut materials = match self.held {
            Held::Certificate(part) => vec![(part.range, java::certificate(part.bytes, format))],
            Held::SecretKey(part) => {
                vec![(part.range, secret_key(part.bytes, format, store, purse))]
            }
            Held::Broken { class, range } => {
                vec![(range, Material::new(format, class, Label::Truncated))]
            }
            Held::PrivateKey { sealed, chain } => {
                let chain = chain.into_iter();
                let mut chain: Vec<_> =
                    chain.map(|part| (part.range, java::certificate(part.bytes, format))).collect();
                let own = chain.first().map(|(_, certificate)| certificate);
                let key = private_key(sealed.bytes, format, own, store, purse);
                chain.insert(0, (sealed.range, key));
                chain
            }
        };
        for (_, material) in &mut materials {
            material.alias = Some(self.alias.clone());
            material.comment = Some(format!("created {}", self.created));
        }
        materials
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::run;

    // Made by testdata/unit/stores/make.sh with keytool.
    const CHANGEIT: &[u8] = include_bytes!("../../testdata/unit/stores/changeit.jks");
    const STRONG: &[u8] = include_bytes!("../../testdata/unit/stores/strong.jks");
    const KEYPASS: &[u8] = include_bytes!("../../testdata/unit/stores/keypass.jks");
    const TRUST: &[u8] = include_bytes!("../../testdata/unit/stores/truststore.jks");
    const JCEKS: &[u8] = include_bytes!("../../testdata/unit/stores/changeit.jceks");
    const SECRET: &[u8] = include_bytes!("../../testdata/unit/stores/secret.jceks");

    fn materials(bytes: &[u8]) -> Vec<Material> {
        run(&ROW, bytes).into_iter().map(|(_, material)| material).collect()
    }

    #[test]
    fn a_well_known_password_opens_store_and_key() {
        let found = run(&ROW, &[b"before", CHANGEIT, b"behind"].concat());
        let (range, store) = &found[0];
        assert_eq!(*range, 6..6 + CHANGEIT.len());
        assert_eq!((store.class, store.label), (Class::KeyStore, Label::Encrypted));
        assert_eq!((store.format, store.password), ("jks", Some("changeit")));
        let key = &found[1].1;
        assert_eq!((key.class, key.label), (Class::PrivateKey, Label::Encrypted));
        assert_eq!((key.alias.as_deref(), key.password), (Some("web"), Some("changeit")));
        assert_eq!(key.protection.kdf.as_deref(), Some("jks-sha1-xor"));
        assert_eq!(found[2].1.class, Class::Certificate);
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn another_password_opens_nothing() {
        assert!(materials(STRONG).iter().all(|material| material.password.is_none()));
        assert_eq!(materials(STRONG).len(), 3);
    }

    #[test]
    fn a_key_may_have_its_own_well_known_password() {
        let found = materials(KEYPASS);
        assert_eq!((found[0].password, found[1].password), (None, Some("password")));
    }

    #[test]
    fn a_store_of_certificates_is_public() {
        let found = materials(TRUST);
        assert_eq!((found[0].class, found[0].label), (Class::KeyStore, Label::Public));
        assert_eq!((found[1].class, found[1].alias.as_deref()), (Class::Certificate, Some("ca")));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn jceks_tells_its_iterations() {
        let found = materials(JCEKS);
        assert_eq!((found[0].format, found[0].password), ("jceks", Some("changeit")));
        assert_eq!(found[1].protection.kdf.as_deref(), Some("jceks-pbe-md5-3des"));
        assert_eq!(found[1].protection.iterations, Some(200_000));
        assert_eq!((found[1].class, found[1].password), (Class::PrivateKey, Some("changeit")));
    }

    #[test]
    fn a_sealed_secret_key_tells_what_it_is_once_open() {
        let found = materials(SECRET);
        let keys: Vec<_> = found[1..]
            .iter()
            .map(|key| {
                (key.class, key.alias.as_deref().unwrap(), key.algorithm.as_deref(), key.bits)
            })
            .collect();
        assert_eq!(
            keys,
            [
                (Class::SecretKey, "old", Some("3des"), Some(192)),
                (Class::SecretKey, "data", Some("aes"), Some(256))
            ]
        );
        assert!(found[2].key_id.as_ref().unwrap().starts_with("sym-sha256:"));
        assert_eq!(found[2].comment.as_deref(), Some("created 2026-11-25"));
    }

    #[test]
    fn a_private_key_has_the_identity_of_its_certificate() {
        let found = materials(STRONG);
        let (key, certificate) = (&found[1], &found[2]);
        // Where certificates are not read, the key is known by its envelope.
        if certificate.label == Label::Public {
            assert!(certificate.key_id.as_ref().unwrap().starts_with("spki-sha256:"));
            assert_eq!(key.key_id, certificate.key_id);
            assert_eq!((key.bits, key.curve.as_deref()), (Some(256), Some("P-256")));
        } else {
            assert!(key.key_id.as_ref().unwrap().starts_with("sealed-sha256:"));
        }
    }

    #[test]
    fn a_cut_store_gives_what_came_before() {
        let found = materials(&STRONG[..150]);
        assert_eq!((found[0].class, found[0].label), (Class::KeyStore, Label::Truncated));
        assert_eq!((found[1].class, found[1].label), (Class::PrivateKey, Label::Truncated));
        assert_eq!(found[1].alias.as_deref(), Some("web"));
        let found = materials(&STRONG[..STRONG.len() - 1]);
        assert_eq!((found[0].label, found[1].label), (Label::Truncated, Label::Encrypted));
    }

    #[test]
    fn a_magic_number_is_no_store() {
        let magic = &STRONG[..8];
        assert_eq!(materials(&[magic, &[0x41; 100]].concat()), []);
        assert_eq!(materials(&[magic, &[0; 100]].concat()), []);
        assert_eq!(materials(magic), []);
    }

    #[test]
    fn survives_damage() {
        for sample in [STRONG, TRUST, &SECRET[..400]] {
            for length in 0..sample.len() {
                materials(&sample[..length]);
            }
        }
        let mut bytes = STRONG.to_vec();
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            materials(&bytes);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
