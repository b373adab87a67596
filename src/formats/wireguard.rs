//! WireGuard configuration: PrivateKey and PresharedKey.

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "wireguard", text: &[], binary: &[], find: |_, _, _| {}, head: None };
