//! Compound files of Microsoft ([MS-CFB]): streams that lie in several pieces, and those that can
//! be opened. The others are seen in the file as it is.

use std::{
    io::{self, Read, SeekFrom},
    ops::Range,
};

use super::{Entries, Layer, Open, ReadSeek, invalid, of, pieces::Pieces};
use crate::{budget, ledger::Reason};

pub(super) const LAYER: Layer = Layer {
    name: "cfb",
    about: "compound files of Microsoft: Outlook msg, and doc, xls, ppt and msi",
    is: |head| head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    open: Open::Beside(open),
};

/// Sectors of one file: 32 GiB at the usual size.
const SECTORS: usize = 1 << 26;

/// Bytes of the directory: 500,000 streams.
const DIRECTORY: u64 = 64 << 20;

/// Storages inside of one another.
const DEPTH: usize = 32;

/// Numbers from here on are no sectors.
const LAST: u32 = 0xffff_fffa;

struct File<'f> {
    file: &'f mut dyn ReadSeek,
    sector: u64,
    /// The sector after each.
    next: Vec<u32>,
    /// Sectors that are part of something. Each is of one thing only.
    is_taken: Vec<bool>,
}

impl File<'_> {
    fn at(&self, sector: u32) -> u64 {
        (u64::from(sector) + 1) * self.sector
    }

    /// The pieces of a chain, together not more than `size`, and whether it is whole.
    fn chain(&mut self, start: u32, size: u64) -> (Vec<Range<u64>>, bool) {
        let mut ranges: Vec<Range<u64>> = Vec::new();
        let mut left = size;
        let mut sector = start;
        while left > 0 && sector < LAST {
            let index = usize::try_from(sector).unwrap_or(usize::MAX);
            let (Some(&next), Some(is_taken)) =
                (self.next.get(index), self.is_taken.get_mut(index))
            else {
                return (ranges, false);
            };
            if std::mem::replace(is_taken, true) {
                return (ranges, false);
            }
            let at = self.at(sector);
            let length = left.min(self.sector);
            join(&mut ranges, at..at + length);
            left -= length;
            sector = next;
        }
        (ranges, left == 0 || size == u64::MAX)
    }

    /// The numbers in a sector, fewer at the end of the file.
    fn numbers(&mut self, sector: u32) -> io::Result<Vec<u32>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(self.at(sector)))?;
        self.file.take(self.sector).read_to_end(&mut bytes)?;
        Ok(numbers(&bytes))
    }

    fn read(&mut self, ranges: &[Range<u64>], most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        Pieces::new(self.file, ranges).take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Adds a range, to the last one where it goes on from it.
fn join(ranges: &mut Vec<Range<u64>>, range: Range<u64>) {
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut header = vec![0; 512];
    file.rewind()?;
    file.read_exact(&mut header)?;
    let shift = header.get(30).copied().filter(|shift| matches!(shift, 9 | 12));
    let sector = 1 << shift.ok_or_else(|| invalid("no size of sectors"))?;
    let mut file = File { file, sector, next: Vec::new(), is_taken: Vec::new() };
    file.next = table(&mut file, &header, length)?;
    file.is_taken = vec![false; file.next.len()];

    let (at, _) = file.chain(u32_at(&header, 48), u64::MAX);
    let directory = file.read(&within(at, length), DIRECTORY)?;
    let nodes: Vec<&[u8]> = directory.chunks_exact(128).collect();
    let Some(root) = nodes.first() else { return Err(invalid("no directory")) };
    let (small, _) = file.chain(u32_at(root, 116), u64::from(u32_at(root, 120)));
    let step = usize::try_from(sector).unwrap_or(usize::MAX);
    let small: Vec<u64> = small.into_iter().flat_map(|range| range.step_by(step)).collect();
    let (at, _) = file.chain(u32_at(&header, 60), u64::MAX);
    let small_next = numbers(&file.read(&within(at, length), length)?);
    let mut is_small_taken = vec![false; small_next.len()];

    // Streams shorter than this are in small sectors.
    let small_size = u64::from(u32_at(&header, 56));
    let mut is_damaged = false;
    for (name, node) in streams(&nodes, u32_at(root, 76)) {
        let size = match sector {
            512 => u64::from(u32_at(node, 120)),
            _ => u64::from(u32_at(node, 124)) << 32 | u64::from(u32_at(node, 120)),
        };
        if name == "EncryptedPackage" {
            entries.note(Reason::Encrypted, "a document with a password");
        }
        let start = u32_at(node, 116);
        let (at, is_whole) = if size < small_size {
            small_chain(&small, sector, &small_next, &mut is_small_taken, start, size)
        } else {
            file.chain(start, size)
        };
        let at = within(at, length);
        is_damaged |=
            !is_whole || at.iter().map(|range| range.end - range.start).sum::<u64>() < size;
        let head = file.read(&at, budget::FIRST_READ as u64)?;
        if at.len() > 1 || of(&head).is_some() {
            entries.part(name.as_bytes(), &at, &mut Pieces::new(file.file, &at))?;
        }
    }
    if is_damaged {
        entries.note(Reason::Damaged, "some of its streams have lost their end");
    }
    Ok(())
}

/// The sector after each, from the sectors that say so, which the header and its chain list.
fn table(file: &mut File<'_>, header: &[u8], length: u64) -> io::Result<Vec<u32>> {
    let sectors = usize::try_from(length / file.sector).unwrap_or(usize::MAX).min(SECTORS);
    let mut list = numbers(header.get(76..).unwrap_or_default());
    let mut more = u32_at(header, 68);
    // Each sector of the list has at least 127 others.
    for _ in 0..=sectors / 127 {
        if more >= LAST {
            break;
        }
        let mut sector = file.numbers(more)?;
        more = sector.pop().unwrap_or(LAST);
        list.extend(sector);
    }
    let mut next = Vec::new();
    for sector in list {
        if sector >= LAST || next.len() >= sectors {
            continue;
        }
        next.extend(file.numbers(sector)?);
    }
    next.truncate(sectors);
    Ok(next)
}

/// The pieces of a short stream, which is in 64 bytes each of the stream of the root. Of that,
/// `small` has where each of its sectors is.
fn small_chain(
    small: &[u64],
    large: u64,
    next: &[u32],
    is_taken: &mut [bool],
    start: u32,
    size: u64,
) -> (Vec<Range<u64>>, bool) {
    let mut ranges = Vec::new();
    let mut left = size;
    let mut sector = start;
    while left > 0 && sector < LAST {
        let index = usize::try_from(sector).unwrap_or(usize::MAX);
        let (Some(&after), Some(is_taken)) = (next.get(index), is_taken.get_mut(index)) else {
            break;
        };
        if std::mem::replace(is_taken, true) {
            break;
        }
        let length = left.min(64);
        let from = u64::from(sector) * 64;
        let large_index = usize::try_from(from / large).unwrap_or(usize::MAX);
        let Some(at) = small.get(large_index).map(|at| at + from % large) else { break };
        join(&mut ranges, at..at + length);
        left -= length;
        sector = after;
    }
    (ranges, left == 0)
}

/// Streams with the names of the storages that they are in.
fn streams<'d>(nodes: &[&'d [u8]], first: u32) -> Vec<(String, &'d [u8])> {
    let mut found = Vec::new();
    let mut is_seen = vec![false; nodes.len()];
    let mut open = vec![(first, String::new(), 0)];
    while let Some((index, outer, depth)) = open.pop() {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let (Some(&node), Some(is_seen)) = (nodes.get(index), is_seen.get_mut(index)) else {
            continue;
        };
        if std::mem::replace(is_seen, true) {
            continue;
        }
        let length = usize::from(node.get(64).copied().unwrap_or_default()).clamp(2, 64) - 2;
        let units = node.get(..length).unwrap_or_default().chunks_exact(2);
        let units =
            units.filter_map(|unit| unit.first_chunk().map(|unit| u16::from_le_bytes(*unit)));
        let name: String = char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect();
        let path = format!("{outer}{name}");
        open.push((u32_at(node, 68), outer.clone(), depth));
        open.push((u32_at(node, 72), outer, depth));
        match node.get(66) {
            Some(1) if depth < DEPTH => {
                open.push((u32_at(node, 76), format!("{path}/"), depth + 1))
            }
            Some(2) => found.push((path, node)),
            _ => {}
        }
    }
    found
}

/// What of the ranges is in the file.
fn within(mut ranges: Vec<Range<u64>>, length: u64) -> Vec<Range<u64>> {
    ranges.iter_mut().for_each(|range| range.end = range.end.min(length));
    ranges.retain(|range| range.start < range.end);
    ranges
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    bytes.map_or(LAST, |bytes| u32::from_le_bytes(*bytes))
}
