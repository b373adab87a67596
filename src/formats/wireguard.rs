//! WireGuard configuration: PrivateKey and PresharedKey.

use crate::rows::Row;

pub(crate) const ROW: Row = Row {
    name: "wireguard",
    about: "WireGuard private and preshared keys",
    text: &[],
    binary: &[],
    find: |_, _, _| {},
    head: None,
};
