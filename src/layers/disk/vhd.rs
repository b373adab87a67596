//! VHD, the older images of Virtual PC and Hyper-V (Virtual Hard Disk Image Format Specification
//! 1.0): dynamic and differencing ones. A fixed one is the disk itself, with a footer after it.

use std::io;

use super::{
    super::{Entries, Layer, Open, ReadSeek, invalid},
    blocks::Blocks,
    numbers::{be32, be64},
    view::bytes_at,
};
use crate::ledger::Reason;

pub(in super::super) const LAYER: Layer = Layer {
    name: "vhd",
    about: "VHD images that grow; a fixed one is opened as the disk that it is",
    is: |head| head.starts_with(b"conectix"),
    open: Open::Seek(open),
};

/// Entries of the table of blocks: 2 TiB, the most a VHD can have, in blocks of 512 KiB.
const TABLE: u64 = 1 << 22;

const SECTOR: u64 = 512;

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let footer = bytes_at(file, 0, SECTOR)?;
    let size = be64(&footer, 48);
    let header = bytes_at(file, be64(&footer, 16), 1024)?;
    let (count, block) = (u64::from(be32(&header, 28)), u64::from(be32(&header, 32)));
    let is_possible = header.starts_with(b"cxsparse")
        && count <= TABLE
        && block.is_power_of_two()
        && (SECTOR..=1 << 31).contains(&block)
        && size.div_ceil(block) <= count;
    if !is_possible {
        return Err(invalid("a header that cannot be"));
    }
    if be32(&footer, 60) == 4 {
        entries.note(Reason::NoReader, "it is based on another file, which is not opened");
    }
    let table = bytes_at(file, be64(&header, 16), count * 4)?;
    // Before the data of a block is a bit for each of its sectors.
    let bits = (block / SECTOR).div_ceil(8).next_multiple_of(SECTOR);
    let place = |index: u64| {
        let at = usize::try_from(index * 4).unwrap_or(usize::MAX);
        match be32(&table, at) {
            u32::MAX => None,
            sector => Some(u64::from(sector) * SECTOR + bits),
        }
    };
    let blocks = Blocks { size, block, count };
    blocks.hand_out(file, place, entries)
}
