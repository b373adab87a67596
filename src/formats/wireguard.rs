//! WireGuard keys: 32 bytes in base64, under a name, in the notations of wg-quick(8),
//! systemd.netdev(5), NetworkManager, UCI, RouterOS, YAML, JSON and Terraform.

use std::ops::Range;

use crate::{
    fact::{Class, Label, Material},
    formats::text::{base64, is_base64, is_monotone, run},
    identity::is_guessable,
    key::{self, Described},
    rows::{Found, Row},
    unit::Unit,
};

/// The rarest parts of `private key` and `preshared key` in the spellings that occur.
pub(crate) const ROW: Row = Row {
    name: "wireguard",
    about: "WireGuard private and preshared keys",
    text: &[
        b"vateKey",
        b"vate_key",
        b"vate-key",
        b"VATE_KEY",
        b"haredKey",
        b"hared_key",
        b"hared-key",
        b"HARED_KEY",
    ],
    binary: &[],
    find,
    head: None,
};

/// Characters of 32 bytes in base64, with their one `=`.
const LENGTH: usize = 44;

/// How far around a key is looked for words that show whose it is.
const CONTEXT: usize = 1024;

fn find(unit: Unit<'_>, met: Range<usize>, found: &mut Found) {
    let Some(range) = value(unit, met.end) else { return };
    let Some(name) = Name::before(unit, &met) else { return };
    let text = unit.get(range.clone());
    let Some(bytes) = base64(text).filter(|bytes| bytes.len() == 32) else { return };
    let label = |genuine| match is_guessable(&bytes) || is_monotone(text.trim_ascii_end()) {
        true => Label::Stub,
        false => genuine,
    };
    let is_clamped = |bytes: &[u8]| {
        bytes.first().is_some_and(|first| first & 7 == 0)
            && bytes.last().is_some_and(|last| last & 0xc0 == 0x40)
    };
    let material = match name {
        Name::Private if is_clamped(&bytes) || is_about_wireguard(unit, &range) => {
            let new = |label| Material::new(ROW.name, Class::PrivateKey, label);
            match label(Label::Plaintext) {
                Label::Stub => Described::named("x25519").describe(new(Label::Stub)),
                label => key::edwards_private("x25519", &bytes).describe(new(label)),
            }
        }
        Name::Preshared => {
            let material = Material::new(ROW.name, Class::SecretKey, label(Label::Plaintext));
            key::secret("secret", &bytes).describe(material)
        }
        Name::Private => return,
    };
    found.material(range, material);
}

/// Where 44 characters of base64 stand after a separator: checked first, because most names do not
/// get this far.
fn value(unit: Unit<'_>, after: usize) -> Option<Range<usize>> {
    let rest = unit.span(after, LENGTH + 24);
    let quote = run(rest, |byte| matches!(byte, b'"' | b'\'' | b'\\'));
    let rest = rest.get(quote..)?;
    let gap = run(rest, |byte| matches!(byte, b' ' | b'\t'));
    let rest = match rest.get(gap)? {
        b'=' | b':' => rest.get(gap + 1..)?,
        // `option private_key '…'` and `private-key …`.
        _ if gap > 0 => rest.get(gap..)?,
        _ => return None,
    };
    let blank = run(rest, |byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b'>'));
    let text = rest.get(blank..)?;
    if run(text, is_base64) != LENGTH - 1
        || text.get(LENGTH - 1) != Some(&b'=')
        || text.get(LENGTH).is_some_and(|&byte| is_base64(byte) || byte == b'=')
    {
        return None;
    }
    let start = after + (unit.span(after, LENGTH + 24).len() - text.len());
    Some(start..start + LENGTH)
}

enum Name {
    Private,
    Preshared,
}

impl Name {
    /// The name that ends with the needle.
    fn before(unit: Unit<'_>, met: &Range<usize>) -> Option<Self> {
        if unit.get(met.clone()).to_ascii_lowercase().starts_with(b"v") {
            return name_ends(unit, met.start, b"pri").then_some(Self::Private);
        }
        let stems: [&[u8]; 3] = [b"pres", b"pre_s", b"pre-s"];
        stems.iter().any(|stem| name_ends(unit, met.start, stem)).then_some(Self::Preshared)
    }
}

