//! Key stores of Bouncy Castle: BKS versions 1 and 2, and UBER, which is encrypted as a whole
//! (`org.bouncycastle.jcajce.provider.keystore.bc.BcKeyStoreSpi`).

use std::ops::Range;

use hmac::{Hmac, KeyInit, Mac};
use pkcs12::kdf::Pkcs12KeyType;
use sha1::{Digest, Sha1};

use super::{
    bks_entries::{Entry, entries},
    cursor::{Cursor, Stop},
    java::{self, Purse},
};
use crate::{
    fact::{Class, Label, Material, Protection},
    identity,
    ledger::Reason,
    rows::{Found, Row},
    unit::{Decoded, Unit},
};

pub(crate) const ROW: Row = Row {
    name: "bks",
    about: "Bouncy Castle key stores: BKS and UBER",
    text: &[],
    binary: &[],
    find: |_, _, _| {},
    head: Some(head),
};

const SALT: u32 = 20;
const DIGEST: usize = 20;
/// What Bouncy Castle draws its iteration counts from.
const UBER_ITERATIONS: Range<u32> = 1024..2048;
/// Beyond this it is no count but some other format's field.
const MOST_ITERATIONS: u32 = 10_000_000;

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
        let Self { iterations, salt, .. } = *self;
        let asked: [&[u8]; 6] =
            [b"bks", &[u8::from(self.version == 1)], &iterations.to_be_bytes(), salt, data, digest];
        let verified = purse.first(&asked, iterations.into(), None, |password| {
            let key = java::pkcs12(password, salt, Pkcs12KeyType::Mac, iterations, length);
            let mac = Hmac::<Sha1>::new_from_slice(&key).ok()?;
            mac.chain_update(data).verify_slice(digest).ok()
        });
        verified.map(|(password, ())| password)
    }

    /// The well-known password that opens an UBER store, and the entries with the end mark.
    fn open(&self, sealed: &[u8], purse: &mut Purse) -> Option<(&'static str, Decoded)> {
        let Self { iterations, salt, .. } = *self;
        let asked: [&[u8]; 4] = [b"uber", &iterations.to_be_bytes(), salt, sealed];
        purse.first(&asked, u64::from(iterations) * 3, None, |password| {
            let mut bytes = java::open_sha1_twofish(password, salt, iterations, sealed)?;
            let (data, digest) = bytes.split_last_chunk::<DIGEST>()?;
            let length = data.len();
            let is_whole = *Sha1::digest(data) == *digest;
            bytes.truncate(length);
            is_whole.then_some(bytes)
        })
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
        assert_eq!(found[1].alias.as_deref(), Some("clear"));
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
            for bit in (32 * 8..bytes.len().min(110) * 8).step_by(5) {
                bytes[bit / 8] ^= 1 << (bit % 8);
                materials(&bytes);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }
}
