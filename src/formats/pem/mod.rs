//! PEM and its relatives: armour in any disguise (RFC 7468, RFC 1421, RFC 4716, RFC 9580). Knows
//! what labels promise; what the bytes are is for the parsers to say.

mod armour;
mod body;
mod legacy;

use std::ops::Range;

use self::{
    armour::{Body, Boundary, End, boundary},
    body::{Judged, Pasted, Recovered, recover},
};
use crate::{
    decode::radix,
    error::Reject,
    fact::{Class, Label, Material},
    formats::{der, openpgp, openssh, openvpn, ssh_public, sshcom},
    identity::of_sealed,
    rows::{Found, Row},
    stub,
    unit::{Decoded, Unit},
};

/// The word itself: dashes before it are spelled in too many ways to be needles (`%2D`, `\u002d`,
/// `&#45;`, `\055`, the long ones of word processors), and where none stands this is cheap.
pub(crate) const ROW: Row = Row {
    name: "pem",
    about: "PEM armour in any disguise: indented, quoted, escaped, commented, concatenated, on one line (RFC 7468, RFC 1421, RFC 4716)",
    text: &[b"BEGIN"],
    binary: &[],
    find,
    head: None,
};

/// Bytes before BEGIN on its line that may be a prefix of every line.
const PREFIX: usize = 256;

fn find(unit: Unit<'_>, needle: Range<usize>, found: &mut Found) {
    let Some(begin) = boundary(unit.bytes, needle) else { return };
    found.claim(begin.range.end);
    let Some(kind) = kind(&begin.label) else { return };
    let body = armour::body(unit.bytes, &begin);
    let range = begin.range.start..body.after;
    let materials = match kind {
        Kind::Ignored => Vec::new(),
        _ => materials(unit, kind, &begin, &body),
    };
    if materials.is_empty() && matches!(body.end, End::Marked(_)) && 0 < body::dense(&body.text) {
        // A request, a signature, a broken certificate: what is in it is nothing on its own.
        found.claim(range.end);
    }
    for material in materials {
        found.material(range.clone(), material);
    }
}

/// Which parser a label promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Der,
    OpenPgp,
    OpenSsh,
    OpenVpn,
    SshCom,
    SshPublic,
    Tpm,
    /// Armour that holds no key.
    Ignored,
}

fn kind(label: &str) -> Option<Kind> {
    let has = |word| label.contains(word);
    Some(if label.starts_with("SSH2 ") {
        if has("PUBLIC") { Kind::SshPublic } else { Kind::SshCom }
    } else if label.starts_with("OPENSSH ") {
        Kind::OpenSsh
    } else if label.starts_with("PGP ") {
        if !has(" KEY") {
            return None;
        }
        Kind::OpenPgp
    } else if label.starts_with("OpenVPN ") {
        Kind::OpenVpn
    } else if label.starts_with("TSS2 ") {
        Kind::Tpm
    } else if has("REQUEST") || has("CRL") || has("PARAMETERS") || has("ATTRIBUTE CERT") {
        Kind::Ignored
    } else if has("KEY") || has("CERTIFICATE") || has("PKCS") || has("PFX") || label == "CMS" {
        Kind::Der
    } else {
        return None;
    })
}

/// Whether armour with this label holds something that must stay secret.
fn is_secret(label: &str) -> bool {
    let key = label.contains("KEY") || label.contains(" key") || label.contains(" Key");
    label.contains("PRIVATE") || label.contains("SECRET") || (key && !label.contains("PUBLIC"))
}

/// The algorithm that a label names: all that is known of some keys.
fn algorithm(label: &str) -> Option<&'static str> {
    match label.split(' ').next() {
        Some("RSA") => Some("rsa"),
        Some("EC") => Some("ec"),
        Some("DSA") => Some("dsa"),
        _ => None,
    }
}

fn materials(unit: Unit<'_>, kind: Kind, begin: &Boundary, body: &Body) -> Vec<Material> {
    let prefix = prefix(unit, begin.range.start);
    let clean = body::without_markup(&body.text);
    let text: &[u8] = clean.as_ref().map_or(&body.text, |clean| clean);
    let encryption = legacy::encryption(text);
    let content = encryption.as_ref().and_then(|it| text.get(it.end..)).unwrap_or(text);
    let pasted = Pasted { text: content, prefix };
    // Digits of OpenVPN are of one kind or the other: their parser knows which.
    let decode = if kind == Kind::OpenVpn { digits_as_they_are } else { radix::base64 };
    let recovered = recover(&pasted, decode, |bytes| match &encryption {
        None => judged(parse(kind, &begin.label, bytes)),
        Some(encryption) => {
            let inside = |plain: &[u8]| parse(Kind::Der, "", plain).ok()?.into_iter().next();
            match legacy::material(encryption, &begin.label, bytes, inside) {
                Some(material) => Judged::Whole(vec![material]),
                None => Judged::No,
            }
        }
    });
    match recovered {
        Some(Recovered { parsed: Some(materials), .. }) if is_whole(&materials) => materials,
        recovered => unparsed(unit, kind, begin, body, content, recovered).into_iter().collect(),
    }
}

/// What stands before BEGIN on its line, be the line in a string.
fn prefix(unit: Unit<'_>, begin: usize) -> &[u8] {
    let line = unit.get(unit.line_start(begin, PREFIX)..begin);
    let in_string = memchr::memmem::rfind(line, b"\\n").and_then(|at| line.get(at + 2..));
    in_string.unwrap_or(line)
}

fn judged(parsed: Result<Vec<Material>, Reject>) -> Judged<Vec<Material>> {
    match parsed {
        Ok(materials) if materials.is_empty() => Judged::No,
        Ok(materials) if is_whole(&materials) => Judged::Whole(materials),
        Ok(materials) => Judged::Partial(materials),
        Err(Reject) => Judged::No,
    }
}

