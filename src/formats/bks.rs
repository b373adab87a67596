//! Key stores of Bouncy Castle: BKS versions 1 and 2, and UBER, which is encrypted as a whole
//! (`org.bouncycastle.jcajce.provider.keystore.bc.BcKeyStoreSpi`).

use std::ops::Range;

use hmac::{Hmac, KeyInit, Mac};
use pkcs12::kdf::Pkcs12KeyType;
use sha1::{Digest, Sha1};

use super::{
    cursor::{Cursor, Stop},
    java::{self, Purse},
};
use crate::{
    fact::{Class, Label, Material, Protection},
    identity,
    key::Described,
    ledger::Reason,
    rows::{Found, Row},
    unit::{Decoded, Unit},
};

pub(crate) const ROW: Row =
    Row { name: "bks", text: &[], binary: &[], find: |_, _, _| {}, head: Some(head) };

const SALT: u32 = 20;
const DIGEST: usize = 20;
/// What Bouncy Castle draws its iteration counts from.
const UBER_ITERATIONS: Range<u32> = 1024..2048;
/// Beyond this it is no count but some other format's field.
const MOST_ITERATIONS: u32 = 10_000_000;
/// Longer chains of certificates do not exist.
const MOST_CERTIFICATES: u32 = 1000;

const END: u8 = 0;
const CERTIFICATE: u8 = 1;
const CLEAR_KEY: u8 = 2;
const PROTECTED_KEY: u8 = 3;
const SEALED_KEY: u8 = 4;

fn head(unit: Unit<'_>, found: &mut Found) {
    let mut cursor = Cursor::new(unit.bytes);
    let (Ok(version @ 1..=2), Ok(SALT)) = (cursor.u32(), cursor.u32()) else { return };
    let Ok(salt) = cursor.take(DIGEST) else { return };
    let Ok(iterations @ 1..=MOST_ITERATIONS) = cursor.u32() else { return };
    let header = Header { version, salt, iterations };
    if !bks(unit, &header, &mut cursor.clone(), found) && version == 1 {
        uber(unit, &header, &cursor, found);
    }
}

struct Header<'a> {
    version: u32,
    salt: &'a [u8],
    iterations: u32,
}

/// Whether it is a BKS store.
fn bks(unit: Unit<'_>, header: &Header<'_>, cursor: &mut Cursor<'_>, found: &mut Found) -> bool {
    let start = cursor.at();
    let (entries, mut stop) = entries(cursor);
    let data = cursor.read().get(start..).unwrap_or_default();
    let mut purse = Purse::new();
    let mut password = None;
    if stop.is_none() {
        match cursor.take(DIGEST) {
            Ok(digest) => password = header.verified(data, digest, &mut purse),
            Err(cut) => stop = Some(cut),
        }
    }
    let is_whole = stop.is_none() && cursor.rest().is_empty();
    if entries.is_empty() && !(is_whole && unit.at_end) {
        return false;
    }
    let is_ours = stop == Some(Stop::Cut) && !unit.at_end;
    let label = match stop {
        Some(_) if !is_ours => Label::Truncated,
        _ if entries.iter().any(Entry::is_clear) => Label::Plaintext,
        _ if entries.iter().all(Entry::is_public) => Label::Public,
        _ => Label::Encrypted,
    };
    if is_ours {
        found.skip(0..cursor.at(), Reason::OverBudget);
    }
    let mut store = Material::new("bks", Class::KeyStore, label);
    store.envelope = Some(if header.version == 1 { "bks-v1" } else { "bks-v2" }.into());
    store.password = password;
    found.material(0..cursor.at(), store);
    for entry in entries {
        for (range, material) in entry.materials("bks", password, &mut purse) {
            found.material(range, material);
        }
    }
    true
}

