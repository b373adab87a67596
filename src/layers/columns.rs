//! Files of columns that nothing here reads: named, and looked at as they are.

use std::io;

use super::{Entries, Layer, Open, Source};
use crate::ledger::Reason;

pub(super) const ARROW: Layer = Layer {
    name: "arrow",
    about: "Arrow and Feather are not read, which the ledger says; what is not packed is seen",
    is: |head| head.starts_with(b"ARROW1\0\0") || head.starts_with(b"FEA1"),
    open: Open::Stream(unread),
};

pub(super) const ORC: Layer = Layer {
    name: "orc",
    about: "ORC is not read, which the ledger says; what is not packed is seen",
    // The three bytes begin text as well; what follows is the message of a stripe.
    is: |head| matches!(head, [b'O', b'R', b'C', 0..=31 | 127.., ..]) && head.contains(&0),
    open: Open::Stream(unread),
};

fn unread(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    entries.note(Reason::NoReader, "its columns are not read, and all of it is scanned as it is");
    entries.as_it_is(b"(as it is)", source);
    Ok(())
}
