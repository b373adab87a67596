//! zlib (RFC 1950), whose two first bytes also begin other things: told by inflating the head.

use std::io;

use flate2::{Decompress, FlushDecompress, Status, bufread::ZlibDecoder};

use super::{Entries, Layer, Open, Source, careful::Counted};
use crate::budget;

pub(super) const LAYER: Layer = Layer {
    name: "zlib",
    about: "zlib (RFC 1950), also loose objects of git",
    is,
    open: Open::Stream(open),
};

/// Bytes that the head may give before it is believed.
const BELIEVED: usize = 1 << 20;

fn is(head: &[u8]) -> bool {
    let [method, flags, ..] = *head else { return false };
    let is_head = method & 0x8f == 8
        && flags & 0x20 == 0
        && u16::from_be_bytes([method, flags]).is_multiple_of(31);
    is_head && inflates(head)
}

/// Bytes that a head which is cut gives before it is believed: other data fail sooner, as their
/// tables are none, or they refer to what was before the beginning.
const BELIEVED_CUT: u64 = 64;

/// The same for a stream that is damaged: so much comes out of nothing else.
const BELIEVED_DAMAGED: u64 = 4 << 10;

/// Whether the stream ends well in `head`, or all of it inflates and is enough to tell.
fn inflates(head: &[u8]) -> bool {
    let mut decoder = Decompress::new(true);
    let mut given = vec![0; 64 << 10];
    loop {
        let before = (decoder.total_in(), decoder.total_out());
        let rest = head.get(usize::try_from(before.0).unwrap_or(usize::MAX)..).unwrap_or_default();
        match decoder.decompress(rest, &mut given, FlushDecompress::None) {
            Ok(Status::StreamEnd) => return true,
            Ok(Status::Ok | Status::BufError) => {}
            Err(_) => return decoder.total_out() >= BELIEVED_DAMAGED,
        }
        if decoder.total_out() >= BELIEVED as u64 {
            return true;
        }
        if (decoder.total_in(), decoder.total_out()) == before {
            return head.len() >= budget::FIRST_READ || decoder.total_out() >= BELIEVED_CUT;
        }
    }
}

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    entries.entry(b"", &mut Counted::new(ZlibDecoder::new(source), ZlibDecoder::total_out))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn text_that_begins_like_it_is_none() {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(b"some text, and more of it").unwrap();
        let bytes = encoder.finish().unwrap();
        assert!(is(&bytes));
        assert!(!is(&bytes[..bytes.len() - 5]), "too little to tell");
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        (0..100).for_each(|number| writeln!(encoder, "{number} and some text").unwrap());
        let bytes = encoder.finish().unwrap();
        assert!(is(&bytes[..bytes.len() - 5]), "cut");
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        (0..1000).for_each(|number| writeln!(encoder, "{number} and some text").unwrap());
        let mut bytes = encoder.finish().unwrap();
        let last = bytes.last_mut().unwrap();
        *last ^= 1;
        assert!(is(&bytes), "damaged");
        for text in ["x^2 + y^2 = z^2", "8\u{1d}", "h\u{81}", "x\u{1}"] {
            let text = text.repeat(4000);
            assert!(!is(text.as_bytes()), "{text:.10}");
        }
    }
}
