//! CAPI and CNG blobs, PVK, and keys of .NET in XML.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keylint_fuzz::inspect(bytes));
