//! tar: ustar and pax (POSIX.1-2024, pax), GNU with long names, sparse files, volumes and dumps, and
//! the old form.

use std::io::{self, Read};

use super::{
    Entries, Layer, Open, Source, image,
    resync::Before,
    tar_sparse::{Map, Records},
};
use crate::{budget, ledger::Reason};

pub(super) const LAYER: Layer = Layer {
    name: "tar",
    about: "tar: ustar, pax, GNU with long names and sparse files, and the old form",
    is,
    open: Open::Stream(open),
};

const BLOCK: usize = 512;

/// Bytes of a long name or of pax records; both are paths and a few numbers in what tar writes.
const RECORDS: u64 = 1 << 20;

type Header = [u8; BLOCK];

fn is(head: &[u8]) -> bool {
    let Some(header) = head.first_chunk::<BLOCK>() else { return false };
    // The old form has no magic: a name, numbers, and zeros up to the end. What goes on from
    // another volume says where, and how long all of it is.
    let is_old = || {
        let numbers = if header.get(156) == Some(&b'M') { 369..495 } else { 0..0 };
        let is_zero = |(at, &byte): (usize, &u8)| byte == 0 || numbers.contains(&at);
        !matches!(header, [0, ..]) && header.iter().enumerate().skip(345).all(is_zero)
    };
    (header.get(257..262) == Some(b"ustar") || is_old()) && is_header(header)
}

/// Whether the sum over the header, its own field taken as blanks, is what it says.
fn is_header(header: &Header) -> bool {
    let Some(told) = number(header.get(148..156).unwrap_or_default()) else { return false };
    let (mut unsigned, mut signed) = (0_i64, 0_i64);
    for (at, &byte) in header.iter().enumerate() {
        let byte = if (148..156).contains(&at) { b' ' } else { byte };
        unsigned += i64::from(byte);
        // Some old writers added signed bytes.
        signed += i64::from(byte.cast_signed());
    }
    i64::try_from(told).is_ok_and(|told| told == unsigned || told == signed)
}

/// An octal number between blanks and zeros, or a binary one with the highest bit set.
fn number(field: &[u8]) -> Option<u64> {
    if let [first, rest @ ..] = field
        && first & 0x80 != 0
    {
        let first = u64::from(first & 0x7f);
        return rest
            .iter()
            .try_fold(first, |sum, &byte| sum.checked_mul(256)?.checked_add(byte.into()));
    }
    let is_blank = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !is_blank(byte))?;
    let digits = field.get(start..)?.split(is_blank).next()?;
    digits.iter().try_fold(0_u64, |sum, &byte| {
        let digit = char::from(byte).to_digit(8)?;
        sum.checked_mul(8)?.checked_add(digit.into())
    })
}

/// What extended headers say of the next file.
#[derive(Default)]
struct Told {
    name: Option<Vec<u8>>,
    /// Of a sparse file, whose other name is made up.
    sparse_name: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: Records,
}

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let mut layer = image::Layer::of(entries.container());
    let outcome = read(source, entries, &mut layer);
    entries.keep(layer);
    outcome
}

