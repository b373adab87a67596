//! Tink keysets, JSON and binary, clear and encrypted.

use crate::rows::Row;

pub(crate) const ROW: Row = Row {
    name: "tink",
    about: "Tink keysets: JSON and binary, clear and encrypted",
    text: &[],
    binary: &[],
    find: |_, _, _| {},
    head: None,
};
