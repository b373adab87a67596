//! What the text formats share: base64 as people paste it, placeholders, and words. Knows no
//! format.

use zeroize::Zeroizing;

pub(crate) use crate::decode::radix::is_base64;
use crate::{decode::radix, unit::Decoded};

/// Characters of a word in code: a name that goes on does not end here.
pub(crate) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// How many bytes at the start of `bytes` satisfy `wanted`.
pub(crate) fn run(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !wanted(byte)).unwrap_or(bytes.len())
}

/// Bytes that base64 in either alphabet spells, padded or not. White space and backslashes are
/// skipped (values are wrapped, and JSON escapes `/`); anything else is a "no".
pub(crate) fn base64(text: &[u8]) -> Option<Decoded> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'\\');
    let digits = text.iter().position(|&byte| byte == b'=').unwrap_or(text.len());
    let (digits, padding) = text.split_at_checked(digits)?;
    let mut count = 0;
    for byte in digits.iter().filter(|byte| !is_blank(byte)) {
        if !is_base64(*byte) {
            return None;
        }
        count += 1;
    }
    // One digit over says less than a byte: something was cut off.
    let is_whole = count > 1 && count % 4 != 1;
    let is_padding = padding.iter().all(|byte| *byte == b'=' || is_blank(byte));
    (is_whole && is_padding).then(|| radix::base64(digits))
}

/// Whether `text` stands where a value would stand: dots, stars, `<your key>`, a template
/// variable, one letter again and again. An empty text is one.
pub(crate) fn is_placeholder(text: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"...",
        b"<",
        b"{{",
        b"${",
        b"$(",
        b"%s",
        b"%(",
        b"***",
        b"xxxx",
        b"your",
        b"redacted",
        b"placeholder",
        b"example",
        b"changeme",
        b"change_me",
        b"secret",
        b"base64",
        b"insert",
        b"private",
        b"todo",
        b"\xe2\x80\xa6",
        b"[",
        b"replace",
        b"omitted",
        b"truncated",
        b"dummy",
    ];
    let text = text.trim_ascii();
    let lower = Zeroizing::new(text.get(..64).unwrap_or(text).to_ascii_lowercase());
    // In a long run of base64 a word is chance, unless it begins with it.
    let is_long = text.len() >= 32 && text.iter().all(|&byte| is_base64(byte) || byte == b'=');
    let has = |word: &&[u8]| match is_long {
        true => lower.starts_with(word),
        false => memchr::memmem::find(&lower, word).is_some(),
    };
    text.is_empty()
        || WORDS.iter().any(has)
        || text.ends_with(b"...")
        || text.ends_with("…".as_bytes())
        || is_monotone(text)
}

/// Whether `text` is one letter again and again (or, when long, two or three), or walks up the
/// alphabet.
pub(crate) fn is_monotone(text: &[u8]) -> bool {
    let mut seen = [false; 256];
    for &byte in text {
        if let Some(slot) = seen.get_mut(usize::from(byte)) {
            *slot = true;
        }
    }
    let distinct = seen.iter().filter(|&&slot| slot).count();
    let climbs =
        text.windows(2).filter(|pair| matches!(pair, [a, b] if a.wrapping_add(1) == *b)).count();
    distinct <= 1
        || (text.len() >= 8 && distinct <= 3)
        || (text.len() >= 8 && climbs * 4 >= text.len() * 3)
}

/// Bytes as text, for names and comments.
pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_in_both_alphabets_and_across_lines() {
        assert_eq!(base64(b"-_-_").unwrap()[..], base64(b"+/+/").unwrap()[..]);
        assert_eq!(base64(b"aGVs\n  bG8=").unwrap()[..], *b"hello");
        assert_eq!(base64(b"aGVsbG8").unwrap()[..], *b"hello");
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        assert!(base64(b"aGVs$bG8").is_none());
        assert!(base64(b"aGVsb").is_none(), "one character over");
        assert!(base64(b"aGVs=bG8").is_none(), "padding in the middle");
        assert!(base64(b"").is_none());
    }

    #[test]
    fn placeholders_are_told_from_values() {
        for text in ["", "...", "xxxxxxxx", "<base64>", "{{ .Values.key }}", "YOUR_KEY", "AAAAAAAA"]
        {
            assert!(is_placeholder(text.as_bytes()), "{text}");
        }
        assert!(is_placeholder("abcdefghijklmnop".as_bytes()));
        for text in ["EqVkW9elzRhdZq5feNawfWbUFmilNu1XMrThty5EfMI=", "c2VjcmV0"] {
            assert!(!is_placeholder(text.as_bytes()), "{text}");
        }
    }
}
