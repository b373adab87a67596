//! Names and strengths of algorithms, curves and parameter sets. Knows object identifiers and
//! NIST SP 800-57 part 1 rev. 5 table 2; knows no encoding.

use std::borrow::Cow;

/// A named object identifier: an algorithm, and where the identifier also says so, its curve or
/// parameter set.
pub(crate) struct Named {
    /// Content bytes of the OBJECT IDENTIFIER.
    pub oid: &'static [u8],
    pub algorithm: &'static str,
    pub parameters: Option<&'static str>,
}

const fn named(oid: &'static [u8], algorithm: &'static str) -> Named {
    Named { oid, algorithm, parameters: None }
}

const fn set(oid: &'static [u8], algorithm: &'static str, parameters: &'static str) -> Named {
    Named { oid, algorithm, parameters: Some(parameters) }
}

/// Key algorithms by identifier: RFC 3279, RFC 4055, RFC 8410, RFC 9881 (ML-DSA), RFC 9909
/// (SLH-DSA), RFC 9935 (ML-KEM), GM/T 0006, RFC 9215.
pub(crate) const KEY_ALGORITHMS: &[Named] = &[
    named(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", "rsa"),
    named(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07", "rsa-oaep"),
    named(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "rsa-pss"),
    named(b"\x55\x08\x01\x01", "rsa"),
    named(b"\x2a\x86\x48\xce\x38\x04\x01", "dsa"),
    named(b"\x2b\x0e\x03\x02\x0c", "dsa"),
    named(b"\x2a\x86\x48\x86\xf7\x0d\x01\x03\x01", "dh"),
    named(b"\x2a\x86\x48\xce\x3e\x02\x01", "dh"),
    named(b"\x2a\x86\x48\xce\x3d\x02\x01", "ec"),
    named(b"\x2b\x81\x04\x01\x0c", "ec"),
    named(b"\x2b\x81\x04\x01\x0d", "ec"),
    named(b"\x2b\x65\x6e", "x25519"),
    named(b"\x2b\x65\x6f", "x448"),
    named(b"\x2b\x65\x70", "ed25519"),
    named(b"\x2b\x65\x71", "ed448"),
    named(b"\x2a\x85\x03\x02\x02\x13", "gost-r-34.10-2001"),
    named(b"\x2a\x85\x03\x07\x01\x01\x01\x01", "gost-r-34.10-2012-256"),
    named(b"\x2a\x85\x03\x07\x01\x01\x01\x02", "gost-r-34.10-2012-512"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x04\x01", "ml-kem", "ML-KEM-512"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x04\x02", "ml-kem", "ML-KEM-768"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x04\x03", "ml-kem", "ML-KEM-1024"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x11", "ml-dsa", "ML-DSA-44"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x12", "ml-dsa", "ML-DSA-65"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x13", "ml-dsa", "ML-DSA-87"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x14", "slh-dsa", "SLH-DSA-SHA2-128s"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x15", "slh-dsa", "SLH-DSA-SHA2-128f"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x16", "slh-dsa", "SLH-DSA-SHA2-192s"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x17", "slh-dsa", "SLH-DSA-SHA2-192f"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x18", "slh-dsa", "SLH-DSA-SHA2-256s"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x19", "slh-dsa", "SLH-DSA-SHA2-256f"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x1a", "slh-dsa", "SLH-DSA-SHAKE-128s"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x1b", "slh-dsa", "SLH-DSA-SHAKE-128f"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x1c", "slh-dsa", "SLH-DSA-SHAKE-192s"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x1d", "slh-dsa", "SLH-DSA-SHAKE-192f"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x1e", "slh-dsa", "SLH-DSA-SHAKE-256s"),
    set(b"\x60\x86\x48\x01\x65\x03\x04\x03\x1f", "slh-dsa", "SLH-DSA-SHAKE-256f"),
    set(b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x11", "hss-lms", "HSS/LMS"),
    named(b"\x2b\x06\x01\x05\x05\x07\x06\x22", "xmss"),
    named(b"\x2b\x06\x01\x05\x05\x07\x06\x23", "xmss-mt"),
];

/// An elliptic curve by identifier, with the size of its field.
pub(crate) struct Curve {
    pub oid: &'static [u8],
    pub name: &'static str,
    pub bits: u32,
}

const fn curve(oid: &'static [u8], name: &'static str, bits: u32) -> Curve {
    Curve { oid, name, bits }
}

/// Named curves: SEC 2, RFC 5480, RFC 5639, GM/T 0003, ANSSI.
pub(crate) const CURVES: &[Curve] = &[
    curve(b"\x2a\x86\x48\xce\x3d\x03\x01\x01", "P-192", 192),
    curve(b"\x2b\x81\x04\x00\x21", "P-224", 224),
    curve(b"\x2a\x86\x48\xce\x3d\x03\x01\x07", "P-256", 256),
    curve(b"\x2b\x81\x04\x00\x22", "P-384", 384),
    curve(b"\x2b\x81\x04\x00\x23", "P-521", 521),
    curve(b"\x2b\x81\x04\x00\x06", "secp112r1", 112),
    curve(b"\x2b\x81\x04\x00\x07", "secp112r2", 112),
    curve(b"\x2b\x81\x04\x00\x1c", "secp128r1", 128),
    curve(b"\x2b\x81\x04\x00\x1d", "secp128r2", 128),
    curve(b"\x2b\x81\x04\x00\x09", "secp160k1", 160),
    curve(b"\x2b\x81\x04\x00\x08", "secp160r1", 160),
    curve(b"\x2b\x81\x04\x00\x1e", "secp160r2", 160),
    curve(b"\x2b\x81\x04\x00\x1f", "secp192k1", 192),
    curve(b"\x2b\x81\x04\x00\x20", "secp224k1", 224),
    curve(b"\x2b\x81\x04\x00\x0a", "secp256k1", 256),
    curve(b"\x2b\x81\x04\x00\x01", "sect163k1", 163),
    curve(b"\x2b\x81\x04\x00\x02", "sect163r1", 163),
    curve(b"\x2b\x81\x04\x00\x0f", "sect163r2", 163),
    curve(b"\x2b\x81\x04\x00\x18", "sect193r1", 193),
    curve(b"\x2b\x81\x04\x00\x19", "sect193r2", 193),
    curve(b"\x2b\x81\x04\x00\x1a", "sect233k1", 233),
    curve(b"\x2b\x81\x04\x00\x1b", "sect233r1", 233),
    curve(b"\x2b\x81\x04\x00\x03", "sect239k1", 239),
    curve(b"\x2b\x81\x04\x00\x10", "sect283k1", 283),
    curve(b"\x2b\x81\x04\x00\x11", "sect283r1", 283),
    curve(b"\x2b\x81\x04\x00\x24", "sect409k1", 409),
    curve(b"\x2b\x81\x04\x00\x25", "sect409r1", 409),
    curve(b"\x2b\x81\x04\x00\x26", "sect571k1", 571),
    curve(b"\x2b\x81\x04\x00\x27", "sect571r1", 571),
    curve(b"\x2b\x24\x03\x03\x02\x08\x01\x01\x01", "brainpoolP160r1", 160),
    curve(b"\x2b\x24\x03\x03\x02\x08\x01\x01\x02", "brainpoolP160t1", 160),
    curve(b"\x2b\x24\x03\x03\x02\x08\x01\x01\x03", "brainpoolP192r1", 192),
    curve(b"\x2b\x24\x03\x03\x02\x08\x01\x01\x04", "brainpoolP192t1", 192),
    curve(b"\x2b\x24\x03\x03\x02\x08\x01\x01\x05", "brainpoolP224r1", 224),
    curve(b"\x2b\x24\x03\x03\x02\x08\x01\x01\x06", "brainpoolP224t1", 224),
    curve(b"\x2b\x24\x03\x03\x02\x08\x01\x01\x07", "brainpoolP256r1", 256),
    curve(b"\x2b\x24\x03\x03\x02\x08\x01\x01\x08", "brainpoolP256t1", 256),
    curve(b"\x2b\x24\x03\x03\x02\x08\x01\x01\x09", "brainpoolP320r1", 320),
    curve(b"\x2b\x24\x03\x03\x02\x08\x01\x01\x0a", "brainpoolP320t1", 320),
    curve(b"\x2b\x24\x03\x03\x02\x08\x01\x01\x0b", "brainpoolP384r1", 384),
    curve(b"\x2b\x24\x03\x03\x02\x08\x01\x01\x0c", "brainpoolP384t1", 384),
    curve(b"\x2b\x24\x03\x03\x02\x08\x01\x01\x0d", "brainpoolP512r1", 512),
    curve(b"\x2b\x24\x03\x03\x02\x08\x01\x01\x0e", "brainpoolP512t1", 512),
    curve(b"\x2a\x81\x1c\xcf\x55\x01\x82\x2d", "SM2", 256),
    curve(b"\x2a\x81\x7a\x01\x81\x5f\x65\x82\x00\x01", "FRP256v1", 256),
];

/// The curve with this name, by any of the names that formats give it: `nistp256` (RFC 5656),
/// `secp256r1` (SEC 2), `prime256v1` (X9.62), `P-256` (FIPS 186, JWK).
pub(crate) fn curve_by_name(name: &str) -> Option<&'static Curve> {
    let name = match name {
        "nistp192" | "secp192r1" | "prime192v1" => "P-192",
        "nistp224" | "secp224r1" => "P-224",
        "nistp256" | "secp256r1" | "prime256v1" => "P-256",
        "nistp384" | "secp384r1" => "P-384",
        "nistp521" | "secp521r1" => "P-521",
        "K-256" | "P-256K" => "secp256k1",
        "sm2p256v1" => "SM2",
        other => other,
    };
    CURVES.iter().find(|curve| curve.name.eq_ignore_ascii_case(name))
}

pub(crate) fn curve_by_oid(oid: &[u8]) -> Option<&'static Curve> {
    CURVES.iter().find(|curve| curve.oid == oid)
}

pub(crate) fn key_algorithm(oid: &[u8]) -> Option<&'static Named> {
    KEY_ALGORITHMS.iter().find(|named| named.oid == oid)
}

/// The name of a key algorithm, or the identifier in dotted form where it has none here.
pub(crate) fn key_algorithm_name(oid: &[u8]) -> Cow<'static, str> {
    key_algorithm(oid).map_or_else(|| dotted(oid).into(), |named| named.algorithm.into())
}

