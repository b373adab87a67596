//! ext2, ext3 and ext4 (Documentation/filesystems/ext4 of Linux). Files are found by the tree of
//! directories; what is in none, as what was deleted, is looked at as it is, and so are the journal
//! and the tables.

use std::{
    collections::HashSet,
    io::{self, SeekFrom},
};

use zeroize::Zeroizing;

use super::{
    super::{Entries, Layer, Open, ReadSeek, Unread, invalid, is_cut},
    claims::Claims,
    files::{DEPTH, Runs, joined},
    numbers::{le16, le32},
    short,
    view::bytes_at,
};
use crate::ledger::Reason;

pub(in super::super) const LAYER: Layer = Layer {
    name: "ext",
    about: "ext2, ext3 and ext4, and what was deleted in them, as it lies there",
    is,
    open: Open::Seek(open),
};

const ROOT: u32 = 2;

pub(super) fn is(head: &[u8]) -> bool {
    is_superblock(head.get(1024..2048).unwrap_or_default())
}

/// The copy of the superblock in the second group, and the number of blocks before that group. Where it is
/// depends on the size of blocks; tools make groups of eight times as many.
pub(super) fn backup(file: &mut dyn ReadSeek) -> Option<(u64, Zeroizing<Vec<u8>>)> {
    [1024, 2048, 4096].into_iter().find_map(|size: u64| {
        let blocks = 8 * size;
        let first = u64::from(size == 1024);
        let block = bytes_at(file, (blocks + first) * size, 1024).ok()?;
        let is_copy = is_superblock(&block)
            && 1024_u64 << le32(&block, 24).min(6) == size
            && u64::from(le32(&block, 32)) == blocks
            && u64::from(le32(&block, 20)) == first
            && le16(&block, 90) == 1;
        is_copy.then_some((blocks, block))
    })
}

fn is_superblock(block: &[u8]) -> bool {
    le16(block, 56) == 0xef53 && le32(block, 24) <= 6 && le32(block, 0) > 0 && le32(block, 40) > 0
}

struct System {
    block: u64,
    blocks: u64,
    inodes: u32,
    inodes_in_group: u32,
    inode: u64,
    /// Offsets of the tables of inodes, by group.
    tables: Vec<u64>,
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let (system, is_backup) = System::read(file)?;
    if is_backup {
        entries.note(Reason::Damaged, "no superblock at its head; it is read by a copy of that");
    }
    short(length, system.blocks.saturating_mul(system.block), entries);
    let mut claims = Claims::default();
    let mut seen = HashSet::from([ROOT]);
    let mut waiting = vec![(ROOT, Vec::new(), 0)];
    while let Some((number, path, depth)) = waiting.pop() {
        let names = match system.directory(file, number) {
            Ok(names) => names,
            Err(problem) => {
                entries.skip(&path, Reason::Damaged, format!("ext: {problem}"));
                continue;
            }
        };
        // Directories come off the end: the first of them shall be next.
        for (number, name) in names.into_iter().rev() {
            if !seen.insert(number) {
                continue;
            }
            let path = joined(&path, &name);
            match system.inode(file, number).map(|inode| inode.kind()) {
                Ok(Kind::Directory) if depth < DEPTH => waiting.push((number, path, depth + 1)),
                Ok(Kind::Directory) => entries.skip(&path, Reason::TooDeep, "directories"),
                Ok(Kind::File) => {
                    let outcome = system.hand_out(file, number, &path, entries, &mut claims);
                    match outcome {
                        Err(problem) if is_cut(&problem) => return Err(problem),
                        Err(problem) => {
                            entries.skip(&path, Reason::Damaged, format!("ext: {problem}"));
                        }
                        Ok(()) => {}
                    }
                }
                Ok(Kind::Other) => {}
                Err(problem) => entries.skip(&path, Reason::Damaged, format!("ext: {problem}")),
            }
        }
    }
    claims.gaps(file, length, entries)
}

struct Inode(Zeroizing<Vec<u8>>);

enum Kind {
    Directory,
    File,
    /// Links, whose target is in the inode, devices, pipes and sockets.
    Other,
}

impl Inode {
    fn kind(&self) -> Kind {
        match le16(&self.0, 0) & 0xf000 {
            0x4000 => Kind::Directory,
            0x8000 => Kind::File,
            _ => Kind::Other,
        }
    }

    fn size(&self) -> u64 {
        u64::from(le32(&self.0, 4)) | u64::from(le32(&self.0, 108)) << 32
    }

    fn has(&self, flag: u32) -> bool {
        le32(&self.0, 32) & flag != 0
    }

