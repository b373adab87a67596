//! cpio: the new ASCII forms, the old one, and the binary ones (initial ram disks, rpm).

use std::io::{self, Read};

use super::{Entries, Layer, Open, Source, invalid};

pub(super) const LAYER: Layer =
    Layer { name: "cpio", about: "cpio: newc, crc, odc and binary", is, open: Open::Stream(open) };

/// A longer name is no name.
const NAME: u64 = 64 << 10;

/// The name of the entry that ends an archive.
const TRAILER: &[u8] = b"TRAILER!!!";

/// A header: lengths of itself, name and content, and to how many bytes name and content are
/// filled up.
struct Header {
    length: u64,
    name: u64,
    size: u64,
    unit: u64,
}

fn is(head: &[u8]) -> bool {
    header(head).is_some()
}

fn header(head: &[u8]) -> Option<Header> {
    let hex = |at: usize| number(head.get(at..at + 8)?, 16);
    let octal = |at: usize, length: usize| number(head.get(at..at + length)?, 8);
    let header = match head.get(..6)? {
        b"070701" | b"070702" => Header { length: 110, name: hex(94)?, size: hex(54)?, unit: 4 },
        b"070707" => Header { length: 76, name: octal(59, 6)?, size: octal(65, 11)?, unit: 1 },
        [0xc7, 0x71, ..] => binary(head, u16::from_le_bytes)?,
        [0x71, 0xc7, ..] => binary(head, u16::from_be_bytes)?,
        _ => return None,
    };
    (0 < header.name && header.name <= NAME).then_some(header)
}

/// Words of 16 bits; the size has two, the higher one first.
fn binary(head: &[u8], read: fn([u8; 2]) -> u16) -> Option<Header> {
    let word = |at: usize| head.get(2 * at..)?.first_chunk().map(|word| u64::from(read(*word)));
    Some(Header { length: 26, name: word(10)?, size: word(11)? << 16 | word(12)?, unit: 2 })
}

fn number(digits: &[u8], radix: u32) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    loop {
        let header =
            header(source.peek(110)?).ok_or_else(|| invalid("no header where one is due"))?;
        source.pass(header.length)?;
        let mut name = Vec::new();
        source.whole(header.name).read_to_end(&mut name)?;
        while name.last() == Some(&0) {
            name.pop();
        }
        fill(source, header.length + header.name, header.unit)?;
        if name == TRAILER {
            return Ok(());
        }
        if header.size > 0 {
            let mut content = source.whole(header.size);
            entries.entry(&name, &mut content)?;
            let left = content.left();
            source.pass(left)?;
            fill(source, header.size, header.unit)?;
        }
    }
}

fn fill(source: &mut Source<'_>, length: u64, unit: u64) -> io::Result<()> {
    source.pass(length.next_multiple_of(unit) - length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_headers_are_headers() {
        assert!(!is(b"070701"));
        assert!(!is(&[b'0'; 200]));
        let mut newc = b"070701".to_vec();
        newc.extend([b'0'; 104]);
        assert!(!is(&newc), "a name is never empty");
        newc[101] = b'5';
        assert!(is(&newc));
        newc[95] = b'x';
        assert!(!is(&newc));
    }
}
