//! xz (The .xz File Format 1.2.1): all streams as one.

use std::io::{self, Cursor, Read};

use flate2::Crc;
use lzma_rust2::XzReader;

use super::{Entries, Layer, Open, Source, TooLarge, careful::Sips, joined::Joined, resync};

pub(super) const LAYER: Layer = Layer {
    name: "xz",
    about: "xz, also of several streams",
    is: |head| head.starts_with(MAGIC),
    open: Open::Stream(open),
};

const MAGIC: &[u8] = b"\xfd7zXZ\0";

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    // What says how blocks are checked, for those that are found after a damage.
    let header: Vec<u8> = source.peek(HEADER)?.to_vec();
    // The index counts blocks that were lost, too.
    let is_sequel = |problem: &io::Error| problem.to_string().contains("index records");
    resync::each(source, entries, begins, 4, is_sequel, |name, source, entries| {
        let mut streams = Joined::new(
            source,
            |source| {
                // Streams may be padded.
                source.skip_zeros()?;
                Ok(begins(source.peek(HEADERS)?))
            },
            |source| {
                let head = source.peek(HEADERS)?;
                let prefix = if head.starts_with(MAGIC) { &[][..] } else { &header };
                if LARGEST < dictionary(&[prefix, head].concat()) {
                    let problem = "xz with a dictionary of more than 256 MiB".to_owned();
                    return Err(io::Error::other(TooLarge(problem)));
                }
                let prefix = Cursor::new(prefix.to_vec());
                Ok(Sips::new(XzReader::new(Padded { prefix, source, zeros: 0 }, false)))
            },
            |decoder| Ok(decoder.decoder.into_inner().source),
        );
        entries.entry(name, &mut streams)
    })
}

/// Bytes of the header of a stream.
const HEADER: usize = 12;

/// Whether a stream or a block begins here.
fn begins(head: &[u8]) -> bool {
    head.starts_with(MAGIC) || is_block(head)
}

/// Whether this is the header of a block (section 3.1), by its sum.
fn is_block(head: &[u8]) -> bool {
    let [size, flags, ..] = *head else { return false };
    let Some(header) = head.get(..(usize::from(size) + 1) * 4) else { return false };
    let Some((header, sum)) = header.split_last_chunk::<4>() else { return false };
    if size == 0 || flags & 0x3c != 0 {
        return false;
    }
    let mut crc = Crc::new();
    crc.update(header);
    crc.sum() == u32::from_le_bytes(*sum)
}

/// A source with zeros after its end: of LZMA2, a chunk of up to 64 KiB is read before any of it
/// is decoded, and zeros let the decoder come to where a file is cut.
struct Padded<'s, 'i> {
    /// What stands before the source.
    prefix: Cursor<Vec<u8>>,
    source: &'s mut Source<'i>,
    zeros: usize,
}

/// Zeros after the end: a chunk.
const ZEROS: usize = 64 << 10;

impl Read for Padded<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match self.prefix.read(buffer)? {
            0 => self.source.read(buffer)?,
            read => read,
        };
        if read > 0 || buffer.is_empty() {
            return Ok(read);
        }
        let count = buffer.len().min(ZEROS - self.zeros);
        buffer.get_mut(..count).unwrap_or_default().fill(0);
        self.zeros += count;
        Ok(count)
    }
}

/// Of a dictionary, which is allocated at once, whatever comes out. `xz -9` takes 64 MiB.
const LARGEST: u64 = 256 << 20;

/// The header of a stream, and of a block at most.
const HEADERS: usize = 12 + 1024;

/// Bytes of the dictionary of the first block; none, if its header is not understood, which is for
/// the decoder to say.
fn dictionary(head: &[u8]) -> u64 {
    dictionary_of(head).unwrap_or_default()
}

fn dictionary_of(head: &[u8]) -> Option<u64> {
    let (&size, header) = head.get(12..)?.split_first()?;
    let header = header.get(..(usize::from(size) + 1) * 4 - 1)?;
    let (&flags, mut rest) = header.split_first()?;
    for flag in [0x40, 0x80] {
        if flags & flag != 0 {
            (_, rest) = number(rest)?;
        }
    }
    for _ in 0..=flags & 3 {
        let (id, after) = number(rest)?;
        let (length, after) = number(after)?;
        let (properties, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
        rest = after;
        if id == LZMA2 {
            let bits = u64::from(*properties.first()?) & 0x3f;
            return Some((2 | bits & 1) << (bits / 2 + 11));
        }
    }
    None
}

const LZMA2: u64 = 0x21;

/// Seven bits a byte, the lowest first.
fn number(mut bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut sum = 0_u64;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        sum |= u64::from(byte & 0x7f) << shift;
        bytes = rest;
        if byte & 0x80 == 0 {
            return Some((sum, bytes));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::{ledger::Reason, scan::inspect_bytes};

    /// `echo hello | xz -9e --lzma2=dict=1536MiB`
    const LARGE: &[u8] = &[
        0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21,
        0x01, 0x25, 0x00, 0x00, 0x00, 0x3b, 0x78, 0x7b, 0x41, 0x01, 0x00, 0x05, 0x68, 0x65, 0x6c,
        0x6c, 0x6f, 0x0a, 0x00, 0x00, 0x00, 0xa5, 0x60, 0x97, 0xf1, 0x94, 0xf6, 0xfd, 0xe0, 0x00,
        0x01, 0x1e, 0x06, 0xc1, 0x2f, 0xa4, 0x1d, 0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00,
        0x00, 0x04, 0x59, 0x5a,
    ];

    #[test]
    fn a_dictionary_of_gibibytes_is_turned_down_and_one_of_xz_is_not() {
        assert_eq!(super::dictionary(LARGE), 1536 << 20);
        let inspection = inspect_bytes("in", LARGE);
        let reasons: Vec<Reason> = inspection.ledger.skips.iter().map(|skip| skip.reason).collect();
        assert_eq!(reasons, [Reason::OverBudget]);
        let mut usual = LARGE.to_vec();
        // As `-9`; the sum of the header is another then, which is not asked here.
        usual[16] = 28;
        assert_eq!(super::dictionary(&usual), 64 << 20);
        for end in 0..24 {
            let _any = super::dictionary(&LARGE[..end]);
        }
    }
}
