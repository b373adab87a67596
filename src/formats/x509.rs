//! SubjectPublicKeyInfo and Certificate (RFC 5280), CertificationRequest (RFC 2986).

use crate::{
    algorithm,
    asn1::{BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, explicit, implicit},
    fact::{Class, Label, Material},
    formats::{name, pkcs1, sec1},
    identity::bit_length,
    key::{self, Described, spki_id},
};

/// An AlgorithmIdentifier: content of the OBJECT IDENTIFIER, and encoded parameters or nothing.
#[derive(Clone, Copy)]
pub(crate) struct Algorithm<'a> {
    pub oid: &'a [u8],
    pub parameters: &'a [u8],
}

impl<'a> Algorithm<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let mut inside = reader.sequence()?;
        let oid = inside.content(OID)?;
        let is_sound = oid.last().is_some_and(|last| last & 0x80 == 0);
        let parameters = match inside.any() {
            Some(parameters) => parameters.whole,
            None => &[],
        };
        (is_sound && inside.is_empty()).then_some(Self { oid, parameters })
    }

    /// Content of parameters that are a SEQUENCE.
    pub(crate) fn sequence(&self) -> Option<Reader<'a>> {
        Reader::new(self.parameters).sequence()
    }
}

/// A SubjectPublicKeyInfo.
pub(crate) struct PublicKey<'a> {
    pub algorithm: Algorithm<'a>,
    pub bytes: &'a [u8],
}

/// Reads the content of a SubjectPublicKeyInfo.
pub(crate) fn public_key(content: &[u8]) -> Option<PublicKey<'_>> {
    let mut reader = Reader::new(content);
    let algorithm = Algorithm::read(&mut reader)?;
    let bytes = reader.bits()?;
    reader.is_empty().then_some(PublicKey { algorithm, bytes })
}

impl PublicKey<'_> {
    /// `None` if the algorithm is known and the key is none of it.
    pub(crate) fn describe(&self) -> Option<Described> {
        let Algorithm { oid, parameters } = self.algorithm;
        let named = algorithm::key_algorithm(oid);
        let as_it_stands = |bits| Described {
            bits,
            key_id: Some(spki_id(oid, parameters, self.bytes)),
            curve: named.and_then(|named| named.parameters).map(Into::into),
            ..Described::named(algorithm::key_algorithm_name(oid))
        };
        Some(match named.map_or("", |named| named.algorithm) {
            "rsa" => {
                let (modulus, exponent) = self.rsa()?;
                key::rsa(modulus, Some(exponent))
            }
            known @ ("rsa-pss" | "rsa-oaep") => {
                let (modulus, exponent) = self.rsa()?;
                key::rsa_as(known, oid, parameters, modulus, exponent)
            }
            "dsa" => {
                let y = Reader::new(self.bytes).unsigned()?;
                match Domain::read(&self.algorithm) {
                    Some(domain) => key::dsa(domain.p, domain.q?, domain.g, Some(y), None),
                    None => as_it_stands(None),
                }
            }
            "dh" => {
                let y = Reader::new(self.bytes).unsigned()?;
                let domain = Domain::read(&self.algorithm)?;
                key::dh(oid, parameters, domain.p, domain.g, Some(y), None)
            }
            "ec" => sec1::describe(parameters, Some(self.bytes), None)?,
            known @ ("ed25519" | "x25519" | "ed448" | "x448") => key::edwards_public(
                known,
                Some(self.bytes).filter(|bytes| bytes.len() == octets(known))?,
            ),
            known if known.starts_with("gost") => as_it_stands(gost_bits(known)),
            _ => as_it_stands(None),
        })
    }

    fn rsa(&self) -> Option<(&[u8], &[u8])> {
        pkcs1::public(Reader::new(self.bytes).content(SEQUENCE)?)
    }

    /// Whether nothing but a public key can be meant.
    pub(crate) fn is_convincing(&self) -> bool {
        let Some(named) = algorithm::key_algorithm(self.algorithm.oid) else { return false };
        let is_random = looks_random(self.bytes);
        match named.algorithm {
            "rsa" | "rsa-pss" | "rsa-oaep" => self
                .rsa()
                .is_some_and(|(modulus, exponent)| pkcs1::is_convincing_public(modulus, exponent)),
            "ec" => match sec1::curve(self.algorithm.parameters) {
                Some(sec1::Parameters::Named(curve)) => {
                    is_random && sec1::is_convincing_point(curve, self.bytes)
                }
                Some(sec1::Parameters::Explicit(_)) => is_random,
                Some(sec1::Parameters::Unnamed(_)) | None => false,
            },
            known @ ("ed25519" | "x25519" | "ed448" | "x448") => {
                is_random
                    && self.algorithm.parameters.is_empty()
                    && self.bytes.len() == octets(known)
            }
            "dsa" | "dh" => Domain::read(&self.algorithm).is_some_and(|domain| {
                (512..=16384).contains(&bit_length(domain.p))
                    && domain.p.last().is_some_and(|last| last & 1 == 1)
            }),
            _ => is_random && self.bytes.len() >= 32,
        }
    }
}

/// Whether the first bytes are neither text nor a table: what random bytes do not look like once
/// in a hundred thousand times.
pub(crate) fn looks_random(bytes: &[u8]) -> bool {
    let sample = bytes.get(..64).unwrap_or(bytes);
    let printable = sample.iter().filter(|byte| (0x20..0x7f).contains(*byte)).count();
    let zeros = sample.iter().filter(|byte| **byte == 0).count();
    let mut sorted = sample.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    !crate::identity::is_guessable(sample)
        && printable * 5 < sample.len() * 4
        && zeros * 8 < sample.len()
        && sorted.len() * 4 > sample.len().min(64) * 3 - sample.len() / 8
}

