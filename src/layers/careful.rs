//! Decoders that give what they decoded before they fail: most lose what they have in hand when
//! they come to a damage.

use std::io::{self, BufRead, Read};

use flate2::{Crc, bufread::DeflateDecoder};

use super::{Source, invalid};

/// Reads little at once of a decoder that loses what it was to give when it fails.
pub(super) struct Sips<D> {
    pub decoder: D,
    failed: Option<io::Error>,
}

/// Bytes that a damage may cost. Fewer would cost time.
const SIP: usize = 128;

impl<D> Sips<D> {
    pub(super) fn new(decoder: D) -> Self {
        Self { decoder, failed: None }
    }
}

impl<D: Read> Read for Sips<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(problem) = self.failed.take() {
            return Err(problem);
        }
        let mut filled = 0;
        for sip in buffer.chunks_mut(SIP) {
            match self.decoder.read(sip) {
                Ok(0) => break,
                Ok(read) => {
                    filled += read;
                    if read < sip.len() {
                        break;
                    }
                }
                Err(problem) if filled == 0 => return Err(problem),
                Err(problem) => {
                    self.failed = Some(problem);
                    break;
                }
            }
        }
        Ok(filled)
    }
}

/// A decoder that counts what it gave, also when it fails.
pub(super) struct Counted<D> {
    pub decoder: D,
    given: fn(&D) -> u64,
    failed: Option<io::Error>,
}

impl<D> Counted<D> {
    pub(super) fn new(decoder: D, given: fn(&D) -> u64) -> Self {
        Self { decoder, given, failed: None }
    }
}

/// DEFLATE.
pub(super) fn inflate<R: BufRead>(reader: R) -> Counted<DeflateDecoder<R>> {
    Counted::new(DeflateDecoder::new(reader), DeflateDecoder::total_out)
}

impl<D: Read> Read for Counted<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(problem) = self.failed.take() {
            return Err(problem);
        }
        let before = (self.given)(&self.decoder);
        self.decoder.read(buffer).or_else(|problem| {
            let given = (self.given)(&self.decoder).saturating_sub(before);
            match usize::try_from(given).unwrap_or_default().min(buffer.len()) {
                0 => Err(problem),
                given => {
                    self.failed = Some(problem);
                    Ok(given)
                }
            }
        })
    }
}

/// One member of gzip (RFC 1952, section 2.3).
pub(super) struct Gzip<'s, 'i> {
    inflate: Counted<DeflateDecoder<&'s mut Source<'i>>>,
    crc: Crc,
    is_over: bool,
}

const HAS_SUM: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;

impl<'s, 'i> Gzip<'s, 'i> {
    pub(super) fn new(source: &'s mut Source<'i>) -> io::Result<Self> {
        source.begins();
        let mut head = [0; 10];
        source.read_exact(&mut head)?;
        let [_, _, _, flags, ..] = head;
        if flags & 0xe0 != 0 {
            return Err(invalid("a gzip header that cannot be"));
        }
        if flags & HAS_EXTRA != 0 {
            let mut length = [0; 2];
            source.read_exact(&mut length)?;
            source.pass(u16::from_le_bytes(length).into())?;
        }
        for flag in [HAS_NAME, HAS_COMMENT] {
            if flags & flag != 0 {
                source.skip_until(0)?;
            }
        }
        if flags & HAS_SUM != 0 {
            source.pass(2)?;
        }
        Ok(Self { inflate: inflate(source), crc: Crc::new(), is_over: false })
    }

    pub(super) fn into_inner(self) -> &'s mut Source<'i> {
        self.inflate.decoder.into_inner()
    }
}

impl Read for Gzip<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_over || buffer.is_empty() {
            return Ok(0);
        }
        let read = self.inflate.read(buffer)?;
        self.crc.update(buffer.get(..read).unwrap_or_default());
        if read == 0 {
            let mut tail = [0; 8];
            self.inflate.decoder.get_mut().read_exact(&mut tail)?;
            let [sum @ .., _, _, _, _] = tail;
            let [_, _, _, _, length @ ..] = tail;
            let is_whole = u32::from_le_bytes(sum) == self.crc.sum()
                && u32::from_le_bytes(length) == self.crc.amount();
            if !is_whole {
                return Err(invalid("its checksum differs"));
            }
            self.is_over = true;
        }
        Ok(read)
    }
}
