//! VMDK, the images of VMware (Virtual Disk Format 5.0): sparse ones, and those for streams, which
//! are compressed. A flat one is the disk itself, and only text names it.

use std::{
    collections::BTreeMap,
    io::{self, Read, SeekFrom},
};

use zeroize::Zeroizing;

use super::{
    super::{Entries, Layer, Open, ReadSeek, Unread, invalid},
    claims::Claims,
    numbers::{le16, le32, le64},
    view::{Cache, Data, Piece, View, bytes_at},
};
use crate::ledger::Reason;

pub(in super::super) const LAYER: Layer = Layer {
    name: "vmdk",
    about: "VMDK images: sparse, and compressed for streams; what they are based on is not opened",
    is: |head| head.starts_with(b"KDMV") || head.starts_with(b"COWD\x01\0\0\0"),
    open: Open::Seek(open),
};

const SECTOR: u64 = 512;

/// Entries of the first table: 2 TiB, the most of such an image, in tables of 512 grains of 4 KiB.
const TABLE: u64 = 1 << 20;

/// Grains that one table may have; all writers have 512.
const GRAINS: u64 = 1 << 16;

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut header = bytes_at(file, 0, SECTOR)?;
    if header.starts_with(b"COWD") {
        return Err(io::Error::other(Unread("an image of ESX, as it is".to_owned())));
    }
    if le64(&header, 56) == u64::MAX {
        // Written as a stream: what was not known at its head is at its end.
        let footer = bytes_at(file, length.saturating_sub(2 * SECTOR), SECTOR)?;
        if !footer.starts_with(b"KDMV") {
            return cut(file, length, &header, entries);
        }
        header = footer;
    }
    note_base(file, entries, &header)?;
    let flags = le32(&header, 8);
    let (is_packed, has_zeros) = (flags & 1 << 16 != 0, flags & 4 != 0);
    let (sectors, grain_sectors) = (le64(&header, 12), le64(&header, 20));
    let per_table = u64::from(le32(&header, 44));
    let is_possible = grain_sectors.is_power_of_two()
        && grain_sectors <= 1 << 16
        && (1..=GRAINS).contains(&per_table);
    let size = sectors.checked_mul(SECTOR).filter(|_| is_possible);
    let size = size.ok_or_else(|| invalid("a header that cannot be"))?;
    let grain = grain_sectors * SECTOR;
    let spanned = grain * per_table;
    let count = size.div_ceil(spanned);
    if count > TABLE {
        return Err(invalid("a table whose size cannot be"));
    }
    let first = bytes_at(file, le64(&header, 56).saturating_mul(SECTOR), count * 4)?;
    let place = |entry: u32| match entry {
        0 => None,
        1 if has_zeros => None,
        sector => Some(u64::from(sector) * SECTOR),
    };
    let mut claims = Claims::default();
    let mut end = 0;
    for table in 0..first.len() / 4 {
        let at = u64::from(le32(&first, table * 4)) * SECTOR;
        if at == 0 {
            continue;
        }
        let second = bytes_at(file, at, per_table * 4)?;
        for at in (0..second.len() / 4).filter_map(|n| place(le32(&second, n * 4))) {
            let to = match is_packed {
                true if length < at + MARKER => at + MARKER,
                true => at + MARKER + u64::from(le32(&bytes_at(file, at, MARKER)?, 8)),
                false => at + grain,
            };
            end = end.max(to);
            claims.add(at, to);
        }
    }
    if length < end {
        let detail = "it ends before its last grains, in whose place there are zeros";
        entries.note(Reason::Damaged, detail);
    }
    let (mut tables, mut unpacked) = (Cache::default(), Cache::default());
    let map = |file: &mut dyn ReadSeek, at: u64| {
        let index = usize::try_from(at / spanned * 4).unwrap_or(usize::MAX);
        let table = u64::from(le32(&first, index)) * SECTOR;
        if table == 0 {
            return Ok(Piece { length: spanned - at % spanned, data: Data::Zeros });
        }
        let second = tables.get(table, || bytes_at(file, table, per_table * 4))?;
        let index = usize::try_from(at % spanned / grain * 4).unwrap_or(usize::MAX);
        let into = at % grain;
        let data = match place(le32(&second, index)) {
            None => Data::Zeros,
            Some(place) if length < place + if is_packed { MARKER } else { grain } => Data::Zeros,
            Some(place) if !is_packed => Data::File(place + into),
            Some(place) => {
                Data::Unpacked(unpacked.get(place, || unpack(file, place, grain))?, into)
            }
        };
        Ok(Piece { length: grain - into, data })
    };
    entries.member_at(b"", &mut View::new(file, size, map))?;
    claims.gaps(file, length, entries)
}

