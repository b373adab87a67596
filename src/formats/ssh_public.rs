//! SSH public keys and OpenSSH certificates on one line: `id_*.pub`, `authorized_keys`,
//! `known_hosts`, and wherever else they are pasted. Knows where such a line's base64 begins and
//! ends; the blob is RFC 4253's.

use std::ops::Range;

use super::{
    spelled::base64,
    ssh_wire::{self, Wire},
};
use crate::{
    error::Reject,
    fact::{Class, Label, Material},
    rows::{Found, Row},
    unit::Unit,
};

/// Each blob begins with the length and the name of its type, so that its base64 begins with one
/// of few texts. `NzaC1` is `ssh-` in all of them, `ZHNhLXNoYTIt` is `dsa-sha2-`.
pub(crate) const ROW: Row = Row {
    name: "ssh-public",
    about: "SSH public keys and certificates: `authorized_keys`, `known_hosts`, `.pub`",
    text: &[b"NzaC1", b"ZHNhLXNoYTIt"],
    binary: &[],
    find,
    head: None,
};

/// How far before the needle the base64 begins: at the length, with or without `sk-` between.
const BEFORE: &[usize] = &[6, 10, 8, 12];

/// Characters of base64 of one key. The largest that sshd reads is RSA-16384, in a certificate by
/// another such key under 12 KiB.
const LONGEST: usize = 64 << 10;

/// Characters of base64 that hold the name of any type.
const HEAD: usize = 96;

/// Characters of a comment.
const COMMENT: usize = 200;

/// A public key or certificate by its blob.
pub(crate) fn parse_blob(bytes: &[u8]) -> Result<Material, Reject> {
    let mut wire = Wire::new(bytes);
    let public = ssh_wire::public(&mut wire).ok_or(Reject)?;
    let class = if public.key_type.certificate { Class::Certificate } else { Class::PublicKey };
    let label = match (public.truncated, wire.rest.is_empty()) {
        // A name and nothing behind is a mention.
        (true, _) if public.seen < 16 => return Err(Reject),
        (true, _) => Label::Truncated,
        (false, false) => Label::Unparsed,
        (false, true) => Label::Public,
    };
    let mut material = Material::new("ssh-public", class, label);
    material = public.described.describe(material);
    if public.key_type.hardware {
        material.envelope = Some("security-key".into());
    }
    if let Some(certificate) = public.certificate {
        material.subject = Some(certificate.id).filter(|id| !id.is_empty());
        material.not_after = certificate.not_after;
    }
    Ok(material)
}

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let starts = BEFORE.iter().filter_map(|before| needle.start.checked_sub(*before));
    let Some(start) = starts.into_iter().find(|&at| unit.span(at, 4) == b"AAAA") else { return };
    // The name first: what has none must not cost the decoding of all that follows.
    let head = base64(unit.span(start, HEAD)).0;
    let Some(name) = Wire::new(&head).name().map(str::len) else { return };
    let (blob, length) = base64(unit.span(start, LONGEST));
    let Ok(mut material) = parse_blob(&blob) else { return };
    let end = start + length;
    material.comment = comment(unit.span(end, COMMENT * 4));
    found.material(type_start(unit, start, name)..end, material);
}

/// Where the name of the type stands before the base64, if it does.
fn type_start(unit: Unit<'_>, base64: usize, length: usize) -> usize {
    let Some(start) = base64.checked_sub(length + 1) else { return base64 };
    let named = matches!(unit.get(start..base64), [name @ .., b' ' | b'\t'] if ssh_wire::name(name)
        .is_some_and(|name| name.contains("ssh") || name.contains("ecdsa")));
    if named { start } else { base64 }
}

