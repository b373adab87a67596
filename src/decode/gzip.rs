//! gzip members (RFC 1952) in decoded text.

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "gzip", text: &[], binary: &[], find: |_, _, _| {}, head: None };
