//! Whatever a host says, nothing panics and every note is ended.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/stage.rs"]
mod stage;

use musegan_engine::{Block, Controls, KeyChange, Transport};
use proptest::prelude::*;
use stage::call::Call;
use stage::machine::Machine;
use stage::song::Songbook;
use std::time::Duration;

/// Numbers that hosts have sent and numbers that they should not.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), -50.0..500.0, Just(f64::NAN), Just(1e10), Just(0.0), Just(-1e-300)]
}

fn transport() -> impl Strategy<Value = Transport> {
    (
        prop::bool::weighted(0.9),
        prop::option::of(number()),
        prop::option::of(number()),
        prop::option::of((any::<i32>(), any::<i32>())),
        prop::option::of(number()),
        prop::option::of((number(), number())),
    )
        .prop_map(|(playing, tempo_bpm, pos_beats, meter, bar_start_beats, loop_beats)| {
            Transport { playing, tempo_bpm, pos_beats, meter, bar_start_beats, loop_beats }
        })
}

fn controls() -> impl Strategy<Value = Controls> {
    (any::<[f32; 5]>(), any::<[i8; 2]>(), any::<u64>(), 0u32..3, any::<bool>()).prop_map(
        |(floats, numbers, seed, model, listens)| {
            let [density, swing, humanise, velocity, temperature] = floats;
            let mut controls =
                Controls { density, swing, humanise, model, listens, ..Controls::default() };
            controls.composition.seed = seed % 3;
            controls.composition.temperature = temperature;
            controls.transpose = numbers[0];
            controls.tracks[3].octave = numbers[1];
            controls.tracks[0].velocity = velocity;
            controls
        },
    )
}

fn call() -> impl Strategy<Value = Call> {
    let samples = prop_oneof![0u32..3000, Just(0), Just(16_384), Just(1)];
    let rate = prop_oneof![4 => Just(44_100.0), 1 => number()];
    let keys = prop::collection::vec((any::<u32>(), any::<u8>(), any::<bool>()), 0..4);
    (samples, rate, transport(), controls(), keys, prop::bool::weighted(0.05)).prop_map(
        |(samples, sample_rate, transport, controls, keys, reset)| {
            let block = Block { samples, sample_rate, transport, patience: Duration::ZERO };
            let key = |(at_sample, key, pressed)| KeyChange { at_sample, key, pressed };
            Call { reset, block, controls, keys: keys.into_iter().map(key).collect() }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn whatever_the_host_says_nothing_panics_and_every_note_is_ended(
        calls in prop::collection::vec(call(), 1..40),
    ) {
        let (mut machine, mut songs) = (Machine::default(), Songbook::default());
        for call in calls {
            // Twice, so that what it asks for is there the second time.
            for _ in 0..2 {
                prop_assert_eq!(machine.call(&call).err(), None);
                machine.answer(&mut songs);
            }
        }
        let transport = Transport::default();
        let block =
            Block { samples: 1, sample_rate: 48e3, transport, patience: Duration::ZERO };
        let stop = Call { reset: false, block, controls: Controls::default(), keys: Vec::new() };
        prop_assert_eq!(machine.call(&stop).err(), None);
        prop_assert!(machine.sounding().is_empty());
    }
}
