//! Parquet: named, and looked at as it is.

use super::{Layer, Open};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "parquet",
    about: "Parquet is not opened, which the ledger says; columns that are not packed are seen",
    is: |head| head.starts_with(b"PAR1") || head.starts_with(b"PARE"),
    open: Open::Beside(|_file, entries| {
        entries.note(Reason::NoReader, "packed columns are not opened");
        Ok(())
    }),
};
