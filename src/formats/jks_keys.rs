//! Keys in JKS and JCEKS stores: how they are sealed, and what well-known passwords open them
//! (OpenJDK `sun.security.provider.KeyProtector`, `com.sun.crypto.provider.KeyProtector`).

use std::borrow::Cow;

use ::der::{
    Decode, Encode, Reader, SliceReader, Tag, Tagged,
    asn1::{AnyRef, OctetStringRef},
};
use sha1::{Digest, Sha1};
use x509_cert::spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use super::{
    java::{self, Purse},
    java_serial,
};
use crate::{
    fact::{Class, Label, Material, Protection},
    identity,
    unit::Decoded,
};

/// Bytes of a SHA-1 digest, and of the salt that starts a key stream of them.
const DIGEST: usize = 20;

/// A private key, and where its first certificate tells whose key it is, its identity.
pub(super) fn private_key(
    bytes: &[u8],
    format: &'static str,
    certificate: Option<&Material>,
    store: Option<&'static str>,
    purse: &mut Purse,
) -> Material {
    let Some(Envelope { scheme, sealed }) = envelope(bytes) else {
        let mut material = Material::new(format, Class::PrivateKey, Label::Unparsed);
        material.key_id = identity::of_sealed(bytes);
        return material;
    };
    let opened = scheme.open(b"jks-key", sealed, store, purse, is_one_sequence);
    let described = certificate.and_then(java::of_certificate);
    let described =
        described.or_else(|| opened.as_ref().and_then(|(_, bytes)| java::described(bytes)));
    let mut material = Material::new(format, Class::PrivateKey, Label::Encrypted);
    material.key_id = identity::of_sealed(sealed);
    if let Some(described) = described {
        material = described.describe(material);
    }
    material.password = opened.map(|(password, _)| password);
    material.protection = scheme.protection();
    material
}

/// A `SealedObject` of Java: how it is sealed, in clear, around another serialised object.
pub(super) fn secret_key(
    bytes: &[u8],
    format: &'static str,
    store: Option<&'static str>,
    purse: &mut Purse,
) -> Material {
    let mut material = Material::new(format, Class::SecretKey, Label::Encrypted);
    let Ok(object) = java_serial::object(bytes) else { return material };
    let Some(sealed) = object.field("encryptedContent") else {
        material.label = Label::Unparsed;
        return material;
    };
    material.key_id = identity::of_sealed(sealed);
    let parameters = object.field("encodedParams").and_then(parameters);
    let scheme = match (object.field("sealAlg"), parameters) {
        (Some(b"PBEWithMD5AndTripleDES"), Some(scheme)) => scheme,
        (Some(other), _) => Scheme::Other(String::from_utf8_lossy(other).into_owned()),
        (None, _) => Scheme::Other("unknown".into()),
    };
    material.protection = scheme.protection();
    let is_key = |bytes: &[u8]| java_serial::object(bytes).is_ok();
    let opened = scheme.open(b"jceks-secret", sealed, store, purse, is_key);
    if let Some((password, bytes)) = opened
        && let Ok(key) = java_serial::object(&bytes)
    {
        material.password = Some(password);
        if let Some(value) = key.field("key").or_else(|| key.field("encoded")) {
            let name = key.field("algorithm").unwrap_or_default();
            material = java::secret(&String::from_utf8_lossy(name), value).describe(material);
        }
    }
    material
}

/// How a key in the store is encrypted.
enum Scheme {
    /// JKS: XOR with a chain of SHA-1 digests of the password.
    Sha1Xor,
    /// JCEKS: PBEWithMD5AndTripleDES.
    Md5TripleDes {
        salt: [u8; 8],
        iterations: u32,
    },
    Other(String),
}

struct Envelope<'a> {
    scheme: Scheme,
    sealed: &'a [u8],
}

