//! PKCS#12 key stores (RFC 7292; PBMAC1 of RFC 9579): what they show without a password, and what
//! a well-known password opens.

use crate::{
    asn1::{
        Element, INTEGER, OCTET_STRING, OID, Octets, Reader, SEQUENCE, SET, element, explicit,
        header, implicit, octets,
    },
    fact::{Class, Label, Material, Protection},
    formats::{
        name,
        pbe::{Attempts, Kdf, Scheme, Secret},
        pbe_crypto::{Hash, Purpose, derive},
        pkcs8, x509,
        x509::Algorithm,
    },
    identity::of_sealed,
};

const PKCS7: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07";
const DATA: u8 = 1;
const ENCRYPTED_DATA: u8 = 6;
const BAG: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01";
const X509_CERTIFICATE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";
const FRIENDLY_NAME: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14";
const PBMAC1: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e";

/// How deep SafeContents may nest in SafeContents: nobody nests them at all.
const DEPTH: usize = 4;

/// Whether this is the content of a PFX, by its first elements.
pub(crate) fn is_pfx(content: &[u8]) -> bool {
    authenticated_safe(content).is_some()
}

/// Whether even the first of the safes inside shows. Looks at headers only, whatever lengths they
/// state.
pub(crate) fn is_convincing(content: &[u8]) -> bool {
    let safe = |content| -> Option<&[u8]> {
        let data = enter(authenticated_safe(content)?, explicit(0))?;
        let safes = match enter(data, OCTET_STRING | 0x20) {
            Some(pieces) => enter(pieces, OCTET_STRING)?,
            None => enter(data, OCTET_STRING)?,
        };
        let mut info = Reader::new(enter(enter(safes, SEQUENCE)?, SEQUENCE)?);
        info.content(OID).filter(|oid| oid.starts_with(PKCS7))?;
        enter(info.rest, explicit(0))
    };
    safe(content).is_some()
}

/// What follows the type of the ContentInfo in a PFX.
fn authenticated_safe(content: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(content);
    reader.small().filter(|version| *version == 3)?;
    let mut info = Reader::new(enter(reader.rest, SEQUENCE)?);
    info.content(OID).filter(|oid| oid.starts_with(PKCS7))?;
    Some(info.rest)
}

/// What follows a header with this tag.
fn enter(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    bytes.get(header(bytes).filter(|header| header.tag == tag)?.size..)
}

/// Describes the content of a PFX: the store itself, then its entries.
pub(crate) fn store(
    content: &[u8],
    format: &'static str,
    attempts: Attempts,
) -> Option<Vec<Material>> {
    is_pfx(content).then_some(())?;
    let mut reader = Reader::new(content);
    reader.any()?;
    let safe = reader.sequence().unwrap_or(Reader::new(&[]));
    let format = if format == "der" { "pkcs12" } else { format };
    let mut store = Store::new(format, attempts);
    let mac = reader.sequence().and_then(Mac::read);
    match (content_info(safe), &mac) {
        (Some((DATA, safes)), Some(mac)) => {
            store.mac = Some(mac.protection());
            store.secret = mac.opened_by(&safes, &mut store.attempts);
            if store.secret.is_some() {
                store.attempts.renew();
            }
            store.safes(&safes, false);
        }
        (Some((DATA, safes)), None) => store.safes(&safes, true),
        _ => store.is_unread = true,
    }
    Some(store.finish(content))
}

/// Number of the PKCS#7 content type, and if it is data, the data.
fn content_info(mut info: Reader<'_>) -> Option<(u8, Octets<'_>)> {
    let [number] = info.content(OID)?.strip_prefix(PKCS7)? else { return None };
    let content = if *number == DATA {
        Reader::new(info.content(explicit(0))?).octets()?
    } else {
        Octets::Whole(info.content(explicit(0))?)
    };
    Some((*number, content))
}

/// What is gathered while reading a store.
struct Store {
    format: &'static str,
    attempts: Attempts,
    /// What opened the store.
    secret: Option<Secret>,
    mac: Option<Protection>,
    sealed_key: Option<Protection>,
    sealed_content: Option<Protection>,
    has_plain_key: bool,
    /// Something stays closed, or is not understood.
    is_unread: bool,
    entries: Vec<Material>,
}

impl Store {
    fn new(format: &'static str, attempts: Attempts) -> Self {
        Self {
            format,
            attempts,
            secret: None,
            mac: None,
            sealed_key: None,
            sealed_content: None,
            has_plain_key: false,
            is_unread: false,
            entries: Vec::new(),
        }
    }

