//! Password-based encryption: PBES1 and PBES2 (RFC 8018), scrypt (RFC 7914), the schemes of
//! PKCS#12 (RFC 7292 appendix C). Names them, and tries passwords that everybody knows.

use std::borrow::Cow;

use crate::{
    algorithm::dotted,
    asn1::{INTEGER, OCTET_STRING, Reader, SEQUENCE},
    budget,
    fact::Protection,
    formats::{
        pbe_crypto::{self, Hash},
        x509::Algorithm,
    },
    password, trial,
    unit::Decoded,
};

/// How a password becomes a key.
pub(crate) enum Kdf<'a> {
    Pbkdf1 {
        hash: Hash,
        salt: &'a [u8],
        iterations: u64,
    },
    Pbkdf2 {
        hash: Hash,
        salt: &'a [u8],
        iterations: u64,
    },
    Scrypt {
        salt: &'a [u8],
        n: u64,
        r: u64,
        p: u64,
    },
    Pkcs12 {
        hash: Hash,
        salt: &'a [u8],
        iterations: u64,
    },
    /// By name, or dotted identifier.
    Other {
        name: Cow<'static, str>,
        iterations: Option<u64>,
    },
}

/// What the key then does.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Cipher {
    AesCbc {
        bytes: usize,
    },
    DesCbc,
    DesEdeCbc,
    DesEde3Cbc,
    Rc2Cbc {
        bits: usize,
    },
    Rc4 {
        bits: usize,
    },
    /// By name, or dotted identifier.
    Other(Cow<'static, str>),
}

/// A whole scheme.
pub(crate) struct Scheme<'a> {
    pub kdf: Kdf<'a>,
    pub cipher: Option<Cipher>,
    /// Where it is not derived from the password.
    pub iv: &'a [u8],
}

const PBES: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05";
const PKCS12_PBE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01";
const SCRYPT: &[u8] = b"\x2b\x06\x01\x04\x01\xda\x47\x04\x0b";
const PBKDF2: u8 = 12;
const PBES2: u8 = 13;

/// Whether this identifies a scheme of password-based encryption that is known here.
pub(crate) fn is_known(oid: &[u8]) -> bool {
    oid.starts_with(PBES) || oid.starts_with(PKCS12_PBE)
}

impl<'a> Scheme<'a> {
    pub(crate) fn new(algorithm: &Algorithm<'a>) -> Self {
        Self::pbes(algorithm).or_else(|| Self::pkcs12(algorithm)).unwrap_or_else(|| Self {
            kdf: Kdf::Other { name: dotted(algorithm.oid).into(), iterations: None },
            cipher: None,
            iv: &[],
        })
    }

    fn pbes(algorithm: &Algorithm<'a>) -> Option<Self> {
        let &number = algorithm.oid.strip_prefix(PBES)?.first()?;
        let mut parameters = algorithm.sequence()?;
        if number == PBES2 {
            let kdf = Kdf::new(&Algorithm::read(&mut parameters)?);
            let (cipher, iv) = Cipher::new(&Algorithm::read(&mut parameters)?);
            return Some(Self { kdf, cipher: Some(cipher), iv });
        }
        let salt = parameters.content(OCTET_STRING)?;
        let iterations = parameters.small()?;
        let md2 = || Kdf::Other { name: "pbkdf1-md2".into(), iterations: Some(iterations) };
        let with = |hash| Kdf::Pbkdf1 { hash, salt, iterations };
        let (kdf, cipher) = match number {
            1 => (md2(), Cipher::DesCbc),
            3 => (with(Hash::Md5), Cipher::DesCbc),
            4 => (md2(), Cipher::Rc2Cbc { bits: 64 }),
            6 => (with(Hash::Md5), Cipher::Rc2Cbc { bits: 64 }),
            10 => (with(Hash::Sha1), Cipher::DesCbc),
            11 => (with(Hash::Sha1), Cipher::Rc2Cbc { bits: 64 }),
            _ => return None,
        };
        Some(Self { kdf, cipher: Some(cipher), iv: &[] })
    }

