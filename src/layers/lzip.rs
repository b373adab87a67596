//! lzip: all members as one stream.

use std::io;

use lzma_rust2::LzipReader;

use super::{Entries, Layer, Open, Source};

pub(super) const LAYER: Layer = Layer {
    name: "lzip",
    about: "lzip, also of several members",
    is: |head| matches!(head, [b'L', b'Z', b'I', b'P', 0 | 1, 12..=29 | 0x20..=0xfd, ..]),
    open: Open::Stream(open),
};

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    entries.entry(b"", &mut LzipReader::new(source))
}
