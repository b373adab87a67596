//! ssh.com private keys (SSH2 ENCRYPTED PRIVATE KEY); PEM hands them over.

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "sshcom", text: &[], binary: &[], find: |_, _, _| {}, head: None };