    fn pkcs12(algorithm: &Algorithm<'a>) -> Option<Self> {
        let cipher = match algorithm.oid.strip_prefix(PKCS12_PBE)? {
            [1] => Cipher::Rc4 { bits: 128 },
            [2] => Cipher::Rc4 { bits: 40 },
            [3] => Cipher::DesEde3Cbc,
            [4] => Cipher::DesEdeCbc,
            [5] => Cipher::Rc2Cbc { bits: 128 },
            [6] => Cipher::Rc2Cbc { bits: 40 },
            _ => return None,
        };
        let mut parameters = algorithm.sequence()?;
        let salt = parameters.content(OCTET_STRING)?;
        let iterations = parameters.small()?;
        let kdf = Kdf::Pkcs12 { hash: Hash::Sha1, salt, iterations };
        Some(Self { kdf, cipher: Some(cipher), iv: &[] })
    }

    pub(crate) fn protection(&self) -> Protection {
        Protection {
            kdf: Some(self.kdf.name()),
            iterations: self.kdf.iterations(),
            cipher: self.cipher.as_ref().map(Cipher::name),
        }
    }

    /// What one attempt costs in iterations of a hash; `None` if none can be made.
    pub(crate) fn cost(&self) -> Option<u64> {
        let key = self.kdf.cost(self.cipher.as_ref()?.key_size()?)?;
        match self.kdf {
            Kdf::Pkcs12 { .. } => key.checked_add(self.kdf.cost(8)?),
            Kdf::Pbkdf1 { .. } | Kdf::Pbkdf2 { .. } | Kdf::Scrypt { .. } | Kdf::Other { .. } => {
                Some(key)
            }
        }
    }

    /// Decrypts and takes off the padding. A wrong password mostly gives `None`, and otherwise
    /// nonsense.
    pub(crate) fn decrypt(&self, secret: Secret, ciphertext: &[u8]) -> Option<Decoded> {
        pbe_crypto::decrypt(self, secret, ciphertext)
    }
}

impl<'a> Kdf<'a> {
    /// By the AlgorithmIdentifier of a key derivation.
    pub(crate) fn new(algorithm: &Algorithm<'a>) -> Self {
        Self::pbkdf2(algorithm)
            .or_else(|| Self::scrypt(algorithm))
            .unwrap_or_else(|| Self::Other { name: dotted(algorithm.oid).into(), iterations: None })
    }

    fn pbkdf2(algorithm: &Algorithm<'a>) -> Option<Self> {
        (algorithm.oid.strip_prefix(PBES)? == [PBKDF2]).then_some(())?;
        let mut parameters = algorithm.sequence()?;
        // A salt from elsewhere is allowed and nowhere used.
        let salt = parameters.content(OCTET_STRING)?;
        let iterations = parameters.small()?;
        parameters.read(INTEGER);
        let Some(prf) = Algorithm::read(&mut parameters) else {
            return Some(Self::Pbkdf2 { hash: Hash::Sha1, salt, iterations });
        };
        Some(match Hash::of_hmac(prf.oid) {
            Some(hash) => Self::Pbkdf2 { hash, salt, iterations },
            None => Self::Other {
                name: format!("pbkdf2-{}", dotted(prf.oid)).into(),
                iterations: Some(iterations),
            },
        })
    }

    fn scrypt(algorithm: &Algorithm<'a>) -> Option<Self> {
        (algorithm.oid == SCRYPT).then_some(())?;
        let mut parameters = algorithm.sequence()?;
        let salt = parameters.content(OCTET_STRING)?;
        let (n, r, p) = (parameters.small()?, parameters.small()?, parameters.small()?);
        Some(Self::Scrypt { salt, n, r, p })
    }

