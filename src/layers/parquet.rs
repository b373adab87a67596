//! Parquet: the pages of columns, unpacked. A value of bytes stands in one piece in its page, so
//! that nothing more has to be read of it. What is not packed is seen in the file as it is.

use std::io::{self, BufReader, Read, SeekFrom};

use flate2::read::MultiGzDecoder;
use zeroize::Zeroizing;

use super::{
    Entries, Layer, Open, ReadSeek, brotli, invalid,
    parquet_footer::{self, Chunk, Page},
};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "parquet",
    about: "Parquet: packed pages of columns; values that share their beginnings \
            (DELTA_BYTE_ARRAY) and LZO are not put together, as the ledger says",
    is: |head| head.starts_with(PLAIN) || head.starts_with(ENCRYPTED),
    open: Open::Beside(open),
};

const PLAIN: &[u8] = b"PAR1";

/// Whose metadata are encrypted.
const ENCRYPTED: &[u8] = b"PARE";

/// Bytes of metadata that are read: a million columns.
const FOOTER: u64 = 256 << 20;

/// Bytes of the head of a page that are read, at first and at last: it may hold two values.
const HEADS: [u64; 3] = [256, 64 << 10, 32 << 20];

/// Bytes of a page that is unpacked in memory.
const PAGE: u64 = 64 << 20;

/// The encoding that leaves out what a value shares with the one before it.
const DELTA_BYTE_ARRAY: i64 = 7;

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let end = length.checked_sub(8).ok_or(io::ErrorKind::UnexpectedEof)?;
    file.seek(SeekFrom::Start(end))?;
    let mut tail = [0; 8];
    file.read_exact(&mut tail)?;
    let [a, b, c, d, mark @ ..] = tail;
    match mark.as_slice() {
        PLAIN => {}
        ENCRYPTED => {
            entries.note(Reason::Encrypted, "its metadata");
            return Ok(());
        }
        _ => return Err(invalid("it does not end with metadata")),
    }
    let size = u64::from(u32::from_le_bytes([a, b, c, d]));
    let from = end.checked_sub(size).filter(|_| size <= FOOTER);
    file.seek(SeekFrom::Start(from.ok_or_else(|| invalid("metadata of no such size"))?))?;
    let mut footer = Zeroizing::new(Vec::new());
    (&mut *file).take(size).read_to_end(&mut footer)?;
    let mut chunks = parquet_footer::chunks(&footer)?;
    chunks.sort_by_key(|chunk| chunk.at.start);
    let mut at = 0;
    // Each is told once.
    let (mut are_encrypted, mut are_shared) = (false, false);
    for chunk in chunks {
        if chunk.is_elsewhere || chunk.at.is_empty() {
            continue;
        }
        if chunk.is_encrypted {
            are_encrypted = true;
        } else if chunk.at.start < at || length < chunk.at.end {
            entries.skip(&chunk.name, Reason::Damaged, "parquet: no such place");
        } else {
            at = chunk.at.end;
            if let Err(problem) = pages(file, &chunk, &mut are_shared, entries) {
                entries.check()?;
                entries.skip(&chunk.name, Reason::Damaged, format!("parquet: {problem}"));
            }
        }
    }
    if are_encrypted {
        entries.note(Reason::Encrypted, "columns");
    }
    if are_shared {
        entries.note(Reason::NoReader, "values that share their beginnings, in parts");
    }
    Ok(())
}

