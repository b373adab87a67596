//! Keys as .NET writes them: `RSA.ToXmlString`, `DSA.ToXmlString` (the KeyValue elements of XML
//! Signature with private ones added), and `RSAParameters` in XML or JSON. Also inside strings of
//! other languages.

use std::ops::Range;

use memchr::memmem;

use super::dotnet_text::{Value, plain, starts_with, value};
use crate::{
    fact::{Class, Label, Material},
    identity::{self, is_guessable},
    key,
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "dotnet-xml",
    about: ".NET `RSAKeyValue` and `DSAKeyValue`, `RSAParameters`",
    text: &[KEY_VALUE, INVERSE_Q],
    binary: &[],
    find,
    head: None,
};

/// `RSAKeyValue` and `DSAKeyValue`.
const KEY_VALUE: &[u8] = b"SAKeyValue";
/// A name that only the private values of `RSAParameters` have.
const INVERSE_Q: &[u8] = b"InverseQ";

/// Longest text of one key: RSA-16384 takes 13 KiB, and more with escapes.
const LONGEST: usize = 32 << 10;
/// Longest way back from `InverseQ` to the start of the key.
const LONGEST_BEFORE: usize = 6 << 10;

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let place = if unit.get(needle.clone()) == KEY_VALUE {
        key_value(unit, &needle)
    } else {
        parameters(unit, &needle)
    };
    let Some(Place { range, body, is_dsa, is_closed }) = place else { return };
    let text = plain(unit.get(body));
    let Some(material) = material(&text, is_dsa, is_closed) else { return };
    if material.label != Label::Truncated || unit.at_end {
        found.material(range, material);
    }
}

struct Place {
    /// All that is about the key.
    range: Range<usize>,
    /// What holds its values.
    body: Range<usize>,
    is_dsa: bool,
    /// Whether its end was seen.
    is_closed: bool,
}

/// The element that a name at `needle` opens.
fn key_value(unit: Unit<'_>, needle: &Range<usize>) -> Option<Place> {
    let before = unit.get(needle.start.saturating_sub(20)..needle.start);
    let (&letter, before) = before.split_last()?;
    let is_dsa = match letter {
        b'R' => false,
        b'D' => true,
        _ => return None,
    };
    let prefix = before.strip_suffix(b":").map_or(before, |before| {
        let letters = before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        before.get(..before.len() - letters).unwrap_or(before)
    });
    let opener = OPEN.iter().find(|opener| prefix.to_ascii_lowercase().ends_with(opener))?;
    let start = needle.start - 1 - (before.len() - prefix.len()) - opener.len();
    let next = unit.get(needle.end..needle.end + 1).first()?;
    if !matches!(next, b'>' | b'&' | b'\\' | b' ' | b'\t' | b'\r' | b'\n') {
        return None;
    }
    let rest = unit.span(needle.end, LONGEST);
    let close = memmem::find(rest, KEY_VALUE);
    let end = close.map_or(rest.len(), |close| (close + KEY_VALUE.len()).min(rest.len()));
    let closing = rest.get(end..).and_then(|rest| CLOSE.iter().find(|it| starts_with(rest, it)));
    Some(Place {
        range: start..needle.end + end + closing.map_or(0, |closing| closing.len()),
        body: needle.end..needle.end + close.unwrap_or(rest.len()),
        is_dsa,
        is_closed: close.is_some(),
    })
}

/// How tags begin and end, in lower case.
const OPEN: &[&[u8]] = &[b"<", b"&lt;", b"\\u003c", b"\\x3c"];
const CLOSE: &[&[u8]] = &[b">", b"&gt;", b"\\u003e", b"\\x3e"];

/// The JSON object or `RSAParameters` element that has the member at `needle`.
fn parameters(unit: Unit<'_>, needle: &Range<usize>) -> Option<Place> {
    let next = unit.span(needle.end, 8);
    let is_json = next.starts_with(b"\"") || next.starts_with(b"\\\"");
    if !is_json && !CLOSE.iter().any(|closer| starts_with(next, closer)) {
        return None;
    }
    let low = needle.start.saturating_sub(LONGEST_BEFORE);
    let before = unit.get(low..needle.start);
    let after = unit.span(needle.end, LONGEST);
    let (start, close) = if is_json {
        (memchr::memrchr(b'{', before)?, memchr::memchr2(b'{', b'}', after).map(|close| close + 1))
    } else {
        const NAME: &[u8] = b"RSAParameters";
        (memmem::rfind(before, NAME)?, memmem::find(after, NAME).map(|close| close + NAME.len()))
    };
    // Only the first of its name, so that a text full of them is read once.
    if memmem::find(before.get(start..)?, INVERSE_Q).is_some() {
        return None;
    }
    let range = low + start..needle.end + close.unwrap_or(after.len());
    Some(Place { body: range.clone(), range, is_dsa: false, is_closed: close.is_some() })
}

