//! Ethereum wallets: Web3 Secret Storage versions 1 and 3, and the keystores of validators
//! (EIP-2335, version 4). All are JSON, and the address or public key is in clear.

use std::ops::Range;

use memchr::memmem;
use serde_json::Value;

use crate::{
    fact::{Class, Label, Material, Protection},
    identity,
    key::Described,
    rows::{Found, Row},
    unit::Unit,
};

/// `dklen` is in the parameters of either key derivation.
pub(crate) const ROW: Row = Row {
    name: "ethereum",
    about: "Ethereum key stores (Web3 Secret Storage, EIP-2335)",
    text: &[NEEDLE],
    binary: &[],
    find,
    head: None,
};

const NEEDLE: &[u8] = b"dklen";

/// Longest way back from the needle to the start of the wallet, and on to its end. Wallets take
/// under 1 KiB, pretty-printed and escaped.
const LONGEST: usize = 4 << 10;

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let before = unit.get(needle.start.saturating_sub(LONGEST)..needle.start);
    let after = unit.span(needle.end, LONGEST);
    let quote: &[u8] = match before {
        [.., b'\\', b'"'] => b"\\\"",
        [.., b'"'] => b"\"",
        _ => return,
    };
    if !after.starts_with(quote) || !is_near(before, after) {
        return;
    }
    let low = needle.start - before.len();
    // Out of the parameters, out of `crypto`, out of the wallet; EIP-2335 has one level more.
    let mut starts = braces_back(before);
    let (Some(parameters), Some(crypto)) = (starts.next(), starts.next()) else { return };
    if !is_parameters(before, parameters) {
        return;
    }
    let outer: Vec<usize> = starts.take(2).collect();
    for start in outer.into_iter().rev().chain([crypto]).map(|start| low + start) {
        let bytes = unit.span(start, LONGEST * 2);
        let Some(object) = object_length(bytes).and_then(|length| bytes.get(..length)) else {
            continue;
        };
        let text = String::from_utf8_lossy(object);
        let unescaped = text.replace("\\\"", "\"").replace("\\n", " ");
        let text = if quote.len() > 1 { unescaped.as_str() } else { &text };
        let Ok(wallet) = serde_json::from_str::<Value>(text) else { continue };
        if let Some(material) = material(&wallet) {
            return found.material(start..start + object.len(), material);
        }
    }
    // What has all the members and is no JSON is damaged, or its end is missing.
    let start = low + crypto;
    let rest = unit.span(start, LONGEST * 2);
    let (label, length) = match object_length(rest) {
        Some(length) => (Label::Unparsed, length),
        None if start + rest.len() == unit.bytes.len() => (Label::Truncated, rest.len()),
        None => return,
    };
    let bytes = unit.span(start, length);
    if memmem::find(bytes, b"ciphertext").is_none() || label == Label::Truncated && !unit.at_end {
        return;
    }
    let mut material = Material::new("ethereum", Class::PrivateKey, label);
    material.key_id = identity::of_sealed(bytes);
    found.material(start..start + length, material);
}

/// Whether the object at `start` is a member like `kdfparams`, and has no such needle yet.
fn is_parameters(before: &[u8], start: usize) -> bool {
    let (outside, inside) = before.split_at_checked(start).unwrap_or_default();
    let name = outside.trim_ascii_end().strip_suffix(b":").unwrap_or_default().trim_ascii_end();
    let name = name.strip_suffix(b"\"").unwrap_or_default();
    let name = name.strip_suffix(b"\\").unwrap_or(name);
    name.ends_with(b"params") && memmem::find(inside, NEEDLE).is_none()
}

/// Whether the other members of a wallet are around.
fn is_near(before: &[u8], after: &[u8]) -> bool {
    let has =
        |name: &[u8]| memmem::find(after, name).is_some() || memmem::rfind(before, name).is_some();
    has(b"cipher") && has(b"\"salt") | has(b"\"Salt")
}

/// Places of the braces that enclose the end of `before`, innermost first.
fn braces_back(before: &[u8]) -> impl Iterator<Item = usize> {
    let mut depth = 0usize;
    memchr::memrchr2_iter(b'{', b'}', before).filter(move |&at| {
        if before.get(at) == Some(&b'}') {
            depth += 1;
            false
        } else if depth > 0 {
            depth -= 1;
            false
        } else {
            true
        }
    })
}

/// The length of the JSON object at the start of `bytes`, whose texts have no braces.
fn object_length(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    for at in memchr::memchr2_iter(b'{', b'}', bytes) {
        if bytes.get(at) == Some(&b'{') {
            depth += 1;
        } else {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at + 1);
            }
        }
    }
    None
}

