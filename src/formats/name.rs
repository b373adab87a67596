//! Distinguished names and times of certificates (RFC 5280 4.1.2) as text: RFC 4514 and RFC 3339.

use crate::{
    algorithm::dotted,
    asn1::{Element, OID, Reader, SEQUENCE, SET},
    identity::hex,
};

/// Attributes of a name that are shown: certificates have fewer than ten.
const MOST: usize = 24;

/// The content of a Name, most specific part first. `None` if it is empty.
pub(crate) fn distinguished(content: &[u8]) -> Option<String> {
    let mut parts = Vec::new();
    let mut names = Reader::new(content);
    while let Some(relative) = names.read(SET).filter(|_| parts.len() < MOST) {
        let mut attributes = relative.reader();
        let mut part = Vec::new();
        while let Some(attribute) = attributes.read(SEQUENCE).filter(|_| part.len() < MOST) {
            part.extend(attribute_text(attribute.reader()));
        }
        parts.push(part.join("+"));
    }
    parts.reverse();
    Some(parts.join(",")).filter(|text| !text.is_empty())
}

fn attribute_text(mut attribute: Reader<'_>) -> Option<String> {
    let oid = attribute.content(OID)?;
    let value = attribute.any()?;
    let text = string(&value).map_or_else(
        || format!("#{}", hex(value.whole.get(..64).unwrap_or(value.whole))),
        |text| escaped(&text),
    );
    Some(match attribute_name(oid) {
        Some(name) => format!("{name}={text}"),
        None => format!("{}={text}", dotted(oid)),
    })
}

/// RFC 4514 section 3, and what certificates hold besides.
fn attribute_name(oid: &[u8]) -> Option<&'static str> {
    Some(match oid {
        b"\x55\x04\x03" => "CN",
        b"\x55\x04\x04" => "SN",
        b"\x55\x04\x05" => "serialNumber",
        b"\x55\x04\x06" => "C",
        b"\x55\x04\x07" => "L",
        b"\x55\x04\x08" => "ST",
        b"\x55\x04\x09" => "STREET",
        b"\x55\x04\x0a" => "O",
        b"\x55\x04\x0b" => "OU",
        b"\x55\x04\x0c" => "title",
        b"\x55\x04\x2a" => "GN",
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01" => "emailAddress",
        b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19" => "DC",
        b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01" => "UID",
        _ => return None,
    })
}

/// RFC 4514 section 2.4.
fn escaped(text: &str) -> String {
    let last = text.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(text.len());
    for (i, c) in text.chars().enumerate() {
        let at_edge = (i == 0 && matches!(c, ' ' | '#')) || (i == last && c == ' ');
        if at_edge || matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text of a string type, at most 256 characters.
pub(crate) fn string(value: &Element<'_>) -> Option<String> {
    const MOST: usize = 256;
    let bytes = value.content;
    match value.tag {
        // UTF8String, and types that are in use as if they were.
        0x0c | 0x12 | 0x13 | 0x16 | 0x1a => {
            let bytes = bytes.get(..4 * MOST).unwrap_or(bytes);
            Some(String::from_utf8_lossy(bytes).chars().take(MOST).collect())
        }
        // TeletexString: Latin-1 in practice.
        0x14 => Some(bytes.iter().take(MOST).map(|&byte| char::from(byte)).collect()),
        // BMPString and UniversalString.
        0x1e => {
            let units = bytes
                .chunks_exact(2)
                .map(|unit| unit.iter().fold(0u16, |unit, &byte| unit << 8 | u16::from(byte)));
            Some(
                char::decode_utf16(units.take(MOST))
                    .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect(),
            )
        }
        0x1c => Some(
            bytes
                .chunks_exact(4)
                .take(MOST)
                .map(|unit| unit.iter().fold(0u32, |unit, &byte| unit << 8 | u32::from(byte)))
                .map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect(),
        ),
        _ => None,
    }
}

/// A UTCTime or GeneralizedTime in UTC, as RFC 3339.
pub(crate) fn time(value: &Element<'_>) -> Option<String> {
    // Longer than any time with a fraction of a second.
    let text = Some(value.content).filter(|content| content.len() <= 32)?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let digits = text.split('.').next()?;
    let (year, rest) = match value.tag {
        0x17 => {
            let (year, rest) = digits.split_at_checked(2)?;
            // RFC 5280 4.1.2.5.1.
            let century = if year.parse::<u8>().ok()? >= 50 { "19" } else { "20" };
            (format!("{century}{year}"), rest)
        }
        0x18 => {
            let (year, rest) = digits.split_at_checked(4)?;
            (year.to_owned(), rest)
        }
        _ => return None,
    };
    let mut fields = rest.as_bytes().chunks(2).map(|field| std::str::from_utf8(field).ok());
    let mut next = |low: u8, high: u8| -> Option<u8> {
        let field = fields.next()??;
        let is_sound = field.len() == 2 && field.bytes().all(|byte| byte.is_ascii_digit());
        field.parse().ok().filter(|number| is_sound && (low..=high).contains(number))
    };
    let (month, day) = (next(1, 12)?, next(1, 31)?);
    // Times without seconds are in old certificates.
    let (hour, minute, second) = (next(0, 23)?, next(0, 59)?, next(0, 60).unwrap_or(0));
    year.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::element;

    fn time_of(bytes: &[u8]) -> Option<String> {
        time(&element(bytes)?)
    }

    #[test]
    fn times_follow_rfc_5280() {
        assert_eq!(time_of(b"\x17\x0d491231235959Z").unwrap(), "2049-12-31T23:59:59Z");
        assert_eq!(time_of(b"\x17\x0d500101000000Z").unwrap(), "1950-01-01T00:00:00Z");
        assert_eq!(time_of(b"\x18\x0f99991231235959Z").unwrap(), "9999-12-31T23:59:59Z");
        assert_eq!(time_of(b"\x17\x0b9901010203Z").unwrap(), "1999-01-01T02:03:00Z");
        assert_eq!(time_of(b"\x17\x0d991331235959Z"), None, "a thirteenth month");
        assert_eq!(time_of(b"\x17\x0d+9123123595\xc3Z"), None);
        assert_eq!(time_of(b"\x17\x06+9+9+9"), None);
    }

    #[test]
    fn names_are_most_specific_first_and_escaped() {
        let name = b"\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02DE\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x0c\x05a, \xc3\xa4";
        assert_eq!(distinguished(name).unwrap(), "CN=a\\, ä,C=DE");
        let unknown = b"\x31\x0b\x30\x09\x06\x03\x55\x04\x7f\x04\x02\xde\xad";
        assert_eq!(distinguished(unknown).unwrap(), "2.5.4.127=#0402dead");
        assert_eq!(distinguished(b""), None);
    }
}
