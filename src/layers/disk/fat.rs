//! FAT12, FAT16, FAT32 (Microsoft's specification of 2000) and exFAT (that of 2019). What was
//! deleted is looked at as it lies there, and so are directories and tables.

use std::{
    collections::HashSet,
    io::{self, SeekFrom},
};

use zeroize::Zeroizing;

use super::{
    super::{Entries, Layer, Open, ReadSeek, invalid, is_cut},
    claims::Claims,
    files::{DEPTH, Runs, joined},
    numbers::{le16, le32, le64},
    short,
    view::bytes_at,
};
use crate::ledger::Reason;

pub(in super::super) const FAT: Layer = Layer {
    name: "fat",
    about: "FAT12, FAT16 and FAT32 with long names, and what was deleted in them, as it lies there",
    is: |head| geometry(head).is_some(),
    open: Open::Seek(open),
};

pub(in super::super) const EXFAT: Layer = Layer {
    name: "exfat",
    about: "exFAT, and what was deleted in it, as it lies there",
    is: |head| exfat_geometry(head).is_some(),
    open: Open::Seek(open_exfat),
};

/// Bits of an entry of the table.
#[derive(Clone, Copy, PartialEq)]
enum Width {
    Twelve,
    Sixteen,
    ThirtyTwo,
}

pub(super) struct Geometry {
    width: Width,
    /// Offset of the table, and its length.
    table: (u64, u64),
    cluster: u64,
    clusters: u64,
    /// Offset of the first cluster, which has the number 2.
    data: u64,
    root: Root,
}

enum Root {
    /// Offset and length, before the clusters.
    Fixed(u64, u64),
    Cluster(u32),
}

pub(super) fn geometry(head: &[u8]) -> Option<Geometry> {
    let sector = u64::from(le16(head, 11));
    let per_cluster = u64::from(*head.get(13)?);
    let (reserved, tables) = (u64::from(le16(head, 14)), u64::from(*head.get(16)?));
    let is_possible = matches!(head, [0xeb, _, 0x90, ..] | [0xe9, ..])
        && matches!(sector, 512 | 1024 | 2048 | 4096)
        && per_cluster.is_power_of_two()
        && reserved > 0
        && matches!(tables, 1 | 2)
        && matches!(head.get(21)?, 0xf0 | 0xf8..=0xff)
        && head.get(510..512)? == [0x55, 0xaa];
    is_possible.then_some(())?;
    let short = |at: usize, long_at: usize| match le16(head, at) {
        0 => u64::from(le32(head, long_at)),
        short => u64::from(short),
    };
    let (total, table) = (short(19, 32), short(22, 36));
    let roots = u64::from(le16(head, 17));
    let root_at = reserved + tables * table;
    let root_sectors = (roots * 32).div_ceil(sector);
    let clusters = total.checked_sub(root_at + root_sectors)? / per_cluster;
    (table > 0 && clusters > 0).then_some(())?;
    let width = match clusters {
        _ if le16(head, 22) == 0 => Width::ThirtyTwo,
        0..4085 => Width::Twelve,
        _ => Width::Sixteen,
    };
    Some(Geometry {
        width,
        table: (reserved * sector, table * sector),
        cluster: per_cluster * sector,
        clusters,
        data: (root_at + root_sectors) * sector,
        root: match width {
            Width::ThirtyTwo => Root::Cluster(le32(head, 44)),
            Width::Twelve | Width::Sixteen => Root::Fixed(root_at * sector, roots * 32),
        },
    })
}

pub(super) fn exfat_geometry(head: &[u8]) -> Option<Geometry> {
    let shifts = head.get(108..110)?;
    let [sector_bits, cluster_bits] = *shifts else { return None };
    let is_possible = head.get(3..11)? == b"EXFAT   "
        && (9..=12).contains(&sector_bits)
        && cluster_bits <= 25 - sector_bits;
    is_possible.then_some(())?;
    let sectors = |at: usize| u64::from(le32(head, at)) << sector_bits;
    Some(Geometry {
        width: Width::ThirtyTwo,
        table: (sectors(80), sectors(84)),
        cluster: 1 << (sector_bits + cluster_bits),
        clusters: le32(head, 92).into(),
        data: sectors(88),
        root: Root::Cluster(le32(head, 96)),
    })
}

