//! See [`musegan_fuzz::weights`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| musegan_fuzz::weights::run(bytes));
