//! TSIG keys of BIND: `key "name" { algorithm …; secret …; };`

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "tsig", text: &[], binary: &[], find: |_, _, _| {}, head: None };
