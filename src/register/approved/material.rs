//! Values that can be nothing but a key, in fields where people write words. What bytes are a key is
//! for the formats to say; a bare random number has none, so that here its shape and the field decide.

use super::entry::{Key, Text, Written};

/// Digits of keys in hexadecimal. Forty are a git commit.
const DIGITS: [usize; 5] = [32, 48, 64, 96, 128];

/// Bytes of keys in Base64.
const BYTES: [usize; 5] = [16, 24, 32, 48, 64];

/// What the name of a key has in it; `commit=…` and `sha256=…` are none.
const KEYS: [&str; 9] = ["dek", "kek", "key", "pass", "pwd", "secret", "seed", "token", "zmk"];

/// What a number is that is no key, in a comment before it.
const DIGESTS: [&str; 12] = [
    "checksum",
    "commit",
    "digest",
    "fingerprint",
    "hash",
    "id",
    "kcv",
    "md5",
    "revision",
    "sha",
    "spki",
    "version",
];

/// The byte at which the first comment stands in which a key is written.
pub(super) fn in_comments(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let begins = |at: &usize| {
            let before = line.get(..*at).and_then(|before| before.chars().next_back());
            before.is_none_or(char::is_whitespace)
        };
        let comment = memchr::memchr_iter(b'#', line.as_bytes()).find(begins);
        if comment.and_then(|at| line.get(at..)).is_some_and(names_key) {
            return Some(start);
        }
        start += line.len();
    }
    None
}

/// Whether one word of a comment is a key, and no word before it says that it is a digest.
fn names_key(comment: &str) -> bool {
    let ends =
        |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\'' | '`' | '(' | ')' | ':');
    for word in comment.split(ends) {
        if is_key(word) {
            return true;
        }
        let word = word.to_ascii_lowercase();
        if DIGESTS.iter().any(|digest| word.starts_with(digest)) {
            return false;
        }
    }
    false
}

/// The first value that is a key, and the field that has it.
pub(super) fn first(written: &Written) -> Option<(&'static str, &Text)> {
    let organisation = written.organisation.iter().map(|text| ("organisation", text));
    let found = organisation.into_iter().find(|(_, text)| is_key(&text.value));
    found.or_else(|| written.keys.iter().find_map(of_entry))
}

fn of_entry(key: &Key) -> Option<(&'static str, &Text)> {
    let mut texts: Vec<(&'static str, &Text)> = vec![("kind", &key.kind)];
    let single = [
        ("name", &key.name),
        ("purpose", &key.purpose),
        ("protects", &key.protects),
        ("system", &key.system),
        ("state", &key.state),
        ("state_since", &key.state_since),
        ("created", &key.created),
        ("activated", &key.activated),
        ("rotate_by", &key.rotate_by),
        ("expires", &key.expires),
        ("deactivated", &key.deactivated),
        ("compromised", &key.compromised),
        ("destroyed", &key.destroyed),
        ("cryptoperiod", &key.cryptoperiod),
        ("storage_form", &key.storage_form),
        ("owner", &key.owner),
        ("reviewed_at", &key.reviewed_at),
        ("reviewer", &key.reviewer),
        ("ticket", &key.ticket),
        ("source", &key.source),
    ];
    texts.extend(single.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?))));
    let lists = [
        ("environments", &key.environments),
        ("usage", &key.usage),
        ("approvers", &key.approvers),
        ("administrators", &key.administrators),
        ("users", &key.users),
        ("compliance", &key.compliance),
    ];
    for (name, list) in lists {
        texts.extend(list.iter().map(|text| (name, text)));
    }
    let mut add = |name, text| texts.extend(Option::map(text, |text| (name, text)));
    if let Some(store) = &key.store {
        add("store.type", Some(&store.kind));
        add("store.provider", store.provider.as_ref());
        add("store.region", store.region.as_ref());
        add("store.location", store.location.as_ref());
        add("store.protection", store.protection.as_ref());
    }
    if let Some(algorithm) = &key.algorithm {
        add("algorithm.family", Some(&algorithm.family));
        add("algorithm.parameter_set", algorithm.parameter_set.as_ref());
        add("algorithm.curve", algorithm.curve.as_ref());
    }
    if let Some(fingerprint) = &key.fingerprint {
        add("fingerprint.of", fingerprint.of.as_ref());
    }
    if let Some(origin) = &key.origin {
        add("origin.how", Some(&origin.how));
        add("origin.place", origin.place.as_ref());
    }
    for custodian in &key.custodians {
        add("custodians.name", Some(&custodian.name));
        add("custodians.acknowledged_at", custodian.acknowledged_at.as_ref());
    }
    for principal in &key.principals {
        add("principals.condition", principal.condition.as_ref());
    }
    for place in &key.locations {
        add("locations.form", place.form.as_ref());
    }
    if let Some(distribution) = &key.distribution {
        add("distribution.method", Some(&distribution.method));
        add("distribution.channel", distribution.channel.as_ref());
    }
    if let Some(backup) = &key.backup {
        add("backup.location", Some(&backup.location));
        add("backup.form", backup.form.as_ref());
    }
    for share in &key.shared_with {
        add("shared_with.name", Some(&share.name));
        add("shared_with.guidance", share.guidance.as_ref());
    }
    if let Some(scoped_out) = &key.tls_only {
        add("tls_only.reason", scoped_out.reason.as_ref());
    }
    if let Some(exception) = &key.exception {
        add("exception.reason", exception.reason.as_ref());
        add("exception.owner", exception.owner.as_ref());
    }
    texts.into_iter().find(|(_, text)| is_key(&text.value))
}

