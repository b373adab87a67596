//! Ethereum (Web3 Secret Storage) key stores.

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "ethereum", text: &[], binary: &[], find: |_, _, _| {}, head: None };
