//! ssh.com private keys (SSH2 ENCRYPTED PRIVATE KEY); PEM hands them over.

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "sshcom", text: &[], binary: &[], find: |_, _, _| {}, head: None };

pub(crate) fn parse(_bytes: &[u8]) -> Result<Vec<crate::fact::Material>, crate::error::Reject> {
    Err(crate::error::Reject)
}