/// EncryptedPrivateKeyInfo (RFC 5208 6).
fn envelope(bytes: &[u8]) -> Option<Envelope<'_>> {
    let (algorithm, sealed) = SliceReader::new(bytes)
        .ok()?
        .sequence(|reader| {
            let algorithm = AlgorithmIdentifierRef::decode(reader)?;
            Ok::<_, ::der::Error>((algorithm, <&OctetStringRef>::decode(reader)?.as_bytes()))
        })
        .ok()?;
    let scheme = match algorithm.oid.to_string().as_str() {
        "1.3.6.1.4.1.42.2.17.1.1" => Scheme::Sha1Xor,
        "1.3.6.1.4.1.42.2.19.1" => {
            let encoded = algorithm.parameters?.to_der().ok()?;
            parameters(&encoded)?
        }
        other => Scheme::Other(other.to_owned()),
    };
    Some(Envelope { scheme, sealed })
}

/// PBEParameter (RFC 8018 A.3).
fn parameters(encoded: &[u8]) -> Option<Scheme> {
    SliceReader::new(encoded)
        .ok()?
        .sequence(|reader| {
            let salt = <&OctetStringRef>::decode(reader)?.as_bytes();
            Ok::<_, ::der::Error>((salt, u32::decode(reader)?))
        })
        .ok()
        .and_then(|(salt, iterations)| {
            Some(Scheme::Md5TripleDes { salt: salt.try_into().ok()?, iterations })
        })
}

impl Scheme {
    fn protection(&self) -> Protection {
        let (kdf, iterations, cipher): (Cow<'static, str>, _, _) = match self {
            Self::Sha1Xor => ("jks-sha1-xor".into(), Some(1), None),
            Self::Md5TripleDes { iterations, .. } => {
                ("jceks-pbe-md5-3des".into(), Some(u64::from(*iterations)), Some("des-ede3-cbc"))
            }
            Self::Other(name) => (name.clone().into(), None, None),
        };
        Protection { kdf: Some(kdf), iterations, cipher: cipher.map(Cow::from) }
    }

    /// The well-known password that opens `sealed`, and what is in it. `is_key` tells whether it
    /// makes sense as `what` is asked for.
    fn open(
        &self,
        what: &[u8],
        sealed: &[u8],
        store: Option<&'static str>,
        purse: &mut Purse,
        is_key: fn(&[u8]) -> bool,
    ) -> Option<(&'static str, Decoded)> {
        match self {
            Self::Sha1Xor => purse.first(&[what, b"sha1", sealed], 0, store, |password| {
                open_sha1_xor(password, sealed).filter(|bytes| is_key(bytes))
            }),
            Self::Md5TripleDes { salt, iterations } => {
                let asked: [&[u8]; 4] = [what, salt, &iterations.to_be_bytes(), sealed];
                purse.first(&asked, (*iterations).into(), store, |password| {
                    let opened = java::open_md5_3des(password, *salt, *iterations, sealed);
                    opened.filter(|bytes| is_key(bytes))
                })
            }
            Self::Other(_) => None,
        }
    }
}

/// Salt, key under a key stream, and digest of the password and the key.
fn open_sha1_xor(password: &str, sealed: &[u8]) -> Option<Decoded> {
    let (salt, rest) = sealed.split_first_chunk::<DIGEST>()?;
    let (hidden, digest) = rest.split_last_chunk::<DIGEST>()?;
    let password = java::utf16(password);
    let hash = |bytes: &[u8]| {
        let mut sha1 = Sha1::new();
        sha1.update(&password);
        sha1.update(bytes);
        <[u8; DIGEST]>::from(sha1.finalize())
    };
    let mut key = Zeroizing::new(Vec::with_capacity(hidden.len()));
    let mut stream = *salt;
    for block in hidden.chunks(DIGEST) {
        stream = hash(&stream);
        key.extend(block.iter().zip(stream).map(|(byte, mask)| byte ^ mask));
    }
    (hash(&key) == *digest).then_some(key)
}

/// Whether `bytes` are one DER SEQUENCE, as a PKCS#8 key is.
fn is_one_sequence(bytes: &[u8]) -> bool {
    AnyRef::from_der(bytes).is_ok_and(|any| any.tag() == Tag::Sequence)
}
