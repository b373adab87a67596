//! Directories of XFS: in the inode, or in blocks. What finds a name by its hash is not needed.

use std::io;

use super::{
    super::{
        super::{ReadSeek, invalid},
        files::{DIRECTORY, Runs},
        numbers::{be16, be32, be64},
        view::bytes_at,
    },
    inode::{Format, Inode},
    superblock::System,
};

/// The number of an inode, and its name.
type Name = (u64, Vec<u8>);

impl System {
    /// Adds the names in a directory. Those outside of what is damaged are there.
    pub(super) fn directory(
        &self,
        file: &mut dyn ReadSeek,
        inode: &Inode,
        names: &mut Vec<Name>,
    ) -> io::Result<()> {
        let (data, size) = (inode.data(), inode.size());
        if data.format == Format::Local {
            let length = usize::try_from(size).unwrap_or(usize::MAX);
            return self.short_form(data.bytes.get(..length).unwrap_or(data.bytes), names);
        }
        let mut runs = Runs::default();
        let mut outcome = self.runs(file, &data, &mut runs);
        // Names come first; what follows their end says where to look for a hash.
        if size > DIRECTORY {
            outcome = outcome.and(Err(invalid("a directory of more than 256 MiB")));
        }
        let block = self.directory_block;
        for at in (0..size.min(DIRECTORY) / block).map(|n| n * block) {
            if runs.allocated(at, at + block) == 0 {
                continue;
            }
            let bytes = bytes_at(&mut runs.view(file, size), at, block);
            outcome = outcome.and(bytes.and_then(|bytes| self.block_form(&bytes, names)));
        }
        outcome
    }

    fn short_form(&self, bytes: &[u8], names: &mut Vec<Name>) -> io::Result<()> {
        let [count, large, ..] = *bytes else { return Err(invalid("an empty directory")) };
        let width = if large > 0 { 8 } else { 4 };
        let mut rest = bytes.get(2 + width..).unwrap_or_default();
        for _ in 0..count {
            let length = rest.first().copied().map_or(0, usize::from);
            let end = 3 + length + usize::from(self.has_kinds);
            let (name, number) = (rest.get(3..3 + length), rest.get(end..end + width));
            let (Some(name @ [_, ..]), Some(number)) = (name, number) else {
                return Err(invalid("a directory that cannot be"));
            };
            let number = if large > 0 { be64(number, 0) } else { be32(number, 0).into() };
            names.push((number, name.to_vec()));
            rest = rest.get(end + width..).unwrap_or_default();
        }
        Ok(())
    }

    fn block_form(&self, block: &[u8], names: &mut Vec<Name>) -> io::Result<()> {
        let head = if self.is_5 { 64 } else { 16 };
        let end = match block.first_chunk() {
            Some(b"XDD3" | b"XD2D") => block.len(),
            // The one block of a small directory ends with a table, and its length.
            Some(b"XDB3" | b"XD2B") => {
                let tail = block.len() - 8;
                let table = usize::try_from(be32(block, tail)).unwrap_or(usize::MAX);
                let end = table.checked_mul(8).and_then(|table| tail.checked_sub(table));
                end.ok_or_else(|| invalid("a directory whose table is too long"))?
            }
            _ => return Err(invalid("a directory without its mark")),
        };
        let mut rest = block.get(head..end).unwrap_or_default();
        while rest.len() >= 8 {
            let length = if be16(rest, 0) == 0xffff {
                usize::from(be16(rest, 2))
            } else {
                let length = rest.get(8).copied().map_or(0, usize::from);
                let name = rest.get(9..9 + length).filter(|name| !name.is_empty());
                let name = name.ok_or_else(|| invalid("a directory that cannot be"))?;
                if !matches!(name, b"." | b"..") {
                    names.push((be64(rest, 0), name.to_vec()));
                }
                // With the kind, and the offset of itself.
                (9 + length + usize::from(self.has_kinds) + 2).next_multiple_of(8)
            };
            if length < 8 || rest.len() < length {
                return Err(invalid("a directory that cannot be"));
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(())
    }
}
