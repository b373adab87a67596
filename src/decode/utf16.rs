//! UTF-16 text, with and without byte order mark: whole files, and text in registry hives, databases
//! and memory. Knows only how to make it one byte per character.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{append, cut::Cut};
use crate::{
    budget,
    rows::{Found, Row},
    unit::Unit,
};

/// The needles are little-endian and stand in big-endian text as well, one byte later: the zeros of
/// ASCII characters are between the letters in both.
pub(crate) const ROW: Row = Row {
    name: "utf16",
    about: "UTF-16 text, with and without byte order mark",
    text: &[],
    binary: &[
        b"B\0E\0G\0I\0N",
        b"P\0u\0T\0T\0Y",
        b"S\0E\0C\0R\0E\0T\0-\0K\0E\0Y",
        b"C\0R\0U\0d\0J\0T\0i",
    ],
    find,
    head: Some(text),
};

/// Characters without which it is no text, or not worth the look.
const SMALLEST: usize = 32;

/// Characters beyond ASCII in a row that text may hold.
const FOREIGN: usize = 64;

/// Whole files, and windows of them.
pub(crate) fn text(unit: Unit<'_>, found: &mut Found) {
    let Some((start, low)) = sniffed(unit.bytes) else { return };
    let mut text = Zeroizing::new(Vec::with_capacity(unit.bytes.len() / 2));
    let pairs = unit.bytes.get(start..).unwrap_or_default().as_chunks::<2>().0;
    text.extend(pairs.iter().map(|pair| narrow(pair, low)));
    if !unit.at_end {
        // What the next bytes complete is found from its needle.
        let cut = complete(&text);
        text.truncate(cut);
    }
    // Two bytes per character, counted from the start of the file: a mark is one character.
    let mark = start / 2;
    let end = (start + 2 * text.len()).min(unit.bytes.len());
    let mut bytes = Zeroizing::new(Vec::with_capacity(mark + text.len()));
    bytes.resize(mark, b' ');
    bytes.extend_from_slice(&text);
    found.decoded(0..end, "utf-16", bytes);
}

/// Where text begins, and which byte of a pair is the low one.
fn sniffed(bytes: &[u8]) -> Option<(usize, usize)> {
    match bytes {
        // UTF-32 begins like that as well.
        [0xff, 0xfe, 0, 0, ..] => None,
        [0xff, 0xfe, ..] => Some((2, 0)),
        [0xfe, 0xff, ..] => Some((2, 1)),
        _ if memchr::memchr(0, bytes.get(..16).unwrap_or(bytes)).is_none() => None,
        _ => {
            let pairs = bytes.as_chunks::<2>().0;
            let pairs = pairs.get(..256).unwrap_or(pairs);
            let fits = |low: usize| pairs.iter().filter(|pair| is_text(narrow(pair, low))).count();
            let most = pairs.len() - pairs.len() / 8;
            let low = [0, 1].into_iter().find(|&low| most <= fits(low))?;
            (SMALLEST <= pairs.len()).then_some((0, low))
        }
    }
}

/// A pair as one byte, `?` if it is not ASCII.
fn narrow(pair: &[u8; 2], low: usize) -> u8 {
    let [first, second] = *pair;
    let (low, high) = if low == 0 { (first, second) } else { (second, first) };
    if high == 0 && low < 0x80 { low } else { b'?' }
}

fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~') && byte != b'?'
}

/// How much of `text` to read now if more comes: whole lines, and no armour without its end.
pub(super) fn complete(text: &[u8]) -> usize {
    let line = memchr::memrchr(b'\n', text).map_or(text.len(), |at| at + 1);
    let text = text.get(..line).unwrap_or_default();
    let begin = memchr::memmem::rfind(text, b"-BEGIN ");
    match (begin, memchr::memmem::rfind(text, b"-END ")) {
        (Some(begin), end) if end.is_none_or(|end| end < begin) => {
            let before = text.get(..begin).unwrap_or_default();
            memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)
        }
        _ => line,
    }
}

/// Text inside of something else: every second byte around the needle, until what is no text.
fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let low = needle.start.saturating_sub(budget::LOOK_BACK).max(found.claimed());
    let mut start = needle.start;
    let mut before = start;
    while let Some(at) = before.checked_sub(2).filter(|&at| low <= at)
        && let Some(byte) = character(unit.bytes, at)
        && start - at < FOREIGN
    {
        before = at;
        if byte != b'?' {
            start = at;
        }
    }
    let mut cut = Cut::new(unit, needle.start);
    let mut text = Zeroizing::new(Vec::with_capacity(needle.start - start));
    let mut length = 0;
    let mut at = start;
    while at < cut.stop
        && let Some(byte) = character(unit.bytes, at)
        && text.len() - length < FOREIGN
    {
        cut.pass(at, text.len());
        append(&mut text, &[byte]);
        if byte != b'?' {
            length = text.len();
        }
        at += 2;
    }
    text.truncate(length);
    let end = (start + 2 * length).min(unit.bytes.len());
    if text.len() < SMALLEST {
        found.claim(end);
        return;
    }
    cut.add(found, start..end, "utf-16", text);
}

