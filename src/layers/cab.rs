//! Cabinets of Microsoft ([MS-CAB]): folders of blocks, each packed as one, and files in them. What
//! lies between them, as a signature does, is looked at too.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use super::{
    Entries, Layer, Open, ReadSeek,
    cab_block::{Blocks, Method},
    disk::{claims::Claims, numbers},
    invalid,
};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "cab",
    about: "cabinets of Microsoft: stored, MSZIP and LZX; Quantum, and files that begin in another \
            cabinet, are not read, as the ledger says",
    is: |head| head.starts_with(b"MSCF\0\0\0\0") && head.get(24..26) == Some(&[3, 1]),
    open: Open::Seek(open),
};

/// Bytes of the head, of a folder and of a file before its name.
const HEAD: usize = 36;
const FOLDER: usize = 8;
const FILE: usize = 16;

/// A longer name is no name.
const NAME: u64 = 4096;

/// Flags of the head.
const HAS_PREVIOUS: u16 = 1;
const HAS_NEXT: u16 = 2;
const HAS_RESERVE: u16 = 4;

/// Folders of a file that is not all in this cabinet: it began before, goes on, or both.
const FROM_PREVIOUS: u16 = 0xfffd;
const TO_NEXT: u16 = 0xfffe;
const THROUGH: u16 = 0xffff;

struct Folder {
    first: u64,
    blocks: u16,
    method: u16,
    files: Vec<Member>,
    /// Whether its first block began in another cabinet.
    is_cut: bool,
}

struct Member {
    offset: u64,
    size: u64,
    name: Vec<u8>,
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut claims = Claims::default();
    let (mut folders, reserve) = directory(file, &mut claims)?;
    folders.sort_by_key(|folder| folder.first);
    let mut at = 0;
    for (number, folder) in folders.iter_mut().enumerate() {
        folder.files.sort_by_key(|member| member.offset);
        let why_not = match Method::of(folder.method) {
            _ if folder.is_cut => Err((Reason::NoReader, "cab: it begins in another cabinet")),
            _ if folder.first < at => Err((Reason::Damaged, "cab: folders that overlap")),
            None => Err((Reason::NoReader, "cab: a method that nothing here reads")),
            Some(method) => Ok(method),
        };
        match why_not {
            Err((reason, detail)) => {
                for member in &folder.files {
                    entries.skip(&member.name, reason, detail);
                }
            }
            Ok(method) => {
                let from = (folder.first, folder.blocks);
                let mut blocks = Blocks::new(file, &mut claims, from, reserve, method);
                read(number, folder, &mut blocks, entries)?;
                at = blocks.at;
            }
        }
    }
    claims.gaps(file, length, entries)
}

/// Reads the files of a folder in their order. What of the folder is in none is looked at as well.
fn read(
    number: usize,
    folder: &Folder,
    blocks: &mut Blocks<'_>,
    entries: &mut Entries<'_, '_>,
) -> io::Result<()> {
    let mut at = 0_u64;
    let mut files = folder.files.iter();
    while let Some(member) = files.next() {
        let outcome = match member.offset.checked_sub(at) {
            None => {
                entries.skip(&member.name, Reason::Damaged, "cab: files that overlap");
                continue;
            }
            Some(0) => Ok(()),
            Some(before) => {
                let name = format!("(folder {number}, gap at {at})");
                whole(name.as_bytes(), before, blocks, entries)
            }
        };
        at = member.offset.saturating_add(member.size);
        if let Err(problem) =
            outcome.and_then(|()| whole(&member.name, member.size, blocks, entries))
        {
            entries.check()?;
            let (reason, detail) = if blocks.is_continued {
                (Reason::NoReader, "cab: it goes on in another cabinet".to_owned())
            } else {
                (Reason::Damaged, format!("cab: {problem}"))
            };
            for member in std::iter::once(member).chain(files) {
                entries.skip(&member.name, reason, &detail);
            }
            return Ok(());
        }
    }
    if blocks.is_at_end() {
        return Ok(());
    }
    let name = format!("(folder {number}, gap at {at})");
    entries.member(name.as_bytes(), blocks)
}

/// Looks at the next `size` bytes of a folder. Fewer are an error.
fn whole(
    name: &[u8],
    size: u64,
    blocks: &mut Blocks<'_>,
    entries: &mut Entries<'_, '_>,
) -> io::Result<()> {
    let mut content = blocks.take(size);
    if size > 0 {
        entries.entry(name, &mut content)?;
        // What is left out has to be read all the same.
        io::copy(&mut content, &mut io::sink())?;
    }
    if content.limit() > 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// The folders with their files, and how many bytes of each block are somebody's own.
fn directory(file: &mut dyn ReadSeek, claims: &mut Claims) -> io::Result<(Vec<Folder>, usize)> {
    let mut file = BufReader::new(file);
    file.rewind()?;
    let mut head = [0; HEAD];
    file.read_exact(&mut head)?;
    let files_at = u64::from(numbers::le32(&head, 16));
    let (folders, files) = (numbers::le16(&head, 26), numbers::le16(&head, 28));
    let flags = numbers::le16(&head, 30);
    claims.add(0, HEAD as u64);
    let (mut own, mut own_folder, mut own_block) = (0, 0, 0);
    if flags & HAS_RESERVE != 0 {
        let mut sizes = [0; 4];
        file.read_exact(&mut sizes)?;
        let [a, b, c, d] = sizes;
        (own, own_folder, own_block) = (u16::from_le_bytes([a, b]).into(), c.into(), d.into());
    }
    file.seek(SeekFrom::Current(own))?;
    for flag in [HAS_PREVIOUS, HAS_NEXT] {
        if flags & flag != 0 {
            // The names of another cabinet and of its disk.
            name(&mut file)?;
            name(&mut file)?;
        }
    }
    let mut all = Vec::with_capacity(folders.into());
    for _ in 0..folders {
        let from = file.stream_position()?;
        let mut head = [0; FOLDER];
        file.read_exact(&mut head)?;
        claims.add(from, from + FOLDER as u64);
        file.seek(SeekFrom::Current(own_folder))?;
        let (blocks, method) = (numbers::le16(&head, 4), numbers::le16(&head, 6));
        let first = numbers::le32(&head, 0).into();
        all.push(Folder { first, blocks, method, files: Vec::new(), is_cut: false });
    }
    file.seek(SeekFrom::Start(files_at))?;
    for _ in 0..files {
        let mut head = [0; FILE];
        file.read_exact(&mut head)?;
        let (size, offset) = (numbers::le32(&head, 0).into(), numbers::le32(&head, 4).into());
        let name = name(&mut file)?;
        let index = numbers::le16(&head, 8);
        let folder = match index {
            FROM_PREVIOUS | THROUGH => all.first_mut(),
            TO_NEXT => all.last_mut(),
            index => all.get_mut(usize::from(index)),
        };
        let folder = folder.ok_or_else(|| invalid("a file in no folder"))?;
        folder.is_cut |= matches!(index, FROM_PREVIOUS | THROUGH);
        folder.files.push(Member { offset, size, name });
    }
    claims.add(files_at, file.stream_position()?);
    Ok((all, own_block))
}

/// A name up to its NUL, with the separators that paths have elsewhere.
fn name(file: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut name = Vec::new();
    file.take(NAME).read_until(0, &mut name)?;
    if name.pop() != Some(0) {
        return Err(invalid("a name without an end"));
    }
    name.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    Ok(name)
}
