//! ar: static libraries, and Debian packages (deb(5)), with the long names of GNU and BSD.

use std::io::{self, Read};

use super::{Entries, Layer, Open, Source, invalid};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "ar",
    about: "ar: static libraries, Debian packages",
    is: |head| head.starts_with(MAGIC) || head.starts_with(THIN),
    open: Open::Stream(open),
};

const MAGIC: &[u8] = b"!<arch>\n";

/// An archive that only names its members.
const THIN: &[u8] = b"!<thin>\n";

/// Bytes of all long names together.
const NAMES: u64 = 16 << 20;

/// A longer name is no name.
const NAME: u64 = 64 << 10;

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let is_thin = source.peek(THIN.len())? == THIN;
    if is_thin {
        entries.note(Reason::NoReader, "a thin archive: its members are other files");
    }
    source.pass(MAGIC.len() as u64)?;
    let mut names = Vec::new();
    loop {
        let Some(header) = source.peek(60)?.first_chunk::<60>().copied() else {
            return match source.peek(1)? {
                [] => Ok(()),
                _ => Err(io::ErrorKind::UnexpectedEof.into()),
            };
        };
        let field = |from: usize, to: usize| header.get(from..to).unwrap_or_default().trim_ascii();
        let size = decimal(field(48, 58)).filter(|_| header.ends_with(b"`\n"));
        let size = size.ok_or_else(|| invalid("no header where one is due"))?;
        source.pass(60)?;
        let name = field(0, 16);
        let mut rest = size;
        let name = match name {
            b"//" if size <= NAMES => {
                source.whole(size).read_to_end(&mut names)?;
                source.skip(usize::from(!size.is_multiple_of(2)))?;
                continue;
            }
            _ if is_thin && !matches!(name, b"/" | b"/SYM64/") => continue,
            [b'#', b'1', b'/', length @ ..] => {
                let length = decimal(length).filter(|&length| length <= size.min(NAME));
                let length = length.ok_or_else(|| invalid("a name that is too long"))?;
                rest -= length;
                let mut name = Vec::new();
                source.whole(length).read_to_end(&mut name)?;
                name.split(|&byte| byte == 0).next().unwrap_or_default().to_vec()
            }
            [b'/', at @ ..] if !at.is_empty() => {
                let long = decimal(at).and_then(|at| names.get(usize::try_from(at).ok()?..));
                let long = long.and_then(|names| names.split(|&byte| byte == b'\n').next());
                let long = long.unwrap_or(name);
                long.strip_suffix(b"/").unwrap_or(long).to_vec()
            }
            b"/" => b"(symbols)".to_vec(),
            name => name.strip_suffix(b"/").unwrap_or(name).to_vec(),
        };
        if rest > 0 {
            let mut content = source.whole(rest);
            entries.entry(&name, &mut content)?;
            let left = content.left();
            source.pass(left)?;
        }
        // Filled up to an even length, at the end not always.
        source.skip(usize::from(!size.is_multiple_of(2)))?;
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
