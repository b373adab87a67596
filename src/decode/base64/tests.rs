//! Tests of the row, in every phase and wrapping.

use super::*;

const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEICd8VzEmdlF/QAnuMZYVyiu4+4akv0MDCtLTuA7RcIwM\n\
    -----END PRIVATE KEY-----\n";

/// The body of [`PEM`].
const ED25519: &str = "MC4CAQAwBQYDK2VwBCIEICd8VzEmdlF/QAnuMZYVyiu4+4akv0MDCtLTuA7RcIwM";

fn encoded(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut bits = 0u32;
        for at in 0..3 {
            bits = bits << 8 | u32::from(group.get(at).copied().unwrap_or_default());
        }
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

fn wrapped(text: &str, width: usize, between: &str) -> String {
    let lines: Vec<&str> =
        text.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap()).collect();
    lines.join(between)
}

fn decoded(text: &[u8]) -> Vec<(Range<usize>, Vec<u8>)> {
    crate::decode::decoded(&ROW, text)
}

#[track_caller]
fn gives(text: &str, bytes: &[u8]) {
    let found = decoded(text.as_bytes());
    assert_eq!(found.len(), 1, "{text}");
    let inner = found[0].1.windows(bytes.len()).any(|window| window == bytes);
    assert!(inner, "{text}: {}", found[0].1.escape_ascii());
    assert!(text.is_char_boundary(found[0].0.start) && found[0].0.end <= text.len());
}

