//! Java key stores: JKS and JCEKS.

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "jks", text: &[], binary: &[], find: |_, _, _| {}, head: None };
