//! Key formats: bytes to material facts. One row per format; `inspect` calls a row where one of
//! its needles was met.

pub(crate) mod age;
mod bks;
mod bks_entries;
mod capi;
mod cng;
pub(crate) mod cursor;
pub(crate) mod der;
mod dnssec;
mod dotnet_text;
mod dotnet_xml;
mod ethereum;
mod gpg_agent;
mod java;
mod java_serial;
mod jks;
mod jks_keys;
mod jwk;
mod keytab;
mod mapping;
mod minisign;
pub(crate) mod name;
mod object;
pub(crate) mod openpgp;
pub(crate) mod openssh;
pub(crate) mod openvpn;
pub(crate) mod pbe;
mod pbe_crypto;
mod pem;
pub(crate) mod pkcs1;
pub(crate) mod pkcs12;
pub(crate) mod pkcs8;
mod ppk;
mod ppk_mac;
pub(crate) mod pqc;
mod protobuf;
mod pvk;
pub(crate) mod sec1;
mod sexp;
mod signify;
mod spelled;
pub(crate) mod ssh_public;
#[cfg(test)]
mod ssh_samples;
mod ssh_wire;
pub(crate) mod sshcom;
pub(crate) mod text;
mod tink;
pub(crate) mod truncated;
mod tsig;
mod wireguard;
pub(crate) mod x509;

use crate::rows::Row;

/// Every format, sorted by name.
pub(crate) const TABLE: &[Row] = &[
    age::ROW,
    bks::ROW,
    capi::ROW,
    der::ROW,
    dnssec::ROW,
    dotnet_xml::ROW,
    ethereum::ROW,
    gpg_agent::ROW,
    jks::ROW,
    jwk::ROW,
    keytab::ROW,
    minisign::ROW,
    openpgp::ROW,
    openssh::ROW,
    openvpn::ROW,
    pem::ROW,
    ppk::ROW,
    signify::ROW,
    ssh_public::ROW,
    sshcom::ROW,
    tink::ROW,
    tsig::ROW,
    wireguard::ROW,
];
