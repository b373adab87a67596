//! What can be said of a key from its numbers, whatever format they came from: algorithm, bits,
//! curve and identity. Knows mathematics and SubjectPublicKeyInfo; knows no private key format.

use std::borrow::Cow;

use crypto_bigint::{
    BoxedUint, Odd,
    modular::{BoxedMontyForm, BoxedMontyParams},
};
use ed448_goldilocks::elliptic_curve::{bigint::U448, scalar::FromUintUnchecked};
use elliptic_curve::{
    AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, PublicKey, SecretKey,
    sec1::{FromSec1Point, ModulusSize, ToSec1Point},
};
use zeroize::Zeroizing;

use crate::{
    algorithm::{self, Curve},
    fact::Material,
    identity::{bit_length, der, der_unsigned, of_private, of_spki, trimmed},
};

type Scalar448 = ed448_goldilocks::Scalar<ed448_goldilocks::Ed448>;

const SEQUENCE: u8 = 0x30;
const OID: u8 = 0x06;
const NULL: &[u8] = &[0x05, 0x00];
const BIT_STRING: u8 = 0x03;

/// Largest modulus of an exponentiation that we do to find a public half: a larger one would cost
/// more than it tells.
const MODULUS_BITS: u32 = 8192;

/// A key as far as its numbers tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    pub algorithm: Cow<'static, str>,
    pub bits: Option<u32>,
    pub curve: Option<Cow<'static, str>>,
    pub key_id: Option<String>,
}

impl Described {
    /// Only a name: for keys of which nothing else is understood.
    pub(crate) fn named(algorithm: impl Into<Cow<'static, str>>) -> Self {
        Self { algorithm: algorithm.into(), bits: None, curve: None, key_id: None }
    }

    /// Says of `material` what is known of its key.
    #[must_use]
    pub(crate) fn describe(self, mut material: Material) -> Material {
        material.algorithm = Some(self.algorithm);
        material.bits = self.bits;
        material.curve = self.curve;
        material.key_id = self.key_id;
        material
    }
}

