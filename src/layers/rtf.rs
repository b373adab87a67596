//! Rich Text Format (Microsoft, version 1.9.1): its text without the words of the format, which cut
//! the lines of keys. Objects and pictures stand in it as digits.

use std::io::{self, BufRead, BufReader, Read};

use super::{Entries, Layer, Open, ReadSeek};

pub(super) const LAYER: Layer = Layer {
    name: "rtf",
    about: "rich text: what it says, without the words of the format",
    is: |head| head.starts_with(b"{\\rtf"),
    open: Open::Beside(open),
};

/// Letters and digits of one word of the format; there is none longer than 32.
const WORD: usize = 64;

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let mut text = Text { input: BufReader::new(file), pending: Vec::new(), spare: 1, passed: 0 };
    entries.part(b"(text)", std::slice::from_ref(&(0..u64::MAX)), &mut text)
}

struct Text<R> {
    input: R,
    /// What a word stands for, the last first.
    pending: Vec<u8>,
    /// Characters after one of Unicode that stand for it elsewhere, and how many are still to pass.
    spare: usize,
    passed: usize,
}

impl<R: BufRead> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        for place in buffer {
            while self.pending.is_empty() {
                match self.byte()? {
                    Some(b'\\') => self.word()?,
                    Some(b'{' | b'}' | b'\r' | b'\n') => {}
                    Some(byte) => self.give(&[byte]),
                    None => return Ok(count),
                }
            }
            *place = self.pending.pop().unwrap_or_default();
            count += 1;
        }
        Ok(count)
    }
}

impl<R: BufRead> Text<R> {
    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.input.fill_buf()?.first().copied())
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        self.input.consume(usize::from(byte.is_some()));
        Ok(byte)
    }

    /// A character, unless it only stands for another.
    fn give(&mut self, bytes: &[u8]) {
        if self.passed > 0 {
            self.passed -= 1;
        } else {
            self.pending.extend(bytes.iter().rev());
        }
    }

    /// What follows a backslash.
    fn word(&mut self) -> io::Result<()> {
        match self.peek()? {
            Some(byte) if byte.is_ascii_alphabetic() => {
                let word = self.run(u8::is_ascii_alphabetic)?;
                let sign = self.peek()? == Some(b'-');
                self.input.consume(usize::from(sign));
                let number = self.run(u8::is_ascii_digit)?;
                if self.peek()? == Some(b' ') {
                    self.input.consume(1);
                }
                let number = std::str::from_utf8(&number).ok().and_then(|text| text.parse().ok());
                let number: Option<i64> =
                    number.map(|number: i64| if sign { -number } else { number });
                self.control(&word, number);
            }
            Some(b'\'') => {
                self.input.consume(1);
                let mut value = 0;
                for _ in 0..2 {
                    let digit = self.peek()?.and_then(|byte| char::from(byte).to_digit(16));
                    let Some(digit) = digit else { return Ok(()) };
                    self.input.consume(1);
                    value = value << 4 | digit;
                }
                self.give(&[u8::try_from(value).unwrap_or_default()]);
            }
            Some(byte) => {
                self.input.consume(1);
                match byte {
                    b'\r' | b'\n' => self.give(b"\n"),
                    b'~' => self.give(b" "),
                    b'_' => self.give(b"-"),
                    b'{' | b'}' | b'\\' => self.give(&[byte]),
                    _ => {}
                }
            }
            None => {}
        }
        Ok(())
    }

    fn control(&mut self, word: &[u8], number: Option<i64>) {
        match (word, number) {
            (b"par" | b"line" | b"row" | b"sect" | b"page", _) => self.give(b"\n"),
            (b"tab" | b"cell", _) => self.give(b"\t"),
            (b"emdash" | b"endash", _) => self.give(b"-"),
            (b"uc", Some(count)) => {
                self.spare = usize::try_from(count).unwrap_or_default().min(WORD)
            }
            (b"u", Some(unit)) => {
                // Numbers of 16 bits with a sign.
                let point = u32::try_from(unit & 0xffff).unwrap_or_default();
                let c = char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
                self.passed = 0;
                self.give(c.encode_utf8(&mut [0; 4]).as_bytes());
                self.passed = self.spare;
            }
            _ => {}
        }
    }

    fn run(&mut self, is: fn(&u8) -> bool) -> io::Result<Vec<u8>> {
        let mut run = Vec::new();
        while run.len() < WORD
            && let Some(byte) = self.peek()?.filter(is)
        {
            self.input.consume(1);
            run.push(byte);
        }
        Ok(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rich: &str) -> String {
        let input = rich.as_bytes();
        let mut text = Text { input, pending: Vec::new(), spare: 1, passed: 0 };
        let mut out = String::new();
        text.read_to_string(&mut out).unwrap();
        out
    }

    #[test]
    fn words_become_what_they_stand_for() {
        assert_eq!(text(r"{\rtf1\ansi a\par\r b\b0  c\line d}"), "a\nb c\nd");
        assert_eq!(text("{\\rtf1 a\r\nb\\\nc\\'2dd\\_e}"), "ab\nc-d-e");
        assert_eq!(
            text(r"\{x\}\\\~\u45?\u8211-y\uc2\u228ae z\uc0\u-3913 q"),
            "{x}\\ -\u{2013}y\u{e4} z\u{f0b7}q"
        );
    }

    #[test]
    fn any_bytes_end() {
        for rich in
            ["\\", "\\'", "\\'2", "\\u", "\\u99999999999999999999 x", "\\uc-9\\u65 b", "{\\", ""]
        {
            for end in 0..=rich.len() {
                text(&rich[..end]);
            }
        }
        assert_eq!(text(&"\\".repeat(9)), "\\\\\\\\");
    }
}
