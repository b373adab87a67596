//! Tables of InnoDB (MySQL and MariaDB, `fil0fil.h`, `btr0cur.h`): pages are looked at as they are,
//! and values that go on over several pages are put together.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, SeekFrom},
    ops::Range,
};

use super::{
    Entries, Layer, Open, ReadSeek,
    disk::{
        numbers::{be16, be32},
        short,
    },
    pieces::Pieces,
};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "innodb",
    about: "InnoDB, the tables of MySQL and MariaDB: pages are looked at as they are, which the ledger says, and values over several pages are put together; packed and encrypted pages are named",
    is: |head| page_size(head).is_some(),
    open: Open::Beside(open),
};

/// Pages of long values that are remembered: of 64 GiB in pages of the usual size.
const PAGES: usize = 4 << 20;

/// Bytes of a page that tell what it is and where its value goes on.
const HEADER: usize = 46;

/// Set in the type of a packed page of MariaDB (`buf0types.h`: full_crc32).
const PACKED: u16 = 0x8000;

/// No page.
const NULL: u32 = u32::MAX;

/// The size of pages, if these are the first of a table: the page that describes the space, and the one
/// for the insert buffer.
fn page_size(head: &[u8]) -> Option<u64> {
    const SIZES: [u64; 5] = [16_384, 8192, 4096, 32_768, 65_536];
    let is_first = be16(head, 24) == 8
        && be32(head, 4) == 0
        && be32(head, 34) == be32(head, 38)
        && be32(head, 46) > 1;
    let is_second = |size: &u64| {
        let page = usize::try_from(*size).ok().and_then(|at| head.get(at..)).unwrap_or_default();
        let is_plain = be16(page, 24) == 5 && be32(page, 34) == be32(head, 34);
        be32(page, 4) == 1
            && (is_plain || be16(page, 24) == 5 | PACKED || be16(page, 24) == 1 | PACKED)
    };
    is_first.then(|| SIZES.into_iter().find(is_second)).flatten()
}

/// A page with a part of a long value: how much there is of it, and where it goes on.
struct Part {
    length: u32,
    next: u32,
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    entries.note(Reason::RawPages, "its pages are looked at as they are");
    let mut head = vec![0; 68 << 10];
    let read = fill(file, 0, &mut head)?;
    let Some(size) = page_size(head.get(..read).unwrap_or_default()) else { return Ok(()) };
    let length = file.seek(SeekFrom::End(0))?;
    // What the head of the space says of it (`fsp0types.h`): its pages.
    let pages = head.get(46..50).map_or(0, |_| be32(&head, 46));
    short(length, u64::from(pages) * size, entries);
    let mut parts = BTreeMap::new();
    let (mut packed, mut encrypted, mut others) = (0_u64, 0_u64, 0_u64);
    let mut header = [0; HEADER];
    for number in 0..length.div_ceil(size).min(NULL.into()) {
        let at = number * size;
        let (is_hole, _) = file.extent(at)?;
        if is_hole || fill(file, at, &mut header)? < HEADER {
            continue;
        }
        match be16(&header, 24) {
            10 if parts.len() < PAGES => {
                let part = Part { length: be32(&header, 38), next: be32(&header, 42) };
                parts.insert(u32::try_from(number).unwrap_or(NULL), part);
            }
            10 => others += 1,
            // Values and pages that are packed; what MariaDB and MySQL number on their own.
            11 | 12 | 14 | 16 | 25..=28 | PACKED.. => packed += 1,
            15 | 17 => encrypted += 1,
            // Long values in the form of MySQL 8.
            22..=24 => others += 1,
            // A page whose own number is another is packed, as whole tables are.
            _ if be32(&header, 4) != u32::try_from(number).unwrap_or(NULL) => {
                packed += u64::from(header.iter().any(|&byte| byte != 0));
            }
            _ => {}
        }
    }
    if packed > 0 {
        entries.note(Reason::NoReader, format!("packed pages that are not read: {packed}"));
    }
    if encrypted > 0 {
        entries.note(Reason::Encrypted, format!("encrypted pages: {encrypted}"));
    }
    if others > 0 {
        let detail = format!("pages of long values that are not put together: {others}");
        entries.note(Reason::NoReader, detail);
    }
    let nexts: BTreeSet<u32> = parts.values().map(|part| part.next).collect();
    let firsts: Vec<u32> = parts.keys().copied().filter(|page| !nexts.contains(page)).collect();
    for first in firsts {
        let ranges = chain(&mut parts, first, size);
        // The page alone is looked at as it is.
        if ranges.len() > 1 {
            let name = format!("(value from page {first})");
            entries.part(name.as_bytes(), &ranges, &mut Pieces::new(file, &ranges))?;
        }
    }
    Ok(())
}

/// Where the parts of a value lie. Each page is of one value.
fn chain(parts: &mut BTreeMap<u32, Part>, first: u32, size: u64) -> Vec<Range<u64>> {
    let mut ranges = Vec::new();
    let mut page = first;
    while let Some(part) = parts.remove(&page) {
        let from = u64::from(page) * size;
        let length = u64::from(part.length).min(size - HEADER as u64);
        ranges.push(from + HEADER as u64..from + HEADER as u64 + length);
        page = part.next;
    }
    ranges
}

/// Reads as much as there is at `at`.
fn fill(file: &mut dyn ReadSeek, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
    file.seek(SeekFrom::Start(at))?;
    let mut read = 0;
    while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginnings of the first two pages of a table in space 7.
    fn table(size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size + 100];
        for (at, byte) in [(25, 8), (37, 7), (41, 7), (49, 6), (size + 7, 1), (size + 25, 5)] {
            bytes[at] = byte;
        }
        bytes[size + 37] = 7;
        bytes
    }

    #[test]
    fn tables_are_told_by_their_first_two_pages() {
        for size in [4096, 8192, 16_384, 32_768, 65_536] {
            assert_eq!(page_size(&table(size)), Some(size as u64));
            for at in [7, 25, 37, size + 7, size + 25, size + 37] {
                let mut bytes = table(size);
                bytes[at] ^= 0x40;
                assert_eq!(page_size(&bytes), None, "{size} {at}");
            }
        }
        assert_eq!(page_size(&[0; 70_000]), None);
        assert_eq!(page_size(&[]), None);
    }

    #[test]
    fn chains_end_even_in_a_circle() {
        let part = |length, next| Part { length, next };
        let mut parts = BTreeMap::from([(3, part(10, 4)), (4, part(u32::MAX, 5)), (5, part(1, 3))]);
        let ranges = chain(&mut parts, 3, 4096);
        assert_eq!(ranges, [12_334..12_344, 16_430..20_480, 20_526..20_527]);
        assert!(parts.is_empty());
    }
}
