//! Bundles of git (gitformat-bundle(5)): references as text, and a pack.

use std::io::{self, BufRead, Read};

use super::super::{Entries, Layer, Open, Source, invalid};

pub(in super::super) const LAYER: Layer = Layer {
    name: "git-bundle",
    about: "bundles of git: references, and a pack",
    is: |head| matches!(head, [b'#', b' ', b'v', b'2' | b'3', rest @ ..] if rest.starts_with(TITLE)),
    open: Open::Stream(open),
};

const TITLE: &[u8] = b" git bundle\n";

/// Bytes of all references.
const REFERENCES: u64 = 64 << 20;

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    source.pass(4 + TITLE.len() as u64)?;
    let mut text = Vec::new();
    loop {
        let before = text.len();
        source.take(REFERENCES.saturating_sub(before as u64)).read_until(b'\n', &mut text)?;
        match text.get(before..) {
            Some(b"\n") => break,
            Some([.., b'\n']) => {}
            _ => return Err(invalid("no pack after the references")),
        }
    }
    entries.entry(b"(references)", &mut text.as_slice())?;
    entries.entry(b"", source)
}
