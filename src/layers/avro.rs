//! Object container files of Avro (specification 1.12): blocks of rows that are packed. Those that
//! are not are seen in the file as it is.

use std::io::{self, Read, SeekFrom};

use flate2::read::DeflateDecoder;
use zeroize::Zeroizing;

use super::{Entries, Layer, Open, ReadSeek, Unread, invalid};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "avro",
    about: "Avro: packed blocks of rows",
    is: |head| head.starts_with(MAGIC),
    open: Open::Beside(open),
};

const MAGIC: &[u8] = b"Obj\x01";

/// Bytes of a text at the head that are read, and such texts.
const TEXT: u64 = 64 << 10;
const TEXTS: i64 = 10_000;

/// Bytes of a block of Snappy, which is unpacked in memory.
const BLOCK: u64 = 64 << 20;

/// After each block, the same bytes.
const MARK: u64 = 16;

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(MAGIC.len() as u64))?;
    let codec = codec(file)?;
    pass(file, MARK)?;
    while file.stream_position()? < length {
        let (_rows, size) = (number(file)?, number(file)?);
        let size = u64::try_from(size).map_err(|_| invalid("a block of no size"))?;
        let from = file.stream_position()?;
        let to = from.checked_add(size).filter(|&to| to <= length);
        let is_cut = to.is_none();
        let at = from..to.unwrap_or(length);
        let name = format!("(block at {from})");
        let mut block = (&mut *file).take(at.end - from);
        let at = std::slice::from_ref(&at);
        match codec.as_slice() {
            b"" | b"null" => {}
            b"deflate" => entries.part(name.as_bytes(), at, &mut DeflateDecoder::new(block))?,
            // Each block is what their own files are.
            b"zstandard" | b"bzip2" | b"xz" => entries.part(name.as_bytes(), at, &mut block)?,
            b"snappy" => {
                let mut packed = Zeroizing::new(Vec::new());
                block.take(BLOCK).read_to_end(&mut packed)?;
                match snappy(&packed) {
                    Ok(rows) => entries.part(name.as_bytes(), at, &mut rows.as_slice())?,
                    Err(reason) => entries.skip(name.as_bytes(), reason, "avro: Snappy"),
                }
            }
            _ => {
                let codec = String::from_utf8_lossy(&codec).into_owned();
                return Err(io::Error::other(Unread(format!("codec {codec}"))));
            }
        }
        if is_cut {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        file.seek(SeekFrom::Start(from + size))?;
        pass(file, MARK)?;
    }
    Ok(())
}

/// The rows of a block, before its sum.
fn snappy(packed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Reason> {
    let packed = packed.get(..packed.len().saturating_sub(4)).unwrap_or_default();
    let size = snap::raw::decompress_len(packed).map_err(|_| Reason::Damaged)?;
    if size as u64 > BLOCK {
        return Err(Reason::OverBudget);
    }
    let rows = snap::raw::Decoder::new().decompress_vec(packed);
    rows.map(Zeroizing::new).map_err(|_| Reason::Damaged)
}

/// Reads the texts at the head, and gives how blocks are packed.
fn codec(file: &mut dyn ReadSeek) -> io::Result<Vec<u8>> {
    let mut codec = Vec::new();
    loop {
        let mut count = number(file)?;
        if count == 0 {
            return Ok(codec);
        }
        if count < 0 {
            // Then the size of all of them follows.
            count = count.checked_neg().unwrap_or(i64::MAX);
            number(file)?;
        }
        if count > TEXTS {
            return Err(invalid("too many texts at its head"));
        }
        for _ in 0..count {
            let (key, value) = (text(file)?, text(file)?);
            if key == b"avro.codec" {
                codec = value;
            }
        }
    }
}

/// The beginning of a text.
fn text(file: &mut dyn ReadSeek) -> io::Result<Vec<u8>> {
    let length = u64::try_from(number(file)?).map_err(|_| invalid("a text of no length"))?;
    let mut text = Vec::new();
    (&mut *file).take(length.min(TEXT)).read_to_end(&mut text)?;
    pass(file, length - text.len() as u64)?;
    Ok(text)
}

fn pass(file: &mut dyn ReadSeek, count: u64) -> io::Result<()> {
    let by = i64::try_from(count).map_err(|_| invalid("a length that is too long"))?;
    file.seek(SeekFrom::Current(by)).map(|_| ())
}

/// A number in zigzag.
fn number(file: &mut dyn ReadSeek) -> io::Result<i64> {
    let mut number = 0_u64;
    for place in 0..10 {
        let mut byte = [0];
        file.read_exact(&mut byte)?;
        let [byte] = byte;
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Ok((number >> 1) as i64 ^ -((number & 1) as i64));
        }
    }
    Err(invalid("a number that is too long"))
}
