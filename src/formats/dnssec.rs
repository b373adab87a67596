//! DNSSEC private key files of BIND (`Private-key-format: v1.x`).

use crate::rows::Row;

pub(crate) const ROW: Row = Row {
    name: "dnssec",
    about: "DNSSEC private key files of BIND",
    text: &[],
    binary: &[],
    find: |_, _, _| {},
    head: None,
};
