//! Tink keysets (tink proto: `Keyset`, `KeyData`, `EncryptedKeyset`), in JSON and in the binary
//! encoding. A key that stays in a key management service (`REMOTE`) is no key.

use std::ops::Range;

use crate::{
    algorithm,
    fact::{Class, Label, Material},
    formats::{
        object::{self, Wanted},
        protobuf::{Field, Message, Wire, field},
        text::{base64, is_base64, is_placeholder, run},
    },
    identity::{is_guessable, of_private, of_sealed},
    key::{self, Described},
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "tink",
    about: "Tink keysets: JSON and binary, clear and encrypted",
    text: MARKS,
    binary: &[],
    find,
    head: None,
};

/// A type URL has a slash before it where a Java package has a dot.
const MARKS: &[&[u8]] = &[b"/google.crypto.tink.", b"encryptedKeyset"];

/// What stands before the needle in a type URL.
const HOST: &[u8] = b"type.googleapis.com";

fn find(unit: Unit<'_>, met: Range<usize>, found: &mut Found) {
    if unit.get(met.clone()) == b"encryptedKeyset" {
        return sealed(unit, met, found);
    }
    let name = unit.span(met.end, 64);
    let name = name.get(..run(name, |byte| byte.is_ascii_alphanumeric())).unwrap_or_default();
    let Some(name) = std::str::from_utf8(name).ok().filter(|name| name.contains("Key")) else {
        return;
    };
    let start = met.start.saturating_sub(HOST.len());
    // The tag and length of a string field, or the quote of a JSON string.
    if unit.get(start..met.start) == HOST
        && unit.get(start.saturating_sub(2)..start).first() == Some(&0x0a)
        && unit.get(start.saturating_sub(2)..start).last().map(|&length| usize::from(length))
            == Some(met.end + name.len() - start)
    {
        return binary(unit, start - 2, met.end + name.len(), name, found);
    }
    let names = &["typeUrl", "value", "keyMaterialType"];
    let wanted = Wanted { names, marks: MARKS, floor: found.claimed(), met };
    let Some(object) = object::around(unit, &wanted) else { return };
    let (Some(value), kind) = (object.text(unit, "value"), object.text(unit, "keyMaterialType"))
    else {
        return;
    };
    let kind = match kind.as_ref().map(|kind| kind.as_slice()) {
        Some(b"SYMMETRIC") => Some(Class::SecretKey),
        Some(b"ASYMMETRIC_PRIVATE") => Some(Class::PrivateKey),
        Some(b"ASYMMETRIC_PUBLIC") => Some(Class::PublicKey),
        Some(_) => return,
        None => None,
    };
    let class = kind.unwrap_or_else(|| class_of(name));
    let new = |label| Material::new(ROW.name, class, label);
    let algorithm = || Described::named(algorithm_of(name));
    let label = if is_placeholder(&value) { Label::Stub } else { Label::Unparsed };
    let material = match base64(&value) {
        Some(bytes) if label != Label::Stub => match key_data(name, class, &bytes) {
            Some(material) => material,
            None if object.is_cut("value") => algorithm().describe(new(Label::Truncated)),
            // Without its kind this is a template, which has a value too.
            None if kind.is_none() => return,
            None => algorithm().describe(new(Label::Unparsed)),
        },
        _ if kind.is_none() || class == Class::PublicKey => return,
        _ => algorithm().describe(new(label)),
    };
    found.material(object.range.clone(), material);
}

/// `{"encryptedKeyset": "…", "keysetInfo": {…}}`: under a key that is elsewhere.
fn sealed(unit: Unit<'_>, met: Range<usize>, found: &mut Found) {
    // The info names its keys by type; the set is its own object whatever comes after.
    let rest = unit.span(met.end, 64 << 10);
    let gap = run(rest, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b' ' | b'\t' | b'\n' | b'\r'));
    let Some(rest) = rest.get(gap..).and_then(|rest| rest.strip_prefix(b":")) else { return };
    let gap = run(rest, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b' ' | b'\t' | b'\n' | b'\r'));
    let rest = rest.get(gap..).unwrap_or_default();
    let in_value = |byte| is_base64(byte) || matches!(byte, b'=' | b'\\');
    let text = rest.get(..run(rest, in_value)).unwrap_or_default();
    let Some(blob) = base64(text).filter(|blob| blob.len() >= 28) else { return };
    let start = met.end + unit.from(met.end).len().min(64 << 10) - rest.len();
    let mut material = Material::new(ROW.name, Class::KeyStore, Label::Wrapped);
    material.key_id = of_sealed(&blob);
    found.material(met.start..start + text.len(), material);
}