/// Content bytes of an OBJECT IDENTIFIER in dotted form (X.690 8.19). Arcs beyond 64 bits end it
/// with `…`.
pub(crate) fn dotted(oid: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let mut arc: u64 = 0;
    for &byte in oid.iter().take(64) {
        if arc > u64::MAX >> 7 {
            text.push_str(".…");
            return text;
        }
        arc = arc << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if text.is_empty() {
            let first = (arc / 40).min(2);
            let _infallible = write!(text, "{first}.{}", arc - first * 40);
        } else {
            let _infallible = write!(text, ".{arc}");
        }
        arc = 0;
    }
    text
}

/// Security strength in bits (NIST SP 800-57 part 1 rev. 5, table 2; FIPS 203, 204, 205 for the
/// post-quantum sets). `None` where nothing defensible can be said.
pub(crate) fn strength(algorithm: &str, bits: Option<u32>, curve: Option<&str>) -> Option<u32> {
    match algorithm {
        "rsa" | "rsa-pss" | "rsa-oaep" | "dsa" | "dh" | "elgamal" => bits.map(finite_field),
        "ec" | "gost-r-34.10-2001" | "gost-r-34.10-2012-256" | "gost-r-34.10-2012-512" => {
            bits.map(|bits| if bits >= 512 { 256 } else { bits / 2 })
        }
        "ed25519" | "x25519" => Some(128),
        "ed448" | "x448" => Some(224),
        "ml-kem" | "ml-dsa" | "slh-dsa" => curve.and_then(post_quantum),
        "des" => Some(56),
        "3des" => bits.map(|bits| if bits >= 168 { 112 } else { 80 }),
        "aes" | "hmac" | "chacha20" | "xchacha20" | "xsalsa20" | "camellia" | "secret"
        | "blake2b" => bits.map(|bits| bits.min(256)),
        _ => None,
    }
}