fn name_ends(unit: Unit<'_>, at: usize, stem: &[u8]) -> bool {
    unit.get(at.saturating_sub(stem.len())..at).eq_ignore_ascii_case(stem)
}

/// Whether words nearby show a WireGuard configuration.
fn is_about_wireguard(unit: Unit<'_>, range: &Range<usize>) -> bool {
    const WORDS: &[&[u8]] = &[
        b"[Peer]",
        b"[Interface]",
        b"[WireGuard",
        b"ireguard",
        b"ireGuard",
        b"IREGUARD",
        b"AllowedIPs",
        b"allowed_ips",
        b"allowedIPs",
        b"allowed-ips",
        b"wg0",
        b"wg_",
        b"WG_",
    ];
    let near = unit.get(range.start.saturating_sub(CONTEXT)..range.end + CONTEXT);
    WORDS.iter().any(|word| memchr::memmem::find(near, word).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::run;

    // wg genkey, wg pubkey, wg genpsk.
    const PRIVATE: &str = "MEJ0rmhSkwLOkdL30arGBSzc2tTJiz7htfhhAIu0m2o=";
    const PUBLIC: &str = "XaUoqlpt8CwOuz659WulBEK/mS75dWPUc8jndK4uSUc=";
    const SHARED: &str = "pghbbHFfhwIB5XY2OYijk6bJ0dswdEpiTQCFw71IghM=";

    #[test]
    fn a_configuration_gives_its_secret_keys() {
        let text = format!(
            "[Interface]\nPrivateKey = {PRIVATE}\n\n[Peer]\nPublicKey = {PUBLIC}\nPresharedKey={SHARED}\n"
        );
        let found = run(&ROW, text.as_bytes());
        let kinds: Vec<_> = found.iter().map(|(_, key)| (key.class, key.label, key.bits)).collect();
        assert_eq!(
            kinds,
            [
                (Class::PrivateKey, Label::Plaintext, Some(256)),
                (Class::SecretKey, Label::Plaintext, Some(256)),
            ]
        );
        assert_eq!(text[found[0].0.clone()], *PRIVATE);
    }

    #[test]
    fn a_private_key_is_found_in_every_notation() {
        for text in [
            format!("private-key={PRIVATE}\n"),
            format!("\"private_key\": \"{PRIVATE}\","),
            format!("{{\\\"privateKey\\\":\\\"{PRIVATE}\\\"}}"),
            format!("  private_key: {PRIVATE}\n"),
            format!("private_key = \"{PRIVATE}\""),
            format!("\toption private_key '{PRIVATE}'\n"),
            format!("WG_PRIVATE_KEY={PRIVATE}\n"),
            format!("/interface wireguard add private-key=\"{PRIVATE}\""),
        ] {
            let found = run(&ROW, text.as_bytes());
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].1.label, Label::Plaintext, "{text}");
        }
        for text in [format!("preshared_key: {SHARED}"), format!("option preshared_key '{SHARED}'")]
        {
            assert_eq!(run(&ROW, text.as_bytes())[0].1.class, Class::SecretKey, "{text}");
        }
    }

    #[test]
    fn other_keys_under_such_names_are_left_alone() {
        for text in [
            format!("private_key = \"{SHARED}\"\n"),
            format!("PublicKey = {PUBLIC}\n"),
            format!("encrypted_key: {SHARED}\n"),
            format!("PrivateKey = {PRIVATE}A\n"),
            format!("PrivateKey = A{PRIVATE}\n"),
            "PrivateKey key = factory.getPrivateKey();".to_owned(),
            "\"privateKey\": \"0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318\"".to_owned(),
            "PrivateKey = {{ wg_private_key }}\n[Interface]".to_owned(),
        ] {
            assert!(run(&ROW, text.as_bytes()).is_empty(), "{text}");
        }
        let zeros = format!("[Interface]\nPrivateKey = {}=\n", "A".repeat(43));
        assert_eq!(run(&ROW, zeros.as_bytes())[0].1.label, Label::Stub);
    }

    #[test]
    fn prefixes_and_flips_never_panic() {
        let text = format!("[Interface]\nPrivateKey = {PRIVATE}\n[Peer]\nPublicKey = {PUBLIC}\n");
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
