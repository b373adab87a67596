//! PEM: armour, disguises in source and configuration, legacy encryption.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keylint_fuzz::inspect(bytes));
