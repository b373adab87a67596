//! squashfs 4.0 (Documentation/filesystems/squashfs.rst of Linux): packed with gzip, LZMA, LZO, xz,
//! LZ4 or Zstandard. Files lie in packed blocks, and their ends with others in fragments.

use std::{
    cell::RefCell,
    collections::HashSet,
    io::{self, Read, SeekFrom},
};

use zeroize::Zeroizing;

use super::{
    super::{Entries, Layer, Open, ReadSeek, Unread, invalid, is_cut},
    claims::Claims,
    files::{DEPTH, joined},
    numbers::{le16, le32, le64},
    view::{Bytes, Cache, Data, Piece, View, bytes_at},
};
use crate::ledger::Reason;

pub(in super::super) const LAYER: Layer = Layer {
    name: "squashfs",
    about: "squashfs 4.0 with gzip, LZMA, LZO, xz, LZ4 or Zstandard",
    is: |head| head.starts_with(MAGIC) && le16(head, 28) == 4,
    open: Open::Seek(open),
};

pub(in super::super) const MAGIC: &[u8] = b"hsqs";

/// Whether the numbers of the superblock are those of one: behind a program, the magic says little.
pub(in super::super) fn is_whole(head: &[u8]) -> bool {
    let (size, power) = (le32(head, 12), u32::from(le16(head, 22)));
    let is_size = (12..=20).contains(&power) && size == 1 << power;
    (LAYER.is)(head) && is_size && le16(head, 30) == 0
}

/// Bytes of a block of metadata when it is unpacked.
const METADATA: u64 = 8192;

/// Blocks of one file: 16 TiB of blocks of 1 MiB, the most that they can have.
const BLOCKS: u64 = 1 << 24;

/// Bytes of a directory that are read.
const DIRECTORY: u64 = 256 << 20;

struct System {
    method: u16,
    block: u64,
    inodes: u64,
    directories: u64,
    /// Where the pieces of the table of fragments are.
    fragments: Zeroizing<Vec<u8>>,
    /// What was unpacked last of metadata, and of files.
    metadata: RefCell<Cache>,
    unpacked: RefCell<Cache>,
}

struct Directory {
    /// Offset of its block, and in it.
    at: (u64, u64),
    size: u64,
}

struct File {
    start: u64,
    size: u64,
    /// Number of the fragment, and the offset in it.
    fragment: Option<(u32, u64)>,
    /// Their lengths; those that are not packed have bit 24.
    blocks: Vec<u32>,
}

enum Inode {
    Directory(Directory),
    File(File),
    Other,
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let head = bytes_at(file, 0, 96)?;
    let method = le16(&head, 20);
    if !matches!(method, 1..=6) {
        return Err(io::Error::other(Unread("packed in a way that is not known".to_owned())));
    }
    let bits = le16(&head, 22);
    if !(12..=20).contains(&bits) {
        return Err(invalid("a block size that cannot be"));
    }
    let count = u64::from(le32(&head, 16));
    let pieces = count.div_ceil(512) * 8;
    let fragments =
        if count == 0 { Zeroizing::default() } else { bytes_at(file, le64(&head, 80), pieces)? };
    let system = System {
        method,
        block: 1 << bits,
        inodes: le64(&head, 64),
        directories: le64(&head, 72),
        fragments,
        metadata: RefCell::default(),
        unpacked: RefCell::default(),
    };
    let mut claims = Claims::default();
    let root = le64(&head, 32);
    let mut seen = HashSet::from([root]);
    let mut waiting = vec![(root, Vec::new(), 0)];
    while let Some((number, path, depth)) = waiting.pop() {
        let outcome = match system.inode(file, number) {
            Ok(Inode::Other) => Ok(()),
            Ok(Inode::File(inode)) => system.hand_out(file, &inode, &path, entries, &mut claims),
            Ok(Inode::Directory(_)) if depth >= DEPTH => {
                entries.skip(&path, Reason::TooDeep, "squashfs: directories in one another");
                Ok(())
            }
            Ok(Inode::Directory(directory)) => system.list(file, &directory).map(|names| {
                for (number, name) in names.into_iter().rev() {
                    if seen.insert(number) {
                        waiting.push((number, joined(&path, &name), depth + 1));
                    }
                }
            }),
            Err(problem) => Err(problem),
        };
        match outcome {
            Err(problem) if is_cut(&problem) => return Err(problem),
            Err(problem) => entries.skip(&path, Reason::Damaged, format!("squashfs: {problem}")),
            Ok(()) => {}
        }
    }
    claims.gaps(file, length, entries)
}