/// The table, with a piece of it at hand.
struct Table<'g> {
    geometry: &'g Geometry,
    piece: Option<(u64, Zeroizing<Vec<u8>>)>,
}

const PIECE: u64 = 4096;

impl Table<'_> {
    fn byte(&mut self, file: &mut dyn ReadSeek, at: u64) -> io::Result<u8> {
        let (from, length) = self.geometry.table;
        if length <= at {
            return Err(invalid("beyond the table"));
        }
        let start = at - at % PIECE;
        let piece = match self.piece.take().filter(|piece| piece.0 == start) {
            Some(piece) => piece,
            None => (start, bytes_at(file, from + start, PIECE.min(length - start))?),
        };
        let byte = usize::try_from(at - start).ok().and_then(|at| piece.1.get(at).copied());
        self.piece = Some(piece);
        byte.ok_or_else(|| invalid("beyond the table"))
    }

    fn next(&mut self, file: &mut dyn ReadSeek, cluster: u32) -> io::Result<u32> {
        let n = u64::from(cluster);
        let (at, count) = match self.geometry.width {
            Width::Twelve => (n + n / 2, 2),
            Width::Sixteen => (n * 2, 2),
            Width::ThirtyTwo => (n * 4, 4),
        };
        let mut entry = 0;
        for byte in 0..count {
            entry |= u32::from(self.byte(file, at + byte)?) << (8 * byte);
        }
        Ok(match self.geometry.width {
            Width::Twelve if n % 2 == 1 => entry >> 4,
            Width::Twelve => entry & 0xfff,
            Width::Sixteen => entry,
            Width::ThirtyTwo => entry,
        })
    }

    /// Where `count` clusters from `first` on lie, or fewer, if the chain ends before.
    fn chain(
        &mut self,
        file: &mut dyn ReadSeek,
        first: u32,
        count: u64,
        is_in_one_piece: bool,
    ) -> io::Result<(Runs, u64)> {
        let Geometry { cluster, clusters, data, .. } = *self.geometry;
        let mut runs = Runs::default();
        let count = count.min(clusters);
        let mut at = first;
        let mut done = 0;
        while done < count {
            let index = u64::from(at).checked_sub(2).filter(|index| *index < clusters);
            let Some(index) = index else { break };
            if is_in_one_piece {
                let whole = count.min(clusters - index);
                runs.add(0, data + index * cluster, whole * cluster)?;
                return Ok((runs, whole * cluster));
            }
            runs.add(done * cluster, data + index * cluster, cluster)?;
            done += 1;
            if done < count {
                at = self.next(file, at)? & 0x0fff_ffff;
            }
        }
        Ok((runs, done * cluster))
    }
}

/// Something that a directory lists.
struct Listed {
    name: Vec<u8>,
    first: u32,
    size: u64,
    is_directory: bool,
    is_in_one_piece: bool,
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let head = bytes_at(file, 0, 512)?;
    let geometry = geometry(&head).ok_or_else(|| invalid("no boot sector"))?;
    walk(file, entries, &geometry, list)
}

fn open_exfat(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let head = bytes_at(file, 0, 512)?;
    let geometry = exfat_geometry(&head).ok_or_else(|| invalid("no boot sector"))?;
    walk(file, entries, &geometry, list_exfat)
}

