//! Hexadecimal digits that spell a key: plain, in lines, with colons, blanks or commas between the
//! bytes (`openssl`, SQL, `.reg`), and in dumps. Knows what keys begin with, in digits; what the bytes
//! are, others say.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{append, cut::Cut, dump, radix};
use crate::{
    budget,
    rows::{Found, Row},
    unit::{Decoded, Unit},
};

/// Where the bytes allow it, needles are made of decimal digits alone, which have no case.
pub(crate) const ROW: Row = Row {
    name: "hex",
    about: "hexadecimal of PEM (also in UTF-16), DER, OpenSSH, PuTTY, age, JWK, CryptoAPI and Java key stores: plain, wrapped, with colons, blanks or commas, in SQL, in registry files, in dumps of xxd, hexdump and od, and in firmware (Intel HEX, S-records)",
    text: &[
        // 1.2.840: every object identifier of RSA, DSA, PKCS and X9.62.
        b"864886",
        b"8648ce",
        b"8648CE",
        b"2a 86 48",
        b"2A 86 48",
        b"2a86 48",
        b"2A86 48",
        b"2a:86:48",
        b"2A:86:48",
        b"2a,86,48",
        // Version 0 or 1 of a private key, and what follows.
        b"020100300",
        b"02010002",
        b"02010104",
        b"02010130",
        b"02 01 0",
        b"02:01:0",
        b"02,01,0",
        b"0201 003",
        b"0201 000",
        b"0201 010",
        b"02 0100 3",
        b"02 0101 0",
        // Both, in the words of a little-endian machine.
        b"862a 864",
        b"862a ce4",
        b"4886 3dc",
        b"4886 f78",
        b"0102 3000",
        b"0102 0200",
        b"0101 3004",
        // `BEGI`, and dashes where dumps break words.
        b"42454749",
        b"2d 2d 2d",
        b"2D 2D 2D",
        b"42:45:47",
        b"42,45,47",
        b"2d2d 2d",
        b"2D2D 2D",
        // The same of UTF-16, of either end; as in the registry; in words of a machine.
        b"420045004",
        b"42 00 45",
        b"42,00,45,00",
        b"4200 4500",
        b"0042 0045",
        // `ssh` of `openssh-key-v1`, and `ss-h`.
        b"7373682",
        b"7373 682",
        b"73 73 68",
        b"73:73:68",
        b"73,73,68",
        b"7373 2d6",
        // The version of JKS and JCEKS.
        b"00000002",
        b"0000 0002",
        b"00 00 00 02",
        b"00:00:00:02",
        b"00,00,00,02",
        b"0000 0200",
        // `SECRET` of age, `kty"`, `PuTTY`, CryptoAPI.
        b"534543524554",
        b"6b747922",
        b"507554545",
        b"0702000000",
        b"07,02,00,00",
    ],
    binary: &[],
    find,
    head: None,
};

/// The same in dumps of text, whose column of what the bytes say has too many letters.
pub(crate) const DUMPS: Row = Row {
    name: "dumps",
    about: "dumps of PEM by xxd and `hexdump -C`",
    text: &[b": 2d2d 2d2d", b"  2d 2d 2d 2d"],
    binary: &[],
    find: |unit, needle, found| find(unit, needle.start + 2..needle.end, found),
    head: None,
};

/// Bytes that are worth a look: the smallest key has more.
const SMALLEST: usize = 20;

/// Digits of a line from which the next line may go on with what it holds.
const LONG: usize = 16;

/// What may stand between the last digit of a line and the first of the next: line ends, indents,
/// quotes, concatenation, comments.
const GLUE: usize = 64;

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    if !is_likely(unit, &needle) {
        return;
    }
    let low = needle.start.saturating_sub(budget::LOOK_BACK).max(found.claimed());
    let mut cut = Cut::new(unit, needle.start);
    let dumped = dump::around(unit, needle.start, low, &mut cut);
    let (range, bytes) = dumped.unwrap_or_else(|| {
        cut = Cut::new(unit, needle.start);
        run(unit.bytes, &needle, low, &mut cut)
    });
    if bytes.len() < SMALLEST {
        found.claim(range.end.max(needle.end));
        return;
    }
    cut.add(found, range, "hex", bytes);
}

