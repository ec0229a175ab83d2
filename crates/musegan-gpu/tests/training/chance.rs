//! The stream itself: the words of `rand_chacha`, and normal numbers made of them.
use crate::device::Device;
use crate::stream;
use musegan_device::Operation;
use musegan_device::operation::Key;
use rand_chacha::rand_core::RngCore;

/// Keys that differ in every part, the step also in its upper word.
const KEYS: [(u64, u64, u32, u32); 3] =
    [(0, 0, 0, 0), (1, 2, 4, 3), (0xfedc_ba98_7654_3210, 0x1234_5678_9abc_def0, u32::MAX, 7)];

#[test]
fn uniform_numbers_are_the_first_words_of_rand_chachas_blocks() {
    const SAMPLES: usize = 700;
    for (seed, step, purpose, round) in KEYS {
        let device = Device::open();
        let out = device.floats(&[0.0; SAMPLES]);
        let key = Key { seed, clock: device.clock(step), purpose, round };
        device.run(&[Operation::Uniforms { key, out, samples: SAMPLES as u32 }], 1);
        let mut stream = stream(seed, step, purpose, round);
        for (sample, found) in device.numbers(out).into_iter().enumerate() {
            stream.set_word_pos(16 * sample as u128);
            let expected = (stream.next_u32() >> 8) as f32 / 16_777_216.0;
            assert_eq!(found.to_bits(), expected.to_bits(), "sample {sample}");
        }
    }
}

#[test]
fn normal_numbers_are_those_of_box_and_muller_from_every_word_of_the_stream() {
    const SAMPLES: usize = 300;
    const PER_SAMPLE: usize = 48;
    for (seed, step, purpose, round) in KEYS {
        let device = Device::open();
        let out = device.floats(&[0.0; SAMPLES * PER_SAMPLE]);
        let key = Key { seed, clock: device.clock(step), purpose, round };
        let (samples, per_sample) = (SAMPLES as u32, PER_SAMPLE as u32);
        device.run(&[Operation::Normals { key, out, samples, per_sample }], 1);
        let mut stream = stream(seed, step, purpose, round);
        for (place, pair) in device.numbers(out).chunks_exact(2).enumerate() {
            let [u, v] =
                [1.0, 0.0].map(|more| (f64::from(stream.next_u32() >> 8) + more) / 16_777_216.0);
            let (sine, cosine) = (std::f64::consts::TAU * v).sin_cos();
            for (&found, part) in pair.iter().zip([cosine, sine]) {
                let expected = (-2.0 * u.ln()).sqrt() * part;
                let off = (f64::from(found) - expected).abs();
                assert!(off <= 1e-6 * (1.0 + expected.abs()), "pair {place}: {found}, {expected}");
            }
        }
    }
}
