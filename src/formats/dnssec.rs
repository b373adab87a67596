//! DNSSEC keys of BIND and those who read its files: `K*.private` (`Private-key-format`), and the
//! DNSKEY and KEY records of `K*.key` and zone files (RFC 4034, RFC 3110, RFC 6605, RFC 8080).

use std::ops::Range;

use crate::{
    algorithm,
    fact::{Class, Label, Material},
    formats::text::{base64, is_base64, is_placeholder, run},
    identity::{is_guessable, of_private},
    key::{self, Described},
    rows::{Found, Row},
    unit::{Decoded, Unit},
};

pub(crate) const ROW: Row = Row {
    name: "dnssec",
    about: "DNSSEC private key files of BIND",
    text: &[b"Private-key-format: v", b"DNSKEY", b"KEY 512 3 1"],
    binary: &[],
    find,
    head: None,
};

/// Longest private key file. One of RSA-4096 takes 3,300 bytes.
const FILE: usize = 16 << 10;

/// Longest record: RSA-4096 in base64 in pieces.
const RECORD: usize = 4096;

fn find(unit: Unit<'_>, met: Range<usize>, found: &mut Found) {
    match unit.get(met.clone()) {
        b"DNSKEY" => record(unit, &met, met.end, found),
        b"KEY 512 3 1" => record(unit, &met, met.start + 3, found),
        _ => private(unit, met, found),
    }
}

/// The fields of a private key file, one a line. Line ends may be escaped.
struct Fields<'a> {
    fields: Vec<(&'a [u8], &'a [u8])>,
    length: usize,
}

impl<'a> Fields<'a> {
    fn read(text: &'a [u8]) -> Self {
        let mut fields = Vec::new();
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let end = rest
                .windows(2)
                .position(|pair| matches!(pair, [b'\n', _] | [b'\\', b'n']))
                .unwrap_or(rest.len());
            let line = rest.get(..end).unwrap_or_default();
            let stop = run(line, |byte| !matches!(byte, b'"' | b'\''));
            let line = line.get(..stop).unwrap_or_default();
            let Some(colon) = memchr::memmem::find(line, b": ") else { break };
            let (name, value) = line.split_at_checked(colon).unwrap_or_default();
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_()".contains(&byte);
            // A second file in the same bytes begins anew.
            let is_again = at > 0 && name.starts_with(b"Private-key-format");
            if is_again || !name.trim_ascii_start().iter().all(|&byte| is_name(byte)) {
                break;
            }
            let value = value.get(2..).unwrap_or_default().trim_ascii();
            fields.push((name.trim_ascii_start(), value));
            at += if rest.get(end) == Some(&b'\\') { end + 2 } else { end + 1 };
            if stop < end {
                at = at - end.min(at) + stop;
                break;
            }
        }
        let length = at.min(text.len());
        Self { fields, length }
    }

    fn get(&self, name: &str) -> Option<&'a [u8]> {
        let mut fields = self.fields.iter();
        fields.find(|(field, _)| *field == name.as_bytes()).map(|(_, value)| *value)
    }

    fn bytes(&self, name: &str) -> Option<Decoded> {
        base64(self.get(name)?)
    }
}

