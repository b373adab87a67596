//! JSON Web Keys and sets (RFC 7517, RFC 7518, RFC 8037, RFC 8812; `AKP` of RFC 9964), in JSON and
//! in the notations of the languages that hold them.

use std::{borrow::Cow, ops::Range};

use crate::{
    algorithm::{self, Curve},
    decode::csv,
    fact::{Class, Label, Material},
    formats::{
        object::{self, Object, Wanted},
        text::{base64, is_placeholder, is_word, lossy, run},
    },
    identity::{is_guessable, of_private, trimmed},
    key::{self, Described},
    rows::{Found, Row},
    unit::{Decoded, Unit},
};

pub(crate) const ROW: Row = Row {
    name: "jwk",
    about: "JSON Web Keys and sets (RFC 7517, 7518, 8037), also with doubled quotes, as in CSV",
    text: MARKS,
    binary: &[],
    find,
    head: None,
};

/// The name of the member that every key has, as each notation goes on after it.
const MARKS: &[&[u8]] = &[b"kty\"", b"kty'", b"kty\\", b"kty:", b"kty=", b"kty&"];

const NAMES: &[&str] = &["kty", "kid", "alg", "crv", "n", "e", "d", "x", "y", "k", "pub", "priv"];

fn find(unit: Unit<'_>, met: Range<usize>, found: &mut Found) {
    // In a field of CSV, quotes are doubled.
    let quotes = met.start.saturating_sub(2)..met.start;
    if unit.get(quotes.clone()) == b"\"\"" && unit.span(met.end - 1, 2) == b"\"\"" {
        return csv::field(unit, quotes.start..met.end, found);
    }
    if !is_named(unit, &met) {
        return;
    }
    let wanted = Wanted { names: NAMES, marks: MARKS, floor: found.claimed(), met };
    let Some(object) = object::around(unit, &wanted) else { return };
    let jwk = Jwk { unit, object };
    if let Some(mut material) = jwk.material() {
        material.alias = jwk.text("kid").map(|kid| lossy(&kid)).filter(|kid| !kid.is_empty());
        found.material(jwk.object.range.clone(), material);
    }
}

/// Whether `kty` is a whole name, and what follows it is its value: cheap, since it comes before
/// everything else.
fn is_named(unit: Unit<'_>, met: &Range<usize>) -> bool {
    let before = unit.get(met.start.saturating_sub(6)..met.start);
    let starts = before.last().is_none_or(|&byte| !is_word(byte)) || before == b"\\u0022";
    let rest = unit.span(met.start + 3, 48);
    let gap = run(rest, |byte| !byte.is_ascii_alphabetic() || byte == b'n');
    let value = rest.get(gap.min(rest.len())..).unwrap_or_default();
    let quote: &[&[u8]] = &[b"quot;", b"u0022"];
    starts
        && (quote.iter().any(|quote| value.starts_with(quote))
            || [&b"RSA"[..], b"EC", b"OKP", b"oct", b"AKP"]
                .iter()
                .any(|kty| value.starts_with(kty)))
}

struct Jwk<'a> {
    unit: Unit<'a>,
    object: Object,
}

/// What a member that should hold base64url holds.
enum Value {
    Bytes(Decoded),
    /// Something that stands for a value.
    Placeholder,
    /// Neither.
    Damaged,
    Missing,
}

impl Value {
    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Placeholder | Self::Damaged | Self::Missing => None,
        }
    }
}