    fn finish(self, content: &[u8]) -> Vec<Material> {
        let label = match () {
            () if self.has_plain_key => Label::Plaintext,
            () if self.is_unread || self.sealed_key.is_some() => Label::Encrypted,
            () => Label::Public,
        };
        let store = Material {
            envelope: Some("pkcs12".into()),
            key_id: of_sealed(content),
            protection: self.sealed_key.or(self.sealed_content).or(self.mac).unwrap_or_default(),
            password: self.secret.map(|secret| secret.password),
            ..Material::new(self.format, Class::KeyStore, label)
        };
        [vec![store], self.entries].concat()
    }

    /// An AuthenticatedSafe. Where no MAC tells the password, `guess` lets ciphertexts tell it.
    fn safes(&mut self, bytes: &[u8], guess: bool) {
        let Some(mut safes) = Reader::new(bytes).sequence() else {
            self.is_unread = true;
            return;
        };
        while let Some(safe) = safes.read(SEQUENCE) {
            match content_info(safe.reader()) {
                Some((DATA, contents)) => self.contents(&contents, guess, DEPTH),
                Some((ENCRYPTED_DATA, data)) => self.encrypted(&data, guess),
                _ => self.is_unread = true,
            }
        }
        self.is_unread |= !safes.is_empty();
    }

    /// An EncryptedData.
    fn encrypted(&mut self, data: &[u8], guess: bool) {
        let Some((scheme, ciphertext)) = encrypted_data(data) else {
            self.is_unread = true;
            return;
        };
        self.sealed_content.get_or_insert(scheme.protection());
        let opens = |secret| {
            scheme.decrypt(secret, &ciphertext).filter(|plain| {
                element(plain)
                    .is_some_and(|all| all.tag == SEQUENCE && all.whole.len() == plain.len())
            })
        };
        let contents = match self.secret {
            Some(secret) => self.attempts.one(&scheme).and_then(|()| opens(secret)),
            None if guess => {
                let asked: [&[u8]; 2] = [b"pkcs12-contents", data];
                let cost = scheme.cost();
                let opened =
                    cost.and_then(|cost| self.attempts.all(&asked, &scheme.kdf, cost, opens));
                opened.map(|(secret, contents)| {
                    self.secret = Some(secret);
                    contents
                })
            }
            None => None,
        };
        match contents {
            Some(contents) => self.contents(&contents, guess, DEPTH),
            None => self.is_unread = true,
        }
    }

    /// SafeContents: bags.
    fn contents(&mut self, bytes: &[u8], guess: bool, depth: usize) {
        let Some(mut bags) = Reader::new(bytes).sequence().filter(|_| depth > 0) else {
            self.is_unread = true;
            return;
        };
        while let Some(bag) = bags.read(SEQUENCE) {
            if self.bag(bag.reader(), guess, depth).is_none() {
                self.is_unread = true;
            }
        }
        self.is_unread |= !bags.is_empty();
    }

    fn bag(&mut self, mut bag: Reader<'_>, guess: bool, depth: usize) -> Option<()> {
        let [number] = bag.content(OID)?.strip_prefix(BAG)? else { return None };
        let value = element(bag.content(explicit(0))?)?;
        let alias = bag.content(SET).and_then(friendly_name);
        match number {
            1 => {
                let material = pkcs8::material(value.content, self.format)?;
                self.has_plain_key = true;
                self.entries.push(Material { alias, ..material });
            }
            2 => self.shrouded(&value, guess, alias)?,
            3 => {
                let certificate = certificate(&value)?;
                let content = Reader::new(&certificate).content(SEQUENCE)?;
                let material = x509::certificate(content, self.format)?;
                self.entries.push(Material { alias, ..material });
            }
            4 => {}
            5 => {
                let mut secret = value.reader();
                secret.content(OID)?;
                // Java wraps an EncryptedPrivateKeyInfo of a symmetric key.
                let inner = octets(&element(secret.content(explicit(0))?)?, OCTET_STRING)?;
                self.shrouded(&element(&inner)?, guess, alias)?;
            }
            6 => self.contents(value.whole, guess, depth - 1),
            _ => return None,
        }
        Some(())
    }

