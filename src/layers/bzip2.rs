//! bzip2: all streams as one.

use std::io;

use bzip2::bufread::BzDecoder;

use super::{Entries, Layer, Open, Source, careful::Counted, joined::Joined};

pub(super) const LAYER: Layer =
    Layer { name: "bzip2", about: "bzip2, also of several streams", is, open: Open::Stream(open) };

/// The size of the blocks, and the beginning of the first block or of the end.
fn is(head: &[u8]) -> bool {
    matches!(
        head,
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..]
    )
}

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let mut streams = Joined::new(
        source,
        |source| Ok(is(source.peek(10)?)),
        |source| Ok(Counted::new(BzDecoder::new(source), BzDecoder::total_out)),
        |decoder| Ok(decoder.decoder.into_inner()),
    );
    entries.entry(b"", &mut streams)
}
