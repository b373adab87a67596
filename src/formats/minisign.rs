//! minisign keys (minisign(1), "key format"): Ed25519 with an optional scrypt mask. Reads signify's
//! files too, since both begin with the same comment.

use std::ops::Range;

use crate::{
    fact::{Class, Label, Material},
    formats::{
        signify,
        text::{base64, is_base64, is_placeholder, lossy, run},
    },
    identity::{is_guessable, of_sealed},
    key::{self, Described},
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "minisign",
    about: "minisign keys",
    text: &[b"untrusted comment:"],
    binary: &[],
    find,
    head: None,
};

/// Longest comment that either tool reads.
const COMMENT: usize = 1024;

/// Bytes of a secret key, of a public key, and of a signature, which has the same first line.
const SECRET: usize = 158;
const PUBLIC: usize = 42;
const SIGNATURE: usize = 74;

fn find(unit: Unit<'_>, met: Range<usize>, found: &mut Found) {
    let line = unit.span(met.end, COMMENT + 2);
    // The line end may be escaped: `\n` in a JSON string.
    let Some(end) = line.iter().enumerate().position(|(at, &byte)| {
        byte == b'\n' || (byte == b'\\' && line.get(at + 1) == Some(&b'n'))
    }) else {
        return;
    };
    let comment = lossy(
        line.get(..end)
            .unwrap_or_default()
            .strip_suffix(b"\r")
            .unwrap_or_else(|| line.get(..end).unwrap_or_default()),
    );
    let start = met.end + end + if line.get(end) == Some(&b'\\') { 2 } else { 1 };
    let indent =
        run(unit.span(start, 64), |byte| matches!(byte, b' ' | b'\t' | b'#' | b'"' | b'\''));
    let start = start + indent;
    let text = unit.span(start, 256);
    let text = text.get(..run(text, |byte| is_base64(byte) || byte == b'=')).unwrap_or_default();
    if let Some(mut material) = key(text, &comment, unit.from(start)) {
        material.comment = Some(comment).filter(|comment| !comment.is_empty());
        found.material(met.start..start + text.len(), material);
    }
}

fn key(text: &[u8], comment: &str, rest: &[u8]) -> Option<Material> {
    let format = if comment.contains("minisign") || comment.contains("rsign") {
        ROW.name
    } else {
        signify::ROW.name
    };
    let blob = base64(text);
    let blob = blob.as_ref().map_or(&[][..], |blob| blob);
    match blob.len() {
        SECRET if blob.starts_with(b"Ed") => return secret(blob),
        signify::SECRET if blob.starts_with(b"Ed") => return signify::secret(blob),
        PUBLIC if blob.starts_with(b"Ed") => {
            let material = Material::new(format, Class::PublicKey, Label::Public);
            return Some(key::edwards_public("ed25519", blob.get(10..)?).describe(material));
        }
        SIGNATURE => return None,
        _ => {}
    }
    if !comment.contains("secret key") {
        return None;
    }
    let label = match text.len() {
        // `RW` is what both begin with.
        24.. if text.starts_with(b"RW") && blob.len() < SECRET => Label::Truncated,
        24.. if text.starts_with(b"RW") => Label::Unparsed,
        _ => {
            let line = rest.get(..64).unwrap_or(rest);
            let line = line.get(..run(line, |byte| byte != b'\n')).unwrap_or_default();
            let line = line.trim_ascii();
            if line.is_empty() || !is_placeholder(line) {
                return None;
            }
            Label::Stub
        }
    };
    Some(Described::named("ed25519").describe(Material::new(format, Class::PrivateKey, label)))
}

/// A secret key: `Ed`, `Sc` or zeros, `B2`, salt, two limits, and under the mask the key number,
/// seed with public key, and checksum.
fn secret(blob: &[u8]) -> Option<Material> {
    let rest = blob.strip_prefix(b"Ed")?;
    let (kdf, rest) = rest.split_first_chunk::<2>()?;
    let rest = rest.strip_prefix(b"B2")?;
    let (_salt, rest) = rest.split_first_chunk::<32>()?;
    let (operations, rest) = rest.split_first_chunk::<8>()?;
    let (memory, masked) = rest.split_first_chunk::<8>()?;
    let new = |label| {
        let material = Material::new(ROW.name, Class::PrivateKey, label);
        Described { bits: Some(256), ..Described::named("ed25519") }.describe(material)
    };
    match kdf {
        b"Sc" => {
            let mut material = new(Label::Encrypted);
            material.key_id = of_sealed(masked);
            material.protection.kdf = Some("scrypt".into());
            let limits = (u64::from_le_bytes(*operations), u64::from_le_bytes(*memory));
            material.protection.iterations = Some(scrypt_cost(limits.0, limits.1));
            material.protection.cipher = Some("xor".into());
            Some(material)
        }
        [0, 0] => {
            let (_number, rest) = masked.split_first_chunk::<8>()?;
            let (seed, rest) = rest.split_first_chunk::<32>()?;
            let public = rest.first_chunk::<32>()?;
            if is_guessable(seed) {
                return Some(new(Label::Stub));
            }
            let by_seed = key::edwards_private("ed25519", seed);
            let is_sound = by_seed.key_id == key::edwards_public("ed25519", public).key_id;
            let label = if is_sound { Label::Plaintext } else { Label::Unparsed };
            Some(by_seed.describe(new(label)))
        }
        _ => Some(new(Label::Unparsed)),
    }
}

