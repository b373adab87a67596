//! OpenPGP, armoured and binary, and the keys of gpg-agent.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keylint_fuzz::inspect(bytes));
