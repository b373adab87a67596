//! LZ4 frames, also the legacy ones: all frames as one stream.

use std::io::{self, Read};

use lz4_flex::frame::FrameDecoder;

use super::{Entries, Layer, Open, Source, joined::Joined};

pub(super) const LAYER: Layer =
    Layer { name: "lz4", about: "LZ4 frames, also legacy ones", is, open: Open::Stream(open) };

fn is(head: &[u8]) -> bool {
    matches!(head, [0x04, 0x22, 0x4d, 0x18, ..] | [0x02, 0x21, 0x4c, 0x18, ..])
}

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let mut frames = Joined::new(
        source,
        |source| Ok(is(source.peek(4)?)),
        |source| {
            // A legacy frame has no mark at its end.
            let may_end = source.peek(1)? == [0x02];
            Ok(FrameDecoder::new(Marked { source, may_end, has_ended: false }))
        },
        |decoder| {
            let Marked { source, may_end, has_ended } = decoder.into_inner();
            if has_ended && !may_end {
                Err(io::ErrorKind::UnexpectedEof.into())
            } else {
                Ok(source)
            }
        },
    );
    entries.entry(b"", &mut frames)
}

/// Remembers that the bytes ended, which the decoder takes for the end of the frame.
struct Marked<'s, 'i> {
    source: &'s mut Source<'i>,
    may_end: bool,
    has_ended: bool,
}

impl Read for Marked<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.has_ended |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}
