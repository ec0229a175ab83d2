//! See [`musegan_fuzz::transports`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| musegan_fuzz::transports::run(bytes));