/// Grains that are looked for in a stream without its end; of 64 KiB, a tebibyte.
const FOUND: usize = 1 << 24;

/// Reads a stream that was cut: each grain says where it belongs, so that those before the cut are read
/// without a table.
fn cut(
    file: &mut dyn ReadSeek,
    length: u64,
    header: &[u8],
    entries: &mut Entries<'_, '_>,
) -> io::Result<()> {
    entries.note(Reason::Damaged, "its end is missing; grains before that are read");
    note_base(file, entries, header)?;
    let (sectors, grain) = (le64(header, 12), le64(header, 20).saturating_mul(SECTOR));
    let size = sectors.checked_mul(SECTOR).filter(|_| (1..=32 << 20).contains(&grain));
    let size = size.ok_or_else(|| invalid("a header that cannot be"))?;
    let mut grains = BTreeMap::new();
    let mut claims = Claims::default();
    let mut at = le64(header, 64).saturating_mul(SECTOR);
    while at.saturating_add(SECTOR) <= length && grains.len() < FOUND {
        let marker = bytes_at(file, at, 16)?;
        let (place, packed) = (le64(&marker, 0), u64::from(le32(&marker, 8)));
        let end = match packed {
            // A table: its sectors, and what it is.
            0 => place.saturating_add(1).saturating_mul(SECTOR).saturating_add(at),
            _ => (at + MARKER + packed).next_multiple_of(SECTOR),
        };
        if packed > 0 {
            if length < at + MARKER + packed {
                break;
            }
            grains.insert(place.saturating_mul(SECTOR) / grain, at);
            claims.add(at, at + MARKER + packed);
        }
        at = end;
    }
    let mut unpacked = Cache::default();
    let map = |file: &mut dyn ReadSeek, at: u64| {
        let (index, into) = (at / grain, at % grain);
        let Some((&next, &place)) = grains.range(index..).next() else {
            return Ok(Piece { length: size - at, data: Data::Zeros });
        };
        if index < next {
            return Ok(Piece { length: next * grain - at, data: Data::Zeros });
        }
        let bytes = unpacked.get(place, || unpack(file, place, grain))?;
        Ok(Piece { length: grain - into, data: Data::Unpacked(bytes, into) })
    };
    entries.member_at(b"", &mut View::new(file, size, map))?;
    claims.gaps(file, length, entries)
}

/// Bytes before the data of a compressed grain: its place on the disk, and its length.
const MARKER: u64 = 12;

fn unpack(file: &mut dyn ReadSeek, at: u64, grain: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let length = u64::from(le32(&bytes_at(file, at, MARKER)?, 8));
    let end = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(at + MARKER))?;
    let packed = file.take(length);
    let mut bytes = Zeroizing::new(Vec::new());
    let outcome = flate2::read::ZlibDecoder::new(packed).take(grain).read_to_end(&mut bytes);
    // A grain that is cut gives what comes before the cut.
    if end < at + MARKER + length { Ok(bytes) } else { outcome.map(|_| bytes) }
}

/// Says so if the text about the image names a parent, or if it was encrypted.
fn note_base(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    header: &[u8],
) -> io::Result<()> {
    if le16(header, 77) > 1 {
        return Err(io::Error::other(Unread("compressed in an unknown way".to_owned())));
    }
    let (at, sectors) = (le64(header, 28), le64(header, 36));
    if at == 0 || sectors == 0 {
        return Ok(());
    }
    let text = bytes_at(file, at.saturating_mul(SECTOR), sectors.min(128) * SECTOR)?;
    let parent = text
        .split(|&byte| byte == b'\n')
        .find_map(|line| line.trim_ascii().strip_prefix(b"parentCID="));
    if parent.is_some_and(|parent| !parent.eq_ignore_ascii_case(b"ffffffff")) {
        entries.note(Reason::NoReader, "it is based on another file, which is not opened");
    }
    Ok(())
}