impl System {
    /// `count` bytes of metadata from an offset in the block at `block` on.
    fn metadata(
        &self,
        file: &mut dyn ReadSeek,
        (block, offset): (u64, u64),
        count: u64,
    ) -> io::Result<Zeroizing<Vec<u8>>> {
        let (mut at, mut offset) = (block, offset);
        let mut all = Zeroizing::new(Vec::new());
        while (all.len() as u64) < count {
            let (bytes, next) = self.metadata_block(file, at)?;
            let left = count - all.len() as u64;
            let from = usize::try_from(offset).unwrap_or(usize::MAX);
            let here = bytes.get(from..).unwrap_or_default();
            if here.is_empty() {
                return Err(invalid("beyond a block of metadata"));
            }
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(here.len());
            all.extend_from_slice(here.get(..most).unwrap_or_default());
            (at, offset) = (next, 0);
        }
        Ok(all)
    }

    fn metadata_block(&self, file: &mut dyn ReadSeek, at: u64) -> io::Result<(Bytes, u64)> {
        let head = le16(&bytes_at(file, at, 2)?, 0);
        let length = u64::from(head & 0x7fff);
        let is_plain = head & 0x8000 != 0;
        let bytes = self
            .metadata
            .borrow_mut()
            .get(at, || self.unpack(file, at + 2, length, is_plain, METADATA))?;
        Ok((bytes, at + 2 + length))
    }

    /// What is packed in `length` bytes; no more than `most` of it.
    fn unpack(
        &self,
        file: &mut dyn ReadSeek,
        at: u64,
        length: u64,
        is_plain: bool,
        most: u64,
    ) -> io::Result<Zeroizing<Vec<u8>>> {
        let packed = bytes_at(file, at, length.min(most))?;
        if is_plain {
            return Ok(packed);
        }
        let mut bytes = Zeroizing::new(Vec::new());
        let packed = packed.as_slice();
        let _count = match self.method {
            1 => flate2::read::ZlibDecoder::new(packed).take(most).read_to_end(&mut bytes)?,
            2 => lzma_rust2::LzmaReader::new_mem_limit(packed, MEMORY, None)?
                .take(most)
                .read_to_end(&mut bytes)?,
            3 => {
                bytes.resize(usize::try_from(most).unwrap_or_default(), 0);
                let count =
                    lzo::decompress_into(packed, &mut bytes).map_err(|_| invalid("damaged LZO"))?;
                bytes.truncate(count);
                count
            }
            4 => lzma_rust2::XzReader::new(packed, false).take(most).read_to_end(&mut bytes)?,
            5 => {
                bytes.resize(usize::try_from(most).unwrap_or_default(), 0);
                let count = lz4_flex::block::decompress_into(packed, &mut bytes)
                    .map_err(|_| invalid("damaged LZ4"))?;
                bytes.truncate(count);
                count
            }
            _ => zstd::Decoder::new(packed)?.single_frame().take(most).read_to_end(&mut bytes)?,
        };
        Ok(bytes)
    }

    fn inode(&self, file: &mut dyn ReadSeek, number: u64) -> io::Result<Inode> {
        let at = (self.inodes.saturating_add(number >> 16), number & 0xffff);
        let kind = le16(&self.metadata(file, at, 2)?, 0);
        let fields = |file: &mut dyn ReadSeek, count| self.metadata(file, at, count);
        match kind {
            1 => {
                let fields = fields(file, 32)?;
                let at = (u64::from(le32(&fields, 16)), u64::from(le16(&fields, 26)));
                Ok(Inode::Directory(Directory { at, size: le16(&fields, 24).into() }))
            }
            8 => {
                let fields = fields(file, 40)?;
                let at = (u64::from(le32(&fields, 24)), u64::from(le16(&fields, 34)));
                Ok(Inode::Directory(Directory { at, size: le32(&fields, 20).into() }))
            }
            2 => {
                let fields = fields(file, 32)?;
                let (start, size) = (le32(&fields, 16).into(), le32(&fields, 28).into());
                let fragment = (le32(&fields, 20), u64::from(le32(&fields, 24)));
                Ok(Inode::File(self.file(file, at, 32, start, size, fragment)?))
            }
            9 => {
                let fields = fields(file, 56)?;
                let fragment = (le32(&fields, 44), u64::from(le32(&fields, 48)));
                let (start, size) = (le64(&fields, 16), le64(&fields, 24));
                Ok(Inode::File(self.file(file, at, 56, start, size, fragment)?))
            }
            3..=7 | 10..=14 => Ok(Inode::Other),
            _ => Err(invalid("an inode that cannot be")),
        }
    }

