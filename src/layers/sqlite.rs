//! SQLite (fileformat2.html): values of rows that do not lie in one page, put together, and values
//! that can be opened. All else is seen in the pages as they are: small values, free pages, what
//! was deleted. Its write-ahead log is the same pages in another order.

use std::{
    collections::{BTreeMap, HashSet},
    io::{self, SeekFrom},
    ops::Range,
};

use zeroize::Zeroizing;

use super::{
    Entries, Layer, Open, ReadSeek, invalid, of,
    pieces::{self, Pieces},
    sqlite_page::{Page, u16_at, u32_at, values},
    sqlite_schema::{self, Table},
    zip_directory::filled,
};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "sqlite",
    about: "SQLite: large values of rows, also deleted ones; all pages are looked at as they are",
    is: |head| head.starts_with(b"SQLite format 3\0"),
    open: Open::Beside(open),
};

pub(super) const WAL: Layer = Layer {
    name: "sqlite-wal",
    about: "write-ahead logs of SQLite",
    is: |head| {
        matches!(head, [0x37, 0x7f, 0x06, 0x82 | 0x83, ..]) && u32_at(head, 4) == Some(3_007_000)
    },
    open: Open::Beside(open_wal),
};

/// Values shorter than this hold nothing that could be opened.
const VALUE: u64 = 16;

/// Pages of one file: 64 GiB at the usual size.
const PAGES: u64 = 1 << 24;

/// Pages, and where they are.
pub(super) struct Store<'f> {
    file: &'f mut dyn ReadSeek,
    pub size: usize,
    pub usable: usize,
    /// Pages of a database; of a log, the highest number.
    pub count: u32,
    /// Of a log: page and frame, to where the page is.
    frames: Option<BTreeMap<(u32, usize), u64>>,
}

impl Store<'_> {
    /// The page as it was when the frame `until` was written.
    pub(super) fn read(
        &mut self,
        page: u32,
        until: usize,
    ) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let Some(at) = self.offset(page, until) else { return Ok(None) };
        let mut bytes = Zeroizing::new(vec![0; self.size]);
        self.file.seek(SeekFrom::Start(at))?;
        Ok(filled(self.file, &mut bytes)?.then_some(bytes))
    }

    fn offset(&self, page: u32, until: usize) -> Option<u64> {
        match &self.frames {
            None if page > self.count => None,
            None => Some(u64::from(page.checked_sub(1)?) * self.size as u64),
            Some(frames) => frames.range((page, 0)..=(page, until)).next_back().map(|(_, &at)| at),
        }
    }

    /// Where the payload of a cell is. `None` if the chain of its pages is broken, or has one that
    /// belongs to another.
    fn payload(
        &mut self,
        local: Range<u64>,
        size: u64,
        mut next: u32,
        until: usize,
        taken: &mut HashSet<(u32, u64)>,
    ) -> io::Result<Option<Vec<Range<u64>>>> {
        let mut left = size.saturating_sub(local.end - local.start);
        let mut ranges = vec![local];
        while left > 0 {
            let Some(at) = self.offset(next, until) else { return Ok(None) };
            if !taken.insert((next, at)) {
                return Ok(None);
            }
            let length = left.min(self.usable as u64 - 4);
            let mut pointer = [0; 4];
            self.file.seek(SeekFrom::Start(at))?;
            if !filled(self.file, &mut pointer)? {
                return Ok(None);
            }
            ranges.push(at + 4..at + 4 + length);
            left -= length;
            next = u32::from_be_bytes(pointer);
        }
        Ok(Some(ranges))
    }
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut header = [0; 100];
    file.rewind()?;
    if !filled(file, &mut header)? {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let size = match u16_at(&header, 16) {
        Some(1) => 65_536,
        size => usize::from(size.unwrap_or_default()),
    };
    let usable = usable(size, header.get(20).copied().unwrap_or_default())?;
    let count = length / size as u64;
    if count > PAGES {
        entries.note(Reason::OverBudget, format!("more than {PAGES} pages"));
    }
    let count = u32::try_from(count.min(PAGES)).unwrap_or_default();
    let told = u32_at(&header, 28).filter(|_| header.get(24..28) == header.get(92..96));
    if told.is_some_and(|told| told > count) {
        entries.note(Reason::Damaged, "it is shorter than it says");
    }
    let mut store = Store { file, size, usable, count, frames: None };
    let (tables, owners) = sqlite_schema::read(&mut store)?;
    let table = |page: u32| {
        let owner = owners.get(usize::try_from(page).unwrap_or(usize::MAX)).copied();
        owner.and_then(|owner| tables.get(usize::from(owner)))
    };
    let mut taken = HashSet::new();
    // Pages in use come first: what a deleted row leads to may be theirs by now.
    for is_used in [true, false] {
        for page in 1..=count {
            let table = table(page);
            if table.is_some() == is_used {
                rows(&mut store, entries, page, usize::MAX, table, &mut taken)?;
            }
        }
    }
    free(&mut store, entries, &owners, &mut taken)
}

