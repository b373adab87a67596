//! The superblock of XFS, its copies, and where things are by it.

use std::io;

use zeroize::Zeroizing;

use super::super::{
    super::{ReadSeek, Unread, invalid},
    numbers::{be16, be32, be64},
    view::bytes_at,
};

pub(super) const MAGIC: &[u8] = b"XFSB\0";

/// Bytes of the superblock that are read: the smallest sector.
const SUPERBLOCK: u64 = 512;

/// Bytes of the largest group.
const GROUP: u64 = 1 << 40;

/// Features that change nothing that is read here, or are read: kinds in directories, sparse inodes,
/// another UUID, large times and counts, exchanged ranges, parents, metadata in directories, zones.
const KNOWN: u32 = 0x7ff;

pub(super) struct System {
    pub block: u64,
    pub blocks: u64,
    pub groups: u64,
    /// Bytes of an inode, and of a block of a directory.
    pub inode: u64,
    pub directory_block: u64,
    pub is_5: bool,
    /// Whether entries of directories have kinds.
    pub has_kinds: bool,
    pub root: Option<u64>,
    pub sector: u64,
    /// Blocks of a group, and bits for them in the number of a block.
    group: u64,
    group_bits: u32,
    /// Bits for the inodes of a block in the number of an inode.
    inode_bits: u32,
    /// Inodes of the tables of the realtime device and of quotas.
    internal: [u64; 5],
}

fn byte(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at).copied().unwrap_or_default().into()
}

/// A copy of the superblock in a later group. Tools make four groups, on arrays eight or more, and
/// of 1 TiB at most. Only the copies in the group at the middle and in the last one know the root.
pub(super) fn copy(file: &mut dyn ReadSeek, length: u64) -> Option<(System, Zeroizing<Vec<u8>>)> {
    const BLOCK: u64 = 4096;
    let by_number = [4, 2, 8, 16, 32].into_iter().flat_map(|groups: u64| {
        let group = (length / BLOCK).div_ceil(groups) * BLOCK;
        [group.saturating_mul(groups / 2), group]
    });
    by_number.chain([GROUP]).filter(|&at| SUPERBLOCK <= at && at < length).find_map(|at| {
        let sup = bytes_at(file, at, SUPERBLOCK).ok()?;
        let system = System::parse(&sup)?;
        let group = system.group * system.block;
        let is_copy = at.is_multiple_of(group) && at / group < system.groups;
        is_copy.then_some((system, sup))
    })
}

impl System {
    /// Reads the superblock, or else a copy of it; says whether it is a copy.
    pub(super) fn read(file: &mut dyn ReadSeek, length: u64) -> io::Result<(Self, bool)> {
        let sup = bytes_at(file, 0, SUPERBLOCK)?;
        let (mut system, sup, is_copy) = match Self::parse(&sup) {
            Some(system) => (system, sup, false),
            None => {
                let (system, sup) = copy(file, length).ok_or_else(|| invalid("no superblock"))?;
                (system, sup, true)
            }
        };
        let version = be16(&sup, 100) & 0xf;
        if !matches!(version, 4 | 5) || be16(&sup, 100) & 0x2000 == 0 {
            return Err(io::Error::other(Unread("a version before 4".to_owned())));
        }
        if system.is_5 && be32(&sup, 216) & !KNOWN != 0 {
            return Err(io::Error::other(Unread("features that are not known".to_owned())));
        }
        if system.root.is_none() {
            let last = system.groups - 1;
            system.root = [system.groups / 2, last].into_iter().find_map(|group| {
                let copy = bytes_at(file, system.group_place(group), SUPERBLOCK).ok()?;
                Self::parse(&copy)?.root
            });
        }
        Ok((system, is_copy))
    }

    /// What a superblock says, unless its numbers cannot be.
    fn parse(sup: &[u8]) -> Option<Self> {
        let (block, blocks) = (u64::from(be32(sup, 4)), be64(sup, 8));
        let (group, groups) = (u64::from(be32(sup, 84)), u64::from(be32(sup, 88)));
        let (sector, inode) = (u64::from(be16(sup, 102)), u64::from(be16(sup, 104)));
        let (block_bits, inode_bits) = (byte(sup, 120), byte(sup, 123));
        let (group_bits, directory_bits) = (byte(sup, 124), byte(sup, 192));
        let is_possible = sup.starts_with(MAGIC)
            && (9..=16).contains(&block_bits)
            && block == 1 << block_bits
            && (512..=32768).contains(&sector)
            && sector.is_power_of_two()
            && (256..=2048).contains(&inode)
            && inode_bits <= 8
            && inode << inode_bits == block
            && group >= 64
            && group_bits <= 32
            && group <= 1 << group_bits
            && directory_bits <= 7
            && groups > 0
            && (groups - 1) * group < blocks
            && blocks <= groups * group
            && blocks.checked_mul(block).is_some();
        let is_5 = be16(sup, 100) & 0xf == 5;
        let has_kinds = if is_5 { be32(sup, 216) & 1 != 0 } else { be32(sup, 200) & 0x200 != 0 };
        is_possible.then(|| Self {
            block,
            blocks,
            groups,
            inode,
            directory_block: block << directory_bits,
            is_5,
            has_kinds,
            root: Some(be64(sup, 56)).filter(|&root| root != 0 && root != u64::MAX),
            sector,
            group,
            group_bits,
            inode_bits,
            internal: [64, 72, 160, 168, 232].map(|at| be64(sup, at)),
        })
    }

    pub(super) fn is_internal(&self, inode: u64) -> bool {
        self.internal.contains(&inode)
    }

    pub(super) fn group_place(&self, group: u64) -> u64 {
        group.saturating_mul(self.group * self.block)
    }

    /// The offset of a block of a group.
    pub(super) fn place_in(&self, group: u64, block: u64) -> io::Result<u64> {
        let number = group.checked_mul(self.group).and_then(|before| before.checked_add(block));
        let number = number.filter(|&number| block < self.group && number < self.blocks);
        number.map(|number| number * self.block).ok_or_else(|| invalid("a block beyond the end"))
    }

    /// The offset of a block: the upper bits of its number are its group.
    pub(super) fn place(&self, block: u64) -> io::Result<u64> {
        let group = block.checked_shr(self.group_bits).unwrap_or_default();
        self.place_in(group, block & ((1 << self.group_bits) - 1))
    }

    pub(super) fn inode_place(&self, number: u64) -> io::Result<u64> {
        let block = self.place(number >> self.inode_bits)?;
        Ok(block + (number & ((1 << self.inode_bits) - 1)) * self.inode)
    }

    /// The first number of an inode of a group.
    pub(super) fn first_inode(&self, group: u64) -> u64 {
        group << (self.group_bits + self.inode_bits)
    }
}
