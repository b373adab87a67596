//! qcow2, the images of QEMU (docs/interop/qcow2.txt), versions 2 and 3: the disk, the disks of its
//! snapshots, and what is in none of them. A file that an image is based on is never opened.

use std::io::{self, Read, SeekFrom};

use zeroize::Zeroizing;

use super::{
    super::{Entries, Layer, Open, ReadSeek, Unread, invalid},
    claims::Claims,
    numbers::{be16, be32, be64},
    view::{Cache, Data, Piece, View, bytes_at},
};
use crate::ledger::Reason;

pub(in super::super) const LAYER: Layer = Layer {
    name: "qcow2",
    about: "qcow2 images, versions 2 and 3, with compressed clusters and snapshots; what they are \
            based on is not opened",
    is: |head| matches!(head, [b'Q', b'F', b'I', 0xfb, 0, 0, 0, 2 | 3, ..]),
    open: Open::Seek(open),
};

/// Entries of the first table: 2^22 of them span 2 PiB of clusters of 64 KiB.
const TABLE: u64 = 1 << 22;

/// Snapshots that are opened. QEMU writes no more than 65,536, people a handful.
const SNAPSHOTS: u32 = 256;

struct Image {
    version: u32,
    cluster_bits: u32,
    size: u64,
    has_subclusters: bool,
    is_zstd: bool,
    has_base: bool,
}

impl Image {
    fn cluster(&self) -> u64 {
        1 << self.cluster_bits
    }

    /// Bytes of an entry of a second table.
    fn entry(&self) -> u64 {
        if self.has_subclusters { 16 } else { 8 }
    }
}

/// Bits of the offsets in tables.
const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let mut head = [0; 112];
    let length = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    file.read_exact(head.get_mut(..72).unwrap_or_default())?;
    let version = be32(&head, 4);
    if version > 2 {
        file.read_exact(head.get_mut(72..).unwrap_or_default())?;
    }
    let features = be64(&head, 72);
    let image = Image {
        version,
        cluster_bits: be32(&head, 20),
        size: be64(&head, 24),
        has_subclusters: features & 0x10 != 0,
        is_zstd: features & 8 != 0 && be32(&head, 100) > 104 && head.get(104) == Some(&1),
        has_base: be64(&head, 8) != 0,
    };
    if !(9..=21).contains(&image.cluster_bits) {
        return Err(invalid("a cluster size that cannot be"));
    }
    match be32(&head, 32) {
        0 => {}
        method => {
            let method = if method == 2 { "LUKS" } else { "AES" };
            entries.note(Reason::Encrypted, format!("encrypted with {method}"));
            return entries.raw_gap(file, 0, length);
        }
    }
    if features & 4 != 0 {
        return Err(io::Error::other(Unread("its data is in another file".to_owned())));
    }
    if image.has_base {
        // The name is whatever the image says: it is not followed.
        let name = bytes_at(file, be64(&head, 8), u64::from(be32(&head, 16)).min(1023))?;
        let name = String::from_utf8_lossy(&name).replace(|c: char| !c.is_ascii_graphic(), "?");
        entries.note(Reason::NoReader, format!("it is based on {name}, which is not opened"));
    }
    let mut claims = Claims::default();
    let table = (be64(&head, 40), u64::from(be32(&head, 36)));
    disk(file, entries, &image, table, b"", &mut claims)?;
    let (count, mut at) = (be32(&head, 60), be64(&head, 64));
    for number in 1..=count.min(SNAPSHOTS) {
        let snapshot = bytes_at(file, at, 40)?;
        let table = (be64(&snapshot, 0), u64::from(be32(&snapshot, 8)));
        let name = format!("(snapshot {number})");
        let extra = bytes_at(file, at.saturating_add(40), u64::from(be32(&snapshot, 36)).min(16))?;
        let size = if extra.len() == 16 { be64(&extra, 8) } else { image.size };
        disk(file, entries, &Image { size, ..image }, table, name.as_bytes(), &mut claims)?;
        let names = u64::from(be16(&snapshot, 12)) + u64::from(be16(&snapshot, 14));
        let length = 40 + u64::from(be32(&snapshot, 36)) + names;
        at = at.saturating_add(length.next_multiple_of(8));
    }
    if count > SNAPSHOTS {
        entries.note(Reason::OverBudget, format!("{count} snapshots, {SNAPSHOTS} opened"));
    }
    claims.gaps(file, length, entries)
}

