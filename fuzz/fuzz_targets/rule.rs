//! Rules in YAML, and their conditions.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keylint_fuzz::rule(bytes));
