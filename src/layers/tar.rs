//! tar: ustar and pax (POSIX.1-2024, pax), GNU with long names and sparse files, and the old form.
//! Sparse files are looked at without their holes.

use std::io::{self, Read};

use super::{Entries, Layer, Open, Source, image, invalid};
use crate::ledger::Reason;

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
    // The old form has no magic: a name, numbers, and zeros up to the end.
    let is_old = || {
        !matches!(header, [0, ..])
            && header.get(345..).is_some_and(|rest| rest.iter().all(|&byte| byte == 0))
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
    size: Option<u64>,
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
        if !is_header(&header) {
            return Err(invalid("a header with a wrong sum"));
        }
        source.pass(BLOCK as u64)?;
        let size = number(header.get(124..136).unwrap_or_default())
            .ok_or_else(|| invalid("a header without a size"))?;
        let kind = header.get(156).copied().unwrap_or_default();
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
                let Told { name, size: long } = std::mem::take(&mut told);
                let name = name.unwrap_or_else(|| name_of(&header));
                if let Some(full) = layer.take_if(|layer| !layer.add(&name, kind == b'5'))
                    && full.is_named()
                {
                    let detail = "so many files that what later layers delete is not told";
                    entries.note(Reason::OverBudget, detail);
                }
                if kind == b'S' {
                    sparse_map(source, &header)?;
                }
                // Links and directories have no content, whatever the size says: links in the old
                // form say that of the file.
                let size = if matches!(kind, b'1'..=b'6') { 0 } else { long.unwrap_or(size) };
                if size > 0 {
                    content(source, &name, size, entries)?;
                }
            }
        }
    }
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
                Some(b"path" | b"GNU.sparse.name") => told.name = Some(value.to_vec()),
                Some(b"size") => {
                    told.size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                }
                _ => {}
            }
        }
        records = records.get(length..).unwrap_or_default();
    }
}

/// Passes over the blocks that say where the data of a sparse file belong.
fn sparse_map(source: &mut Source<'_>, header: &Header) -> io::Result<()> {
    let mut goes_on = header.get(482) != Some(&0);
    while goes_on {
        let block = source.peek(BLOCK)?;
        goes_on = block.get(504).is_some_and(|&byte| byte != 0);
        source.pass(BLOCK as u64)?;
    }
    Ok(())
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
