//! PrivateKeyInfo, OneAsymmetricKey (RFC 5208, RFC 5958) and EncryptedPrivateKeyInfo.

use std::borrow::Cow;

use crate::{
    algorithm::{self, dotted},
    asn1::{OCTET_STRING, Octets, Reader, SEQUENCE, element, explicit},
    fact::{Class, Label, Material},
    formats::{
        pbe::{Attempts, Scheme, Secret},
        pkcs1, pqc, sec1,
        x509::{Algorithm, Domain, gost_bits, looks_random, octets},
    },
    identity::{of_private, of_sealed, trimmed},
    key::{self, Described, spki_id},
};

/// A PrivateKeyInfo or OneAsymmetricKey.
pub(crate) struct Info<'a> {
    pub algorithm: Algorithm<'a>,
    private: &'a [u8],
    public: Option<&'a [u8]>,
}

/// Reads the content of a PrivateKeyInfo or OneAsymmetricKey.
pub(crate) fn info(content: &[u8]) -> Option<Info<'_>> {
    let mut reader = Reader::new(content);
    reader.small().filter(|version| *version <= 1)?;
    let algorithm = Algorithm::read(&mut reader)?;
    let private = reader.content(OCTET_STRING)?;
    reader.read(explicit(0));
    let public = if reader.is_empty() { None } else { Some(sec1::tagged_bits(&mut reader)?) };
    reader.is_empty().then_some(Info { algorithm, private, public })
}

/// Describes what a decrypted or bare PrivateKeyInfo holds: a key pair's private half, or as Java
/// keeps it, a symmetric key.
pub(crate) fn material(content: &[u8], format: &'static str) -> Option<Material> {
    let info = info(content)?;
    let material = match info.symmetric() {
        Some(described) => {
            described.describe(Material::new(format, Class::SecretKey, Label::Plaintext))
        }
        None => {
            info.describe()?.describe(Material::new(format, Class::PrivateKey, Label::Plaintext))
        }
    };
    Some(Material { envelope: Some("pkcs8".into()), ..material })
}

impl Info<'_> {
    /// `None` if the algorithm is known and the key is none of it.
    pub(crate) fn describe(&self) -> Option<Described> {
        let Algorithm { oid, parameters } = self.algorithm;
        let private = self.private;
        let named = algorithm::key_algorithm(oid);
        Some(match named.map_or("", |named| named.algorithm) {
            "rsa" => {
                let rsa = self.rsa()?;
                key::rsa(rsa.modulus, Some(rsa.exponent))
            }
            known @ ("rsa-pss" | "rsa-oaep") => {
                let rsa = self.rsa()?;
                key::rsa_as(known, oid, parameters, rsa.modulus, rsa.exponent)
            }
            "dsa" => {
                let x = Reader::new(private).unsigned()?;
                match Domain::read(&self.algorithm) {
                    Some(domain) => key::dsa(domain.p, domain.q?, domain.g, self.y(), Some(x)),
                    None => Described { key_id: of_private(x), ..Described::named("dsa") },
                }
            }
            "dh" => {
                let x = Reader::new(private).unsigned()?;
                let domain = Domain::read(&self.algorithm)?;
                key::dh(oid, parameters, domain.p, domain.g, self.y(), Some(x))
            }
            "ec" => sec1::private(Reader::new(private).content(SEQUENCE)?)?
                .describe(parameters, self.public)?,
            known @ ("ed25519" | "x25519" | "ed448" | "x448") => {
                key::edwards_private(known, self.curve_private(octets(known))?)
            }
            "ml-kem" | "ml-dsa" | "slh-dsa" => pqc::private(named?, private, self.public)?,
            known => {
                let bits = known.starts_with("gost").then(|| gost_bits(known)).flatten();
                let public = self.public.map(|public| spki_id(oid, parameters, public));
                Described {
                    bits,
                    curve: named.and_then(|named| named.parameters).map(Into::into),
                    key_id: public.or_else(|| of_private(trimmed(private))),
                    ..Described::named(algorithm::key_algorithm_name(oid))
                }
            }
        })
    }

    /// A symmetric key, which Java puts into the same structure.
    fn symmetric(&self) -> Option<Described> {
        Some(key::secret(symmetric(self.algorithm.oid)?, self.private))
    }

    /// Whether nothing but a key can be meant: the sizes go together, and what should be random
    /// looks it.
    pub(crate) fn is_convincing(&self) -> bool {
        let private = self.private;
        let named = algorithm::key_algorithm(self.algorithm.oid);
        match named.map_or("", |named| named.algorithm) {
            "rsa" | "rsa-pss" | "rsa-oaep" => self.rsa().is_some_and(|rsa| rsa.is_convincing()),
            "ec" => {
                Reader::new(private).content(SEQUENCE).and_then(sec1::private).is_some_and(|key| {
                    key.is_convincing(self.algorithm.parameters) && looks_random(key.scalar)
                })
            }
            known @ ("ed25519" | "x25519" | "ed448" | "x448") => {
                let secret = self.curve_private(octets(known));
                self.algorithm.parameters.is_empty()
                    && secret.is_some_and(looks_random)
                    && self.public.is_none_or(|public| public.len() == octets(known))
            }
            "ml-kem" | "ml-dsa" | "slh-dsa" => {
                named.and_then(|named| pqc::secret(named, private)).is_some_and(looks_random)
            }
            "dsa" | "dh" => {
                Domain::read(&self.algorithm).is_some()
                    && Reader::new(private).unsigned().is_some_and(looks_random)
            }
            _ => private.len() >= 16 && looks_random(private),
        }
    }

    fn rsa(&self) -> Option<pkcs1::Rsa<'_>> {
        match pkcs1::private(Reader::new(self.private).content(SEQUENCE)?)? {
            pkcs1::Numbers::Rsa(rsa) => Some(rsa),
            pkcs1::Numbers::Dsa(_) => None,
        }
    }

    /// The public value of a key over a finite field.
    fn y(&self) -> Option<&[u8]> {
        Reader::new(self.public?).unsigned()
    }

    /// A CurvePrivateKey (RFC 8410 section 7), or what some tools write: the bytes themselves.
    fn curve_private(&self, size: usize) -> Option<&[u8]> {
        let private = self.private;
        let wrapped = element(private)
            .filter(|inner| inner.tag == OCTET_STRING && inner.whole.len() == private.len())
            .map(|inner| inner.content);
        let key = wrapped.unwrap_or(private);
        // NaCl's secret key is the seed and the public key.
        if size == 32 && key.len() == 64 { key.get(..32) } else { Some(key) }
            .filter(|key| key.len() == size)
    }
}

