//! See [`musegan_fuzz::midi`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| musegan_fuzz::midi::run(bytes));
