//! Bytes spelled in base64 or hexadecimal inside a key format's text: lenient about what quoting
//! adds, strict about where the spelling ends. Finding such text is `decode`'s business.

use zeroize::Zeroizing;

use crate::{decode::radix, unit::Decoded};

/// Base64 from the start of `text` on: what it spells, and how much of `text` it takes. JSON may
/// write a slash as `\/`.
pub(crate) fn base64(text: &[u8]) -> (Decoded, usize) {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut at = 0;
    while let Some(&letter) = text.get(at) {
        let escapes_slash = letter == b'\\' && text.get(at + 1) == Some(&b'/');
        if !(is_digit(letter) || escapes_slash) {
            break;
        }
        at += 1;
    }
    let bytes = radix::base64(text.get(..at).unwrap_or_default());
    let padding = text.get(at..).unwrap_or_default().iter().take(2);
    let padding = padding.take_while(|&&letter| letter == b'=').count();
    (bytes, at + padding)
}

/// Bytes by hexadecimal digits; `None` if there is anything else, or half a byte.
pub(crate) fn hex(digits: &[u8]) -> Option<Decoded> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(digits.len() / 2));
    for pair in digits.chunks(2) {
        let [high, low] = pair else { return None };
        bytes.push(nibble(*high)? << 4 | nibble(*low)?);
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_ends_where_its_alphabet_does() {
        assert_eq!(*base64(b"Zm9v YmFy").0, b"foo");
        assert_eq!(base64(b"Zm9vYg== rest").1, 8);
        assert_eq!(*base64(br"\/\/\/\/").0, [0xff; 3]);
        assert_eq!(base64(br"\n").1, 0);
    }

    #[test]
    fn half_a_byte_is_no_hexadecimal() {
        assert_eq!(hex(b"0aFF").map(|bytes| bytes.to_vec()), Some(vec![0x0a, 0xff]));
        assert!(hex(b"0aF").is_none());
        assert!(hex(b"0g").is_none());
    }
}
