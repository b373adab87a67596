//! The container of LZMA from before xz, which has no magic: told by what its encoders write.

use std::io;

use lzma_rust2::LzmaReader;

use super::{Entries, Layer, Open, Source, careful::Sips};

pub(super) const LAYER: Layer = Layer {
    name: "lzma",
    about: "LZMA alone, as `xz --format=lzma` writes it",
    is,
    open: Open::Stream(open),
};

/// Memory for the dictionary, in KiB.
const MEMORY: u32 = 2 << 20;

/// The default properties, a dictionary of a usual size, a length that is unknown or believable,
/// and the zero that LZMA begins with.
fn is(head: &[u8]) -> bool {
    let Some((head, [0, ..])) = head.split_first_chunk::<13>() else { return false };
    let [0x5d, a, b, c, d, length @ ..] = *head else { return false };
    let dictionary = u32::from_le_bytes([a, b, c, d]);
    let is_usual = 4096 <= dictionary
        && (dictionary.is_power_of_two()
            || (dictionary.is_multiple_of(3) && (dictionary / 3).is_power_of_two())
            || dictionary == u32::MAX);
    let length = u64::from_le_bytes(length);
    is_usual && (length == u64::MAX || length < 1 << 38)
}

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let mut stream = Sips::new(LzmaReader::new_mem_limit(source, MEMORY, None)?);
    entries.entry(b"", &mut stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_resembles_it_is_none() {
        let real = b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x16";
        assert!(is(real));
        for (at, byte) in [(0, 0x5c), (1, 1), (3, 0x81), (7, 0), (13, 1)] {
            let mut other = *real;
            other[at] = byte;
            assert!(!is(&other), "{at}");
        }
        assert!(!is(&real[..13]));
        assert!(!is(b"]\n[section]\nname = value\n"));
    }
}
