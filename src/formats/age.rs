//! age identities: native `AGE-SECRET-KEY-1…` and plugin `AGE-PLUGIN-…` (age specification).

use crate::rows::Row;

pub(crate) const ROW: Row = Row {
    name: "age",
    about: "age identities, native and plugin (age specification)",
    text: &[],
    binary: &[],
    find: |_, _, _| {},
    head: None,
};
