//! Inline allowances.

use crate::rows::Row;

pub(crate) const ROW: Row = Row {
    name: "allow",
    about: "allowances in comments: `keylint: allow RULE until DATE -- reason`",
    text: &[],
    binary: &[],
    find: |_, _, _| {},
    head: None,
};
