//! Objects of JSON whose members are the bytes of a key by their numbers: `{"0":48,"1":130}`, as
//! JavaScript writes a `Uint8Array`. What the bytes are, others say.

use std::ops::Range;

use zeroize::Zeroizing;

use super::append;
use crate::{
    budget,
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "indexed",
    about: "PEM and DER as a `Uint8Array` in JSON, whose members are numbered",
    // The first byte of DER or PEM.
    text: &[b"\"0\":48,", b"\"0\": 48,", b"\"0\":45,", b"\"0\": 45,"],
    binary: &[],
    find,
    head: None,
};

/// Bytes that are worth a look: the smallest key has more.
const SMALLEST: usize = 20;

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let text = unit.span(needle.start, budget::LOOK_AHEAD);
    let mut bytes = Zeroizing::new(Vec::new());
    let (mut at, mut end) = (0, 0);
    while let Some((value, length)) = text.get(at..).and_then(|rest| member(rest, bytes.len())) {
        append(&mut bytes, &[value]);
        end = at + length;
        let Some(rest) = text.get(end..) else { break };
        let glue = rest.iter().take(64).take_while(|byte| b", \t\r\n".contains(byte)).count();
        at = end + glue;
    }
    if bytes.len() >= SMALLEST {
        found.decoded(needle.start..needle.start + end, "indexed", bytes);
    }
}

/// The value of the member of this number, and how long the member is.
fn member(text: &[u8], number: usize) -> Option<(u8, usize)> {
    let (name, rest) = digits(text.strip_prefix(b"\"")?)?;
    let rest = rest.strip_prefix(b"\":")?;
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let (value, rest) = digits(rest)?;
    (name == number).then_some((u8::try_from(value).ok()?, text.len() - rest.len()))
}

fn digits(text: &[u8]) -> Option<(usize, &[u8])> {
    let count = text.iter().take(7).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(count)?;
    Some((str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DER: &[u8] =
        b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20\x27\x7c\x57\x31\x26\x76";

    fn object(between: &str, colon: &str) -> String {
        let members = DER.iter().enumerate().map(|(at, byte)| format!("\"{at}\"{colon}{byte}"));
        members.collect::<Vec<_>>().join(between)
    }

    fn decoded(text: &str) -> Vec<Vec<u8>> {
        let found = crate::decode::decoded(&ROW, text.as_bytes());
        found.into_iter().map(|(_, bytes)| bytes).collect()
    }

    #[test]
    fn members_are_read_in_their_order() {
        for (between, colon) in [(",", ":"), (",\n    ", ": "), (",\r\n\t", ":")] {
            let text = format!("{{\"key\":{{{}}},\"n\":1}}", object(between, colon));
            assert_eq!(decoded(&text), [DER], "{text}");
        }
    }

    #[test]
    fn other_members_are_left_alone() {
        let text = object(",", ":");
        for other in [
            text.replace("\"5\"", "\"6\""),
            text.replace(":48", ":480"),
            text.replace(",\"3\"", ",\"x\""),
            "{\"0\":48,\"1\":130}".to_owned(),
        ] {
            assert!(decoded(&other).is_empty(), "{other}");
        }
        for at in 0..text.len() {
            decoded(&text[..at]);
        }
    }
}
