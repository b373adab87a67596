//! Shared secrets of DNS servers (TSIG, RFC 8945; rndc): the `key` clause of BIND, the mappings of
//! Knot, NSD and PowerDNS, and `hmac-sha256:name:secret` of dig.

use std::ops::Range;

use crate::{
    fact::{Class, Label, Material},
    formats::{
        object::{self, Wanted},
        text::{base64, is_base64, is_placeholder, is_word, lossy, run},
    },
    identity::is_guessable,
    key::{self, Described},
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "tsig",
    about: "TSIG and rndc keys of BIND, Knot, NSD and PowerDNS",
    text: MARKS,
    binary: &[],
    find,
    head: None,
};

const MARKS: &[&[u8]] = &[b"hmac-sha", b"hmac-md5"];

/// How far a clause of BIND reaches on either side of its algorithm.
const CLAUSE: usize = 1024;

fn find(unit: Unit<'_>, met: Range<usize>, found: &mut Found) {
    let tail = unit.span(met.end, 32);
    let end = met.end + run(tail, |byte| is_word(byte) || matches!(byte, b'-' | b'.'));
    if unit.bytes.get(end) == Some(&b':') {
        return argument(unit, met.start..end, found);
    }
    let before = unit.get(met.start.saturating_sub(24)..met.start);
    let gap = before.iter().rev().take_while(|&&byte| !is_word(byte)).count();
    let name = before.get(..before.len() - gap).unwrap_or_default();
    if gap == 0 || !name.ends_with(b"algorithm") {
        return;
    }
    let separator = before.get(before.len() - gap..).unwrap_or_default();
    if separator.iter().any(|byte| matches!(byte, b':' | b'=')) {
        mapping(unit, met, found);
    } else {
        clause(unit, met, found);
    }
}

/// `key "name" { algorithm hmac-sha256; secret "…"; };`
fn clause(unit: Unit<'_>, met: Range<usize>, found: &mut Found) {
    let low = met.start.saturating_sub(CLAUSE).max(found.claimed());
    let Some(open) = memchr::memrchr(b'{', unit.get(low..met.start)).map(|at| low + at) else {
        return;
    };
    let body = unit.span(open, CLAUSE * 2);
    let is_closed = memchr::memchr(b'}', body);
    let body = body.get(..is_closed.map_or(body.len(), |end| end + 1)).unwrap_or_default();
    let end = open + body.len();
    if end < met.end {
        return;
    }
    let head = unit.get(low..open);
    let Some(word) = memchr::memmem::rfind(head, b"key") else { return };
    let name = head.get(word + 3..).unwrap_or_default();
    let is_name = |byte: &u8| is_word(*byte) || b"-.\"' \t\r\n\\*:/".contains(byte);
    if !name.iter().all(is_name) || name.len() > 300 {
        return;
    }
    let Some(range) = secret_word(body) else { return };
    let range = open + range.start..open + range.end;
    let alias = lossy(name);
    let alias = alias.trim_matches(['"', '\'', '\\', ' ']);
    if let Some(material) = material(unit.get(range), alias, true) {
        found.material(low + word..end, material);
    }
}

/// Where the value of `secret` stands in a clause.
fn secret_word(body: &[u8]) -> Option<Range<usize>> {
    let word = memchr::memmem::find(body, b"secret")? + 6;
    let rest = body.get(word..)?;
    let gap = run(rest, |byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'\\'));
    let rest = rest.get(gap..).filter(|_| gap > 0)?;
    let length = run(rest, |byte| !matches!(byte, b'"' | b'\'' | b'\\' | b';' | b'\n' | b'}'));
    Some(word + gap..word + gap + length)
}

/// Members `algorithm` and `secret` of YAML or JSON.
fn mapping(unit: Unit<'_>, met: Range<usize>, found: &mut Found) {
    let names = &["id", "name", "secret", "key", "type"];
    let wanted = Wanted { names, marks: MARKS, floor: found.claimed(), met };
    let Some(object) = object::around(unit, &wanted) else { return };
    let text = |name| object.text(unit, name);
    let is_powerdns = text("type").is_some_and(|kind| kind.as_slice() == b"TSIGKey");
    let Some(secret) = text("secret").or_else(|| text("key").filter(|_| is_powerdns)) else {
        return;
    };
    let alias = text("id").filter(|_| !is_powerdns).or_else(|| text("name"));
    let alias = alias.map(|alias| lossy(&alias)).unwrap_or_default();
    if let Some(material) = material(&secret, &alias, false) {
        found.material(object.range.clone(), material);
    }
}

/// `hmac-sha256:name:secret`, as dig, nsupdate and kdig take it.
fn argument(unit: Unit<'_>, algorithm: Range<usize>, found: &mut Found) {
    let rest = unit.span(algorithm.end + 1, 512);
    let name = run(rest, |byte| is_word(byte) || matches!(byte, b'-' | b'.'));
    if name == 0 || rest.get(name) != Some(&b':') {
        return;
    }
    let text = rest.get(name + 1..).unwrap_or_default();
    let text = text.get(..run(text, |byte| is_base64(byte) || byte == b'=')).unwrap_or_default();
    // A shorter text may be anything that is written with colons.
    if text.len() < 20 {
        return;
    }
    let alias = lossy(rest.get(..name).unwrap_or_default());
    if let Some(material) = material(text, &alias, false) {
        found.material(algorithm.start..algorithm.end + 1 + name + 1 + text.len(), material);
    }
}

