//! OpenBSD signify secret and public keys.

use crate::rows::Row;

pub(crate) const ROW: Row = Row {
    name: "signify",
    about: "OpenBSD signify keys",
    text: &[],
    binary: &[],
    find: |_, _, _| {},
    head: None,
};