fn private(unit: Unit<'_>, met: Range<usize>, found: &mut Found) {
    let fields = Fields::read(unit.span(met.start, FILE));
    let Some(number) = fields.get("Algorithm") else { return };
    let digits = number.get(..run(number, |byte| byte.is_ascii_digit())).unwrap_or_default();
    let Some(number) = std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()) else {
        return;
    };
    let secret = ["PrivateKey", "PrivateExponent", "Private_value(x)", "Key"];
    let value = secret.iter().find_map(|name| fields.get(name));
    let is_held = fields.get("Label").is_some() || fields.get("Engine").is_some();
    let class = if number >= 157 { Class::SecretKey } else { Class::PrivateKey };
    let new = |label| Material::new(ROW.name, class, label);
    let described = described(number, &fields);
    let material = match value {
        None if is_held => described.describe(new(Label::Wrapped)),
        None if unit.at_end && met.start + fields.length >= unit.bytes.len() => {
            described.describe(new(Label::Truncated))
        }
        None => return,
        Some(value) => match base64(value) {
            _ if is_placeholder(value) => described.describe(new(Label::Stub)),
            Some(bytes) if is_guessable(&bytes) => described.describe(new(Label::Stub)),
            Some(bytes) if bytes.len() >= least(number, &fields) => {
                described.describe(new(Label::Plaintext))
            }
            Some(_) => described.describe(new(Label::Truncated)),
            None => described.describe(new(Label::Unparsed)),
        },
    };
    let text = unit.get(met.start..met.start + fields.length).trim_ascii_end();
    found.material(met.start..met.start + text.len(), material);
}

/// Bytes that a whole private value has at least.
fn least(number: u32, fields: &Fields<'_>) -> usize {
    match number {
        13 | 15 => 29,
        14 => 45,
        16 => 57,
        1..=10 => fields.bytes("Modulus").map_or(16, |modulus| modulus.len() / 2),
        _ => 1,
    }
}

fn described(number: u32, fields: &Fields<'_>) -> Described {
    let scalar = fields.bytes("PrivateKey");
    match number {
        1 | 5 | 7 | 8 | 10 => match (fields.bytes("Modulus"), fields.bytes("PublicExponent")) {
            (Some(n), e) => key::rsa(&n, e.as_ref().map(|e| e.as_slice())),
            (None, _) => Described::named("rsa"),
        },
        3 | 6 => {
            let value = |name| fields.bytes(name);
            let named = [value("Prime(p)"), value("Subprime(q)"), value("Base(g)")];
            let [Some(p), Some(q), Some(g)] = named else { return Described::named("dsa") };
            let (y, x) = (value("Public_value(y)"), value("Private_value(x)"));
            let slice = |value: &Option<Decoded>| value.as_ref().map(|value| value.to_vec());
            key::dsa(&p, &q, &g, slice(&y).as_deref(), x.as_ref().map(|x| x.as_slice()))
        }
        12 => Described {
            key_id: scalar.and_then(|scalar| of_private(&scalar)),
            ..Described::named("gost-r-34.10-2001")
        },
        13 | 14 => {
            let name = if number == 13 { "P-256" } else { "P-384" };
            let size = if number == 13 { 32 } else { 48 };
            match (algorithm::curve_by_name(name), scalar.filter(|scalar| scalar.len() <= size)) {
                (Some(curve), Some(scalar)) => key::ec(curve, None, Some(&scalar)),
                _ => Described { curve: Some(name.into()), ..Described::named("ec") },
            }
        }
        15 | 16 => {
            let name = if number == 15 { "ed25519" } else { "ed448" };
            match scalar {
                Some(seed) => key::edwards_private(name, &seed),
                None => Described::named(name),
            }
        }
        157..=165 => match fields.bytes("Key") {
            Some(secret) => key::secret("hmac", &secret),
            None => Described::named("hmac"),
        },
        other => Described::named(format!("dnssec-{other}")),
    }
}

