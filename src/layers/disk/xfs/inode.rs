//! Inodes of XFS: where what they have lies, and which there are.

use std::io;

use zeroize::Zeroizing;

use super::{
    super::{
        super::{ReadSeek, invalid},
        files::Runs,
        numbers::{be16, be32, be64},
        view::bytes_at,
    },
    superblock::System,
};

/// Levels of a tree; those of the largest disks have nine.
const LEVELS: u16 = 16;

pub(super) struct Inode {
    bytes: Zeroizing<Vec<u8>>,
    /// Its offset on the disk.
    place: u64,
}

pub(super) enum Kind {
    Directory,
    File,
    /// Links, devices, pipes and sockets.
    Other,
}

#[derive(PartialEq)]
pub(super) enum Format {
    /// In the inode itself.
    Local,
    Extents,
    Tree,
    /// A device, or nothing.
    Other,
}

/// One of the two things that an inode has: what is in it, and its attributes.
pub(super) struct Fork<'i> {
    pub format: Format,
    pub bytes: &'i [u8],
    /// Offset of these bytes on the disk.
    pub place: u64,
    /// Number of extents.
    count: u64,
}

impl Inode {
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or_default()
    }

    pub(super) fn kind(&self) -> Kind {
        match be16(&self.bytes, 2) & 0xf000 {
            0x4000 => Kind::Directory,
            0x8000 => Kind::File,
            _ => Kind::Other,
        }
    }

    /// Whether it is a file or a directory, and none of what the file system keeps for itself.
    pub(super) fn is_listed(&self) -> bool {
        !matches!(self.kind(), Kind::Other) && self.flags() & 0x20 == 0
    }

    pub(super) fn size(&self) -> u64 {
        be64(&self.bytes, 56)
    }

    pub(super) fn is_realtime(&self) -> bool {
        be16(&self.bytes, 90) & 1 != 0
    }

    /// The flags that version 3 of inodes added.
    fn flags(&self) -> u64 {
        if self.byte(4) == 3 { be64(&self.bytes, 120) } else { 0 }
    }

    fn has_large_counts(&self) -> bool {
        self.flags() & 0x10 != 0
    }

    /// Where its forks begin.
    fn head(&self) -> usize {
        if self.byte(4) == 3 { 176 } else { 100 }
    }

    /// Where its attributes begin, after the head.
    fn split(&self) -> usize {
        usize::from(self.byte(82)) * 8
    }

    pub(super) fn data(&self) -> Fork<'_> {
        let forks = self.bytes.get(self.head()..).unwrap_or_default();
        let split = self.split();
        let bytes = if split == 0 { forks } else { forks.get(..split).unwrap_or(forks) };
        let count = be32(&self.bytes, 76).into();
        let count = if self.has_large_counts() { be64(&self.bytes, 24) } else { count };
        self.fork(self.byte(5), bytes, self.head(), count)
    }

    /// Its attributes, if it has any.
    pub(super) fn attributes(&self) -> Option<Fork<'_>> {
        let at = self.head() + Some(self.split()).filter(|&split| split > 0)?;
        let count = be16(&self.bytes, 80).into();
        let count = if self.has_large_counts() { be32(&self.bytes, 76).into() } else { count };
        Some(self.fork(self.byte(83), self.bytes.get(at..)?, at, count))
    }

    fn fork<'i>(&self, format: u8, bytes: &'i [u8], at: usize, count: u64) -> Fork<'i> {
        let format = match format {
            1 => Format::Local,
            2 => Format::Extents,
            3 => Format::Tree,
            _ => Format::Other,
        };
        Fork { format, bytes, place: self.place + at as u64, count }
    }
}

impl System {
    /// An inode that is in use.
    pub(super) fn inode(&self, file: &mut dyn ReadSeek, number: u64) -> io::Result<Inode> {
        let place = self.inode_place(number)?;
        let inode = Inode { bytes: bytes_at(file, place, self.inode)?, place };
        let is_right = match inode.byte(4) {
            1 | 2 => !self.is_5,
            // It says itself which it is.
            3 => self.is_5 && be64(&inode.bytes, 152) == number,
            _ => false,
        };
        if !is_right || !inode.bytes.starts_with(b"IN") || be16(&inode.bytes, 2) == 0 {
            return Err(invalid("an inode that cannot be"));
        }
        Ok(inode)
    }

    /// Adds the extents of a fork. Those before something damaged are there.
    pub(super) fn runs(
        &self,
        file: &mut dyn ReadSeek,
        fork: &Fork<'_>,
        runs: &mut Runs,
    ) -> io::Result<()> {
        let mut next = 0;
        match fork.format {
            Format::Local | Format::Other => Ok(()),
            Format::Extents => {
                let length = usize::try_from(fork.count.saturating_mul(16)).unwrap_or(usize::MAX);
                let records = fork.bytes.get(..length);
                let records = records.ok_or_else(|| invalid("more extents than there is room"))?;
                self.records(records, &mut next, runs)
            }
            Format::Tree => {
                let level = be16(fork.bytes, 0);
                if level == 0 || LEVELS < level {
                    return Err(invalid("a tree of extents that cannot be"));
                }
                let (head, count) = (4, usize::from(be16(fork.bytes, 2)));
                let pointers = pointers(fork.bytes, head, count, 16)?;
                for pointer in pointers.chunks(8) {
                    self.extents(file, be64(pointer, 0), level - 1, &mut next, runs)?;
                }
                Ok(())
            }
        }
    }

