//! One RSA and one Ed25519 key in every disguise in which people paste them, and what only looks
//! like them.

mod disguises;

use sha2::Digest;

use self::disguises::{DISGUISES, lines};
use super::{
    armour::{Body, boundary},
    body::{Judged, Pasted, recover, without_markup},
    *,
};
use crate::rows::run;

const RSA: &str = include_str!("../../../testdata/unit/pem/rsa-2048.pem");

/// openssl genpkey -algorithm ed25519
const ED25519: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEICd8VzEmdlF/QAnuMZYVyiu4+4akv0MDCtLTuA7RcIwM\n\
    -----END PRIVATE KEY-----\n";

/// The DER of the key: what the plain body spells.
fn der_of(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let bytes = radix::base64(body.as_bytes()).to_vec();
    assert!(matches!(sound(&bytes), Judged::Whole(())));
    bytes
}

/// A SEQUENCE of just the right length.
fn sound(bytes: &[u8]) -> Judged<()> {
    let (header, length) = match bytes {
        [0x30, length @ 0..0x80, ..] => (2, usize::from(*length)),
        [0x30, 0x82, a, b, ..] => (4, usize::from(*a) << 8 | usize::from(*b)),
        _ => return Judged::No,
    };
    if header + length == bytes.len() { Judged::Whole(()) } else { Judged::No }
}

fn first_hit(bytes: &[u8]) -> Boundary {
    (0..bytes.len())
        .find_map(|at| {
            let needle = ROW.text.iter().find(|needle| bytes[at..].starts_with(needle))?;
            let word = at + memchr::memmem::find(needle, b"BEGIN")?;
            boundary(bytes, word..word + 5)
        })
        .expect("a needle stands there")
}

