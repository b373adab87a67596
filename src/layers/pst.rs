//! Outlook's folders ([MS-PST]): named, and looked at as they are.

use super::{Layer, Open};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "pst",
    about: "Outlook's pst and ost are not opened, which the ledger says; what is not encoded is seen",
    is: |head| head.starts_with(b"!BDN") && head.get(8..10) == Some(b"SM"),
    open: Open::Beside(|_file, entries| {
        entries.note(Reason::NoReader, "its folders are not opened");
        Ok(())
    }),
};
