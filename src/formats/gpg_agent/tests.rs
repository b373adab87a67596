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

#[test]
fn both_forms_have_the_identity_of_their_public_half() {
    for (canonical, text, name, algorithm) in [
        (sample!("agent.rsa.pub.key"), sample!("agent.rsa.pub.text.key"), "rsa.pub", "rsa"),
        (sample!("agent.dsa.pub.key"), sample!("agent.dsa.pub.text.key"), "dsa.pub", "dsa"),
        (
            sample!("agent.curve.pub.key"),
            sample!("agent.curve.pub.text.key"),
            "curve.pub",
            "ed25519",
        ),
        (
            sample!("agent.curve.sub.key"),
            sample!("agent.curve.sub.text.key"),
            "curve.sub",
            "x25519",
        ),
        (sample!("agent.nistp.pub.key"), sample!("agent.nistp.pub.text.key"), "nistp.pub", "ec"),
        (sample!("agent.nistp.sub.key"), sample!("agent.nistp.sub.text.key"), "nistp.sub", "ec"),
    ] {
        let (range, material) = only(canonical);
        assert_eq!(range, 0..canonical.len());
        assert_eq!(material.label, Label::Plaintext, "{name}");
        assert_eq!(material.algorithm.as_deref(), Some(algorithm));
        assert_eq!(material.key_id, id(&format!("pgp.{name}")), "{name}");
        let (range, by_text) = only(text);
        assert_eq!(by_text, material, "{name}");
        assert_eq!(text[range.start..range.start + 13], b"(private-key "[..]);
        assert_eq!(range.end, text.trim_ascii_end().len(), "{name}");
    }
}

#[test]
fn elgamal_is_a_key_in_both_forms() {
    let (_, material) = only(sample!("agent.dsa.sub.key"));
    assert_eq!((material.label, material.bits), (Label::Plaintext, Some(1024)));
    assert_eq!(only(sample!("agent.dsa.sub.text.key")).1, material);
}

#[test]
fn protected_keys_say_how() {
    for (file, name) in [
        (sample!("agent.sealed.pub.key"), "pgp.sealed.pub"),
        (sample!("agent.sealed.pub.text.key"), "pgp.sealed.pub"),
        (sample!("agent.sealed.sub.text.key"), "pgp.sealed.sub"),
    ] {
        let (_, material) = only(file);
        assert_eq!((material.label, material.key_id), (Label::Encrypted, id(name)));
        assert_eq!(material.protection.cipher.as_deref(), Some("aes-128-ocb"));
        let kdf = material.protection.kdf;
        assert_eq!(kdf.as_deref(), Some("openpgp-s2k-iterated-salted-sha1"));
        assert!(material.protection.iterations.unwrap() >= 1024);
    }
}

#[test]
fn an_encoded_count_is_decoded() {
    let key = b"(21:protected-private-key(3:rsa(1:n2:\xa1\x03)(1:e1:\x03)(9:protected\
                25:openpgp-s2k3-sha1-aes-cbc((4:sha18:saltsalt2:96)16:iviviviviviviviv)16:0123456789abcdef)))";
    let (_, material) = only(key);
    assert_eq!(material.protection.iterations, Some(65536));
    assert_eq!(material.protection.cipher.as_deref(), Some("aes-128-cbc"));
}

#[test]
fn a_key_on_a_card_is_not_here() {
    let key = b"(20:shadowed-private-key(3:rsa(1:n2:\xa1\x03)(1:e1:\x03)(8:shadowed5:t1-v1(4:abcd9:OPENPGP.1))))";
    let (_, material) = only(key);
    assert_eq!((material.class, material.label), (Class::PublicKey, Label::Public));
    assert_eq!(material.envelope.as_deref(), Some("card"));
    let key = b"Key: (shadowed-private-key (rsa (n #A103#)(e #03#)(shadowed tpm2-v1 (#00# #01#))))";
    let (_, material) = only(key);
    assert_eq!((material.class, material.label), (Class::PrivateKey, Label::Wrapped));
}

#[test]
fn indentation_of_the_whole_file_changes_nothing() {
    let text = std::str::from_utf8(sample!("agent.sealed.pub.text.key")).unwrap();
    let indented = text.lines().map(|line| format!("    {line}\r\n")).collect::<String>();
    // The key does not start its line, so the blanks before `Key:` are what is stripped.
    assert_eq!(only(indented.as_bytes()).1, only(text.as_bytes()).1);
}

#[test]
fn a_cut_key_says_so_and_mentions_are_nothing() {
    let key = sample!("agent.rsa.pub.key");
    let (range, material) = only(&key[..300]);
    assert_eq!((material.label, material.key_id), (Label::Truncated, id("pgp.rsa.pub")));
    let damaged = [&key[..170], b"!", &key[170..]].concat();
    assert_eq!(only(&damaged).1.label, Label::Unparsed);
    let text = sample!("agent.rsa.pub.text.key");
    assert_eq!(only(&text[..600]).1.label, Label::Truncated);
    assert!(range.end > 150, "up to the number that is cut");
    for text in [
        "the file begins with (11:private-key(3:rsa and so on",
        "a private-key (rsa or dsa)",
        "(private-key (rsa (n n)))",
        "e-key(3:rsa(",
        "(private-key (rsa",
    ] {
        let found = rows::run(&ROW, text.as_bytes());
        assert!(found.iter().all(|found| found.1.label == Label::Unparsed), "{text}");
    }
}

#[test]
fn beginnings_without_end_cost_little() {
    // Unfolding 64 KiB at each of them would take minutes.
    assert!(rows::run(&ROW, &b"(private-key (rsa (n #00".repeat(10_000)).is_empty());
}

#[test]
fn any_bytes_give_an_answer() {
    for file in [sample!("agent.sealed.pub.key"), sample!("agent.curve.pub.text.key")] {
        torture(file, |bytes| {
            let _any = rows::run(&ROW, bytes);
        });
    }
}
