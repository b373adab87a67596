//! Which bytes of a disk something has handed out, so that all others are looked at as they are.

use std::io;

use super::super::{Entries, ReadSeek};

/// Ranges kept in memory before those that touch are made one.
const KEPT: usize = 1 << 20;

#[derive(Default)]
pub(in crate::layers) struct Claims {
    ranges: Vec<(u64, u64)>,
    /// Length at which ranges are next made fewer.
    limit: usize,
}

impl Claims {
    pub(in crate::layers) fn add(&mut self, from: u64, to: u64) {
        if to <= from {
            return;
        }
        if let Some(last) = self.ranges.last_mut().filter(|last| last.1 == from) {
            last.1 = to;
            return;
        }
        self.ranges.push((from, to));
        if self.ranges.len() > self.limit.max(KEPT) {
            self.merge();
            self.limit = 2 * self.ranges.len();
        }
    }

    fn merge(&mut self) {
        self.ranges.sort_unstable();
        self.ranges.dedup_by(|next, last| {
            let is_one = next.0 <= last.1;
            if is_one {
                last.1 = last.1.max(next.1);
            }
            is_one
        });
    }

    /// Looks at everything below `length` that nothing claims.
    pub(in crate::layers) fn gaps(
        mut self,
        file: &mut dyn ReadSeek,
        length: u64,
        entries: &mut Entries<'_, '_>,
    ) -> io::Result<()> {
        self.merge();
        let mut at = 0;
        for (from, to) in self.ranges {
            if at < from {
                entries.raw_gap(file, at, from.min(length))?;
            }
            at = at.max(to);
        }
        entries.raw_gap(file, at, length)
    }
}
