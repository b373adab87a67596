//! Keys in lines of text: age, WireGuard, minisign, signify, DNSSEC, TSIG and OpenVPN.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keylint_fuzz::inspect(bytes));
