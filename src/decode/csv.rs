//! Fields of CSV (RFC 4180) with a JSON Web Key in them, whose quotes are doubled; and string literals
//! of Visual Basic and C#, which are spelled so too. Keys that have an armour are read as they stand.

use std::ops::Range;

use zeroize::Zeroizing;

use super::append;
use crate::{budget, rows::Found, unit::Unit};

/// Bytes of a field after the needle.
const FIELD: usize = 64 << 10;

/// Adds what the field around a name between doubled quotes says. `needle` begins with the first two.
pub(crate) fn field(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let low = needle.start.saturating_sub(budget::LOOK_BACK).max(found.claimed());
    let Some(start) = opened(unit.get(low..needle.start + 2)) else { return };
    let start = low + start;
    let text = unit.span(start, needle.start - start + FIELD);
    let mut field = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = memchr::memchr(b'"', rest).unwrap_or(rest.len());
        let quotes = rest.iter().skip(plain).take_while(|&&byte| byte == b'"').count();
        append(&mut field, rest.get(..plain + quotes / 2).unwrap_or_default());
        at += plain + quotes;
        // One that has no other ends the field.
        if quotes % 2 == 1 {
            break;
        }
    }
    found.decoded(start..start + at, "csv", field);
}

/// Where the field begins that these bytes end in, behind its quote: one that has no other.
fn opened(bytes: &[u8]) -> Option<usize> {
    let mut end = bytes.len();
    while let Some(last) = memchr::memrchr(b'"', bytes.get(..end)?) {
        let before = bytes.get(..=last)?;
        let quotes = before.iter().rev().take_while(|&&byte| byte == b'"').count();
        let first = last + 1 - quotes;
        if quotes % 2 == 1 {
            return Some(first + 1);
        }
        end = first;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Row;

    const ROW: Row =
        Row { name: "csv", about: "", text: &[b"\"\"kty\""], binary: &[], find: field, head: None };

    fn decoded(text: &str) -> Vec<String> {
        let found = crate::decode::decoded(&ROW, text.as_bytes());
        found.into_iter().map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect()
    }

    #[test]
    fn doubled_quotes_are_undone_in_the_field_alone() {
        let json = r#"{"kty":"oct","k":"a-_b","n":["",1]}"#;
        let field = json.replace('"', "\"\"");
        for text in [
            format!("1,\"{field}\",\"x\"\r\n"),
            format!("\"a \"\"b\"\"\",\"{field}\"\n2,\"c\"\n"),
            format!("Const Key = \"{field}\""),
        ] {
            assert_eq!(decoded(&text), [json], "{text}");
        }
        assert_eq!(decoded(&format!("\"{field}")), [json], "cut");
        assert_eq!(decoded("\"\"\"kty\"\":1\""), ["\"kty\":1"]);
    }

    #[test]
    fn other_text_is_left_alone() {
        for text in [r#"{"kty":"oct"}"#, r#"{""kty"":1}"#, "\"\"kty\"\"", "kty"] {
            assert!(decoded(text).is_empty(), "{text}");
        }
        let text = "1,\"{\"\"kty\"\":\"\"RSA\"\",\"\"n\"\":\"\"x\"\"}\"";
        for at in 0..text.len() {
            decoded(&text[..at]);
            decoded(&text[at..]);
        }
    }
}