fn finite_field(bits: u32) -> u32 {
    match bits {
        0..1024 => bits / 14,
        1024..2048 => 80,
        2048..3072 => 112,
        3072..7680 => 128,
        7680..15360 => 192,
        15360.. => 256,
    }
}

fn post_quantum(set: &str) -> Option<u32> {
    Some(match set {
        "ML-KEM-512" | "ML-DSA-44" => 128,
        "ML-KEM-768" | "ML-DSA-65" => 192,
        "ML-KEM-1024" | "ML-DSA-87" => 256,
        set if set.starts_with("SLH-DSA-") => {
            let size = set.rsplit('-').next()?.trim_end_matches(['s', 'f']);
            size.parse().ok()?
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strength_follows_table_2_of_sp_800_57() {
        assert_eq!(strength("rsa", Some(2048), None), Some(112));
        assert_eq!(strength("rsa", Some(1024), None), Some(80));
        assert_eq!(strength("rsa", Some(4096), None), Some(128));
        assert_eq!(strength("ec", Some(256), Some("P-256")), Some(128));
        assert_eq!(strength("ec", Some(521), Some("P-521")), Some(256));
        assert_eq!(strength("slh-dsa", None, Some("SLH-DSA-SHAKE-192f")), Some(192));
        assert_eq!(strength("1.2.3", Some(2048), None), None);
    }

    #[test]
    fn an_unknown_identifier_keeps_its_dotted_form() {
        assert_eq!(
            key_algorithm_name(b"\x2b\x06\x01\x04\x01\x86\x8d\x1f\x01"),
            "1.3.6.1.4.1.99999.1"
        );
        assert_eq!(dotted(b"\x88\x37"), "2.999");
    }

    #[test]
    fn dotted_survives_any_bytes() {
        assert_eq!(dotted(b""), "");
        assert!(dotted(&[0xff; 200]).ends_with('…'));
    }
}
