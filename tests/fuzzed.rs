//! What `cargo xtask fuzz` tries with bytes that it searches for, tried with bytes that are drawn:
//! the same in every run, and few enough for every run.
//!
//! The test bundles are those of `tests/plugin`.
#![allow(clippy::unwrap_used)]

#[path = "plugin/hosted.rs"]
#[allow(dead_code)]
mod hosted;
#[path = "../fuzz/src/sessions.rs"]
mod sessions;
#[path = "../fuzz/src/states.rs"]
mod states;
#[path = "../fuzz/src/transports.rs"]
mod transports;
#[path = "../fuzz/src/weights.rs"]
mod weights;

use hosted::{FORMATS, plugin, state};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// So many inputs, of so many bytes at most.
fn inputs(count: u64, longest: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(move |seed| {
        let mut random = StdRng::seed_from_u64(seed);
        let length = random.random_range(0..=longest);
        (0..length).map(|_| random.random()).collect()
    })
}

#[test]
fn whatever_a_host_says_the_engine_plays_in_order_and_ends_what_it_began() {
    inputs(3_000, 2_048).for_each(|bytes| transports::run(&bytes));
}

#[test]
fn weights_files_that_are_none_are_refused_with_a_sentence() {
    inputs(300, 256).for_each(|bytes| weights::run(&bytes));
}

#[test]
fn states_that_are_none_leave_a_plugin_that_takes_the_next_good_one() {
    for format in FORMATS {
        let mut host = plugin(format);
        let good = host.save_state().unwrap();
        inputs(2_000, 64).for_each(|bytes| states::run(&mut *host, &good, &bytes));
    }
}

#[test]
fn sessions_of_any_calls_in_any_order_are_survived() {
    // Mostly with the tutorial's weights, which play a phrase in a tenth of the time.
    let tutorial = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tutorial.safetensors");
    for format in FORMATS {
        let mut host = plugin(format);
        for (weights, count) in [("", 10), (tutorial, 60)] {
            let weights = serde_json::json!(weights).to_string();
            let song = serde_json::json!({"params": {}, "fields": {"weights": weights}});
            let good = state(format, &song.to_string());
            inputs(count, 4_096).for_each(|bytes| sessions::run(&mut *host, &good, &bytes));
        }
    }
}
