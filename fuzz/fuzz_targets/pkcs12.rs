//! PKCS#12 stores.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keylint_fuzz::inspect(bytes));
