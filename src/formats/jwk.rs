//! JSON Web Keys and sets (RFC 7517, RFC 7518, RFC 8037).

use crate::rows::Row;

pub(crate) const ROW: Row = Row {
    name: "jwk",
    about: "JSON Web Keys and sets (RFC 7517, 7518, 8037)",
    text: &[],
    binary: &[],
    find: |_, _, _| {},
    head: None,
};
