//! gzip (RFC 1952): all members as one stream.

use std::io;

use super::{Entries, Layer, Open, Source, careful::Gzip, joined::Joined, resync};

pub(super) const LAYER: Layer = Layer {
    name: "gzip",
    about: "gzip, also of several members (RFC 1952)",
    is: |head| head.starts_with(MAGIC),
    open: Open::Stream(open),
};

/// With the one method that there is.
const MAGIC: &[u8] = b"\x1f\x8b\x08";

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    resync::each(source, entries, begins, 1, |name, source, entries| {
        let mut members = Joined::new(
            source,
            |source| Ok(source.peek(MAGIC.len())? == MAGIC),
            Gzip::new,
            |decoder| Ok(decoder.into_inner()),
        );
        entries.entry(name, &mut members)
    })
}

/// Whether a member begins here, after a damage: three bytes say little, so what follows them has
/// to be as it is written.
fn begins(head: &[u8]) -> bool {
    matches!(head, [0x1f, 0x8b, 8, 0..=31, _, _, _, _, 0 | 2 | 4, 0..=13 | 255, ..])
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use crate::scan::inspect_bytes;

    const KEY: &str = include_str!("../../testdata/keys/ec/brainpoolp256r1.pkcs8.pem");

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    /// Text of which no part repeats.
    fn filler() -> String {
        (0..2000_u32).map(|n| format!("{:x} ", n.wrapping_mul(2_654_435_761))).collect()
    }

    #[test]
    fn what_comes_before_a_damage_is_looked_at_and_so_is_the_next_member() {
        let mut bytes = packed(&format!("{KEY}{}", filler()));
        let middle = bytes.len() / 2;
        bytes[middle..middle + 16].fill(0xff);
        let alone = inspect_bytes("in", &bytes);
        let paths = |of: &crate::scan::Inspection| -> Vec<String> {
            of.facts.iter().map(|fact| fact.site().path.clone()).collect()
        };
        assert_eq!(paths(&alone), ["in!gzip:"]);
        assert_eq!(alone.ledger.skips.len(), 1);
        let next = bytes.len();
        bytes.extend(packed(KEY));
        let both = inspect_bytes("in", &bytes);
        assert_eq!(paths(&both), ["in!gzip:".to_owned(), format!("in!gzip:(from {next})")]);
    }
}