fn uber(unit: Unit<'_>, header: &Header<'_>, cursor: &Cursor<'_>, found: &mut Found) {
    let sealed = cursor.rest();
    let is_whole = !sealed.is_empty() && sealed.len().is_multiple_of(16);
    let Some(key_id) = identity::of_sealed(sealed) else { return };
    if !UBER_ITERATIONS.contains(&header.iterations) || identity::is_guessable(header.salt) {
        return;
    }
    let whole = 0..unit.bytes.len();
    let label = if is_whole || !unit.at_end { Label::Encrypted } else { Label::Truncated };
    let mut store = Material::new("uber", Class::KeyStore, label);
    store.key_id = Some(key_id);
    store.protection = Protection {
        kdf: Some("pkcs12-sha1".into()),
        iterations: Some(header.iterations.into()),
        cipher: Some("twofish-256-cbc".into()),
    };
    let mut purse = Purse::new();
    let opened = if is_whole && unit.at_end { header.open(sealed, &mut purse) } else { None };
    let password = opened.as_ref().map(|(password, _)| *password);
    store.password = password;
    found.material(whole.clone(), store);
    let Some((_, bytes)) = opened else { return };
    for entry in entries(&mut Cursor::new(&bytes)).0 {
        for (_, material) in entry.materials("uber", password, &mut purse) {
            found.material(whole.clone(), material);
        }
    }
}

impl Header<'_> {
    /// The well-known password with which `digest` is the code of `data`. In version 1 the size of
    /// its key was given in the wrong unit: 20 bits, of which 16 are used (CVE-2018-5382).
    fn verified(&self, data: &[u8], digest: &[u8], purse: &mut Purse) -> Option<&'static str> {
        let length = if self.version == 1 { 2 } else { 20 };
        java::passwords(None).find(|password| {
            if !purse.pays(self.iterations.into()) {
                return false;
            }
            let key =
                java::pkcs12(password, self.salt, Pkcs12KeyType::Mac, self.iterations, length);
            Hmac::<Sha1>::new_from_slice(&key)
                .is_ok_and(|mac| mac.chain_update(data).verify_slice(digest).is_ok())
        })
    }

    /// The well-known password that opens an UBER store, and the entries with the end mark.
    fn open(&self, sealed: &[u8], purse: &mut Purse) -> Option<(&'static str, Decoded)> {
        java::passwords(None).find_map(|password| {
            if !purse.pays(u64::from(self.iterations) * 3) {
                return None;
            }
            let mut bytes = java::open_sha1_twofish(password, self.salt, self.iterations, sealed)?;
            let (data, digest) = bytes.split_last_chunk::<DIGEST>()?;
            let length = data.len();
            let is_whole = *Sha1::digest(data) == *digest;
            bytes.truncate(length);
            is_whole.then_some((password, bytes))
        })
    }
}

struct Entry<'a> {
    alias: String,
    created: String,
    chain: Vec<Part<'a>>,
    held: Held<'a>,
    range: Range<usize>,
}

enum Held<'a> {
    Certificate(Part<'a>),
    /// A key that only the password's digest protects from change, and nothing from reading.
    Clear(Key<'a>),
    /// A key that its owner protected before storing it.
    Protected(&'a [u8]),
    /// A key under PBEWithSHAAnd3-KeyTripleDES-CBC.
    Sealed(&'a [u8]),
    /// Damaged, or the bytes end in it.
    Broken(u8),
}

/// Bytes with their place in the store.
struct Part<'a> {
    range: Range<usize>,
    bytes: &'a [u8],
}

/// Entries up to the end mark, or to where reading stopped.
fn entries<'a>(cursor: &mut Cursor<'a>) -> (Vec<Entry<'a>>, Option<Stop>) {
    let mut entries = Vec::new();
    loop {
        let stop = match cursor.byte() {
            Ok(END) => return (entries, None),
            Ok(kind) => entry(cursor, kind, &mut entries).err(),
            Err(stop) => Some(stop),
        };
        if stop.is_some() {
            return (entries, stop);
        }
    }
}

/// Adds one entry, or as much of it as there is.
fn entry<'a>(cursor: &mut Cursor<'a>, kind: u8, entries: &mut Vec<Entry<'a>>) -> Result<(), Stop> {
    let start = cursor.at() - 1;
    if !(CERTIFICATE..=SEALED_KEY).contains(&kind) {
        return Err(Stop::Malformed);
    }
    let alias = java::text(cursor.counted16()?)?;
    let created = java::day(cursor.u64()?).ok_or(Stop::Malformed)?;
    let count = cursor.u32()?;
    if count > MOST_CERTIFICATES {
        return Err(Stop::Malformed);
    }
    let mut chain = Vec::new();
    let held = certificates(cursor, count, &mut chain).and_then(|()| held(cursor, kind));
    let end = held.as_ref().err().map_or(Ok(()), |stop| Err(*stop));
    let held = held.unwrap_or(Held::Broken(kind));
    entries.push(Entry { alias, created, chain, held, range: start..cursor.at() });
    end
}

