//! Bouncy Castle key stores: BKS v1 and v2, and UBER.

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "bks", text: &[], binary: &[], find: |_, _, _| {}, head: None };
