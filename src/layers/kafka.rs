//! Segments of logs of Kafka (record batches, magic 2): the batches that are packed. The others are
//! seen in the file as it is.

use std::io::{self, Read, SeekFrom};

use zeroize::Zeroizing;

use super::{
    Entries, Layer, Open, ReadSeek,
    disk::numbers::{be16, be32, be64},
    invalid,
    packed::{self, BLOCK, Codec},
};
use crate::{ledger::Reason, unit::Decoded};

pub(super) const LAYER: Layer = Layer {
    name: "kafka",
    about: "segments of logs of Kafka: packed batches of records",
    is,
    open: Open::Beside(open),
};

/// Bytes of the head of a batch, and of what its length does not count.
const HEAD: usize = 61;
const UNCOUNTED: u64 = 12;

/// Whether a batch begins like this: what its head counts agrees, and its times are some.
fn is(head: &[u8]) -> bool {
    let (attributes, last, count) = (be16(head, 21), be32(head, 23), be32(head, 57));
    // None, or milliseconds between 1987 and 4199: numbers in a column are smaller.
    let is_time = |at| matches!(be64(head, at), u64::MAX | 0x80_0000_0000..=0x3fff_ffff_ffff);
    head.get(16) == Some(&2)
        && head.len() >= HEAD
        && be64(head, 0) < 1 << 56
        && (HEAD as u64 - UNCOUNTED..1 << 30).contains(&be32(head, 8).into())
        && attributes < 1 << 7
        && attributes & 7 <= 4
        // What was compacted has fewer records than numbers.
        && last < 1 << 30
        && count <= last + 1
        && is_time(27)
        && is_time(35)
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut at = 0;
    while at + HEAD as u64 <= length {
        let mut head = [0; HEAD];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut head)?;
        // Room that is still to be filled.
        if head == [0; HEAD] {
            return Ok(());
        }
        if !is(&head) {
            return Err(invalid("no batch where one is due"));
        }
        let (from, end) = (at + HEAD as u64, at + UNCOUNTED + u64::from(be32(&head, 8)));
        let to = end.min(length);
        let name = format!("(batch at {at})");
        let name = name.as_bytes();
        let range = from..to;
        let range = std::slice::from_ref(&range);
        file.seek(SeekFrom::Start(from))?;
        let mut batch = (&mut *file).take(to - from);
        match be16(&head, 21) & 7 {
            0 => {}
            2 => {
                let mut packed = Zeroizing::new(Vec::new());
                batch.take(BLOCK).read_to_end(&mut packed)?;
                match snappy(&packed) {
                    Ok(records) => entries.part(name, range, &mut records.as_slice())?,
                    Err(reason) => entries.skip(name, reason, "kafka: Snappy"),
                }
            }
            // gzip, LZ4 and Zstandard, as in their own files.
            _ => entries.part(name, range, &mut batch)?,
        }
        if length < end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        at = end;
    }
    Ok(())
}

/// What a batch of Snappy holds: blocks after their lengths, as Java has it, or one block.
fn snappy(packed: &[u8]) -> Result<Decoded, Reason> {
    const JAVA: &[u8] = b"\x82SNAPPY\0";
    // Behind the mark, two versions.
    let Some(mut rest) = packed.strip_prefix(JAVA).and_then(|rest| rest.get(8..)) else {
        return packed::unpacked(Codec::Snappy, packed);
    };
    let mut records: Decoded = Zeroizing::new(Vec::new());
    while let Some((length, blocks)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let (block, blocks) = blocks.split_at_checked(length).ok_or(Reason::Damaged)?;
        let block = packed::unpacked(Codec::Snappy, block)?;
        if (records.len() + block.len()) as u64 > BLOCK {
            return Err(Reason::OverBudget);
        }
        crate::decode::append(&mut records, &block);
        rest = blocks;
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_java_are_joined() {
        let block = |text: &[u8]| {
            let packed = snap::raw::Encoder::new().compress_vec(text).unwrap();
            let length = u32::try_from(packed.len()).unwrap().to_be_bytes();
            [&length[..], &packed].concat()
        };
        let head = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01";
        let both = [&head[..], &block(b"one, "), &block(b"two")].concat();
        assert_eq!(snappy(&both).unwrap().as_slice(), b"one, two");
        for at in head.len() + 4..both.len() {
            let is_between = at == head.len() + block(b"one, ").len();
            assert!(is_between || snappy(&both[..at]).is_err() || at - head.len() < 16);
        }
        assert_eq!(snappy(b"no block at all"), Err(Reason::Damaged));
    }

    #[test]
    fn other_bytes_are_no_batch() {
        assert!(!is(&[0; 100]));
        assert!(!is(&[2; 100]));
        assert!(!is(b"some text that is long enough to have a head of a batch, which it has not"));
    }
}
