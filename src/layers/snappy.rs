//! Snappy in its own frames (`framing_format.txt`).

use std::io;

use super::{Entries, Layer, Open, Source};

pub(super) const LAYER: Layer = Layer {
    name: "snappy",
    about: "Snappy in its own frames (.sz)",
    is: |head| head.starts_with(b"\xff\x06\0\0sNaPpY"),
    open: Open::Stream(open),
};

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    entries.entry(b"", &mut snap::read::FrameDecoder::new(source))
}
