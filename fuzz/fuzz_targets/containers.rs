//! Containers: compressed streams, archives, disks, databases, mail and documents.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keylint_fuzz::inspect(bytes));
