//! Segments of the write-ahead log of PostgreSQL (`access/xlog_internal.h`): its records run over the
//! heads of pages, and are put together. What PostgreSQL packed in them is not unpacked.

use std::io::{self, SeekFrom};

use super::{
    Entries, Layer, Open, ReadSeek,
    disk::numbers::{le16, le32, le64},
    pieces::Pieces,
};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "postgres-wal",
    about: "segments of the write-ahead log of PostgreSQL: records over pages are put together, and looked at as they are; what is packed in them (`wal_compression`) is not, which the ledger says",
    is: |head| page_size(head).is_some(),
    open: Open::Seek(open),
};

/// Bytes of the head of the first page, and of any other.
const LONG: u64 = 40;
const SHORT: u64 = 24;

/// The size of pages, if the first of a segment begins like this: its magic, that its head is long, how
/// long segments are, and the size.
fn page_size(head: &[u8]) -> Option<u64> {
    let [magic, flags] = [0, 2].map(|at| le16(head, at));
    let [segment, page] = [32, 36].map(|at| le32(head, at));
    let is_first = (0xd061..0xd140).contains(&magic)
        && flags & !0x0f == 0
        && flags & 2 != 0
        && le64(head, 24) != 0
        && segment.is_power_of_two()
        && (1 << 20..=1 << 30).contains(&segment)
        && page.is_power_of_two()
        && (1 << 10..=1 << 16).contains(&page);
    is_first.then_some(page.into())
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let detail = "its records are looked at as they are; what is packed in them is not unpacked";
    entries.note(Reason::RawPages, detail);
    let length = file.seek(SeekFrom::End(0))?;
    let mut head = [0; LONG as usize];
    file.rewind()?;
    file.read_exact(&mut head)?;
    let Some(size) = page_size(&head) else { return Ok(()) };
    let first = le64(&head, 8);
    let mut end = size.min(length);
    let mut pieces = Vec::new();
    pieces.push(LONG..end);
    for number in 1..length.div_ceil(size) {
        let at = number * size;
        let mut page = [0; SHORT as usize];
        if length - at <= SHORT {
            break;
        }
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut page)?;
        // A segment that is used again has pages of an older log behind the new ones: their records go on
        // too, but not from one to the other.
        if le16(&page, 0) != le16(&head, 0) || le64(&page, 8) != first.wrapping_add(at) {
            break;
        }
        end = (at + size).min(length);
        pieces.push(at + SHORT..end);
    }
    entries.member(b"(records)", &mut Pieces::new(file, &pieces))?;
    if end < length {
        file.seek(SeekFrom::Start(end))?;
        entries.gap(end, file)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_told_by_the_head_of_its_first_page() {
        let mut head = vec![0; 64];
        head[..4].copy_from_slice(&[0x10, 0xd1, 2, 0]);
        head[24] = 7;
        head[32..40].copy_from_slice(&[0, 0, 0, 1, 0, 0x20, 0, 0]);
        assert_eq!(page_size(&head), Some(8192));
        for at in [1, 2, 3, 32, 36] {
            let mut other = head.clone();
            other[at] ^= 0x42;
            assert_eq!(page_size(&other), None, "{at}");
        }
        assert_eq!(page_size(&[0; 64]), None);
    }
}
