//! Facts as lines of JSON, and everything that judges them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keylint_fuzz::facts(bytes));
