//! OpenBSD signify keys (signify(1), signify.c): Ed25519 with an optional bcrypt_pbkdf mask. Has no
//! needle of its own: its files begin as minisign's do, whose row reads both.

use sha2::{Digest, Sha512};

use crate::{
    fact::{Class, Label, Material},
    identity::{is_guessable, of_sealed},
    key,
    rows::Row,
};

pub(crate) const ROW: Row = Row {
    name: "signify",
    about: "OpenBSD signify keys",
    text: &[],
    binary: &[],
    find: |_, _, _| {},
    head: None,
};

/// Bytes of a secret key.
pub(crate) const SECRET: usize = 104;

/// A secret key: `Ed`, `BK`, rounds, salt, checksum, key number, and seed with public key.
pub(crate) fn secret(blob: &[u8]) -> Option<Material> {
    let rest = blob.strip_prefix(b"EdBK").filter(|_| blob.len() == SECRET)?;
    let (rounds, rest) = rest.split_first_chunk::<4>()?;
    let (_salt, rest) = rest.split_first_chunk::<16>()?;
    let (checksum, rest) = rest.split_first_chunk::<8>()?;
    let (_number, pair) = rest.split_first_chunk::<8>()?;
    let rounds = u32::from_be_bytes(*rounds);
    let new = |label| {
        let mut material = Material::new(ROW.name, Class::PrivateKey, label);
        material.algorithm = Some("ed25519".into());
        material.bits = Some(256);
        material
    };
    if rounds != 0 {
        let mut material = new(Label::Encrypted);
        material.key_id = of_sealed(pair);
        material.protection.kdf = Some("bcrypt".into());
        material.protection.iterations = Some(rounds.into());
        material.protection.cipher = Some("xor".into());
        return Some(material);
    }
    let (seed, public) = pair.split_first_chunk::<32>()?;
    if is_guessable(seed) {
        return Some(new(Label::Stub));
    }
    let is_sound = Sha512::digest(pair).starts_with(checksum);
    let label = if is_sound { Label::Plaintext } else { Label::Unparsed };
    Some(key::edwards_public("ed25519", public).describe(new(label)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{formats::minisign, rows::run};

    // signify-openbsd -G -n -c "keylint test" -s plain.sec -p plain.pub, and without -n.
    const PLAIN: &str = "untrusted comment: keylint test secret key
RWRCSwAAAAADS9M7SdVhBc3nyw+u4vn+gsde4dCW2fxzN8kL5uO1Axz240DzNfDMrN2fXT4Hx1fps1DRgNNoKkU12dvyB3TLXtc2j3KPBu1PjdkzVitYOHPZTK863GIdq6rBI9llg/o=
";
    const PUBLIC: &str = "untrusted comment: keylint test public key
RWRzN8kL5uO1A17XNo9yjwbtT43ZM1YrWDhz2UyvOtxiHauqwSPZZYP6
";
    const SEALED: &str = "untrusted comment: keylint test secret key
RWRCSwAAACp+UDXUfjlQjt1XCR0/LkbqbMv/aKJl+S/RDJ4BKb/Ty7hOtb7gnnh4dsCBrR5gS6v6kbSIRiCBbgSSxwdOMwuzSDyxRohMFZGWvcbazlvj5dzRyVqbE1vgVxz3RaeTTPg=
";

    fn one(text: &str) -> Material {
        let mut found = run(&minisign::ROW, text.as_bytes());
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0).1
    }

    #[test]
    fn secret_and_public_key_are_one() {
        let (secret, public) = (one(PLAIN), one(PUBLIC));
        assert_eq!((secret.class, secret.label), (Class::PrivateKey, Label::Plaintext));
        assert_eq!((public.class, public.label), (Class::PublicKey, Label::Public));
        assert_eq!((secret.format, public.format), ("signify", "signify"));
        assert_eq!(secret.key_id, public.key_id);
        assert_eq!(secret.comment.as_deref(), Some("keylint test secret key"));
    }

    #[test]
    fn a_passphrase_shows_as_rounds() {
        let sealed = one(SEALED);
        assert_eq!(sealed.label, Label::Encrypted);
        assert_eq!(sealed.protection.iterations, Some(42));
        assert!(sealed.key_id.unwrap().starts_with("sealed-sha256:"));
    }

    #[test]
    fn a_wrong_checksum_is_told() {
        assert_eq!(one(&PLAIN.replace("gsde4", "gsdf4")).label, Label::Unparsed);
    }
}
