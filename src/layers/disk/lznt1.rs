//! LZNT1 ([MS-XCA] 2.5), as NTFS packs files: chunks of 4096 bytes, each alone.

use zeroize::Zeroizing;

use super::numbers::le16;

/// Bytes of a chunk when it is unpacked.
const CHUNK: usize = 4096;

/// What `packed` holds, at most `most` bytes, and whether it could be read to its end.
pub(super) fn unpack(packed: &[u8], most: usize) -> (Zeroizing<Vec<u8>>, bool) {
    let mut out = Zeroizing::new(Vec::with_capacity(most));
    let mut rest = packed;
    while out.len() < most && rest.len() >= 2 {
        let header = le16(rest, 0);
        if header == 0 {
            return (out, true);
        }
        let length = usize::from(header & 0xfff) + 1;
        let Some(chunk) = rest.get(2..2 + length) else { return (out, false) };
        rest = rest.get(2 + length..).unwrap_or_default();
        // A chunk that is shorter is followed by zeros, if another comes.
        let start = out.len().next_multiple_of(CHUNK);
        if start + CHUNK > most {
            return (out, false);
        }
        out.resize(start, 0);
        if header & 0x8000 == 0 {
            out.extend_from_slice(chunk.get(..CHUNK).unwrap_or(chunk));
        } else if header & 0x7000 != 0x3000 || unpack_chunk(chunk, &mut out, start).is_none() {
            return (out, false);
        }
    }
    (out, true)
}

/// Adds what a chunk holds, of which the first byte goes to `start`.
fn unpack_chunk(chunk: &[u8], out: &mut Vec<u8>, start: usize) -> Option<()> {
    let mut rest = chunk;
    while let Some((&flags, tokens)) = rest.split_first() {
        rest = tokens;
        for bit in 0..8 {
            let Some((&first, after)) = rest.split_first() else { break };
            if flags >> bit & 1 == 0 {
                rest = after;
                out.push(first);
            } else {
                let (&second, after) = after.split_first()?;
                rest = after;
                let token = usize::from(u16::from_le_bytes([first, second]));
                // The further into the chunk, the more bits say how far back.
                let into = (out.len() - start).checked_sub(1)?;
                let back_bits = (usize::BITS - into.leading_zeros()).max(4);
                let length_bits = 16 - back_bits;
                let length = (token & ((1 << length_bits) - 1)) + 3;
                let from = out.len().checked_sub((token >> length_bits) + 1)?;
                if from < start {
                    return None;
                }
                for at in from..from + length {
                    let byte = *out.get(at)?;
                    out.push(byte);
                }
            }
            if out.len() > start + CHUNK {
                out.truncate(start + CHUNK);
                return None;
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of [MS-XCA] 3.3, and what it is.
    const PACKED: &[u8] = b"\x38\xb0\x88\x46\x23\x20\x00\x20\x47\x20\x41\x00\x10\xa2\x47\x01\
        \xa0\x45\x20\x44\x00\x08\x45\x01\x50\x79\x00\xc0\x45\x20\x05\x24\x13\x88\x05\xb4\x02\
        \x4a\x44\xef\x03\x58\x02\x8c\x09\x16\x01\x48\x45\x00\xbe\x00\x9e\x00\x04\x01\x18\x90\0";
    const TEXT: &[u8] = b"F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D \
        D E E F# D E F# G F# D E F# G F# E D E A F# F# G A A G F# E D D E F# E D D\0";

    #[test]
    fn the_example_of_the_specification_is_read() {
        let (out, is_whole) = unpack(PACKED, 65_536);
        assert!(is_whole);
        assert_eq!(out.as_slice(), TEXT);
        let twice = [PACKED, b"\x03\0plain"].concat();
        let (out, _) = unpack(&twice, 65_536);
        assert_eq!((out.get(..TEXT.len()), out.get(4096..)), (Some(TEXT), Some(&b"plai"[..])));
    }

    #[test]
    fn damage_is_told_or_harmless() {
        for at in 0..PACKED.len() {
            let (out, is_whole) = unpack(&PACKED[..at], 65_536);
            assert!(TEXT.starts_with(&out));
            assert!(at < 2 || !is_whole);
            for bit in 0..8 {
                let mut flipped = PACKED.to_vec();
                flipped[at] ^= 1 << bit;
                assert!(unpack(&flipped, 65_536).0.len() <= 65_536);
            }
        }
        // More than there is room for.
        assert!(!unpack(PACKED, 4095).1);
    }
}
