//! PuTTY private keys, version 2 and 3.

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "ppk", text: &[], binary: &[], find: |_, _, _| {}, head: None };
