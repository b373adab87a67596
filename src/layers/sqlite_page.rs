//! Pages of SQLite (fileformat2.html, sections 1.6 and 2): the cells of a page of a b-tree, and
//! the values of a record.

use std::ops::Range;

/// A cell that holds a payload.
pub(super) struct Cell {
    /// None in an index.
    pub rowid: Option<u64>,
    /// Bytes of the whole payload.
    pub size: u64,
    /// What of it is in the page.
    pub local: Range<usize>,
    /// The first page of the rest, 0 if there is none.
    pub overflow: u32,
}

/// What a page is, by its first byte.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    IndexInterior,
    TableInterior,
    IndexLeaf,
    TableLeaf,
}

/// The header of a page of a b-tree. Page 1 has that of the file before it.
pub(super) struct Page<'a> {
    bytes: &'a [u8],
    pub kind: Kind,
    pointers: &'a [u8],
    usable: usize,
    /// The last child.
    right: u32,
}

impl<'a> Page<'a> {
    pub(super) fn read(bytes: &'a [u8], is_first: bool, usable: usize) -> Option<Self> {
        let start = if is_first { 100 } else { 0 };
        let header = bytes.get(start..)?;
        let (kind, length) = match header.first()? {
            2 => (Kind::IndexInterior, 12),
            5 => (Kind::TableInterior, 12),
            10 => (Kind::IndexLeaf, 8),
            13 => (Kind::TableLeaf, 8),
            _ => return None,
        };
        let count = usize::from(u16_at(header, 3)?);
        let pointers = header.get(length..length + 2 * count)?;
        let right = if length == 12 { u32_at(header, 8)? } else { 0 };
        Some(Self { bytes, kind, pointers, usable, right })
    }

    /// The pages below an interior one.
    pub(super) fn children(&self) -> impl Iterator<Item = u32> {
        let is_interior = matches!(self.kind, Kind::IndexInterior | Kind::TableInterior);
        let left = self.offsets().filter_map(|at| u32_at(self.bytes, at));
        left.chain([self.right]).filter(move |_| is_interior)
    }

    /// The cells that hold payloads; those that are damaged are left out.
    pub(super) fn cells(&self) -> impl Iterator<Item = Cell> {
        self.offsets().filter_map(|at| self.cell(at))
    }

    fn offsets(&self) -> impl Iterator<Item = usize> {
        self.pointers.chunks_exact(2).filter_map(|pointer| u16_at(pointer, 0).map(usize::from))
    }

    fn cell(&self, at: usize) -> Option<Cell> {
        let mut at = match self.kind {
            Kind::TableInterior => return None,
            Kind::IndexInterior => at + 4,
            Kind::IndexLeaf | Kind::TableLeaf => at,
        };
        let size = varint(self.bytes, &mut at)?;
        let is_table = self.kind == Kind::TableLeaf;
        let rowid = if is_table { Some(varint(self.bytes, &mut at)?) } else { None };
        let usable = self.usable as u64;
        let most = if is_table { usable - 35 } else { (usable - 12) * 64 / 255 - 23 };
        let least = (usable - 12) * 32 / 255 - 23;
        let local = if size <= most {
            size
        } else {
            let fitting = least + (size - least) % (usable - 4);
            if fitting <= most { fitting } else { least }
        };
        let end = at.checked_add(usize::try_from(local).ok()?)?;
        self.bytes.get(at..end)?;
        let overflow = if local < size { u32_at(self.bytes, end)? } else { 0 };
        Some(Cell { rowid, size, local: at..end, overflow })
    }
}

/// Where the texts and blobs of a record are in its payload, and their column. Of a record whose
/// own header goes on in another page, the whole is one.
pub(super) fn values(payload: &[u8], size: u64) -> Vec<(usize, Range<u64>)> {
    let mut at = 0;
    let header = varint(payload, &mut at).and_then(|length| usize::try_from(length).ok());
    let Some(header) = header.and_then(|length| payload.get(at..length)) else {
        return vec![(0, 0..size)];
    };
    let mut start = (at + header.len()) as u64;
    let mut values = Vec::new();
    let mut at = 0;
    let mut column = 0;
    while let Some(kind) = varint(header, &mut at) {
        let length = match kind {
            12.. => (kind - 12) / 2,
            0 | 8.. => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
        };
        let end = start.saturating_add(length).min(size);
        if kind >= 12 && end > start {
            values.push((column, start..end));
        }
        start = end;
        column += 1;
    }
    values
}

/// The whole number in one column of a record, for page numbers.
pub(super) fn number(payload: &[u8], wanted: usize) -> Option<u32> {
    let mut at = 0;
    let length = usize::try_from(varint(payload, &mut at)?).ok()?;
    let header = payload.get(at..length)?;
    let mut start = length;
    let mut at = 0;
    for column in 0.. {
        let kind = varint(header, &mut at)?;
        let size = match kind {
            12.. => usize::try_from((kind - 12) / 2).ok()?,
            0 | 8.. => 0,
            1..=4 => usize::try_from(kind).ok()?,
            5 => 6,
            6 | 7 => 8,
        };
        if column == wanted {
            let bytes = payload.get(start..start.checked_add(size)?)?;
            return match kind {
                9 => Some(1),
                1..=4 => Some(bytes.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte))),
                _ => None,
            };
        }
        start = start.checked_add(size)?;
    }
    None
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0_u64;
    for count in 1..=9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if count == 9 {
            return Some(value << 8 | u64::from(byte));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}
