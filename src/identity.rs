//! The identity of a key: a digest that is the same in every encoding and says nothing of the
//! secret. Knows digests and the little DER that a SubjectPublicKeyInfo needs.

use sha2::{Digest, Sha256};

/// Identity of a public key, or of a private key by its public half: SHA-256 of the
/// SubjectPublicKeyInfo in DER (RFC 5280 4.1.2.7), as `spki-sha256:` and 64 hexadecimal digits.
pub(crate) fn of_spki(spki: &[u8]) -> String {
    format!("spki-sha256:{}", hex(&Sha256::digest(spki)))
}

/// Identity of a symmetric key: a domain-separated digest, for keys of 112 bits and over that are
/// not guessable. A digest of anything shorter or simpler would give it away.
pub(crate) fn of_secret(key: &[u8]) -> Option<String> {
    (key.len() >= 14 && !is_guessable(key)).then(|| separated("sym-sha256", key))
}

/// Identity of a private key whose public half cannot be had: a domain-separated digest of the
/// private value.
pub(crate) fn of_private(private: &[u8]) -> Option<String> {
    (private.len() >= 14 && !is_guessable(private)).then(|| separated("private-sha256", private))
}

/// Identity of an encrypted, wrapped, truncated or unparsed key: a domain-separated digest of the
/// bytes as they are. It holds while the envelope does.
pub(crate) fn of_sealed(envelope: &[u8]) -> Option<String> {
    (envelope.len() >= 14 && !is_guessable(envelope)).then(|| separated("sealed-sha256", envelope))
}

/// Whether somebody could try all values that look like this: few distinct bytes, or a run.
pub(crate) fn is_guessable(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    for &byte in bytes {
        if let Some(slot) = seen.get_mut(usize::from(byte)) {
            *slot = true;
        }
    }
    let distinct = seen.iter().filter(|&&slot| slot).count();
    let steps: Vec<u8> =
        bytes.windows(2).filter_map(|w| Some(w.last()?.wrapping_sub(*w.first()?))).collect();
    let is_run = steps.windows(2).all(|w| w.first() == w.last());
    distinct < bytes.len().min(16).div_ceil(2) || is_run
}

fn separated(domain: &str, bytes: &[u8]) -> String {
    let mut digest = Sha256::new();
    digest.update(b"keylint ");
    digest.update(domain.as_bytes());
    digest.update([0]);
    digest.update(bytes);
    format!("{domain}:{}", hex(&digest.finalize()))
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).map_or('0', |&d| char::from(d));
    bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

/// One DER element (X.690) around the concatenated `parts`.
pub(crate) fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut element = vec![tag];
    if length < 0x80 {
        element.push(u8::try_from(length).unwrap_or_default());
    } else {
        let bytes = length.to_be_bytes();
        let significant = bytes.iter().skip_while(|&&byte| byte == 0);
        element.push(0x80 | u8::try_from(significant.clone().count()).unwrap_or_default());
        element.extend(significant);
    }
    for part in parts {
        element.extend_from_slice(part);
    }
    element
}

/// A DER INTEGER of an unsigned big-endian number.
pub(crate) fn der_unsigned(number: &[u8]) -> Vec<u8> {
    let number = trimmed(number);
    match number.first() {
        None => der(0x02, &[&[0]]),
        Some(&first) if first >= 0x80 => der(0x02, &[&[0], number]),
        Some(_) => der(0x02, &[number]),
    }
}

/// An unsigned big-endian number without leading zeros.
pub(crate) fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Bits of an unsigned big-endian number.
pub(crate) fn bit_length(number: &[u8]) -> u32 {
    let number = trimmed(number);
    let Some(first) = number.first() else { return 0 };
    u32::try_from(number.len() * 8).unwrap_or(u32::MAX) - first.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessable_bytes_get_no_identity() {
        assert_eq!(of_secret(&[0; 32]), None);
        assert_eq!(of_secret(&(0..32).collect::<Vec<u8>>()), None);
        assert_eq!(of_secret(b"abababababababab"), None);
        assert_eq!(of_secret(b"short"), None);
    }

    #[test]
    fn domains_are_separate() {
        let key = Sha256::digest(b"a key");
        assert_ne!(of_secret(&key).unwrap()[11..], of_private(&key).unwrap()[15..]);
    }

    #[test]
    fn der_lengths_are_minimal() {
        assert_eq!(der(0x04, &[&[1, 2]]), [4, 2, 1, 2]);
        assert_eq!(der(0x04, &[&[0; 200]])[..3], [4, 0x81, 200]);
        assert_eq!(der(0x04, &[&[0; 300]])[..4], [4, 0x82, 1, 44]);
        assert_eq!(der_unsigned(&[0, 0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(der_unsigned(&[0]), [2, 1, 0]);
        assert_eq!(bit_length(&[0, 1, 0]), 9);
    }
}
