//! What git keeps and sends: packs of objects, and bundles.

pub(super) mod bundle;
mod indexed;
mod names;
mod object;
pub(super) mod pack;
mod store;

pub(crate) use self::{
    indexed::{Place, Reader, places},
    object::{Hash, Id},
};
