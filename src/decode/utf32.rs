//! UTF-32 text, with and without byte order mark: whole files, and text inside of something else.
//! Knows only how to make it one byte per character.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{append, cut::Cut, utf16::complete};
use crate::{
    budget,
    rows::{Found, Row},
    unit::{Decoded, Unit},
};

/// The needles are little-endian and stand in big-endian text as well, three bytes later: the zeros of
/// ASCII characters are between the letters in both.
pub(crate) const ROW: Row = Row {
    name: "utf32",
    about: "UTF-32 text, with and without byte order mark",
    text: &[],
    binary: &[
        b"B\0\0\0E\0\0\0G\0\0\0I\0\0\0N",
        b"P\0\0\0u\0\0\0T\0\0\0T\0\0\0Y",
        b"C\0\0\0R\0\0\0U\0\0\0d\0\0\0J\0\0\0T\0\0\0i",
    ],
    find,
    head: Some(marked),
};

/// Bytes of a character.
const WIDTH: usize = 4;

/// Characters that are worth a look.
const SMALLEST: usize = 32;

/// Characters beyond ASCII in a row that text may hold.
const FOREIGN: usize = 64;

/// Files that begin with a byte order mark. What a window cuts is found from its needle.
fn marked(unit: Unit<'_>, found: &mut Found) {
    let to_number = match unit.bytes {
        [0xff, 0xfe, 0, 0, ..] => u32::from_le_bytes,
        [0, 0, 0xfe, 0xff, ..] => u32::from_be_bytes,
        _ => return,
    };
    let characters = unit.bytes.as_chunks::<WIDTH>().0;
    let narrow = |character: &[u8; WIDTH]| narrow(to_number(*character)).unwrap_or(b'?');
    let mut text: Decoded = Zeroizing::new(characters.iter().map(narrow).collect());
    if let Some(mark) = text.first_mut() {
        *mark = b' ';
    }
    if !unit.at_end {
        let cut = complete(&text);
        text.truncate(cut);
    }
    let end = text.len() * WIDTH;
    found.decoded(0..end, "utf-32", text);
}

/// Text around a needle, until what is no text.
fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let low = needle.start.saturating_sub(budget::LOOK_BACK).max(found.claimed());
    let mut start = needle.start;
    let mut before = start;
    while let Some(at) = before.checked_sub(WIDTH).filter(|&at| low <= at)
        && let Some(byte) = character(unit.bytes, at)
        && start - at < FOREIGN * WIDTH
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
        at += WIDTH;
    }
    text.truncate(length);
    let end = (start + WIDTH * length).min(unit.bytes.len());
    if text.len() < SMALLEST {
        return found.claim(end);
    }
    cut.add(found, start..end, "utf-32", text);
}

/// The character whose lowest byte is at `at`, if it is one.
fn character(bytes: &[u8], at: usize) -> Option<u8> {
    // The last character of big-endian text has no zeros after it.
    let byte = |place: usize| bytes.get(at + place).copied().unwrap_or_default();
    narrow(u32::from_le_bytes([*bytes.get(at)?, byte(1), byte(2), byte(3)]))
}

/// A code point as one byte, `?` if it is not ASCII.
fn narrow(point: u32) -> Option<u8> {
    match point {
        0x09 | 0x0a | 0x0d | 0x20..0x7f => u8::try_from(point).ok(),
        0xa0..0x11_0000 => Some(b'?'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::What;

    const PEM: &str =
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEICd8VzEm\n-----END PRIVATE KEY-----\n";

    fn spelled(text: &str, bytes: fn(u32) -> [u8; WIDTH]) -> Vec<u8> {
        text.chars().flat_map(|char| bytes(u32::from(char))).collect()
    }

    fn run(unit: Unit<'_>) -> Vec<(Range<usize>, String)> {
        let mut found = Found::default();
        marked(unit, &mut found);
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
    fn a_marked_file_is_narrowed_so_that_offsets_are_fourfold() {
        let text = format!("\u{feff}Schlüssel für 鍵:\n{PEM}");
        for bytes in [spelled(&text, u32::to_le_bytes), spelled(&text, u32::to_be_bytes)] {
            let narrowed = format!(" Schl?ssel f?r ?:\n{PEM}");
            assert_eq!(run(Unit::whole(&bytes)), [(0..bytes.len(), narrowed)]);
        }
    }

    #[test]
    fn text_inside_of_other_bytes_is_found() {
        for bytes in [spelled(PEM, u32::to_le_bytes), spelled(PEM, u32::to_be_bytes)] {
            let around = [&[1, 2, 0xff, 0xff, 7][..], &bytes, &[0xff; 8]].concat();
            let runs = run(Unit::whole(&around));
            assert_eq!(runs.len(), 1);
            assert_eq!(runs[0].1.trim_end(), PEM.trim_end());
        }
    }

    #[test]
    fn armour_that_the_window_cuts_is_left_to_its_needle() {
        let text = format!("\u{feff}one\n{PEM}two\n{PEM}");
        let bytes = spelled(&text, u32::to_le_bytes);
        let cut = &bytes[..bytes.len() - 40];
        let runs = run(Unit { at_end: false, ..Unit::whole(cut) });
        assert_eq!(runs[0].1, format!(" one\n{PEM}two\n"));
        assert_eq!(runs[1].0.start, runs[0].0.end);
    }

    #[test]
    fn other_bytes_are_left_alone() {
        for bytes in [PEM.as_bytes(), b"BEGIN", &[0; 100], b"\xff\xfeB\0E\0G\0I\0N\0"] {
            assert!(run(Unit::whole(bytes)).is_empty());
        }
    }

    #[test]
    fn any_bytes_return() {
        let bytes = spelled(PEM, u32::to_le_bytes);
        for at in 0..bytes.len() {
            run(Unit::whole(&bytes[..at]));
            run(Unit::whole(&bytes[at..]));
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x91;
            run(Unit::whole(&bytes));
        }
    }
}
