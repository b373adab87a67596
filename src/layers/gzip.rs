//! gzip (RFC 1952): all members as one stream.

use std::io;

use flate2::bufread::GzDecoder;

use super::{Entries, Layer, Open, Source, joined::Joined};

pub(super) const LAYER: Layer = Layer {
    name: "gzip",
    about: "gzip, also of several members (RFC 1952)",
    is: |head| head.starts_with(MAGIC),
    open: Open::Stream(open),
};

/// With the one method that there is.
const MAGIC: &[u8] = b"\x1f\x8b\x08";

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let mut members = Joined::new(
        source,
        |source| Ok(source.peek(MAGIC.len())? == MAGIC),
        |source| Ok(GzDecoder::new(source)),
        |decoder| Ok(decoder.into_inner()),
    );
    entries.entry(b"", &mut members)
}
