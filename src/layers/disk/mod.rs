//! Disks: images of them, the partitions on them, and the file systems in those. What is inside is
//! read in place, so that a file in a file system in a partition in an image is copied nowhere.

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
pub(super) mod vhd;
pub(super) mod vhdx;
mod view;
pub(super) mod vmdk;

pub(super) use view::bytes_at;

/// Whether a file system begins like this. Its first sector may look like that of a disk.
fn is_file_system(head: &[u8]) -> bool {
    ext::is(head)
        || fat::geometry(head).is_some()
        || fat::exfat_geometry(head).is_some()
        || iso9660::is(head)
        || ntfs::is(head)
}
