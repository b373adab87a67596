//! Disks: images of them, the partitions on them, and the file systems in those. What is inside is
//! read in place, so that a file in a file system in a partition in an image is copied nowhere.

mod blocks;
pub(super) mod btrfs;
pub(super) mod claims;
pub(super) mod ext;
pub(super) mod fat;
mod files;
pub(super) mod iso9660;
pub(super) mod lvm;
mod lznt1;
pub(super) mod ntfs;
pub(super) mod numbers;
pub(super) mod partitions;
pub(super) mod qcow2;
pub(super) mod squashfs;
pub(super) mod unread;
pub(super) mod vdi;
pub(super) mod vhd;
pub(super) mod vhdx;
pub(super) mod view;
pub(super) mod vmdk;
pub(super) mod xfs;

use std::io::SeekFrom;

pub(super) use files::Runs;
pub(super) use view::{bytes_at, window};

use super::{Entries, Layer, ReadSeek};
use crate::ledger::Reason;

/// Bytes of a disk whose head is lost, at least: no copy of that lies before.
const LOST: u64 = 1 << 20;

/// What a file is whose head says nothing, by copies of what should be there: the header of a GPT at its
/// end, the superblock of ext in its second group, that of XFS in others, that of
/// btrfs after 64 MiB. Leaves the file anywhere.
pub(super) fn lost(file: &mut dyn ReadSeek) -> Option<&'static Layer> {
    let length = file.seek(SeekFrom::End(0)).ok()?;
    if length < LOST || !length.is_multiple_of(512) {
        return None;
    }
    if partitions::backup(file, length).ok()?.is_some() {
        return Some(&partitions::GPT);
    }
    if ext::backup(file).is_some() {
        return Some(&ext::LAYER);
    }
    if xfs::is_lost(file, length) {
        return Some(&xfs::LAYER);
    }
    btrfs::is_lost(file).then_some(&btrfs::LAYER)
}

/// Says in the ledger that an image ends before its file system does, or a file before its pages.
pub(super) fn short(length: u64, size: u64, entries: &mut Entries<'_, '_>) {
    if length < size {
        let detail = format!("it ends after {length} bytes, and by its head it has {size}");
        entries.note(Reason::Damaged, detail);
    }
}

/// Whether a file system begins like this. Its first sector may look like that of a disk.
fn is_file_system(head: &[u8]) -> bool {
    ext::is(head)
        || fat::geometry(head).is_some()
        || fat::exfat_geometry(head).is_some()
        || iso9660::is(head)
        || ntfs::is(head)
}