/// The character at `at`, if it is one. A single zero between lines of text is a line end: that is
/// how the registry keeps lists.
fn character(bytes: &[u8], at: usize) -> Option<u8> {
    // The last character of big-endian text has no byte after it.
    let second = |at: usize| bytes.get(at + 1).copied().unwrap_or_default();
    let first = *bytes.get(at)?;
    match (first, second(at)) {
        (byte, 0) if is_text(byte) || byte == b'?' => Some(byte),
        (0, 0) => {
            let neighbour = |at: Option<usize>| {
                at.is_some_and(|at| {
                    bytes.get(at).is_some_and(|&byte| is_text(byte)) && second(at) == 0
                })
            };
            (neighbour(at.checked_sub(2)) && neighbour(at.checked_add(2))).then_some(b'\n')
        }
        (0x80.., 0) => Some(b'?'),
        (_, 1..0x30) => Some(b'?'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::What;

    const PEM: &str = "-----BEGIN PRIVATE KEY-----\r\nMC4CAQAwBQYDK2VwBCIEICd8VzEm\r\n-----END PRIVATE KEY-----\r\n";

    fn little(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn big(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }

    fn run(unit: Unit<'_>, with_head: bool) -> Vec<(Range<usize>, String)> {
        let mut found = Found::default();
        if with_head {
            text(unit, &mut found);
        }
        for at in 0..unit.bytes.len() {
            let needle = ROW.binary.iter().find(|needle| unit.bytes[at..].starts_with(needle));
            if let Some(needle) = needle
                && found.claimed() <= at
            {
                find(unit, at..at + needle.len(), &mut found);
            }
        }
        let text = |item: crate::rows::Item| match item.what {
            What::Decoded { bytes, .. } => (item.range, String::from_utf8(bytes.to_vec()).unwrap()),
            _ => panic!(),
        };
        found.items.into_iter().map(text).collect()
    }

    #[test]
    fn a_file_is_narrowed_so_that_offsets_are_doubled() {
        let marked = format!("\u{feff}Schlüssel:\r\n{PEM}");
        let narrowed = format!(" Schl?ssel:\r\n{PEM}");
        for bytes in [little(&marked), big(&marked)] {
            assert_eq!(run(Unit::whole(&bytes), true), [(0..bytes.len(), narrowed.clone())]);
        }
        for bytes in [little(PEM), big(PEM)] {
            assert_eq!(run(Unit::whole(&bytes), true), [(0..bytes.len(), PEM.to_owned())]);
        }
    }

    #[test]
    fn text_inside_of_other_bytes_is_found() {
        for (bytes, odd) in [(little(PEM), 0), (big(PEM), 1)] {
            let around = [&[1, 2, 0xff, 0xff, 7][..], &bytes, &[0xff, 0xff, 0xff, 0xff]].concat();
            let runs = run(Unit::whole(&around), false);
            assert_eq!(runs.len(), 1);
            assert_eq!(runs[0].0.start, 5 + odd);
            assert_eq!(runs[0].1.trim_end(), PEM.trim_end());
        }
        let list = PEM.replace("\r\n", "\0");
        let runs = run(Unit::whole(&little(&(list + "\0\0x"))), false);
        assert_eq!(runs[0].1.trim_end(), PEM.replace("\r\n", "\n").trim_end());
    }

    #[test]
    fn other_bytes_are_left_alone() {
        for bytes in [PEM.as_bytes(), b"BEGIN", &[0; 100], b"\xff\xfe\0\0B\0\0\0", b"a\0b\0"] {
            assert!(run(Unit::whole(bytes), true).is_empty());
        }
    }

    #[test]
    fn armour_that_the_window_cuts_is_left_to_its_needle() {
        let text = format!("one\r\n{PEM}two\r\n{PEM}");
        let bytes = little(&text);
        let cut = &bytes[..bytes.len() - 20];
        let unit = Unit { at_end: false, ..Unit::whole(cut) };
        let runs = run(unit, true);
        assert_eq!(runs[0].1, format!("one\r\n{PEM}two\r\n"));
        assert_eq!(runs[0].0.end, 2 * runs[0].1.len());
        assert_eq!(runs[1].0.start, runs[0].0.end);
    }

    #[test]
    fn any_bytes_return() {
        let bytes = little(PEM);
        for length in 0..bytes.len() {
            run(Unit::whole(&bytes[..length]), true);
            run(Unit::whole(&bytes[length..]), true);
        }
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x91;
            run(Unit::whole(&bytes), true);
        }
    }
}
