//! WiredTiger, the files of MongoDB (`btmem.h`, `block.h`): blocks that are packed. The others are
//! looked at as they are, also free ones.

use std::io::{self, Read, SeekFrom};

use zeroize::Zeroizing;

use super::{
    Entries, Layer, Open, ReadSeek,
    disk::numbers::{le16, le32, le64},
    packed::{self, BLOCK, Codec},
};
use crate::{ledger::Reason, unit::Decoded};

pub(super) const LAYER: Layer = Layer {
    name: "wiredtiger",
    about: "WiredTiger, the files of MongoDB: blocks are looked at as they are, which the ledger says, and unpacked (Snappy, zlib, Zstandard, LZ4); encrypted ones are named",
    is: |head| le32(head, 0) == 120_897 && le16(head, 4) == 1 && le16(head, 6) == 0,
    open: Open::Beside(open),
};

/// Where blocks begin, unless a table asks for less.
const UNIT: u64 = 4096;

/// Bytes of a page's head and its block's, and what is never packed.
const HEAD: usize = 40;
const PLAIN: usize = 64;

const IS_PACKED: u8 = 1;
const IS_ENCRYPTED: u8 = 8;

/// A block by its head.
struct Block {
    /// Bytes in memory, and in the file.
    memory: u64,
    size: u64,
    flags: u8,
}

fn block(head: &[u8]) -> Option<Block> {
    let (kind, flags) = (*head.get(24)?, *head.get(25)?);
    let block = Block { memory: le32(head, 16).into(), size: le32(head, 28).into(), flags };
    let is_one = (1..=13).contains(&kind)
        && flags & 0xc0 == 0
        && head.get(26..28)? < [0, 8].as_slice()
        && head.get(37..HEAD)? == [0; 3]
        && block.size >= 512
        && block.size.is_multiple_of(512)
        && block.size <= BLOCK
        && (PLAIN as u64..=BLOCK).contains(&block.memory);
    is_one.then_some(block)
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    entries.note(Reason::RawPages, "its blocks are looked at as they are");
    let length = file.seek(SeekFrom::End(0))?;
    let (mut encrypted, mut unread) = (0_u64, 0_u64);
    let mut at = UNIT;
    while at < length {
        let (is_hole, end) = file.extent(at)?;
        if is_hole {
            at = end.max(at + 1).next_multiple_of(UNIT);
            continue;
        }
        if length - at < HEAD as u64 {
            break;
        }
        let mut head = [0; HEAD];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut head)?;
        let found = block(&head).filter(|block| at + block.size <= length);
        let Some(found) = found else {
            at += UNIT;
            continue;
        };
        let mut next = at + found.size.next_multiple_of(UNIT);
        if found.flags & IS_ENCRYPTED != 0 {
            encrypted += 1;
        } else if found.flags & IS_PACKED != 0 {
            let mut bytes = Zeroizing::new(Vec::new());
            file.seek(SeekFrom::Start(at))?;
            (&mut *file).take(found.size).read_to_end(&mut bytes)?;
            match unpacked(&bytes, found.memory) {
                Some(page) => {
                    let range = at..at + found.size;
                    let name = format!("(block at {at})");
                    let range = std::slice::from_ref(&range);
                    entries.part(name.as_bytes(), range, &mut page.as_slice())?;
                }
                // One that was freed, and in part written over: another may begin in it.
                None => {
                    unread += 1;
                    next = at + UNIT;
                }
            }
        }
        at = next;
    }
    if encrypted > 0 {
        entries.note(Reason::Encrypted, format!("{encrypted} blocks"));
    }
    if unread > 0 {
        entries.note(Reason::NoReader, format!("{unread} packed blocks are not read"));
    }
    Ok(())
}

/// What stands behind the head of a packed block. Which way it is packed stands in another file, and
/// is tried: before what Snappy and Zstandard give stands its length, before that of LZ4 three.
fn unpacked(block: &[u8], memory: u64) -> Option<Decoded> {
    let size = memory.checked_sub(PLAIN as u64)?;
    let packed = block.get(PLAIN..)?;
    let sized = |length: u64, from: usize| {
        let to = usize::try_from(length).ok()?.checked_add(from)?;
        packed.get(from..to)
    };
    let with_length = sized(le64(packed, 0), 8);
    let lz4 = sized(le32(packed, 0).into(), 16).filter(|_| le32(packed, 8) <= le32(packed, 4));
    let ways = [
        with_length.map(|packed| (Codec::Zstd, packed)),
        with_length.map(|packed| (Codec::Snappy, packed)),
        lz4.map(|lz4| (Codec::Lz4(le32(packed, 4).into()), lz4)),
        Some((Codec::Zlib, packed)),
    ];
    let page = ways.into_iter().flatten().find_map(|(codec, packed)| {
        let page = packed::unpacked(codec, packed).ok()?;
        (page.len() as u64 <= size && !page.is_empty()).then_some(page)
    })?;
    let head = block.get(HEAD..PLAIN).unwrap_or_default();
    let mut whole = Zeroizing::new(Vec::with_capacity(head.len() + page.len()));
    whole.extend_from_slice(head);
    whole.extend_from_slice(&page);
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block whose head says that its page has so many bytes in memory.
    fn packed(memory: u32, bytes: &[u8]) -> Vec<u8> {
        let mut block = vec![0; PLAIN];
        block[16..20].copy_from_slice(&memory.to_le_bytes());
        block[24..28].copy_from_slice(&[7, IS_PACKED, 0, 1]);
        block[28..32].copy_from_slice(&4096_u32.to_le_bytes());
        block[36] = 1;
        block.extend_from_slice(bytes);
        block.resize(4096, 0);
        block
    }

    #[test]
    fn each_way_of_packing_is_told_by_what_it_gives() {
        let page = b"a page that has some words in it, and some words again".repeat(9);
        let memory = u32::try_from(page.len() + PLAIN).unwrap();
        let length = |bytes: &[u8]| (bytes.len() as u64).to_le_bytes();
        let snappy = snap::raw::Encoder::new().compress_vec(&page).unwrap();
        let zstd = zstd::stream::encode_all(&page[..], 1).unwrap();
        let lz4 = lz4_flex::block::compress(&page);
        let sizes = [lz4.len(), page.len(), page.len(), 0];
        let sizes = sizes.map(|size| u32::try_from(size).unwrap().to_le_bytes()).concat();
        for bytes in [
            [&length(&snappy)[..], &snappy].concat(),
            [&length(&zstd)[..], &zstd].concat(),
            [&sizes[..], &lz4].concat(),
        ] {
            let whole = packed(memory, &bytes);
            assert_eq!(block(&whole).unwrap().memory, u64::from(memory));
            let found = unpacked(&whole, memory.into()).unwrap();
            assert_eq!(found[PLAIN - HEAD..], page);
            assert!(unpacked(&whole, 100).is_none(), "more than the page has");
            for at in 0..bytes.len() {
                unpacked(&packed(memory, &bytes[..at]), memory.into());
            }
        }
    }

    #[test]
    fn other_bytes_are_no_block() {
        let whole = packed(900, b"");
        for at in [16, 17, 24, 26, 28, 37, 38, 39] {
            let mut other = whole.clone();
            other[at] = 0xf0;
            if at < 18 {
                other[16..20].fill(0);
            }
            assert!(block(&other).is_none(), "{at}");
        }
        assert!(block(&[0; 64]).is_none());
        assert!(
            block(b"text, and no page of any file, for sixty four bytes or some more").is_none()
        );
    }
}
