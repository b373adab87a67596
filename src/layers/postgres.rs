//! Tables of PostgreSQL as its data directory has them (`storage/bufpage.h`, `access/htup_details.h`,
//! `varatt.h`): pages are looked at as they are; values that it packed, and values over several rows
//! of a TOAST table, are put together. Knows no schema: what a row says is told by its form.

use std::{
    io::{self, Read, SeekFrom},
    ops::Range,
};

use zeroize::Zeroizing;

use super::{
    Entries, Layer, Open, ReadSeek,
    disk::numbers::{le16, le32},
    pieces::Pieces,
};
use crate::{ledger::Reason, unit::Decoded};

pub(super) const LAYER: Layer = Layer {
    name: "postgres",
    about: "tables of PostgreSQL in its data directory: pages are looked at as they are, and values that are packed (pglz, LZ4) or lie in the rows of a TOAST table are put together",
    is: |head| head.get(..PAGE).is_some_and(|page| rows(page).is_some_and(|rows| !rows.is_empty())),
    open: Open::Beside(open),
};

const PAGE: usize = 8192;

/// Bytes before the pointers to the rows of a page, and before what a row says.
const PAGE_HEAD: usize = 24;
const ROW_HEAD: usize = 23;

/// Rows of TOAST tables that are remembered: of 16 GiB.
const CHUNKS: usize = 8 << 20;

/// Bytes of one row of a TOAST table, and of a value that is unpacked.
const CHUNK: usize = 2048;
const VALUE: usize = 64 << 20;

/// A row of a TOAST table: whose value, which part of it, and where it lies.
struct Chunk {
    value: u32,
    number: u32,
    at: Range<u64>,
}

/// Where rows lie in a page of a table; `None` for what is no such page.
fn rows(page: &[u8]) -> Option<Vec<Range<usize>>> {
    let [flags, lower, upper, special] = [10, 12, 14, 16].map(|at| usize::from(le16(page, at)));
    let is_page = le16(page, 18) == 0x2004
        && flags < 8
        && special == PAGE
        && (PAGE_HEAD..=upper).contains(&lower)
        && lower % 4 == 0
        && upper <= special;
    if !is_page {
        return None;
    }
    let pointers = page.get(PAGE_HEAD..lower)?.chunks_exact(4);
    let mut rows = Vec::new();
    for pointer in pointers.map(|pointer| le32(pointer, 0)) {
        let (at, kind, length) = (pointer & 0x7fff, pointer >> 15 & 3, pointer >> 17);
        let (at, length) = (usize::try_from(at).ok()?, usize::try_from(length).ok()?);
        // What is dead may have no bytes any more.
        if kind == 1 {
            let is_row = upper <= at && at + length <= PAGE && at % 8 == 0 && ROW_HEAD < length;
            is_row.then(|| rows.push(at..at + length))?;
        }
    }
    Some(rows)
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut page = Zeroizing::new(vec![0; PAGE]);
    let mut chunks = Vec::new();
    let mut base = 0;
    while base + PAGE as u64 <= length {
        file.seek(SeekFrom::Start(base))?;
        file.read_exact(&mut page)?;
        for row in rows(&page).unwrap_or_default() {
            let at = base + row.start as u64;
            let row = page.get(row).unwrap_or_default();
            match chunk(row, at) {
                Some(chunk) if chunks.len() < CHUNKS => chunks.push(chunk),
                Some(_) => {
                    entries.note(Reason::OverBudget, "rows of long values");
                    return joined(file, entries, chunks);
                }
                None => inline(row, at, entries)?,
            }
        }
        base += PAGE as u64;
    }
    if base < length {
        entries.note(Reason::Damaged, "it ends within a page");
    }
    joined(file, entries, chunks)
}

/// What a row says, behind its head, and where that begins.
fn content(row: &[u8]) -> Option<(usize, &[u8])> {
    let at = usize::from(*row.get(22)?);
    (ROW_HEAD <= at && at % 8 == 0).then_some((at, row.get(at..)?))
}

/// A row of a TOAST table: the number of a value, that of the part, and bytes to the end.
fn chunk(row: &[u8], at: u64) -> Option<Chunk> {
    let (start, content) = content(row)?;
    let has_null = le16(row, 20) & 1 != 0;
    let bytes = content.get(8..).filter(|_| le16(row, 18) & 0x7ff == 3 && !has_null)?;
    let head = le32(content, 8);
    // A length of four bytes, or of one, which counts itself.
    let (head, length) = match bytes.first()? {
        1 => return None,
        byte if byte & 1 == 1 => (1, usize::from(byte >> 1)),
        byte if byte & 3 == 0 => (4, usize::try_from(head >> 2).ok()?),
        _ => return None,
    };
    if length != bytes.len() || length <= head || CHUNK < length {
        return None;
    }
    let from = at + (start + 8 + head) as u64;
    let to = at + (start + 8 + length) as u64;
    Some(Chunk { value: le32(content, 0), number: le32(content, 4), at: from..to })
}