#[test]
fn a_pem_is_found_in_every_phase_and_wrapping() {
    for before in ["", "#", "##", "{\"key\": \""] {
        let text = encoded(format!("{before}{PEM}").as_bytes());
        for text in [
            text.clone(),
            format!("data: {text}\n"),
            format!("{{\"key\": \"{text}\"}}"),
            format!("data:text/plain;base64,{text}"),
            text.replace('+', "-").replace('/', "_").replace('=', ""),
            wrapped(&text, 64, "\n"),
            wrapped(&text, 76, "\r\n"),
            format!("key: |\n  {}\nport: 1", wrapped(&text, 64, "\n  ")),
            format!("\"{}\"", wrapped(&text, 64, "\\n")),
            format!("\"{}\\n\"", wrapped(&text, 64, "\\r\\n")),
            text.replace('/', "\\/"),
            format!("k={}&n=1", text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")),
            format!("some words\n{text}\n"),
            format!("word {text} word"),
        ] {
            gives(&text, PEM.as_bytes());
        }
    }
}

/// The chains of decodings that lead to a key.
fn chains(text: &str) -> Vec<Vec<String>> {
    let facts = crate::scan::inspect_bytes("in", text.as_bytes()).facts;
    let sites = facts.into_iter().flat_map(|fact| fact.sites);
    sites.map(|site| site.decoded.iter().map(|by| by.to_string()).collect()).collect()
}

#[test]
fn what_is_encoded_twice_or_more_is_found_whatever_it_is() {
    let der = base64(ED25519.as_bytes()).to_vec();
    let jwk = br#"{"use":"sig","kty":"OKP","crv":"Ed25519","d":"J3xXMSZ2UX9ACe4xlhXKK7j7hqS_QwMK0tO4DtFwjAw"}"#;
    for bytes in [PEM.as_bytes(), &der, jwk] {
        let once = encoded(bytes);
        for before in ["", "a", "ab"] {
            let twice = encoded(format!("{before}{once}").as_bytes());
            let lines = wrapped(&twice, 64, "\n");
            let json = encoded(format!("{{\"key\": \"{twice}\"}}").as_bytes());
            let large = format!("{}{twice}\n", "some words\n".repeat(1000));
            for (text, count) in [
                (twice.clone(), 2),
                (format!("data:\n  release: {twice}\n"), 2),
                (lines, 2),
                (large, 2),
                (encoded(twice.as_bytes()), 3),
                (json, 3),
            ] {
                assert_eq!(chains(&text), [vec!["base64"; count]], "{text}");
            }
        }
    }
    let public =
        encoded(encoded(b"The quick brown fox jumps over the lazy dog, twice.").as_bytes());
    assert!(chains(&public).is_empty());
}

#[test]
fn a_jwk_is_found_in_every_phase() {
    let jwk = br#"{"use":"sig","kty":"OKP","crv":"Ed25519","d":"J3xXMSZ2UX9ACe4xlhXKK7j7hqS_QwMK0tO4DtFwjAw"}"#;
    for before in [&[][..], b" ", b"[ "] {
        let text = encoded(&[before, jwk].concat());
        assert_eq!(chains(&format!("key={text}")), [vec!["base64"]], "{text}");
    }
    assert!(
        chains(&encoded(br#"{"kty":"OKP","crv":"Ed25519"}, and then nothing more"#)).is_empty()
    );
}

#[test]
fn der_is_found_in_every_phase() {
    let key = base64(ED25519.as_bytes()).to_vec();
    for before in [&[][..], b"1", b"12"] {
        let bytes = [before, &key].concat();
        gives(&format!("key={}", encoded(&bytes)), &key);
    }
    gives(&format!("key={}", ED25519.replace('/', "_").replace('+', "-")), &key);
    // 1.2.840.10045.2.1 and PKCS#1.
    let ec = b"\x30\x3e\x02\x01\x00\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a\x04";
    let rsa = b"\x30\x82\x04\xa4\x02\x01\x00\x02\x82\x01\x01\x00\xb0\x11\x22\x33\x44\x55\x66\x77";
    let pkcs8 =
        b"\x30\x82\x04\xbe\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
    let long = b"\x30\x82\x09\x29\x02\x01\x00\x02\x82\x02\x01\x00\xb0\x11\x22\x33\x44\x55\x66\x77";
    let short = b"\x30\x82\x02\x5d\x02\x01\x00\x02\x81\x81\x00\xb0\x11\x22\x33\x44\x55\x66\x77";
    for key in [&rsa[..], long, short] {
        for before in [&[][..], b"1", b"12", b"123456"] {
            gives(&encoded(&[before, key].concat()), key);
        }
    }
    for key in [&ec[..], &pkcs8[..]] {
        for before in [&[][..], b"1", b"12"] {
            gives(&encoded(&[before, key].concat()), key);
        }
    }
}

#[test]
fn stores_and_gzip_are_found_by_their_head() {
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xd3\xd5\x05\x02\x27\x57\x77\x4f\x3f\x85";
    let jks = b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\x03key";
    let openssh = b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none";
    let capi = b"\x07\x02\0\0\0\xa4\0\0RSA2\0\x08\0\0\x01\0\x01\0\x13";
    for bytes in [&gzip[..], jks, openssh, capi] {
        gives(&format!("a: {}", encoded(bytes)), bytes);
        gives(&format!("words\n{}\n", wrapped(&encoded(bytes), 20, "\n")), bytes);
    }
}

#[test]
fn what_only_resembles_is_left_alone() {
    for text in [
        "H4sI",
        "H4sIzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "/u3+7Qzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "xxxxxxIBAAKCAQEAxxxxxxxxxxxxxxxxxxxxxxxxx",
        "KoZIhvcN",
        "xxxxxxxxKoZIxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "xxxxxCAQACggEBxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "xxxxxAgEAAoIBxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "LS0tLS1CRUdJTi",
        "MIIEpAIB",
    ] {
        assert!(decoded(text.as_bytes()).is_empty(), "{text}");
    }
}

#[test]
fn neighbours_do_not_join() {
    let once = encoded(PEM.as_bytes());
    let text = format!("a: {once}\nb: {once}\nport: 443\n");
    let found = decoded(text.as_bytes());
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|(_, bytes)| bytes == PEM.as_bytes()));
    let jwt = format!("eyJhbGciOiJub25lIn0.{ED25519}.c2ln");
    assert_eq!(decoded(jwt.as_bytes())[0].0, 20..20 + ED25519.len());
}

#[test]
fn literals_and_items_of_one_text_are_joined() {
    let der = base64(ED25519.as_bytes()).to_vec();
    for (bytes, width) in [(PEM.as_bytes(), 64), (PEM.as_bytes(), 76), (&der, 24)] {
        let text = encoded(bytes);
        for between in [
            "\" +\n    \"",
            "\"\n    + \"",
            "\"\n  \"",
            "\"\r\n  b\"",
            "\" \\\n  \"",
            "\".\n\"",
            "\",\n  \"",
            "\\n\" +\n\"",
            "\"\n  - \"",
        ] {
            gives(&format!("k = \"{}\";\n", wrapped(&text, width, between)), bytes);
        }
        gives(&format!("k:\n  - {}\nx: y\n", wrapped(&text, width, "\n  - ")), bytes);
    }
}

#[test]
fn items_of_a_list_that_are_keys_of_their_own_are_not_joined() {
    let once = encoded(PEM.as_bytes());
    let odd = once.trim_end_matches('=');
    for (text, between) in [(once.as_str(), "\",\n  \""), (&odd[..odd.len() - 1], "\", \"")] {
        let list = format!("[\"{text}{between}{text}\"]");
        let found = decoded(list.as_bytes());
        assert_eq!(found.len(), 2, "{list}");
    }
    let words = format!("a = \"{once}\"\nb = \"word\"");
    assert!(decoded(words.as_bytes())[0].1 == PEM.as_bytes());
}

#[test]
fn any_bytes_return_in_linear_time() {
    let text = wrapped(&encoded(PEM.as_bytes()), 20, "\\n");
    for length in 0..text.len() {
        decoded(&text.as_bytes()[..length]);
        decoded(&text.as_bytes()[length..]);
    }
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 0x15;
        decoded(&bytes);
    }
    for piece in
        ["KoZIhvcN", "KoZIhvcN\n", "KoZIhvcN\n\n\n\n\n\n\n\n", "KoZIhvcN ", "H4sI", "CRUdJTi\\n"]
    {
        decoded(piece.repeat(400_000 / piece.len()).as_bytes());
    }
}
