//! Keys in DER whose bytes end before they should: what their beginning still says.

use crate::{
    algorithm,
    asn1::{BIT_STRING, INTEGER, OCTET_STRING, Reader, SEQUENCE, explicit, header},
    fact::{Class, Label, Material, Protection},
    formats::{
        pbe::{self, Scheme},
        pkcs12, sec1,
        x509::{Algorithm, looks_random},
    },
    identity::{bit_length, of_sealed, trimmed},
    key::Described,
};

/// What was cut off, and what can be said of it.
struct Beginning<'a> {
    class: Class,
    envelope: &'static str,
    described: Option<Described>,
    protection: Protection,
    /// What there is of the key itself.
    inner: &'a [u8],
}

/// Describes the beginning of a key, if `bytes` are one: the header is sound and promises more
/// than there is.
pub(crate) fn material(bytes: &[u8], format: &'static str) -> Option<Material> {
    Some(beginning(bytes)?.material(bytes, format))
}

/// The same where nothing but the bytes themselves says that they are a key: only if the algorithm
/// is known and enough of the key is there.
pub(crate) fn bare(bytes: &[u8], format: &'static str) -> Option<Material> {
    /// Longer than any single key in use: ML-DSA-87 with both forms takes 5 KiB.
    const MOST: usize = 64 << 10;
    const LEAST: usize = 64;
    let promised = header(bytes)?.length?;
    let beginning = beginning(bytes)?;
    let is_known = beginning.described.as_ref().is_some_and(|described| {
        described.bits.is_some() || described.curve.is_some() || described.algorithm == "rsa"
    }) || beginning.protection.cipher.is_some();
    let tail = beginning.inner.len().checked_sub(LEAST)?;
    let is_random =
        looks_random(beginning.inner.get(tail..)?) && looks_random(beginning.inner.get(16..)?);
    (promised <= MOST && is_known && is_random).then(|| beginning.material(bytes, format))
}

impl Beginning<'_> {
    fn material(self, bytes: &[u8], format: &'static str) -> Material {
        let material = Material::new(format, self.class, Label::Truncated);
        let material = match self.described {
            Some(described) => described.describe(material),
            None => material,
        };
        Material {
            envelope: Some(self.envelope.into()),
            key_id: of_sealed(bytes),
            protection: self.protection,
            ..material
        }
    }
}

fn beginning(bytes: &[u8]) -> Option<Beginning<'_>> {
    let (content, length) = enter(bytes, SEQUENCE)?;
    // An indefinite length is only known to be cut when its end was looked for in vain.
    let is_cut = match length {
        Some(length) => length > content.len(),
        None => crate::asn1::element(bytes).is_none(),
    };
    is_cut.then_some(())?;
    let mut reader = Reader::new(content);
    match reader.tag()? {
        INTEGER => {
            let version = reader.small().filter(|version| *version <= 3)?;
            match (version, reader.tag()?) {
                (3, SEQUENCE) => pkcs12::is_pfx(content).then(|| Beginning {
                    class: Class::KeyStore,
                    ..Beginning::of_private("pkcs12", content)
                }),
                (0 | 1, SEQUENCE) => private_key_info(reader),
                (0 | 1, INTEGER) => numbers(reader.rest),
                (1, OCTET_STRING) => ec(reader.rest, &[]),
                _ => None,
            }
        }
        SEQUENCE => {
            let mut inside = reader;
            match (Algorithm::read(&mut inside), inside.tag()) {
                (Some(algorithm), Some(OCTET_STRING)) => encrypted(&algorithm, inside.rest),
                (Some(algorithm), Some(BIT_STRING)) => public_key(&algorithm, inside.rest),
                (None, _) => signed(reader.rest),
                _ => None,
            }
        }
        _ => None,
    }
}

impl<'a> Beginning<'a> {
    fn of_private(envelope: &'static str, inner: &'a [u8]) -> Self {
        Self {
            class: Class::PrivateKey,
            envelope,
            described: None,
            protection: Protection::default(),
            inner,
        }
    }
}

/// The content that there is of an element, and the length that its header states.
fn enter(bytes: &[u8], tag: u8) -> Option<(&[u8], Option<usize>)> {
    let header = header(bytes).filter(|header| header.tag == tag)?;
    let content = bytes.get(header.size..)?;
    let length = header.length.unwrap_or(content.len());
    Some((content.get(..length).unwrap_or(content), header.length))
}

