//! Private keys of ML-KEM (RFC 9935), ML-DSA (RFC 9881) and SLH-DSA (RFC 9909): seed, expanded or
//! both, and the layouts that came before. Finds the public half.

use ml_dsa::{ExpandedSigningKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, SigningKey};
use ml_kem::{KeyExport, MlKem512, MlKem768, MlKem1024};

use crate::{
    algorithm::Named,
    asn1::{OCTET_STRING, Reader, SEQUENCE, element, implicit},
    identity::of_private,
    key::{Described, spki_id},
};

/// Sizes in bytes of a parameter set.
struct Sizes {
    set: &'static str,
    seed: usize,
    private: usize,
    public: usize,
}

const fn sizes(set: &'static str, seed: usize, private: usize, public: usize) -> Sizes {
    Sizes { set, seed, private, public }
}

/// FIPS 203 table 3, FIPS 204 table 2.
const SIZES: &[Sizes] = &[
    sizes("ML-KEM-512", 64, 1632, 800),
    sizes("ML-KEM-768", 64, 2400, 1184),
    sizes("ML-KEM-1024", 64, 3168, 1568),
    sizes("ML-DSA-44", 32, 2560, 1312),
    sizes("ML-DSA-65", 32, 4032, 1952),
    sizes("ML-DSA-87", 32, 4896, 2592),
];

/// Describes a private key by the content of its OCTET STRING in PKCS#8. `None` if it has none of
/// the known layouts.
pub(crate) fn private(named: &Named, private: &[u8], public: Option<&[u8]>) -> Option<Described> {
    let set = named.parameters?;
    let key = layout(set, private)?;
    let public = key.public(set).or_else(|| public.map(<[u8]>::to_vec));
    let secret = match key {
        Layout::Seed(secret) | Layout::Expanded(secret) | Layout::WithPublic(secret, _) => secret,
    };
    Some(Described {
        key_id: public
            .map(|public| spki_id(named.oid, &[], &public))
            .or_else(|| of_private(secret)),
        curve: Some(set.into()),
        ..Described::named(named.algorithm)
    })
}

/// The secret part, if the layout is known.
pub(crate) fn secret<'a>(named: &Named, private: &'a [u8]) -> Option<&'a [u8]> {
    Some(match layout(named.parameters?, private)? {
        Layout::Seed(secret) | Layout::Expanded(secret) | Layout::WithPublic(secret, _) => secret,
    })
}

enum Layout<'a> {
    Seed(&'a [u8]),
    Expanded(&'a [u8]),
    /// Private and public key one after the other, as drafts and liboqs had it.
    WithPublic(&'a [u8], &'a [u8]),
}

fn layout<'a>(set: &str, private: &'a [u8]) -> Option<Layout<'a>> {
    if let Some(n) = slh_dsa(set) {
        return by_size(&sizes("", usize::MAX, 4 * n, 2 * n), unwrapped(private));
    }
    let sizes = SIZES.iter().find(|sizes| sizes.set == set)?;
    let element = element(private).filter(|element| element.whole.len() == private.len());
    match element {
        Some(seed) if seed.tag == implicit(0) && seed.content.len() == sizes.seed => {
            Some(Layout::Seed(seed.content))
        }
        Some(both) if both.tag == SEQUENCE => {
            let mut reader = Reader::new(both.content);
            let seed = reader.content(OCTET_STRING)?;
            let expanded = reader.content(OCTET_STRING)?;
            (seed.len() == sizes.seed && expanded.len() == sizes.private)
                .then_some(Layout::Seed(seed))
        }
        _ => by_size(sizes, unwrapped(private)),
    }
}

fn by_size<'a>(sizes: &Sizes, bytes: &'a [u8]) -> Option<Layout<'a>> {
    match bytes.len() {
        length if length == sizes.seed => Some(Layout::Seed(bytes)),
        length if length == sizes.private => Some(Layout::Expanded(bytes)),
        length if length == sizes.private + sizes.public => {
            let (private, public) = bytes.split_at_checked(sizes.private)?;
            Some(Layout::WithPublic(private, public))
        }
        _ => None,
    }
}

