//! See [`musegan_fuzz::states`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| musegan_fuzz::linked::with(|host, good| {
    musegan_fuzz::states::run(host, good, bytes);
}));
