//! Keys of OpenVPN: the static key of `--secret` and `--tls-auth` in hexadecimal, and those of
//! `--tls-crypt-v2` and `--auth-gen-token-secret` in base64 (doc/man-sections, doc/tls-crypt-v2.txt
//! of its sources). PEM hands it the text between the armour.

use zeroize::Zeroizing;

use super::spelled;
use crate::{
    error::Reject,
    fact::{Class, Label, Material},
    identity, key,
    rows::Row,
    unit::Decoded,
};

pub(crate) const ROW: Row = Row {
    name: "openvpn",
    about: "OpenVPN static keys and tls-crypt-v2 keys",
    text: &[],
    binary: &[],
    find: |_, _, _| {},
    head: None,
};

/// What stands under one armour.
struct Kind {
    /// How the armour's label begins, past `OpenVPN `.
    label: &'static str,
    envelope: &'static str,
    /// Bytes of key. A tls-crypt-v2 client key is followed by itself, wrapped for the server.
    length: usize,
    is_hex: bool,
}

const KINDS: &[Kind] = &[
    Kind { label: "Static key V1", envelope: "static", length: 256, is_hex: true },
    Kind {
        label: "tls-crypt-v2 client key",
        envelope: "tls-crypt-v2-client",
        length: 256,
        is_hex: false,
    },
    Kind {
        label: "tls-crypt-v2 server key",
        envelope: "tls-crypt-v2-server",
        length: 128,
        is_hex: false,
    },
    Kind {
        label: "auth-token server key",
        envelope: "auth-token-server",
        length: 128,
        is_hex: false,
    },
];

/// Longest body that is read: a tls-crypt-v2 client key with metadata has at most 2 KiB.
const LONGEST: usize = 16 << 10;

/// The key by the label of its armour (`OpenVPN Static key V1`) and the text inside.
pub(crate) fn parse(label: &str, bytes: &[u8]) -> Result<Material, Reject> {
    let label = label.strip_prefix("OpenVPN ").ok_or(Reject)?;
    let kind = KINDS.iter().find(|kind| kind.label.eq_ignore_ascii_case(label)).ok_or(Reject)?;
    let mut material = Material::new("openvpn", Class::SecretKey, Label::Unparsed);
    material.envelope = Some(kind.envelope.into());
    material.algorithm = Some("secret".into());

    let text = joined(bytes.get(..LONGEST).unwrap_or(bytes));
    if text.is_empty() {
        return Err(Reject);
    }
    if is_placeholder(&text) {
        material.label = Label::Stub;
        return Ok(material);
    }
    let decoded = if kind.is_hex { hex(&text) } else { base64(&text) };
    let Some(decoded) = decoded else {
        material.key_id = identity::of_sealed(&text);
        return Ok(material);
    };
    let Some(secret) = decoded.get(..kind.length) else {
        material.label = Label::Truncated;
        material.key_id = identity::of_sealed(&decoded);
        return Ok(material);
    };
    if identity::is_guessable(secret) {
        material.label = Label::Stub;
        return Ok(material);
    }
    material.label = Label::Plaintext;
    Ok(key::secret("secret", secret).describe(material))
}

/// The text without line ends, indentation, quotes, escaped line ends and comment lines.
fn joined(bytes: &[u8]) -> Decoded {
    let mut text = Zeroizing::new(Vec::with_capacity(bytes.len()));
    for line in bytes.split(|&byte| byte == b'\n' || byte == b'\r') {
        let line = line.trim_ascii();
        if line.starts_with(b"#") || line.starts_with(b"//") {
            continue;
        }
        let mut letters = line.iter().peekable();
        while let Some(&letter) = letters.next() {
            match letter {
                b'\\' if matches!(letters.peek(), Some(b'n' | b'r' | b't' | b'\\')) => {
                    letters.next();
                }
                b'\\' | b' ' | b'\t' | b'"' | b'\'' | b',' => {}
                other => text.push(other),
            }
        }
    }
    text
}

fn hex(text: &[u8]) -> Option<Decoded> {
    spelled::hex(text.get(..text.len() & !1)?)
}

fn base64(text: &[u8]) -> Option<Decoded> {
    let (bytes, length) = spelled::base64(text);
    (length == text.len()).then_some(bytes)
}

/// Dots, one letter, or words of a template.
fn is_placeholder(text: &[u8]) -> bool {
    let is_marked = text.iter().any(|byte| matches!(byte, b'<' | b'{' | b'[' | b'*'))
        || text.windows(3).any(|three| three == b"...")
        || text.windows(3).any(|three| three == "…".as_bytes());
    is_marked || text.iter().all(|byte| Some(byte) == text.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `openvpn --genkey secret`: the same 256 bytes as any tool would read.
    const STATIC: &str = include_str!("../../testdata/unit/ssh/openvpn-static.key");
    const CLIENT: &str = include_str!("../../testdata/unit/ssh/openvpn-tls-crypt-v2-client.key");
    const SERVER: &str = include_str!("../../testdata/unit/ssh/openvpn-tls-crypt-v2-server.key");

    fn body(file: &str) -> &str {
        let start = file.find("-----\n").unwrap() + 6;
        let end = file.rfind("-----END").unwrap();
        &file[start..end]
    }

    #[test]
    fn a_static_key_is_a_secret_of_2048_bits() {
        let material = parse("OpenVPN Static key V1", body(STATIC).as_bytes()).unwrap();
        assert_eq!((material.class, material.label), (Class::SecretKey, Label::Plaintext));
        assert_eq!(material.bits, Some(2048));
        assert!(material.key_id.unwrap().starts_with("sym-sha256:"));
    }

    #[test]
    fn escapes_and_comments_change_nothing() {
        let plain = parse("OpenVPN Static key V1", body(STATIC).as_bytes()).unwrap();
        let escaped = body(STATIC).replace('\n', "\\r\\n");
        assert_eq!(parse("OpenVPN Static key V1", escaped.as_bytes()).unwrap(), plain);
        let indented = format!("# 2048 bit\r\n{}", body(STATIC).replace('\n', "\r\n    "));
        assert_eq!(parse("OpenVPN Static key V1", indented.as_bytes()).unwrap(), plain);
    }

    #[test]
    fn base64_keys_have_their_length() {
        let client = parse("OpenVPN tls-crypt-v2 client key", body(CLIENT).as_bytes()).unwrap();
        assert_eq!((client.label, client.bits), (Label::Plaintext, Some(2048)));
        let server = parse("OpenVPN tls-crypt-v2 server key", body(SERVER).as_bytes()).unwrap();
        assert_eq!((server.label, server.bits), (Label::Plaintext, Some(1024)));
    }

    #[test]
    fn what_is_no_key_says_so() {
        let label = |text: &str| parse("OpenVPN Static key V1", text.as_bytes()).map(|m| m.label);
        assert_eq!(label(""), Err(Reject));
        assert_eq!(label("\n...\n"), Ok(Label::Stub));
        assert_eq!(label(&"0".repeat(512)), Ok(Label::Stub));
        assert_eq!(label("<your key here>"), Ok(Label::Stub));
        assert_eq!(label(&body(STATIC)[..200]), Ok(Label::Truncated));
        assert_eq!(label("this is no hexadecimal"), Ok(Label::Unparsed));
        assert_eq!(parse("CERTIFICATE", b"00"), Err(Reject));
    }

    #[test]
    fn any_bytes_give_an_answer() {
        let text = body(CLIENT).as_bytes();
        for end in 0..text.len() {
            let _any = parse("OpenVPN tls-crypt-v2 client key", &text[..end]);
        }
    }
}
