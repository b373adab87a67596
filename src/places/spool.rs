//! A copy of bytes that cannot be read at any place, in memory while it is small, else in a file
//! without a name, which the system frees when the run ends, however it ends.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek, SeekFrom, Write},
};

use zeroize::Zeroizing;

use crate::budget;

pub(crate) struct Spool {
    copy: Copy,
}

enum Copy {
    Memory(Cursor<Zeroizing<Vec<u8>>>),
    File(File),
}

impl Spool {
    pub(crate) fn new() -> Self {
        Self { copy: Copy::Memory(Cursor::new(Zeroizing::new(Vec::new()))) }
    }

    /// Copies everything and goes to its beginning. When that fails, what was copied is there.
    pub(crate) fn fill(&mut self, reader: &mut dyn Read) -> io::Result<()> {
        let outcome = self.copy(reader);
        self.rewind().and(outcome)
    }

    fn copy(&mut self, reader: &mut dyn Read) -> io::Result<()> {
        let mut piece = Zeroizing::new(vec![0; 64 << 10]);
        let mut total = 0_u64;
        loop {
            let read = match reader.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(problem) if problem.kind() == io::ErrorKind::Interrupted => continue,
                Err(problem) => return Err(problem),
            };
            let bytes = piece.get(..read).unwrap_or_default();
            total += read as u64;
            if let Copy::Memory(memory) = &mut self.copy
                && total > budget::SPOOL_MEMORY
            {
                let mut file = tempfile::tempfile()?;
                file.write_all(memory.get_ref())?;
                self.copy = Copy::File(file);
            }
            match &mut self.copy {
                Copy::Memory(memory) => append(memory.get_mut(), bytes),
                Copy::File(file) => file.write_all(bytes)?,
            }
            if total > budget::SPOOL_BYTES {
                return Err(io::Error::other(format!(
                    "more than {} bytes to be copied aside",
                    budget::SPOOL_BYTES
                )));
            }
        }
    }
}

/// Grows by copying into a new allocation, so that the old one is wiped.
fn append(all: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    if all.capacity() < all.len() + bytes.len() {
        let mut grown = Vec::with_capacity(2 * (all.len() + bytes.len()));
        grown.extend_from_slice(all);
        *all = Zeroizing::new(grown);
    }
    all.extend_from_slice(bytes);
}

impl Read for Spool {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.copy {
            Copy::Memory(memory) => {
                let at = usize::try_from(memory.position()).unwrap_or(usize::MAX);
                let read = memory.get_ref().get(at..).unwrap_or_default().read(buffer)?;
                memory.set_position((at + read) as u64);
                Ok(read)
            }
            Copy::File(file) => file.read(buffer),
        }
    }
}

impl Seek for Spool {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match &mut self.copy {
            Copy::Memory(memory) => {
                let length = memory.get_ref().len() as u64;
                let at = match to {
                    SeekFrom::Start(at) => Some(at),
                    SeekFrom::End(by) => length.checked_add_signed(by),
                    SeekFrom::Current(by) => memory.position().checked_add_signed(by),
                };
                let at = at.ok_or(io::ErrorKind::InvalidInput)?;
                memory.set_position(at);
                Ok(at)
            }
            Copy::File(file) => file.seek(to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_copied_is_read_at_any_place_from_memory_or_a_file() {
        let large = usize::try_from(budget::SPOOL_MEMORY).unwrap() + 100_000;
        for length in [0, 100, large] {
            let bytes: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let mut spool = Spool::new();
            spool.fill(&mut bytes.as_slice()).unwrap();
            assert_eq!(matches!(spool.copy, Copy::File(_)), length == large);
            let mut all = Vec::new();
            spool.read_to_end(&mut all).unwrap();
            assert_eq!(all, bytes);
            spool.seek(SeekFrom::Start(length as u64 / 2)).unwrap();
            all.clear();
            spool.read_to_end(&mut all).unwrap();
            assert_eq!(all, bytes[length / 2..]);
        }
    }
}
