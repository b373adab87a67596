//! Tells what stands where a key should, and is none: masks, placeholders, templates, made-up
//! digits. Knows how people write "your key here", not formats.

use crate::decode::escape::ELLIPSIS;

/// Characters up to which text is a placeholder, not prose.
const PLACEHOLDER: usize = 200;

/// Whether `text` only stands for a secret: dots, a mask, something in brackets, a template, words.
pub(crate) fn is_placeholder(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    if text.is_empty() || is_pattern(text) {
        return false;
    }
    is_mask(text) || (text.len() <= PLACEHOLDER && (is_template(text) || is_words(text)))
}

/// Whether digits of base64 are made up: by hand, by repeating, by counting. Random digits are not
/// told from a key by this.
pub(crate) fn is_made_up(digits: &[u8]) -> bool {
    /// Random digits of this length without a number among them: one in 80,000.
    const ENOUGH: usize = 64;
    /// Digits in a row that count up or down, such as `abcdefgh`.
    const COUNTING: usize = 7;
    let digits: Vec<u8> = digits.iter().copied().filter(|b| b.is_ascii_graphic()).collect();
    if digits.len() < 4 || is_mask(&digits) {
        return true;
    }
    let has = |test: fn(&u8) -> bool| digits.iter().any(test);
    let mixed =
        has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let hex = digits.iter().all(u8::is_ascii_hexdigit);
    if digits.len() >= ENOUGH && !mixed && !hex {
        return true;
    }
    let mut counting = 0;
    for pair in digits.windows(2) {
        let [a, b] = pair else { continue };
        counting = if a.abs_diff(*b) == 1 { counting + 1 } else { 0 };
        if counting >= COUNTING {
            return true;
        }
    }
    repeats(&digits)
}

/// Whether `text` leaves something out.
pub(crate) fn has_ellipsis(text: &[u8]) -> bool {
    text.contains(&ELLIPSIS) || text.windows(3).any(|three| three == b"...")
}

/// Whether much of `digits` was there before.
fn repeats(digits: &[u8]) -> bool {
    const PIECE: usize = 8;
    let mut pieces: Vec<&[u8]> = digits.windows(PIECE).collect();
    let all = pieces.len();
    pieces.sort_unstable();
    pieces.dedup();
    // OpenSSH writes some numbers twice, so that half of a key may be there before.
    all >= PIECE && pieces.len() < all * 2 / 5
}

/// One or two characters over and over.
fn is_mask(text: &[u8]) -> bool {
    let mut distinct: Vec<u8> = text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    let length = distinct.len();
    distinct.sort_unstable();
    distinct.dedup();
    let letters = distinct.iter().any(u8::is_ascii_alphanumeric);
    match distinct.as_slice() {
        [] => false,
        [ELLIPSIS] => true,
        [_] => length >= 3,
        [_, _] => length >= if letters { 16 } else { 3 },
        _ => false,
    }
}

/// `<…>`, `{{ … }}`, `${…}`, `$(…)`, `$NAME`, `%s`, `%(…)s`, `[…]`, `{…}`, `#{…}`, `@…@`, `__…__`.
fn is_template(text: &[u8]) -> bool {
    matches!(
        text,
        [b'<', .., b'>']
            | [b'{', .., b'}']
            | [b'[', .., b']']
            | [b'(', .., b')']
            | [b'$' | b'#', b'{', ..]
            | [b'$', b'(', ..]
            | [b'$', b'A'..=b'Z' | b'a'..=b'z' | b'_', ..]
            | [b'%', b's' | b'v' | b'@' | b'(' | b'{' | b'q', ..]
            | [b'@', .., b'@']
            | [b'_', b'_', .., b'_', b'_']
    ) || text.windows(2).any(|two| two == b"{{" || two == b"${")
}

/// Words, not code: no operators, and no word longer than words are.
fn is_words(text: &[u8]) -> bool {
    const LONGEST: usize = 40;
    text.iter().all(|&b| {
        b.is_ascii_alphanumeric()
            || b.is_ascii_whitespace()
            || b"-_.,!?':/*#+~".contains(&b)
            || b >= 0x80
    }) && text.iter().any(u8::is_ascii_alphanumeric)
        && text.split(|&b| !b.is_ascii_alphanumeric()).all(|word| word.len() <= LONGEST)
}

/// A regular expression that matches a body.
fn is_pattern(text: &[u8]) -> bool {
    const SIGNS: &[&[u8]] = &[
        b".*", b".+", b"[^", b"A-Z", b"a-z", b"0-9", b"]+", b"]*", b"]{", b")+", b")*", b"(?",
        b"\\s", b"\\S", b"\\w", b"\\n]", b"\\d",
    ];
    SIGNS.iter().any(|sign| text.windows(sign.len()).any(|window| window == *sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_key_is_a_placeholder() {
        for text in [
            "...",
            "****************",
            "xxxxxxxx",
            "xXxXxXxXxXxXxXxXxX",
            "<your key here>",
            "{{ .Values.key }}",
            "${PRIVATE_KEY}",
            "$PRIVATE_KEY",
            "%s",
            "[REDACTED]",
            "YOUR_KEY_HERE",
            "insert key here",
            " \n__KEY__\n ",
        ] {
            assert!(is_placeholder(text.as_bytes()), "{text}");
        }
        assert!(is_placeholder(&[ELLIPSIS]));
    }

    #[test]
    fn nothing_a_pattern_and_code_are_no_placeholders() {
        for text in [
            "",
            " \n",
            ".*",
            "[^-]+",
            "[\\s\\S]*?",
            "([A-Za-z0-9+/=\\s]+)",
            "\";\nconst END: &str = \"",
            "if (line == x) { return; }",
        ] {
            assert!(!is_placeholder(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn made_up_digits_are_told_from_random_ones() {
        for text in [
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "abcdefghijklmnopqrstuvwxyz0123456789ABCD",
            "ThisIsNotARealKeyThisIsNotARealKeyThisIsNotARealKeyThisIsNotARealKey",
            "MIIEpAIBAAKCAQEA7fake7MIIEpAIBAAKCAQEA7fake7MIIEpAIBAAKCAQEA7fake7MIIEpAIBAAKCAQEA7fake7",
            "FAKEKEYFAKEKEYFAKEKEYFAKEKEYFAKEKEYFAKEKEYFAKEKEYFAKEKEYFAKEKEYFAKEKEY",
        ] {
            assert!(is_made_up(text.as_bytes()), "{text}");
        }
        assert!(!is_made_up(b"MC4CAQAwBQYDK2VwBCIEICd8VzEmdlF/QAnuMZYVyiu4+4akv0MDCtLTuA7RcIwM"));
    }
}
