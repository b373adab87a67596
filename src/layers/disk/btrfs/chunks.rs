//! The superblock of btrfs, its copies, and where on the device an address is.

use std::io;

use zeroize::Zeroizing;

use super::{
    super::{
        super::{ReadSeek, Unread, invalid},
        numbers::{le16, le32, le64},
        view::bytes_at,
    },
    tree::{Key, Root},
};

/// Offsets of the superblock and of its copies.
pub(super) const SUPERBLOCKS: [u64; 3] = [0x1_0000, 0x400_0000, 0x40_0000_0000];

/// Bytes of a superblock.
const SUPERBLOCK: u64 = 4096;

/// Chunks that are kept. They have a GiB on large disks.
const CHUNKS: usize = 1 << 20;

const CHUNK: u8 = 228;

/// The ways in which a chunk is spread over devices.
const STRIPED: u64 = 0x8 | 0x40 | 0x80 | 0x100;

/// Features that change nothing that is read here: all but stripes in a tree of their own.
const KNOWN: u64 = 0x1_3fff;

pub(super) struct System {
    /// Bytes of the device.
    pub size: u64,
    pub devices: u64,
    /// Bytes of a node.
    pub node: u64,
    /// The tree of trees.
    pub root: Root,
    device: u64,
    /// By address.
    chunks: Vec<Chunk>,
    pub nodes: std::cell::RefCell<super::super::view::Cache>,
}

struct Chunk {
    at: u64,
    length: u64,
    /// Offsets of its copies on this device.
    places: Vec<u64>,
}

pub(super) fn is(superblock: &[u8]) -> bool {
    superblock.get(64..).is_some_and(|rest| rest.starts_with(b"_BHRfS_M"))
}

/// A copy of the superblock.
pub(super) fn copy(file: &mut dyn ReadSeek) -> Option<Zeroizing<Vec<u8>>> {
    SUPERBLOCKS.into_iter().skip(1).find_map(|at| {
        let sup = bytes_at(file, at, SUPERBLOCK).ok()?;
        (is(&sup) && le64(&sup, 48) == at).then_some(sup)
    })
}

impl System {
    /// Reads the superblock, or else a copy of it; says whether it is a copy.
    pub(super) fn read(file: &mut dyn ReadSeek, length: u64) -> io::Result<(Self, bool)> {
        let [first, ..] = SUPERBLOCKS;
        let head = bytes_at(file, first, SUPERBLOCK).ok().filter(|sup| is(sup));
        if let Some(system) = head.map(|sup| Self::open(file, &sup, length)) {
            match system {
                Ok(system) => return Ok((system, false)),
                Err(problem) if problem.get_ref().is_some_and(|inner| inner.is::<Unread>()) => {
                    return Err(problem);
                }
                Err(_) => {}
            }
        }
        let sup = copy(file).ok_or_else(|| invalid("no superblock that can be"))?;
        Ok((Self::open(file, &sup, length)?, true))
    }

    fn open(file: &mut dyn ReadSeek, sup: &[u8], length: u64) -> io::Result<Self> {
        let level = |at: usize| sup.get(at).copied().unwrap_or_default();
        let node = u64::from(le32(sup, 148));
        if !node.is_power_of_two() || !(4096..=65536).contains(&node) {
            return Err(invalid("a superblock that cannot be"));
        }
        if le64(sup, 188) & !KNOWN != 0 {
            return Err(io::Error::other(Unread("features that are not known".to_owned())));
        }
        let mut system = Self {
            size: le64(sup, 209),
            devices: le64(sup, 136),
            node,
            root: Root { at: le64(sup, 80), level: level(198) },
            device: le64(sup, 201),
            chunks: Vec::new(),
            nodes: std::cell::RefCell::default(),
        };
        // Those of the tree of chunks stand in the superblock.
        let bytes = usize::try_from(le32(sup, 160)).unwrap_or(usize::MAX).min(2048);
        let mut rest = sup.get(811..811 + bytes).unwrap_or_default();
        while let Some(body) = rest.get(17..).filter(|body| body.len() >= 48) {
            system.add(le64(rest, 9), body);
            rest = body.get(48 + 32 * usize::from(le16(body, 44))..).unwrap_or_default();
        }
        system.chunks.sort_unstable_by_key(|chunk| chunk.at);
        let root = Root { at: le64(sup, 88), level: level(199) };
        let mut found = Vec::new();
        let mut leaves = system.leaves(root, Key::default(), length);
        while let Some(leaf) = leaves.next(file) {
            for (key, body, _) in leaf.items().filter(|(key, ..)| key.kind == CHUNK) {
                found.extend(system.chunk(key.offset, body));
            }
            if found.len() > CHUNKS {
                return Err(invalid("more chunks than can be"));
            }
        }
        if found.is_empty() {
            return Err(invalid("no chunks"));
        }
        system.chunks.append(&mut found);
        // Those of the superblock are in the tree as well.
        system.chunks.sort_by_key(|chunk| chunk.at);
        system.chunks.dedup_by_key(|chunk| chunk.at);
        Ok(system)
    }

    fn add(&mut self, at: u64, body: &[u8]) {
        let chunk = self.chunk(at, body);
        self.chunks.extend(chunk);
    }

    /// A chunk at an address, unless it is spread over devices or on others.
    fn chunk(&self, at: u64, body: &[u8]) -> Option<Chunk> {
        let (length, kind) = (le64(body, 0), le64(body, 24));
        let stripes = body.get(48..)?.chunks_exact(32).take(le16(body, 44).into());
        let places: Vec<u64> = stripes
            .filter(|stripe| le64(stripe, 0) == self.device)
            .map(|stripe| le64(stripe, 8))
            .collect();
        let is_whole = kind & STRIPED == 0 || le16(body, 44) == 1;
        let is_here = is_whole && !places.is_empty() && at.checked_add(length).is_some();
        is_here.then_some(Chunk { at, length, places })
    }

    /// Where the bytes at an address are, all copies of them, and how many there are.
    pub(super) fn places(&self, at: u64) -> io::Result<(impl Iterator<Item = u64>, u64)> {
        let next = self.chunks.partition_point(|chunk| chunk.at <= at);
        let chunk = next.checked_sub(1).and_then(|before| self.chunks.get(before));
        let chunk = chunk.filter(|chunk| at - chunk.at < chunk.length);
        let chunk = chunk.ok_or_else(|| invalid("an address that is not on this device"))?;
        let into = at - chunk.at;
        let places = chunk.places.iter().map(move |place| place.saturating_add(into));
        Ok((places, chunk.length - into))
    }

    /// Claims the bytes at an address, in all copies.
    pub(super) fn claim(&self, at: u64, length: u64, claims: &mut super::Claims) {
        let (mut at, mut left) = (at, length);
        while let Some((places, there)) = self.places(at).ok().filter(|_| left > 0) {
            let here = left.min(there);
            for place in places {
                claims.add(place, place.saturating_add(here));
            }
            at += here;
            left -= here;
        }
    }
}