/// Whether the digits around the needle say what it promises. A dump may break them off.
fn is_likely(unit: Unit<'_>, needle: &Range<usize>) -> bool {
    const NEAR: usize = 32;
    let mut literal = [0; NEAR];
    let mut before = [0; NEAR];
    let mut after = [0; NEAR];
    let literal = digits(unit.get(needle.clone()).iter(), &mut literal);
    let from = needle.start.saturating_sub(NEAR);
    let back = unit.get(from..needle.start).iter().rev();
    let before = digits(back.take_while(|byte| is_inside(**byte)), &mut before);
    let ahead = unit.span(needle.end, NEAR).iter();
    let after = digits(ahead.take_while(|byte| is_inside(**byte)), &mut after);
    // A SEQUENCE, and its length in one, two or three bytes; the digits before are in reverse.
    let is_enclosed = || {
        let header = |at: usize, want: &[u8]| before.get(at..at + want.len()) == Some(want);
        header(2, b"03") || header(2, b"1803") || header(4, b"2803")
    };
    match literal {
        // 2a before 86 48; 86 f7, ce 3d or ce 38 behind it, as far as the line goes.
        b"864886" => before.starts_with(b"a2") || after.starts_with(b"f70d"),
        b"8648ce" => {
            before.starts_with(b"a2") || after.starts_with(b"3d") || after.starts_with(b"38")
        }
        b"02010" | b"020100300" | b"02010002" | b"02010104" | b"02010130" | b"0201003"
        | b"0201000" | b"0201010" => is_enclosed(),
        b"0102" | b"01023000" | b"01020200" => {
            before.starts_with(b"03") || before.get(4..8) == Some(b"0328")
        }
        b"42454749" => after.starts_with(b"4e"),
        b"424547" => after.starts_with(b"494e"),
        b"420045004" => after.starts_with(b"7"),
        b"42004500" | b"00420045" => after.starts_with(b"47") || after.starts_with(b"0047"),
        // In a dump, the line may end here.
        b"420045" => before.starts_with(b"00d2") || after.starts_with(b"0047"),
        b"7373682" | b"737368" => before.starts_with(b"e656"),
        b"73732d6" => before.starts_with(b"56e6"),
        // The digits of the magic numbers, in reverse.
        b"00000002" => before.starts_with(b"deefdeef") || before.starts_with(b"ecececec"),
        b"00000200" => before.starts_with(b"efdeefde") || before.starts_with(b"ecececec"),
        b"0702000000" => after.starts_with(b"a4") || after.starts_with(b"24"),
        b"07020000" => after.starts_with(b"00a4") || after.starts_with(b"0024"),
        _ => true,
    }
}

/// Whether a byte may stand between the digits of one line.
const fn is_inside(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b' ' | b':' | b',')
}

/// The digits among `bytes`, in lower case.
fn digits<'b>(bytes: impl Iterator<Item = &'b u8>, buffer: &mut [u8]) -> &[u8] {
    let mut count = 0;
    for (slot, byte) in buffer.iter_mut().zip(bytes.filter(|byte| byte.is_ascii_hexdigit())) {
        *slot = byte.to_ascii_lowercase();
        count += 1;
    }
    buffer.get(..count).unwrap_or_default()
}

/// How the digits of a run stand together.
#[derive(Clone, Copy)]
enum Words {
    /// Pairs, or a few pairs, with this byte between them.
    Pairs(u8),
    /// Many in a row; only lines and literals part them.
    Long,
}