/// What an OCTET STRING wraps, if it is one and nothing else.
fn unwrapped(bytes: &[u8]) -> &[u8] {
    match element(bytes) {
        Some(inner) if inner.tag == OCTET_STRING && inner.whole.len() == bytes.len() => {
            inner.content
        }
        _ => bytes,
    }
}

/// The parameter n of an SLH-DSA set (FIPS 205 table 2).
fn slh_dsa(set: &str) -> Option<usize> {
    let size = set.strip_prefix("SLH-DSA-")?.rsplit('-').next()?;
    Some(size.trim_end_matches(['s', 'f']).parse::<usize>().ok()? / 8)
}

impl Layout<'_> {
    fn public(&self, set: &str) -> Option<Vec<u8>> {
        match *self {
            Self::Seed(seed) => from_seed(set, seed),
            Self::Expanded(private) => from_expanded(set, private),
            Self::WithPublic(_, public) => Some(public.to_vec()),
        }
    }
}

fn from_seed(set: &str, seed: &[u8]) -> Option<Vec<u8>> {
    macro_rules! kem {
        ($set:ty) => {
            ml_kem::DecapsulationKey::<$set>::from_seed(seed.try_into().ok()?)
                .encapsulation_key()
                .to_bytes()
                .to_vec()
        };
    }
    fn dsa<P: MlDsaParams>(seed: &[u8]) -> Option<Vec<u8>> {
        let key = SigningKey::<P>::from_seed(&seed.try_into().ok()?);
        Some(key.expanded_key().verifying_key().encode().to_vec())
    }
    match set {
        "ML-KEM-512" => Some(kem!(MlKem512)),
        "ML-KEM-768" => Some(kem!(MlKem768)),
        "ML-KEM-1024" => Some(kem!(MlKem1024)),
        "ML-DSA-44" => dsa::<MlDsa44>(seed),
        "ML-DSA-65" => dsa::<MlDsa65>(seed),
        "ML-DSA-87" => dsa::<MlDsa87>(seed),
        _ => None,
    }
}

fn from_expanded(set: &str, private: &[u8]) -> Option<Vec<u8>> {
    fn dsa<P: MlDsaParams>(private: &[u8]) -> Option<Vec<u8>> {
        #[expect(deprecated, reason = "the expanded form is what we were given")]
        let key = ExpandedSigningKey::<P>::from_expanded(&private.try_into().ok()?);
        Some(key.verifying_key().encode().to_vec())
    }
    match set {
        // FIPS 203 algorithm 16: dk holds ek, its digest and 32 random bytes at its end.
        "ML-KEM-512" | "ML-KEM-768" | "ML-KEM-1024" => {
            let sizes = SIZES.iter().find(|sizes| sizes.set == set)?;
            let end = sizes.private.checked_sub(64)?;
            Some(private.get(end.checked_sub(sizes.public)?..end)?.to_vec())
        }
        // The crate panics on coefficients out of range: those are looked at first.
        "ML-DSA-44" if has_sound_coefficients(private, 8 * 96, 3, 4) => dsa::<MlDsa44>(private),
        "ML-DSA-65" if has_sound_coefficients(private, 11 * 128, 4, 8) => dsa::<MlDsa65>(private),
        "ML-DSA-87" if has_sound_coefficients(private, 15 * 96, 3, 4) => dsa::<MlDsa87>(private),
        // FIPS 205 algorithm 18: the private key ends in the public key.
        set if set.starts_with("SLH-DSA-") => Some(private.get(private.len() / 2..)?.to_vec()),
        _ => None,
    }
}

/// Whether the packed vectors s1 and s2 of an ML-DSA key (FIPS 204 algorithm 24), `length` bytes
/// after the first 128, hold no coefficient above `most`.
fn has_sound_coefficients(private: &[u8], length: usize, bits: u32, most: u32) -> bool {
    let Some(packed) = private.get(128..128 + length) else { return false };
    packed.chunks(3).all(|chunk| {
        let word = chunk.iter().rev().fold(0u32, |word, &byte| word << 8 | u32::from(byte));
        let count = u32::try_from(chunk.len()).unwrap_or(3) * 8 / bits;
        (0..count).all(|i| word >> (i * bits) & ((1 << bits) - 1) <= most)
    })
}
