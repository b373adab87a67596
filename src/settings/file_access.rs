//! Files of private keys that configuration writes: who may read them, by their permission bits.

use super::{
    lower::{Lowered, Resource, Scene},
    providers::Emission,
};
use crate::fact::{Field, Kind, Value};

/// Members that hold what is written.
const CONTENT: [&str; 3] = ["content", "sensitive_content", "content_base64"];

/// The evaluator `file-access`: `name` is the path, `value` the mode; `sensitive` only says what is not
/// to be shown.
pub(crate) fn file_access(
    _: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let mut fact = scene.fact(Kind::Setting, emission);
    fact.fields.remove(&Field::Sensitive);
    fact.places.remove(&Field::Sensitive);
    let item = scene.items.first();
    let content = CONTENT.iter().find_map(|name| item?.get(name)?.as_partial());
    let content = content.unwrap_or_default();
    let path = fact.text(Field::Name).unwrap_or_default();
    if !(holds_private_key(content) || content.is_empty() && is_named_so(path)) {
        return;
    }
    let access = match fact.fields.get(&Field::Value) {
        // The umask of whoever writes it decides.
        None => return,
        Some(Value::Text(mode)) => access(mode),
        Some(_) => None,
    };
    match access {
        Some(access) => lowered.facts.push(fact.with(Field::Value, access)),
        None => lowered.undecided += 1,
    }
}

/// Whether a text is a private key, or the name of a variable or an attribute that is one.
fn holds_private_key(content: &str) -> bool {
    let is_pem = content.contains("PRIVATE KEY-----");
    // The public half is an attribute of the same resource.
    let names = content.replace("tls_private_key", "");
    let is_name = content.contains("${") || content.contains("{{");
    is_pem || is_name && ["private_key", "privatekey"].iter().any(|name| names.contains(name))
}

/// Whether a file has the name of a private key.
fn is_named_so(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    // Keys by which packages and peers are known.
    let is_public = ["keyring", "gpg", "/apt/", "/rpm"].iter().any(|of| path.contains(of))
        || name.contains("pub");
    let is_ssh = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"].contains(&name)
        || name.starts_with("ssh_host_") && name.ends_with("_key");
    let is_pem = ["-key.pem", "_key.pem", "privkey.pem", "private.pem", ".key.pem"]
        .iter()
        .any(|end| name.ends_with(end))
        || name == "key.pem";
    !is_public && (is_ssh || is_pem || name.ends_with(".key") && name != ".key")
}

/// Who may read a file of this mode, which is octal or as `chmod` takes it; nothing if that is not
/// known.
fn access(mode: &str) -> Option<&'static str> {
    let mode = mode.trim();
    let (group, others) = match mode.trim_start_matches("0o").parse::<u32>() {
        Ok(_) => {
            let mode = u32::from_str_radix(mode.trim_start_matches("0o"), 8).ok()?;
            (mode & 0o040 != 0, mode & 0o004 != 0)
        }
        Err(_) => symbolic(mode)?,
    };
    Some(match (group, others) {
        (_, true) => "everybody",
        (true, false) => "group",
        (false, false) => "owner",
    })
}

/// `u=rw,g=r,o=`: whether the group and others may read. Nothing if that depends on the mode before.
fn symbolic(mode: &str) -> Option<(bool, bool)> {
    let (mut group, mut others) = (None, None);
    for clause in mode.split(',') {
        let at = clause.find(['=', '+', '-'])?;
        let (who, what) = clause.split_at_checked(at)?;
        if !who.bytes().all(|of| matches!(of, b'u' | b'g' | b'o' | b'a')) {
            return None;
        }
        let has_read = what.contains('r');
        let readable = match what.bytes().next()? {
            b'=' => Some(has_read),
            b'+' if has_read => Some(true),
            b'-' if has_read => Some(false),
            _ => continue,
        };
        let is_about = |of: char| who.is_empty() || who.contains(['a', of]);
        if is_about('g') {
            group = readable;
        }
        if is_about('o') {
            others = readable;
        }
    }
    match (group, others) {
        (group, Some(others)) => Some((group.unwrap_or_default(), others)),
        (_, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_says_who_may_read() {
        for (mode, who) in [
            ("0644", Some("everybody")),
            ("644", Some("everybody")),
            ("0o604", Some("everybody")),
            ("0640", Some("group")),
            ("0600", Some("owner")),
            ("400", Some("owner")),
            ("0777", Some("everybody")),
            ("u=rw,g=r,o=r", Some("everybody")),
            ("u=rw,g=r,o=", Some("group")),
            ("u=rw,go=", Some("owner")),
            ("a+r", Some("everybody")),
            ("a=r,o-r", Some("group")),
            ("u+x", None),
            ("preserve", None),
            ("{{ mode }}", None),
            ("0699", None),
            ("", None),
        ] {
            assert_eq!(access(mode), who, "{mode}");
        }
    }

    #[test]
    fn private_keys_are_told_by_name_and_by_what_is_written() {
        for path in ["/etc/ssl/private/pay.key", "/root/.ssh/id_ed25519", "tls-key.pem", "Key.pem"]
        {
            assert!(is_named_so(path), "{path}");
        }
        for path in [
            "/etc/apt/keyrings/docker.key",
            "/etc/pki/rpm-gpg/x.key",
            "id_rsa.pub",
            "ca.pem",
            "jwt-public.key",
            "monkey",
            "",
        ] {
            assert!(!is_named_so(path), "{path}");
        }
        assert!(holds_private_key("${tls_private_key.a.private_key_pem}"));
        assert!(!holds_private_key("${tls_private_key.a.public_key_openssh}"));
        assert!(holds_private_key("{{ pay_private_key }}"));
        assert!(!holds_private_key("{{ certificate }}"));
    }
}