/// RSA by modulus and public exponent, big-endian. The exponent may be unknown.
pub(crate) fn rsa(modulus: &[u8], exponent: Option<&[u8]>) -> Described {
    let key_id = exponent.map(|exponent| {
        let key = der(SEQUENCE, &[&der_unsigned(modulus), &der_unsigned(exponent)]);
        spki_id(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", NULL, &key)
    });
    Described { bits: Some(bit_length(modulus)), key_id, ..Described::named("rsa") }
}

/// RSA under an algorithm identifier of its own (RSASSA-PSS, RSAES-OAEP): the parameters are part of
/// the identity, as they stand.
pub(crate) fn rsa_as(
    algorithm: &'static str,
    oid: &[u8],
    parameters: &[u8],
    modulus: &[u8],
    exponent: &[u8],
) -> Described {
    let key = der(SEQUENCE, &[&der_unsigned(modulus), &der_unsigned(exponent)]);
    Described {
        bits: Some(bit_length(modulus)),
        key_id: Some(spki_id(oid, parameters, &key)),
        ..Described::named(algorithm)
    }
}

/// DSA by its domain parameters and public value, or its private value where the public one is not
/// at hand (RFC 3279 2.3.2).
pub(crate) fn dsa(p: &[u8], q: &[u8], g: &[u8], y: Option<&[u8]>, x: Option<&[u8]>) -> Described {
    let y = y.map(<[u8]>::to_vec).or_else(|| power(g, x?, p));
    let key_id = y.map(|y| {
        let parameters = der(SEQUENCE, &[&der_unsigned(p), &der_unsigned(q), &der_unsigned(g)]);
        spki_id(b"\x2a\x86\x48\xce\x38\x04\x01", &parameters, &der_unsigned(&y))
    });
    let key_id = key_id.or_else(|| of_private(trimmed(x?)));
    Described { bits: Some(bit_length(p)), key_id, ..Described::named("dsa") }
}

/// Diffie-Hellman by prime, generator and the encoded parameters and identifier of its
/// AlgorithmIdentifier (PKCS#3 or RFC 3279 2.3.3).
pub(crate) fn dh(
    oid: &[u8],
    parameters: &[u8],
    p: &[u8],
    g: &[u8],
    y: Option<&[u8]>,
    x: Option<&[u8]>,
) -> Described {
    let y = y.map(<[u8]>::to_vec).or_else(|| power(g, x?, p));
    let key_id =
        y.map(|y| spki_id(oid, parameters, &der_unsigned(&y))).or_else(|| of_private(trimmed(x?)));
    Described { bits: Some(bit_length(p)), key_id, ..Described::named("dh") }
}

/// A key on a named curve, by its public point (SEC 1 2.3.3: compressed or not) or its private
/// scalar, big-endian.
pub(crate) fn ec(curve: &'static Curve, point: Option<&[u8]>, scalar: Option<&[u8]>) -> Described {
    let point = match (point, scalar) {
        (Some(point), _) => Some(uncompressed(curve.name, point).unwrap_or_else(|| point.to_vec())),
        (None, Some(scalar)) => multiplied(curve.name, scalar),
        (None, None) => None,
    };
    let key_id = point
        .map(|point| {
            let parameters = der(OID, &[curve.oid]);
            spki_id(b"\x2a\x86\x48\xce\x3d\x02\x01", &parameters, &point)
        })
        .or_else(|| of_private(trimmed(scalar?)));
    Described {
        algorithm: "ec".into(),
        bits: Some(curve.bits),
        curve: Some(curve.name.into()),
        key_id,
    }
}

/// Ed25519, Ed448, X25519 or X448 by the public key of RFC 8032 or RFC 7748.
pub(crate) fn edwards_public(algorithm: &'static str, public: &[u8]) -> Described {
    let key_id = algorithm::KEY_ALGORITHMS
        .iter()
        .find(|named| named.algorithm == algorithm)
        .map(|named| spki_id(named.oid, &[], public));
    Described { bits: edwards_bits(algorithm), key_id, ..Described::named(algorithm) }
}

/// Ed25519, Ed448, X25519 or X448 by the private key of RFC 8032 or RFC 7748.
pub(crate) fn edwards_private(algorithm: &'static str, private: &[u8]) -> Described {
    let public = match (algorithm, private.first_chunk::<32>()) {
        ("ed25519", Some(seed)) if private.len() == 32 => {
            Some(ed25519_dalek::SigningKey::from_bytes(seed).verifying_key().to_bytes().to_vec())
        }
        ("x25519", Some(secret)) if private.len() == 32 => {
            let secret = x25519_dalek::StaticSecret::from(*secret);
            Some(x25519_dalek::PublicKey::from(&secret).to_bytes().to_vec())
        }
        ("ed448", Some(_)) => ed448_public(private),
        ("x448", Some(_)) => x448_public(private),
        _ => None,
    };
    match public {
        Some(public) => edwards_public(algorithm, &public),
        None => Described {
            bits: edwards_bits(algorithm),
            key_id: of_private(private),
            ..Described::named(algorithm)
        },
    }
}

fn ed448_public(seed: &[u8]) -> Option<Vec<u8>> {
    let key = ed448_goldilocks::SigningKey::try_from(seed).ok()?;
    Some(key.verifying_key().to_bytes().to_vec())
}

fn x448_public(secret: &[u8]) -> Option<Vec<u8>> {
    let mut clamped = Zeroizing::new(<[u8; 56]>::try_from(secret).ok()?);
    *clamped.first_mut()? &= 0xfc;
    *clamped.last_mut()? |= 0x80;
    let scalar = Scalar448::from_uint_unchecked(U448::from_le_slice(&*clamped));
    Some((&ed448_goldilocks::MontgomeryPoint::GENERATOR * &scalar).as_bytes().to_vec())
}

/// A symmetric key: its identity is a domain-separated digest.
pub(crate) fn secret(algorithm: impl Into<Cow<'static, str>>, key: &[u8]) -> Described {
    Described {
        bits: u32::try_from(key.len() * 8).ok(),
        key_id: crate::identity::of_secret(key),
        ..Described::named(algorithm)
    }
}

/// Identity by the parts of a SubjectPublicKeyInfo: content of the algorithm's identifier, its
/// encoded parameters (may be empty) and the bytes of the public key.
pub(crate) fn spki_id(oid: &[u8], parameters: &[u8], public: &[u8]) -> String {
    let algorithm = der(SEQUENCE, &[&der(OID, &[oid]), parameters]);
    of_spki(&der(SEQUENCE, &[&algorithm, &der(BIT_STRING, &[&[0], public])]))
}

/// Whether these bytes are a point on the curve; `None` for curves that no crate here knows.
pub(crate) fn is_on_curve(curve: &Curve, point: &[u8]) -> Option<bool> {
    let has_arithmetic = matches!(
        curve.name,
        "P-256" | "P-384" | "P-521" | "secp256k1" | "brainpoolP256r1" | "brainpoolP384r1"
    );
    has_arithmetic.then(|| uncompressed(curve.name, point).is_some())
}

/// Whether a number is a probable prime, by Fermat's test to base 2; `None` where that is too
/// costly.
pub(crate) fn is_probable_prime(number: &[u8]) -> Option<bool> {
    let mut less_one = trimmed(number).to_vec();
    *less_one.last_mut().filter(|last| **last & 1 == 1)? ^= 1;
    Some(trimmed(&power(&[2], &less_one, number)?) == [1])
}

fn edwards_bits(algorithm: &str) -> Option<u32> {
    match algorithm {
        "ed25519" | "x25519" => Some(256),
        "ed448" | "x448" => Some(448),
        _ => None,
    }
}

/// `base ^ exponent mod modulus`, where that costs no more than it should.
fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Option<Vec<u8>> {
    let bits = bit_length(modulus);
    if !(2..=MODULUS_BITS).contains(&bits) || bit_length(exponent) > bits {
        return None;
    }
    let precision = bits.next_multiple_of(64);
    let number = |bytes| BoxedUint::from_be_slice(trimmed(bytes), precision).ok();
    let modulus = Odd::new(number(modulus)?).into_option()?;
    let base = number(base)?;
    if base >= *modulus.as_ref() {
        return None;
    }
    let parameters = BoxedMontyParams::new_vartime(modulus);
    let power = BoxedMontyForm::new(base, &parameters).pow(&number(exponent)?).retrieve();
    Some(power.to_be_bytes().to_vec())
}

/// The uncompressed point of a private scalar, on the curves that a crate knows.
fn multiplied(curve: &str, scalar: &[u8]) -> Option<Vec<u8>> {
    on_curve(curve, None, trimmed(scalar))
}

/// A point in uncompressed form, on the curves that a crate knows.
fn uncompressed(curve: &str, point: &[u8]) -> Option<Vec<u8>> {
    on_curve(curve, Some(point), &[])
}

fn on_curve(curve: &str, point: Option<&[u8]>, scalar: &[u8]) -> Option<Vec<u8>> {
    match curve {
        "P-256" => uncompressed_on::<p256::NistP256>(point, scalar),
        "P-384" => uncompressed_on::<p384::NistP384>(point, scalar),
        "P-521" => uncompressed_on::<p521::NistP521>(point, scalar),
        "secp256k1" => uncompressed_on::<k256::Secp256k1>(point, scalar),
        "brainpoolP256r1" => uncompressed_on::<bp256::BrainpoolP256r1>(point, scalar),
        "brainpoolP384r1" => uncompressed_on::<bp384::BrainpoolP384r1>(point, scalar),
        _ => None,
    }
}

fn uncompressed_on<C>(point: Option<&[u8]>, scalar: &[u8]) -> Option<Vec<u8>>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    let public = if let Some(point) = point {
        PublicKey::<C>::from_sec1_bytes(point).ok()?
    } else {
        let mut field = FieldBytes::<C>::default();
        let at = field.len().checked_sub(scalar.len())?;
        field.get_mut(at..)?.copy_from_slice(scalar);
        SecretKey::<C>::from_bytes(&field).ok()?.public_key()
    };
    Some(public.to_sec1_point(false).as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
    }

    #[test]
    fn a_scalar_a_point_and_a_compressed_point_are_one_key() {
        // RFC 6979 A.2.5.
        let scalar = bytes("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");
        let x = bytes("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6");
        let y = bytes("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299");
        let curve = algorithm::curve_by_name("prime256v1").unwrap();
        let by_scalar = ec(curve, None, Some(&scalar));
        assert_eq!(by_scalar, ec(curve, Some(&[&[4][..], &x, &y].concat()), None));
        assert_eq!(by_scalar, ec(curve, Some(&[&[3][..], &x].concat()), None));
        assert!(by_scalar.key_id.unwrap().starts_with("spki-sha256:"));
    }

    #[test]
    fn a_curve_without_arithmetic_still_gives_an_identity() {
        let curve = algorithm::curve_by_name("brainpoolP512r1").unwrap();
        let scalar: Vec<u8> = (0u8..64).map(|i| i.wrapping_mul(37) ^ 0x5a).collect();
        assert!(ec(curve, None, Some(&scalar)).key_id.unwrap().starts_with("private-sha256:"));
    }

    #[test]
    fn curve_448_gives_its_public_halves() {
        // RFC 8032 7.4 and RFC 7748 6.2.
        let seed = bytes(
            "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b",
        );
        let public = bytes(
            "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
        );
        assert_eq!(edwards_private("ed448", &seed), edwards_public("ed448", &public));
        let secret = bytes(
            "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
        );
        let public = bytes(
            "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0",
        );
        assert_eq!(edwards_private("x448", &secret), edwards_public("x448", &public));
        assert!(edwards_private("x448", &secret[1..]).key_id.unwrap().starts_with("private-"));
    }

    #[test]
    fn primes_are_told_from_products() {
        assert_eq!(is_probable_prime(&[251]), Some(true));
        assert_eq!(is_probable_prime(&[13 * 17]), Some(false));
        assert_eq!(is_probable_prime(&[250]), None);
    }

    #[test]
    fn exponentiation_is_bounded() {
        assert_eq!(power(&[2], &[5], &[23]), Some(vec![0, 0, 0, 0, 0, 0, 0, 9]));
        assert_eq!(power(&[2], &[5], &[0xff; 2000]), None);
        assert_eq!(power(&[2], &[5], &[22]), None, "an even modulus");
        assert_eq!(power(&[2], &[5], &[]), None);
    }
}
