//! Keys that the whole world has: private keys out of specifications, documentation and the test
//! suites of well-known projects. The table is made by `testdata/published.py` and holds digests.

/// `key_id<TAB>where`, one a line, sorted by the first.
const TABLE: &str = include_str!("published.tsv");

/// Where the key with this identity was published: a project and a file in it, or a document.
pub(crate) fn published(key_id: &str) -> Option<&'static str> {
    // A binary search over the text: every probe is moved to the start of its line.
    let (mut low, mut high) = (0, TABLE.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = TABLE.get(low..middle)?.rfind('\n').map_or(low, |newline| low + newline + 1);
        let line = TABLE.get(start..)?.lines().next()?;
        let (id, place) = line.split_once('\t')?;
        match id.cmp(key_id) {
            std::cmp::Ordering::Equal => return Some(place),
            std::cmp::Ordering::Less => low = (start + line.len() + 1).min(high),
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{algorithm, key};

    #[test]
    fn every_line_is_found_and_the_table_is_sorted() {
        let lines: Vec<_> = TABLE.lines().map(|line| line.split_once('\t').unwrap()).collect();
        assert!(lines.len() > 500);
        assert!(lines.is_sorted_by(|a, b| a.0 < b.0), "run testdata/published.py");
        for (id, place) in lines {
            assert_eq!(published(id), Some(place));
            assert!(place.is_ascii() && !place.is_empty(), "{place}");
        }
    }

    #[test]
    fn the_key_of_rfc_8410_is_published() {
        let seed = b"\xd4\xee\x72\xdb\xf9\x13\x58\x4a\xd5\xb6\xd8\xf1\xf7\x69\xf8\xad\
            \x3a\xfe\x7c\x28\xcb\xf1\xd4\xfb\xe0\x97\xa8\x8f\x44\x75\x58\x42";
        let id = key::edwards_private("ed25519", seed).key_id.unwrap();
        assert_eq!(published(&id), Some("RFC 8410 10.3"));
    }

    #[test]
    fn the_key_of_rfc_6979_is_published() {
        let scalar = b"\xc9\xaf\xa9\xd8\x45\xba\x75\x16\x6b\x5c\x21\x57\x67\xb1\xd6\x93\
            \x4e\x50\xc3\xdb\x36\xe8\x9b\x12\x7b\x8a\x62\x2b\x12\x0f\x67\x21";
        let curve = algorithm::curve_by_name("P-256").unwrap();
        let id = key::ec(curve, None, Some(scalar)).key_id.unwrap();
        assert_eq!(published(&id), Some("RFC 6979 A.2.5"));
    }

    #[test]
    fn other_keys_are_not() {
        for id in ["", "spki-sha256:", "spki-sha256:0000", "zzz", "\u{10ffff}"] {
            assert_eq!(published(id), None);
        }
        let id = key::edwards_private("ed25519", &[7; 32]).key_id.unwrap();
        assert_eq!(published(&id), None);
    }
}