    /// An EncryptedPrivateKeyInfo. It is an entry of its own only if it is opened: closed, the
    /// store stands for it.
    fn shrouded(&mut self, value: &Element<'_>, guess: bool, alias: Option<String>) -> Option<()> {
        let sealed = pkcs8::sealed(value.content).filter(|_| value.tag == SEQUENCE)?;
        let protection = sealed.scheme.protection();
        self.sealed_key.get_or_insert(protection.clone());
        let opened = match self.secret {
            Some(secret) => {
                let may = self.attempts.one(&sealed.scheme);
                may.and_then(|()| Some((secret, sealed.open(secret, self.format)?)))
            }
            None if guess => sealed.opened(self.format, &mut self.attempts),
            None => None,
        };
        let Some((secret, material)) = opened else {
            self.is_unread = true;
            return Some(());
        };
        self.secret = Some(secret);
        self.entries.push(Material {
            label: Label::Encrypted,
            envelope: Some("encrypted-pkcs8".into()),
            password: Some(secret.password),
            protection,
            alias,
            ..material
        });
        Some(())
    }
}

fn encrypted_data(content: &[u8]) -> Option<(Scheme<'_>, Octets<'_>)> {
    let mut data = Reader::new(content).sequence()?;
    data.read(INTEGER)?;
    let mut info = data.sequence()?;
    info.read(OID)?;
    let algorithm = Algorithm::read(&mut info)?;
    let ciphertext = octets(&info.any()?, implicit(0))?;
    Some((Scheme::new(&algorithm), ciphertext))
}

/// The encoded certificate in a CertBag.
fn certificate<'a>(bag: &Element<'a>) -> Option<Octets<'a>> {
    let mut bag = bag.reader();
    (bag.content(OID)? == X509_CERTIFICATE).then_some(())?;
    Reader::new(bag.content(explicit(0))?).octets()
}

fn friendly_name(attributes: &[u8]) -> Option<String> {
    let mut attributes = Reader::new(attributes);
    while let Some(mut attribute) = attributes.sequence() {
        if attribute.content(OID)? == FRIENDLY_NAME {
            return name::string(&element(attribute.content(SET)?)?);
        }
    }
    None
}

/// MacData.
struct Mac<'a> {
    kdf: Kdf<'a>,
    hash: Hash,
    /// Bytes of the key of the MAC.
    size: usize,
    digest: &'a [u8],
    /// All of it.
    encoded: &'a [u8],
}

impl<'a> Mac<'a> {
    fn read(mut data: Reader<'a>) -> Option<Self> {
        let encoded = data.rest;
        let mut info = data.sequence()?;
        let algorithm = Algorithm::read(&mut info)?;
        let digest = info.content(OCTET_STRING)?;
        if algorithm.oid == PBMAC1 {
            return Self::pbmac1(&algorithm, digest, encoded);
        }
        let salt = data.content(OCTET_STRING)?;
        let iterations = data.small().unwrap_or(1);
        let hash = Hash::of_digest(algorithm.oid)?;
        let kdf = Kdf::Pkcs12 { hash, salt, iterations };
        Some(Self { kdf, hash, size: hash.size(), digest, encoded })
    }

    fn pbmac1(algorithm: &Algorithm<'a>, digest: &'a [u8], encoded: &'a [u8]) -> Option<Self> {
        let mut parameters = algorithm.sequence()?;
        let derivation = Algorithm::read(&mut parameters)?;
        let hash = Hash::of_hmac(Algorithm::read(&mut parameters)?.oid)?;
        let mut numbers = derivation.sequence()?;
        numbers.any()?;
        numbers.any()?;
        let size = match numbers.small() {
            Some(size) => usize::try_from(size).ok().filter(|size| *size <= 128)?,
            None => hash.size(),
        };
        Some(Self { kdf: Kdf::new(&derivation), hash, size, digest, encoded })
    }

    fn protection(&self) -> Protection {
        Protection { kdf: Some(self.kdf.name()), iterations: self.kdf.iterations(), cipher: None }
    }

    /// The well-known password under which the MAC of `message` is right.
    fn opened_by(&self, message: &[u8], attempts: &mut Attempts) -> Option<Secret> {
        let asked: [&[u8]; 3] = [b"pkcs12-mac", self.encoded, message];
        let opened = attempts.all(&asked, &self.kdf, self.kdf.cost(self.size)?, |secret| {
            let key = derive(&self.kdf, secret, Purpose::Mac, self.size)?;
            (self.hash.hmac(&key, message)?.as_slice() == self.digest).then_some(())
        });
        opened.map(|(secret, ())| secret)
    }
}

#[cfg(test)]
mod tests;