/// A secret by its text. Only a clause of BIND leaves no doubt about what damaged text was.
fn material(text: &[u8], alias: &str, is_certain: bool) -> Option<Material> {
    let new = |label| {
        let mut material = Material::new(ROW.name, Class::SecretKey, label);
        material.alias = Some(alias.to_owned()).filter(|alias| !alias.is_empty());
        material
    };
    let named = || Described::named("hmac");
    Some(match base64(text) {
        _ if is_placeholder(text) => named().describe(new(Label::Stub)),
        Some(secret) if is_guessable(&secret) => named().describe(new(Label::Stub)),
        Some(secret) if is_certain || secret.len() >= 8 => {
            key::secret("hmac", &secret).describe(new(Label::Plaintext))
        }
        _ if is_certain => named().describe(new(Label::Unparsed)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::run;

    // tsig-keygen transfer.keylint.test
    const SECRET: &str = "oHi8CLUzw07hlJ/ZlQ06M2QukP/Wge6eXdF8GzHFIqc=";

    fn one(text: &str) -> Material {
        let mut found = run(&ROW, text.as_bytes());
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0).1
    }

    #[test]
    fn a_secret_is_found_in_every_notation() {
        let mut ids = Vec::new();
        for text in [
            format!("key \"t.test\" {{\n\talgorithm hmac-sha256;\n\tsecret \"{SECRET}\";\n}};\n"),
            format!("key t.test {{ secret {SECRET}; algorithm \"hmac-sha256\"; }};"),
            format!(
                "\"key \\\"t.test\\\" {{\\n algorithm hmac-sha256;\\n secret \\\"{SECRET}\\\";\\n}};\""
            ),
            format!(
                "key:\n  - id: t.test\n    algorithm: hmac-sha256\n    secret: {SECRET}\n\nacl:\n"
            ),
            format!(
                "key:\n    name: \"t.test\"\n    algorithm: hmac-sha256\n    secret: \"{SECRET}\"\n"
            ),
            format!(
                "{{\"name\": \"t.test\", \"algorithm\": \"hmac-sha256\", \"key\": \"{SECRET}\", \"type\": \"TSIGKey\"}}"
            ),
            format!(
                "{{\\\"name\\\": \\\"t.test\\\", \\\"secret\\\": \\\"{SECRET}\\\", \\\"algorithm\\\": \\\"hmac-sha256\\\"}}"
            ),
            format!("dig -y hmac-sha256:t.test:{SECRET} axfr"),
        ] {
            let material = one(&text);
            assert_eq!(
                (material.class, material.label),
                (Class::SecretKey, Label::Plaintext),
                "{text}"
            );
            assert_eq!(material.alias.as_deref(), Some("t.test"), "{text}");
            assert_eq!(material.bits, Some(256));
            ids.push(material.key_id.unwrap());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1);
    }

    #[test]
    fn two_clauses_are_two_keys() {
        let text = format!(
            "options {{ a b; }};\nkey \"a\" {{ algorithm hmac-md5; secret \"UH9xh4PqpBUbQrKgSi9hvA==\"; }};\n\
             key \"b\" {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};\nzone \"x\" {{ allow-transfer {{ key b; }}; }};\n"
        );
        let found = run(&ROW, text.as_bytes());
        let bits: Vec<_> = found.iter().map(|(_, key)| (key.alias.as_deref(), key.bits)).collect();
        assert_eq!(bits, [(Some("a"), Some(128)), (Some("b"), Some(256))]);
        assert!(
            text[found[1].0.clone()].starts_with("key \"b\"")
                && text[found[1].0.clone()].ends_with('}')
        );
    }

    #[test]
    fn stubs_are_told_and_mentions_are_nothing() {
        let clause =
            |secret: &str| format!("key \"k\" {{ algorithm hmac-sha256; secret \"{secret}\"; }};");
        assert_eq!(one(&clause("...")).label, Label::Stub);
        assert_eq!(one(&clause("<base64 secret>")).label, Label::Stub);
        assert_eq!(one(&clause(&"A".repeat(43))).label, Label::Stub);
        assert_eq!(one(&clause("oHi8C!Uzw07hlJ/ZlQ06M2QukP/Wge6e")).label, Label::Unparsed);
        for text in [
            "MACs hmac-sha2-256,hmac-sha1",
            "algorithm hmac-sha256;",
            "const algorithm = 'hmac-sha256';",
            "{\"algorithm\": \"hmac-sha256\", \"digest\": \"abcd\"}",
            "curl -d algorithm=hmac-sha256:x:y",
        ] {
            assert!(run(&ROW, text.as_bytes()).is_empty(), "{text}");
        }
    }

    #[test]
    fn prefixes_and_flips_never_panic() {
        let text =
            format!("key \"t.test\" {{\n\tsecret \"{SECRET}\";\n\talgorithm hmac-sha256;\n}};\n");
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