    fn file(
        &self,
        file: &mut dyn ReadSeek,
        at: (u64, u64),
        head: u64,
        start: u64,
        size: u64,
        fragment: (u32, u64),
    ) -> io::Result<File> {
        let fragment = (fragment.0 != u32::MAX).then_some(fragment);
        let count = match fragment {
            Some(_) => size / self.block,
            None => size.div_ceil(self.block),
        };
        if count > BLOCKS {
            return Err(invalid("a size that cannot be"));
        }
        let lengths = self.metadata(file, at, head + count * 4)?;
        let lengths = lengths.get(usize::try_from(head).unwrap_or_default()..).unwrap_or_default();
        let blocks = lengths.as_chunks::<4>().0.iter().map(|length| u32::from_le_bytes(*length));
        Ok(File { start, size, fragment, blocks: blocks.collect() })
    }

    /// Inodes and names in a directory.
    fn list(
        &self,
        file: &mut dyn ReadSeek,
        directory: &Directory,
    ) -> io::Result<Vec<(u64, Vec<u8>)>> {
        // Three more bytes are counted, for `.` and `..`.
        let size = directory.size.saturating_sub(3);
        if size > DIRECTORY {
            return Err(invalid("a directory of more than 256 MiB"));
        }
        let at = (self.directories.saturating_add(directory.at.0), directory.at.1);
        let bytes = self.metadata(file, at, size)?;
        let mut names = Vec::new();
        let mut rest = bytes.as_slice();
        while rest.len() >= 12 {
            let (count, block) = (le32(rest, 0).saturating_add(1), u64::from(le32(rest, 4)));
            rest = rest.get(12..).unwrap_or_default();
            for _ in 0..count {
                let length = usize::from(le16(rest, 6)) + 1;
                let name = rest.get(8..8 + length);
                let name = name.ok_or_else(|| invalid("a directory that cannot be"))?;
                names.push((block << 16 | u64::from(le16(rest, 0)), name.to_vec()));
                rest = rest.get(8 + length..).unwrap_or_default();
            }
        }
        Ok(names)
    }

    /// Place, length and whether it is not packed, of a fragment.
    fn fragment(&self, file: &mut dyn ReadSeek, number: u32) -> io::Result<(u64, u64, bool)> {
        let piece = usize::try_from(number / 512 * 8).unwrap_or(usize::MAX);
        if self.fragments.get(piece..).is_none_or(<[u8]>::is_empty) {
            return Err(invalid("a fragment that is not there"));
        }
        let at = (le64(&self.fragments, piece), u64::from(number % 512) * 16);
        let entry = self.metadata(file, at, 16)?;
        let length = le32(&entry, 8);
        Ok((le64(&entry, 0), u64::from(length & PACKED), length & PLAIN != 0))
    }

    fn hand_out(
        &self,
        file: &mut dyn ReadSeek,
        inode: &File,
        path: &[u8],
        entries: &mut Entries<'_, '_>,
        claims: &mut Claims,
    ) -> io::Result<()> {
        let mut at = inode.start;
        let mut places = Vec::with_capacity(inode.blocks.len());
        for &length in &inode.blocks {
            places.push(at);
            at = at.saturating_add(u64::from(length & PACKED));
        }
        claims.add(inode.start, at);
        let fragment = match inode.fragment {
            Some((number, offset)) => {
                let (at, length, is_plain) = self.fragment(file, number)?;
                claims.add(at, at.saturating_add(length));
                Some((at, length, is_plain, offset))
            }
            None => None,
        };
        let map = |file: &mut dyn ReadSeek, at: u64| {
            let (index, into) = (at / self.block, at % self.block);
            let rest = self.block - into;
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            if let Some((&length, &place)) = inode.blocks.get(index).zip(places.get(index)) {
                let packed = u64::from(length & PACKED);
                if packed == 0 {
                    return Ok(Piece { length: rest, data: Data::Zeros });
                }
                let is_plain = length & PLAIN != 0;
                let bytes = self
                    .unpacked
                    .borrow_mut()
                    .get(place, || self.unpack(file, place, packed, is_plain, self.block))?;
                let data = Data::Unpacked(bytes, into);
                return Ok(Piece { length: rest, data });
            }
            let (place, length, is_plain, offset) =
                fragment.ok_or_else(|| invalid("a block that is not there"))?;
            let bytes = self
                .unpacked
                .borrow_mut()
                .get(place, || self.unpack(file, place, length, is_plain, self.block))?;
            Ok(Piece { length: rest, data: Data::Unpacked(bytes, offset.saturating_add(into)) })
        };
        entries.member_at(path, &mut View::new(file, inode.size, map))
    }
}

/// Memory for a dictionary of LZMA, in KiB.
const MEMORY: u32 = 64 << 10;

/// Bits of the length of a block, and the one that says that it is not packed.
const PACKED: u32 = 0x00ff_ffff;
const PLAIN: u32 = 1 << 24;
