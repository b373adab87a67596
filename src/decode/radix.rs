//! Base64 (RFC 4648, both alphabets) and hexadecimal digits, read leniently: what people paste
//! lacks padding and has blanks.

use zeroize::Zeroizing;

use crate::unit::Decoded;

/// Whether `byte` is a digit of base64 in either alphabet. Padding is none.
pub(crate) const fn is_base64(byte: u8) -> bool {
    value(byte).is_some()
}

/// The bytes that base64 digits spell: ends at padding, skips what is no digit, and drops bits that
/// make no whole byte.
pub(crate) fn base64(text: &[u8]) -> Decoded {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 4 * 3 + 3));
    let mut bits = 0u32;
    let mut count = 0u32;
    for &byte in text.iter().take_while(|&&byte| byte != b'=') {
        let Some(value) = value(byte) else { continue };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            let [.., low] = (bits >> count).to_be_bytes();
            bytes.push(low);
            bits &= (1 << count) - 1;
        }
    }
    bytes
}

/// The bytes that hexadecimal digits spell; skips what is no digit.
pub(crate) fn hex(text: &[u8]) -> Decoded {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 2 + 1));
    let mut high = None;
    for &byte in text {
        let Some(digit) = char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
        else {
            continue;
        };
        match high.take() {
            None => high = Some(digit),
            Some(high) => bytes.push(high << 4 | digit),
        }
    }
    bytes
}

const fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_alphabets_with_and_without_padding() {
        for text in ["+/+/AQ==", "-_-_AQ", "+/+\n /A Q="] {
            assert_eq!(*base64(text.as_bytes()), [0xfb, 0xff, 0xbf, 1], "{text}");
        }
        assert_eq!(*base64(b"QUJD\n=abcd"), *b"ABC", "a checksum is no data");
        assert_eq!(*base64(b"QUJDR"), *b"ABC", "six bits are no byte");
    }

    #[test]
    fn hexadecimal_digits_in_lines() {
        assert_eq!(*hex(b"0aF\n f1"), [0x0a, 0xff]);
    }
}
