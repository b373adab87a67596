//! OpenPGP packets (RFC 4880, RFC 9580): secret and public keys, binary; PEM hands it the armoured ones.

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "openpgp", text: &[], binary: &[], find: |_, _, _| {}, head: None };

pub(crate) fn parse_armoured(
    _bytes: &[u8],
) -> Result<Vec<crate::fact::Material>, crate::error::Reject> {
    Err(crate::error::Reject)
}
