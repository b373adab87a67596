//! age identities (C2SP age.md): Bech32 (BIP 173, without its length limit) under
//! `AGE-SECRET-KEY-1`, `AGE-SECRET-KEY-PQ-1`, and `AGE-PLUGIN-NAME-1`.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::{
    fact::{Class, Label, Material},
    formats::text::{is_monotone, is_word, run},
    identity::{is_guessable, of_private, of_sealed},
    key::{self, Described},
    rows::{Found, Row},
    unit::{Decoded, Unit},
};

pub(crate) const ROW: Row = Row {
    name: "age",
    about: "age identities, native and plugin (age specification)",
    text: &[b"AGE-SECRET-KEY-", b"AGE-PLUGIN-"],
    binary: &[],
    find,
    head: None,
};

/// Characters that a 32-byte secret takes with its checksum.
const SECRET_LENGTH: usize = 58;

/// Longest plugin identity. Most hold an address within a device and take under 100.
const MOST: usize = 1024;

fn find(unit: Unit<'_>, met: Range<usize>, found: &mut Found) {
    let before = unit.get(met.start.saturating_sub(1)..met.start);
    let follows_escape = unit.get(met.start.saturating_sub(2)..met.start) == b"\\n";
    if before.iter().any(|&byte| is_word(byte) || byte == b'-') && !follows_escape {
        return;
    }
    match unit.get(met.clone()) {
        b"AGE-PLUGIN-" => plugin(unit, met, found),
        _ => secret(unit, met, found),
    }
}

fn secret(unit: Unit<'_>, met: Range<usize>, found: &mut Found) {
    let rest = unit.span(met.end, SECRET_LENGTH * 2);
    let (prefix, hybrid) = match rest {
        [b'1', ..] => ("age-secret-key-", false),
        [b'P', b'Q', b'-', b'1', ..] => ("age-secret-key-pq-", true),
        _ => return,
    };
    let start = met.start + prefix.len() + 1;
    let data = unit.span(start, SECRET_LENGTH * 2);
    let data = data.get(..run(data, |byte| byte.is_ascii_alphanumeric())).unwrap_or_default();
    let new = |label| {
        let name = if hybrid { "mlkem768-x25519" } else { "x25519" };
        Described::named(name).describe(Material::new(ROW.name, Class::PrivateKey, label))
    };
    let material = match bech32(prefix, data) {
        Some(secret) if secret.len() == 32 && is_guessable(&secret) => new(Label::Stub),
        Some(secret) if secret.len() == 32 && hybrid => {
            Material { key_id: of_private(&secret), ..new(Label::Plaintext) }
        }
        Some(secret) if secret.len() == 32 => {
            key::edwards_private("x25519", &secret).describe(new(Label::Plaintext))
        }
        // A mention, such as a pattern or the first letters of one.
        _ if data.len() < 4 || (data.len() < 24 && !is_monotone(data)) => return,
        _ if is_monotone(data) || !data.iter().all(|&byte| digit(byte).is_some()) => {
            new(Label::Stub)
        }
        _ if data.len() < SECRET_LENGTH => new(Label::Truncated),
        _ => Material { key_id: of_sealed(data), ..new(Label::Unparsed) },
    };
    found.material(met.start..start + data.len(), material);
}

/// A plugin's identity says where the key is: in a token, mostly.
fn plugin(unit: Unit<'_>, met: Range<usize>, found: &mut Found) {
    let text = unit.span(met.end, MOST);
    let in_name = |byte: u8| matches!(byte, b'-' | b'+' | b'.' | b'_');
    let text = text.get(..run(text, |byte| byte.is_ascii_alphanumeric() || in_name(byte)));
    let text = text.unwrap_or_default();
    // The data has no `1`, but the name may.
    let Some(one) = memchr::memrchr(b'1', text) else { return };
    let Some(name) = text.get(..one).and_then(|name| name.strip_suffix(b"-")) else { return };
    let start = met.end + one + 1;
    let data = text.get(one + 1..).unwrap_or_default();
    let data = data.get(..run(data, |byte| byte.is_ascii_alphanumeric())).unwrap_or_default();
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    if bech32(&format!("age-plugin-{name}-"), data).is_some() {
        let mut material = Material::new(ROW.name, Class::PrivateKey, Label::Wrapped);
        material.key_id = of_sealed(data);
        material.alias = Some(name);
        found.material(met.start..start + data.len(), material);
    }
}

/// The value of a Bech32 character in upper case.
fn digit(byte: u8) -> Option<u32> {
    let letters = b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
    let place = letters.iter().position(|&letter| letter == byte)?;
    u32::try_from(place).ok()
}