/// Whether a parser understood all of it.
fn is_whole(materials: &[Material]) -> bool {
    materials.first().is_some_and(|first| match first.label {
        Label::Plaintext | Label::Encrypted | Label::Wrapped | Label::Public => true,
        Label::Truncated | Label::Stub | Label::Unparsed => false,
    })
}

fn digits_as_they_are(digits: &[u8]) -> Decoded {
    Decoded::new(digits.to_vec())
}

/// What the decoded bytes are. Labels are often wrong, so a magic number goes first.
fn parse(kind: Kind, label: &str, bytes: &[u8]) -> Result<Vec<Material>, Reject> {
    const SEQUENCE: u8 = 0x30;
    let is_der = bytes.first() == Some(&SEQUENCE);
    match kind {
        _ if bytes.starts_with(b"openssh-key-v1\0") => openssh::parse(bytes),
        _ if bytes.starts_with(b"\x3f\x6f\xf9\xeb") => sshcom::parse(bytes),
        Kind::OpenPgp => openpgp::parse_armoured(bytes),
        Kind::OpenVpn => Ok(vec![openvpn::parse(label, bytes)?]),
        Kind::SshPublic if !is_der => Ok(vec![ssh_public::parse_blob(bytes)?]),
        Kind::Tpm if is_der => Ok(vec![tpm(bytes)]),
        Kind::Der | Kind::OpenSsh | Kind::SshCom | Kind::SshPublic | Kind::Tpm => {
            Ok(der::any(bytes, "pem")?.1)
        }
        Kind::Ignored => Err(Reject),
    }
}

/// A key that only one TPM opens (`TSS2 PRIVATE KEY`).
fn tpm(bytes: &[u8]) -> Material {
    let mut material = Material::new("pem", Class::PrivateKey, Label::Wrapped);
    material.envelope = Some("tss2".into());
    material.key_id = of_sealed(bytes);
    material
}

/// What can be said of armour whose body does not parse: a quieter fact, or nothing where armour
/// is only spoken of.
fn unparsed(
    unit: Unit<'_>,
    kind: Kind,
    begin: &Boundary,
    body: &Body,
    text: &[u8],
    recovered: Option<Recovered<Vec<Material>>>,
) -> Option<Material> {
    if !is_secret(&begin.label) {
        // What it promises is public, and broken: that is of interest only if it is more.
        let first = recovered?.parsed?.into_iter().next()?;
        return (first.class == Class::PrivateKey).then_some(first);
    }
    let closed = matches!(&body.end, End::Marked(Some(label)) if *label == begin.label);
    // In running text and in code, what follows on the same line is no body.
    let own_line = text.iter().find(|&&byte| !matches!(byte, b' ' | b'\t')) == Some(&b'\n');
    let cut = stub::has_ellipsis(&body.text) || {
        let after = unit.span(body.after, 8);
        after.starts_with(b"...") || after.starts_with("…".as_bytes())
    };
    let clean = body::is_clean(text);
    let dense = body::dense(text);
    let nonblank = text.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
    let label = match &recovered {
        Some(recovered) if clean || (dense >= 16 && dense >= nonblank / 4) => {
            let few = recovered.bytes.len() < body::SMALLEST;
            if cut || stub::is_made_up(&recovered.digits) {
                (dense >= 16 || (closed && own_line)).then_some(Label::Stub)?
            } else if few {
                (closed && own_line && clean).then_some(Label::Stub)?
            } else if is_cut(&recovered.bytes) {
                Label::Truncated
            } else {
                Label::Unparsed
            }
        }
        _ => (closed && stands_for_a_body(&body.text)).then_some(Label::Stub)?,
    };
    if label != Label::Stub
        && let Some(Recovered { parsed: Some(materials), .. }) = recovered
    {
        return materials.into_iter().next();
    }
    let (format, class) = match kind {
        Kind::OpenPgp => ("openpgp", Class::PrivateKey),
        Kind::OpenSsh => ("openssh", Class::PrivateKey),
        Kind::OpenVpn => ("openvpn", Class::SecretKey),
        Kind::SshCom => ("sshcom", Class::PrivateKey),
        Kind::Der | Kind::SshPublic | Kind::Tpm | Kind::Ignored => ("pem", Class::PrivateKey),
    };
    let mut material = Material::new(format, class, label);
    material.algorithm = algorithm(&begin.label).map(Into::into);
    if label != Label::Stub {
        material.key_id = recovered.and_then(|it| of_sealed(&it.bytes));
    }
    Some(material)
}

/// Whether `bytes` begin a SEQUENCE (X.690 8.1.3) that goes on after their end.
fn is_cut(bytes: &[u8]) -> bool {
    let (header, length) = match bytes {
        [0x30, 0x81, a, ..] => (3, usize::from(*a)),
        [0x30, 0x82, a, b, ..] => (4, usize::from(*a) << 8 | usize::from(*b)),
        _ => return false,
    };
    bytes.len() < header + length
}

/// Whether text without digits between BEGIN and END of one label is written where a body goes.
fn stands_for_a_body(text: &[u8]) -> bool {
    if text.trim_ascii().is_empty() {
        return text.contains(&b'\n');
    }
    if body::is_code(text) {
        return false;
    }
    let placeholder: Vec<u8> = match body::quoted(text) {
        Some(pieces) => pieces.flatten().copied().collect(),
        None => text.to_vec(),
    };
    let trimmed = placeholder.trim_ascii_start();
    let own_line = placeholder.len() > trimmed.len() && placeholder.contains(&b'\n');
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace();
    stub::is_placeholder(&placeholder) && (own_line || !trimmed.first().is_some_and(is_word))
}

#[cfg(test)]
mod tests;
