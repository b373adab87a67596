//! uuencode in mail, news and other text (POSIX, `uuencode`): whatever it holds.

use std::ops::Range;

use zeroize::Zeroizing;

use super::append;
use crate::{
    budget,
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "uuencode",
    about: "uuencode of any file that nobody may execute",
    // With the mode of the file.
    text: &[b"begin 6"],
    binary: &[],
    find,
    head: None,
};

/// Bytes of the first line.
const NAME: usize = 256;

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let before = needle.start.checked_sub(1).and_then(|at| unit.bytes.get(at));
    let head = unit.span(needle.end, NAME);
    let Some(length) = memchr::memchr(b'\n', head) else { return };
    let is_head = matches!(head, [b'0'..=b'7', b'0'..=b'7', b' ', _, ..]);
    if !is_head || !matches!(before, None | Some(b'\n')) {
        return;
    }
    let text = unit.span(needle.end, budget::LOOK_AHEAD);
    let mut bytes = Zeroizing::new(Vec::new());
    let mut at = length + 1;
    while let Some(line) =
        text.get(at..).and_then(|rest| rest.split_inclusive(|&b| b == b'\n').next())
        && let Some((spelled, count)) = decoded(line)
        && count > 0
    {
        append(&mut bytes, spelled.get(..count).unwrap_or_default());
        at += line.len();
    }
    if !bytes.is_empty() {
        found.decoded(needle.start..needle.end + at.min(text.len()), "uuencode", bytes);
    }
}

/// Bytes of one line: it begins with their number, and each digit spells six bits.
fn decoded(line: &[u8]) -> Option<([u8; 48], usize)> {
    let text = line.trim_ascii_end();
    let value = |byte: u8| (b' '..=b'`').contains(&byte).then(|| u32::from(byte - b' ') & 63);
    let (&length, digits) = text.split_first()?;
    let count = usize::try_from(value(length)?).ok()?;
    // Blanks at the end may be lost, and some add a checksum.
    let most = count.div_ceil(3) * 4;
    if digits.len() > most + 2 {
        return None;
    }
    let mut bytes = [0; 48];
    for (group, to) in digits.chunks(4).zip(bytes.chunks_mut(3)) {
        let mut bits = 0;
        for at in 0..4 {
            bits = bits << 6 | value(group.get(at).copied().unwrap_or(b' '))?;
        }
        let [_, spelled @ ..] = bits.to_be_bytes();
        to.copy_from_slice(&spelled);
    }
    (count <= bytes.len()).then_some((bytes, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `uuencode`'s output for `-----BEGIN PRIVATE KEY-----` and a line of letters.
    const TEXT: &str = "begin 600 my key.pem\n\
        M+2TM+2U\"14=)3B!04DE6051%($M%62TM+2TM\"D%!04%!04%!04%!04%!04%!\n\
        %04%!00H \n`\nend\n";
    const BYTES: &[u8] = b"-----BEGIN PRIVATE KEY-----\nAAAAAAAAAAAAAAAAAAAAA\n";

    fn decoded(text: &str) -> Vec<Vec<u8>> {
        let found = crate::decode::decoded(&ROW, text.as_bytes());
        found.into_iter().map(|(_, bytes)| bytes).collect()
    }

    #[test]
    fn what_is_encoded_is_read_wherever_it_stands() {
        for text in [
            TEXT.to_owned(),
            format!("From: a\n\nHere it is:\n{TEXT}Bye\n"),
            TEXT.replace('\n', "\r\n"),
            TEXT.replace("00H \n`", "00H"),
        ] {
            assert_eq!(decoded(&text), [BYTES], "{text}");
        }
        let cut = TEXT.find("%04").unwrap();
        assert_eq!(decoded(&TEXT[..cut]), [&BYTES[..45]]);
    }

    #[test]
    fn other_text_is_left_alone() {
        for text in [
            "begin 600 words follow\nand here they are\n".to_owned(),
            "we begin 6 weeks later\n".to_owned(),
            "begin 600".to_owned(),
            TEXT.replace("begin 600", "begin 6xy"),
            format!("> {TEXT}"),
        ] {
            assert!(decoded(&text).is_empty(), "{text}");
        }
    }

    #[test]
    fn any_bytes_return() {
        for at in 0..TEXT.len() {
            let mut bytes = TEXT.as_bytes().to_vec();
            bytes[at] ^= 0x15;
            crate::decode::decoded(&ROW, &bytes);
            crate::decode::decoded(&ROW, &bytes[..at]);
        }
    }
}