/// Hands out the files; all names go to the layer of an image that it may be.
fn read(
    source: &mut Source<'_>,
    entries: &mut Entries<'_, '_>,
    layer: &mut Option<image::Layer>,
) -> io::Result<()> {
    let mut told = Told::default();
    let mut holes = HOLES;
    loop {
        let Some(header) = source.peek(BLOCK)?.first_chunk().copied() else {
            // Some writers end without blocks of zeros, and so does what was cut between two files.
            return if source.peek(1)?.is_empty() {
                entries.note(Reason::Damaged, "it ends without a mark, and may be cut");
                Ok(())
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            };
        };
        if header == [0; BLOCK] {
            // The end. What follows it is looked at by the caller.
            return Ok(());
        }
        let kind = header.get(156).copied().unwrap_or_default();
        // A label has no content, and some leave the field empty.
        let size = match header.get(124..136).unwrap_or_default() {
            field if kind == b'V' && number(field).is_none() => Some(0),
            field => number(field),
        };
        let Some(size) = size.filter(|_| is_header(&header)) else {
            lost(source, &header, entries)?;
            told = Told::default();
            if source.peek(1)?.is_empty() {
                return Ok(());
            }
            continue;
        };
        source.pass(BLOCK as u64)?;
        match kind {
            b'L' => told.name = records(source, size, entries)?,
            b'K' => drop(records(source, size, entries)?),
            b'x' | b'X' => {
                if let Some(records) = records(source, size, entries)? {
                    pax(&records, &mut told);
                }
            }
            b'g' => drop(records(source, size, entries)?),
            _ => {
                let Told { name, sparse_name, size: long, sparse } = std::mem::take(&mut told);
                let name = sparse_name.or(name).unwrap_or_else(|| name_of(&header));
                if kind != b'V'
                    && let Some(full) = layer.take_if(|layer| !layer.add(&name, kind == b'5'))
                    && full.is_named()
                {
                    let detail = "so many files that what later layers delete is not told";
                    entries.note(Reason::OverBudget, detail);
                }
                // Links and directories have no content, whatever the size says: links in the old
                // form say that of the file.
                let size = if matches!(kind, b'1'..=b'6') { 0 } else { long.unwrap_or(size) };
                let map = match kind {
                    b'S' => Some((Map::gnu(source, &header, number)?, 0)),
                    _ => sparse.map(source, size)?,
                };
                match map {
                    Some((map, taken)) => {
                        sparse_file(source, &name, size - taken, map, &mut holes, entries)?;
                    }
                    None if size > 0 => content(source, &name, size, entries)?,
                    None => {}
                }
            }
        }
    }
}

/// Bytes of holes in one archive that are laid out, where they are many more than the data: a disk
/// that is nearly empty, and a log of logins of users with high numbers.
const HOLES: u64 = 512 << 20;

/// Bytes of a file for each byte of its data that are no matter.
const LOOSE: u64 = 16;

/// A file whose holes are not in the archive: as it was, so that what it is can be opened. Where
/// the holes are too many, or the map is none, its data as they are.
fn sparse_file(
    source: &mut Source<'_>,
    name: &[u8],
    stored: u64,
    map: Map,
    holes: &mut u64,
    entries: &mut Entries<'_, '_>,
) -> io::Result<()> {
    let empty = map.size.saturating_sub(stored.saturating_mul(LOOSE));
    if stored == 0 {
        return Ok(());
    }
    if !map.is_sound(stored) {
        entries.note(Reason::Damaged, "a map of holes that cannot be; data are read without holes");
        return content(source, name, stored, entries);
    }
    let free = entries.ratio().saturating_mul(source.position()).max(budget::FREE_ENTRY);
    if *holes < empty || free < map.size {
        let detail = format!("holes of {} bytes, without which the data are read", map.size);
        entries.partly(name, Reason::OverBudget, detail);
        return content(source, name, stored, entries);
    }
    *holes -= empty;
    let mut content = source.whole(stored);
    entries.entry(name, &mut map.laid_out(&mut content))?;
    let left = content.left();
    source.pass(left)?;
    slack(source, stored, entries)
}

/// Looks at what follows a header that is none, up to the next one.
fn lost(source: &mut Source<'_>, header: &Header, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let at = source.position();
    let detail = format!("tar: no header at {at}, where one should be");
    if header.get(257..262) == Some(b"ustar") {
        entries.partly(&name_of(header), Reason::Damaged, detail);
        entries.as_it_is(format!("(gap at {at})").as_bytes(), &mut source.take(BLOCK as u64));
    } else {
        entries.note(Reason::Damaged, detail);
    }
    let from = source.position();
    let begins = |head: &[u8]| head.first_chunk().is_some_and(is_header);
    let mut before = Before::new(source, begins, BLOCK as u64, at + 1);
    entries.member(format!("(after the damage at {from})").as_bytes(), &mut before)?;
    io::copy(&mut before, &mut io::sink())?;
    source.seen();
    Ok(())
}

