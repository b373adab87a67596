//! TSIG keys of BIND: `key "name" { algorithm …; secret …; };`

use crate::rows::Row;

pub(crate) const ROW: Row = Row {
    name: "tsig",
    about: "TSIG and rndc keys of BIND, Knot, NSD and PowerDNS",
    text: &[],
    binary: &[],
    find: |_, _, _| {},
    head: None,
};
