//! btrfs on one device (btrfs.readthedocs.io, "On-disk Format"). Each subvolume and snapshot is a tree
//! in which everything of an inode stands together, so that one pass over it gives the files; a path
//! is found upwards, from a name to its directory. What no file has, as what was deleted, older
//! trees, the journal and the tables, is looked at as it is.

mod chunks;
mod files;
mod tree;

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, RandomState},
    io::{self, SeekFrom},
};

use super::{
    super::{Entries, Layer, Open, ReadSeek, is_cut, reason},
    claims::Claims,
    files::{DEPTH, joined},
    numbers::{le16, le32, le64},
    short,
};
use crate::ledger::Reason;
use chunks::System;
use files::{Extent, File};
use tree::{Key, Root};

pub(in super::super) const LAYER: Layer = Layer {
    name: "btrfs",
    about: "btrfs on one device, packed or not, all subvolumes and snapshots, files that these share \
            once, and what was deleted as it lies there; what is spread over devices is not read",
    is: |head| head.get(0x1_0000..).is_some_and(chunks::is),
    open: Open::Seek(open),
};

/// Whether a file has a copy of a superblock.
pub(super) fn is_lost(file: &mut dyn ReadSeek) -> bool {
    chunks::copy(file).is_some()
}

/// Kinds of items in trees.
const INODE: u8 = 1;
const NAME: u8 = 12;
const LONG_NAME: u8 = 13;
const ATTRIBUTE: u8 = 24;
const EXTENT: u8 = 108;
const ROOT: u8 = 132;
const ROOT_NAME: u8 = 144;

/// The first number of a subvolume, and of an inode: that of the root directory.
const FIRST: u64 = 256;

/// The subvolume that all others are in.
const TOP: u64 = 5;

/// Paths of directories that are kept.
const PATHS: usize = 1 << 16;

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let (system, is_copy) = System::read(file, length)?;
    if is_copy {
        entries.note(Reason::Damaged, "no superblock at its head; it is read by a copy of that");
    }
    if system.devices > 1 {
        let detail = format!("one of {} devices, of which only this one is read", system.devices);
        entries.note(Reason::NoReader, detail);
    }
    short(length, system.size, entries);
    let mut walk = Walk {
        system: &system,
        subvolumes: HashMap::new(),
        paths: HashMap::new(),
        done: HashSet::new(),
        hasher: RandomState::new(),
        claims: Claims::default(),
    };
    let numbers = walk.subvolumes(file, length, entries)?;
    for number in numbers {
        walk.subvolume(file, length, number, entries)?;
    }
    walk.claims.gaps(file, length, entries)
}

struct Subvolume {
    root: Root,
    /// The subvolume and the directory in which it is, and its name there.
    above: Option<(u64, u64, Vec<u8>)>,
}

struct Walk<'s> {
    system: &'s System,
    subvolumes: HashMap<u64, Subvolume>,
    /// Paths of directories, by subvolume and inode.
    paths: HashMap<(u64, u64), Vec<u8>>,
    /// Files that were handed out, by hashes of where their bytes lie: snapshots share them.
    done: HashSet<u64>,
    hasher: RandomState,
    claims: Claims,
}

/// What is known of an inode while its items are read.
#[derive(Default)]
struct Inode {
    number: u64,
    mode: u32,
    size: u64,
    /// The directory in which it is, and its name there.
    name: Option<(u64, Vec<u8>)>,
    /// Names and values; values lie at the offsets behind them.
    attributes: Vec<(Vec<u8>, files::Piece)>,
    extents: Vec<Extent>,
    is_damaged: bool,
}

