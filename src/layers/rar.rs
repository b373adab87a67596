//! RAR, which no free library reads: named, and scanned as it is.

use std::io;

use super::{Entries, Layer, Open, Source};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "rar",
    about: "RAR is not opened, which the ledger says; stored files are seen",
    is: |head| head.starts_with(b"Rar!\x1a\x07\0") || head.starts_with(b"Rar!\x1a\x07\x01\0"),
    open: Open::Stream(open),
};

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    entries.note(Reason::NoReader, "an archive that no free library reads");
    entries.as_it_is(b"(as it is)", source);
    Ok(())
}