/// `KeyData` in the binary encoding, whose type URL has its tag at `start`.
fn binary(unit: Unit<'_>, start: usize, after: usize, name: &str, found: &mut Found) {
    let rest = unit.from(after);
    let Some(Field { number: 2, value: Wire::Bytes(value), rest: tail }) = field(rest) else {
        return;
    };
    let class = match field(tail) {
        Some(Field { number: 3, value: Wire::Number(kind), .. }) => match kind {
            1 => Class::SecretKey,
            2 => Class::PrivateKey,
            3 => Class::PublicKey,
            _ => return,
        },
        _ => return,
    };
    if let Some(material) = key_data(name, class, value) {
        let end = after + rest.len() - tail.len() + 2;
        found.material(start..end, material);
    }
}

fn class_of(name: &str) -> Class {
    if name.ends_with("PrivateKey") {
        Class::PrivateKey
    } else if name.ends_with("PublicKey") {
        Class::PublicKey
    } else {
        Class::SecretKey
    }
}

fn algorithm_of(name: &str) -> &'static str {
    const STEMS: [(&str, &str); 12] = [
        ("Hmac", "hmac"),
        ("XChaCha20", "xchacha20"),
        ("ChaCha20", "chacha20"),
        ("Aes", "aes"),
        ("XAes", "aes"),
        ("Ecdsa", "ec"),
        ("Ecies", "ec"),
        ("Ed25519", "ed25519"),
        ("Rsa", "rsa"),
        ("JwtRsa", "rsa"),
        ("JwtEcdsa", "ec"),
        ("JwtHmac", "hmac"),
    ];
    STEMS.iter().find(|(stem, _)| name.starts_with(stem)).map_or("secret", |(_, name)| name)
}

/// What one key's protocol buffer holds.
fn key_data(name: &str, class: Class, bytes: &[u8]) -> Option<Material> {
    let message = Message(bytes);
    let (described, secret) = match class {
        Class::SecretKey => symmetric(name, message)?,
        Class::PublicKey => (public(name.strip_suffix("PublicKey")?, message)?, None),
        Class::PrivateKey => private(name.strip_suffix("PrivateKey")?, message)?,
        Class::Certificate | Class::KeyStore => return None,
    };
    let label = match secret {
        None => Label::Public,
        Some(secret) if is_guessable(secret) => Label::Stub,
        Some(_) => Label::Plaintext,
    };
    Some(described.describe(Material::new(ROW.name, class, label)))
}

fn symmetric<'a>(name: &str, message: Message<'a>) -> Option<(Described, Option<&'a [u8]>)> {
    let value = match name {
        "AesSivKey" | "AesCmacKey" | "AesCmacPrfKey" | "ChaCha20Poly1305Key" => message.bytes(2),
        // Two keys: the cipher's comes first.
        "AesCtrHmacAeadKey" => Message(message.bytes(2)?).bytes(3),
        _ => message.bytes(3),
    };
    let value = value.filter(|value| value.len() >= 8)?;
    Some((key::secret(algorithm_of(name), value), Some(value)))
}

fn private<'a>(name: &str, message: Message<'a>) -> Option<(Described, Option<&'a [u8]>)> {
    // Ed25519 has its own order: the seed, then the public key.
    let (inner, secret) = match name {
        "Ed25519" => (message.bytes(3), message.bytes(2)),
        _ => (message.bytes(2), message.bytes(3)),
    };
    let secret = secret.filter(|secret| secret.len() >= 16)?;
    let described = match name {
        "Ed25519" => key::edwards_private("ed25519", secret),
        _ => inner.and_then(|inner| public(name, Message(inner))).unwrap_or_else(|| Described {
            key_id: of_private(secret),
            ..Described::named(algorithm_of(name))
        }),
    };
    Some((described, Some(secret)))
}

