//! Tests of the row: how languages write bytes.

use super::*;

/// An Ed25519 key in PKCS#8, and the beginnings of other keys.
const DER: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20\
    \x27\x7c\x57\x31\x26\x76\x51\x7f\x40\x09\xee\x31\x96\x15\xca\x2b\
    \xb8\xfb\x86\xa4\xbf\x43\x03\x0a\xd2\xd3\xb8\x0e\xd1\x70\x8c\x0c";
const OPENSSH: &[u8] = b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01";
const STORE: &[u8] = b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\x03key\0\0\x01\x9a\x12\xff";
const PEM: &[u8] = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEICd8VzEmdlF\n";

fn decoded(text: &str) -> Vec<Vec<u8>> {
    crate::decode::decoded(&ROW, text.as_bytes()).into_iter().map(|(_, bytes)| bytes).collect()
}

fn escaped(bytes: &[u8], form: impl Fn(u8) -> String) -> String {
    bytes.iter().map(|&byte| form(byte)).collect()
}

fn literals(bytes: &[u8], width: usize, between: &str, form: impl Fn(u8) -> String) -> String {
    let rows: Vec<String> = bytes.chunks(width).map(|row| escaped(row, &form)).collect();
    format!("key = \"{}\";\nnext = \"x\"\n", rows.join(between))
}

#[test]
fn every_escape_is_read() {
    let forms: [fn(u8) -> String; 5] = [
        |byte| format!("\\x{byte:02x}"),
        |byte| format!("\\x{byte:02X}"),
        |byte| format!("\\{byte:03o}"),
        |byte| format!("\\u{byte:04x}"),
        |byte| format!("\\\\x{byte:02x}"),
    ];
    for bytes in [DER, OPENSSH, STORE, PEM] {
        for form in forms {
            let text = escaped(bytes, form);
            for text in
                [format!("k = '{text}'\n"), format!("f(\"{text}\", 2);"), format!("`{text}`")]
            {
                assert_eq!(decoded(&text), [bytes], "{text}");
            }
        }
    }
}

#[test]
fn printable_bytes_may_stand_as_they_are() {
    for bytes in [DER, OPENSSH, STORE] {
        let text = format!("KEY = b\"{}\"\n", bytes.escape_ascii());
        assert_eq!(decoded(&text), [bytes], "{text}");
        let json = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        assert_eq!(decoded(&format!("{{\"source\": \"{json}\"}}")), [bytes], "{json}");
    }
    let json = escaped(DER, |byte| match char::from(byte) {
        byte @ ('"' | '\\') => format!("\\{byte}"),
        byte if u32::from(byte) < 32 => format!("\\u{:04x}", u32::from(byte)),
        byte => byte.to_string(),
    });
    assert_eq!(decoded(&format!("{{\"key\": \"{json}\"}}")), [DER], "{json}");
}

#[test]
fn literals_are_joined_and_lines_go_on() {
    for between in [
        "\"\n    \"",
        "\" +\n    \"",
        "\"\n    . \"",
        "\" \\\r\n\"",
        "\"\n  b\"",
        "\" /* 0x0010 */\n  \"",
        "\" // sixteen bytes\n  \"",
        "\\\n    ",
    ] {
        for width in [4, 8, 12, 16] {
            for bytes in [DER, OPENSSH, STORE] {
                let text = literals(bytes, width, between, |byte| format!("\\x{byte:02x}"));
                assert_eq!(decoded(&text).len(), 1, "{text}");
                let whole = decoded(&text)
                    .iter()
                    .any(|it| it.windows(bytes.len()).any(|window| window == bytes));
                assert!(whole, "{width} {text}");
            }
        }
    }
}

#[test]
fn a_literal_ends_where_its_quote_does() {
    let text = escaped(DER, |byte| format!("\\x{byte:02x}"));
    for after in ["\", \"other\"", "\"; f(\"x\")", "\"\n\nn = \"x\"", "\"]"] {
        assert_eq!(decoded(&format!("key: \"{text}{after}")), [DER], "{after}");
    }
    let found = crate::decode::decoded(&ROW, format!("\"{text}\"-----BEGIN").as_bytes());
    assert_eq!(found[0].0, 1..1 + text.len());
}

#[test]
fn addresses_and_entities() {
    let percent = escaped(DER, |byte| match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    let found = decoded(&format!("https://a.test/?key={percent}&n=1"));
    assert!(found.len() == 1 && found[0].ends_with(DER), "{percent}");
    let entities = escaped(PEM, |byte| format!("&#{byte};"));
    assert_eq!(decoded(&format!("<p>{entities}</p>")), [PEM]);
}

#[test]
fn other_escapes_are_left_alone() {
    for text in [
        r#"kw="\x02\x01\x00\x05\x02\x00\x00\x02""#,
        r#"printf "\033[31m\002\001\000 \102\105""#,
        r#"MAGIC = b"\xfe\xed\xfe\xed", b"\x00\x00\x00\x02", b"openssh-key-v1\x00""#,
        r#"rsa = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01""#,
        r#""\u0002\u0001" + x02\ 002\ f7\"#,
        "%02%01%00%05 %42%45%47%48 &#66;&#69;&#71;&#72;",
    ] {
        assert!(decoded(text).is_empty(), "{text}");
    }
}

#[test]
fn any_bytes_return() {
    for bytes in [DER, STORE] {
        let text = literals(bytes, 8, "\"\n  \"", |byte| format!("\\x{byte:02x}"));
        for at in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            crate::decode::decoded(&ROW, &bytes[..at]);
            bytes[at] ^= 0x15;
            crate::decode::decoded(&ROW, &bytes);
        }
    }
}
