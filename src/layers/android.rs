//! Backups of Android (`adb backup`): a few lines of text, and a tar, which may be packed.

use std::io;

use flate2::bufread::ZlibDecoder;

use super::{Entries, Layer, Open, Source, careful::Counted};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "android-backup",
    about: "backups of Android (`adb backup`); encrypted ones are named",
    is: |head| text(head).is_some(),
    open: Open::Stream(open),
};

/// What the lines at the head say, and how long they are together.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    length: usize,
    is_packed: bool,
    is_encrypted: bool,
}

/// Lines of the version, whether it is packed, and the cipher.
fn text(head: &[u8]) -> Option<Said> {
    const MARK: &[u8] = b"ANDROID BACKUP\n";
    let rest = head.strip_prefix(MARK)?;
    let mut lines = rest.get(..32).unwrap_or(rest).split(|&byte| byte == b'\n');
    let (version, packed, cipher) = (lines.next()?, lines.next()?, lines.next()?);
    let is_one = matches!(version, [b'1'..=b'9']) && matches!(packed, [b'0' | b'1']);
    (is_one && lines.next().is_some()).then_some(Said {
        length: MARK.len() + 4 + cipher.len() + 1,
        is_packed: packed == b"1",
        is_encrypted: cipher != b"none",
    })
}

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let Some(said) = text(source.peek(64)?) else { return Ok(()) };
    source.skip(said.length)?;
    if said.is_encrypted {
        entries.note(Reason::Encrypted, "what it holds");
        entries.as_it_is(b"(as it is)", source);
        Ok(())
    } else if said.is_packed {
        entries.entry(b"", &mut Counted::new(ZlibDecoder::new(source), ZlibDecoder::total_out))
    } else {
        entries.entry(b"", source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_lines_are_told_from_text() {
        let said = |length, is_packed, is_encrypted| Some(Said { length, is_packed, is_encrypted });
        assert_eq!(text(b"ANDROID BACKUP\n5\n1\nnone\nx"), said(24, true, false));
        assert_eq!(text(b"ANDROID BACKUP\n5\n0\nAES-256\nx"), said(27, false, true));
        for other in ["ANDROID BACKUP\nis made by adb\n", "ANDROID BACKUP\n5\n1\nnone", ""] {
            assert_eq!(text(other.as_bytes()), None, "{other}");
        }
    }
}