/// What a wallet, or only its `crypto`, holds.
fn material(wallet: &Value) -> Option<Material> {
    let is_whole = member(wallet, "crypto").is_some();
    let crypto = member(wallet, "crypto").unwrap_or(wallet);
    let (ciphertext, cipher, kdf, parameters) = match crypto.get("kdf")? {
        Value::String(kdf) => {
            let parameters = crypto.get("kdfparams")?;
            (crypto.get("ciphertext")?, crypto.get("cipher"), kdf.as_str(), parameters)
        }
        // EIP-2335: modules with function, parameters and message.
        module @ Value::Object(_) => {
            let cipher = crypto.get("cipher")?;
            let kdf = module.get("function")?.as_str()?;
            (cipher.get("message")?, cipher.get("function"), kdf, module.get("params")?)
        }
        _ => return None,
    };
    let is_validator = crypto.get("checksum").is_some() || wallet.get("pubkey").is_some();
    let sealed = unhex(ciphertext.as_str()?);
    let label = match &sealed {
        None => Label::Stub,
        Some(sealed) if identity::is_guessable(sealed) => Label::Stub,
        Some(sealed) if sealed.len() < 32 => Label::Truncated,
        Some(_) => Label::Encrypted,
    };
    let material = Material::new("ethereum", Class::PrivateKey, label);
    let known = Described {
        bits: Some(if is_validator { 255 } else { 256 }),
        curve: Some(if is_validator { "BLS12-381" } else { "secp256k1" }.into()),
        key_id: sealed.as_deref().and_then(identity::of_sealed),
        ..Described::named(if is_validator { "bls" } else { "ec" })
    };
    let mut material = known.describe(material);
    let prf = parameters.get("prf").and_then(Value::as_str).unwrap_or("hmac-sha256");
    material.protection = Protection {
        kdf: Some(match kdf {
            "scrypt" => "scrypt".into(),
            "pbkdf2" => format!("pbkdf2-{prf}").into(),
            other => other.to_owned().into(),
        }),
        iterations: parameters.get("n").or_else(|| parameters.get("c")).and_then(Value::as_u64),
        cipher: cipher.and_then(Value::as_str).map(|cipher| cipher.to_owned().into()),
    };
    let text = |name| wallet.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    material.comment = text("address")
        .or_else(|| text("pubkey"))
        .map(|text| format!("0x{}", text.trim_start_matches("0x")));
    let version = wallet.get("version").or_else(|| crypto.get("version"));
    let version = version.and_then(|it| it.as_u64().or_else(|| it.as_str()?.parse().ok()));
    material.envelope = version
        .filter(|_| is_whole || crypto.get("version").is_some())
        .map(|version| format!("web3-v{version}").into());
    Some(material)
}

