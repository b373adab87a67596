//! zip (APPNOTE.TXT 6.3.10) and what is built on it: jar, war, apk, whl, nupkg, docx, xlsx, crx …
//! The directory at the end says what there is; where it is damaged, the members are walked. What
//! lies between them is looked at too.

use std::io::{self, Read, SeekFrom};

use super::{
    Entries, Layer, Open, ReadSeek,
    zip_directory::{self, END, filled, long, u16_at, u32_at},
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
    let end = zip_directory::end(file, length)?;
    let listed = end.as_ref().map(|end| zip_directory::directory(file, end));
    let (Some(end), Some(Ok((records, mut members)))) = (&end, listed) else {
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
    let mut at = match members.first() {
        Some(first) if is_appended => first.offset,
        _ => extension(file, length)?,
    };
    if !is_appended && at > 0 {
        file.rewind()?;
        entries.as_it_is(b"(gap at 0)", &mut (&mut *file).take(at));
    }
    for listed in &members {
        let member = &listed.member(&records);
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

/// Bytes of the keys and signatures before the archive of an extension of Chrome, in both versions.
fn extension(file: &mut dyn ReadSeek, length: u64) -> io::Result<u64> {
    let mut head = [0; 16];
    file.rewind()?;
    if !filled(file, &mut head)? || !head.starts_with(b"Cr24") {
        return Ok(0);
    }
    let (first, second) = (u64::from(u32_at(&head, 8)), u64::from(u32_at(&head, 12)));
    let end = if u32_at(&head, 4) == 2 { 16 + first + second } else { 12 + first };
    Ok(if end < length { end } else { 0 })
}

/// Reads one member of the directory, and gives the offset after its data.
fn read(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    member: &Member,
) -> io::Result<Option<u64>> {
    let Some((mut head, data)) = local(file, member.offset)? else {
        entries.skip(&member.name, Reason::Damaged, "zip: no header where the directory says");
        return Ok(None);
    };
    zip_member::read(file, entries, member, data)?;
    // Writers of streams put sizes behind the data.
    let is_told = head.flags & 8 == 0 && head.packed > 0;
    let is_other = head.method != member.method || (member.packed == 0 && member.size == 0);
    if is_told && is_other && member.flags & 1 == 0 {
        let detail = "zip: its header differs from the directory, and is believed too";
        entries.partly(&member.name, Reason::Damaged, detail);
        head.name.clone_from(&member.name);
        zip_member::read(file, entries, &head, data)?;
        return Ok(data.checked_add(member.packed.max(head.packed)));
    }
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