    /// Whether its name and what it holds are encrypted by fscrypt.
    fn is_encrypted(&self) -> bool {
        self.has(0x800)
    }

    /// Its sixty bytes for pointers to blocks.
    fn pointers(&self) -> &[u8] {
        self.0.get(40..100).unwrap_or_default()
    }
}

const EXTENTS: u32 = 0x8_0000;
const INLINE: u32 = 0x1000_0000;

impl System {
    /// Reads the superblock, or else a copy of it; says whether it is a copy.
    fn read(file: &mut dyn ReadSeek) -> io::Result<(Self, bool)> {
        let mut sup = bytes_at(file, 1024, 1024)?;
        // The offset of the group in which that is, after the first one.
        let mut group = 0;
        if !is_superblock(&sup) {
            let copy = backup(file).ok_or_else(|| invalid("no superblock"))?;
            (group, sup) = copy;
        }
        let block = 1024_u64 << le32(&sup, 24).min(6);
        let incompatible = le32(&sup, 96);
        if incompatible & 8 != 0 {
            return Err(io::Error::other(Unread("a journal on its own".to_owned())));
        }
        if le32(&sup, 100) & 0x200 != 0 {
            return Err(io::Error::other(Unread("blocks in clusters (bigalloc)".to_owned())));
        }
        if incompatible & 0x10 != 0 {
            return Err(io::Error::other(Unread("groups of groups".to_owned())));
        }
        let is_64 = incompatible & 0x80 != 0;
        let high = if is_64 { u64::from(le32(&sup, 336)) << 32 } else { 0 };
        let blocks = u64::from(le32(&sup, 4)) | high;
        let in_group = u64::from(le32(&sup, 32));
        let inodes_in_group = le32(&sup, 40);
        let inode = if le32(&sup, 76) == 0 { 128 } else { u64::from(le16(&sup, 88)) };
        let first = u64::from(le32(&sup, 20));
        if in_group == 0 || inodes_in_group == 0 || !(128..=block).contains(&inode) {
            return Err(invalid("a superblock that cannot be"));
        }
        let size = if is_64 { u64::from(le16(&sup, 254)).clamp(32, 1024) } else { 32 };
        let groups = blocks.saturating_sub(first).div_ceil(in_group);
        // A group has at least as many bytes as its descriptor; so the disk bounds this.
        let descriptors = bytes_at(file, (group + first + 1) * block, groups.saturating_mul(size))?;
        let tables = descriptors
            .chunks(usize::try_from(size).unwrap_or(32))
            .map(|group| {
                let high = if size > 32 { u64::from(le32(group, 40)) << 32 } else { 0 };
                (u64::from(le32(group, 8)) | high).saturating_mul(block)
            })
            .collect();
        let system = Self { block, blocks, inodes: le32(&sup, 0), inodes_in_group, inode, tables };
        Ok((system, group > 0))
    }

    fn inode(&self, file: &mut dyn ReadSeek, number: u32) -> io::Result<Inode> {
        let index = number.checked_sub(1).filter(|_| number <= self.inodes);
        let index = index.ok_or_else(|| invalid("an inode that is not there"))?;
        let group = usize::try_from(index / self.inodes_in_group).unwrap_or(usize::MAX);
        let table = self.tables.get(group).ok_or_else(|| invalid("a group that is not there"))?;
        let at = u64::from(index % self.inodes_in_group) * self.inode;
        Ok(Inode(bytes_at(file, table.saturating_add(at), 128)?))
    }

    /// Inodes and names in a directory.
    fn directory(&self, file: &mut dyn ReadSeek, number: u32) -> io::Result<Vec<(u32, Vec<u8>)>> {
        let inode = self.inode(file, number)?;
        let mut names = Vec::new();
        if inode.has(INLINE) {
            // The parent, and what fits; the rest is an attribute, which is looked at as it is.
            list(inode.pointers().get(4..).unwrap_or_default(), &mut names)?;
            return Ok(names);
        }
        let bytes = self.runs(file, &inode)?.directory(file, inode.size())?;
        for block in bytes.chunks(usize::try_from(self.block).unwrap_or(1024)) {
            list(block, &mut names)?;
        }
        Ok(names)
    }