/// Hands out the disk of one first table, and claims what is in it.
fn disk(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    image: &Image,
    (at, count): (u64, u64),
    name: &[u8],
    claims: &mut Claims,
) -> io::Result<()> {
    let per_table = image.cluster() / image.entry();
    let spanned = image.cluster().saturating_mul(per_table);
    if count > TABLE || image.size.div_ceil(spanned) > count {
        return Err(invalid("a table whose size cannot be"));
    }
    let first = bytes_at(file, at, count * 8)?;
    let first: Vec<u64> = (0..first.len() / 8).map(|n| be64(&first, n * 8) & OFFSET).collect();
    for table in first.iter().filter(|table| **table != 0) {
        let second = bytes_at(file, *table, image.cluster())?;
        for n in 0..usize::try_from(per_table).unwrap_or_default() {
            let entry = be64(&second, n * usize::try_from(image.entry()).unwrap_or_default());
            match place(image, entry) {
                Place::Hole => {}
                Place::Plain(offset) => claims.add(offset, offset + image.cluster()),
                Place::Packed { offset, length } => claims.add(offset, offset + length),
            }
        }
    }
    let (mut tables, mut unpacked) = (Cache::default(), Cache::default());
    let map = |file: &mut dyn ReadSeek, at: u64| {
        let table = usize::try_from(at / spanned).ok().and_then(|table| first.get(table));
        let table = table.copied().ok_or_else(|| invalid("beyond the first table"))?;
        if table == 0 {
            return Ok(Piece { length: spanned - at % spanned, data: Data::Zeros });
        }
        let second = tables.get(table, || bytes_at(file, table, image.cluster()))?;
        let index = at % spanned / image.cluster();
        let entry_at = usize::try_from(index * image.entry()).unwrap_or(usize::MAX);
        let entry = be64(&second, entry_at);
        let into = at % image.cluster();
        let rest = image.cluster() - into;
        let is_zero = entry & 1 != 0 && image.version > 2 && !image.has_subclusters;
        match place(image, entry) {
            Place::Packed { offset, length } => {
                let bytes = unpacked.get(offset, || unpack(file, image, offset, length))?;
                Ok(Piece { length: rest, data: Data::Unpacked(bytes, into) })
            }
            Place::Plain(offset) if image.has_subclusters => {
                let part = image.cluster() / 32;
                let allocated = be64(&second, entry_at + 8) >> (into / part) & 1 != 0;
                let data = if allocated { Data::File(offset + into) } else { Data::Zeros };
                Ok(Piece { length: part - into % part, data })
            }
            Place::Plain(offset) if !is_zero => {
                Ok(Piece { length: rest, data: Data::File(offset + into) })
            }
            Place::Plain(_) | Place::Hole => Ok(Piece { length: rest, data: Data::Zeros }),
        }
    };
    entries.member_at(name, &mut View::new(file, image.size, map))
}

enum Place {
    Hole,
    Plain(u64),
    Packed { offset: u64, length: u64 },
}

fn place(image: &Image, entry: u64) -> Place {
    if entry & 1 << 62 != 0 {
        let bits = 62 - (image.cluster_bits - 8);
        let offset = entry & ((1 << bits) - 1);
        let sectors = (entry & ((1 << 62) - 1)) >> bits;
        return Place::Packed { offset, length: (sectors + 1) * 512 - offset % 512 };
    }
    match entry & OFFSET {
        0 => Place::Hole,
        offset => Place::Plain(offset),
    }
}

fn unpack(
    file: &mut dyn ReadSeek,
    image: &Image,
    offset: u64,
    length: u64,
) -> io::Result<Zeroizing<Vec<u8>>> {
    file.seek(SeekFrom::Start(offset))?;
    let packed = file.take(length);
    let mut bytes = Zeroizing::new(Vec::new());
    if image.is_zstd {
        let decoder = zstd::Decoder::new(packed)?.single_frame();
        decoder.take(image.cluster()).read_to_end(&mut bytes)?;
    } else {
        flate2::read::DeflateDecoder::new(packed).take(image.cluster()).read_to_end(&mut bytes)?;
    }
    if (bytes.len() as u64) < image.cluster() {
        return Err(invalid("a compressed cluster that is too short"));
    }
    Ok(bytes)
}