#[test]
fn the_body_is_recovered_from_every_disguise() {
    let mut failed = Vec::new();
    for (key, pem) in [("rsa", RSA), ("ed25519", ED25519)] {
        for (name, disguise) in DISGUISES {
            let text = disguise(pem);
            let begin = first_hit(text.as_bytes());
            assert_eq!(begin.label, "PRIVATE KEY", "{name}");
            let Body { text: inner, .. } = armour::body(text.as_bytes(), &begin);
            let clean = without_markup(&inner);
            let prefix = prefix(Unit::whole(text.as_bytes()), begin.range.start);
            let pasted = Pasted { text: clean.as_ref().map_or(&inner, |clean| clean), prefix };
            let recovered = recover(&pasted, radix::base64, sound);
            let good = recovered.is_some_and(|it| it.parsed.is_some() && *it.bytes == der_of(pem));
            if !good {
                failed.push(format!("{key}: {name}"));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

fn labels(text: &str) -> Vec<(Label, &'static str)> {
    run(&ROW, text.as_bytes()).into_iter().map(|(_, it)| (it.label, it.format)).collect()
}

#[test]
fn a_header_that_is_only_spoken_of_is_nothing() {
    for text in [
        "the file must start with -----BEGIN PRIVATE KEY----- on a line of its own",
        "static const char *BEGIN = \"-----BEGIN RSA PRIVATE KEY-----\\n\";\n\
         static const char *END = \"-----END RSA PRIVATE KEY-----\\n\";\n",
        "if line == \"-----BEGIN RSA PRIVATE KEY-----\":\n    return \"pkcs1\"\n\
         if line == \"-----END RSA PRIVATE KEY-----\":\n    return None\n",
        "if line.startswith('-----BEGIN RSA PRIVATE KEY-----'): return 'pkcs1'\n\
         if line.startswith('-----BEGIN PRIVATE KEY-----'): return 'pkcs8'\n\
         if line in ('-----END RSA PRIVATE KEY-----', '-----END PRIVATE KEY-----'): return 0\n",
        "regex!(r\"-----BEGIN ([A-Z ]+ )?PRIVATE KEY-----[\\s\\S]+?-----END ([A-Z ]+ )?PRIVATE KEY-----\")",
        "'-----BEGIN PRIVATE KEY-----.*-----END PRIVATE KEY-----'",
        "'-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----'",
        "/-----BEGIN PRIVATE KEY-----\\n([A-Za-z0-9+\\/=\\s]+)\\n-----END PRIVATE KEY-----/",
        "between -----BEGIN PRIVATE KEY----- and -----END PRIVATE KEY-----.",
        "`-----BEGIN PRIVATE KEY-----` and end with `-----END PRIVATE KEY-----`",
        "\"-----BEGIN PRIVATE KEY-----\" \"-----END PRIVATE KEY-----\"",
        "\"-----BEGIN PRIVATE KEY-----\\n\" + encode(key) + \"\\n-----END PRIVATE KEY-----\\n\"",
        "-----BEGIN RSA PRIVATE KEY-----\n-----BEGIN EC PRIVATE KEY-----\n",
        "BEGIN TRANSACTION; --BEGIN WORK\n;BEGIN TRANSACTION;",
        "-----BEGIN LICENSE-----\nAAAA\n-----END LICENSE-----\n",
        "-----BEGIN PGP SIGNATURE-----\n\niQEzBAABCgAdFiEEeVL9\n-----END PGP SIGNATURE-----\n",
        "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMIICEjCCAXugAwIBAgIBQjANBgkqhkiG9w0BAQUFADAlMSMwIQYDVQQDExpEZWVw\n\
         <...>\nyTxhjDIt\n-----END CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\n<your key>\n-----END PUBLIC KEY-----\n",
        "-----BEGIN DH PARAMETERS-----\nMIIBCAKCAQEA7nVYe1w\n-----END DH PARAMETERS-----\n",
    ] {
        assert_eq!(labels(text), [], "{text}");
    }
}

#[test]
fn what_stands_for_a_key_is_a_stub() {
    let mask = |c: &str| format!("{}\n", c.repeat(64)).repeat(5);
    for body in [
        "",
        "...\n",
        "…\n",
        "YOUR_KEY_HERE\n",
        "<insert key here>\n",
        "[REDACTED]\n",
        "    {{ .Values.key }}\n",
        "${KEY}\n",
        "%s\n",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC...\n",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\n...\n",
        "abcdefghijklmnopqrstuvwxyz0123456789\n",
        "secret key\n",
        &mask("A"),
        &mask("x"),
        &mask("*"),
        &mask("."),
        "ThisIsNotARealKeyThisIsNotARealKeyThisIsNotARealKeyThisIsNotARealKey\n",
    ] {
        let pem = format!("-----BEGIN RSA PRIVATE KEY-----\n{body}-----END RSA PRIVATE KEY-----\n");
        for text in [
            pem.clone(),
            format!("{{\"key\": \"{}\"}}", pem.replace('\n', "\\n")),
            lines(&pem, |line| format!("    {line}\n")),
        ] {
            assert_eq!(labels(&text), [(Label::Stub, "pem")], "{text}");
        }
    }
    let java =
        "\"-----BEGIN PRIVATE KEY-----\\n\" +\n \"xxxx\\n\" +\n\"-----END PRIVATE KEY-----\\n\"";
    assert_eq!(labels(java), [(Label::Stub, "pem")]);
}

#[test]
fn digits_that_are_no_key_are_unparsed() {
    let bytes: Vec<u8> = (0..20u32).flat_map(|n| sha2::Sha256::digest(n.to_be_bytes())).collect();
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let body: String =
        bytes.iter().map(|byte| char::from(digits[usize::from(byte & 63)])).collect();
    let body = format!("j{}", &body[1..]);
    for (label, format) in [
        ("RSA PRIVATE KEY", "pem"),
        ("ENCRYPTED PRIVATE KEY", "pem"),
        ("OPENSSH PRIVATE KEY", "openssh"),
        ("MYPROVIDER PRIVATE KEY", "pem"),
    ] {
        let pem = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        let found = run(&ROW, pem.as_bytes());
        assert_eq!(found.len(), 1, "{label}");
        assert_eq!((found[0].1.label, found[0].1.format), (Label::Unparsed, format), "{label}");
        assert_eq!(found[0].0, 0..pem.len() - 1);
        assert!(found[0].1.key_id.as_ref().unwrap().starts_with("sealed-sha256:"));
    }
}

#[test]
fn legacy_encryption_says_how_it_is_done() {
    let text = include_str!("../../../testdata/unit/pem/legacy-des-ede3-cbc.pem");
    for text in [
        text.to_owned(),
        text.replace('\n', "\\n"),
        text.replace('\n', " "),
        lines(text, |line| format!("# {line}\n")),
        lines(text, |line| format!("  \"{line}\\n\" +\n")),
    ] {
        let found = run(&ROW, text.as_bytes());
        assert_eq!(found.len(), 1, "{text}");
        let material = &found[0].1;
        assert_eq!((material.class, material.label), (Class::PrivateKey, Label::Encrypted));
        assert_eq!(material.algorithm.as_deref(), Some("rsa"));
        assert_eq!(material.protection.kdf.as_deref(), Some("openssl-md5"));
        assert_eq!(material.protection.iterations, Some(1));
        assert_eq!(material.protection.cipher.as_deref(), Some("des-ede3-cbc"));
        assert_eq!(material.password, None);
        assert!(material.key_id.as_ref().unwrap().starts_with("sealed-sha256:"), "{text}");
    }
}

#[test]
fn a_well_known_password_opens_legacy_encryption() {
    let text = include_str!("../../../testdata/unit/pem/legacy-aes-128-cbc.pem");
    let encryption = legacy::encryption(text.as_bytes()).unwrap();
    let sealed = radix::base64(text[encryption.end..].split('-').next().unwrap().as_bytes());
    let inside = |plain: &[u8]| {
        let mut material = Material::new("pem", Class::PrivateKey, Label::Plaintext);
        material.bits = Some(2048);
        matches!(sound(plain), Judged::Whole(())).then_some(material)
    };
    let material = legacy::material(&encryption, "RSA PRIVATE KEY", &sealed, inside).unwrap();
    assert_eq!((material.password, material.bits), (Some("changeit"), Some(2048)));
    assert_eq!((material.label, material.class), (Label::Encrypted, Class::PrivateKey));
    let closed = legacy::material(&encryption, "RSA PRIVATE KEY", &sealed, |_| None).unwrap();
    assert_eq!((closed.password, closed.bits), (None, None));
}

#[test]
fn armour_without_a_key_is_claimed_and_a_mention_is_not() {
    let claimed = |text: &str| {
        let mut found = Found::default();
        let at = text.find("-BEGIN").unwrap();
        find(Unit::whole(text.as_bytes()), at..at + 6, &mut found);
        found.claimed()
    };
    let body = "MIICijCCAXICAQAwRTELMAkGA1UEBhMCQVUxEzARBgNVBAgMClNvbWUtU3RhdGUx";
    for label in ["CERTIFICATE REQUEST", "X509 CRL", "CERTIFICATE", "PKCS7"] {
        let text = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----");
        assert_eq!(claimed(&text), text.len(), "{label}");
    }
    let text = "if line == \"-----BEGIN CERTIFICATE-----\" { return; }";
    assert_eq!(claimed(text), text.find("\" {").unwrap());
}

#[test]
fn a_key_of_a_tpm_is_wrapped() {
    let pem = ED25519.replace("PRIVATE KEY", "TSS2 PRIVATE KEY");
    assert_eq!(labels(&pem), [(Label::Wrapped, "pem")]);
}

#[test]
fn any_bytes_return() {
    let mut texts: Vec<String> = DISGUISES.iter().map(|(_, disguise)| disguise(ED25519)).collect();
    texts.push(include_str!("../../../testdata/unit/pem/legacy-aes-128-cbc.pem").to_owned());
    for text in texts {
        let bytes = text.as_bytes();
        for length in (0..bytes.len()).step_by(bytes.len().div_ceil(100)) {
            run(&ROW, &bytes[..length]);
            run(&ROW, &bytes[length..]);
        }
        for at in (0..bytes.len()).step_by(bytes.len().div_ceil(100)) {
            let mut bytes = bytes.to_vec();
            bytes[at] ^= 0x11;
            run(&ROW, &bytes);
        }
    }
}

#[test]
fn hostile_files_take_linear_time() {
    let header = "-----BEGIN RSA PRIVATE KEY-----";
    for piece in [
        header.to_owned(),
        format!("{header}\n"),
        format!("{header}\nMC4CAQAwBQYDK2VwBCIEICd8\n"),
        format!("{header}\n{}", "\n".repeat(100)),
        format!("\"{header}\\n\""),
        "-BEGIN".to_owned(),
        "- BEGIN - BEGIN KEY".to_owned(),
        "%2DBEGIN".to_owned(),
        "\\-\\-BEGIN KEY-----\n".to_owned(),
        "---BEGIN KEY-".to_owned(),
    ] {
        let text = piece.repeat(300_000 / piece.len());
        // Quadratic work would not end here.
        run(&ROW, text.as_bytes());
        // Quadratic time would be minutes; the limit only has to tell the two apart.
    }
    let long =
        format!("{header}\n{}", "MC4CAQAwBQYDK2VwBCIEICd8VzEmdlF/QAnuMZYVyiu4\n".repeat(20_000));
    run(&ROW, long.as_bytes());
}
