//! rpm packages: two headers, whose values hold scripts too, and the packed cpio of their files.

use std::io;

use super::{Entries, Layer, Open, Source, invalid};

pub(super) const LAYER: Layer = Layer {
    name: "rpm",
    about: "rpm packages",
    is: |head| head.starts_with(MAGIC),
    open: Open::Stream(open),
};

const MAGIC: &[u8] = b"\xed\xab\xee\xdb";

/// Bytes of the lead, which only says that this is a package.
const LEAD: u64 = 96;

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    source.pass(LEAD)?;
    let length = header(source, entries, b"(signature)")?;
    source.pass(length.next_multiple_of(8) - length)?;
    header(source, entries, b"(header)")?;
    entries.entry(b"(payload)", source)
}

/// Looks at one header, and gives its length.
fn header(source: &mut Source<'_>, entries: &mut Entries<'_, '_>, name: &[u8]) -> io::Result<u64> {
    let head = source.peek(16)?.first_chunk::<16>().copied();
    let Some([0x8e, 0xad, 0xe8, 1, _, _, _, _, a, b, c, d, e, f, g, h]) = head else {
        return Err(invalid("no header where one is due"));
    };
    let index = u64::from(u32::from_be_bytes([a, b, c, d]));
    let values = u64::from(u32::from_be_bytes([e, f, g, h]));
    source.pass(16 + 16 * index)?;
    let mut content = source.whole(values);
    entries.entry(name, &mut content)?;
    let left = content.left();
    source.pass(left)?;
    Ok(values)
}