/// Hands out values that are packed in a row.
fn inline(row: &[u8], at: u64, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let Some((start, content)) = content(row) else { return Ok(()) };
    let mut from = 0;
    while let Some(rest) = content.get(from..).filter(|rest| rest.len() > 8) {
        let head = le32(rest, 0);
        let length = usize::try_from(head >> 2).unwrap_or(usize::MAX);
        let packed = if head & 3 == 2 { rest.get(4..length) } else { None };
        if let Some(bytes) = packed.and_then(unpacked) {
            let place = at + (start + from) as u64;
            let name = format!("(value at {place})");
            let packed = place..place + length as u64;
            let at = std::slice::from_ref(&packed);
            entries.part(name.as_bytes(), at, &mut bytes.as_slice())?;
            from += length.next_multiple_of(4);
        } else {
            from += 4;
        }
    }
    Ok(())
}

/// Hands out the values whose parts are rows of their own.
fn joined(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    mut chunks: Vec<Chunk>,
) -> io::Result<()> {
    // Of rows that are there twice, the one that was written last.
    chunks.sort_by_key(|chunk| (chunk.value, chunk.number));
    for parts in chunks.chunk_by(|one, other| one.value == other.value) {
        let Some(first) = parts.first() else { continue };
        let mut numbers = parts.iter().map(|part| part.number);
        let is_whole = first.number == 0 && numbers.by_ref().zip(0..).all(|(is, want)| is == want);
        let ranges: Vec<Range<u64>> = parts.iter().map(|part| part.at.clone()).collect();
        let length: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        let mut value = Zeroizing::new(Vec::new());
        if is_whole && length <= VALUE as u64 {
            Pieces::new(file, &ranges).read_to_end(&mut value)?;
        }
        let name = format!("(value {})", first.value);
        match unpacked(&value) {
            Some(bytes) => entries.part(name.as_bytes(), &ranges, &mut bytes.as_slice())?,
            // A row alone is looked at as it is.
            None if ranges.len() > 1 => {
                entries.part(name.as_bytes(), &ranges, &mut Pieces::new(file, &ranges))?;
            }
            None => {}
        }
    }
    Ok(())
}

/// A packed value: its size and the method, and what is packed.
fn unpacked(packed: &[u8]) -> Option<Decoded> {
    let info = le32(packed.get(..4)?, 0);
    let size = usize::try_from(info & 0x3fff_ffff).ok()?;
    let packed = packed.get(4..)?;
    // Neither method makes more of a byte.
    let is_possible = packed.len() < size && size <= packed.len().saturating_mul(256).min(VALUE);
    let bytes = match info >> 30 {
        0 if is_possible => pglz(packed, size)?,
        1 if is_possible => Zeroizing::new(lz4_flex::block::decompress(packed, size).ok()?),
        _ => return None,
    };
    (bytes.len() == size).then_some(bytes)
}

/// What `pg_lzcompress.c` packed, if it comes to `size` bytes.
fn pglz(packed: &[u8], size: usize) -> Option<Decoded> {
    // Most of what is asked for is no packed value, and ends soon.
    let mut bytes = Zeroizing::new(Vec::with_capacity(size));
    let mut rest = packed.iter().copied();
    while bytes.len() < size {
        let control = rest.next()?;
        for bit in 0..8 {
            if bytes.len() == size {
                break;
            }
            let byte = rest.next()?;
            if control >> bit & 1 == 0 {
                bytes.push(byte);
                continue;
            }
            let back = usize::from(byte & 0xf0) << 4 | usize::from(rest.next()?);
            let mut count = usize::from(byte & 0x0f) + 3;
            if count == 18 {
                count += usize::from(rest.next()?);
            }
            let from = bytes.len().checked_sub(back).filter(|_| back > 0)?;
            for at in from..from + count.min(size - bytes.len()) {
                let byte = *bytes.get(at)?;
                bytes.push(byte);
            }
        }
    }
    rest.next().is_none().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_by_their_head_and_their_rows() {
        let mut page = vec![0; PAGE];
        for (at, value) in [(12, 28_u16), (14, 8160), (16, 8192), (18, 0x2004)] {
            page[at..at + 2].copy_from_slice(&value.to_le_bytes());
        }
        page[24..28].copy_from_slice(&(8160_u32 | 1 << 15 | 32 << 17).to_le_bytes());
        assert_eq!(rows(&page).and_then(|rows| rows.first().cloned()), Some(8160..8192));
        for at in [10, 12, 15, 17, 18, 24, 25, 27] {
            let mut other = page.clone();
            other[at] ^= 0x41;
            assert_eq!(rows(&other), None, "{at}");
        }
        assert_eq!(rows(&[0; PAGE]), None);
        assert_eq!(rows(&[]), None);
    }

    #[test]
    fn what_is_packed_comes_out_whole_or_not_at_all() {
        // Four letters, then eighteen and two more from four back.
        let packed = [0x10, b'a', b'b', b'c', b'd', 0x0f, 4, 2];
        let expected = b"abcdabcdabcdabcdabcdabcd";
        assert_eq!(pglz(&packed, 24).as_deref().map(Vec::as_slice), Some(&expected[..]));
        let value = [&24_u32.to_le_bytes()[..], &packed].concat();
        assert_eq!(unpacked(&value).as_deref().map(Vec::as_slice), Some(&expected[..]));
        for at in 0..value.len() {
            assert_eq!(unpacked(&value[..at]).as_deref(), None);
        }
        assert_eq!(pglz(&packed, 25).as_deref(), None, "more than there is");
        assert_eq!(pglz(&packed, 23).as_deref(), Some(&expected[..23].to_vec()), "cut");
        assert_eq!(pglz(&[1, 0x0f, 4, 2], 24).as_deref(), None, "back before the beginning");
    }
}