/// A member by its name, which some programs capitalise.
fn member<'a>(wallet: &'a Value, name: &str) -> Option<&'a Value> {
    let mut members = wallet.as_object()?.iter();
    members.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_start_matches("0x").as_bytes();
    let digit = |digit: &u8| char::from(*digit).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() || pairs.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::run;

    // Made by eth-keyfile 0.9.
    const PBKDF2: &str = r#"{"address": "A5Fe15B0F7695F7889048302BACFbd2Bc57b8ed4", "crypto": {"cipher": "aes-128-ctr", "cipherparams": {"iv": "2e2277a229c3cb7e0b6f460e7dd0378f"}, "ciphertext": "249a8518ec031943c8f10a192d170fbf89b4428f793691549f2ad5cdb72513fd", "kdf": "pbkdf2", "kdfparams": {"c": 262144, "dklen": 32, "prf": "hmac-sha256", "salt": "185c8eb4ea5292e4945fd9eafd0436aa"}, "mac": "07e3bd1de0175d2effffb27575cdc593763df93eea716654bbb9117c49c9bc65"}, "id": "bd93b04f-990b-437c-b9e0-0e833df161c3", "version": 3}"#;
    const SCRYPT: &str = r#"{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"e33c910ada61d74b8541ce545ad680a7"},"ciphertext":"1007f4a62ff7196027efb61980e819875fcc49abf4731a633da1dc1e4c0739f0","kdf":"scrypt","kdfparams":{"dklen":32,"n":262144,"r":8,"p":1,"salt":"0bc6f5e3b4e37bee80d37a21037e838b"},"mac":"5fa6f92862c9a92e2130e55112b2fafff190dd56bcf83b37bd734b093d16e343"},"id":"1a662fe7-7a65-4586-b72f-2a1ac9640d49","version":3}"#;
    // The sample of EIP-2335.
    const VALIDATOR: &str = r#"{"crypto": {"kdf": {"function": "scrypt", "params": {"dklen": 32, "n": 262144, "p": 1, "r": 8, "salt": "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"}, "message": ""}, "checksum": {"function": "sha256", "params": {}, "message": "d2217fe5f3e9a1e34581ef8a78f7c9928e436d36dacc5e846690a5581e8ea484"}, "cipher": {"function": "aes-128-ctr", "params": {"iv": "264daa3f303d7259501c93d997d84fe6"}, "message": "06ae90d55fe0a6e9c5c3bc5b170827b2e5cce3929ed3f116c2811e6366dfe20f"}}, "description": "x", "pubkey": "9612d7a727c9d0a22e185a1c768478dfe919cada9266988cb32359c11f2b7b27f4ae4040902382ae2910c15e2b420d07", "path": "m/12381/60/3141592653/589793238", "uuid": "1d85ae20-35c5-4611-98e8-aa14a633906f", "version": 4}"#;

    fn one(text: &str) -> Material {
        let mut found = run(&ROW, text.as_bytes());
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0).1
    }

    #[test]
    fn a_wallet_tells_how_it_is_protected() {
        let found = run(&ROW, format!("[{PBKDF2}]").as_bytes());
        let (range, key) = &found[0];
        assert_eq!(*range, 1..1 + PBKDF2.len());
        assert_eq!((key.class, key.label), (Class::PrivateKey, Label::Encrypted));
        assert_eq!(key.protection.kdf.as_deref(), Some("pbkdf2-hmac-sha256"));
        assert_eq!(key.protection.iterations, Some(262_144));
        assert_eq!(key.protection.cipher.as_deref(), Some("aes-128-ctr"));
        assert_eq!((key.curve.as_deref(), key.bits), (Some("secp256k1"), Some(256)));
        assert_eq!(key.comment.as_deref(), Some("0xA5Fe15B0F7695F7889048302BACFbd2Bc57b8ed4"));
        assert_eq!(key.envelope.as_deref(), Some("web3-v3"));
        let key = one(SCRYPT);
        assert_eq!(
            (key.protection.kdf.as_deref(), key.protection.iterations),
            (Some("scrypt"), Some(262_144))
        );
        assert!(key.key_id.unwrap().starts_with("sealed-sha256:"));
    }

    #[test]
    fn escaped_and_capitalised_wallets_are_the_same_key() {
        let id = one(SCRYPT).key_id;
        assert_eq!(one(&SCRYPT.replace('"', "\\\"")).key_id, id);
        assert_eq!(one(&SCRYPT.replace("\"crypto\"", "\"Crypto\"")).key_id, id);
        assert_eq!(one(&SCRYPT.replace(',', ",\n  ")).key_id, id);
        let outside = format!("{{\"data\": {{\"wallet\": {SCRYPT}}}}}");
        assert_eq!(one(&outside).key_id, id);
        assert_eq!(one(&outside).envelope.as_deref(), Some("web3-v3"));
    }

    #[test]
    fn a_validator_keystore_is_a_bls_key() {
        let key = one(VALIDATOR);
        assert_eq!(
            (key.algorithm.as_deref(), key.curve.as_deref()),
            (Some("bls"), Some("BLS12-381"))
        );
        assert_eq!((key.label, key.envelope.as_deref()), (Label::Encrypted, Some("web3-v4")));
        assert_eq!(key.protection.cipher.as_deref(), Some("aes-128-ctr"));
        assert!(key.comment.unwrap().starts_with("0x9612d7a7"));
    }

    #[test]
    fn a_placeholder_is_a_stub_and_a_cut_wallet_truncated() {
        let stub = SCRYPT
            .replace("1007f4a62ff7196027efb61980e819875fcc49abf4731a633da1dc1e4c0739f0", "...");
        assert_eq!(one(&stub).label, Label::Stub);
        assert_eq!(one(&PBKDF2[..420]).label, Label::Truncated);
        assert_eq!(one(&SCRYPT.replace(",\"kdf\"", "\"kdf\"")).label, Label::Unparsed);
    }

    #[test]
    fn a_call_of_a_key_derivation_is_no_wallet() {
        for text in [
            "hashlib.scrypt(password, salt=salt, n=2**14, r=8, p=1, dklen=32)",
            r#"{"kdf": {"name": "scrypt", "dklen": 32, "salt": "00"}, "cipher": "aes"}"#,
            r#"{"properties": {"kdfparams": {"properties": {"dklen": {"type": "integer"}, "salt": {}}}}, "cipher": 1}"#,
        ] {
            assert_eq!(run(&ROW, text.as_bytes()), [], "{text}");
        }
    }

    #[test]
    fn survives_damage() {
        for sample in [SCRYPT, PBKDF2, VALIDATOR] {
            for length in 0..sample.len() {
                run(&ROW, &sample.as_bytes()[..length]);
            }
            let mut bytes = sample.as_bytes().to_vec();
            for bit in 0..bytes.len() * 8 {
                bytes[bit / 8] ^= 1 << (bit % 8);
                run(&ROW, &bytes);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }
}
