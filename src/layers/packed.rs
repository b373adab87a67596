//! Blocks that databases and logs pack one by one, unpacked in memory.

use std::io::Read;

use flate2::read::{DeflateDecoder, ZlibDecoder};
use zeroize::Zeroizing;

use crate::{ledger::Reason, unit::Decoded};

/// Bytes of a block, packed or not.
pub(super) const BLOCK: u64 = 64 << 20;

/// How a block is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    /// As it is, with its size before it.
    Snappy,
    /// One block without a frame, which gives so many bytes.
    Lz4(u64),
    Deflate,
    Zlib,
    Bzip2,
    Zstd,
}

/// What a block gives, or why it gives nothing.
pub(super) fn unpacked(codec: Codec, packed: &[u8]) -> Result<Decoded, Reason> {
    match codec {
        Codec::Snappy => snappy(packed),
        Codec::Lz4(size) if size > BLOCK => Err(Reason::OverBudget),
        Codec::Lz4(size) => {
            // A byte gives 255 at most.
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let is_possible = size <= packed.len().saturating_mul(255);
            let block = is_possible.then(|| lz4_flex::block::decompress(packed, size).ok());
            block.flatten().map(Zeroizing::new).ok_or(Reason::Damaged)
        }
        Codec::Deflate => all(DeflateDecoder::new(packed)),
        Codec::Zlib => all(ZlibDecoder::new(packed)),
        Codec::Bzip2 => all(bzip2::read::BzDecoder::new(packed)),
        Codec::Zstd => {
            let mut decoder =
                zstd::stream::read::Decoder::new(packed).map_err(|_| Reason::Damaged)?;
            decoder.window_log_max(27).map_err(|_| Reason::Damaged)?;
            all(decoder.single_frame())
        }
    }
}

fn snappy(packed: &[u8]) -> Result<Decoded, Reason> {
    let size = snap::raw::decompress_len(packed).map_err(|_| Reason::Damaged)?;
    if size as u64 > BLOCK {
        return Err(Reason::OverBudget);
    }
    let block = snap::raw::Decoder::new().decompress_vec(packed);
    block.map(Zeroizing::new).map_err(|_| Reason::Damaged)
}

fn all(decoder: impl Read) -> Result<Decoded, Reason> {
    let mut block = Zeroizing::new(Vec::new());
    match decoder.take(BLOCK + 1).read_to_end(&mut block) {
        Ok(_) if block.len() as u64 > BLOCK => Err(Reason::OverBudget),
        Ok(_) => Ok(block),
        Err(_) => Err(Reason::Damaged),
    }
}

/// A number of seven bits a byte, the lowest first, and what follows it.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (place, &byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Some((number, bytes.get(place + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_claims_much_and_is_small_gives_nothing() {
        assert_eq!(
            unpacked(Codec::Snappy, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
            Err(Reason::OverBudget)
        );
        assert_eq!(unpacked(Codec::Lz4(60 << 20), &[0x1f, 0, 1, 0]), Err(Reason::Damaged));
        assert_eq!(unpacked(Codec::Lz4(1 << 40), b""), Err(Reason::OverBudget));
        for codec in [Codec::Deflate, Codec::Zlib, Codec::Bzip2, Codec::Zstd, Codec::Snappy] {
            assert_eq!(unpacked(codec, b"no block of any kind"), Err(Reason::Damaged), "{codec:?}");
        }
    }

    #[test]
    fn numbers_end() {
        assert_eq!(varint(&[0xac, 2, 9]), Some((300, &[9][..])));
        assert_eq!(varint(&[0xff; 12]), None);
        assert_eq!(varint(&[0x80]), None);
    }
}