/// Bytes of a public or private key on the curves of RFC 7748 and RFC 8032.
pub(crate) fn octets(algorithm: &str) -> usize {
    match algorithm {
        "ed448" => 57,
        "x448" => 56,
        _ => 32,
    }
}

pub(crate) fn gost_bits(algorithm: &str) -> Option<u32> {
    Some(if algorithm.ends_with("512") { 512 } else { 256 })
}

/// Domain parameters of DSA (RFC 3279 2.3.2) and Diffie-Hellman (PKCS#3; X9.42 in RFC 3279 2.3.3).
pub(crate) struct Domain<'a> {
    pub p: &'a [u8],
    pub g: &'a [u8],
    /// DSA only.
    pub q: Option<&'a [u8]>,
}

impl<'a> Domain<'a> {
    pub(crate) fn read(algorithm: &Algorithm<'a>) -> Option<Self> {
        let mut numbers = algorithm.sequence()?;
        let p = numbers.unsigned()?;
        let is_dsa = algorithm::key_algorithm(algorithm.oid)?.algorithm == "dsa";
        let q = if is_dsa { Some(numbers.unsigned()?) } else { None };
        let g = numbers.unsigned()?;
        (bit_length(p) >= 64).then_some(Self { p, g, q })
    }
}

/// What is read of a certificate or a request.
struct Signed<'a> {
    key: PublicKey<'a>,
    subject: &'a [u8],
    not_after: Option<String>,
    authority: Option<&'static str>,
}

/// Describes the content of a Certificate.
pub(crate) fn certificate(content: &[u8], format: &'static str) -> Option<Material> {
    let mut reader = Reader::new(content);
    let signed = to_be_signed(reader.sequence()?)?;
    Algorithm::read(&mut reader)?;
    reader.read(BIT_STRING)?;
    reader.is_empty().then_some(())?;
    let material = Material::new(format, Class::Certificate, Label::Public);
    Some(signed.describe(material, "x509"))
}

/// Describes the content of a CertificationRequest.
pub(crate) fn request(content: &[u8], format: &'static str) -> Option<Material> {
    let mut reader = Reader::new(content);
    let mut info = reader.sequence()?;
    info.small().filter(|version| *version == 0)?;
    let subject = info.content(SEQUENCE)?;
    let key = public_key(info.content(SEQUENCE)?)?;
    Algorithm::read(&mut reader)?;
    reader.read(BIT_STRING)?;
    reader.is_empty().then_some(())?;
    let material = Material::new(format, Class::PublicKey, Label::Public);
    Some(Signed { key, subject, not_after: None, authority: None }.describe(material, "pkcs10"))
}

fn to_be_signed(mut reader: Reader<'_>) -> Option<Signed<'_>> {
    reader.read(explicit(0));
    reader.read(INTEGER)?;
    Algorithm::read(&mut reader)?;
    let issuer = reader.content(SEQUENCE)?;
    let mut validity = reader.sequence()?;
    validity.any()?;
    let not_after = validity.any().and_then(|time| name::time(&time));
    let subject = reader.content(SEQUENCE)?;
    let key = public_key(reader.content(SEQUENCE)?)?;
    let authority = match is_authority(reader) {
        true => Some("ca"),
        false => (issuer == subject).then_some("self-signed"),
    };
    Some(Signed { key, subject, not_after, authority })
}

/// OID of basicConstraints (RFC 5280 4.2.1.9).
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];

/// Whether the extensions, which end what is signed, say that the subject is a CA.
fn is_authority(mut reader: Reader<'_>) -> bool {
    reader.read(implicit(1));
    reader.read(implicit(2));
    let extensions = reader.read(explicit(3)).and_then(|list| list.reader().sequence());
    let Some(mut extensions) = extensions else { return false };
    while let Some(mut extension) = extensions.sequence() {
        let Some(oid) = extension.content(OID) else { return false };
        if oid != BASIC_CONSTRAINTS {
            continue;
        }
        extension.read(BOOLEAN);
        let says = extension.content(OCTET_STRING).and_then(|value| {
            let mut constraints = Reader::new(value).sequence()?;
            constraints.content(BOOLEAN)
        });
        return says.is_some_and(|says| says.iter().any(|byte| *byte != 0));
    }
    false
}

impl Signed<'_> {
    fn describe(&self, material: Material, envelope: &'static str) -> Material {
        // A key that is not understood leaves the certificate what it is.
        let described = self.key.describe().unwrap_or_else(|| Described {
            key_id: Some(spki_id(
                self.key.algorithm.oid,
                self.key.algorithm.parameters,
                self.key.bytes,
            )),
            ..Described::named(algorithm::key_algorithm_name(self.key.algorithm.oid))
        });
        let mut material = described.describe(material);
        material.envelope = Some(envelope.into());
        material.subject = name::distinguished(self.subject);
        material.not_after.clone_from(&self.not_after);
        material.authority = self.authority;
        material
    }
}

/// Describes the content of a SubjectPublicKeyInfo.
pub(crate) fn subject_public_key(content: &[u8], format: &'static str) -> Option<Material> {
    let material = Material::new(format, Class::PublicKey, Label::Public);
    let mut material = public_key(content)?.describe()?.describe(material);
    material.envelope = Some("spki".into());
    Some(material)
}
