//! Decodings: base64, escapes, UTF-16 and gzip, with keys inside.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keylint_fuzz::inspect(bytes));