/// Hands out chains of pages that no row leads to any more. What of the row was in its own page
/// is seen there.
fn free(
    store: &mut Store<'_>,
    entries: &mut Entries<'_, '_>,
    owners: &[u16],
    taken: &mut HashSet<(u32, u64)>,
) -> io::Result<()> {
    let mut next = vec![0; owners.len()];
    let mut is_head = vec![true; owners.len()];
    for (number, link) in next.iter_mut().enumerate().skip(1) {
        let page = u32::try_from(number).unwrap_or_default();
        let Some(at) = store.offset(page, usize::MAX) else { continue };
        if sqlite_schema::is_owned(owners, page) || taken.contains(&(page, at)) {
            continue;
        }
        let mut pointer = [0; 4];
        store.file.seek(SeekFrom::Start(at))?;
        if !filled(store.file, &mut pointer)? {
            continue;
        }
        let to = u32::from_be_bytes(pointer);
        let target = usize::try_from(to).ok().and_then(|to| is_head.get_mut(to));
        if let Some(is_head) = target.filter(|_| !sqlite_schema::is_owned(owners, to)) {
            *link = to;
            *is_head = false;
        }
    }
    for (head, _) in is_head.iter().enumerate().filter(|(_, is_head)| **is_head) {
        let mut pieces = Vec::new();
        let mut page = u32::try_from(head).unwrap_or_default();
        while let Some(at) = store.offset(page, usize::MAX).filter(|_| page > 0) {
            if !taken.insert((page, at)) {
                break;
            }
            pieces.push(at + 4..at + store.usable as u64);
            let to = usize::try_from(page).ok().and_then(|page| next.get(page));
            page = to.copied().unwrap_or_default();
        }
        if pieces.len() > 1 {
            let name = format!("(free pages from {head})");
            entries.part(name.as_bytes(), &pieces, &mut Pieces::new(store.file, &pieces))?;
        }
    }
    Ok(())
}

fn open_wal(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut header = [0; 32];
    file.rewind()?;
    if !filled(file, &mut header)? {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let size = usize::try_from(u32_at(&header, 8).unwrap_or_default()).unwrap_or_default();
    let usable = usable(size, 0)?;
    let mut frames = BTreeMap::new();
    // Page, and the last frame of its transaction.
    let mut order: Vec<(u32, usize)> = Vec::new();
    let mut since = 0;
    let mut at = 32;
    while at + 24 + size as u64 <= length && (order.len() as u64) < PAGES {
        let mut header = [0; 24];
        file.seek(SeekFrom::Start(at))?;
        if !filled(file, &mut header)? {
            break;
        }
        let page = u32_at(&header, 0).unwrap_or_default();
        frames.insert((page, order.len()), at + 24);
        order.push((page, usize::MAX));
        if u32_at(&header, 4) != Some(0) {
            let last = order.len() - 1;
            order.iter_mut().skip(since).for_each(|(_, until)| *until = last);
            since = order.len();
        }
        at += 24 + size as u64;
    }
    if at < length && (order.len() as u64) < PAGES {
        entries.note(Reason::Damaged, "it ends within a frame");
    }
    let mut store = Store { file, size, usable, count: u32::MAX, frames: Some(frames) };
    let mut taken = HashSet::new();
    for (page, until) in order {
        rows(&mut store, entries, page, until, None, &mut taken)?;
    }
    Ok(())
}

fn usable(size: usize, reserved: u8) -> io::Result<usize> {
    let is_size = size.is_power_of_two() && (512..=65_536).contains(&size);
    let usable = size.saturating_sub(reserved.into());
    if is_size && usable >= 480 { Ok(usable) } else { Err(invalid("no page size")) }
}

/// Hands out the values of one page that are not seen in it.
fn rows(
    store: &mut Store<'_>,
    entries: &mut Entries<'_, '_>,
    number: u32,
    until: usize,
    table: Option<&Table>,
    taken: &mut HashSet<(u32, u64)>,
) -> io::Result<()> {
    let Some(start) = store.offset(number, until) else { return Ok(()) };
    let Some(bytes) = store.read(number, until)? else { return Ok(()) };
    let is_first = number == 1;
    let Some(page) = Page::read(&bytes, is_first, store.usable) else { return Ok(()) };
    for (index, cell) in page.cells().enumerate() {
        let local = bytes.get(cell.local.clone()).unwrap_or_default();
        let values = values(local, cell.size);
        let is_whole = |range: &Range<u64>| range.end <= local.len() as u64;
        let within = |range: &Range<u64>| {
            let [from, to] = [range.start, range.end].map(|at| usize::try_from(at).ok());
            local.get(from?..to?)
        };
        let is_wanted = |range: &Range<u64>| {
            range.end - range.start >= VALUE
                && (!is_whole(range) || within(range).is_some_and(|value| of(value).is_some()))
        };
        if !values.iter().any(|(_, range)| is_wanted(range)) {
            continue;
        }
        let at = start + cell.local.start as u64..start + cell.local.end as u64;
        let Some(payload) = store.payload(at, cell.size, cell.overflow, until, taken)? else {
            if table.is_some() {
                entries.note(Reason::Damaged, "pages of a value are missing");
            }
            continue;
        };
        for (column, range) in values.iter().filter(|(_, range)| is_wanted(range)) {
            let row = cell.rowid.unwrap_or(index as u64);
            let name = match table {
                Some(table) => format!("{}/{row}/{}", table.name, table.column(*column)),
                None => format!("(page {number})/{row}/{}", column + 1),
            };
            let pieces = pieces::part(&payload, range);
            entries.part(name.as_bytes(), &pieces, &mut Pieces::new(store.file, &pieces))?;
        }
    }
    Ok(())
}