/// The digits around `needle`, from `low` on: their range, and what they spell.
fn run(bytes: &[u8], needle: &Range<usize>, low: usize, cut: &mut Cut) -> (Range<usize>, Decoded) {
    let literal = bytes.get(needle.clone()).unwrap_or_default();
    let words = match literal.iter().find(|byte| !byte.is_ascii_hexdigit()) {
        Some(&separator) => Words::Pairs(separator),
        None => Words::Long,
    };
    let mut start = word_start(bytes, needle.start, low);
    if let Words::Long = words {
        // Whole bytes lead to the needle.
        start += (needle.start - start) % 2;
    }
    while let Some(end) = glued_before(bytes, start, low, words) {
        let word = word_start(bytes, end, low);
        if !fits(end - word, words) {
            break;
        }
        start = word;
    }
    let stop = cut.stop;
    let mut spelled = Zeroizing::new(Vec::with_capacity((needle.end - start) / 2 + SMALLEST));
    let (mut at, mut end) = (start, start);
    loop {
        let length = word_length(bytes, at, stop);
        // The last one may be shorter, and half a byte is none; nor is the head of another word.
        let is_whole = fits(length, words);
        let is_word = bytes.get(at + length).is_some_and(u8::is_ascii_alphanumeric);
        let is_other = matches!(words, Words::Pairs(_)) || length < 2 || is_word;
        if !is_whole && is_other && at != start {
            break;
        }
        cut.pass_word(at, length, 2, spelled.len());
        append(&mut spelled, &radix::hex(bytes.get(at..at + length).unwrap_or_default()));
        end = at + length;
        if !is_whole && needle.end <= end {
            break;
        }
        let Some(next) = glued_after(bytes, end, stop, words) else { break };
        at = next;
    }
    (start..end.max(start), spelled)
}

const fn fits(length: usize, words: Words) -> bool {
    match words {
        Words::Pairs(_) => matches!(length, 2 | 4 | 8),
        Words::Long => LONG <= length && length.is_multiple_of(2),
    }
}

fn word_start(bytes: &[u8], at: usize, low: usize) -> usize {
    let before = bytes.get(low..at).unwrap_or_default();
    at - before.iter().rev().take_while(|byte| byte.is_ascii_hexdigit()).count()
}

fn word_length(bytes: &[u8], at: usize, stop: usize) -> usize {
    let rest = bytes.get(at..stop).unwrap_or_default();
    rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count()
}

fn glued_before(bytes: &[u8], at: usize, low: usize, words: Words) -> Option<usize> {
    let before = bytes.get(at.saturating_sub(GLUE).max(low)..at)?;
    let glue = before.iter().rev().take_while(|byte| !byte.is_ascii_hexdigit()).count();
    let between = before.get(before.len() - glue..)?;
    (glue < before.len() && is_glue(between, words)).then_some(at - glue)
}

fn glued_after(bytes: &[u8], at: usize, stop: usize, words: Words) -> Option<usize> {
    let rest = bytes.get(at..stop)?;
    let rest = rest.get(..GLUE).unwrap_or(rest);
    let glue = rest.iter().take_while(|byte| !byte.is_ascii_hexdigit()).count();
    (glue < rest.len() && is_glue(rest.get(..glue)?, words)).then_some(at + glue)
}

/// Whether digits go on after `between`: after what separates them, or on the next line, in the
/// next literal or in the next column.
fn is_glue(between: &[u8], words: Words) -> bool {
    let is_break = between.iter().any(|byte| b"\n\r\"'`".contains(byte))
        || memchr::memmem::find(between, b"\\n").is_some();
    let is_markup = |byte: &u8| b" \t\r\nn\\\"'`+&.,;#/>*|_()".contains(byte);
    match words {
        Words::Pairs(separator) => {
            let is_separator = between.iter().all(|&byte| byte == separator) && between.len() <= 2;
            let mut other = between.iter().filter(|byte| **byte != separator);
            let is_dash = matches!(between, b", " | b" - " | b"-");
            // A line may break behind a separator or before it.
            is_separator || is_dash || (is_break && other.all(is_markup))
        }
        Words::Long => is_break && between.iter().all(is_markup),
    }
}

#[cfg(test)]
mod tests;
