//! See [`musegan_fuzz::sessions`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| musegan_fuzz::linked::with(|host, good| {
    musegan_fuzz::sessions::run(host, good, bytes);
}));
