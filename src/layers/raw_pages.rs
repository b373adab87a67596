//! Databases whose pages are looked at as they are, which the ledger says. Keys and values lie in one
//! piece in the pages of bbolt and LMDB, also those that are longer than a page, so that nothing of
//! them is missed but their names.

use std::io::{self, SeekFrom};

use super::{
    Entries, Layer, Open, ReadSeek,
    disk::{
        numbers::{le16, le32, le64},
        short,
        view::bytes_at,
    },
};
use crate::ledger::Reason;

/// Snapshots of etcd, and other files of bbolt, by the first of their meta pages (bbolt, `page.go`).
pub(super) const BBOLT: Layer = Layer {
    name: "bbolt",
    about: "bbolt, also snapshots of etcd: its pages are looked at as they are, also free ones, which the ledger says",
    is: |head| le16(head, 8) == 4 && le32(head, 16) == 0xed0c_daed && le32(head, 20) == 2,
    open: Open::Beside(|file, entries| {
        // The size of a page is in the head, and how many there are, in both meta pages.
        raw(file, entries, (24, 56))
    }),
};

/// LMDB, by the first of its meta pages (`mdb.c`): in machines of 64 and of 32 bits.
pub(super) const LMDB: Layer = Layer {
    name: "lmdb",
    about: "LMDB: its pages are looked at as they are, also free ones, which the ledger says",
    is: |head| {
        [(10, 16), (6, 12)].iter().any(|&(flags, magic)| {
            le16(head, flags) == 8 && le32(head, magic) == 0xbeef_c0de && le32(head, magic + 4) == 1
        })
    },
    open: Open::Beside(|file, entries| {
        // In 64 bits; the number of the last page is one less than there are.
        raw(file, entries, (40, 136))
    }),
};

/// Says what is not read, and whether pages are missing: the places in a meta page that hold the size
/// of a page and the number of pages are `size` and `count`.
fn raw(
    file: &mut dyn ReadSeek,
    entries: &mut Entries<'_, '_>,
    (size, count): (usize, usize),
) -> io::Result<()> {
    entries.note(Reason::RawPages, "its pages are looked at as they are");
    let length = file.seek(SeekFrom::End(0))?;
    let first = bytes_at(file, 0, META)?;
    let size = u64::from(le32(&first, size));
    if !size.is_power_of_two() || !(512..=1 << 16).contains(&size) {
        return Ok(());
    }
    let second = bytes_at(file, size, META).unwrap_or_default();
    let pages = [first, second].iter().map(|meta| le64(meta, count)).max().unwrap_or_default();
    short(length, pages.saturating_mul(size), entries);
    Ok(())
}

/// Bytes of a meta page that are looked at.
const META: u64 = 160;