/// `DNSKEY flags 3 algorithm key`, and the KEY record of a TSIG key, which holds the secret itself.
fn record(unit: Unit<'_>, met: &Range<usize>, after: usize, found: &mut Found) {
    let rest = unit.span(after, RECORD);
    let mut at = 0;
    let mut number = || {
        let text = rest.get(at..)?;
        let blank = run(text, |byte| matches!(byte, b' ' | b'\t' | b'('));
        let text = text.get(blank..).filter(|_| blank > 0)?;
        let digits = text.get(..run(text, |byte| byte.is_ascii_digit()))?;
        at += blank + digits.len();
        std::str::from_utf8(digits).ok()?.parse::<u32>().ok()
    };
    let (Some(flags), Some(3), Some(algorithm)) = (number(), number(), number()) else { return };
    let is_tsig = unit.get(met.clone()).starts_with(b"KEY");
    if !is_tsig && flags & !0x0181 != 0 {
        return;
    }
    let is_open = rest.get(..at).is_some_and(|head| head.contains(&b'('))
        || rest.get(at..).is_some_and(|text| text.trim_ascii_start().starts_with(b"("));
    let text = rest.get(at..).unwrap_or_default();
    // Records go on over lines only within parentheses.
    let length = run(text, |byte| {
        is_base64(byte)
            || matches!(byte, b' ' | b'\t' | b'=' | b'(')
            || (is_open && matches!(byte, b'\n' | b'\r'))
    });
    let text = text.get(..length).unwrap_or_default();
    // Base64 does not hold the name of the next record's type but by rare chance.
    let length = memchr::memmem::find(text, b"DNSKEY").unwrap_or(length);
    let text = text.get(..length).unwrap_or_default();
    let open = run(text, |byte| matches!(byte, b' ' | b'\t' | b'(' | b'\r' | b'\n'));
    let Some(blob) = text.get(open..).and_then(base64) else { return };
    let end = after + at + text.trim_ascii_end().len();
    if is_tsig {
        let label = if is_guessable(&blob) { Label::Stub } else { Label::Plaintext };
        let material = Material::new(ROW.name, Class::SecretKey, label);
        found.material(met.start..end, key::secret("hmac", &blob).describe(material));
    } else if let Some(described) = public(algorithm, &blob) {
        let material = Material::new(ROW.name, Class::PublicKey, Label::Public);
        found.material(met.start..end, described.describe(material));
    }
}