    pub(crate) fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Pbkdf1 { hash, .. } => format!("pbkdf1-{}", hash.name()).into(),
            Self::Pbkdf2 { hash, .. } => format!("pbkdf2-hmac-{}", hash.name()).into(),
            Self::Scrypt { .. } => "scrypt".into(),
            Self::Pkcs12 { hash, .. } => format!("pkcs12-{}", hash.name()).into(),
            Self::Other { name, .. } => name.clone(),
        }
    }

    pub(crate) fn iterations(&self) -> Option<u64> {
        match self {
            Self::Pbkdf1 { iterations, .. }
            | Self::Pbkdf2 { iterations, .. }
            | Self::Pkcs12 { iterations, .. } => Some(*iterations),
            Self::Scrypt { n, .. } => Some(*n),
            Self::Other { iterations, .. } => *iterations,
        }
    }

    /// Iterations of a hash that deriving `size` bytes costs; `None` if it cannot be done.
    pub(crate) fn cost(&self, size: usize) -> Option<u64> {
        // No tool writes a salt that long; hashing one would not be counted.
        const SALT: usize = 1024;
        let salt = self.salt()?;
        let blocks = |hash: &Hash| u64::try_from(size.div_ceil(hash.size())).ok();
        let cost = match self {
            Self::Pbkdf1 { iterations, .. } => *iterations,
            Self::Pbkdf2 { hash, iterations, .. } | Self::Pkcs12 { hash, iterations, .. } => {
                iterations.checked_mul(blocks(hash)?)?
            }
            Self::Scrypt { n, r, p, .. } => n.checked_mul(*r)?.checked_mul(*p)?,
            Self::Other { .. } => return None,
        };
        (salt.len() <= SALT).then_some(cost.max(1))
    }

    fn salt(&self) -> Option<&'a [u8]> {
        match self {
            Self::Pbkdf1 { salt, .. }
            | Self::Pbkdf2 { salt, .. }
            | Self::Scrypt { salt, .. }
            | Self::Pkcs12 { salt, .. } => Some(salt),
            Self::Other { .. } => None,
        }
    }
}

impl Cipher {
    /// By the AlgorithmIdentifier of a cipher, with its initialization vector.
    fn new<'a>(algorithm: &Algorithm<'a>) -> (Self, &'a [u8]) {
        let mut parameters = Reader::new(algorithm.parameters);
        let cipher = match algorithm.oid {
            b"\x60\x86\x48\x01\x65\x03\x04\x01\x02" => Self::AesCbc { bytes: 16 },
            b"\x60\x86\x48\x01\x65\x03\x04\x01\x16" => Self::AesCbc { bytes: 24 },
            b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a" => Self::AesCbc { bytes: 32 },
            b"\x2a\x86\x48\x86\xf7\x0d\x03\x07" => Self::DesEde3Cbc,
            b"\x2b\x0e\x03\x02\x07" => Self::DesCbc,
            b"\x2a\x86\x48\x86\xf7\x0d\x03\x02" => {
                let mut parameters = parameters.content(SEQUENCE).map_or(parameters, Reader::new);
                let bits = match parameters.small() {
                    Some(160) | None => 40,
                    Some(120) => 64,
                    Some(58) => 128,
                    Some(bits) => usize::try_from(bits).unwrap_or(0).min(1024),
                };
                let iv = parameters.content(OCTET_STRING).unwrap_or_default();
                return (Self::Rc2Cbc { bits }, iv);
            }
            other => Self::Other(match cipher_name(other) {
                Some(name) => name.into(),
                None => dotted(other).into(),
            }),
        };
        (cipher, parameters.content(OCTET_STRING).unwrap_or_default())
    }

    pub(crate) fn name(&self) -> Cow<'static, str> {
        match self {
            Self::AesCbc { bytes } => format!("aes-{}-cbc", bytes * 8).into(),
            Self::DesCbc => "des-cbc".into(),
            Self::DesEdeCbc => "des-ede-cbc".into(),
            Self::DesEde3Cbc => "des-ede3-cbc".into(),
            Self::Rc2Cbc { bits } => format!("rc2-{bits}-cbc").into(),
            Self::Rc4 { bits } => format!("rc4-{bits}").into(),
            Self::Other(name) => name.clone(),
        }
    }

    /// Bytes of the key.
    pub(crate) fn key_size(&self) -> Option<usize> {
        match self {
            Self::AesCbc { bytes } => Some(*bytes),
            Self::DesCbc => Some(8),
            Self::DesEdeCbc => Some(16),
            Self::DesEde3Cbc => Some(24),
            Self::Rc2Cbc { bits } | Self::Rc4 { bits } => Some(bits / 8).filter(|bytes| *bytes > 0),
            Self::Other(_) => None,
        }
    }
}

