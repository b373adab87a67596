//! Registers in their own form and as CycloneDX.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keylint_fuzz::register(bytes));