fn walk(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    geometry: &Geometry,
    list: fn(&[u8]) -> Vec<Listed>,
) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let clusters = geometry.clusters.saturating_mul(geometry.cluster);
    short(length, geometry.data.saturating_add(clusters), entries);
    let mut table = Table { geometry, piece: None };
    let mut claims = Claims::default();
    let mut seen = HashSet::new();
    let root = match geometry.root {
        Root::Fixed(at, length) => bytes_at(file, at, length)?,
        Root::Cluster(first) => {
            seen.insert(first);
            let (runs, size) = table.chain(file, first, u64::MAX, false)?;
            runs.directory(file, size)?
        }
    };
    let mut waiting: Vec<_> =
        list(&root).into_iter().rev().map(|listed| (listed, Vec::new(), 0)).collect();
    while let Some((listed, above, depth)) = waiting.pop() {
        let path = joined(&above, &listed.name);
        if listed.is_directory && (depth >= DEPTH || !seen.insert(listed.first)) {
            let reason = if depth >= DEPTH { Reason::TooDeep } else { Reason::Damaged };
            entries.skip(&path, reason, "fat: directories in one another");
            continue;
        }
        let outcome = (|| {
            let is_open = listed.is_directory && listed.size == 0;
            let wanted = if is_open { u64::MAX } else { listed.size.div_ceil(geometry.cluster) };
            let (runs, there) = table.chain(file, listed.first, wanted, listed.is_in_one_piece)?;
            if listed.is_directory {
                let bytes = runs.directory(file, there)?;
                let inside = list(&bytes).into_iter().rev();
                waiting.extend(inside.map(|inside| (inside, path.clone(), depth + 1)));
                return Ok(());
            }
            let size = listed.size.min(there);
            runs.hand_out(file, size, &path, entries, &mut claims)?;
            if size < listed.size {
                return Err(invalid("its clusters end before it does"));
            }
            Ok(())
        })();
        match outcome {
            Err(problem) if is_cut(&problem) => return Err(problem),
            Err(problem) => entries.skip(&path, Reason::Damaged, format!("fat: {problem}")),
            Ok(()) => {}
        }
    }
    claims.gaps(file, length, entries)
}

/// What a directory of FAT lists, with long names where there are some.
fn list(directory: &[u8]) -> Vec<Listed> {
    let mut all = Vec::new();
    let mut long: Vec<Vec<u16>> = Vec::new();
    for entry in directory.as_chunks::<32>().0 {
        let attributes = entry.get(11).copied().unwrap_or_default();
        match *entry {
            [0, ..] => break,
            [0xe5 | b'.', ..] => long.clear(),
            [order, ..] if attributes & 0x3f == 0x0f => {
                if order & 0x40 != 0 {
                    long.clear();
                }
                let ranges = [1..11, 14..26, 28..32];
                let units = ranges.into_iter().filter_map(|range| entry.get(range)).flat_map(units);
                long.push(units.take_while(|&unit| unit != 0).collect());
            }
            _ if attributes & 8 != 0 => long.clear(),
            _ => {
                let units: Vec<u16> = long.drain(..).rev().flatten().collect();
                let name = if units.is_empty() { short_name(entry) } else { utf8(&units) };
                all.push(Listed {
                    name,
                    first: u32::from(le16(entry, 26)) | u32::from(le16(entry, 20)) << 16,
                    size: le32(entry, 28).into(),
                    is_directory: attributes & 0x10 != 0,
                    is_in_one_piece: false,
                });
            }
        }
    }
    all
}

/// The name in eight and three characters. Windows says in two bits that they are small letters.
fn short_name(entry: &[u8]) -> Vec<u8> {
    let case = entry.get(12).copied().unwrap_or_default();
    let part = |range: std::ops::Range<usize>, bit| {
        let part = entry.get(range).unwrap_or_default().trim_ascii_end();
        if case & bit != 0 { part.to_ascii_lowercase() } else { part.to_vec() }
    };
    let (name, extension) = (part(0..8, 8), part(8..11, 16));
    if extension.is_empty() { name } else { [name, extension].join(&b'.') }
}

/// What a directory of exFAT lists: sets of a file, where it is, and its name in pieces.
fn list_exfat(directory: &[u8]) -> Vec<Listed> {
    let mut all: Vec<Listed> = Vec::new();
    let mut name = Vec::new();
    let mut is_directory = false;
    for entry in directory.as_chunks::<32>().0 {
        match *entry {
            [0, ..] => break,
            [0x85, ..] => is_directory = le16(entry, 4) & 0x10 != 0,
            [0xc0, flags, ..] => {
                name.clear();
                all.push(Listed {
                    name: Vec::new(),
                    first: le32(entry, 20),
                    size: le64(entry, 24),
                    is_directory,
                    is_in_one_piece: flags & 2 != 0,
                });
            }
            [0xc1, ..] => {
                let pieces = units(entry.get(2..).unwrap_or_default());
                name.extend(pieces.take_while(|&unit| unit != 0));
                if let Some(last) = all.last_mut().filter(|_| name.len() <= 255) {
                    last.name = utf8(&name);
                }
            }
            _ => {}
        }
    }
    all
}

fn units(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit))
}

fn utf8(units: &[u16]) -> Vec<u8> {
    String::from_utf16_lossy(units).into_bytes()
}
