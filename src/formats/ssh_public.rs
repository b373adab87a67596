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
pub(crate) const ROW: Row =
    Row { name: "ssh-public", text: &[b"NzaC1", b"ZHNhLXNoYTIt"], binary: &[], find, head: None };

/// How far before the needle the base64 begins: at the length, with or without `sk-` between.
const BEFORE: &[usize] = &[6, 10, 8, 12];

/// Characters of base64 of one key. The largest that sshd reads is RSA-16384, in a certificate by
/// another such key under 12 KiB.
const LONGEST: usize = 64 << 10;

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
    let (blob, length) = base64(unit.span(start, LONGEST));
    let Ok(mut material) = parse_blob(&blob) else { return };
    let end = start + length;
    let name = Wire::new(&blob).name().unwrap_or_default().len();
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
