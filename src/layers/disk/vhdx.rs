//! VHDX, the images of Hyper-V (MS-VHDX).

use std::io::{self, SeekFrom};

use super::{
    super::{Entries, Layer, Open, ReadSeek, invalid},
    claims::Claims,
    numbers::{le16, le32, le64},
    view::{Data, Piece, View, bytes_at},
};
use crate::ledger::Reason;

pub(in super::super) const LAYER: Layer = Layer {
    name: "vhdx",
    about: "VHDX images; what they are based on is not opened",
    is: |head| head.starts_with(b"vhdxfile"),
    open: Open::Seek(open),
};

const MIB: u64 = 1 << 20;

/// Entries of the table of blocks: 64 TiB, the most a VHDX can have, in blocks of 1 MiB, and as
/// many again.
const TABLE: u64 = 1 << 27;

const BAT: u128 = 0x2dc27766_f623_4200_9d64_115e9bfd4a08;
const METADATA: u128 = 0x8b7ca206_4790_4b9a_b8fe_575f050f886e;
const PARAMETERS: u128 = 0xcaa16737_fa36_4d43_b3b6_33f0aa44e76b;
const SIZE: u128 = 0x2fa54224_cd1b_4876_b211_5dbed83bf4b8;
const SECTOR: u128 = 0x8141bf1d_a96f_4709_ba47_f233a8faab5f;

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    if has_log(file)? {
        entries.note(Reason::Damaged, "it was not closed, and its log is not applied");
    }
    let regions = regions(file)?;
    let (metadata, _) = region(&regions, METADATA)?;
    let (bat, bat_length) = region(&regions, BAT)?;
    let items = bytes_at(file, metadata, 64 << 10)?;
    if !items.starts_with(b"metadata") {
        return Err(invalid("no metadata"));
    }
    let mut item = |id: u128| {
        let place = (0..usize::from(le16(&items, 10)).min(2047))
            .map(|n| 32 + n * 32)
            .find(|&at| guid(&items, at) == id)
            .map(|at| metadata.saturating_add(u64::from(le32(&items, at + 16))));
        bytes_at(file, place.ok_or_else(|| invalid("metadata is missing"))?, 8)
    };
    let parameters = item(PARAMETERS)?;
    let block = u64::from(le32(&parameters, 0));
    let size = le64(&item(SIZE)?, 0);
    let sector = u64::from(le32(&item(SECTOR)?, 0));
    if !(MIB..=256 * MIB).contains(&block)
        || !block.is_power_of_two()
        || !matches!(sector, 512 | 4096)
    {
        return Err(invalid("metadata that cannot be"));
    }
    if le32(&parameters, 4) & 2 != 0 {
        entries.note(Reason::NoReader, "it is based on another file, which is not opened");
    }
    // After so many blocks, the table has an entry for which of their sectors are there.
    let chunk = (sector << 23) / block;
    let blocks = size.div_ceil(block);
    let count = blocks.saturating_add(blocks / chunk);
    if count > TABLE || count.saturating_mul(8) > bat_length {
        return Err(invalid("a table whose size cannot be"));
    }
    let table = bytes_at(file, bat, count * 8)?;
    let place = |index: u64| {
        let at = usize::try_from((index + index / chunk) * 8).unwrap_or(usize::MAX);
        let entry = le64(&table, at);
        matches!(entry & 7, 6 | 7).then_some(entry & !(MIB - 1))
    };
    let mut claims = Claims::default();
    for at in (0..blocks).filter_map(place) {
        claims.add(at, at.saturating_add(block));
    }
    let map = |_: &mut dyn ReadSeek, at: u64| {
        let into = at % block;
        let data =
            place(at / block).map_or(Data::Zeros, |place| Data::File(place.saturating_add(into)));
        Ok(Piece { length: block - into, data })
    };
    entries.member_at(b"", &mut View::new(file, size, map))?;
    claims.gaps(file, length, entries)
}

/// Whether the newer header names a log.
fn has_log(file: &mut dyn ReadSeek) -> io::Result<bool> {
    let mut newest = (0, false);
    for at in [64 << 10, 128 << 10] {
        let header = bytes_at(file, at, 4096)?;
        let sequence = le64(&header, 8);
        if header.starts_with(b"head") && newest.0 <= sequence {
            newest = (sequence, guid(&header, 48) != 0);
        }
    }
    Ok(newest.1)
}

/// The first table of regions that is one.
fn regions(file: &mut dyn ReadSeek) -> io::Result<zeroize::Zeroizing<Vec<u8>>> {
    for at in [192 << 10, 256 << 10] {
        let table = bytes_at(file, at, 64 << 10)?;
        if table.starts_with(b"regi") {
            return Ok(table);
        }
    }
    Err(invalid("no table of regions"))
}

/// Offset and length of a region.
fn region(regions: &[u8], id: u128) -> io::Result<(u64, u64)> {
    let count = usize::try_from(le32(regions, 8)).unwrap_or(usize::MAX).min(2047);
    let at = (0..count).map(|n| 16 + n * 32).find(|&at| guid(regions, at) == id);
    let at = at.ok_or_else(|| invalid("a region is missing"))?;
    Ok((le64(regions, at + 16), u64::from(le32(regions, at + 24))))
}

/// A GUID, its fields in the order in which they are written.
fn guid(bytes: &[u8], at: usize) -> u128 {
    let head = u128::from(le32(bytes, at)) << 96
        | u128::from(le16(bytes, at + 4)) << 80
        | u128::from(le16(bytes, at + 6)) << 64;
    head | u128::from(le64(bytes, at + 8).swap_bytes())
}
