//! Sorted tables of LevelDB, RocksDB and Pebble (`table_format.md`, `block_based_table_format.h`):
//! the blocks that are packed. Those that are not are seen in the file as it is. Told by their names,
//! since what marks them stands at their end.

use std::io::{self, Read, SeekFrom};

use zeroize::Zeroizing;

use super::{
    Entries, Layer, Open, ReadSeek,
    disk::numbers::{le32, le64},
    invalid,
    packed::{self, BLOCK, Codec, varint},
};
use crate::{ledger::Reason, unit::Decoded};

pub(super) const LAYER: Layer = Layer {
    name: "sstable",
    about: "tables of LevelDB (browsers, Electron), RocksDB and Pebble: packed blocks, in files whose names end with `.ldb` or `.sst`",
    // Binary, and more than a footer.
    is: |head| head.len() > FOOTER && head.contains(&0),
    open: Open::Beside(open),
};

/// The ends of the names of such files.
pub(super) const NAMES: &[&str] = &[".ldb", ".sst"];

const LEVELDB: u64 = 0xdb47_7524_8b80_fb57;
const ROCKSDB: u64 = 0x88e2_41b7_85f4_cff7;
const PEBBLE: u64 = 0xf09f_aab3_f09f_aab3;

/// Bytes of the longest footer, and of the one of LevelDB.
const FOOTER: usize = 53;
const SHORT: usize = 48;

/// After each block, how it is packed, and a checksum.
const TRAILER: u64 = 5;

/// Where a block lies, without its trailer.
#[derive(Clone, Copy)]
struct Handle {
    at: u64,
    size: u64,
}

struct Table<'f> {
    file: &'f mut dyn ReadSeek,
    length: u64,
    magic: u64,
    version: u32,
    /// Where the last block of rows ended. They are in order, so that none is read again.
    last: u64,
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut footer = [0; FOOTER];
    file.seek(SeekFrom::Start(length.saturating_sub(FOOTER as u64)))?;
    file.read_exact(&mut footer)?;
    let magic = le64(&footer, FOOTER - 8);
    let version = if magic == LEVELDB { 0 } else { le32(&footer, FOOTER - 12) };
    let mut table = Table { file, length, magic, version, last: 0 };
    let index = match (magic, version) {
        (LEVELDB, _) => table.second(footer.get(FOOTER - SHORT..)),
        (ROCKSDB, 0..=5) | (PEBBLE, 0..=4) => table.second(footer.get(1..)),
        (ROCKSDB, 6 | 7) => table.named(le32(&footer, 13).into(), entries)?,
        (ROCKSDB | PEBBLE, _) => {
            entries
                .note(Reason::NoReader, format!("version {version}; packed blocks are not read"));
            return Ok(());
        }
        // Something else of this name.
        _ => return Ok(()),
    };
    let index = index.ok_or_else(|| invalid("a footer without an index"))?;
    let blocks = table.listed(index, entries)?;
    // The blocks of rows begin where the table does; those that an index of indexes lists do not.
    let is_index = blocks.first().is_some_and(|first| first.at != 0);
    for handle in blocks {
        if is_index {
            for handle in table.listed(handle, entries)? {
                table.hand_out(handle, entries)?;
            }
        } else {
            table.hand_out(handle, entries)?;
        }
    }
    Ok(())
}

impl Table<'_> {
    /// The second handle of a footer.
    fn second(&self, footer: Option<&[u8]>) -> Option<Handle> {
        let (_first, rest) = handle(footer?)?;
        handle(rest).map(|(index, _)| index)
    }

    /// The index that the block before the footer names, which has so many bytes.
    fn named(&mut self, size: u64, entries: &mut Entries<'_, '_>) -> io::Result<Option<Handle>> {
        let end = self.length.saturating_sub(FOOTER as u64 + TRAILER);
        let Some(at) = end.checked_sub(size) else { return Ok(None) };
        let Some(names) = self.block(Handle { at, size }, entries)? else { return Ok(None) };
        // A name may share its beginning with the one before it.
        let mut rows = Rows::new(&names.bytes, false);
        let index =
            rows.find(|(name, _)| b"rocksdb.index".ends_with(name) && name.ends_with(b"index"));
        Ok(index.map(|(_, handle)| handle))
    }

    /// The blocks that an index lists.
    fn listed(&mut self, index: Handle, entries: &mut Entries<'_, '_>) -> io::Result<Vec<Handle>> {
        let Some(index) = self.block(index, entries)? else { return Ok(Vec::new()) };
        let is_delta = self.magic == ROCKSDB && self.version >= 4;
        let mut last = 0;
        let in_order = |handle: &Handle| {
            let is_next = last <= handle.at;
            last = handle.at.saturating_add(handle.size);
            is_next
        };
        Ok(Rows::new(&index.bytes, is_delta).map(|(_, of)| of).take_while(in_order).collect())
    }

    /// Inspects a block, if it is packed.
    fn hand_out(&mut self, handle: Handle, entries: &mut Entries<'_, '_>) -> io::Result<()> {
        if handle.at < self.last {
            return Err(invalid("blocks that are not in order"));
        }
        self.last = handle.at.saturating_add(handle.size);
        match self.block(handle, entries)? {
            Some(block) if block.is_packed => {
                let at = handle.at..handle.at + handle.size;
                let name = handle.name();
                entries.part(&name, std::slice::from_ref(&at), &mut block.bytes.as_slice())
            }
            _ => Ok(()),
        }
    }

    /// A block, unpacked. What cannot be had is in the ledger.
    fn block(
        &mut self,
        handle: Handle,
        entries: &mut Entries<'_, '_>,
    ) -> io::Result<Option<Block>> {
        let end = handle.at.checked_add(handle.size).and_then(|end| end.checked_add(TRAILER));
        if end.is_none_or(|end| self.length < end) {
            return Err(invalid("a block beyond the end"));
        }
        let mut bytes = Zeroizing::new(Vec::new());
        self.file.seek(SeekFrom::Start(handle.at))?;
        if handle.size > BLOCK {
            entries.skip(&handle.name(), Reason::OverBudget, "sstable: a block of this size");
            return Ok(None);
        }
        (&mut *self.file).take(handle.size + 1).read_to_end(&mut bytes)?;
        let Some(kind) = bytes.pop() else { return Ok(None) };
        let block = match self.codec(kind, &bytes) {
            Some((None, _)) => Ok(Block { bytes, is_packed: false }),
            Some((Some(codec), packed)) => {
                packed::unpacked(codec, packed).map(|bytes| Block { bytes, is_packed: true })
            }
            None => Err(Reason::NoReader),
        };
        match block {
            Ok(block) => Ok(Some(block)),
            Err(reason) => {
                entries.skip(&handle.name(), reason, format!("sstable: a block of kind {kind}"));
                Ok(None)
            }
        }
    }

    /// How a block is packed, if it is, and what of it.
    fn codec<'b>(&self, kind: u8, block: &'b [u8]) -> Option<(Option<Codec>, &'b [u8])> {
        // From version 2 on, the size comes first.
        let sized = || if self.version >= 2 { varint(block) } else { None };
        let rest = || sized().map_or(block, |(_, rest)| rest);
        Some(match (kind, self.magic) {
            (0, _) => (None, block),
            (1, _) => (Some(Codec::Snappy), block),
            // As games and LevelDB itself have it.
            (2, LEVELDB) if block.starts_with(ZSTD) => (Some(Codec::Zstd), block),
            (2, LEVELDB) => (Some(Codec::Zlib), block),
            (2, _) | (4, LEVELDB) => (Some(Codec::Deflate), rest()),
            (3, ROCKSDB) => (Some(Codec::Bzip2), rest()),
            (4 | 5, ROCKSDB) => {
                let (size, packed) = sized()?;
                (Some(Codec::Lz4(size)), packed)
            }
            (7, _) => (Some(Codec::Zstd), rest()),
            _ => return None,
        })
    }
}

