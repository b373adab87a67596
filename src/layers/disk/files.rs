//! Files on a disk: where their bytes lie, and handing them out.

use std::io;

use super::{
    super::{Entries, ReadSeek, invalid},
    claims::Claims,
    view::{Data, Piece, View, bytes_at},
};

/// Bytes of a directory that are read. File systems slow down long before.
pub(super) const DIRECTORY: u64 = 256 << 20;

/// Directories in one another that are entered. Paths of 4096 bytes have half as many.
pub(super) const DEPTH: usize = 2048;

/// Where the bytes of a file lie on a disk; what no run has is a hole.
#[derive(Default)]
pub(in super::super) struct Runs {
    /// Offset in the file, on the disk, and length; in order, and none over another.
    runs: Vec<(u64, u64, u64)>,
}

impl Runs {
    /// Adds a run after all others.
    pub(in super::super) fn add(&mut self, at: u64, place: u64, length: u64) -> io::Result<()> {
        let end = at.checked_add(length).zip(place.checked_add(length));
        if end.is_none() {
            return Err(invalid("a file beyond the end"));
        }
        if let Some((from, to, before)) = self.runs.last_mut() {
            if at < *from + *before {
                return Err(invalid("a file in pieces that overlap"));
            }
            if at == *from + *before && place == *to + *before {
                *before += length;
                return Ok(());
            }
        }
        if length > 0 {
            self.runs.push((at, place, length));
        }
        Ok(())
    }

    pub(super) fn claim(&self, size: u64, claims: &mut Claims) {
        for &(at, place, length) in &self.runs {
            claims.add(place, place + length.min(size.saturating_sub(at)));
        }
    }

    /// Claims the bytes from `from` up to `to` of the file.
    pub(super) fn claim_part(&self, from: u64, to: u64, claims: &mut Claims) {
        let first = self.runs.partition_point(|run| run.0.saturating_add(run.2) <= from);
        for &(at, place, length) in self.runs.iter().skip(first).take_while(|run| run.0 < to) {
            let (from, to) = (from.max(at), to.min(at + length));
            claims.add(place + (from - at), place + (to - at));
        }
    }

    /// Where its last run ends in the file.
    pub(super) fn end(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.0 + run.2)
    }

    /// Bytes from `from` up to `to` that lie on the disk.
    pub(super) fn allocated(&self, from: u64, to: u64) -> u64 {
        let first = self.runs.partition_point(|run| run.0.saturating_add(run.2) <= from);
        let runs = self.runs.iter().skip(first).take_while(|run| run.0 < to);
        let inside = |run: &(u64, u64, u64)| (run.0 + run.2).min(to) - run.0.max(from);
        runs.map(inside).sum()
    }

    /// The file, `size` bytes long.
    pub(in super::super) fn view<'a>(
        &'a self,
        file: &'a mut dyn ReadSeek,
        size: u64,
    ) -> impl ReadSeek + use<'a> {
        View::new(file, size, move |_, at| {
            let next = self.runs.partition_point(|run| run.0 <= at);
            let run = next.checked_sub(1).and_then(|before| self.runs.get(before));
            if let Some((from, place, length)) = run.filter(|run| at - run.0 < run.2) {
                let into = at - from;
                return Ok(Piece { length: length - into, data: Data::File(place + into) });
            }
            let end = self.runs.get(next).map_or(u64::MAX, |run| run.0);
            Ok(Piece { length: end - at, data: Data::Zeros })
        })
    }

    /// All bytes of a directory.
    pub(super) fn directory(
        &self,
        file: &mut dyn ReadSeek,
        size: u64,
    ) -> io::Result<zeroize::Zeroizing<Vec<u8>>> {
        if size > DIRECTORY {
            return Err(invalid("a directory of more than 256 MiB"));
        }
        bytes_at(&mut self.view(file, size), 0, size)
    }

    /// Inspects the file, and claims where it lies.
    pub(super) fn hand_out(
        &self,
        file: &mut dyn ReadSeek,
        size: u64,
        path: &[u8],
        entries: &mut Entries<'_, '_>,
        claims: &mut Claims,
    ) -> io::Result<()> {
        self.claim(size, claims);
        entries.member_at(path, &mut self.view(file, size))
    }
}

/// The path of something in a directory.
pub(super) fn joined(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() { name.to_vec() } else { [directory, b"/", name].concat() }
}