fn public(name: &str, message: Message<'_>) -> Option<Described> {
    match name {
        "Ed25519" => message.bytes(2).map(|key| key::edwards_public("ed25519", key)),
        "RsaSsaPkcs1" | "RsaSsaPss" | "JwtRsaSsaPkcs1" | "JwtRsaSsaPss" => {
            message.bytes(3).map(|modulus| key::rsa(modulus, message.bytes(4)))
        }
        "Ecdsa" => {
            let curve = Message(message.bytes(2)?).number(2)?;
            point(curve, message.bytes(3)?, message.bytes(4)?)
        }
        // ES256, ES384, ES512: one less than the number of the curve.
        "JwtEcdsa" => point(message.number(2)? + 1, message.bytes(3)?, message.bytes(4)?),
        "EciesAeadHkdf" => {
            let parameters = Message(message.bytes(2)?);
            let curve = Message(parameters.bytes(1)?).number(1)?;
            match curve {
                5 => message.bytes(3).map(|key| key::edwards_public("x25519", key)),
                curve => point(curve, message.bytes(3)?, message.bytes(4)?),
            }
        }
        "Hpke" => {
            let key = message.bytes(3)?;
            match Message(message.bytes(2)?).number(1)? {
                1 => Some(key::edwards_public("x25519", key)),
                kem => Some(key::ec(algorithm::curve_by_name(curve_name(kem)?)?, Some(key), None)),
            }
        }
        _ => None,
    }
}

/// `EllipticCurveType` and `HpkeKem` number these curves alike.
const fn curve_name(number: u64) -> Option<&'static str> {
    match number {
        2 => Some("P-256"),
        3 => Some("P-384"),
        4 => Some("P-521"),
        _ => None,
    }
}

