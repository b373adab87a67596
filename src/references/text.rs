//! What the families share: runs of characters, what stands around a name, and identifiers.

use std::ops::Range;

use memchr::memmem::Finder;

use super::Parse;
use crate::{rows::Found, unit::Unit};

/// The end of the run of at most `most` fitting bytes from `at` on.
pub(super) fn run(bytes: &[u8], at: usize, most: usize, fits: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take(most).take_while(|&&byte| fits(byte)).count()
}

/// The start of the run of at most `most` fitting bytes that ends before `at`.
pub(super) fn back(bytes: &[u8], at: usize, most: usize, fits: impl Fn(u8) -> bool) -> usize {
    let before = bytes.get(..at).unwrap_or_default();
    at - before.iter().rev().take(most).take_while(|&&byte| fits(byte)).count()
}

/// Letters, digits, `_` and `-`.
pub(super) const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Adds the name at `range`, unless it is a part of a larger word, of binary data or of a template.
pub(super) fn add(unit: Unit<'_>, range: Range<usize>, parse: Parse, found: &mut Found) {
    let bytes = unit.bytes;
    let is_cut = range.end == bytes.len() && !unit.at_end;
    if !is_cut && stands_alone(bytes, &range) && !is_binary(bytes, &range) {
        found.named(range, parse);
    }
}

fn stands_alone(bytes: &[u8], range: &Range<usize>) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
    let after = bytes.get(range.end);
    // A letter after a backslash is an escape, not a part of the word.
    let is_escape = range.start >= 2 && bytes.get(range.start - 2) == Some(&b'\\');
    (!before.is_some_and(is_word) || is_escape)
        && !after.is_some_and(|byte| is_word(byte) || matches!(byte, b'*' | b'$' | b'{' | b'%'))
}

/// Whether control characters stand near that no text has.
fn is_binary(bytes: &[u8], range: &Range<usize>) -> bool {
    const NEAR: usize = 24;
    let before = bytes.get(range.start.saturating_sub(NEAR)..range.start).unwrap_or_default();
    let after = bytes.get(range.end..).unwrap_or_default();
    let after = after.get(..NEAR).unwrap_or(after);
    let is_control = |byte: u8| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127);
    // All of them: that is faster than stopping at the first.
    let any = |bytes: &[u8]| bytes.iter().fold(false, |any, &byte| any | is_control(byte));
    any(before) || any(after)
}

/// Words that are looked for at once, at most.
const WORDS: usize = 8;

/// Whether one of `words` (in small letters) stands in at most `before` bytes before `range` or
/// `after` after it, in whatever case. All words have the letter `anchor`, which is better rare.
pub(super) fn mentions(
    bytes: &[u8],
    range: &Range<usize>,
    (before, after): (usize, usize),
    anchor: u8,
    words: &[&[u8]],
) -> bool {
    debug_assert!(words.len() <= WORDS, "more words than are looked for");
    let end = range.end.saturating_add(after).min(bytes.len());
    let near = bytes.get(range.start.saturating_sub(before)..end).unwrap_or_default();
    // This runs for every name of a log: what is the same for all letters is found once.
    let mut anchored = [(0, &[][..]); WORDS];
    for (slot, word) in anchored.iter_mut().zip(words) {
        *slot = (word.iter().position(|&byte| byte == anchor).unwrap_or_default(), *word);
    }
    let anchored = anchored.get(..words.len()).unwrap_or_default();
    let is_at = |at: usize, (to, word): &(usize, &[u8])| {
        let there = at.checked_sub(*to).and_then(|start| near.get(start..start + word.len()));
        there.is_some_and(|there| {
            let first = |bytes: &[u8]| bytes.first().map(u8::to_ascii_lowercase);
            first(there) == first(word) && there.eq_ignore_ascii_case(word)
        })
    };
    memchr::memchr2_iter(anchor, anchor.to_ascii_uppercase(), near)
        .any(|at| anchored.iter().any(|word| is_at(at, word)))
}

/// What stands around a name, in small letters: for names that logs are full of, this and prepared
/// words cost a third of [`mentions`].
pub(super) struct Around {
    small: [u8; 768],
    length: usize,
    name: Range<usize>,
}

impl Around {
    /// Up to 300 bytes before the name and 100 after it.
    pub(super) fn new(bytes: &[u8], name: &Range<usize>) -> Self {
        let from = name.start.saturating_sub(300);
        let near = bytes.get(from..name.end.saturating_add(100).min(bytes.len()));
        let near = near.unwrap_or_default();
        let mut small = [0; 768];
        small.iter_mut().zip(near).for_each(|(to, byte)| *to = byte.to_ascii_lowercase());
        let length = near.len().min(small.len());
        Self { small, length, name: name.start - from..name.end - from }
    }

    /// Whether one of `words` stands in at most `before` bytes before the name or `after` after it.
    pub(super) fn has(&self, before: usize, after: usize, words: &[Finder<'_>]) -> bool {
        let end = (self.name.end + after).min(self.length);
        let near = self.small.get(self.name.start.saturating_sub(before)..end).unwrap_or_default();
        words.iter().any(|word| word.find(near).is_some())
    }
}

/// Words in small letters, prepared for [`Around::has`].
pub(super) fn words<const N: usize>(words: [&'static str; N]) -> [Finder<'static>; N] {
    words.map(Finder::new)
}

/// 8-4-4-4-12 hexadecimal digits.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
        // Nobody's: zeros, or one digit again and again.
        && text.bytes().any(|byte| byte != b'-' && Some(byte) != text.bytes().next())
}

pub(super) fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Small letters, digits and dashes that begin with a letter: names of regions.
pub(super) fn is_region(text: &str) -> bool {
    (2..=40).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// What `text` is without any of `heads`.
pub(super) fn after<'a>(text: &'a str, heads: &[&str]) -> Option<&'a str> {
    heads.iter().find_map(|head| text.strip_prefix(head))
}
