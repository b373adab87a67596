//! Text that spells bytes. One row per decoding; what a row decodes is inspected in turn.

mod base64;
mod gzip;
mod utf16;

use crate::rows::Row;

/// Every decoding, sorted by name.
pub(crate) const TABLE: &[Row] = &[base64::ROW, gzip::ROW, utf16::ROW];
