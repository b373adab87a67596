//! Entries of Bouncy Castle's key stores, the same in BKS and in an opened UBER
//! (`org.bouncycastle.jcajce.provider.keystore.bc.BcKeyStoreSpi`).

use std::ops::Range;

use super::{
    cursor::{Cursor, Stop},
    java::{self, Purse},
};
use crate::{
    fact::{Class, Label, Material, Protection},
    identity,
    key::Described,
};

/// Longer chains of certificates do not exist.
const MOST_CERTIFICATES: u32 = 1000;

const END: u8 = 0;
const CERTIFICATE: u8 = 1;
const CLEAR_KEY: u8 = 2;
const PROTECTED_KEY: u8 = 3;
const SEALED_KEY: u8 = 4;

/// One entry, as far as it is there.
pub(super) struct Entry<'a> {
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
pub(super) fn entries<'a>(cursor: &mut Cursor<'a>) -> (Vec<Entry<'a>>, Option<Stop>) {
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
    /// Whether it gives a secret away.
    pub(super) fn is_clear(&self) -> bool {
        matches!(&self.held, Held::Clear(key) if key.class() != Class::PublicKey)
    }

    pub(super) fn is_public(&self) -> bool {
        matches!(&self.held, Held::Certificate(_) | Held::Clear(_)) && !self.is_clear()
    }

    /// What it holds, each with its place in what `entries` read.
    pub(super) fn materials(
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
    let asked: [&[u8]; 2] = [b"bks-key", bytes];
    let opened = purse.first(&asked, u64::from(iterations) * 3, store, |password| {
        let bytes = java::open_sha1_3des(password, salt, iterations, sealed)?;
        let mut cursor = Cursor::new(&bytes);
        let key = Key::read(&mut cursor).ok().filter(|_| cursor.rest().is_empty())?;
        Some((key.class(), key.described()))
    });
    let known = match opened {
        Some((password, (class, described))) => {
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
