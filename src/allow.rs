//! Inline allowances.

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "allow", text: &[], binary: &[], find: |_, _, _| {}, head: None };