impl Jwk<'_> {
    fn text(&self, name: &str) -> Option<Decoded> {
        self.object.text(self.unit, name)
    }

    fn value(&self, name: &str) -> Value {
        match self.text(name) {
            None => Value::Missing,
            Some(text) if text.trim_ascii().is_empty() => Value::Missing,
            Some(text) => match base64(&text) {
                Some(bytes) if !is_placeholder(&text) => Value::Bytes(bytes),
                None if !is_placeholder(&text) && text.len() >= 16 => Value::Damaged,
                _ => Value::Placeholder,
            },
        }
    }

    fn material(&self) -> Option<Material> {
        let kty = self.text("kty")?;
        match kty.strip_suffix(b"-HSM").unwrap_or(&kty) {
            b"RSA" => self.rsa(),
            b"EC" => self.ec(),
            b"OKP" => self.edwards(),
            b"AKP" => self.post_quantum(),
            b"oct" => self.symmetric(),
            _ => None,
        }
    }

    fn rsa(&self) -> Option<Material> {
        let (n, e, d) = (self.value("n"), self.value("e"), self.value("d"));
        let described = match (n.bytes(), d.bytes()) {
            (Some(n), _) => key::rsa(n, e.bytes()),
            (None, Some(d)) => Described { key_id: of_private(d), ..Described::named("rsa") },
            (None, None) => Described::named("rsa"),
        };
        // A private exponent is about as long as the modulus; half of it was cut.
        let least = n.bytes().map_or(16, |n| n.len() / 2);
        self.keyed(described, n.bytes().is_some(), &d, "d", least..usize::MAX)
    }

    fn ec(&self) -> Option<Material> {
        let name = self.text("crv").map(|crv| lossy(&crv)).unwrap_or_default();
        let (x, y, d) = (self.value("x"), self.value("y"), self.value("d"));
        let Some(curve) = algorithm::curve_by_name(&name) else {
            let named = Described { curve: Some(name.into()), ..Described::named("ec") };
            let key_id = d.bytes().and_then(of_private);
            return self.keyed(Described { key_id, ..named }, false, &d, "d", 14..usize::MAX);
        };
        let size = usize::try_from(curve.bits.div_ceil(8)).unwrap_or_default();
        let point = x.bytes().zip(y.bytes()).and_then(|(x, y)| point(curve, x, y));
        let scalar = d.bytes().filter(|d| trimmed(d).len() <= size);
        let described = key::ec(curve, point.as_deref(), scalar);
        // Some encoders leave out leading zeros, against RFC 7518 6.2.2.1.
        self.keyed(described, point.is_some(), &d, "d", size.saturating_sub(3)..size + 2)
    }

    fn edwards(&self) -> Option<Material> {
        let (algorithm, size) = match &self.text("crv")?[..] {
            b"Ed25519" => ("ed25519", 32),
            b"Ed448" => ("ed448", 57),
            b"X25519" => ("x25519", 32),
            b"X448" => ("x448", 56),
            _ => return None,
        };
        let (x, d) = (self.value("x"), self.value("d"));
        let public = x.bytes().filter(|x| x.len() == size);
        let described = match (public, d.bytes()) {
            (Some(public), _) => key::edwards_public(algorithm, public),
            (None, Some(d)) => key::edwards_private(algorithm, d),
            (None, None) => Described::named(algorithm),
        };
        self.keyed(described, public.is_some(), &d, "d", size..size + 1)
    }

    fn post_quantum(&self) -> Option<Material> {
        let name = lossy(&self.text("alg")?);
        let known =
            algorithm::KEY_ALGORITHMS.iter().find(|n| n.parameters == Some(name.as_str()))?;
        let (public, private) = (self.value("pub"), self.value("priv"));
        let key_id = match (public.bytes(), private.bytes()) {
            (Some(public), _) => Some(key::spki_id(known.oid, &[], public)),
            (None, Some(private)) => of_private(private),
            (None, None) => None,
        };
        let curve = known.parameters.map(Cow::Borrowed);
        let described = Described { curve, key_id, ..Described::named(known.algorithm) };
        self.keyed(described, public.bytes().is_some(), &private, "priv", 32..usize::MAX)
    }

    fn symmetric(&self) -> Option<Material> {
        let alg = self.text("alg").map(|alg| lossy(&alg)).unwrap_or_default();
        let algorithm = match alg.as_str() {
            "C20P" | "C20PKW" => "chacha20",
            "XC20P" | "XC20PKW" => "xchacha20",
            alg if alg.starts_with("HS") => "hmac",
            alg if alg.starts_with("A1") || alg.starts_with("A2") => "aes",
            _ => "secret",
        };
        let new = |label| Material::new(ROW.name, Class::SecretKey, label);
        Some(match self.value("k") {
            Value::Missing => return None,
            Value::Placeholder => Described::named(algorithm).describe(new(Label::Stub)),
            Value::Damaged => Described::named(algorithm).describe(new(Label::Unparsed)),
            Value::Bytes(k) if is_guessable(&k) => {
                Described::named(algorithm).describe(new(Label::Stub))
            }
            Value::Bytes(_) if self.object.is_cut("k") => {
                Described::named(algorithm).describe(new(Label::Truncated))
            }
            Value::Bytes(k) => key::secret(algorithm, &k).describe(new(Label::Plaintext)),
        })
    }

    /// A key pair, or its public half alone, by what stands in the private member.
    fn keyed(
        &self,
        described: Described,
        has_public: bool,
        private: &Value,
        name: &str,
        lengths: Range<usize>,
    ) -> Option<Material> {
        let label = match private {
            Value::Missing if has_public => {
                let material = Material::new(ROW.name, Class::PublicKey, Label::Public);
                return Some(described.describe(material));
            }
            Value::Missing => return None,
            Value::Placeholder => Label::Stub,
            Value::Damaged => Label::Unparsed,
            Value::Bytes(private) if is_guessable(private) => Label::Stub,
            Value::Bytes(_) if self.object.is_cut(name) => Label::Truncated,
            Value::Bytes(private) if private.len() < lengths.start => Label::Truncated,
            Value::Bytes(private) if private.len() >= lengths.end => Label::Unparsed,
            Value::Bytes(_) => Label::Plaintext,
        };
        Some(described.describe(Material::new(ROW.name, Class::PrivateKey, label)))
    }
}

