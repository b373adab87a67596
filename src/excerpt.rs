//! Cuts the masked excerpt of a place. The one function that turns source bytes into text that is
//! shown: nothing of a key, of what follows it, or of anything near it that may be one, gets out.

use std::ops::Range;

use crate::{
    fact::{Excerpt, is_unsafe_to_show, printable},
    references,
};

/// Bytes of the line before the key that are shown at most.
const BEFORE: usize = 60;

/// A run of this many base64 or hexadecimal characters may be a key, and is masked.
const RUN: usize = 16;

/// The excerpt for a key at `range` of `bytes`: the head of its line, masked, and a name for what
/// the key begins with.
pub(crate) fn cut(bytes: &[u8], range: &Range<usize>) -> Excerpt {
    ending(bytes, range.start, &opening(bytes.get(range.clone()).unwrap_or_default()))
}

/// The excerpt for a name that may be shown: the head of its line, masked, and the name.
pub(crate) fn named(bytes: &[u8], start: usize, name: &str) -> Excerpt {
    ending(bytes, start, &printable(name, BEFORE * 2))
}

/// The masked head of the line before `start`, and `shown`.
fn ending(bytes: &[u8], start: usize, shown: &str) -> Excerpt {
    let low = start.saturating_sub(BEFORE);
    let before = bytes.get(low..start).unwrap_or_default();
    let line = memchr::memrchr2(b'\n', b'\r', before).map_or(0, |newline| newline + 1);
    let clipped = line == 0 && low > 0;
    let before = before.get(line..).unwrap_or_default();
    if before.iter().any(|&byte| byte < b'\t' || (byte > b'\r' && byte < b' ')) {
        return Excerpt { text: "(binary data)".into(), mark: (0, 13) };
    }

    let mut text = String::new();
    if clipped {
        text.push('…');
    }
    let head = String::from_utf8_lossy(before);
    // The PIN of a token may have any form, and may begin before what is shown.
    let line = bytes.get(start.saturating_sub(references::LONGEST)..start).unwrap_or_default();
    let line =
        memchr::memrchr2(b'\n', b'\r', line).map_or(line, |at| line.get(at..).unwrap_or(line));
    let head = if references::has_pin(line) { "…".into() } else { head };
    text.push_str(&masked(head.trim_start_matches('\u{fffd}'), clipped));
    let start = text.len();
    text.push_str(shown);
    Excerpt { mark: (start, text.len()), text }
}

/// The excerpt for a setting: its name, and its value if that may be shown. `before` is its line
/// up to the value, of which only what stands right before it is shown.
pub(crate) fn setting(before: &str, marked: &str, is_open: bool) -> Excerpt {
    let start = before.rfind([',', '{', '(', '[', ';', '|']).map_or(0, |at| at + 1);
    let name = before.get(start..).unwrap_or_default().trim_start();
    let clipped = name.chars().count() > BEFORE;
    let skipped = name.chars().count().saturating_sub(BEFORE);
    let name: String = name.chars().skip(skipped).collect();
    let mut text = masked(&name, clipped);
    let mark = text.len();
    let shown: String = marked.trim_end().chars().take(BEFORE * 2).collect();
    text.push_str(&if is_open { masked(&shown, false) } else { "…".to_owned() });
    Excerpt { mark: (mark, text.len()), text }
}

/// What the key begins with, as far as that says nothing of it: an armour line, or a name before
/// `:` or `=`.
fn opening(key: &[u8]) -> String {
    let head = key.get(..80).unwrap_or(key);
    let dashes = head.iter().take_while(|&&byte| byte == b'-').count();
    if let Some(armour) = head.get(dashes..).filter(|_| dashes >= 4)
        && let Some(label) = armour.strip_prefix(b" ").unwrap_or(armour).strip_prefix(b"BEGIN ")
    {
        let length = label
            .iter()
            .take_while(|&&byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ')
            .count();
        if let Some(label) = label.get(..length).filter(|label| label.len() <= 40) {
            return format!("-----BEGIN {}-----…", String::from_utf8_lossy(label).trim());
        }
    }
    let is_name = |&byte: &u8| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'-';
    let length = head.iter().take_while(|&byte| is_name(byte)).count();
    let (name, rest) = head.split_at_checked(length).unwrap_or_default();
    let rest = rest.trim_ascii_start();
    let names_a_value = matches!(rest.first(), Some(b':' | b'=')) && rest.get(1) != Some(&b'=');
    if (3..=24).contains(&length) && names_a_value {
        return format!("{} …", String::from_utf8_lossy(name));
    }
    "…".into()
}

/// `text` with every run masked that may be a key or a part of one. `clipped`: the first run may
/// have begun before the text.
fn masked(text: &str, clipped: bool) -> String {
    let is_run = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-');
    let mut shown = String::new();
    let mut rest = text;
    let mut first = clipped;
    while let Some(c) = rest.chars().next() {
        let length = rest.find(|c| !is_run(c)).unwrap_or(rest.len());
        let (run, tail) = rest.split_at(length);
        if run.is_empty() {
            shown.push(if is_unsafe_to_show(c) && c != '\t' { '\u{fffd}' } else { c });
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        } else {
            shown.push_str(if first || may_be_key(run) { "…" } else { run });
            rest = tail;
        }
        first = false;
    }
    shown.replace('\t', " ")
}

/// Words joined by dashes, underscores or slashes are a path or a name; anything else of some
/// length may be a key.
pub(crate) fn may_be_key(run: &str) -> bool {
    run.len() >= RUN
        && run.split(['-', '_', '/', '=']).any(|word| {
            let plain = word.bytes().all(|b| b.is_ascii_lowercase())
                || word.bytes().all(|b| b.is_ascii_uppercase())
                || word.bytes().enumerate().all(|(i, b)| b.is_ascii_lowercase() || i == 0);
            !(word.len() <= 4 || (plain && word.len() < 14))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str, key: &str) -> String {
        let start = line.find(key).unwrap();
        cut(line.as_bytes(), &(start..start + key.len())).text
    }

    #[test]
    fn shows_the_armour_line_and_what_names_the_key() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow";
        assert_eq!(
            text(&format!("  tls_key: {key}"), key),
            "  tls_key: -----BEGIN RSA PRIVATE KEY-----…"
        );
        assert_eq!(text("PrivateKey = abcDEF", "PrivateKey = abcDEF"), "PrivateKey …");
        assert_eq!(text("key = abcDEF", "abcDEF"), "key = …");
    }

    #[test]
    fn masks_other_keys_on_the_line() {
        let line = "a=c2VjcmV0IHNlY3JldCBzZWNyZXQ b=KEY";
        assert_eq!(text(line, "KEY"), "… b=…");
        let long = format!("{}: KEY", "c2VjcmV0".repeat(20));
        assert_eq!(text(&long, "KEY"), "……: …");
    }

    #[test]
    fn shows_nothing_of_binary_data() {
        assert_eq!(cut(b"\x00\x01\x30\x82key", &(4..7)).text, "(binary data)");
    }

    #[test]
    fn replaces_what_could_reorder_the_line() {
        assert_eq!(text("a\u{202e}b = KEY", "KEY"), "a\u{fffd}b = …");
    }
}
