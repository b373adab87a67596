//! Binary values in dumps of MySQL and MariaDB: in quotes (`mysqldump`), and in the columns of text
//! that `mysqldump --tab` and `SELECT … INTO OUTFILE` write. Bytes stand there as they are, but for
//! some with a backslash, which DER does not survive unread (MySQL 8.4 manual, 11.1.1 and 15.2.9).

use std::ops::Range;

use zeroize::Zeroizing;

use super::append;
use crate::{
    budget,
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "mysql",
    about: "DER of private keys and Java key stores in dumps of MySQL and MariaDB, in quotes or in columns of text",
    text: &[
        // Version 0 of a private key, whose NUL is escaped; SEC 1; PKCS#8 version 2; PKCS#12.
        b"\x02\x01\\0",
        b"\x02\x01\x01\x04",
        b"\x02\x01\x010",
        b"\x02\x01\x030",
        // Algorithms of encrypted keys, whose line end is escaped in quotes.
        b"\x86\xf7\\r\x01",
        b"\x86\xf7\r\x01",
        // The magic of JKS, and its version.
        b"\xfe\xed\xfe\xed\\0",
    ],
    binary: &[],
    find,
    head: None,
};

/// Bytes of what stands before a needle, each perhaps with a backslash: one head of a SEQUENCE or
/// two, and the beginning of an object identifier.
const HEAD: usize = 20;

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let Some(start) = start(unit, &needle) else { return };
    let by = unit.get(start - 1..start);
    let stop = unit.bytes.len().min(start.saturating_add(budget::LOOK_AHEAD));
    let text = unit.get(start..stop);
    let mut bytes = Zeroizing::new(Vec::with_capacity(2048));
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let is_end = match by {
            b"'" | b"\"" => by == [byte],
            _ => matches!(byte, b'\t' | b'\n'),
        };
        if is_end {
            break;
        }
        let (byte, length) = character(byte, text.get(at + 1));
        append(&mut bytes, &[byte]);
        at += length;
    }
    // What stands there as it is, is seen as it is.
    let is_escaped = bytes.len() < at;
    if is_escaped {
        found.decoded(start..start + at.min(text.len()), "mysql", bytes);
    }
}

/// Where the value begins that the needle stands in, right behind a quote or what parts columns.
fn start(unit: Unit<'_>, needle: &Range<usize>) -> Option<usize> {
    let is_parted = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| unit.bytes.get(at));
        let is_part = matches!(before, Some(b'\'' | b'"' | b'\t' | b'\n'));
        is_part && at.checked_sub(2).and_then(|at| unit.bytes.get(at)) != Some(&b'\\')
    };
    match unit.get(needle.clone()) {
        [0xfe, ..] => is_parted(needle.start).then_some(needle.start),
        // A SEQUENCE or the modulus follows.
        b"\x02\x01\\0" if !matches!(unit.bytes.get(needle.end), Some(b'0' | 2)) => None,
        _ => {
            let from = needle.start.saturating_sub(HEAD);
            let is_start = |at: &usize| is_parted(*at) && is_key(unit.get(*at..needle.end));
            (from..needle.start).find(is_start)
        }
    }
}

/// Whether a value begins like a private key or a store: a SEQUENCE, and a version or another one.
fn is_key(text: &[u8]) -> bool {
    let mut head = [0; 5];
    let mut at = 0;
    for place in &mut head {
        let Some(&byte) = text.get(at) else { return false };
        let (byte, length) = character(byte, text.get(at + 1));
        *place = byte;
        at += length;
    }
    match head {
        [0x30, 0x82, _, _, tag] | [0x30, 0x81, _, tag, _] => matches!(tag, 2 | 0x30),
        [0x30, 0..=0x80, tag, ..] => matches!(tag, 2 | 0x30),
        _ => false,
    }
}

/// The byte that stands at one place, and the length of what spells it.
fn character(byte: u8, next: Option<&u8>) -> (u8, usize) {
    match next {
        Some(&escaped) if byte == b'\\' => (unescaped(escaped), 2),
        _ => (byte, 1),
    }
}

const fn unescaped(byte: u8) -> u8 {
    match byte {
        b'0' => 0,
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'r' => b'\r',
        b'Z' => 0x1a,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DER: &[u8] = b"0\x82\x27\x0a\x02\x01\0\x30\x0d\\\t\n\r\x1a'\"\xff\0";

    fn decoded(text: &[u8]) -> Vec<Vec<u8>> {
        let found = crate::decode::decoded(&ROW, text);
        found.into_iter().map(|(_, bytes)| bytes).collect()
    }

    /// As `mysql_real_escape_string` and `INTO OUTFILE` write it.
    fn escaped(bytes: &[u8], plain: &[u8]) -> Vec<u8> {
        let escape = |byte: &u8| match byte {
            byte if plain.contains(byte) => vec![*byte],
            0 => b"\\0".to_vec(),
            b'\n' if plain.is_empty() => b"\\n".to_vec(),
            b'\r' => b"\\r".to_vec(),
            0x1a => b"\\Z".to_vec(),
            byte if b"\\'\"\t\n".contains(byte) => vec![b'\\', *byte],
            byte => vec![*byte],
        };
        bytes.iter().flat_map(escape).collect()
    }

    #[test]
    fn values_are_read_up_to_their_end() {
        let quoted = escaped(DER, b"\t");
        let text = [b"INSERT INTO t VALUES (1,_binary '", &quoted[..], b"'),(2,'x');\n"].concat();
        assert_eq!(decoded(&text), [DER]);
        let columns = escaped(DER, b"'\"\r\x1a");
        for end in [&b"\tx\n"[..], b"\n2\t", b""] {
            let text = [b"1\tname\t", &columns[..], end].concat();
            assert_eq!(decoded(&text), [DER]);
        }
    }

    #[test]
    fn other_keys_and_stores_are_read() {
        const OTHERS: [&[u8]; 6] = [
            b"0w\x02\x01\x01\x04 \0\n'\\key",
            b"0\x51\x02\x01\x010\x05\0\n'\\key",
            b"0\x82\x0a\x5c\x02\x01\x030\x82\0\n'\\store",
            b"0\x81\xec0W\x06\x09*\x86H\x86\xf7\r\x01\x05\r0\0\n'\\key",
            b"0\x82\x27\x0a0\x0a\x06\x09*\x86H\x86\xf7\r\x01\x05\r0\0\n'\\key",
            b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01\n'\\store",
        ];
        for bytes in OTHERS {
            let quoted = escaped(bytes, b"\t");
            let text = [b"VALUES\n(1,_binary '", &quoted[..], b"'),(2,'x');\n"].concat();
            assert_eq!(decoded(&text), [bytes], "{}", text.escape_ascii());
            let text = [b"1\t", &escaped(bytes, b"'\"\r\x1a")[..], b"\n"].concat();
            assert_eq!(decoded(&text), [bytes], "{}", text.escape_ascii());
        }
    }

    #[test]
    fn other_bytes_are_left_alone() {
        for text in [
            &b"'0\x82\x01\x02\x02\x01\\0\x05"[..],
            b"\"x\x82\x01\x02\x02\x01\\00",
            b"'0\x82\x01\x02                \x02\x01\\00",
            b"\x02\x01\\0",
            b"'0w\x03\x01\x01\x02\x01\x01\x04",
            b"x\xfe\xed\xfe\xed\\0\\0",
            b"'1\x06*\x86H\x86\xf7\\r\x01",
        ] {
            assert!(decoded(text).is_empty());
        }
    }
}
