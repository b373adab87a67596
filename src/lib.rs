//! keylint finds cryptographic keys, parses them, and judges how they are kept.
//!
//! Read the modules in this order: places give bytes, [`fact`] is what is so, [`finding`] is what
//! rules think of it, and reports show it.

mod algorithm;
mod allow;
mod budget;
mod decode;
pub mod error;
pub mod fact;
pub mod finding;
mod formats;
mod identity;
mod key;
pub mod ledger;
mod password;
mod published;
mod rows;
mod unit;
