//! VDI, the images of VirtualBox (`VDICore.h`): a header, and a map of blocks.

use std::io;

use super::{
    super::{Entries, Layer, Open, ReadSeek, invalid},
    blocks::Blocks,
    numbers::{le32, le64},
    view::bytes_at,
};
use crate::ledger::Reason;

pub(in super::super) const LAYER: Layer = Layer {
    name: "vdi",
    about: "VDI images; what they are based on is not opened",
    is: |head| le32(head, 64) == 0xbeda_107f && le32(head, 68) >> 16 == 1,
    open: Open::Seek(open),
};

/// Blocks of one image: 4 TiB in blocks of 1 MiB, as all tools make them.
const BLOCKS: u64 = 1 << 22;

/// Bytes of a block, at most.
const BLOCK: u64 = 1 << 28;

/// An image on top of another, and its number for a block that it does not have.
const BASED: u32 = 4;
const ABSENT: u32 = u32::MAX;
const ZEROS: u32 = u32::MAX - 1;

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let header = bytes_at(file, 0, 512)?;
    let (map, data) = (u64::from(le32(&header, 340)), u64::from(le32(&header, 344)));
    let (size, block) = (le64(&header, 368), u64::from(le32(&header, 376)));
    // What each block has before its bytes, which nobody uses.
    let extra = u64::from(le32(&header, 380));
    let count = u64::from(le32(&header, 384));
    let is_possible = count <= BLOCKS
        && block.is_power_of_two()
        && (512..=BLOCK).contains(&block)
        && extra < block
        && size.div_ceil(block) <= count;
    if !is_possible {
        return Err(invalid("a header that cannot be"));
    }
    if le32(&header, 76) == BASED {
        entries.note(Reason::NoReader, "it is based on another file, which is not opened");
    }
    let table = bytes_at(file, map, count * 4)?;
    let place = |index: u64| {
        let at = usize::try_from(index * 4).unwrap_or(usize::MAX);
        match le32(&table, at) {
            ABSENT | ZEROS => None,
            number => Some(data + u64::from(number) * (extra + block) + extra),
        }
    };
    let blocks = Blocks { size, block, count };
    blocks.hand_out(file, place, entries)
}
