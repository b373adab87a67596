//! OpenVPN static keys and tls-crypt-v2 keys; PEM hands them over.

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "openvpn", text: &[], binary: &[], find: |_, _, _| {}, head: None };

pub(crate) fn parse(
    _label: &str,
    _bytes: &[u8],
) -> Result<crate::fact::Material, crate::error::Reject> {
    Err(crate::error::Reject)
}