/// A point by its coordinates, which may have leading zeros too many or too few.
fn point(curve: u64, x: &[u8], y: &[u8]) -> Option<Described> {
    let curve = algorithm::curve_by_name(curve_name(curve)?)?;
    let size = usize::try_from(curve.bits.div_ceil(8)).ok()?;
    let mut point = vec![4];
    for coordinate in [x, y] {
        let coordinate = crate::identity::trimmed(coordinate);
        point.extend(std::iter::repeat_n(0, size.checked_sub(coordinate.len())?));
        point.extend_from_slice(coordinate);
    }
    Some(key::ec(curve, Some(&point), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::run;

    // Cleartext keysets that tink-py wrote.
    const AES: &str = r#"{"primaryKeyId":814087209,"key":[{"keyData":{"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey","value":"GiDX5If92wkYeyY1iwBydOy3DQ3WtqtQA6OGyXJ8wKfPww==","keyMaterialType":"SYMMETRIC"},"status":"ENABLED","keyId":814087209,"outputPrefixType":"TINK"}]}"#;
    const EC: &str = r#"{"primaryKeyId":1634853702,"key":[{"keyData":{"typeUrl":"type.googleapis.com/google.crypto.tink.EcdsaPrivateKey","value":"EkwSBggDEAIYAhogILv++/pT3pcXL2i6WefgBuR1QpH67DGtsLIdFUZBPVIiIH6rHl4SpJgOIEyVkfqMUqH46alq9cN6bdZ3tm8o9XUKGiC1c605Jnm8KMMODUS7lQ6mdfJ4WEk0mCtIn06xZ1HVOw==","keyMaterialType":"ASYMMETRIC_PRIVATE"},"status":"ENABLED","keyId":1634853702,"outputPrefixType":"TINK"}]}"#;
    const EC_PUBLIC: &str = r#"{"keyData": {"value": "EgYIAxACGAIaICC7/vv6U96XFy9oulnn4AbkdUKR+uwxrbCyHRVGQT1SIiB+qx5eEqSYDiBMlZH6jFKh+OmpavXDem3Wd7ZvKPV1Cg==", "keyMaterialType": "ASYMMETRIC_PUBLIC", "typeUrl": "type.googleapis.com/google.crypto.tink.EcdsaPublicKey"}}"#;
    const HMAC: &str = r#"{"typeUrl":"type.googleapis.com/google.crypto.tink.HmacKey","value":"EgQIAxAQGiA4clWw3He0N8qegiasPnuAKUn2Jzd5q9/7Rp+kDuaHwQ==","keyMaterialType":"SYMMETRIC"}"#;
    const SEALED: &str = r#"{"encryptedKeyset":"AV5wGfckmREYg8QqJoQ8o3jGbPCuMzEDBx/12s9H6xSMLkkWBV3QyfN6YOM+vrnADrSPSyOcd6EiVLA6veOpax+TS+/BsfBMiC+Ic5USBht/","keysetInfo":{"primaryKeyId":814087209,"keyInfo":[{"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey","status":"ENABLED","keyId":814087209,"outputPrefixType":"TINK"}]}}"#;

    fn one(text: &[u8]) -> Material {
        let mut found = run(&ROW, text);
        assert_eq!(found.len(), 1, "{}", String::from_utf8_lossy(text));
        found.remove(0).1
    }

    /// The key of a JSON keyset in the binary encoding.
    fn binary_of(json: &str, kind: u8) -> Vec<u8> {
        let between =
            |start: &str| json.split(start).nth(1).unwrap().split('"').next().unwrap().to_owned();
        let (url, value) =
            (between("typeUrl\":\""), base64(between("value\":\"").as_bytes()).unwrap());
        let mut bytes = b"\x08\xa9\xf8\x97\x84\x03\x12\x64\x0a\x58".to_vec();
        bytes.extend([0x0a, url.len() as u8]);
        bytes.extend(url.as_bytes());
        bytes.extend([0x12, value.len() as u8]);
        bytes.extend(value.iter());
        bytes.extend([0x18, kind, 0x10, 0x01]);
        bytes
    }

    #[test]
    fn symmetric_keys_are_found() {
        let aes = one(AES.as_bytes());
        assert_eq!((aes.class, aes.label), (Class::SecretKey, Label::Plaintext));
        assert_eq!((aes.algorithm.as_deref(), aes.bits), (Some("aes"), Some(256)));
        let hmac = one(HMAC.as_bytes());
        assert_eq!((hmac.algorithm.as_deref(), hmac.bits), (Some("hmac"), Some(256)));
        assert_eq!(one(AES.replace('"', "\\\"").as_bytes()).key_id, aes.key_id);
        assert_eq!(one(&binary_of(AES, 1)).key_id, aes.key_id);
    }

    #[test]
    fn a_private_key_and_its_public_half_are_one() {
        let (private, public) = (one(EC.as_bytes()), one(EC_PUBLIC.as_bytes()));
        assert_eq!((private.class, private.label), (Class::PrivateKey, Label::Plaintext));
        assert_eq!((public.class, public.label), (Class::PublicKey, Label::Public));
        assert_eq!(private.curve.as_deref(), Some("P-256"));
        assert_eq!(private.key_id, public.key_id);
        assert_eq!(one(&binary_of(EC, 2)).key_id, public.key_id);
        // openssl's digest of the SubjectPublicKeyInfo.
        assert_eq!(
            private.key_id.as_deref(),
            Some("spki-sha256:9bdb5ef4beda45698ee46be633ab84ec1709723e37a9b836a30d06befad07d20")
        );
    }

    #[test]
    fn an_encrypted_keyset_is_wrapped() {
        let sealed = one(SEALED.as_bytes());
        assert_eq!((sealed.class, sealed.label), (Class::KeyStore, Label::Wrapped));
        assert!(sealed.key_id.unwrap().starts_with("sealed-sha256:"));
    }

    #[test]
    fn remote_keys_templates_and_mentions_are_no_keys() {
        for text in [
            r#"{"typeUrl":"type.googleapis.com/google.crypto.tink.KmsAeadKey","value":"EhsKGWdjcC1rbXM6Ly9wcm9qZWN0cy9hL2IvYy9k","keyMaterialType":"REMOTE"}"#,
            r#"{"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey","value":"EBA=","outputPrefixType":"TINK"}"#,
            r#"TYPE_URL = "type.googleapis.com/google.crypto.tink.AesGcmKey";"#,
            "import com.google.crypto.tink.KeysetHandle;",
            "keyset.getEncryptedKeyset(); encryptedKeyset: bytes",
        ] {
            assert!(run(&ROW, text.as_bytes()).is_empty(), "{text}");
        }
        assert!(run(&ROW, &binary_of(AES, 4)).is_empty());
    }

    #[test]
    fn stubs_and_damage_are_told_apart() {
        let label = |value: &str| {
            one(HMAC
                .replace("EgQIAxAQGiA4clWw3He0N8qegiasPnuAKUn2Jzd5q9/7Rp+kDuaHwQ==", value)
                .as_bytes())
            .label
        };
        assert_eq!(label("..."), Label::Stub);
        assert_eq!(label("<base64 of the key>"), Label::Stub);
        assert_eq!(label("EgQIAxAQGiA4clWw3He0N8qegias"), Label::Unparsed);
        let zeros = format!("EgQIAxAQGiA{}=", "A".repeat(44));
        assert_eq!(label(&zeros[..56]), Label::Stub, "a key of zeros");
    }

    #[test]
    fn prefixes_and_flips_never_panic() {
        for text in [EC.as_bytes().to_vec(), binary_of(EC, 2), SEALED.as_bytes().to_vec()] {
            for end in 0..text.len() {
                run(&ROW, &text[..end]);
            }
            for bit in 0..text.len() * 8 {
                let mut bytes = text.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                run(&ROW, &bytes);
            }
        }
    }
}
