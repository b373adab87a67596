//! Backups and packed files that nothing here reads, or reads without a key: named, and looked at as
//! they are.

use std::io;

use super::{Entries, Layer, Open, Source};
use crate::ledger::Reason;

pub(super) const LZOP: Layer = Layer {
    name: "lzop",
    about: "lzop is not opened, which the ledger says",
    is: |head| head.starts_with(b"\x89LZO\0\r\n\x1a\n"),
    open: Open::Stream(unread),
};

/// Those of SQL Server that are not packed have no such mark, and are seen.
pub(super) const MSSQL: Layer = Layer {
    name: "mssql-backup",
    about: "packed backups of SQL Server are not opened, which the ledger says; what is not packed is seen",
    is: |head| head.starts_with(b"MSSQLBAK"),
    open: Open::Stream(unread),
};

pub(super) const QPRESS: Layer = Layer {
    name: "qpress",
    about: "qpress, as older `xtrabackup --compress` writes it, is not opened, which the ledger says",
    is: |head| head.starts_with(b"qpress10"),
    open: Open::Stream(unread),
};

pub(super) const XBCRYPT: Layer = Layer {
    name: "xbcrypt",
    about: "what `xtrabackup --encrypt` writes, which is encrypted, as the ledger says",
    is: |head| matches!(head, [b'X', b'B', b'C', b'R', b'Y', b'P', b'0', b'1'..=b'9', ..]),
    open: Open::Stream(encrypted),
};

fn unread(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    entries.note(Reason::NoReader, "it is not opened, and all of it is scanned as it is");
    entries.as_it_is(b"(as it is)", source);
    Ok(())
}

fn encrypted(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    entries.note(Reason::Encrypted, "it is scanned as it is");
    entries.as_it_is(b"(as it is)", source);
    Ok(())
}
