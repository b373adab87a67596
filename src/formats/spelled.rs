//! Bytes spelled in base64 or hexadecimal inside a key format's text: lenient about what quoting
//! adds, strict about where the spelling ends. Finding such text is `decode`'s business.

use zeroize::Zeroizing;

use crate::unit::Decoded;

/// Base64 from the start of `text` on: what it spells, and how much of `text` it takes. JSON may
/// write a slash as `\/`.
pub(crate) fn base64(text: &[u8]) -> (Decoded, usize) {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 4 * 3 + 3));
    let (mut bits, mut held) = (0u32, 0u32);
    let mut at = 0;
    while let Some(&letter) = text.get(at) {
        let escapes_slash = letter == b'\\' && text.get(at + 1) == Some(&b'/');
        let Some(value) = sextet(letter) else {
            if !escapes_slash {
                break;
            }
            at += 1;
            continue;
        };
        at += 1;
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap_or_default());
        }
    }
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

fn sextet(letter: u8) -> Option<u8> {
    Some(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
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