fn certificates<'a>(
    cursor: &mut Cursor<'a>,
    count: u32,
    chain: &mut Vec<Part<'a>>,
) -> Result<(), Stop> {
    for _ in 0..count {
        chain.push(certificate(cursor)?);
    }
    Ok(())
}

fn held<'a>(cursor: &mut Cursor<'a>, kind: u8) -> Result<Held<'a>, Stop> {
    match kind {
        CERTIFICATE => certificate(cursor).map(Held::Certificate),
        CLEAR_KEY => Key::read(cursor).map(Held::Clear),
        PROTECTED_KEY => cursor.counted32().map(Held::Protected),
        _ => cursor.counted32().map(Held::Sealed),
    }
}

fn certificate<'a>(cursor: &mut Cursor<'a>) -> Result<Part<'a>, Stop> {
    let _kind = java::text(cursor.counted16()?)?;
    let bytes = cursor.counted32()?;
    Ok(Part { range: cursor.at() - bytes.len()..cursor.at(), bytes })
}

impl Entry<'_> {
    fn is_clear(&self) -> bool {
        matches!(&self.held, Held::Clear(key) if key.class() != Class::PublicKey)
    }

    fn is_public(&self) -> bool {
        matches!(&self.held, Held::Certificate(_) | Held::Clear(_)) && !self.is_clear()
    }

    fn materials(
        self,
        format: &'static str,
        store: Option<&'static str>,
        purse: &mut Purse,
    ) -> Vec<(Range<usize>, Material)> {
        let chain = self.chain.into_iter();
        let mut materials: Vec<_> =
            chain.map(|part| (part.range, java::certificate(part.bytes, format))).collect();
        let own = materials.first().and_then(|(_, certificate)| java::of_certificate(certificate));
        // A private key cannot be stored without its certificates.
        let class = if materials.is_empty() { Class::SecretKey } else { Class::PrivateKey };
        let (range, material) = match self.held {
            Held::Certificate(part) => (part.range, java::certificate(part.bytes, format)),
            Held::Clear(key) => {
                let class = key.class();
                let label =
                    if class == Class::PublicKey { Label::Public } else { Label::Plaintext };
                (self.range, key.described().describe(Material::new(format, class, label)))
            }
            Held::Protected(bytes) => {
                let mut material = Material::new(format, class, Label::Wrapped);
                material.key_id = identity::of_sealed(bytes);
                (self.range, own.map_or(material.clone(), |own| own.describe(material)))
            }
            Held::Sealed(bytes) => (self.range, sealed(bytes, format, class, own, store, purse)),
            Held::Broken(CERTIFICATE) => {
                (self.range, Material::new(format, Class::Certificate, Label::Truncated))
            }
            Held::Broken(_) => (self.range, Material::new(format, class, Label::Truncated)),
        };
        materials.insert(0, (range, material));
        for (_, material) in &mut materials {
            material.alias = Some(self.alias.clone());
            material.comment = Some(format!("created {}", self.created));
        }
        materials
    }
}

