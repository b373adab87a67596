//! xz (The .xz File Format 1.2.1): all streams as one.

use std::io;

use lzma_rust2::XzReader;

use super::{Entries, Layer, Open, Source, joined::Joined};

pub(super) const LAYER: Layer = Layer {
    name: "xz",
    about: "xz, also of several streams",
    is: |head| head.starts_with(MAGIC),
    open: Open::Stream(open),
};

const MAGIC: &[u8] = b"\xfd7zXZ\0";

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let mut streams = Joined::new(
        source,
        |source| {
            // Streams may be padded.
            source.skip_zeros()?;
            Ok(source.peek(MAGIC.len())? == MAGIC)
        },
        |source| Ok(XzReader::new(source, false)),
        |decoder| Ok(decoder.into_inner()),
    );
    entries.entry(b"", &mut streams)
}