/// The bytes that `data` after the lower-case prefix and the `1` spells, if its checksum is right.
pub(crate) fn bech32(prefix: &str, data: &[u8]) -> Option<Decoded> {
    let digits: Option<Vec<u32>> =
        data.iter().map(|byte| digit(byte.to_ascii_uppercase())).collect();
    let digits = Zeroizing::new(digits?);
    let high = prefix.bytes().map(|byte| u32::from(byte >> 5));
    let low = prefix.bytes().map(|byte| u32::from(byte & 31));
    let sum = high.chain([0]).chain(low).chain(digits.iter().copied()).fold(1, polymod);
    let payload = digits.get(..digits.len().checked_sub(6)?)?;
    if sum != 1 {
        return None;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(payload.len()));
    let (mut held, mut bits) = (0u32, 0u32);
    for digit in payload {
        held = (held << 5 | digit) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).unwrap_or_default());
        }
    }
    Some(bytes)
}

fn polymod(sum: u32, value: u32) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let top = sum >> 25;
    let next = (sum & 0x01ff_ffff) << 5 ^ value;
    GENERATOR
        .iter()
        .enumerate()
        .filter(|(bit, _)| top >> bit & 1 == 1)
        .fold(next, |sum, (_, term)| sum ^ term)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::run;

    // age-keygen.
    const SECRET: &str =
        "AGE-SECRET-KEY-1TKE92KC5JKQ6U453ZSFNQNP48LC3P45S6YSC52V46R6EDUR8AQ2Q65ZMF9";
    const RECIPIENT: &str = "age16arx38plapucuv58h7dd43lklu3nqmtwr0ea97d6vaf78ryx6u6q0jwcea";

    fn labels(text: &str) -> Vec<Label> {
        run(&ROW, text.as_bytes()).into_iter().map(|(_, key)| key.label).collect()
    }

    #[test]
    fn an_identity_has_the_id_of_its_recipient() {
        let text = format!("# public key: {RECIPIENT}\n{SECRET}\n");
        let found = run(&ROW, text.as_bytes());
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].1.class, found[0].1.label), (Class::PrivateKey, Label::Plaintext));
        let public = bech32("age", RECIPIENT.strip_prefix("age1").unwrap().as_bytes()).unwrap();
        assert_eq!(found[0].1.key_id, key::edwards_public("x25519", &public).key_id);
        assert_eq!(text[found[0].0.clone()], *SECRET);
    }

    #[test]
    fn a_plugin_identity_is_wrapped_and_named() {
        // The identity of the age-plugin-yubikey documentation.
        let found = run(&ROW, b"AGE-PLUGIN-YUBIKEY-1QSPSYQVZ0DJFDPGWQ2RKZ");
        assert_eq!(found[0].1.label, Label::Wrapped);
        assert_eq!(found[0].1.alias.as_deref(), Some("yubikey"));
        assert_eq!(labels("AGE-PLUGIN-YUBIKEY-1QSPSYQVZ0DJFDPGWQ2RKX"), []);
    }

    #[test]
    fn a_hybrid_identity_is_found() {
        let data = &SECRET["AGE-SECRET-KEY-1".len()..SECRET.len() - 6];
        let prefix = "age-secret-key-pq-";
        let letters = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
        let values: Vec<u32> = data.bytes().map(|byte| digit(byte).unwrap()).collect();
        let high = prefix.bytes().map(|byte| u32::from(byte >> 5)).chain([0]);
        let low = prefix.bytes().map(|byte| u32::from(byte & 31));
        let sum = high.chain(low).chain(values).chain([0; 6]).fold(1, polymod) ^ 1;
        let check: String = (0..6)
            .map(|i| letters.as_bytes()[(sum >> (5 * (5 - i)) & 31) as usize] as char)
            .collect();
        let text = format!("AGE-SECRET-KEY-PQ-1{data}{check}");
        let found = run(&ROW, text.as_bytes());
        assert_eq!(found[0].1.label, Label::Plaintext);
        assert_eq!(found[0].1.algorithm.as_deref(), Some("mlkem768-x25519"));
        assert!(found[0].1.key_id.as_deref().unwrap().starts_with("private-sha256:"));
    }

    #[test]
    fn damage_stubs_and_mentions_are_told_apart() {
        assert_eq!(labels(&SECRET.replace("TKE", "TKQ")), [Label::Unparsed]);
        assert_eq!(labels(&SECRET[..60]), [Label::Truncated]);
        assert_eq!(labels(&format!("AGE-SECRET-KEY-1{}", "X".repeat(58))), [Label::Stub]);
        assert_eq!(labels("AGE-SECRET-KEY-1ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890"), [Label::Stub]);
        for text in [
            "AGE-SECRET-KEY-1...",
            "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
            "strings.HasPrefix(arg, \"AGE-SECRET-KEY-1\")",
            "AGE-SECRET-KEY-PQ-1FAKE",
            "image1.png page1qqqqqqqq",
            &RECIPIENT.replace("arx", "arz"),
        ] {
            assert_eq!(labels(text), [], "{text}");
        }
    }

    #[test]
    fn prefixes_and_flips_never_panic() {
        for end in 0..SECRET.len() {
            assert!(!labels(&SECRET[..end]).contains(&Label::Plaintext));
        }
        for bit in 0..SECRET.len() * 8 {
            let mut bytes = SECRET.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(
                run(&ROW, &bytes)
                    .iter()
                    .all(|(_, key)| key.label != Label::Plaintext || bit % 8 == 5)
            );
        }
    }
}