/// Reads the pages of a column one after the other.
fn pages(
    file: &mut dyn ReadSeek,
    chunk: &Chunk,
    are_shared: &mut bool,
    entries: &mut Entries<'_, '_>,
) -> io::Result<()> {
    let mut at = chunk.at.start;
    while at < chunk.at.end {
        let page = head(file, at, chunk.at.end)?;
        *are_shared |= page.encoding == DELTA_BYTE_ARRAY;
        let from = at + page.head as u64;
        let to = from.checked_add(page.packed).filter(|&to| to <= chunk.at.end);
        let to = to.ok_or_else(|| invalid("a page beyond its column"))?;
        let data = from.saturating_add(page.levels).min(to);
        file.seek(SeekFrom::Start(data))?;
        let is_packed = chunk.codec != 0 && !page.is_plain && data < to;
        if is_packed {
            let name = format!(" (page at {at})");
            let name = [chunk.name.as_slice(), name.as_bytes()].concat();
            unpack(
                &mut (&mut *file).take(to - data),
                data..to,
                chunk.codec,
                &page,
                &name,
                entries,
            )?;
        }
        at = to;
    }
    Ok(())
}

fn head(file: &mut dyn ReadSeek, at: u64, end: u64) -> io::Result<Page> {
    let mut bytes = Zeroizing::new(Vec::new());
    for most in HEADS {
        let from = at + bytes.len() as u64;
        file.seek(SeekFrom::Start(from))?;
        let left = (end - from).min(most - bytes.len() as u64);
        (&mut *file).take(left).read_to_end(&mut bytes)?;
        match parquet_footer::page(&bytes) {
            Err(problem) if problem.kind() == io::ErrorKind::UnexpectedEof => {}
            page => return page,
        }
    }
    Err(invalid("a page without an end of its head"))
}

fn unpack(
    packed: &mut dyn Read,
    at: std::ops::Range<u64>,
    codec: i64,
    page: &Page,
    name: &[u8],
    entries: &mut Entries<'_, '_>,
) -> io::Result<()> {
    let at = std::slice::from_ref(&at);
    let size = page.unpacked.saturating_sub(page.levels);
    let in_memory: fn(&[u8], usize) -> Option<Vec<u8>> = match codec {
        2 => return entries.part(name, at, &mut MultiGzDecoder::new(packed).take(size)),
        4 => {
            let decoder = brotli::Decoder::new(BufReader::new(packed));
            return entries.part(name, at, &mut decoder.take(size));
        }
        6 => {
            let mut decoder = zstd::Decoder::new(packed)?;
            decoder.window_log_max(31)?;
            return entries.part(name, at, &mut decoder.take(size));
        }
        1 => |packed, size| {
            let is_so = snap::raw::decompress_len(packed).is_ok_and(|told| told == size);
            is_so.then(|| snap::raw::Decoder::new().decompress_vec(packed).ok()).flatten()
        },
        5 => |packed, size| hadoop(packed, size).or_else(|| lz4(packed, size)),
        7 => lz4,
        _ => {
            entries.skip(name, Reason::NoReader, format!("parquet: codec {codec}"));
            return Ok(());
        }
    };
    let mut bytes = Zeroizing::new(Vec::new());
    packed.take(PAGE + 1).read_to_end(&mut bytes)?;
    if size.max(bytes.len() as u64) > PAGE {
        entries.skip(name, Reason::OverBudget, format!("parquet: a page of {size} bytes"));
        return Ok(());
    }
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    match in_memory(&bytes, size).map(Zeroizing::new) {
        Some(values) => entries.part(name, at, &mut values.as_slice()),
        None => {
            entries.skip(name, Reason::Damaged, "parquet: a packed page");
            Ok(())
        }
    }
}

fn lz4(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    lz4_flex::block::decompress(packed, size).ok()
}

/// LZ4 as Hadoop has it: blocks after their sizes, unpacked and packed.
fn hadoop(mut packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    while let Some((head, rest)) = packed.split_first_chunk::<8>() {
        let [a, b, c, d, e, f, g, h] = *head;
        let unpacked = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
        let length = usize::try_from(u32::from_be_bytes([e, f, g, h])).ok()?;
        let (block, rest) = rest.split_at_checked(length)?;
        let is_possible = all.len().checked_add(unpacked)? <= size;
        all.append(&mut lz4(is_possible.then_some(block)?, unpacked)?);
        packed = rest;
    }
    (packed.is_empty() && all.len() == size).then_some(all)
}