fn material(text: &[u8], is_dsa: bool, is_closed: bool) -> Option<Material> {
    let secrets: &[&str] = if is_dsa { &["X"] } else { &["D", "P", "Q", "DP", "DQ", "InverseQ"] };
    let secrets: Vec<_> = secrets.iter().filter_map(|name| value(text, name)).collect();
    let number = |name| match value(text, name) {
        Some(Value::Number(number)) => Some(number),
        _ => None,
    };
    let known = if is_dsa {
        let [p, q, g, y] = ["P", "Q", "G", "Y"].map(number);
        let x = number("X");
        let known = p.as_ref().zip(q.as_ref()).zip(g.as_ref());
        known.map(|((p, q), g)| {
            let x = x.as_ref().map(|x| x.as_slice());
            let is_stub = is_guessable(p) || x.is_some_and(is_guessable);
            (key::dsa(p, q, g, y.as_ref().map(|y| y.as_slice()), x), is_stub)
        })
    } else {
        let exponent = number("Exponent");
        number("Modulus").map(|modulus| {
            let exponent = exponent.as_ref().map(|exponent| exponent.as_slice());
            (key::rsa(&modulus, exponent), is_guessable(&modulus))
        })
    };
    let is_private = !secrets.is_empty();
    let is_code = secrets.iter().any(|secret| matches!(secret, Value::Code));
    let is_cut = !is_closed || secrets.iter().any(|secret| matches!(secret, Value::Cut));
    let has_secret = secrets
        .iter()
        .any(|secret| matches!(secret, Value::Number(number) if !is_guessable(number)));
    let is_sound = known.as_ref().is_some_and(|(_, is_stub)| !is_stub);
    let label = match (is_private, is_sound) {
        _ if is_code => return None,
        (false, false) => return None,
        (false, true) if is_cut => Label::Truncated,
        (false, true) => Label::Public,
        (true, true) if has_secret => Label::Plaintext,
        (true, _) if is_cut => Label::Truncated,
        (true, _) if !has_secret || known.is_some() => Label::Stub,
        (true, _) => Label::Unparsed,
    };
    let class = if is_private { Class::PrivateKey } else { Class::PublicKey };
    let mut material = Material::new("dotnet-xml", class, label);
    material.algorithm = Some(if is_dsa { "dsa" } else { "rsa" }.into());
    if label == Label::Stub {
        return Some(material);
    }
    Some(match known {
        Some((described, _)) => described.describe(material),
        None => {
            material.key_id = identity::of_sealed(text);
            material
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::run;

    // Made by testdata/unit/stores/make.py with pyca/cryptography.
    const RSA: &str = include_str!("../../testdata/unit/stores/rsa.xml");
    const RSA_PUBLIC: &str = include_str!("../../testdata/unit/stores/rsa-public.xml");
    const RSA_SPKI: &[u8] = include_bytes!("../../testdata/unit/stores/rsa.spki");
    const DSA: &str = include_str!("../../testdata/unit/stores/dsa.xml");
    const DSA_SPKI: &[u8] = include_bytes!("../../testdata/unit/stores/dsa.spki");

    fn one(text: &str) -> Material {
        let mut found = run(&ROW, text.as_bytes());
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0).1
    }

    fn labels(text: &str) -> Vec<Label> {
        run(&ROW, text.as_bytes()).into_iter().map(|(_, material)| material.label).collect()
    }

    #[test]
    fn a_private_key_is_known_by_its_public_half() {
        let found = run(&ROW, format!("key = {RSA};").as_bytes());
        let (range, key) = &found[0];
        assert_eq!(*range, 6..6 + RSA.trim_end().len());
        assert_eq!((key.class, key.label), (Class::PrivateKey, Label::Plaintext));
        assert_eq!((key.bits, key.key_id.clone()), (Some(1024), Some(identity::of_spki(RSA_SPKI))));
        let key = one(DSA);
        assert_eq!((key.class, key.label), (Class::PrivateKey, Label::Plaintext));
        assert_eq!(key.key_id, Some(identity::of_spki(DSA_SPKI)));
    }

    #[test]
    fn without_private_values_it_is_public() {
        let key = one(RSA_PUBLIC);
        assert_eq!((key.class, key.label), (Class::PublicKey, Label::Public));
        assert_eq!(key.key_id, Some(identity::of_spki(RSA_SPKI)));
        let prefixed =
            RSA_PUBLIC.replace("</", "</ds:").replace("<", "<ds:").replace("<ds:/ds:", "</ds:");
        assert_eq!(one(&prefixed).label, Label::Public);
        let public = &DSA[..DSA.find("<X>").unwrap()];
        assert_eq!(labels(&format!("{public}</DSAKeyValue>")), [Label::Public]);
    }

    #[test]
    fn escapes_and_concatenation_are_undone() {
        let id = Some(identity::of_spki(RSA_SPKI));
        let escaped = [
            RSA.replace('<', "&lt;").replace('>', "&gt;"),
            RSA.replace('<', "\\u003c").replace('>', "\\u003E").replace('+', "\\u002B"),
            RSA.replace("><", ">\\r\\n  <"),
            RSA.replace("><", ">\" +\n    \"<"),
            RSA.replace("><", ">\" & _\r\n    \"<"),
            RSA.replace(
                "<RSAKeyValue>",
                "<RSAKeyValue xmlns=\"http://www.w3.org/2000/09/xmldsig#\">",
            ),
        ];
        for text in escaped {
            let key = one(&format!("k = \"{text}\""));
            assert_eq!((key.label, &key.key_id), (Label::Plaintext, &id), "{text}");
        }
        let (before, after) = RSA.split_at(120);
        assert_eq!(one(&format!("\"{before}\" +\n \"{after}\"")).key_id, id);
    }

    #[test]
    fn parameters_in_json_or_xml_are_a_key() {
        let id = Some(identity::of_spki(RSA_SPKI));
        let xml = RSA.replace("RSAKeyValue", "RSAParameters");
        assert_eq!(one(&xml).key_id, id);
        let mut json = RSA.replace("<RSAKeyValue>", "{").replace("</RSAKeyValue>", "}");
        for name in ["Modulus", "Exponent", "P", "Q", "DP", "DQ", "InverseQ", "D"] {
            json = json.replace(&format!("<{name}>"), &format!("\"{name}\":\""));
            json = json.replace(&format!("</{name}>"), if name == "D" { "\"" } else { "\"," });
        }
        let json = format!("{{\"KeyId\":\"1\",\"Parameters\":{json}}}");
        assert_eq!((one(&json).label, one(&json).key_id), (Label::Plaintext, id.clone()));
        assert_eq!(one(&json.replace('"', "\\\"")).key_id, id);
    }

    #[test]
    fn made_up_values_are_a_stub() {
        for value in ["...", "{0}", "AAAAAAAAAAAAAAAAAAAAAAAA", "***", ""] {
            let text = "<RSAKeyValue><Modulus>sq0=</Modulus><Exponent>AQAB</Exponent><D>VALUE</D></RSAKeyValue>";
            assert_eq!(labels(&text.replace("VALUE", value)), [Label::Stub], "{value}");
        }
    }

    #[test]
    fn a_cut_key_is_truncated() {
        assert_eq!(labels(&RSA[..RSA.find("<P>").unwrap() + 20]), [Label::Truncated]);
        assert_eq!(labels(&RSA[..RSA.find("</RSA").unwrap()]), [Label::Plaintext], "all is there");
    }

    #[test]
    fn a_mention_is_no_key() {
        for text in [
            "reads <RSAKeyValue> elements",
            "s = \"<RSAKeyValue><Modulus>\" + Convert.ToBase64String(p.Modulus) + \"</Modulus><D>\" + Convert.ToBase64String(p.D) + \"</D></RSAKeyValue>\"",
            "new RSAKeyValue(rsa)",
            "rsa.InverseQ = \"InverseQ\"",
            "<ECDSAKeyValue><X Value=\"1\"/></ECDSAKeyValue>",
            "<RSAKeyValue><Modulus>{0}</Modulus><Exponent>{1}</Exponent></RSAKeyValue>",
        ] {
            assert_eq!(labels(text), [], "{text}");
        }
    }

    #[test]
    fn survives_damage() {
        for sample in [RSA, DSA, &RSA.replace('<', "&lt;")] {
            for length in 0..sample.len() {
                run(&ROW, &sample.as_bytes()[..length]);
            }
            let mut bytes = sample.as_bytes().to_vec();
            for bit in (0..bytes.len() * 8).step_by(3) {
                bytes[bit / 8] ^= 1 << (bit % 8);
                run(&ROW, &bytes);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }
}
