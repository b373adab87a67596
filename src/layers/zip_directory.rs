//! The directory at the end of a zip, and where it is.

use std::io::{self, Read, SeekFrom};

use super::{ReadSeek, invalid, zip_member::Member};

/// The record at the end, and the longest comment after it.
pub(super) const END: usize = 22;
const COMMENT: u64 = 0xffff;

/// Bytes of a directory that are kept in memory: some two million members.
const DIRECTORY: u64 = 256 << 20;

/// Where the directory is, after what may stand before the archive.
pub(super) struct End {
    pub directory: u64,
    pub size: u64,
    /// Bytes before the archive, which its offsets do not count.
    pub before: u64,
    pub comment: Vec<u8>,
    /// The offset after all of it.
    pub after: u64,
}

/// Looks for the record at the end. `None` where there is none.
pub(super) fn end(file: &mut dyn ReadSeek, length: u64) -> io::Result<Option<End>> {
    // Zeros behind it are no comment. The record itself may end with some.
    let length = length.min(before_zeros(file, length)? + END as u64);
    let from = length.saturating_sub(END as u64 + COMMENT);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(END as u64 + COMMENT).read_to_end(&mut tail)?;
    for at in memchr::memmem::rfind_iter(&tail, b"PK\x05\x06") {
        let Some(record) = tail.get(at..).filter(|record| record.len() >= END) else { continue };
        let Some(comment) = record.get(END..END + usize::from(u16_at(record, 20))) else {
            continue;
        };
        let start = from + at as u64;
        let (mut size, mut offset) = (u64::from(u32_at(record, 12)), u64::from(u32_at(record, 16)));
        // The directory ends where its record begins, whatever stands before the archive.
        let mut last = start;
        if let Some(long) = end_of_zip64(file, start)? {
            (size, offset, last) = long;
        }
        let Some(directory) = last.checked_sub(size) else { continue };
        let Some(before) = directory.checked_sub(offset) else { continue };
        let comment = comment.to_vec();
        let after = start + (END + comment.len()) as u64;
        return Ok(Some(End { directory, size, before, comment, after }));
    }
    Ok(None)
}

/// The offset after the last byte that is not zero.
fn before_zeros(file: &mut dyn ReadSeek, length: u64) -> io::Result<u64> {
    let mut piece = vec![0; 64 << 10];
    let mut end = length;
    while end > 0 {
        let from = end.saturating_sub(piece.len() as u64);
        let here = usize::try_from(end - from).unwrap_or_default();
        let piece = piece.get_mut(..here).unwrap_or_default();
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(piece)?;
        if let Some(last) = piece.iter().rposition(|&byte| byte != 0) {
            return Ok(from + last as u64 + 1);
        }
        end = from;
    }
    Ok(0)
}

/// Size and offset of the directory, and where its record is, in zip64.
fn end_of_zip64(file: &mut dyn ReadSeek, end: u64) -> io::Result<Option<(u64, u64, u64)>> {
    let Some(at) = end.checked_sub(20) else { return Ok(None) };
    let mut locator = [0; 20];
    file.seek(SeekFrom::Start(at))?;
    if !filled(file, &mut locator)? || !locator.starts_with(b"PK\x06\x07") {
        return Ok(None);
    }
    // Right before the locator, or, with fields of its own, where the locator says.
    for start in [at.checked_sub(56), Some(u64_at(&locator, 8))].into_iter().flatten() {
        let mut record = [0; 56];
        file.seek(SeekFrom::Start(start))?;
        if filled(file, &mut record)? && record.starts_with(b"PK\x06\x06") {
            return Ok(Some((u64_at(&record, 40), u64_at(&record, 48), start)));
        }
    }
    Ok(None)
}

/// A member that the directory lists, of which little is kept: there may be millions.
pub(super) struct Listed {
    /// Of its header.
    pub offset: u64,
    /// Of its record in the directory.
    record: usize,
}

impl Listed {
    pub(super) fn member(&self, records: &[u8]) -> Member {
        let record = records.get(self.record..).unwrap_or_default();
        let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(u16_at(record, at)));
        let field =
            |from: usize, length: usize| record.get(from..from + length).unwrap_or_default();
        let mut member = Member {
            name: field(46, name).to_vec(),
            comment: field(46 + name + extra, comment).to_vec(),
            offset: self.offset,
            flags: u16_at(record, 8),
            method: u16_at(record, 10),
            sum: u32_at(record, 16),
            packed: u32_at(record, 20).into(),
            size: u32_at(record, 24).into(),
        };
        let Member { size, packed, .. } = &mut member;
        long(field(46 + name, extra), [size, packed, &mut 0]);
        member
    }
}

/// The records of the directory, and the members that they list.
pub(super) fn directory(file: &mut dyn ReadSeek, end: &End) -> io::Result<(Vec<u8>, Vec<Listed>)> {
    if end.size > DIRECTORY {
        return Err(invalid("a directory of more than 256 MiB"));
    }
    file.seek(SeekFrom::Start(end.directory))?;
    let mut bytes = Vec::new();
    file.take(end.size).read_to_end(&mut bytes)?;
    let mut members = Vec::new();
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        if rest.starts_with(b"PK\x05\x05") {
            // A signature over the directory.
            break;
        }
        let head = rest.get(..46).filter(|head| head.starts_with(b"PK\x01\x02"));
        let head = head.ok_or_else(|| invalid("a damaged directory"))?;
        let lengths = [28, 30, 32].map(|at| usize::from(u16_at(head, at)));
        let [name, extra, comment] = lengths;
        let length = 46 + name + extra + comment;
        let record = rest.get(..length).ok_or_else(|| invalid("a damaged directory"))?;
        let (mut size, mut packed) = (u32_at(head, 24).into(), u32_at(head, 20).into());
        let mut offset = u32_at(head, 42).into();
        let extra = record.get(46 + name..46 + name + extra).unwrap_or_default();
        long(extra, [&mut size, &mut packed, &mut offset]);
        let offset = offset
            .checked_add(end.before)
            .filter(|&offset| offset < end.directory)
            .ok_or_else(|| invalid("a member after the directory"))?;
        members.push(Listed { offset, record: bytes.len() - rest.len() });
        rest = rest.get(length..).unwrap_or_default();
    }
    members.shrink_to_fit();
    Ok((bytes, members))
}

/// Puts the long numbers of zip64 where the short ones are all ones.
pub(super) fn long(mut extra: &[u8], numbers: [&mut u64; 3]) {
    while let Some(head) = extra.first_chunk::<4>() {
        let end = 4 + usize::from(u16_at(head, 2));
        if u16_at(head, 0) == 1 {
            let mut fields = extra.get(4..end).unwrap_or_default();
            for number in numbers {
                if *number == u64::from(u32::MAX)
                    && let Some((long, rest)) = fields.split_first_chunk::<8>()
                {
                    *number = u64::from_le_bytes(*long);
                    fields = rest;
                }
            }
            return;
        }
        extra = extra.get(end..).unwrap_or_default();
    }
}

/// Fills `bytes`, if there are as many.
pub(super) fn filled(file: &mut (impl Read + ?Sized), bytes: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(problem) if problem.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(problem) => Err(problem),
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    bytes.map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