/// N of scrypt, as libsodium picks it from its limits for r = 8.
fn scrypt_cost(operations: u64, memory: u64) -> u64 {
    let operations = operations.max(32_768);
    let most = if operations < memory / 32 { operations / 32 } else { memory / 1024 };
    // The smallest power of two above half of it.
    (1..63).map(|log| 1u64 << log).find(|&cost| cost > most / 2).unwrap_or(1 << 62)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::run;

    // minisign -G, with and without -W.
    const PLAIN: &str = "untrusted comment: minisign encrypted secret key
RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAqDpwCMSEsCr0Abqik8Hsn1BFn2XyxYHeF5vugxjbORy9FVRHMTHWHygg+adGmZZR7wLuhTeKYGv5WJUpvv9nT4anQnKjn91RAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
";
    const PUBLIC: &str = "untrusted comment: minisign public key 2AB084C408703AA8
RWSoOnAIxISwKigg+adGmZZR7wLuhTeKYGv5WJUpvv9nT4anQnKjn91R
";
    const SEALED: &str = "untrusted comment: minisign encrypted secret key
RWRTY0IyGRVtdN61o0x8zh0GdzksV/vRWwmW0XSdQVN+cZRW6v0AAAACAAAAAAAAAEAAAAAAPf+SCccRDvHQBFOvEJJBeqEh4qg/NPx7iYIpSNai4yUEdEcAdiBnuh3+L3NEzr1czV0he6ytLcNZpdk4dI7Z4xsdOLc5BSqCtjwgKKR1iOm8mGOzdlSJu4XjUlitKKKEtgnC/jDaJUI=
";

    fn one(text: &str) -> Material {
        let mut found = run(&ROW, text.as_bytes());
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0).1
    }

    #[test]
    fn secret_and_public_key_are_one() {
        let (secret, public) = (one(PLAIN), one(PUBLIC));
        assert_eq!((secret.class, secret.label), (Class::PrivateKey, Label::Plaintext));
        assert_eq!((public.class, public.label), (Class::PublicKey, Label::Public));
        assert_eq!((secret.format, public.format), ("minisign", "minisign"));
        assert_eq!(secret.key_id, public.key_id);
        assert_eq!(one(&PLAIN.replace('\n', "\\n")).key_id, public.key_id);
        assert_eq!(one(&PLAIN.replace('\n', "\r\n")).key_id, public.key_id);
    }

    #[test]
    fn a_passphrase_shows_as_scrypt() {
        let sealed = one(SEALED);
        assert_eq!(sealed.label, Label::Encrypted);
        assert_eq!(sealed.protection.kdf.as_deref(), Some("scrypt"));
        assert_eq!(sealed.protection.iterations, Some(1 << 20));
    }

    #[test]
    fn signatures_and_mentions_are_no_keys() {
        for text in [
            "untrusted comment: signature from minisign secret key\nRUSoOnAIxISwKkZ3Zg==\n"
                .to_owned(),
            format!(
                "untrusted comment: signature from minisign secret key\n{}\n",
                "RUQf6LRC".repeat(12) + "RUQ="
            ),
            "#define COMMENT_PREFIX \"untrusted comment: \"\n#define X 1".to_owned(),
            "untrusted comment: ".to_owned(),
        ] {
            assert!(run(&ROW, text.as_bytes()).is_empty(), "{text}");
        }
    }

    #[test]
    fn damage_and_stubs_are_told_apart() {
        assert_eq!(one(&PLAIN[..150]).label, Label::Truncated);
        assert_eq!(one(&PLAIN.replace("0Abqik8", "0Abqik9")).label, Label::Unparsed);
        let stub = "untrusted comment: minisign encrypted secret key\n<your key>\n";
        assert_eq!(one(stub).label, Label::Stub);
    }

    #[test]
    fn prefixes_and_flips_never_panic() {
        for end in 0..SEALED.len() {
            run(&ROW, &SEALED.as_bytes()[..end]);
        }
        for bit in 0..PLAIN.len() * 8 {
            let mut bytes = PLAIN.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            run(&ROW, &bytes);
        }
    }
}