fn private_key_info(mut reader: Reader<'_>) -> Option<Beginning<'_>> {
    let algorithm = Algorithm::read(&mut reader)?;
    let inner = enter(reader.rest, OCTET_STRING).map_or(reader.rest, |(inner, _)| inner);
    let named = algorithm::key_algorithm(algorithm.oid);
    let name = algorithm::key_algorithm_name(algorithm.oid);
    let mut described = Described {
        curve: named.and_then(|named| named.parameters).map(Into::into),
        ..Described::named(name)
    };
    match described.algorithm.as_ref() {
        "rsa" | "rsa-pss" | "rsa-oaep" => described.bits = modulus_bits(inner),
        "ec" => {
            let curve = sec1::describe(algorithm.parameters, None, None);
            described = curve.unwrap_or(described);
        }
        known @ ("ed25519" | "x25519" | "ed448" | "x448") => {
            described.bits = Some(if known.ends_with("448") { 448 } else { 256 });
        }
        _ => {}
    }
    Some(Beginning { described: Some(described), ..Beginning::of_private("pkcs8", inner) })
}

/// Bits of the modulus at the beginning of an RSAPrivateKey, if all of it is there.
fn modulus_bits(bytes: &[u8]) -> Option<u32> {
    let mut numbers = Reader::new(enter(bytes, SEQUENCE)?.0);
    numbers.small()?;
    Some(bit_length(numbers.unsigned()?))
}

/// The numbers of an RSAPrivateKey or a traditional DSA key after the version: the third tells
/// which, an exponent being short and a subgroup's order not.
fn numbers(bytes: &[u8]) -> Option<Beginning<'_>> {
    let (first, length) = enter(bytes, INTEGER)?;
    // No smaller modulus was ever in use, and other structures count from nought as well.
    let length = length.filter(|length| (32..=8192).contains(length))?;
    let mut reader = Reader::new(bytes);
    let described = reader.unsigned().and_then(|modulus| {
        let next = header(reader.rest).filter(|next| next.tag == INTEGER)?;
        let name = match next.length? {
            1..=8 => "rsa",
            20..=64 => "dsa",
            _ => return None,
        };
        Some(Described { bits: Some(bit_length(modulus)), ..Described::named(name) })
    });
    let is_dsa = described.as_ref().is_some_and(|described| described.algorithm == "dsa");
    let is_modulus = first.len() < 2 || trimmed(first).len() + 1 >= length.min(first.len());
    is_modulus.then(|| Beginning {
        described,
        ..Beginning::of_private(if is_dsa { "dsa-traditional" } else { "pkcs1" }, bytes)
    })
}

fn ec<'a>(bytes: &'a [u8], parameters: &[u8]) -> Option<Beginning<'a>> {
    let (scalar, length) = enter(bytes, OCTET_STRING)?;
    length.filter(|length| (14..=72).contains(length))?;
    let mut reader = Reader::new(bytes);
    let named = reader.read(OCTET_STRING).and_then(|_| reader.content(explicit(0)));
    let described = sec1::describe(named.unwrap_or(parameters), None, None)?;
    Some(Beginning { described: Some(described), ..Beginning::of_private("sec1", scalar) })
}

fn encrypted<'a>(algorithm: &Algorithm<'a>, rest: &'a [u8]) -> Option<Beginning<'a>> {
    let (inner, length) = enter(rest, OCTET_STRING)?;
    let is_long = length.is_none_or(|length| length > 64);
    (pbe::is_known(algorithm.oid) && is_long).then(|| Beginning {
        protection: Scheme::new(algorithm).protection(),
        ..Beginning::of_private("encrypted-pkcs8", inner)
    })
}

fn public_key<'a>(algorithm: &Algorithm<'a>, rest: &'a [u8]) -> Option<Beginning<'a>> {
    let named = algorithm::key_algorithm(algorithm.oid)?;
    let (inner, _) = enter(rest, BIT_STRING)?;
    let mut described =
        Described { curve: named.parameters.map(Into::into), ..Described::named(named.algorithm) };
    if named.algorithm == "ec" {
        described = sec1::describe(algorithm.parameters, None, None).unwrap_or(described);
    }
    Some(Beginning {
        class: Class::PublicKey,
        described: Some(described),
        ..Beginning::of_private("spki", inner)
    })
}

/// What is signed at the beginning of a certificate or of a request for one.
fn signed(rest: &[u8]) -> Option<Beginning<'_>> {
    let (inside, length) = enter(rest, SEQUENCE)?;
    length.filter(|length| *length > 64)?;
    let mut reader = Reader::new(inside);
    let version = reader.content(explicit(0));
    let is_version = |version| Reader::new(version).small().is_some_and(|version| version <= 2);
    version.is_none_or(is_version).then_some(())?;
    let number = reader.read(INTEGER)?;
    let mut after = reader;
    if Algorithm::read(&mut after).is_some() {
        let certificate = Beginning::of_private("x509", after.rest);
        return Some(Beginning { class: Class::Certificate, ..certificate });
    }
    // A request has a name here.
    let name = enter(reader.rest, SEQUENCE)?.0;
    (number.small() == Some(0) && matches!(name.first(), Some(0x31))).then(|| Beginning {
        class: Class::PublicKey,
        ..Beginning::of_private("pkcs10", reader.rest)
    })
}