/// Ciphers that are named and not tried.
fn cipher_name(oid: &[u8]) -> Option<&'static str> {
    Some(match oid {
        b"\x60\x86\x48\x01\x65\x03\x04\x01\x06" => "aes-128-gcm",
        b"\x60\x86\x48\x01\x65\x03\x04\x01\x1a" => "aes-192-gcm",
        b"\x60\x86\x48\x01\x65\x03\x04\x01\x2e" => "aes-256-gcm",
        b"\x2a\x83\x08\x8c\x9a\x4b\x3d\x01\x01\x01\x02" => "camellia-128-cbc",
        b"\x2a\x83\x08\x8c\x9a\x4b\x3d\x01\x01\x01\x03" => "camellia-192-cbc",
        b"\x2a\x83\x08\x8c\x9a\x4b\x3d\x01\x01\x01\x04" => "camellia-256-cbc",
        b"\x2a\x83\x1a\x8c\x9a\x44\x01\x04" => "seed-cbc",
        b"\x2a\x83\x1a\x8c\x9a\x6e\x01\x01\x02" => "aria-128-cbc",
        b"\x2a\x83\x1a\x8c\x9a\x6e\x01\x01\x07" => "aria-192-cbc",
        b"\x2a\x83\x1a\x8c\x9a\x6e\x01\x01\x0c" => "aria-256-cbc",
        b"\x2a\x81\x1c\xcf\x55\x01\x68\x02" => "sm4-cbc",
        _ => return None,
    })
}

/// A well-known password in the form that a scheme takes.
#[derive(Clone, Copy)]
pub(crate) struct Secret {
    pub password: &'static str,
    /// PKCS#12 tells an empty password from none; tools write both.
    pub is_absent: bool,
}

/// What may still be spent on trying well-known passwords on one key or store.
pub(crate) struct Attempts {
    left: u64,
}

impl Attempts {
    pub(crate) fn new() -> Self {
        Self { left: budget::PASSWORD_ITERATIONS }
    }

    pub(crate) fn none() -> Self {
        Self { left: 0 }
    }

    /// Once the password is known, opening what it opens may cost as much again.
    pub(crate) fn renew(&mut self) {
        *self = Self::new();
    }

    /// Takes `cost` off what is left, if there is that much.
    pub(crate) fn spend(&mut self, cost: u64) -> Option<()> {
        self.left = self.left.checked_sub(cost)?;
        Some(())
    }

    /// One attempt at a scheme.
    pub(crate) fn one(&mut self, scheme: &Scheme<'_>) -> Option<()> {
        self.spend(scheme.cost()?)
    }

    /// Tries well-known passwords, as many as may be tried at this cost each, until `open` gives
    /// something. `asked` is what that depends on, see [`trial::first`].
    pub(crate) fn all<T>(
        &mut self,
        asked: &[&[u8]],
        kdf: &Kdf<'_>,
        cost: u64,
        mut open: impl FnMut(Secret) -> Option<T>,
    ) -> Option<(Secret, T)> {
        let is_pkcs12 = matches!(kdf, Kdf::Pkcs12 { .. });
        let secrets = secrets().filter(|secret| is_pkcs12 || !secret.is_absent);
        trial::first(asked, &mut self.left, cost, secrets, |secret| Some((secret, open(secret)?)))
    }
}

/// Well-known passwords in the order in which they are tried.
fn secrets() -> impl Iterator<Item = Secret> {
    password::WELL_KNOWN.iter().flat_map(|&password| {
        let absent = password.is_empty().then_some(Secret { password, is_absent: true });
        [Some(Secret { password, is_absent: false }), absent].into_iter().flatten()
    })
}
