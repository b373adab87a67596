//! ECPrivateKey (SEC 1 C.4, RFC 5915), and what EC parameters say wherever they stand.

use crate::{
    algorithm::{self, dotted},
    asn1::{OID, Reader, SEQUENCE, element, explicit, octets, whole_bytes},
    curves_explicit::{self, Explicit},
    identity::{self, trimmed},
    key::{self, Described, spki_id},
};

const EC_PUBLIC_KEY: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";

pub(crate) struct EcPrivate<'a> {
    pub scalar: &'a [u8],
    /// Encoded ECParameters, empty if there are none.
    pub parameters: &'a [u8],
    pub point: Option<&'a [u8]>,
}

/// Reads the content of an ECPrivateKey. A scalar shorter or longer than its field is what some
/// tools write.
pub(crate) fn private(content: &[u8]) -> Option<EcPrivate<'_>> {
    let mut reader = Reader::new(content);
    reader.small().filter(|version| *version == 1)?;
    let scalar = reader.content(crate::asn1::OCTET_STRING)?;
    let parameters = match reader.content(explicit(0)) {
        Some(parameters) => element(parameters).filter(|inner| is_parameters(inner.tag))?.whole,
        None => &[],
    };
    let point = match reader.content(explicit(1)) {
        Some(public) => Some(Reader::new(public).bits()?),
        None => None,
    };
    (reader.is_empty() && (1..=128).contains(&scalar.len())).then_some(EcPrivate {
        scalar,
        parameters,
        point,
    })
}

fn is_parameters(tag: u8) -> bool {
    matches!(tag, OID | SEQUENCE | 0x05)
}

impl EcPrivate<'_> {
    /// `outer` are the encoded parameters of an AlgorithmIdentifier around the key, or empty.
    pub(crate) fn describe(&self, outer: &[u8], public: Option<&[u8]>) -> Option<Described> {
        let parameters = if is_named_or_explicit(outer) { outer } else { self.parameters };
        describe(parameters, self.point.or(public), Some(self.scalar))
    }

    /// Whether the scalar can be one of this curve and the point lies on it.
    pub(crate) fn is_convincing(&self, outer: &[u8]) -> bool {
        let parameters = if is_named_or_explicit(outer) { outer } else { self.parameters };
        let known = match curve(parameters) {
            Some(Parameters::Named(curve)) => {
                let size = curve.bits.div_ceil(8);
                u32::try_from(trimmed(self.scalar).len()).is_ok_and(|length| length <= size)
                    && self.point.is_none_or(|point| is_convincing_point(curve, point))
            }
            Some(Parameters::Explicit(_)) => true,
            Some(Parameters::Unnamed(_)) | None => self.point.is_some(),
        };
        known && identity::of_private(self.scalar).is_some()
    }
}

/// Whether `point` has the form of a point on the curve (SEC 1 2.3.3), and where that can be
/// computed, is one.
pub(crate) fn is_convincing_point(curve: &algorithm::Curve, point: &[u8]) -> bool {
    let Ok(size) = usize::try_from(curve.bits.div_ceil(8)) else { return false };
    let form = match point.first() {
        Some(2 | 3) => point.len() == size + 1,
        Some(4 | 6 | 7) => point.len() == 2 * size + 1,
        _ => false,
    };
    form && key::is_on_curve(curve, point).unwrap_or_else(|| !identity::is_guessable(point))
}

/// What encoded ECParameters are.
pub(crate) enum Parameters<'a> {
    Named(&'static algorithm::Curve),
    /// The identifier of a curve that has no name here.
    Unnamed(&'a [u8]),
    /// Parameters of some curve over a field of so many bits.
    Explicit(u32),
}

/// Reads encoded ECParameters.
pub(crate) fn curve(parameters: &[u8]) -> Option<Parameters<'_>> {
    let parameters = element(parameters)?;
    match parameters.tag {
        OID => Some(match algorithm::curve_by_oid(parameters.content) {
            Some(curve) => Parameters::Named(curve),
            None => Parameters::Unnamed(parameters.content),
        }),
        SEQUENCE => Some(match curves_explicit::explicit(parameters.content)? {
            Explicit::Named(curve) => Parameters::Named(curve),
            Explicit::Other { bits } => Parameters::Explicit(bits),
        }),
        _ => None,
    }
}

fn is_named_or_explicit(parameters: &[u8]) -> bool {
    matches!(parameters.first(), Some(&OID | &SEQUENCE))
}

/// Describes a key by encoded parameters (may be empty), point and scalar. `None` if the parameters
/// are there and not understood.
pub(crate) fn describe(
    parameters: &[u8],
    point: Option<&[u8]>,
    scalar: Option<&[u8]>,
) -> Option<Described> {
    if !is_named_or_explicit(parameters) {
        let key_id = scalar.and_then(|scalar| identity::of_private(trimmed(scalar)));
        return Some(Described { key_id, ..Described::named("ec") });
    }
    let (bits, name) = match curve(parameters)? {
        Parameters::Named(curve) => return Some(key::ec(curve, point, scalar)),
        Parameters::Unnamed(oid) => (None, dotted(oid).into()),
        Parameters::Explicit(bits) => (Some(bits), "explicit".into()),
    };
    let key_id = point
        .map(|point| spki_id(EC_PUBLIC_KEY, parameters, point))
        .or_else(|| identity::of_private(trimmed(scalar?)));
    Some(Described { algorithm: "ec".into(), bits, curve: Some(name), key_id })
}

/// The point of a BIT STRING under `[1]`, EXPLICIT as RFC 5915 has it or IMPLICIT as RFC 5958 does.
pub(crate) fn tagged_bits<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let element = reader.any()?;
    if element.tag == explicit(1)
        && let Some(bits) = Reader::new(element.content).bits()
    {
        return Some(bits);
    }
    match octets(&element, crate::asn1::implicit(1))? {
        crate::asn1::Octets::Whole(content) => whole_bytes(content),
        crate::asn1::Octets::Joined(_) => None,
    }
}
