//! SSH public keys as one line: `authorized_keys`, `.pub` (RFC 4253 6.6).

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "ssh-public", text: &[], binary: &[], find: |_, _, _| {}, head: None };

pub(crate) fn parse_blob(_bytes: &[u8]) -> Result<crate::fact::Material, crate::error::Reject> {
    Err(crate::error::Reject)
}
