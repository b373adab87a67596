//! Volumes that are encrypted, and file systems that nothing here reads: named, and looked at as
//! they are.

use std::io::{self, SeekFrom};

use super::{
    super::{Entries, Layer, Open, ReadSeek, Source},
    numbers::{le16, le32},
    short,
    view::bytes_at,
};
use crate::ledger::Reason;

pub(in super::super) const APFS: Layer = Layer {
    name: "apfs",
    about: "APFS is not opened, which the ledger says; files that are not packed are seen",
    is: |head| is_at(head, 32, b"NXSB"),
    open: Open::Stream(unread),
};

pub(in super::super) const BITLOCKER: Layer = Layer {
    name: "bitlocker",
    about: "BitLocker, which is encrypted, as the ledger says",
    is: |head| {
        is_at(head, 3, b"-FVE-FS-")
            // BitLocker To Go looks like FAT, but for this GUID.
            || (is_at(head, 3, b"MSWIN4.1")
                && is_at(head, 424, b"\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01"))
    },
    open: Open::Stream(encrypted),
};

pub(in super::super) const EROFS: Layer = Layer {
    name: "erofs",
    about: "EROFS is not opened, which the ledger says; files that are not packed are seen",
    is: |head| le32(head, 1024) == 0xe0f5_e1e2,
    open: Open::Stream(unread),
};

pub(in super::super) const F2FS: Layer = Layer {
    name: "f2fs",
    about: "F2FS is not opened, which the ledger says; files that are not packed are seen",
    is: |head| le32(head, 1024) == 0xf2f5_2010,
    open: Open::Stream(unread),
};

pub(in super::super) const HFS: Layer = Layer {
    name: "hfs",
    about: "HFS+ is not opened, which the ledger says; files that are not packed are seen",
    is: |head| {
        // Versions 4 and 5 of the volume header.
        matches!(head.get(1024..1028), Some([b'H', b'+', 0, 4] | [b'H', b'X', 0, 5]))
    },
    open: Open::Stream(unread),
};

pub(in super::super) const LUKS: Layer = Layer {
    name: "luks",
    about: "LUKS 1 and 2, which are encrypted, as the ledger says",
    is: |head| is_at(head, 0, b"LUKS\xba\xbe\0") && matches!(le16(head, 6), 0x100 | 0x200),
    open: Open::Stream(encrypted),
};

pub(in super::super) const PARALLELS: Layer = Layer {
    name: "parallels",
    about: "images of Parallels are not opened, which the ledger says; they are seen as they lie",
    is: |head| is_at(head, 0, b"WithoutFreeSpace") || is_at(head, 0, b"WithouFreSpacExt"),
    open: Open::Stream(unread),
};

pub(in super::super) const QED: Layer = Layer {
    name: "qed",
    about: "QED images are not opened, which the ledger says; they are seen as they lie there",
    is: |head| is_at(head, 0, b"QED\0"),
    open: Open::Stream(unread),
};

pub(in super::super) const UDF: Layer = Layer {
    name: "udf",
    about: "UDF is not opened, which the ledger says; its files are seen as they lie there",
    // ECMA-167, section 2/9: descriptors of 2 KiB from 32 KiB on.
    is: |head| {
        let mut descriptors = head.get(16 * 2048..).unwrap_or_default().chunks(2048);
        descriptors.any(|one| matches!(one, [0, b'N', b'S', b'R', b'0', b'2' | b'3', 1, ..]))
    },
    open: Open::Stream(unread),
};

/// What Linux swaps out, whose pages are in no order.
pub(in super::super) const SWAP: Layer = Layer {
    name: "swap",
    about: "swap of Linux, whose pages are seen as they lie there",
    is: |head| is_at(head, 4086, b"SWAPSPACE2"),
    open: Open::Seek(swap),
};

fn swap(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let head = bytes_at(file, 1024, 8)?;
    let length = file.seek(SeekFrom::End(0))?;
    short(length, (u64::from(le32(&head, 4)) + 1) * 4096, entries);
    entries.raw_gap(file, 0, length)
}

fn is_at(head: &[u8], at: usize, magic: &[u8]) -> bool {
    head.get(at..).is_some_and(|rest| rest.starts_with(magic))
}

fn unread(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    entries.note(Reason::NoReader, "its files are not listed, and all of it is scanned as it is");
    entries.as_it_is(b"(as it is)", source);
    Ok(())
}

/// What is encrypted holds no needle, but its header may, and what was there before.
fn encrypted(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    entries.note(Reason::Encrypted, "an encrypted volume");
    entries.as_it_is(b"(as it is)", source);
    Ok(())
}