/// The content of one file, and the rest of its last block.
fn content(
    source: &mut Source<'_>,
    name: &[u8],
    size: u64,
    entries: &mut Entries<'_, '_>,
) -> io::Result<()> {
    let mut content = source.whole(size);
    entries.entry(name, &mut content)?;
    // An entry that is left out is not read.
    let left = content.left();
    source.pass(left)?;
    slack(source, size, entries)
}

/// The bytes between the end of a file and the next block: zeros, or somebody's.
fn slack(source: &mut Source<'_>, size: u64, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = padding(size);
    let at = source.position();
    if source.peek(length)?.iter().any(|&byte| byte != 0) {
        entries.gap(at, &mut source.take(length as u64))
    } else {
        // The last block may be short.
        source.skip(length)
    }
}

fn padding(size: u64) -> usize {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or_default();
    (BLOCK - over) % BLOCK
}

/// The content of an extended header, which belongs to the file after it. One that is too long
/// for that is looked at like a file.
fn records(
    source: &mut Source<'_>,
    size: u64,
    entries: &mut Entries<'_, '_>,
) -> io::Result<Option<Vec<u8>>> {
    if size > RECORDS {
        entries.note(Reason::OverBudget, "an extended header of more than 1 MiB");
        content(source, b"(extended header)", size, entries)?;
        return Ok(None);
    }
    let mut records = Vec::new();
    source.whole(size).read_to_end(&mut records)?;
    slack(source, size, entries)?;
    while records.last() == Some(&0) {
        records.pop();
    }
    Ok(Some(records))
}

/// `LENGTH KEY=VALUE\n` for each record.
fn pax(mut records: &[u8], told: &mut Told) {
    while let Some(space) = memchr::memchr(b' ', records) {
        let length = std::str::from_utf8(records.get(..space).unwrap_or_default());
        let length: usize = length.ok().and_then(|text| text.parse().ok()).unwrap_or_default();
        let Some(record) = records.get(space + 1..length) else { return };
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        if let Some(equals) = memchr::memchr(b'=', record) {
            let value = record.get(equals + 1..).unwrap_or_default();
            match record.get(..equals) {
                Some(b"path") => told.name = Some(value.to_vec()),
                Some(b"GNU.sparse.name") => told.sparse_name = Some(value.to_vec()),
                Some(
                    [b'G', b'N', b'U', b'.', b's', b'p', b'a', b'r', b's', b'e', b'.', key @ ..],
                ) => {
                    told.sparse.add(key, value);
                }
                Some(b"size") => {
                    told.size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                }
                _ => {}
            }
        }
        records = records.get(length..).unwrap_or_default();
    }
}

/// The name in the header itself, after the prefix that ustar has for it.
fn name_of(header: &Header) -> Vec<u8> {
    let field = |from: usize, to: usize| {
        let field = header.get(from..to).unwrap_or_default();
        field.split(|&byte| byte == 0).next().unwrap_or_default()
    };
    // GNU has times where ustar has the prefix.
    let is_posix = header.get(257..263) == Some(b"ustar\0");
    match field(345, 500) {
        prefix if is_posix && !prefix.is_empty() => [prefix, b"/", field(0, 100)].concat(),
        _ => field(0, 100).to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        assert_eq!(number(b"00000000644\0"), Some(0o644));
        assert_eq!(number(b"   644 \0"), Some(0o644));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\x01\0\0\0\0"), Some(1 << 32));
        assert_eq!(number(b"0000000064x\0"), None);
        assert_eq!(number(b"\0\0\0\0"), None);
        assert_eq!(number(&[0xff; 12]), None);
    }

    #[test]
    fn text_is_no_tar() {
        assert!(!is(&[b'a'; 1024]));
        assert!(!is(&[0; 1024]));
        assert!(!is(b"ustar"));
    }

    #[test]
    fn pax_records_give_name_and_size() {
        let mut told = Told::default();
        pax(b"12 path=a b\n11 size=12\n9 mtime=1\n", &mut told);
        assert_eq!((told.name.as_deref(), told.size), (Some(&b"a b"[..]), Some(12)));
        pax(b"99 path=x", &mut told);
        pax(b"0 path=x\n0 path=x", &mut told);
        assert_eq!(told.name.as_deref(), Some(&b"a b"[..]));
    }
}