fn sealed(
    bytes: &[u8],
    format: &'static str,
    class: Class,
    own: Option<Described>,
    store: Option<&'static str>,
    purse: &mut Purse,
) -> Material {
    let mut material = Material::new(format, class, Label::Encrypted);
    let mut cursor = Cursor::new(bytes);
    let header = (cursor.counted32(), cursor.u32());
    let Some((salt, iterations)) = header.0.ok().filter(|it| it.len() <= 64).zip(header.1.ok())
    else {
        material.label = Label::Unparsed;
        material.key_id = identity::of_sealed(bytes);
        return material;
    };
    let sealed = cursor.rest();
    material.key_id = identity::of_sealed(sealed);
    let opened = java::passwords(store).find_map(|password| {
        if !purse.pays(u64::from(iterations) * 3) {
            return None;
        }
        let bytes = java::open_sha1_3des(password, salt, iterations, sealed)?;
        let mut cursor = Cursor::new(&bytes);
        let key = Key::read(&mut cursor).ok().filter(|_| cursor.rest().is_empty())?;
        Some((password, key.class(), key.described()))
    });
    let known = match opened {
        Some((password, class, described)) => {
            material.class = class;
            material.password = Some(password);
            own.or(Some(described))
        }
        None => own,
    };
    if let Some(known) = known {
        material = known.describe(material);
    }
    material.protection = Protection {
        kdf: Some("pkcs12-sha1".into()),
        iterations: Some(iterations.into()),
        cipher: Some("des-ede3-cbc".into()),
    };
    material
}

/// A key as `Key.getEncoded` gave it.
struct Key<'a> {
    kind: u8,
    algorithm: String,
    encoded: &'a [u8],
}