const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

struct Block {
    bytes: Decoded,
    is_packed: bool,
}

impl Handle {
    fn name(self) -> Vec<u8> {
        format!("(block at {})", self.at).into_bytes()
    }
}

fn handle(bytes: &[u8]) -> Option<(Handle, &[u8])> {
    let (at, rest) = varint(bytes)?;
    let (size, rest) = varint(rest)?;
    Some((Handle { at, size }, rest))
}

/// The rows of a block that lists others: the end of a key, and where a block lies.
struct Rows<'b> {
    rest: &'b [u8],
    /// Whether a row that shares its key with the one before it has only the change of its size.
    is_delta: bool,
    before: Handle,
}

impl<'b> Rows<'b> {
    fn new(block: &'b [u8], is_delta: bool) -> Self {
        // At the end, places where a key stands whole, and their number below flags.
        let restarts = block.len().checked_sub(4).map_or(0, |at| le32(block, at) & 0x0fff_ffff);
        let restarts = usize::try_from(restarts).unwrap_or(usize::MAX).saturating_mul(4);
        let end = block.len().saturating_sub(restarts.saturating_add(4));
        let rest = block.get(..end).unwrap_or_default();
        Self { rest, is_delta, before: Handle { at: 0, size: 0 } }
    }

    fn row(&mut self) -> Option<(&'b [u8], Handle)> {
        let (shared, rest) = varint(self.rest)?;
        let (own, mut rest) = varint(rest)?;
        let mut length = None;
        if !self.is_delta {
            let (value, after) = varint(rest)?;
            (length, rest) = (Some(usize::try_from(value).ok()?), after);
        }
        let (key, rest) = rest.split_at_checked(usize::try_from(own).ok()?)?;
        let (block, after) = if self.is_delta && shared > 0 {
            let (change, after) = varint(rest)?;
            let change = (change >> 1) as i64 ^ -((change & 1) as i64);
            let Handle { at, size } = self.before;
            let at = at.checked_add(size)?.checked_add(TRAILER)?;
            (Handle { at, size: size.checked_add_signed(change)? }, after)
        } else {
            handle(rest)?
        };
        self.rest = match length {
            Some(length) => rest.get(length..)?,
            None => after,
        };
        self.before = block;
        Some((key, block))
    }
}

impl<'b> Iterator for Rows<'b> {
    type Item = (&'b [u8], Handle);

    fn next(&mut self) -> Option<Self::Item> {
        self.row()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(block: &[u8], is_delta: bool) -> Vec<(u64, u64)> {
        Rows::new(block, is_delta).map(|(_, handle)| (handle.at, handle.size)).collect()
    }

    #[test]
    fn an_index_lists_blocks_in_either_form() {
        let whole = [0, 1, 2, b'a', 0, 40, 1, 1, 3, b'b', 45, 0xac, 2, 0, 0, 0, 0, 1, 0, 0, 0];
        assert_eq!(places(&whole, false), [(0, 40), (45, 300)]);
        // The second is three bytes smaller than the first.
        let delta = [0, 1, b'a', 0, 40, 1, 1, b'b', 5, 0, 0, 0, 0, 1, 0, 0, 0];
        assert_eq!(places(&delta, true), [(0, 40), (45, 37)]);
        for at in 0..whole.len() {
            places(&whole[..at], false);
            places(&delta[..at.min(delta.len())], true);
        }
        assert!(places(&[0xff; 64], true).is_empty());
    }
}