/// Whether a text is a key in hexadecimal or Base64 and nothing else, but for a name of it that says
/// so: `master_key=…`. What has another name is a digest: `sha256:…`.
fn is_key(text: &str) -> bool {
    let text = text.trim();
    let value = match text.split_once('=') {
        Some((name, value)) if !value.is_empty() && !value.starts_with('=') => {
            let name = name.to_ascii_lowercase();
            if !KEYS.iter().any(|word| name.contains(word)) {
                return false;
            }
            value.trim().trim_matches(['"', '\''])
        }
        _ => text,
    };
    is_hex(value) || is_base64(value)
}

fn is_hex(text: &str) -> bool {
    // A random number of this length has letters; what has none counts something.
    DIGITS.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Base64 as an encoder writes it (RFC 4648, sections 4 and 5), of the length of a key.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let is_padded = padding > 0;
    let bytes = digits.len() * 3 / 4;
    let is_whole = if is_padded {
        text.len().is_multiple_of(4) && padding < 3
    } else {
        bytes > 24 || digits.len() == 32
    };
    if !BYTES.contains(&bytes) || !is_whole {
        return false;
    }
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let has_both = text.contains(['+', '/']) && text.contains(['-', '_']);
    let unused = match digits.len() % 4 {
        2 => 0b1111,
        3 => 0b11,
        _ => 0,
    };
    let last = digits.bytes().last().and_then(value);
    if has_both || !digits.bytes().all(|byte| value(byte).is_some()) {
        return false;
    }
    last.is_some_and(|last| last & unused == 0) && is_mixed(digits)
}

/// Whether letters of both cases and digits are as mixed as in a random number, and not as in words.
fn is_mixed(text: &str) -> bool {
    let class = |byte: u8| match byte {
        b'A'..=b'Z' => 0,
        b'a'..=b'z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let has = |of: u8| text.bytes().any(|byte| class(byte) == of);
    let bytes = text.as_bytes();
    let turns = bytes.iter().zip(bytes.iter().skip(1));
    let turns = turns.filter(|(one, next)| class(**one) != class(**next)).count();
    // Of a random number, six in ten.
    has(0) && has(1) && has(2) && turns * 3 >= text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_number_of_the_length_of_a_key_is_one() {
        for text in [
            "cd43b4a9df2a23059ebecfd719469fd3",
            "CD43B4A9DF2A23059EBECFD719469FD33F3DF2BF628556E9CC76B3688432BB58",
            "master_key=cd43b4a9df2a23059ebecfd719469fd33f3df2bf628556e9cc76b3688432bb58",
            "LMT95UC+xdm4VZNUsNEI6A==",
            "owhPgGOvPEMhF9FcmTHwIyYkuRzVOa08",
            "GcgKAg9Ab8pLqBMwMKJAxoLOWnmnW5OgSrwwqHmcAx0=",
            "GcgKAg9Ab8pLqBMwMKJAxoLOWnmnW5OgSrwwqHmcAx0",
        ] {
            assert!(is_key(text), "{text}");
        }
    }

    #[test]
    fn a_key_in_a_comment_is_found_at_its_line() {
        const HEX: &str = "cd43b4a9df2a23059ebecfd719469fd3";
        for comment in [
            format!("# {HEX}"),
            format!("  # component 1: {HEX}"),
            format!("kind: key # (zmk {HEX})"),
            "# old=GcgKAg9Ab8pLqBMwMKJAxoLOWnmnW5OgSrwwqHmcAx0=, key GcgKAg9Ab8pLqBMwMKJAxoLOWnmnW5OgSrwwqHmcAx0=".to_owned(),
        ] {
            assert_eq!(in_comments(&format!("keylint: a\n{comment}\n")), Some(11), "{comment}");
        }
        for comment in [
            format!("# sha256 {HEX}"),
            format!("# key version {HEX} of the vault"),
            format!("uri: a#{HEX}"),
            "# CHG-1042 by Ana Ruiz, 2026-02-01".to_owned(),
        ] {
            assert_eq!(in_comments(&format!("keylint: a\n{comment}\n")), None, "{comment}");
        }
    }

    #[test]
    fn digests_commits_and_words_are_none() {
        for text in [
            "CHG-1042",
            "12345678901234567890123456789012",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "sha256:cd43b4a9df2a23059ebecfd719469fd33f3df2bf628556e9cc76b3688432bb58",
            "sha256=cd43b4a9df2a23059ebecfd719469fd33f3df2bf628556e9cc76b3688432bb58",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "teams/payments/tokenization/Prod1",
            "TokenizationServiceOfPaymentsEU1",
            "GcgKAg9Ab8pLqBMwMKJAxoLOWnmnW5OgSrwwqHmcAx1=",
            "key of cd43b4a9df2a23059ebecfd719469fd3 is in the vault",
            "",
            "=",
        ] {
            assert!(!is_key(text), "{text}");
        }
    }
}