impl<'a> Key<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Stop> {
        let kind = cursor.byte()?;
        let _format = match cursor.counted16()? {
            format @ (b"PKCS#8" | b"PKCS8" | b"X.509" | b"X509" | b"RAW") => format,
            _ => return Err(Stop::Malformed),
        };
        let algorithm = java::text(cursor.counted16()?)?;
        Ok(Self { kind, algorithm, encoded: cursor.counted32()? })
    }

    fn class(&self) -> Class {
        match self.kind {
            0 => Class::PrivateKey,
            1 => Class::PublicKey,
            _ => Class::SecretKey,
        }
    }

    fn described(&self) -> Described {
        match self.class() {
            Class::SecretKey => java::secret(&self.algorithm, self.encoded),
            _ => java::described(self.encoded)
                .unwrap_or_else(|| Described::named(self.algorithm.to_ascii_lowercase())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::run;

    // Made by testdata/unit/stores/make.sh with keytool and Bouncy Castle.
    const CHANGEIT: &[u8] = include_bytes!("../../testdata/unit/stores/changeit.bks");
    const STRONG: &[u8] = include_bytes!("../../testdata/unit/stores/strong.bks");
    const SECRET: &[u8] = include_bytes!("../../testdata/unit/stores/secret.bks");
    const CLEAR: &[u8] = include_bytes!("../../testdata/unit/stores/clear.bks");
    const V1: &[u8] = include_bytes!("../../testdata/unit/stores/v1.bks");
    const TRUST: &[u8] = include_bytes!("../../testdata/unit/stores/truststore.bks");
    const UBER: &[u8] = include_bytes!("../../testdata/unit/stores/changeit.uber");
    const STRONG_UBER: &[u8] = include_bytes!("../../testdata/unit/stores/strong.uber");

    fn materials(bytes: &[u8]) -> Vec<Material> {
        run(&ROW, bytes).into_iter().map(|(_, material)| material).collect()
    }

    #[test]
    fn a_well_known_password_opens_store_and_key() {
        for (bytes, envelope) in [(CHANGEIT, "bks-v2"), (V1, "bks-v1")] {
            let found = materials(bytes);
            assert_eq!((found[0].class, found[0].label), (Class::KeyStore, Label::Encrypted));
            assert_eq!(found[0].envelope.as_deref(), Some(envelope));
            assert_eq!(
                (found[0].password, found[1].password),
                (Some("changeit"), Some("changeit"))
            );
            assert_eq!((found[1].class, found[1].label), (Class::PrivateKey, Label::Encrypted));
            assert_eq!(found[1].protection.cipher.as_deref(), Some("des-ede3-cbc"));
            assert_eq!(found[1].alias.as_deref(), Some("web"));
            assert_eq!(found[2].class, Class::Certificate);
            assert_eq!(found.len(), 3);
        }
    }

    #[test]
    fn another_password_opens_nothing() {
        let found = materials(STRONG);
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|material| material.password.is_none()));
    }

    #[test]
    fn a_sealed_secret_key_tells_what_it_is_once_open() {
        let found = materials(SECRET);
        assert_eq!(found[1].class, Class::SecretKey);
        assert_eq!((found[1].algorithm.as_deref(), found[1].bits), (Some("aes"), Some(256)));
        assert!(found[1].key_id.as_ref().unwrap().starts_with("sym-sha256:"));
    }

    #[test]
    fn a_key_in_clear_is_plaintext_whatever_the_password() {
        let found = materials(CLEAR);
        assert_eq!((found[0].label, found[0].password), (Label::Plaintext, None));
        assert_eq!((found[1].class, found[1].label), (Class::PrivateKey, Label::Plaintext));
        assert_eq!(found[1].algorithm.as_deref(), Some("ec"));
    }

    #[test]
    fn a_store_of_certificates_is_public() {
        let found = materials(TRUST);
        assert_eq!((found[0].class, found[0].label), (Class::KeyStore, Label::Public));
        assert_eq!((found[1].class, found[1].alias.as_deref()), (Class::Certificate, Some("ca")));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn an_uber_store_shows_its_entries_only_to_a_well_known_password() {
        let found = materials(UBER);
        assert_eq!((found[0].format, found[0].label), ("uber", Label::Encrypted));
        assert_eq!(found[0].protection.cipher.as_deref(), Some("twofish-256-cbc"));
        assert_eq!((found[0].password, found[1].password), (Some("changeit"), Some("changeit")));
        assert_eq!((found[1].class, found.len()), (Class::PrivateKey, 3));
        let found = materials(STRONG_UBER);
        assert_eq!((found[0].format, found[0].label), ("uber", Label::Encrypted));
        assert_eq!((found[0].password, found.len()), (None, 1));
    }

    #[test]
    fn a_cut_store_gives_what_came_before() {
        let found = materials(&STRONG[..150]);
        assert_eq!((found[0].class, found[0].label), (Class::KeyStore, Label::Truncated));
        assert_eq!((found[1].alias.as_deref(), found[1].label), (Some("web"), Label::Truncated));
        let found = materials(&STRONG_UBER[..STRONG_UBER.len() - 1]);
        assert_eq!((found[0].format, found[0].label), ("uber", Label::Truncated));
    }

    #[test]
    fn a_header_is_no_store() {
        assert_eq!(materials(&STRONG[..32]), []);
        assert_eq!(materials(&[&STRONG[..32], &[0x41; 100][..]].concat()), []);
        assert_eq!(materials(&[&STRONG[..32], &[0; 100][..]].concat()), []);
        assert_eq!(materials(&[&STRONG_UBER[..32], &[0; 100][..]].concat()), []);
        assert_eq!(materials(&[b" ", STRONG].concat()), [], "only at the start");
    }

    #[test]
    fn survives_damage() {
        // Iterations are made 1 where a salt of 20 bytes stands before them, so that trying
        // passwords takes no time.
        for sample in [STRONG, TRUST, CLEAR, STRONG_UBER] {
            let mut bytes = sample.to_vec();
            for at in 4..bytes.len() - 28 {
                if bytes[at..].starts_with(&[0, 0, 0, 20]) {
                    bytes[at + 24..at + 28].copy_from_slice(&[0, 0, 0, 1]);
                }
            }
            for length in 0..bytes.len() {
                materials(&bytes[..length]);
            }
            for bit in (32 * 8)..bytes.len().min(110) * 8 {
                bytes[bit / 8] ^= 1 << (bit % 8);
                materials(&bytes);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }
}
