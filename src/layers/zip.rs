//! zip (APPNOTE.TXT 6.3.10) and what is built on it: jar, war, apk, whl, nupkg, docx, xlsx, crx …
//! The directory at the end says what there is; where it is damaged, the members are walked. What
//! lies between them is looked at too.

use std::io::{self, Read, SeekFrom};

use super::{
    Entries, Layer, Open, ReadSeek, invalid,
    zip_member::{self, Member},
};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "zip",
    about: "zip, also zip64, and what is built on it: jar, war, apk, whl, nupkg, docx, xlsx, crx",
    is: |head| {
        matches!(
            head,
            [b'P', b'K', 3, 4, ..]
                | [b'P', b'K', 5, 6, ..]
                | [b'P', b'K', 7, 8, b'P', b'K', 3, 4, ..]
        ) || matches!(head, [b'C', b'r', b'2', b'4', 2 | 3, 0, 0, 0, ..])
    },
    open: Open::Seek(open),
};

/// The record at the end, and the longest comment after it.
const END: usize = 22;
const COMMENT: u64 = 0xffff;

/// Bytes of a directory that are kept in memory: some two million members.
const DIRECTORY: u64 = 256 << 20;

/// Where the directory is, after what may stand before the archive.
struct End {
    directory: u64,
    size: u64,
    /// Bytes before the archive, which its offsets do not count.
    before: u64,
    comment: Vec<u8>,
    /// The offset after all of it.
    after: u64,
}

/// Bytes of the end of a file that ends with an archive, if that has no comment.
pub(super) const TAIL: usize = END;

/// Whether a file that ends like this ends with an archive: a program that unpacks itself, a jar
/// that runs.
pub(super) fn is_tail(tail: &[u8]) -> bool {
    let count = u16_at(tail, 10);
    tail.len() == TAIL && tail.starts_with(b"PK\x05\x06") && count > 0 && u16_at(tail, 20) == 0
}

/// Opens an archive that stands after something else, which was looked at.
pub(super) fn open_appended(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
) -> io::Result<()> {
    read_all(file, entries, true)
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    read_all(file, entries, false)
}

fn read_all(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    is_appended: bool,
) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let end = end(file, length)?;
    let members = end.as_ref().map(|end| directory(file, end));
    let (Some(end), Some(Ok(mut members))) = (&end, members) else {
        if is_appended {
            // What looked like the end of an archive was scanned with everything else.
            return Ok(());
        }
        let problem = if end.is_some() { "its directory is damaged" } else { "no directory" };
        entries.note(Reason::Damaged, format!("{problem}; its members were looked for"));
        return walk(file, entries, 0, length);
    };
    if let Some(first) = members.first()
        && end.before > 0
        && local(file, first.offset)?.is_none()
        && local(file, first.offset - end.before)?.is_some()
    {
        // What stands before the directory is no part of the archive; the members are in place.
        members.iter_mut().for_each(|member| member.offset -= end.before);
    }
    members.sort_by_key(|member| member.offset);
    let mut at = if is_appended { members.first().map_or(0, |first| first.offset) } else { 0 };
    for member in &members {
        if member.offset > at {
            between(file, entries, at, member.offset)?;
        }
        let after = read(file, entries, member)?.unwrap_or(member.offset);
        at = at.max(after);
        if !member.comment.is_empty() {
            let name = [b"(comment of ", member.name.as_slice(), b")"].concat();
            entries.member(&name, &mut member.comment.as_slice())?;
        }
    }
    if end.directory > at {
        between(file, entries, at, end.directory)?;
    }
    if !end.comment.is_empty() {
        entries.member(b"(comment)", &mut end.comment.as_slice())?;
    }
    if length > end.after {
        gap(file, entries, end.after, length)?;
    }
    Ok(())
}

/// Reads one member of the directory, and gives the offset after its data.
fn read(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    member: &Member,
) -> io::Result<Option<u64>> {
    let Some(data) = local(file, member.offset)?.map(|(_, data)| data) else {
        entries.skip(&member.name, Reason::Damaged, "zip: no header where the directory says");
        return Ok(None);
    };
    zip_member::read(file, entries, member, data)?;
    Ok(data.checked_add(member.packed))
}

