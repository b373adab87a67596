//! One member of a zip: its data, through the method that it is packed with.

use std::io::{self, BufRead, BufReader, Read, SeekFrom};

use flate2::Crc;
use lzma_rust2::{LzmaReader, XzReader};

use super::{
    Entries, ReadSeek,
    careful::{Sips, inflate},
    invalid,
};
use crate::ledger::Reason;

pub(super) struct Member {
    pub name: Vec<u8>,
    pub comment: Vec<u8>,
    pub offset: u64,
    pub flags: u16,
    pub method: u16,
    /// CRC-32 of the data.
    pub sum: u32,
    pub packed: u64,
    pub size: u64,
}

const ENCRYPTED: u16 = 1;
const AES: u16 = 99;

/// Inspects a member whose data are at `data`.
pub(super) fn read(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    member: &Member,
    data: u64,
) -> io::Result<()> {
    if member.flags & ENCRYPTED != 0 {
        let how = if member.method == AES { "AES" } else { "ZipCrypto, or a later cipher" };
        entries.skip(&member.name, Reason::Encrypted, format!("zip: {how}"));
        return Ok(());
    }
    if member.packed == 0 && member.size == 0 {
        // A directory, or an empty file.
        return Ok(());
    }
    file.seek(SeekFrom::Start(data))?;
    if unpacked(&mut *file, entries, member)? { Ok(()) } else { raw(file, entries, member, data) }
}

/// Inspects what the packed bytes, which begin here, hold. Says whether they could be unpacked.
fn unpacked(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    member: &Member,
) -> io::Result<bool> {
    let packed = BufReader::with_capacity(64 << 10, file.take(member.packed));
    let decoder = match decoder(member.method, packed) {
        Ok(Some(decoder)) => decoder,
        Ok(None) => {
            let detail = format!("zip: method {}", member.method);
            entries.skip(&member.name, Reason::NoReader, detail);
            return Ok(false);
        }
        Err(problem) => {
            entries.skip(&member.name, Reason::Damaged, problem);
            return Ok(false);
        }
    };
    let mut checked = Checked { decoder, crc: Crc::new(), sum: member.sum, is_damaged: false };
    entries.member(&member.name, &mut checked)?;
    Ok(!checked.is_damaged || member.method == 0)
}

/// Looks at the packed bytes as they are.
fn raw(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    member: &Member,
    data: u64,
) -> io::Result<()> {
    file.seek(SeekFrom::Start(data))?;
    let name = [member.name.as_slice(), b" (as it is)"].concat();
    entries.as_it_is(&name, &mut file.take(member.packed));
    Ok(())
}

/// Inspects a member of which only its end tells how long it is, and gives the offset after it.
/// `None` where that cannot be told.
pub(super) fn read_open(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    member: &Member,
    data: u64,
) -> io::Result<Option<u64>> {
    if member.method != 8 || member.flags & ENCRYPTED != 0 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(data))?;
    let mut packed = BufReader::with_capacity(64 << 10, &mut *file);
    let mut decoder = inflate(&mut packed);
    entries.member(&member.name, &mut decoder)?;
    Ok(Some(data + decoder.decoder.total_in()))
}

fn decoder<'r>(method: u16, packed: impl BufRead + 'r) -> io::Result<Option<Box<dyn Read + 'r>>> {
    Ok(Some(match method {
        0 => Box::new(packed),
        8 => Box::new(inflate(packed)),
        9 => Box::new(deflate64::Deflate64Decoder::with_buffer(packed)),
        12 => Box::new(bzip2::bufread::BzDecoder::new(packed)),
        14 => lzma(packed)?,
        93 => Box::new(zstd::stream::read::Decoder::with_buffer(packed)?),
        95 => Box::new(Sips::new(XzReader::new(packed, true))),
        _ => return Ok(None),
    }))
}

/// LZMA with the version and the length of its properties before them; it ends by its own mark.
fn lzma<'r>(mut packed: impl BufRead + 'r) -> io::Result<Box<dyn Read + 'r>> {
    let mut head = [0; 9];
    packed.read_exact(&mut head)?;
    let [_, _, 5, 0, properties, dictionary @ ..] = head else {
        return Err(invalid("LZMA properties of a wrong length"));
    };
    let dictionary = u32::from_le_bytes(dictionary).min(1 << 30);
    let decoder = LzmaReader::new_with_props(packed, u64::MAX, properties, dictionary, None)?;
    Ok(Box::new(Sips::new(decoder)))
}

/// Compares the sum of what was read with what the directory says.
struct Checked<'r> {
    decoder: Box<dyn Read + 'r>,
    crc: Crc,
    sum: u32,
    is_damaged: bool,
}

impl Read for Checked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.decoder.read(buffer) {
            Ok(0) if self.crc.sum() != self.sum && !buffer.is_empty() => {
                self.is_damaged = true;
                Err(invalid("its checksum differs"))
            }
            Ok(read) => {
                self.crc.update(buffer.get(..read).unwrap_or_default());
                Ok(read)
            }
            Err(problem) => {
                self.is_damaged |= problem.kind() != io::ErrorKind::Interrupted;
                Err(problem)
            }
        }
    }
}
