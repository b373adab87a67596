//! DER at any offset: dispatch to what the structure says it is.

use crate::{error::Reject, fact::Material, rows::Row};

pub(crate) const ROW: Row =
    Row { name: "der", text: &[], binary: &[], find: |_, _, _| {}, head: None };

/// What one DER (or BER) element at the start of `bytes` is, whatever label it goes under: any
/// private key, encrypted private key, public key, certificate or PKCS#12 store. Gives the length
/// of the element and what it holds; the first material is the thing itself, the others are the
/// entries of a store. `format` is what the materials are to say (`pem`, `der`).
pub(crate) fn any(_bytes: &[u8], _format: &'static str) -> Result<(usize, Vec<Material>), Reject> {
    Err(Reject)
}
