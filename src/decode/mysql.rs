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
    about: "DER of private keys in dumps of MySQL and MariaDB, in quotes or in columns of text",
    // Version 0 of a private key, whose NUL is escaped.
    text: &[b"\x02\x01\\0"],
    binary: &[],
    find,
    head: None,
};

/// Bytes of the head of a SEQUENCE, each perhaps with a backslash.
const HEAD: usize = 8;

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    // A SEQUENCE or the modulus.
    if !matches!(unit.bytes.get(needle.end), Some(b'0' | 2)) {
        return;
    }
    let before = unit.get(needle.start.saturating_sub(HEAD)..needle.start);
    let begins = |pair: &[u8]| matches!(pair, [b'\'' | b'"' | b'\t' | b'\n', b'0']);
    let Some(back) = before.windows(2).rposition(begins) else { return };
    let start = needle.start - before.len() + back + 1;
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
        let (byte, length) = match text.get(at + 1) {
            Some(&escaped) if byte == b'\\' => (unescaped(escaped), 2),
            _ => (byte, 1),
        };
        append(&mut bytes, &[byte]);
        at += length;
    }
    found.decoded(start..start + at.min(text.len()), "mysql", bytes);
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
    fn other_bytes_are_left_alone() {
        for text in [
            &b"'0\x82\x01\x02\x02\x01\\0\x05"[..],
            b"\"x\x82\x01\x02\x02\x01\\00",
            b"'0\x82\x01\x02                \x02\x01\\00",
            b"\x02\x01\\0",
        ] {
            assert!(decoded(text).is_empty());
        }
    }
}