/// An uncompressed point of two coordinates, which may lack leading zeros.
fn point(curve: &Curve, x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    let size = usize::try_from(curve.bits.div_ceil(8)).ok()?;
    let mut point = vec![4];
    for coordinate in [x, y] {
        let coordinate = trimmed(coordinate);
        point.extend(std::iter::repeat_n(0, size.checked_sub(coordinate.len())?));
        point.extend_from_slice(coordinate);
    }
    Some(point)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::run;

    // Made by testdata/unit/jwk/make.mjs.
    const KEYS: &str = include_str!("../../testdata/unit/jwk/keys.json");
    const IDS: &str = include_str!("../../testdata/unit/jwk/keys.tsv");
    const P256: &str = r#"{"crv":"P-256","d":"1nKn4F_sg5XAOy7rRh_ZpUrLFqNci7ys8QLHxOj75_4",
        "kty":"EC","x":"hrrTxGG8Nm9HKlYE9p3c4E1NWJ-6IfUNdYPgnnwYXV4",
        "y":"Pt4xnyQZ90Io-bBMTBZfLEqc0a0a5el2PUoJwGv1v-M"}"#;

    fn one(text: &str) -> Material {
        let mut found = run(&ROW, text.as_bytes());
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0).1
    }

    #[test]
    fn every_key_of_a_set_is_found_with_its_identity() {
        let found = run(&ROW, KEYS.as_bytes());
        let kinds: Vec<_> = found
            .iter()
            .map(|(_, key)| (key.algorithm.as_deref().unwrap(), key.bits, key.curve.as_deref()))
            .collect();
        assert_eq!(
            kinds,
            [
                ("rsa", Some(1024), None),
                ("ec", Some(256), Some("P-256")),
                ("ec", Some(384), Some("P-384")),
                ("ec", Some(521), Some("P-521")),
                ("ec", Some(256), Some("secp256k1")),
                ("ed25519", Some(256), None),
                ("ed448", Some(448), None),
                ("x25519", Some(256), None),
                ("x448", Some(448), None),
                ("hmac", Some(256), None),
                ("aes", Some(128), None),
                ("secret", Some(160), None),
            ]
        );
        for (line, (range, key)) in IDS.lines().zip(&found) {
            let (kid, id) = line.split_once('\t').unwrap();
            assert_eq!((key.alias.as_deref(), key.key_id.as_deref()), (Some(kid), Some(id)));
            assert_eq!((key.class, key.label), (Class::PrivateKey, Label::Plaintext));
            assert!(KEYS[range.clone()].starts_with('{') && KEYS[range.clone()].ends_with('}'));
        }
    }

    #[test]
    fn public_halves_are_public_and_have_the_same_identity() {
        let public = KEYS.replace("\"d\": ", "\"was\": ");
        for (mine, theirs) in run(&ROW, public.as_bytes()).iter().zip(run(&ROW, KEYS.as_bytes())) {
            if theirs.1.class == Class::PrivateKey {
                assert_eq!((mine.1.class, mine.1.label), (Class::PublicKey, Label::Public));
                assert_eq!(mine.1.key_id, theirs.1.key_id);
            }
        }
    }

    #[test]
    fn a_key_is_the_same_in_every_notation() {
        let plain = one(P256);
        assert_eq!((plain.class, plain.label), (Class::PrivateKey, Label::Plaintext));
        let escaped = P256.replace('"', "\\\"");
        let double = escaped.replace('\\', "\\\\").replace("\\\\\"", "\\\\\\\"");
        let yaml = "jwk:\n  kty: EC\n  crv: P-256\n  x: hrrTxGG8Nm9HKlYE9p3c4E1NWJ-6IfUNdYPgnnwYXV4\n  \
            y: Pt4xnyQZ90Io-bBMTBZfLEqc0a0a5el2PUoJwGv1v-M\n  d: 1nKn4F_sg5XAOy7rRh_ZpUrLFqNci7ys8QLHxOj75_4\nuse: x\n";
        for text in [
            escaped,
            double,
            P256.replace('"', "'"),
            P256.replace('"', "&quot;"),
            P256.replace('"', "\\u0022"),
            P256.replace("\"kty\":", "kty: ").replace("\"d\":", "d: ").replace("\"x\"", "x"),
            P256.replace('\n', "\\n"),
            yaml.to_owned(),
        ] {
            let material = one(&text);
            assert_eq!(
                (&material.key_id, material.label),
                (&plain.key_id, Label::Plaintext),
                "{text}"
            );
        }
    }

    #[test]
    fn a_private_key_without_its_public_half_still_has_that_identity() {
        let alone = P256.replace("\"x\"", "\"u\"").replace("\"y\"", "\"v\"");
        assert_eq!(one(&alone).key_id, one(P256).key_id);
    }

    #[test]
    fn an_ml_dsa_key_is_told_by_its_alg() {
        let public = key_text(1312);
        let text = format!(
            r#"{{"kty":"AKP","alg":"ML-DSA-44","pub":"{public}","priv":"{}"}}"#,
            key_text(32)
        );
        let material = one(&text);
        assert_eq!(material.curve.as_deref(), Some("ML-DSA-44"));
        assert_eq!(material.class, Class::PrivateKey);
        assert!(material.key_id.unwrap().starts_with("spki-sha256:"));
    }

    /// Base64 of some `bytes` bytes.
    fn key_text(bytes: usize) -> String {
        let letters = b"Zq3vX8pLr1TnYc5Kd0Wm7HsFgJb2QxUeRaVoIiEuC4Nt9PkDyhSzMwBlG6fOj-A_";
        (0..bytes * 4 / 3 + 1).map(|i| char::from(letters[(i * 29 + i / 7) % 64])).collect()
    }

    #[test]
    fn stubs_and_damage_are_told_apart() {
        let label =
            |d: &str| one(&P256.replace("1nKn4F_sg5XAOy7rRh_ZpUrLFqNci7ys8QLHxOj75_4", d)).label;
        assert_eq!(label("..."), Label::Stub);
        assert_eq!(label("<base64>"), Label::Stub);
        assert_eq!(label("xxx"), Label::Stub);
        assert_eq!(label(&"A".repeat(43)), Label::Stub);
        assert_eq!(label("1nKn4F_sg5XAOy7rRh_ZpUrL"), Label::Truncated);
        assert_eq!(
            label("1nKn4F_sg5XAOy7rRh_ZpUrLFqNci7ys8QLHxOj75_41nKn4F_sg5X"),
            Label::Unparsed
        );
        assert_eq!(label("1nKn4F_sg5XAOy7rRh_Z!UrLFqNci7ys8QLHxOj75_4"), Label::Unparsed);
        assert_eq!(one(r#"{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA"}"#).label, Label::Stub);
        assert_eq!(one(r#"{"kty":"RSA","n":"...","e":"AQAB","d":"..."}"#).label, Label::Stub);
    }

    #[test]
    fn a_mention_is_no_key() {
        for text in [
            r#"{"properties": {"kty": {"type": "string", "enum": ["RSA", "EC"]}}}"#,
            r#"{"kty": "RSA", "use": "sig"}"#,
            r#"{"kty": "EC", "crv": "P-256"}"#,
            r#"{"kty":"RSA","n":"...","e":"AQAB"}"#,
            r#"if (jwk["kty"] == "RSA") { d = jwk["d"]; }"#,
            "`kty: EC` names the curve",
            "const key = { kty: 'EC', crv: 'P-256', x, y, d };",
            "twikty: RSA\n",
        ] {
            assert!(run(&ROW, text.as_bytes()).is_empty(), "{text}");
        }
    }

    #[test]
    fn prefixes_and_flips_never_panic() {
        for end in 0..P256.len() {
            let found = run(&ROW, &P256.as_bytes()[..end]);
            assert!(found.iter().all(|(_, key)| key.label != Label::Plaintext || end > 70));
        }
        for bit in 0..P256.len() * 8 {
            let mut bytes = P256.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            run(&ROW, &bytes);
        }
    }

    #[test]
    fn a_hostile_file_costs_linear_time() {
        for unit in [r#""kty":"RSA","#, r#"{"kty":"RSA","#, r#"{"kty":"RSA","n":"x""#, "kty: RSA\n"]
        {
            assert!(run(&ROW, unit.repeat(20_000).as_bytes()).is_empty());
        }
    }

    #[test]
    fn what_a_file_calls_its_curve_drives_no_terminal() {
        let key = one(&P256.replace("\"P-256\"", "\"P-\u{7}\n9\""));
        let fact = key.into_fact(crate::fact::Site::default());
        let curve = fact.text(crate::fact::Field::Curve).unwrap();
        assert_eq!(curve, "P-\u{fffd}\u{fffd}9");
    }
}