impl Walk<'_> {
    /// Reads which subvolumes there are, the first one first.
    fn subvolumes(
        &mut self,
        file: &mut dyn ReadSeek,
        length: u64,
        entries: &mut Entries<'_, '_>,
    ) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        let mut names = Vec::new();
        let mut leaves = self.system.leaves(self.system.root, Key::default(), length);
        while let Some(leaf) = leaves.next(file) {
            for (key, body, _) in leaf.items() {
                let is_subvolume =
                    key.object == TOP || (FIRST..u64::MAX - FIRST).contains(&key.object);
                if key.kind == ROOT && is_subvolume && body.len() >= 239 {
                    let level = body.get(238).copied().unwrap_or_default();
                    let root = Root { at: le64(body, 176), level };
                    numbers.push(key.object);
                    self.subvolumes.insert(key.object, Subvolume { root, above: None });
                } else if key.kind == ROOT_NAME {
                    let name = body.get(18..18 + usize::from(le16(body, 16)));
                    let name = name.unwrap_or_default().to_vec();
                    names.push((key.object, (key.offset, le64(body, 0), name)));
                }
            }
        }
        for (number, above) in names {
            if let Some(subvolume) = self.subvolumes.get_mut(&number) {
                subvolume.above = Some(above);
            }
        }
        if leaves.damaged > 0 || numbers.is_empty() {
            entries.note(Reason::Damaged, "the tree of subvolumes");
        }
        Ok(numbers)
    }

    /// Hands out the files of a subvolume.
    fn subvolume(
        &mut self,
        file: &mut dyn ReadSeek,
        length: u64,
        number: u64,
        entries: &mut Entries<'_, '_>,
    ) -> io::Result<()> {
        let Some(root) = self.subvolumes.get(&number).map(|subvolume| subvolume.root) else {
            return Ok(());
        };
        let mut leaves = self.system.leaves(root, Key::default(), length);
        let mut inode = Inode::default();
        while let Some(leaf) = leaves.next(file) {
            for (key, body, at) in leaf.items() {
                if key.object != inode.number {
                    self.hand_out(file, number, &inode, entries)?;
                    inode = Inode { number: key.object, ..Inode::default() };
                }
                match key.kind {
                    INODE => {
                        inode.size = le64(body, 16);
                        inode.mode = le32(body, 52);
                    }
                    NAME if inode.name.is_none() => {
                        let name = body.get(10..10 + usize::from(le16(body, 8)));
                        inode.name = name.map(|name| (key.offset, name.to_vec()));
                    }
                    LONG_NAME if inode.name.is_none() => {
                        let name = body.get(18..18 + usize::from(le16(body, 16)));
                        inode.name = name.map(|name| (le64(body, 0), name.to_vec()));
                    }
                    ATTRIBUTE => inode.attributes.extend(files::attribute(&leaf, body, at)),
                    EXTENT => match files::extent(&leaf, key.offset, body, at) {
                        Some(extent) if files::follows(&inode.extents, &extent) => {
                            inode.extents.push(extent);
                        }
                        _ => inode.is_damaged = true,
                    },
                    _ => {}
                }
            }
        }
        self.hand_out(file, number, &inode, entries)?;
        if leaves.damaged > 0 {
            let path = self.prefix(file, number, 0);
            let detail = format!("btrfs: {} nodes of the tree of a subvolume", leaves.damaged);
            entries.partly(&path, Reason::Damaged, detail);
        }
        Ok(())
    }

    fn hand_out(
        &mut self,
        file: &mut dyn ReadSeek,
        subvolume: u64,
        inode: &Inode,
        entries: &mut Entries<'_, '_>,
    ) -> io::Result<()> {
        let is_file = inode.mode & 0xf000 == 0x8000;
        if !is_file && inode.attributes.is_empty() {
            return Ok(());
        }
        // Each snapshot has all of it anew in the nodes that it has for itself.
        let here = (inode.number, inode.size, &inode.extents, &inode.attributes);
        if !self.done.insert(self.hasher.hash_one(here)) {
            self.claim(inode);
            return Ok(());
        }
        let path = match &inode.name {
            Some((directory, name)) => joined(&self.path(file, subvolume, *directory, 0), name),
            None => {
                let name = format!("(inode {})", inode.number);
                joined(&self.prefix(file, subvolume, 0), name.as_bytes())
            }
        };
        if is_file {
            let runs = File { system: self.system, extents: &inode.extents, size: inode.size };
            let outcome = runs.hand_out(file, &path, entries);
            self.claim(inode);
            match outcome {
                Err(problem) if is_cut(&problem) => return Err(problem),
                Err(problem) => {
                    entries.partly(&path, reason(&problem), format!("btrfs: {problem}"))
                }
                Ok(()) if inode.is_damaged => {
                    entries.partly(&path, Reason::Damaged, "btrfs: extents that cannot be");
                }
                Ok(()) => {}
            }
        }
        self.claim(inode);
        for (name, value) in &inode.attributes {
            let path = [&path, b":".as_slice(), name].concat();
            entries.member(&path, &mut value.bytes())?;
        }
        Ok(())
    }

    fn claim(&mut self, inode: &Inode) {
        for extent in inode.extents.iter().filter(|_| inode.mode & 0xf000 == 0x8000) {
            extent.claim(self.system, &mut self.claims);
        }
        for (_, value) in &inode.attributes {
            value.claim(self.system, &mut self.claims);
        }
    }

    /// The path of a directory of a subvolume.
    fn path(
        &mut self,
        file: &mut dyn ReadSeek,
        subvolume: u64,
        directory: u64,
        depth: usize,
    ) -> Vec<u8> {
        if let Some(path) = self.paths.get(&(subvolume, directory)) {
            return path.clone();
        }
        let mut names = Vec::new();
        let mut next = directory;
        let mut known = None;
        let root = self.subvolumes.get(&subvolume).map(|subvolume| subvolume.root);
        while let Some(root) = root.filter(|_| next != FIRST && names.len() < DEPTH) {
            if let Some(path) = self.paths.get(&(subvolume, next)) {
                known = Some(path.clone());
                break;
            }
            match self.system.name(file, root, next) {
                Some((above, name)) => {
                    names.push(name);
                    next = above;
                }
                None => {
                    names.push(format!("(inode {next})").into_bytes());
                    break;
                }
            }
        }
        let before = known.unwrap_or_else(|| self.prefix(file, subvolume, depth));
        let path = names.iter().rev().fold(before, |path, name| joined(&path, name));
        if self.paths.len() >= PATHS {
            self.paths.clear();
        }
        self.paths.insert((subvolume, directory), path.clone());
        path
    }

    /// The path of a subvolume.
    fn prefix(&mut self, file: &mut dyn ReadSeek, number: u64, depth: usize) -> Vec<u8> {
        if number == TOP || depth >= 64 {
            return Vec::new();
        }
        let above = self.subvolumes.get(&number).and_then(|subvolume| subvolume.above.clone());
        match above {
            Some((subvolume, directory, name)) => {
                joined(&self.path(file, subvolume, directory, depth + 1), &name)
            }
            None => format!("(subvolume {number})").into_bytes(),
        }
    }
}