    fn hand_out(
        &self,
        file: &mut dyn ReadSeek,
        number: u32,
        path: &[u8],
        entries: &mut Entries<'_, '_>,
        claims: &mut Claims,
    ) -> io::Result<()> {
        let inode = self.inode(file, number)?;
        if inode.is_encrypted() {
            entries.skip(path, Reason::Encrypted, "ext: encrypted by fscrypt");
            return Ok(());
        }
        if inode.has(INLINE) {
            // Short ones are whole; the rest of others is looked at as it is.
            let size = usize::try_from(inode.size()).unwrap_or(usize::MAX);
            let bytes = inode.pointers();
            return entries.member(path, &mut bytes.get(..size).unwrap_or(bytes));
        }
        let runs = self.runs(file, &inode)?;
        runs.hand_out(file, inode.size(), path, entries, claims)
    }

    fn runs(&self, file: &mut dyn ReadSeek, inode: &Inode) -> io::Result<Runs> {
        let mut runs = Runs::default();
        if inode.has(EXTENTS) {
            self.extents(file, inode.pointers(), None, &mut runs)?;
            return Ok(runs);
        }
        let mut left = self.blocks;
        let mut at = 0;
        for n in 0..15 {
            let level = u32::try_from(n).unwrap_or_default().saturating_sub(11);
            let pointer = le32(inode.pointers(), n * 4);
            at = self.indirect(file, pointer, level, at, &mut left, &mut runs)?;
            if inode.size().div_ceil(self.block) <= at {
                break;
            }
        }
        Ok(runs)
    }

    /// Adds the extents of a node, whose depth is one less than that of the node above. Every node
    /// has some, and they are in order, so that a loop ends.
    fn extents(
        &self,
        file: &mut dyn ReadSeek,
        node: &[u8],
        above: Option<u16>,
        runs: &mut Runs,
    ) -> io::Result<()> {
        let (count, depth) = (usize::from(le16(node, 2)), le16(node, 6));
        let is_possible = le16(node, 0) == 0xf30a
            && (count + 1) * 12 <= node.len()
            && above.map_or(depth <= 5, |above| depth + 1 == above && count > 0);
        if !is_possible {
            return Err(invalid("a node of extents that cannot be"));
        }
        for n in 1..=count {
            let entry = node.get(n * 12..(n + 1) * 12).unwrap_or_default();
            let (first, length) = (u64::from(le32(entry, 0)), le16(entry, 4));
            if depth > 0 {
                let below = u64::from(le32(entry, 4)) | u64::from(le16(entry, 8)) << 32;
                let below = bytes_at(file, below.saturating_mul(self.block), self.block)?;
                self.extents(file, &below, Some(depth), runs)?;
            } else if length <= 0x8000 {
                // Longer ones were never written, and read as zeros.
                let place = u64::from(le32(entry, 8)) | u64::from(le16(entry, 6)) << 32;
                let [at, place, length] =
                    [first, place, length.into()].map(|blocks| blocks.saturating_mul(self.block));
                runs.add(at, place, length)?;
            }
        }
        Ok(())
    }

    /// Adds the blocks at a pointer, `level` tables away, as the blocks from `at` on of the file,
    /// and gives the block after them. `left` bounds how many blocks there can be.
    fn indirect(
        &self,
        file: &mut dyn ReadSeek,
        pointer: u32,
        level: u32,
        at: u64,
        left: &mut u64,
        runs: &mut Runs,
    ) -> io::Result<u64> {
        let end = at + (self.block / 4).pow(level);
        if pointer == 0 {
            return Ok(end);
        }
        *left = left.checked_sub(1).ok_or_else(|| invalid("more blocks than there are"))?;
        let place = u64::from(pointer) * self.block;
        if level == 0 {
            runs.add(at * self.block, place, self.block)?;
            return Ok(end);
        }
        let table = bytes_at(file, place, self.block)?;
        let mut at = at;
        for n in 0..table.len() / 4 {
            at = self.indirect(file, le32(&table, n * 4), level - 1, at, left, runs)?;
        }
        Ok(end)
    }
}

/// Adds the names in one block of a directory. Entries without an inode are free.
fn list(block: &[u8], names: &mut Vec<(u32, Vec<u8>)>) -> io::Result<()> {
    let mut rest = block;
    while rest.len() >= 8 {
        let (number, length) = (le32(rest, 0), usize::from(le16(rest, 4)));
        let name_length = usize::from(rest.get(6).copied().unwrap_or_default());
        if length == 0 && number == 0 {
            return Ok(());
        }
        if length < 8 + name_length || rest.len() < length {
            return Err(invalid("a directory that cannot be"));
        }
        let name = rest.get(8..8 + name_length).unwrap_or_default();
        if number != 0 && !matches!(name, b"." | b"..") {
            names.push((number, name.to_vec()));
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(())
}