/// Names of symmetric algorithms in a PrivateKeyInfo.
fn symmetric(oid: &[u8]) -> Option<Cow<'static, str>> {
    Some(match oid {
        // NIST's arc of AES, with or without a mode.
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, ..] => "aes".into(),
        b"\x2a\x86\x48\x86\xf7\x0d\x03\x07" => "3des".into(),
        b"\x2b\x0e\x03\x02\x07" => "des".into(),
        // rsadsi digestAlgorithm: HMAC with SHA-1 and SHA-2.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 7..=11] => "hmac".into(),
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x12" => "chacha20".into(),
        b"\x2a\x86\x48\x86\xf7\x0d\x03\x02" => "rc2".into(),
        b"\x2a\x86\x48\x86\xf7\x0d\x03\x04" => "rc4".into(),
        [0x2a, 0x83, 0x08, 0x8c, 0x9a, 0x4b, 0x3d, 1, 1, 1, ..] => "camellia".into(),
        [0x2b, 6, 1, 4, 1, 0x97, 0x55, 1, 1, 2, ..] => "blowfish".into(),
        _ => return None,
    })
}

/// An EncryptedPrivateKeyInfo.
pub(crate) struct Sealed<'a> {
    content: &'a [u8],
    pub scheme: Scheme<'a>,
    pub ciphertext: Octets<'a>,
}

/// Reads the content of an EncryptedPrivateKeyInfo. A DigestInfo (RFC 8017 A.2.4) has the same form
/// and is refused.
pub(crate) fn sealed(content: &[u8]) -> Option<Sealed<'_>> {
    let mut reader = Reader::new(content);
    let algorithm = Algorithm::read(&mut reader)?;
    let ciphertext = reader.octets()?;
    let is_digest = dotted(algorithm.oid).starts_with("2.16.840.1.101.3.4.2.")
        || (ciphertext.len() <= 64 && !crate::formats::pbe::is_known(algorithm.oid));
    (reader.is_empty() && !is_digest && ciphertext.len() >= 16).then(|| Sealed {
        content,
        scheme: Scheme::new(&algorithm),
        ciphertext,
    })
}

impl Sealed<'_> {
    /// What `secret` opens.
    pub(crate) fn open(&self, secret: Secret, format: &'static str) -> Option<Material> {
        let plain = self.scheme.decrypt(secret, &self.ciphertext)?;
        material(Reader::new(&plain).content(SEQUENCE)?, format)
    }

    /// What a well-known password opens, and which.
    pub(crate) fn opened(
        &self,
        format: &'static str,
        attempts: &mut Attempts,
    ) -> Option<(Secret, Material)> {
        let asked: [&[u8]; 2] = [b"encrypted-pkcs8", self.content];
        attempts.all(&asked, &self.scheme.kdf, self.scheme.cost()?, |it| self.open(it, format))
    }

    /// Describes the key; if a well-known password opens it, what is inside.
    pub(crate) fn material(&self, format: &'static str, attempts: &mut Attempts) -> Material {
        let opened = self.opened(format, attempts);
        let mut material = match opened {
            Some((Secret { password, .. }, inside)) => {
                Material { label: Label::Encrypted, password: Some(password), ..inside }
            }
            None => Material {
                key_id: of_sealed(&self.ciphertext),
                ..Material::new(format, Class::PrivateKey, Label::Encrypted)
            },
        };
        material.envelope = Some("encrypted-pkcs8".into());
        material.protection = self.scheme.protection();
        material
    }
}
