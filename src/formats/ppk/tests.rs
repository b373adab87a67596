use super::*;
use crate::{
    formats::ssh_samples::{id, sample_deeper as sample, torture},
    rows,
};

fn only(bytes: &[u8]) -> (Range<usize>, Material) {
    let mut found = rows::run(&ROW, bytes);
    assert_eq!(found.len(), 1, "{}", String::from_utf8_lossy(bytes));
    found.remove(0)
}

fn text(file: &[u8]) -> String {
    String::from_utf8(file.to_vec()).unwrap().replace('\r', "")
}

#[test]
fn keys_in_clear_have_the_identity_of_their_public_half() {
    for (file, name) in [
        (sample!("rsa.v2.ppk"), "rsa"),
        (sample!("rsa.v3.ppk"), "rsa"),
        (sample!("dsa.v2.ppk"), "dsa"),
        (sample!("dsa.v3.ppk"), "dsa"),
        (sample!("ecdsa256.v2.ppk"), "ecdsa256"),
        (sample!("ecdsa256.v3.ppk"), "ecdsa256"),
        (sample!("ed25519.v2.ppk"), "ed25519"),
        (sample!("ed25519.v3.ppk"), "ed25519"),
    ] {
        let (range, material) = only(file);
        assert_eq!(range, 0..file.trim_ascii_end().len());
        assert_eq!(material.label, Label::Plaintext, "{name}");
        assert_eq!(material.key_id, id(&format!("ssh.{name}")), "{name}");
        assert_eq!(material.comment, Some(format!("{name}@keylint.test")));
        assert_eq!(material.protection, Default::default());
    }
}

#[test]
fn encrypted_keys_keep_their_public_half_and_say_how() {
    let (_, two) = only(sample!("ed25519.v2.strong.ppk"));
    assert_eq!((two.label, two.password), (Label::Encrypted, None));
    assert_eq!(two.key_id, id("ssh.ed25519"));
    assert_eq!(two.protection.cipher.as_deref(), Some("aes256-cbc"));
    assert_eq!(two.protection.kdf.as_deref(), Some("ppk-sha1"));
    let (_, three) = only(sample!("ed25519.v3.strong.ppk"));
    assert_eq!((three.label, three.key_id), (Label::Encrypted, id("ssh.ed25519")));
    assert_eq!(three.protection.kdf.as_deref(), Some("argon2id"));
    assert!(three.protection.iterations.unwrap() > 0);
}

#[test]
fn a_well_known_password_opens_version_2() {
    let (_, material) = only(sample!("ed25519.v2.changeit.ppk"));
    assert_eq!((material.label, material.password), (Label::Encrypted, Some("changeit")));
}

#[test]
fn embedding_changes_nothing() {
    let plain = text(sample!("rsa.v3.ppk"));
    let expected = only(plain.as_bytes()).1;
    let lines: Vec<&str> = plain.lines().collect();
    let with = |before: &str, after: &str| {
        lines.iter().map(|line| format!("{before}{line}{after}")).collect::<String>()
    };
    for (name, embedded) in [
        ("yaml", format!("key: |\n{}", with("    ", "\n"))),
        ("crlf", with("", "\r\n")),
        ("cr", with("", "\r")),
        ("json", format!("{{\"key\": \"{}\"}}", with("", "\\n"))),
        ("escaped twice", format!("\"{}\"", with("", "\\\\r\\\\n"))),
        ("concatenated", with("    \"", "\\n\" +\n")),
        ("adjacent", with("    \"", "\\r\\n\"\n")),
        ("diff", with("+", "\n")),
        ("comment", with(" * ", "\n")),
        ("array", format!("[\n{}]", with("  \"", "\",\n"))),
        ("blank lines", with("", "\n\n")),
    ] {
        let (range, material) = only(embedded.as_bytes());
        assert_eq!(material, expected, "{name}");
        assert!(embedded[range.clone()].starts_with("PuTTY"), "{name}");
        let rest = &embedded[range.end..];
        assert!(!rest.contains("Private-MAC"), "{name}: {rest}");
    }
}

#[test]
fn a_cut_key_says_so() {
    let plain = text(sample!("rsa.v2.ppk"));
    let (_, material) = only(&plain.as_bytes()[..plain.find("Private-MAC").unwrap() - 40]);
    assert_eq!((material.label, material.key_id), (Label::Truncated, id("ssh.rsa")));
    let (_, material) = only(&plain.as_bytes()[..plain.find("Public-Lines").unwrap() + 40]);
    assert_eq!((material.label, material.algorithm.as_deref()), (Label::Truncated, Some("rsa")));
}

#[test]
fn placeholders_are_stubs_and_mentions_are_nothing() {
    let stub = "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: me\nPublic-Lines: 6\n\
                ...\nPrivate-Lines: 14\n...\nPrivate-MAC: 00\n";
    assert_eq!(only(stub.as_bytes()).1.label, Label::Stub);
    for text in [
        "if line.startswith('PuTTY-User-Key-File-2'):",
        "PuTTY-User-Key-File-2: ssh-rsa\n",
        "PuTTY-User-Key-File-3: %s\nEncryption: %s\n",
        "PuTTY-User-Key-File-3: ssh-rsa\nThe second line names the cipher.",
    ] {
        assert!(rows::run(&ROW, text.as_bytes()).is_empty(), "{text}");
    }
}

#[test]
fn private_lines_that_hold_something_else_are_no_key_in_clear() {
    let plain = text(sample!("ecdsa256.v2.ppk"));
    let at = plain.find("Private-Lines: 1\n").unwrap() + 17;
    let damaged = format!("{}B{}", &plain[..at], &plain[at + 1..]);
    assert_eq!(only(damaged.as_bytes()).1.label, Label::Unparsed);
}

#[test]
fn two_keys_in_a_row_are_two() {
    let both = [sample!("rsa.v2.ppk"), sample!("dsa.v3.ppk")].concat();
    let cut = format!("{}{}", &text(sample!("rsa.v2.ppk"))[..300], text(sample!("dsa.v3.ppk")));
    assert_eq!(rows::run(&ROW, &both).len(), 2);
    assert_eq!(rows::run(&ROW, cut.as_bytes()).len(), 2);
}

#[test]
fn any_bytes_give_an_answer() {
    torture(sample!("ed25519.v3.strong.ppk"), |bytes| {
        let _any = rows::run(&ROW, bytes);
    });
}
