//! The names of attachments of a PDF (ISO 32000-2, 7.11.3): which object holds a file, and what it
//! is called.

use std::collections::BTreeMap;

use super::pdf_text;

/// Bytes of a file specification that are read before and after the key that tells it.
pub(super) const AROUND: u64 = 2 << 10;

/// Names of one file. Others are shown by their numbers.
pub(super) const NAMES: usize = 10_000;

/// The key of the dictionary that names the streams of a file.
pub(super) const KEY: &[u8] = b"/EF";

/// Adds the object and the name that the file specifications in `bytes` tell.
pub(super) fn add_all(bytes: &[u8], names: &mut BTreeMap<u64, Vec<u8>>) {
    let around = usize::try_from(AROUND).unwrap_or_default();
    for at in memchr::memmem::find_iter(bytes, KEY).take(NAMES) {
        let end = (at + around).min(bytes.len());
        let from = at.saturating_sub(around);
        add(bytes.get(from..end).unwrap_or_default(), at - from, names);
    }
}

/// Adds what the file specification around `at` tells.
pub(super) fn add(bytes: &[u8], at: usize, names: &mut BTreeMap<u64, Vec<u8>>) {
    let before = bytes.get(..at).unwrap_or_default();
    let after = bytes.get(at + KEY.len()..).unwrap_or_default();
    let Some((number, end)) = object(after) else { return };
    let before = before.get(opening(before)..).unwrap_or_default();
    let after = after.get(end..).unwrap_or_default();
    let after = after.get(..closing(after)).unwrap_or_default();
    let name = |key: &[u8]| [before, after].into_iter().find_map(|bytes| text_of(bytes, key));
    if let Some(name) = name(b"/UF").or_else(|| name(b"/F"))
        && names.len() < NAMES
    {
        names.insert(number, name);
    }
}

/// The object in a dictionary of streams, and where that ends.
fn object(bytes: &[u8]) -> Option<(u64, usize)> {
    let dictionary = bytes.trim_ascii_start().strip_prefix(b"<<")?;
    let end = memchr::memmem::find(dictionary, b">>")?;
    let inside = dictionary.get(..end)?;
    let reference = memchr::memmem::find(inside, b"/F").and_then(|at| inside.get(at + 2..))?;
    // Of the same file under the name of another system.
    let reference = reference.trim_ascii_start();
    let digits = reference.split(|byte| !byte.is_ascii_digit()).next()?;
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, bytes.len() - dictionary.len() + end + 2))
}

/// Where the dictionary begins that is open at the end of `bytes`.
fn opening(bytes: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = bytes.len();
    while let Some(pair) = at.checked_sub(2).and_then(|from| bytes.get(from..at)) {
        at -= match pair {
            b">>" => {
                depth += 1;
                2
            }
            b"<<" if depth == 0 => return at,
            b"<<" => {
                depth -= 1;
                2
            }
            _ => 1,
        };
    }
    0
}

/// Where the dictionary ends in which `bytes` are.
fn closing(bytes: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(pair) = bytes.get(at..at + 2) {
        at += match pair {
            b"<<" => {
                depth += 1;
                2
            }
            b">>" if depth == 0 => return at,
            b">>" => {
                depth -= 1;
                2
            }
            _ => 1,
        };
    }
    bytes.len()
}

/// The text under a key, in UTF-8.
fn text_of(bytes: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    let values = memchr::memmem::find_iter(bytes, key).filter_map(|at| bytes.get(at + key.len()..));
    let mut texts = values.filter_map(|value| {
        let value = value.trim_ascii_start();
        let is_text =
            value.starts_with(b"(") || value.starts_with(b"<") && !value.starts_with(b"<<");
        is_text.then(|| pdf_text::string(value)).flatten()
    });
    let text = texts.find(|text| !text.is_empty())?;
    Some(match text.as_slice() {
        [0xfe, 0xff, wide @ ..] => {
            let units = wide.as_chunks().0.iter().map(|&unit| u16::from_be_bytes(unit));
            char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect::<String>().into()
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.to_vec(),
        // Nearly Latin-1.
        _ => text.iter().map(|&byte| char::from(byte)).collect::<String>().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_get_the_names_of_their_own_file() {
        let bytes = b"<< /F (a.txt) /EF << /F 7 0 R >> /Desc (x) >> \
            <</Type/Filespec/EF<</F 8 0 R/UF 8 0 R>>/F(k\\145y.pem)/UF<feff006b00e9>>> \
            << /Params << /F (no) >> /EF << /F 9 0 R >> >> << /F (other) >>";
        let mut names = BTreeMap::new();
        add_all(bytes, &mut names);
        let told: Vec<_> =
            names.iter().map(|(at, name)| (*at, String::from_utf8_lossy(name))).collect();
        assert_eq!(told, [(7, "a.txt".into()), (8, "k\u{e9}".into()), (9, "no".into())]);
        for end in 0..bytes.len() {
            add_all(&bytes[..end], &mut names);
        }
    }
}
