//! Elliptic curves written out in full (SEC 1 C.2, X9.62): which are a named curve in disguise.
//! Knows ECParameters and a digest of each named curve's.

use sha2::{Digest, Sha256};

use crate::{
    algorithm::{self, Curve},
    asn1::{INTEGER, OCTET_STRING, OID, Reader, SEQUENCE},
    identity::{bit_length, der_unsigned},
};

const PRIME_FIELD: &[u8] = b"\x2a\x86\x48\xce\x3d\x01\x01";
const BINARY_FIELD: &[u8] = b"\x2a\x86\x48\xce\x3d\x01\x02";

/// What explicit parameters describe.
pub(crate) enum Explicit {
    Named(&'static Curve),
    /// Some curve over a field of so many bits.
    Other {
        bits: u32,
    },
}

/// Reads the content of an ECParameters SEQUENCE. Field, coefficients, generator and order must
/// all be those of a named curve: with another generator, anybody can have any public key
/// (CVE-2020-0601).
pub(crate) fn explicit(parameters: &[u8]) -> Option<Explicit> {
    let mut reader = Reader::new(parameters);
    reader.small().filter(|version| (1..=3).contains(version))?;
    let field = reader.read(SEQUENCE)?;
    let bits = field_bits(field.reader())?;
    let mut coefficients = reader.sequence()?;
    let a = coefficients.content(OCTET_STRING)?;
    let b = coefficients.content(OCTET_STRING)?;
    let generator = reader.content(OCTET_STRING)?;
    let order = reader.unsigned()?;

    // The largest named field has 571 bits.
    let is_short = |part: &&[u8]| part.len() <= 1024;
    [field.whole, a, b, order].iter().all(is_short).then_some(())?;
    let size = usize::try_from(bits.div_ceil(8)).ok()?;
    let x = generator.get(1..)?.get(..size)?;
    let mut digest = Sha256::new();
    digest.update(field.whole);
    for number in [a, b, x, order] {
        digest.update(der_unsigned(number));
    }
    let digest = digest.finalize();
    let digest = u64::from_be_bytes(*digest.first_chunk()?);
    let name = DIGESTS.iter().find(|(known, _)| *known == digest).map(|(_, name)| *name);
    Some(match name.and_then(algorithm::curve_by_name) {
        Some(curve) => Explicit::Named(curve),
        None => Explicit::Other { bits },
    })
}

fn field_bits(mut field: Reader<'_>) -> Option<u32> {
    match field.content(OID)? {
        PRIME_FIELD => Some(bit_length(field.content(INTEGER)?)),
        BINARY_FIELD => u32::try_from(field.sequence()?.small()?).ok(),
        _ => None,
    }
    .filter(|bits| (64..=4096).contains(bits))
}

/// First eight bytes of SHA-256 of the encoded field, then a, b, the generator's x and the order
/// as INTEGERs, of the parameters that `openssl ecparam -name NAME -param_enc explicit` writes.
const DIGESTS: &[(u64, &str)] = &[
    (0x5b54_248e_3366_35d9, "P-192"),
    (0xd88f_2fae_5a92_b2a5, "P-224"),
    (0x3adb_c523_8463_d022, "P-256"),
    (0x80ed_3ec6_925e_8153, "P-384"),
    (0xa834_eded_c28f_ac4f, "P-521"),
    (0x1b67_f6a5_baa3_b824, "secp112r1"),
    (0xae14_0c00_e499_1e1d, "secp112r2"),
    (0xba39_9c5e_bd57_3cd0, "secp128r1"),
    (0x7c1b_a5b9_b29a_4ebb, "secp128r2"),
    (0xb080_8472_d804_a757, "secp160k1"),
    (0x3759_fce5_4fc2_159a, "secp160r1"),
    (0xb24e_eab6_b56d_f764, "secp160r2"),
    (0x8f0a_812f_b836_b366, "secp192k1"),
    (0x3754_5369_e67f_c4ca, "secp224k1"),
    (0xd47d_9b9f_f381_18b2, "secp256k1"),
    (0xa5dc_42c6_a7ac_aa6e, "sect163k1"),
    (0x0125_2d4d_b688_c273, "sect163r1"),
    (0x8ff4_f2a5_b29c_0175, "sect163r2"),
    (0x5f18_c6c4_d4ec_d740, "sect193r1"),
    (0xdcd3_9dfc_1f61_10c8, "sect193r2"),
    (0xaecf_66f3_529a_bc40, "sect233k1"),
    (0x868f_de88_edd9_33f9, "sect233r1"),
    (0x1d34_c2cd_f043_7d47, "sect239k1"),
    (0x5464_8c94_fb2c_21fa, "sect283k1"),
    (0x80e3_5000_18de_d6ef, "sect283r1"),
    (0x4dc3_1e21_73c7_3a88, "sect409k1"),
    (0x288a_43f8_df1c_9960, "sect409r1"),
    (0x51c0_d6f2_febd_61a3, "sect571k1"),
    (0x909c_dc72_d342_aa60, "sect571r1"),
    (0x031d_eb2d_93ed_74a6, "brainpoolP160r1"),
    (0xc59e_99fc_acb2_81ad, "brainpoolP160t1"),
    (0xaa36_14be_d0a4_217c, "brainpoolP192r1"),
    (0x890b_008a_2860_f299, "brainpoolP192t1"),
    (0xfe84_391b_6274_a0db, "brainpoolP224r1"),
    (0xe331_5dc0_421d_ff03, "brainpoolP224t1"),
    (0xa8fd_5b09_ddaa_b450, "brainpoolP256r1"),
    (0x014f_89cd_d3d9_9f1b, "brainpoolP256t1"),
    (0xc9d6_c540_7eef_d2e2, "brainpoolP320r1"),
    (0x462a_ef50_4d1f_7b54, "brainpoolP320t1"),
    (0xaa9c_0311_c7bb_8862, "brainpoolP384r1"),
    (0xa864_938d_cce7_f8bf, "brainpoolP384t1"),
    (0xbe83_6ab2_da56_2683, "brainpoolP512r1"),
    (0x0647_e1f5_79d7_57aa, "brainpoolP512t1"),
    (0xc604_7034_e45d_5025, "SM2"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::element;

    // openssl ecparam -name secp256k1 -param_enc explicit -outform DER
    const SECP256K1: &[u8] = include_bytes!("../testdata/unit/asn1/secp256k1.parameters.der");

    fn name(parameters: &[u8]) -> Option<&'static str> {
        match explicit(element(parameters)?.content)? {
            Explicit::Named(curve) => Some(curve.name),
            Explicit::Other { .. } => None,
        }
    }

    #[test]
    fn a_named_curve_in_disguise_is_recognised() {
        assert_eq!(name(SECP256K1), Some("secp256k1"));
    }

    #[test]
    fn another_generator_is_another_curve() {
        let x = SECP256K1.windows(4).position(|w| w == [0x79, 0xbe, 0x66, 0x7e]).unwrap();
        let mut changed = SECP256K1.to_vec();
        changed[x] ^= 1;
        assert!(matches!(
            explicit(element(&changed).unwrap().content),
            Some(Explicit::Other { bits: 256 })
        ));
    }

    #[test]
    fn every_digest_has_its_curve() {
        for (_, name) in DIGESTS {
            assert!(algorithm::curve_by_name(name).is_some_and(|curve| curve.name == *name));
        }
    }

    #[test]
    fn any_bytes_are_survived() {
        for end in 0..SECP256K1.len() {
            assert_eq!(name(&SECP256K1[..end]), None);
        }
        for at in 0..SECP256K1.len() {
            let mut changed = SECP256K1.to_vec();
            changed[at] ^= 0x81;
            name(&changed);
        }
    }
}
