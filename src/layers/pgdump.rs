//! Dumps of PostgreSQL in the custom format (pg_dump -Fc, versions 1.12 to 1.16): the rows of each
//! table and the large objects. Definitions are seen in the dump as it is.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    ops::Range,
};

use super::{Entries, Layer, Open, ReadSeek, Unread, invalid, pieces::Pieces};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "pgdump",
    about: "dumps of PostgreSQL in the custom format",
    is: |head| head.starts_with(MAGIC) && head.get(10) == Some(&1),
    open: Open::Beside(open),
};

const MAGIC: &[u8] = b"PGDMP";

/// Things in a dump.
const THINGS: i64 = 10_000_000;

/// Bytes of a name that are shown.
const NAME: u64 = 1024;

/// Pieces of one table: 16 GiB at the usual size.
const PIECES: usize = 1 << 22;

struct Dump<'f> {
    file: BufReader<&'f mut dyn ReadSeek>,
    at: u64,
    /// Bytes of a number and of an offset.
    number: usize,
    offset: u64,
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    file.rewind()?;
    let mut dump = Dump { file: BufReader::new(file), at: 0, number: 0, offset: 0 };
    let names = dump.names()?;
    dump.data(&names, entries)
}

impl Dump<'_> {
    /// Reads the list of what is in the dump: the names of tables.
    fn names(&mut self) -> io::Result<BTreeMap<i64, Vec<u8>>> {
        self.pass(MAGIC.len() as u64)?;
        let [major, minor, _revision] = self.bytes()?;
        if major != 1 || !(12..=16).contains(&minor) {
            return Err(io::Error::other(Unread(format!("version {major}.{minor}"))));
        }
        let [number, offset, _format] = self.bytes()?;
        self.number = usize::from(number);
        self.offset = offset.into();
        if minor >= 15 {
            self.pass(1)?;
        } else {
            self.number()?;
        }
        // Seconds to years, and whether it is summer.
        for _ in 0..7 {
            self.number()?;
        }
        for _ in 0..3 {
            self.text()?;
        }
        let count = self.number()?;
        if count > THINGS {
            return Err(invalid("too many things in it"));
        }
        let mut names = BTreeMap::new();
        for _ in 0..count {
            let (id, _has_data) = (self.number()?, self.number()?);
            let (_table, _object) = (self.text()?, self.text()?);
            let name = self.text()?;
            let (_kind, _section) = (self.text()?, self.number()?);
            let (_definition, _drop, _copy) = (self.text()?, self.text()?, self.text()?);
            let space = self.text()?;
            let _tablespace = self.text()?;
            if minor >= 14 {
                self.text()?;
            }
            if minor >= 16 {
                self.number()?;
            }
            let (_owner, _has_oids) = (self.text()?, self.text()?);
            while self.text()?.is_some() {}
            self.pass(1 + self.offset)?;
            let space = space.filter(|space| !space.is_empty());
            let space = space.map(|space| [space.as_slice(), b"."].concat());
            names.insert(id, [space.unwrap_or_default(), name.unwrap_or_default()].concat());
        }
        Ok(names)
    }

    /// Hands out the data after the list.
    fn data(
        &mut self,
        names: &BTreeMap<i64, Vec<u8>>,
        entries: &mut Entries<'_, '_>,
    ) -> io::Result<()> {
        while !self.file.fill_buf()?.is_empty() {
            let [kind] = self.bytes()?;
            let id = self.number()?;
            match kind {
                1 => self.thing(names.get(&id).map_or(b"", Vec::as_slice), entries)?,
                3 => loop {
                    let object = self.number()?;
                    if object == 0 {
                        break;
                    }
                    self.thing(format!("(large object {object})").as_bytes(), entries)?;
                },
                _ => return Err(invalid("no data where some are due")),
            }
        }
        Ok(())
    }

    /// Hands out what is in the pieces up to an empty one, also where that is missing.
    fn thing(&mut self, name: &[u8], entries: &mut Entries<'_, '_>) -> io::Result<()> {
        let mut at = Vec::new();
        let outcome = self.pieces(&mut at);
        if at.len() == PIECES {
            entries.skip(name, Reason::OverBudget, format!("pgdump: more than {PIECES} pieces"));
        }
        entries.part(name, &at, &mut Pieces::new(*self.file.get_mut(), &at))?;
        self.file.seek(SeekFrom::Start(self.at))?;
        outcome
    }

    fn pieces(&mut self, at: &mut Vec<Range<u64>>) -> io::Result<()> {
        loop {
            let length = self.number()?;
            if length == 0 {
                return Ok(());
            }
            let length = u64::try_from(length).map_err(|_| invalid("a negative length"))?;
            if at.len() < PIECES {
                at.push(self.at..self.at.saturating_add(length));
            }
            self.pass(length)?;
        }
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    /// A sign and as many bytes as the dump says, the lowest first.
    fn number(&mut self) -> io::Result<i64> {
        let [sign] = self.bytes()?;
        let mut number = 0_i64;
        for place in 0..self.number {
            let [byte] = self.bytes()?;
            if place < 7 {
                number |= i64::from(byte) << (8 * place);
            }
        }
        Ok(if sign == 0 { number } else { -number })
    }

    /// A text, or none; only its beginning.
    fn text(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Ok(length) = u64::try_from(self.number()?) else { return Ok(None) };
        let mut text = Vec::new();
        self.file.by_ref().take(length.min(NAME)).read_to_end(&mut text)?;
        self.at += text.len() as u64;
        self.pass(length - text.len() as u64)?;
        Ok(Some(text))
    }

    fn pass(&mut self, count: u64) -> io::Result<()> {
        let by = i64::try_from(count).map_err(|_| invalid("a length that is too long"))?;
        self.file.seek_relative(by)?;
        self.at = self.at.saturating_add(count);
        // Past the end there is nothing to read, which tells.
        if self.file.fill_buf()?.is_empty() && count > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}
