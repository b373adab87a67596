//! What holds the name of a key: a variable, an attribute, a flag, an element. Words of prose hold
//! nothing, and no name is better than a wrong one.

use std::ops::Range;

use super::text;
use crate::excerpt;

/// Longest name of a holder.
const NAME: usize = 64;

/// Types that stand between a variable and its value.
const TYPES: &[&[u8]] =
    &[b"str", b"Str", b"string", b"String", b"NSString", b"std::string", b"text", b"any"];

/// Where the name of what holds a value begins and ends, if something before `start` does.
pub(crate) fn holder(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let is_quote = |byte: u8| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'[' | b'(' | b'{');
    let value = text::back(bytes, start, 4, |byte| is_quote(byte) || is_space(byte));
    let separator = text::back(bytes, value, 3, |byte| matches!(byte, b':' | b'=' | b'>'));
    let is_separated = separator < value;
    let mut end = value;
    if is_separated {
        let name = text::back(bytes, separator, 12, is_space);
        end = text::back(bytes, name, 3, |byte| {
            matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']' | b')')
        });
        // `<pin digest="SHA-256">`: the element holds it, and not the attribute.
        if end < name && bytes.get(separator..value)?.starts_with(b">") {
            return element(bytes, end);
        }
        if let Some(variable) = annotated(bytes, end) {
            end = variable;
        }
    }
    let from = text::back(bytes, end, NAME + 1, is_name);
    let dashes = bytes.get(from..end)?.iter().take_while(|&&byte| byte == b'-').count();
    let name = bytes.get(from + dashes..end)?;
    let is_held = match is_separated {
        true => !is_prose(bytes, from, end, separator..start),
        false => is_flag(bytes, from, dashes, name) && value + 1 > end,
    };
    let text = std::str::from_utf8(name).ok()?;
    (is_held
        && (1..=NAME).contains(&name.len())
        && name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && (is_words(text) || !excerpt::may_be_key(text)))
    .then_some(from + dashes..end)
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// The element whose last attribute ends at `end`.
fn element(bytes: &[u8], end: usize) -> Option<Range<usize>> {
    let open = memchr::memrchr(b'<', bytes.get(end.saturating_sub(128)..end)?)?;
    let from = end.saturating_sub(128) + open + 1;
    let to = text::run(bytes, from, NAME, is_name);
    (to > from).then_some(from..to)
}

/// The end of the variable, where a type stands before `end`: `name: &str`, `name string`.
fn annotated(bytes: &[u8], end: usize) -> Option<usize> {
    let from = text::back(bytes, end, 12, |byte| is_name(byte) || byte == b':');
    let kind = bytes.get(from..end)?;
    let kind = kind.strip_prefix(b":").unwrap_or(kind);
    if !TYPES.contains(&kind) {
        return None;
    }
    let from = end - kind.len();
    let from = bytes.get(..from)?.strip_suffix(b"'static ").map_or(from, <[u8]>::len);
    let name = text::back(bytes, from, 4, |byte| is_space(byte) || matches!(byte, b':' | b'&'));
    (name < from).then_some(name)
}

/// Whether it is a flag of a command: `--key`, or `-alias` with a space before it.
fn is_flag(bytes: &[u8], from: usize, dashes: usize, name: &[u8]) -> bool {
    let is_apart =
        from.checked_sub(1).and_then(|at| bytes.get(at)).is_none_or(u8::is_ascii_whitespace);
    dashes == 2 || (dashes == 1 && is_apart && name.len() > 3)
}

/// Whether it is a word in a sentence: `the key: arn…`, `Key ARN: arn…`, `<code>arn…`.
fn is_prose(bytes: &[u8], from: usize, end: usize, between: Range<usize>) -> bool {
    let name = bytes.get(from..end).unwrap_or_default();
    let before = from.checked_sub(1).and_then(|at| bytes.get(at)).copied();
    let between = bytes.get(between).unwrap_or_default();
    let is_markup = before == Some(b'<')
        && matches!(name, b"code" | b"p" | b"b" | b"i" | b"em" | b"li" | b"td" | b"pre" | b"span");
    // A member of YAML is the first in its line, or stands after punctuation.
    let word = text::back(bytes, from, 4, is_space);
    let last = word.checked_sub(1).and_then(|at| bytes.get(at)).copied();
    let is_after_word = word < from
        && between.starts_with(b":")
        && last.is_some_and(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b')' | b'\'' | b'"')
        });
    name.ends_with(b".") || is_markup || is_after_word || between.ends_with(b": `")
}

/// Whether a name is made of words, which no key is: no digits, and few changes of case.
fn is_words(name: &str) -> bool {
    let bytes = name.as_bytes();
    let starts = |at: usize| {
        let is_upper = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_uppercase);
        let is_letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
        is_letter(at)
            && at
                .checked_sub(1)
                .is_none_or(|last| !is_letter(last) || (is_upper(at) && !is_upper(last)))
    };
    let words = (0..bytes.len()).filter(|&at| starts(at)).count();
    !bytes.iter().any(u8::is_ascii_digit) && words * 4 <= bytes.len()
}