/// The header of a member at `at`, and the offset of its data.
fn local(file: &mut dyn ReadSeek, at: u64) -> io::Result<Option<(Member, u64)>> {
    file.seek(SeekFrom::Start(at))?;
    let mut head = [0; 30];
    if !filled(file, &mut head)? || !head.starts_with(b"PK\x03\x04") {
        return Ok(None);
    }
    let mut name = vec![0; usize::from(u16_at(&head, 26))];
    let mut extra = vec![0; usize::from(u16_at(&head, 28))];
    if !filled(file, &mut name)? || !filled(file, &mut extra)? {
        return Ok(None);
    }
    let data = at + 30 + name.len() as u64 + extra.len() as u64;
    let mut member = Member {
        name,
        comment: Vec::new(),
        offset: at,
        flags: u16_at(&head, 6),
        method: u16_at(&head, 8),
        sum: u32_at(&head, 14),
        packed: u32_at(&head, 18).into(),
        size: u32_at(&head, 22).into(),
    };
    long(&extra, [&mut member.size, &mut member.packed, &mut 0]);
    Ok(Some((member, data)))
}

/// What lies between two members: often the sizes that a writer of a stream put after the data.
fn between(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    from: u64,
    to: u64,
) -> io::Result<()> {
    let mut bytes = [0; 24];
    file.seek(SeekFrom::Start(from))?;
    let length = usize::try_from(to - from).unwrap_or(usize::MAX);
    let is_sizes = match bytes.get_mut(..length) {
        Some(bytes) => {
            filled(file, bytes)?
                && (matches!(length, 12 | 20)
                    || matches!(length, 16 | 24) && bytes.starts_with(b"PK\x07\x08"))
        }
        None => false,
    };
    if is_sizes && from > 0 { Ok(()) } else { gap(file, entries, from, to) }
}

fn gap(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    from: u64,
    to: u64,
) -> io::Result<()> {
    file.seek(SeekFrom::Start(from))?;
    entries.gap(from, &mut file.take(to - from))
}

/// Goes from header to header, where there is no directory to tell.
fn walk(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    from: u64,
    length: u64,
) -> io::Result<()> {
    let mut at = from;
    while let Some((member, data)) = local(file, at)? {
        // The sizes stand behind the data, where only its end tells.
        let is_open = member.flags & 8 != 0 && member.packed == 0;
        if is_open {
            let Some(after) = zip_member::read_open(file, entries, &member, data)? else { break };
            at = after;
        } else {
            zip_member::read(file, entries, &member, data)?;
            let Some(after) = data.checked_add(member.packed).filter(|after| *after <= length)
            else {
                break;
            };
            at = after;
        }
        at += sizes_after(file, at)?;
    }
    if at < length {
        file.seek(SeekFrom::Start(at))?;
        entries.as_it_is(format!("(from {at})").as_bytes(), &mut file.take(length - at));
    }
    Ok(())
}

/// The length of the sizes after the data of a member, if they are there.
fn sizes_after(file: &mut dyn ReadSeek, at: u64) -> io::Result<u64> {
    let mut bytes = [0; 28];
    file.seek(SeekFrom::Start(at))?;
    let mut length = 0;
    while let Some(rest) = bytes.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            read => length += read,
        }
    }
    let is_next = |at: usize| {
        let next = bytes.get(at..at + 4);
        at == length || next == Some(b"PK\x03\x04") || next == Some(b"PK\x01\x02")
    };
    let found = [16, 24, 12, 20].into_iter().find(|&after| is_next(after));
    let is_signed = bytes.starts_with(b"PK\x07\x08");
    Ok(found.filter(|_| is_signed || !is_next(0)).unwrap_or_default() as u64)
}

/// Looks for the record at the end. `None` where there is none.
fn end(file: &mut dyn ReadSeek, length: u64) -> io::Result<Option<End>> {
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

/// The members that the directory lists.
fn directory(file: &mut dyn ReadSeek, end: &End) -> io::Result<Vec<Member>> {
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
        let field = |from: usize, length: usize| {
            rest.get(from..from + length).ok_or_else(|| invalid("a damaged directory"))
        };
        let mut member = Member {
            name: field(46, name)?.to_vec(),
            comment: field(46 + name + extra, comment)?.to_vec(),
            offset: u32_at(head, 42).into(),
            flags: u16_at(head, 8),
            method: u16_at(head, 10),
            sum: u32_at(head, 16),
            packed: u32_at(head, 20).into(),
            size: u32_at(head, 24).into(),
        };
        let Member { size, packed, offset, .. } = &mut member;
        long(field(46 + name, extra)?, [size, packed, offset]);
        member.offset = member
            .offset
            .checked_add(end.before)
            .filter(|&offset| offset < end.directory)
            .ok_or_else(|| invalid("a member after the directory"))?;
        members.push(member);
        rest = rest.get(46 + name + extra + comment..).unwrap_or_default();
    }
    Ok(members)
}

/// Puts the long numbers of zip64 where the short ones are all ones.
fn long(mut extra: &[u8], numbers: [&mut u64; 3]) {
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

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    bytes.map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
