//! RSAPrivateKey and RSAPublicKey (RFC 8017 A.1), and the key that OpenSSL writes for DSA in the
//! same manner: a sequence of numbers.

use crate::{
    asn1::{INTEGER, Reader},
    identity::bit_length,
    key::{self, Described},
};

/// A number of a private key: at most as many as a multi-prime key has.
const MOST: usize = 10;

/// What the numbers after a version are.
pub(crate) enum Numbers<'a> {
    Rsa(Rsa<'a>),
    Dsa(Dsa<'a>),
}

pub(crate) struct Rsa<'a> {
    pub modulus: &'a [u8],
    pub exponent: &'a [u8],
    primes: [&'a [u8]; 2],
    is_multi_prime: bool,
}

pub(crate) struct Dsa<'a> {
    p: &'a [u8],
    q: &'a [u8],
    g: &'a [u8],
    y: &'a [u8],
    x: &'a [u8],
}

/// Reads the content of an RSAPrivateKey or of a traditional DSA key.
pub(crate) fn private(content: &[u8]) -> Option<Numbers<'_>> {
    let mut reader = Reader::new(content);
    let version = reader.small().filter(|version| *version <= 1)?;
    let mut numbers = Vec::with_capacity(MOST);
    while reader.tag() == Some(INTEGER) && numbers.len() < MOST {
        numbers.push(reader.unsigned()?);
    }
    match *numbers.as_slice() {
        [modulus, exponent, _, p, q, _, _, _] => {
            let is_multi_prime = !reader.is_empty();
            let rsa = Rsa { modulus, exponent, primes: [p, q], is_multi_prime };
            (bit_length(modulus) >= 64 && !exponent.is_empty()).then_some(Numbers::Rsa(rsa))
        }
        [p, q, g, y, x] if version == 0 && reader.is_empty() => {
            let sizes = bit_length(q) >= 64 && bit_length(q) < bit_length(p);
            sizes.then_some(Numbers::Dsa(Dsa { p, q, g, y, x }))
        }
        _ => None,
    }
}

impl Numbers<'_> {
    pub(crate) fn envelope(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "pkcs1",
            Self::Dsa(_) => "dsa-traditional",
        }
    }

    pub(crate) fn describe(&self) -> Described {
        match self {
            Self::Rsa(rsa) => key::rsa(rsa.modulus, Some(rsa.exponent)),
            Self::Dsa(dsa) => key::dsa(dsa.p, dsa.q, dsa.g, Some(dsa.y), Some(dsa.x)),
        }
    }

    /// Whether the sizes of the numbers go together, so that nothing but a key can be meant.
    pub(crate) fn is_convincing(&self) -> bool {
        let odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
        match self {
            Self::Rsa(rsa) => rsa.is_convincing(),
            Self::Dsa(dsa) => {
                (512..=16384).contains(&bit_length(dsa.p))
                    && (128..=512).contains(&bit_length(dsa.q))
                    && odd(dsa.p)
                    && odd(dsa.q)
                    && bit_length(dsa.x) <= bit_length(dsa.q)
                    && bit_length(dsa.y) <= bit_length(dsa.p)
            }
        }
    }
}

impl Rsa<'_> {
    pub(crate) fn is_convincing(&self) -> bool {
        let [p, q] = self.primes.map(bit_length);
        let bits = bit_length(self.modulus);
        let product = p.saturating_add(q);
        is_convincing_public(self.modulus, self.exponent)
            && (self.is_multi_prime || product == bits || product == bits + 1)
    }
}

/// Reads the content of an RSAPublicKey: modulus and exponent.
pub(crate) fn public(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut reader = Reader::new(content);
    let (modulus, exponent) = (reader.unsigned()?, reader.unsigned()?);
    (reader.is_empty() && bit_length(modulus) >= 64 && !exponent.is_empty())
        .then_some((modulus, exponent))
}

/// Whether two numbers can be modulus and exponent: both odd, and of sizes that are in use.
pub(crate) fn is_convincing_public(modulus: &[u8], exponent: &[u8]) -> bool {
    let odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
    (384..=65536).contains(&bit_length(modulus))
        && (2..=256).contains(&bit_length(exponent))
        && odd(modulus)
        && odd(exponent)
}

/// Whether a bare pair of numbers is an RSA public key. Diffie-Hellman parameters (PKCS#3) and
/// ECDSA signatures are pairs too: their second number is a small generator of a prime, or as
/// large as the first.
pub(crate) fn is_bare_public(modulus: &[u8], exponent: &[u8]) -> bool {
    is_convincing_public(modulus, exponent)
        && (bit_length(exponent) > 5 || key::is_probable_prime(modulus) != Some(true))
}