/// What stands behind the key on its line, up to what ends a string in any language.
fn comment(rest: &[u8]) -> Option<String> {
    let rest = rest.strip_prefix(b" ").or_else(|| rest.strip_prefix(b"\t"))?;
    let end = rest
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r' | b'"' | b'\'' | b'`' | b'<' | b'\\' | 0));
    let line = rest.get(..end.unwrap_or(rest.len()))?;
    let text: String = String::from_utf8_lossy(line).trim().chars().take(COMMENT).collect();
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        formats::ssh_samples::{id, sample, torture},
        rows,
    };

    fn line(file: &[u8]) -> &str {
        std::str::from_utf8(file).unwrap().trim_end()
    }

    #[test]
    fn lines_of_all_types_have_their_identity() {
        for (file, name) in [
            (sample!("rsa.pub"), "rsa"),
            (sample!("dsa.pub"), "dsa"),
            (sample!("ecdsa256.pub"), "ecdsa256"),
            (sample!("ecdsa384.pub"), "ecdsa384"),
            (sample!("ecdsa521.pub"), "ecdsa521"),
            (sample!("ed25519.pub"), "ed25519"),
        ] {
            let found = rows::run(&ROW, file);
            assert_eq!(found.len(), 1, "{name}");
            let (range, material) = &found[0];
            assert_eq!(range.start, 0);
            assert_eq!((material.class, material.label), (Class::PublicKey, Label::Public));
            assert_eq!(material.key_id, id(&format!("ssh.{name}")), "{name}");
            assert_eq!(material.comment, Some(format!("{name}@keylint.test")));
        }
    }

    #[test]
    fn options_hosts_and_quotes_may_surround_a_key() {
        let key = line(sample!("ed25519.pub"));
        let json = format!("{{\"key\": \"{key}\", \"x\": 1}}").replace('/', "\\/");
        for text in [
            format!("command=\"/bin/true\",no-pty {key}\n"),
            format!("@cert-authority *.example.org {key}\r\n"),
            format!("host.example.org,192.0.2.1 {key}"),
            format!("  - {key} # deploy"),
            json,
        ] {
            let found = rows::run(&ROW, text.as_bytes());
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].1.key_id, id("ssh.ed25519"));
            assert!(text[found[0].0.clone()].starts_with("ssh-ed25519 AAAA"));
            let comment = found[0].1.comment.as_deref().unwrap();
            assert!(comment.starts_with("ed25519@keylint.test"), "{comment}");
        }
    }

    #[test]
    fn a_certificate_has_the_identity_of_its_key() {
        let found = rows::run(&ROW, sample!("ecdsa256-cert.pub"));
        let material = &found[0].1;
        assert_eq!((material.class, material.label), (Class::Certificate, Label::Public));
        assert_eq!(material.key_id, id("ssh.ecdsa256"));
        assert_eq!(material.subject.as_deref(), Some("test id"));
        assert!(material.not_after.as_deref().unwrap().starts_with("20"));
    }

    #[test]
    fn hardware_keys_are_keys() {
        let line = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIKaRZ2Yt\
                    +RPbuvmRVFNsBUT4VBLdWVZpFSnaSvXGVHbMAAAABHNzaDo= me";
        let found = rows::run(&ROW, line.as_bytes());
        assert_eq!(found[0].1.envelope.as_deref(), Some("security-key"));
        assert_eq!(found[0].1.algorithm.as_deref(), Some("ed25519"));
        assert_eq!(found[0].1.comment.as_deref(), Some("me"));
    }

    #[test]
    fn mentions_are_nothing_and_cut_keys_are_cut() {
        for text in
            ["AAAAB3NzaC1yc2E", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB...", "xNzaC1", "ZHNhLXNoYTIt"]
        {
            assert!(rows::run(&ROW, text.as_bytes()).is_empty(), "{text}");
        }
        let rsa = line(sample!("rsa.pub"));
        let found = rows::run(&ROW, &rsa.as_bytes()[..120]);
        assert_eq!(found[0].1.label, Label::Truncated);
        assert_eq!(found[0].1.algorithm.as_deref(), Some("rsa"));
    }

    #[test]
    fn beginnings_without_end_cost_little() {
        // Decoding 64 KiB at each of them would take minutes.
        assert!(rows::run(&ROW, &b"AAAAB3NzaC1".repeat(20_000)).is_empty());
    }

    #[test]
    fn any_bytes_give_an_answer() {
        torture(sample!("ecdsa256-cert.pub"), |bytes| {
            let _any = rows::run(&ROW, bytes);
        });
        torture(&base64(&sample!("ecdsa256-cert.pub")[37..]).0, |bytes| {
            let _any = parse_blob(bytes);
        });
    }
}
