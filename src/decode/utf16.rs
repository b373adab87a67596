//! UTF-16 text, with and without byte order mark.

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "utf16", text: &[], binary: &[], find: |_, _, _| {}, head: None };
