//! lzip: all members as one stream.

use std::io;

use lzma_rust2::LzipReader;

use super::{Entries, Layer, Open, Source, careful::Sips, resync};

pub(super) const LAYER: Layer =
    Layer { name: "lzip", about: "lzip, also of several members", is, open: Open::Stream(open) };

fn is(head: &[u8]) -> bool {
    matches!(head, [b'L', b'Z', b'I', b'P', 0 | 1, 12..=29 | 0x20..=0xfd, ..])
}

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    resync::each(
        source,
        entries,
        is,
        1,
        |_| false,
        |name, source, entries| entries.entry(name, &mut Sips::new(LzipReader::new(source))),
    )
}