fn public(number: u32, blob: &[u8]) -> Option<Described> {
    let point = || [&[4][..], blob].concat();
    Some(match (number, blob.len()) {
        (1 | 5 | 7 | 8 | 10, 60..) => {
            // RFC 3110: one byte of length, or a zero and two.
            let (&first, rest) = blob.split_first()?;
            let (length, rest) = match first {
                0 => {
                    let (length, rest) = rest.split_first_chunk::<2>()?;
                    (usize::from(u16::from_be_bytes(*length)), rest)
                }
                length => (usize::from(length), rest),
            };
            let (exponent, modulus) = rest.split_at_checked(length)?;
            key::rsa(modulus, Some(exponent))
        }
        (13, 64) => key::ec(algorithm::curve_by_name("P-256")?, Some(&point()), None),
        (14, 96) => key::ec(algorithm::curve_by_name("P-384")?, Some(&point()), None),
        (15, 32) => key::edwards_public("ed25519", blob),
        (16, 57) => key::edwards_public("ed448", blob),
        (3 | 6, 213..) => {
            // RFC 2536: T, Q, and P, G, Y of 64 + 8 T bytes.
            let (&t, rest) = blob.split_first()?;
            let (q, rest) = rest.split_at_checked(20)?;
            let size = 64 + 8 * usize::from(t);
            let (p, rest) = rest.split_at_checked(size)?;
            let (g, y) = rest.split_at_checked(size)?;
            key::dsa(p, q, g, Some(y.get(..size)?), None)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::run;

    // dnssec-keygen -a ECDSAP256SHA256 keylint.test, and its .key file.
    const EC: &str = "Private-key-format: v1.3
Algorithm: 13 (ECDSAP256SHA256)
PrivateKey: EqVkW9elzRhdZq5feNawfWbUFmilNu1XMrThty5EfMI=
Created: 20261125093310
Publish: 20261125093310
";
    const EC_RECORD: &str = "keylint.test. IN DNSKEY 256 3 13 JsVMTX6pbW/cVZQ7opI37/Sshou7mHSJZcfJPY7UAnl163ohmC+PcWd2 0Ix7yfwUTV9kc83E0kaI61cec4rKeA==\n";
    const ED: &str = "Private-key-format: v1.3\nAlgorithm: 15 (ED25519)\nPrivateKey: L9aQQAybmMZVH4hS6Taw1vwdaxwoTWX5IxrWaGg5Rn0=\n";
    const ED_RECORD: &str = "keylint.test. IN DNSKEY 256 3 15 (\n\tle+/8rGf2SOnQkU+jTua67iB6uHtq+Mb\n\t44JPrBE4IDU= ) ; zsk\n";
    // dnssec-keygen -a RSASHA256 -b 1024 keylint.test, and its .key file.
    const RSA: &str = include_str!("../../testdata/unit/dnssec/rsa.private");
    const RSA_RECORD: &str = include_str!("../../testdata/unit/dnssec/rsa.key");

    fn one(text: &str) -> Material {
        let mut found = run(&ROW, text.as_bytes());
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0).1
    }

    #[test]
    fn a_private_key_and_its_record_are_one() {
        for (private, record) in [(EC, EC_RECORD), (ED, ED_RECORD), (RSA, RSA_RECORD)] {
            let (private, record) = (one(private), one(record));
            assert_eq!((private.class, private.label), (Class::PrivateKey, Label::Plaintext));
            assert_eq!((record.class, record.label), (Class::PublicKey, Label::Public));
            assert!(private.key_id.as_deref().unwrap().starts_with("spki-sha256:"));
            assert_eq!(private.key_id, record.key_id);
            assert_eq!(private.bits, record.bits);
        }
        assert_eq!(one(&EC.replace('\n', "\\n")).key_id, one(EC).key_id);
    }

    #[test]
    fn a_tsig_key_is_a_secret_in_both_its_files() {
        // dnssec-keygen -a HMAC-SHA256 wrote these until BIND 9.13.
        let private = "Private-key-format: v1.3\nAlgorithm: 163 (HMAC_SHA256)\nKey: EvLDuwcTWFNgpFL7tBsXrhGLG0NqFyoSYvvWg4Eo+Rg=\nBits: AAA=\n";
        let record = "x. IN KEY 512 3 163 EvLDuwcTWFNgpFL7tBsXrhGLG0NqFyoSYvvWg4Eo+Rg=\n";
        for text in [private, record] {
            let material = one(text);
            assert_eq!((material.class, material.bits), (Class::SecretKey, Some(256)));
            assert_eq!(material.label, Label::Plaintext);
        }
        assert_eq!(one(private).key_id, one(record).key_id);
    }

    #[test]
    fn a_key_in_a_module_is_wrapped() {
        let text = "Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\nEngine: cGtjczExAA==\nLabel: cGtjczExOm9iamVjdD1rAA==\n";
        assert_eq!(one(text).label, Label::Wrapped);
    }

    #[test]
    fn damage_stubs_and_mentions_are_told_apart() {
        assert_eq!(one(&EC.replace("EqVkW9elzRhdZq5feNawf", "")).label, Label::Truncated);
        assert_eq!(one(&EC.replace("EqVkW9el", "EqVk!9el")).label, Label::Unparsed);
        assert_eq!(
            one("Private-key-format: v1.3\nAlgorithm: 13 (X)\nPrivateKey: ...\n").label,
            Label::Stub
        );
        for text in [
            "expect(\"Private-key-format: v1.3\")",
            "The file begins with `Private-key-format: v1.3`.\nMore text: follows\n",
            "keylint.test. RRSIG DNSKEY 13 2 3600 20261225093310 20261125093310 20852 keylint.test. abcd",
            "The DNSKEY 257 3 record",
            "DNSKEY 256 3 13 JsVMTX6p\n",
        ] {
            assert!(run(&ROW, text.as_bytes()).is_empty(), "{text}");
        }
    }

    #[test]
    fn prefixes_and_flips_never_panic() {
        let text = format!("{EC}{ED_RECORD}{EC_RECORD}");
        for end in 0..text.len() {
            run(&ROW, &text.as_bytes()[..end]);
        }
        for bit in 0..text.len() * 8 {
            let mut bytes = text.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            run(&ROW, &bytes);
        }
    }
}
