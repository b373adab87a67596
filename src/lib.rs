//! keylint finds cryptographic keys, parses them, and judges how they are kept.
//!
//! Read the modules in this order: places give bytes, [`fact`] is what is so, [`finding`] is what
//! rules think of it, and reports show it.

mod algorithm;
mod allow;
mod asn1;
mod baseline;
mod buckets;
pub mod budget;
pub mod cli;
pub mod commands;
mod config;
mod curves_explicit;
mod date;
mod decode;
mod dense;
mod dig;
mod docs;
pub mod error;
mod excerpt;
pub mod fact;
mod feed;
mod field;
pub mod finding;
mod formats;
#[cfg(fuzzing)]
pub mod fuzzing;
mod identity;
mod inspect;
mod interrupt;
mod judge;
mod key;
mod layers;
pub mod ledger;
mod lines;
mod link;
mod nested;
mod password;
pub mod places;
mod prefilter;
mod progress;
mod published;
mod references;
pub mod register;
pub mod report;
mod rows;
pub mod rule;
pub mod scan;
mod settings;
pub mod site;
mod stub;
mod suppress;
mod trial;
mod unit;
