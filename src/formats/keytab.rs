//! Kerberos keytabs (MIT format 0x0502).

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "keytab", text: &[], binary: &[], find: |_, _, _| {}, head: None };
