//! gzip (RFC 1952): all members as one stream.

use std::io;

use super::{Entries, Layer, Open, Source, careful::Gzip, joined::Joined, resync};

pub(super) const LAYER: Layer = Layer {
    name: "gzip",
    about: "gzip, also of several members (RFC 1952)",
    is: |head| head.starts_with(MAGIC),
    open: Open::Stream(open),
};

/// With the one method that there is.
const MAGIC: &[u8] = b"\x1f\x8b\x08";

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    resync::each(
        source,
        entries,
        begins,
        1,
        |_| false,
        |name, source, entries| {
            let mut members = Joined::new(
                source,
                |source| Ok(source.peek(MAGIC.len())? == MAGIC),
                Gzip::new,
                |decoder| Ok(decoder.into_inner()),
            );
            entries.entry(name, &mut members)
        },
    )
}

/// Whether a member begins here, after a damage: three bytes say little, so what follows them has
/// to be as it is written.
fn begins(head: &[u8]) -> bool {
    matches!(head, [0x1f, 0x8b, 8, 0..=31, _, _, _, _, 0 | 2 | 4, 0..=13 | 255, ..])
}
