//! Brotli (RFC 7932), which has no magic: told by the name of the file, and by decoding its head.

use std::io::{self, BufRead, Read};

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use zeroize::Zeroizing;

use super::{Entries, Layer, Open, Source, invalid};

pub(super) const LAYER: Layer = Layer {
    name: "brotli",
    about: "Brotli (RFC 7932), in files whose name ends with `.br`",
    is,
    open: Open::Stream(open),
};

/// The end of the names of such files.
pub(super) const NAME: &str = ".br";

/// Bytes that the head must give, or have, to be believed, unless the stream ends well in it: what
/// is something else fails before.
const BELIEVED: usize = 64;

fn is(head: &[u8]) -> bool {
    let mut given = Zeroizing::new([0; BELIEVED]);
    let mut decoder = Decoder::new(head);
    let mut length = 0;
    while let Some(room) = given.get_mut(length..).filter(|room| !room.is_empty()) {
        match decoder.read(room) {
            Ok(0) => return true,
            Ok(read) => length += read,
            // Cut: then all of it is looked at as it is as well.
            Err(problem) if problem.kind() == io::ErrorKind::UnexpectedEof => {
                return BELIEVED <= head.len();
            }
            Err(_) => return false,
        }
    }
    true
}

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    entries.entry(b"", &mut Decoder::new(source))
}

/// One stream, after which nothing more is taken.
pub(super) struct Decoder<R> {
    source: R,
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    is_over: bool,
}

impl<R: BufRead> Decoder<R> {
    pub(super) fn new(source: R) -> Self {
        let alloc = StandardAlloc::default;
        // Strict: windows of up to 16 MiB, as the RFC has them.
        let state = Box::new(BrotliState::new_strict(alloc(), alloc(), alloc()));
        Self { source, state, is_over: false }
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (mut room, mut given, mut total) = (buffer.len(), 0, 0);
        while !self.is_over && room > 0 {
            let packed = self.source.fill_buf()?;
            let (mut left, mut taken) = (packed.len(), 0);
            let is_at_end = left == 0;
            let result = BrotliDecompressStream(
                &mut left,
                &mut taken,
                packed,
                &mut room,
                &mut given,
                buffer,
                &mut total,
                &mut self.state,
            );
            self.source.consume(taken);
            match result {
                BrotliResult::ResultSuccess => self.is_over = true,
                // An error waits until what came before it was taken.
                _ if given > 0 => break,
                BrotliResult::NeedsMoreInput if is_at_end => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
                BrotliResult::ResultFailure => return Err(invalid("a damaged stream")),
            }
        }
        Ok(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_has_the_name_is_none() {
        // `printf 'a text' | brotli -c`
        let real = b"\x8f\x02\x80a text\x03";
        let mut given = String::new();
        Decoder::new(&real[..]).read_to_string(&mut given).unwrap();
        assert_eq!(given, "a text");
        assert!(is(real));
        assert!(!is(&real[..real.len() - 2]));
        for text in ["", "-----BEGIN PRIVATE KEY-----\n", "int main(void) { return 0; }\n"] {
            assert!(!is(text.repeat(100).as_bytes()), "{text}");
        }
    }
}