    /// Adds the extents of a node and all below it. Levels become fewer, every node has something,
    /// and extents are in order, so that a loop ends.
    fn extents(
        &self,
        file: &mut dyn ReadSeek,
        block: u64,
        level: u16,
        next: &mut u64,
        runs: &mut Runs,
    ) -> io::Result<()> {
        let node = bytes_at(file, self.place(block)?, self.block)?;
        let (magic, head) = if self.is_5 { (b"BMA3", 72) } else { (b"BMAP", 24) };
        let count = usize::from(be16(&node, 6));
        if !node.starts_with(magic) || be16(&node, 4) != level || count == 0 {
            return Err(invalid("a node of extents that cannot be"));
        }
        if level > 0 {
            for pointer in pointers(&node, head, count, 16)?.chunks(8) {
                self.extents(file, be64(pointer, 0), level - 1, next, runs)?;
            }
            return Ok(());
        }
        let records = node.get(head..head + count * 16);
        self.records(records.ok_or_else(|| invalid("too many extents in a node"))?, next, runs)
    }

    /// Adds extents, of 16 bytes each: one bit for those that were never written, 54 for the block of
    /// the file, 52 for that of the disk, and 21 for the number of blocks.
    fn records(&self, records: &[u8], next: &mut u64, runs: &mut Runs) -> io::Result<()> {
        for record in records.chunks(16) {
            let (high, low) = (be64(record, 0), be64(record, 8));
            let at = high >> 9 & ((1 << 54) - 1);
            let block = (high & 0x1ff) << 43 | low >> 21;
            let count = low & 0x1f_ffff;
            if at < *next || count == 0 {
                return Err(invalid("extents that are not in order"));
            }
            *next = at + count;
            let place = self.place(block)?;
            // An extent ends in the group in which it begins.
            self.place(block.saturating_add(count - 1))?;
            // What was never written reads as zeros; what lies there is looked at as it is.
            if high >> 63 == 0 {
                runs.add(at.saturating_mul(self.block), place, count * self.block)?;
            }
        }
        Ok(())
    }

    /// Adds the inodes of a group, 64 at a time: the first, and which of them are in use.
    pub(super) fn inodes(
        &self,
        file: &mut dyn ReadSeek,
        group: u64,
        inodes: &mut Vec<(u64, u64)>,
    ) -> io::Result<()> {
        let head = bytes_at(file, self.group_place(group) + 2 * self.sector, 40)?;
        let level = be32(&head, 24);
        if !head.starts_with(b"XAGI") || level == 0 || u32::from(LEVELS) < level {
            return Err(invalid("a group that cannot be"));
        }
        if be32(&head, 16) == 0 {
            // It has no inodes, and its tree is one empty leaf.
            return Ok(());
        }
        let level = u16::try_from(level - 1).unwrap_or_default();
        let mut next = 0;
        self.chunks(file, group, be32(&head, 20), level, &mut next, inodes)
    }

    fn chunks(
        &self,
        file: &mut dyn ReadSeek,
        group: u64,
        block: u32,
        level: u16,
        next: &mut u64,
        inodes: &mut Vec<(u64, u64)>,
    ) -> io::Result<()> {
        let node = bytes_at(file, self.place_in(group, block.into())?, self.block)?;
        let (magic, head) = if self.is_5 { (b"IAB3", 56) } else { (b"IABT", 16) };
        let count = usize::from(be16(&node, 6));
        if !node.starts_with(magic) || be16(&node, 4) != level || count == 0 {
            return Err(invalid("a node of inodes that cannot be"));
        }
        if level > 0 {
            for pointer in pointers(&node, head, count, 8)?.chunks(4) {
                self.chunks(file, group, be32(pointer, 0), level - 1, next, inodes)?;
            }
            return Ok(());
        }
        let records = node.get(head..head + count * 16);
        let records = records.ok_or_else(|| invalid("too many inodes in a node"))?;
        for record in records.chunks(16) {
            let first = u64::from(be32(record, 0));
            if first < *next {
                return Err(invalid("inodes that are not in order"));
            }
            *next = first + 64;
            // Those that are not there are free as well.
            inodes.push((self.first_inode(group) | first, !be64(record, 8)));
        }
        Ok(())
    }
}

/// The pointers in a node: after as many keys as there is room for. `size` is that of a key and a
/// pointer, which has half of it.
fn pointers(node: &[u8], head: usize, count: usize, size: usize) -> io::Result<&[u8]> {
    let most = node.len().saturating_sub(head) / size;
    let from = head + most * (size / 2);
    let pointers = node.get(from..from + count * (size / 2)).filter(|_| count <= most);
    pointers.ok_or_else(|| invalid("more pointers than there is room"))
}

/// The numbers of those in use among 64 inodes.
pub(super) fn in_use((first, used): (u64, u64)) -> impl Iterator<Item = u64> {
    (0..64).filter(move |n| used >> n & 1 == 1).map(move |n| first + n)
}
