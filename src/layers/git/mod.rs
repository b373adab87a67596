//! What git keeps and sends: packs of objects, and bundles.

pub(super) mod bundle;
mod names;
mod object;
pub(super) mod pack;
mod store;
