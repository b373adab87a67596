//! DER: PKCS#1, PKCS#8, SEC 1 with named and explicit curves, SPKI, X.509, post-quantum keys.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keylint_fuzz::inspect(bytes));
