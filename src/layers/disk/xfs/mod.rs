//! XFS, versions 4 and 5 ("XFS Algorithms & Data Structures", kernel.org). Files are found by the
//! tree of directories, and then by the trees of inodes: what no directory has, as what was deleted
//! while it was open and what stood in a damaged directory, goes by the number of its inode. What is
//! in none, as what was deleted, is looked at as it is, and so are the journal and the tables.

mod attributes;
mod directory;
mod inode;
mod superblock;

use std::{
    collections::HashSet,
    io::{self, SeekFrom},
};

use super::{
    super::{Entries, Layer, Open, ReadSeek, is_cut},
    claims::Claims,
    files::{DEPTH, Runs, joined},
    short,
};
use crate::ledger::Reason;
use inode::{Inode, Kind};
use superblock::System;

pub(in super::super) const LAYER: Layer = Layer {
    name: "xfs",
    about: "XFS 4 and 5 with attributes of users, what no directory has, and what was deleted as it lies \
            there; files of a realtime device are not read",
    is: |head| head.starts_with(superblock::MAGIC),
    open: Open::Seek(open),
};

/// Whether a file has a copy of a superblock where tools put one.
pub(super) fn is_lost(file: &mut dyn ReadSeek, length: u64) -> bool {
    superblock::copy(file, length).is_some()
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let (system, is_copy) = System::read(file, length)?;
    if is_copy {
        entries.note(Reason::Damaged, "no superblock at its head; it is read by a copy of that");
    }
    short(length, system.blocks.saturating_mul(system.block), entries);
    let mut walk = Walk { system: &system, seen: HashSet::new(), claims: Claims::default() };
    if let Some(root) = system.root {
        walk.from(file, root, Vec::new(), entries)?;
    }
    let mut lost = 0_u64;
    for group in 0..system.groups {
        if length <= system.group_place(group) {
            // It is cut off, which is told.
            break;
        }
        let mut numbers = Vec::new();
        lost += u64::from(system.inodes(file, group, &mut numbers).is_err());
        for number in numbers.into_iter().flat_map(inode::in_use) {
            walk.orphan(file, number, entries)?;
        }
    }
    if lost > 0 {
        entries.note(Reason::Damaged, format!("tables of inodes of {lost} groups"));
    }
    walk.claims.gaps(file, length, entries)
}

struct Walk<'s> {
    system: &'s System,
    /// Inodes that were met.
    seen: HashSet<u64>,
    claims: Claims,
}

impl Walk<'_> {
    /// Hands out what is in use and was met in no directory.
    fn orphan(
        &mut self,
        file: &mut dyn ReadSeek,
        number: u64,
        entries: &mut Entries<'_, '_>,
    ) -> io::Result<()> {
        if self.seen.contains(&number) || self.system.is_internal(number) {
            return Ok(());
        }
        // What cannot be read here is looked at as it is.
        if self.system.inode(file, number).is_ok_and(|inode| inode.is_listed()) {
            self.from(file, number, format!("(inode {number})").into_bytes(), entries)?;
        }
        Ok(())
    }

    /// Hands out an inode and all below it.
    fn from(
        &mut self,
        file: &mut dyn ReadSeek,
        number: u64,
        path: Vec<u8>,
        entries: &mut Entries<'_, '_>,
    ) -> io::Result<()> {
        self.seen.insert(number);
        let mut waiting = vec![(number, path, 0)];
        while let Some((number, path, depth)) = waiting.pop() {
            let outcome = self.system.inode(file, number);
            let outcome = outcome.and_then(|inode| match inode.kind() {
                Kind::Directory if depth >= DEPTH => {
                    entries.skip(&path, Reason::TooDeep, "xfs: directories in one another");
                    Ok(())
                }
                Kind::Directory => {
                    let mut names = Vec::new();
                    let outcome = self.system.directory(file, &inode, &mut names);
                    // They come off the end: the first of them shall be next.
                    for (number, name) in names.into_iter().rev() {
                        if self.seen.insert(number) {
                            waiting.push((number, joined(&path, &name), depth + 1));
                        }
                    }
                    let attributes = self.attributes(file, &inode, &path, entries);
                    outcome.and(attributes)
                }
                Kind::File => {
                    let outcome = self.hand_out(file, &inode, &path, entries);
                    if outcome.as_ref().is_err_and(is_cut) {
                        return outcome;
                    }
                    let attributes = self.attributes(file, &inode, &path, entries);
                    outcome.and(attributes)
                }
                Kind::Other => Ok(()),
            });
            match outcome {
                Err(problem) if is_cut(&problem) => return Err(problem),
                Err(problem) => entries.partly(&path, Reason::Damaged, format!("xfs: {problem}")),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    fn hand_out(
        &mut self,
        file: &mut dyn ReadSeek,
        inode: &Inode,
        path: &[u8],
        entries: &mut Entries<'_, '_>,
    ) -> io::Result<()> {
        if inode.is_realtime() {
            entries.skip(path, Reason::NoReader, "xfs: it is on the realtime device");
            return Ok(());
        }
        let mut runs = Runs::default();
        let outcome = self.system.runs(file, &inode.data(), &mut runs);
        runs.hand_out(file, inode.size(), path, entries, &mut self.claims)?;
        outcome
    }

    fn attributes(
        &mut self,
        file: &mut dyn ReadSeek,
        inode: &Inode,
        path: &[u8],
        entries: &mut Entries<'_, '_>,
    ) -> io::Result<()> {
        attributes::hand_out(self.system, file, inode, path, entries, &mut self.claims)
    }
}
