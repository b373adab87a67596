//! The blocks of a folder of a cabinet, unpacked one after the other ([MS-CAB] 2.4, [MS-MCI],
//! [MS-PATCH]).

use std::io::{self, Read, SeekFrom};

use flate2::{Decompress, FlushDecompress};
use lzxd::{Lzxd, WindowSize};
use zeroize::Zeroizing;

use super::{
    ReadSeek,
    disk::{claims::Claims, numbers},
    invalid,
};

/// Bytes before the data of a block.
const HEAD: usize = 8;

/// Bytes that a block of MSZIP may refer back to.
const HISTORY: usize = 32 << 10;

pub(super) enum Method {
    Stored,
    MsZip { inflate: Box<Decompress>, history: Zeroizing<Vec<u8>> },
    Lzx(Box<Lzxd>),
}

impl Method {
    /// As a folder says it; nothing for what nothing here reads.
    pub(super) fn of(code: u16) -> Option<Self> {
        let window = match (code & 0x0f, code >> 8 & 0x1f) {
            (0, _) => return Some(Self::Stored),
            (1, _) => {
                let inflate = Box::new(Decompress::new(false));
                return Some(Self::MsZip { inflate, history: Zeroizing::new(Vec::new()) });
            }
            (3, 15) => WindowSize::KB32,
            (3, 16) => WindowSize::KB64,
            (3, 17) => WindowSize::KB128,
            (3, 18) => WindowSize::KB256,
            (3, 19) => WindowSize::KB512,
            (3, 20) => WindowSize::MB1,
            (3, 21) => WindowSize::MB2,
            _ => return None,
        };
        Some(Self::Lzx(Box::new(Lzxd::new(window))))
    }

    fn unpack(&mut self, packed: &[u8], size: usize) -> io::Result<Vec<u8>> {
        match self {
            Self::Stored if packed.len() == size => Ok(packed.to_vec()),
            Self::Stored => Err(invalid("a block of two sizes")),
            Self::MsZip { inflate, history } => {
                let packed = packed.strip_prefix(b"CK");
                let packed = packed.ok_or_else(|| invalid("no block of MSZIP where one is due"))?;
                inflate.reset(false);
                if !history.is_empty() {
                    inflate.set_dictionary(history)?;
                }
                let mut given = vec![0; size];
                inflate.decompress(packed, &mut given, FlushDecompress::Finish)?;
                if inflate.total_out() != size as u64 {
                    return Err(invalid("a block of another size than it says"));
                }
                history.extend_from_slice(&given);
                let old = history.len().saturating_sub(HISTORY);
                history.drain(..old);
                Ok(given)
            }
            Self::Lzx(decoder) => {
                let given = decoder.decompress_next(packed, size);
                given.map(<[u8]>::to_vec).map_err(|_| invalid("a damaged block of LZX"))
            }
        }
    }
}

pub(super) struct Blocks<'a> {
    pub file: &'a mut dyn ReadSeek,
    /// The bytes of the blocks that were read.
    pub claims: &'a mut Claims,
    /// The offset of the next block, and how many there are.
    pub at: u64,
    pub left: u16,
    /// Bytes between head and data of a block that are somebody's own.
    pub reserve: usize,
    pub method: Method,
    /// What came out of the last block, and how much of it was taken.
    given: Zeroizing<Vec<u8>>,
    taken: usize,
    /// The last block ends in the next cabinet.
    pub is_continued: bool,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(
        file: &'a mut dyn ReadSeek,
        claims: &'a mut Claims,
        (at, left): (u64, u16),
        reserve: usize,
        method: Method,
    ) -> Self {
        let given = Zeroizing::new(Vec::new());
        Self { file, claims, at, left, reserve, method, given, taken: 0, is_continued: false }
    }

    /// Whether all of it was taken.
    pub(super) fn is_at_end(&self) -> bool {
        self.left == 0 && self.taken == self.given.len()
    }

    fn next(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.at))?;
        let mut head = vec![0; HEAD + self.reserve];
        self.file.read_exact(&mut head)?;
        let (sum, packed) = (numbers::le32(&head, 0), numbers::le16(&head, 4));
        let size = usize::from(numbers::le16(&head, 6));
        if size == 0 && self.left == 1 {
            // Its end is in the next cabinet.
            self.is_continued = true;
            self.left = 0;
            return Ok(());
        }
        let mut data = Zeroizing::new(vec![0; packed.into()]);
        self.file.read_exact(&mut data)?;
        let rest = head.get(4..).unwrap_or_default();
        if sum != 0 && sum != checksum(rest, checksum(&data, 0)) {
            return Err(invalid("a block whose sum is another"));
        }
        self.given = Zeroizing::new(self.method.unpack(&data, size)?);
        self.taken = 0;
        self.left -= 1;
        let from = self.at + head.len() as u64;
        self.claims.add(self.at, self.at + HEAD as u64);
        self.at = from + u64::from(packed);
        self.claims.add(from, self.at);
        Ok(())
    }
}

impl Read for Blocks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.given.len() && self.left > 0 {
            self.next()?;
        }
        let read = self.given.get(self.taken..).unwrap_or_default().read(buffer)?;
        self.taken += read;
        Ok(read)
    }
}

/// [MS-CAB] 3.1: words of four bytes, the last of which may be short and then begins with its
/// highest byte.
fn checksum(bytes: &[u8], seed: u32) -> u32 {
    bytes.chunks(4).fold(seed, |sum, word| {
        sum ^ match *word {
            [a, b, c, d] => u32::from_le_bytes([a, b, c, d]),
            [a, b, c] => u32::from_be_bytes([0, a, b, c]),
            [a, b] => u32::from_be_bytes([0, 0, a, b]),
            [a] => a.into(),
            _ => 0,
        }
    })
}
