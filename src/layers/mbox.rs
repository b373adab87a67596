//! Boxes of mail (RFC 4155 and its relatives): one message after the other, each after a line
//! with its sender and date. A box is never in memory; what is in a message is for `eml`.

use std::io::{self, Read};

use super::{Entries, Layer, Open, Source};

pub(super) const LAYER: Layer = Layer {
    name: "mbox",
    about: "mbox: boxes of mail",
    is: |head| separator(head).is_some(),
    open: Open::Stream(open),
};

/// No line between messages is longer.
const LINE: usize = 512;

/// Bytes looked at together.
const PIECE: usize = 32 << 10;

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let mut number = 0_u64;
    while let Some(length) = separator(source.peek(LINE)?) {
        source.skip(length)?;
        number += 1;
        let name = format!("(message {number})");
        entries.entry(name.as_bytes(), &mut Message { source, left: 0, starts: true })?;
    }
    Ok(())
}

/// Everything up to the line before the next message.
struct Message<'s, 'a> {
    source: &'s mut Source<'a>,
    /// Bytes that are known to belong to it.
    left: usize,
    /// Whether a line begins here.
    starts: bool,
}

impl Read for Message<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let bytes = self.source.peek(PIECE)?;
            let is_last = bytes.len() < PIECE;
            // A line that is not seen whole is left for the next time.
            let most = if is_last { bytes.len() } else { bytes.len() - LINE };
            let first = self.starts.then_some(0);
            let mut lines = first.into_iter().chain(
                memchr::memchr_iter(b'\n', bytes.get(..most).unwrap_or_default()).map(|at| at + 1),
            );
            let next = lines.find(|&at| separator(bytes.get(at..).unwrap_or_default()).is_some());
            self.left = next.unwrap_or(most).min(most);
            self.starts = self.left > 0 && bytes.get(self.left - 1) == Some(&b'\n');
        }
        let most = self.left.min(buffer.len());
        let read = self.source.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left -= read;
        Ok(read)
    }
}

/// The length of the line `From sender Thu Jan  1 00:00:00 1970` at the beginning, also with a
/// zone before or after the year, as asctime(3) and others write it.
fn separator(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(b"From ")?;
    let line = rest.get(..LINE - 5).unwrap_or(rest);
    let end = memchr::memchr(b'\n', line)?;
    let words: Vec<&[u8]> =
        line.get(..end)?.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    // The sender may be missing or have blanks.
    let is_date = words.windows(4).any(|words| {
        let &[day, month, number, time] = words else { return false };
        DAYS.contains(&day)
            && MONTHS.contains(&month)
            && (1..=2).contains(&number.len())
            && number.iter().all(u8::is_ascii_digit)
            && matches!(time, [_, _, b':', _, _, ..])
            && time.iter().all(|byte| byte.is_ascii_digit() || *byte == b':')
    });
    let has_year = words
        .iter()
        .rev()
        .take(3)
        .any(|word| word.len() == 4 && word.iter().all(u8::is_ascii_digit));
    (is_date && has_year && words.len() <= 16).then_some(5 + end + 1)
}

const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_between_messages_is_told_from_text() {
        for line in [
            "From a@b.example Thu Jan  1 00:00:00 1970\n",
            "From MAILER-DAEMON Fri Jul  8 12:08:34 2011\r\n",
            "From 123@xxx Mon Mar 04 10:20:30 +0000 2024\n",
            "From a@b.example Thu Jan  1 00:00:00 1970 +0100\n",
        ] {
            assert_eq!(separator(line.as_bytes()), Some(line.len()), "{line}");
        }
        for line in [
            "From a@b.example Thu Jan  1 00:00:00 1970",
            "From Thursday on, Jan 1 at 00:00:00\n",
            "From: a@b.example Thu Jan  1 00:00:00 1970\n",
            "From here on: Mon Tue Jan\n",
            "",
        ] {
            assert_eq!(separator(line.as_bytes()), None, "{line}");
        }
    }
}
