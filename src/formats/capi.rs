//! Microsoft CryptoAPI PRIVATEKEYBLOB, strong-name key pairs, and CNG key blobs.

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "capi", text: &[], binary: &[], find: |_, _, _| {}, head: None };
