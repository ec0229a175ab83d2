//! The optimiser, against the formulas of the CPU's, number by number.
use crate::device::{Device, bits};
use crate::stream;
use musegan_device::operation::Adam;
use musegan_device::{Operation, Slice};
use rand_chacha::rand_core::RngCore;

const BETAS: [f64; 2] = [0.5, 0.9];
const RATE: f64 = 1e-3;
const RATE_END: f64 = 0.1;
/// Fewer than are taken, so that the rate's end is reached.
const STEPS: u64 = 40;

/// Numbers of very different sizes.
fn numbers(len: usize, seed: u64) -> Vec<f32> {
    let mut chance = stream(seed, 0, 0, 0);
    let number = |_| {
        let scale = 10f32.powi((chance.next_u32() % 7) as i32 - 5);
        scale * (chance.next_u32() as i32 as f32 / 2_147_483_648.0)
    };
    (0..len).map(number).collect()
}

/// Weights, moments and what is broken.
struct Network {
    weights: Slice,
    gradient: Slice,
    first: Slice,
    second: Slice,
    clock: Slice,
    broken: Slice,
    len: usize,
}

const BROKEN: u32 = 300;

impl Network {
    fn new(device: &Device, len: usize, step: u64) -> Self {
        let zeros = vec![0.0; len];
        Self {
            weights: device.floats(&numbers(len, 1)),
            gradient: device.floats(&zeros),
            first: device.floats(&zeros),
            second: device.floats(&zeros),
            clock: device.clock(step),
            broken: device.words(&[0; BROKEN as usize]),
            len,
        }
    }

    fn adam(&self, per_step: u32, round: u32) -> Operation {
        let &Self { weights, gradient, first, second, clock, broken, len } = self;
        Operation::Adam(Adam {
            weights,
            gradient,
            first,
            second,
            len: len as u32,
            clock,
            per_step,
            round,
            rate: RATE,
            rate_end: RATE_END,
            steps: STEPS,
            betas: BETAS,
            broken,
            broken_count: BROKEN,
        })
    }

    fn average(&self, average: Slice, decay: f64) -> Operation {
        let &Self { weights, clock, broken, .. } = self;
        let (len, broken_count) = (self.len as u32, BROKEN);
        Operation::Average { average, weights, len, decay, clock, broken, broken_count }
    }

    fn advance(&self) -> Operation {
        Operation::Advance { clock: self.clock, broken: self.broken, broken_count: BROKEN }
    }
}

/// Adam's step `taken`, from 1, at the clock's step `step`.
fn adam([w, m, v]: [&mut f32; 3], g: f32, step: u64, taken: u64) {
    let [beta1, beta2] = BETAS;
    let done = (step as f64 / STEPS as f64).min(1.0);
    let rate = RATE * (1.0 - done * (1.0 - RATE_END));
    let pace = (rate / (1.0 - beta1.powf(taken as f64))) as f32;
    let correction = (1.0 / (1.0 - beta2.powf(taken as f64)).sqrt()) as f32;
    let (keep1, keep2) = (beta1 as f32, beta2 as f32);
    *m = keep1 * *m + (1.0 - keep1) * g;
    *v = keep2 * *v + (1.0 - keep2) * g * g;
    *w -= pace * *m / (v.sqrt() * correction + 1e-8);
}

#[track_caller]
fn assert_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        let off = (found - expected).abs();
        assert!(off <= 1e-6 * expected.abs(), "{place}: {found}, not {expected}");
    }
}

#[test]
fn adam_moves_weights_as_the_cpu_does_through_rounds_steps_and_the_sinking_rate() {
    // More elements than the largest grid has threads, and fewer than a block has.
    for (len, steps, per_step) in [(17, 50, 1), (1000, 25, 2), (263_000, 2, 2)] {
        let device = Device::open();
        let network = Network::new(&device, len, 0);
        let mut weights = numbers(len, 1);
        let (mut first, mut second) = (vec![0.0; len], vec![0.0; len]);
        for step in 0..steps {
            for round in 0..per_step {
                let taken = step * u64::from(per_step) + u64::from(round) + 1;
                let gradient = numbers(len, 100 + taken);
                device.set(network.gradient, &bits(&gradient));
                device.run(&[network.adam(per_step, round)], 1);
                let moments = first.iter_mut().zip(&mut second);
                for ((w, g), (m, v)) in weights.iter_mut().zip(gradient).zip(moments) {
                    adam([w, m, v], g, step, taken);
                }
            }
            device.run(&[network.advance()], 1);
        }
        assert_close(&device.numbers(network.first), &first);
        assert_close(&device.numbers(network.second), &second);
        assert_close(&device.numbers(network.weights), &weights);
        assert_eq!(device.read(network.clock), [steps as u32, 0]);
    }
}

#[test]
fn the_average_follows_the_weights_quickly_at_first_and_slowly_later() {
    const DECAY: f64 = 0.99;
    for step in [0, 3, 100, 5000, u64::MAX - 1] {
        let device = Device::open();
        let network = Network::new(&device, 300_000, step);
        let before = numbers(300_000, 2);
        let average = device.floats(&before);
        device.run(&[network.average(average, DECAY)], 1);
        let keep = DECAY.min((1.0 + step as f64) / (10.0 + step as f64)) as f32;
        let expected: Vec<f32> = before
            .iter()
            .zip(numbers(300_000, 1))
            .map(|(average, weight)| average + (1.0 - keep) * (weight - average))
            .collect();
        assert!(device.read(average) == bits(&expected), "step {step}");
    }
}

#[test]
fn the_clock_counts_beyond_one_word() {
    let device = Device::open();
    let network = Network::new(&device, 1, u64::from(u32::MAX) - 1);
    device.run(&[network.advance()], 3);
    assert_eq!(device.read(network.clock), [1, 1]);
}

#[test]
fn nothing_moves_once_anything_is_broken() {
    for place in [0, 1, 255, 256, BROKEN as usize - 1] {
        let device = Device::open();
        let network = Network::new(&device, 700, 9);
        device.set(network.gradient, &bits(&numbers(700, 3)));
        let average = device.floats(&numbers(700, 4));
        device.set(network.broken.at(place), &[1]);
        let all = [network.weights, network.first, network.second, network.clock, average];
        let before = all.map(|slice| device.read(slice));
        device.run(&[network.adam(1, 0), network.average(average, 0.9), network.advance()], 2);
        assert!(all.map(|slice| device.read(slice)) == before, "broken at {place}");
        device.set(network.broken.at(place), &[0]);
        device.run(&[network.adam(1, 0), network.average(average, 0.9), network.advance()], 1);
        for (slice, before) in all.into_iter().zip(before) {
            assert!(device.read(slice) != before, "nothing is broken any more");
        }
    }
}

#[test]
fn guard_marks_the_ranges_that_are_not_finite_with_the_step_of_their_first_break() {
    let device = Device::open();
    let clock = device.clock(7);
    let mut values = numbers(50_000, 5);
    // Neighbours, one element, none, a long one, and one whose sum alone is not finite.
    let ranges = [[0, 10], [10, 1], [11, 0], [11, 40_000], [40_011, 2], [40_013, 9987]];
    let reach = 50_000;
    values[40_010] = f32::NAN;
    values[40_011..40_013].fill(f32::MAX);
    let values_at = device.floats(&values);
    let ranges_at = device.words(ranges.as_flattened());
    let broken = device.words(&[0; 6]);
    let count = ranges.len() as u32;
    let guard =
        [Operation::Guard { values: values_at, ranges: ranges_at, count, reach, broken, clock }];
    device.run(&guard, 1);
    assert_eq!(device.read(broken), [0, 0, 0, 8, 8, 0]);

    values[10] = f32::NEG_INFINITY;
    device.set(values_at, &bits(&values));
    device.set(clock, &[u32::MAX, 5]);
    device.run(&guard, 1);
    assert_eq!(device.read(broken), [0, u32::MAX, 0, 8, 8, 0]);

    // What reaches beyond the values is not looked at.
    device.set(ranges_at, &[60_000, 10, 49_999, u32::MAX, u32::MAX, u32::MAX]);
    device.set(broken, &[0; 6]);
    device.set(values_at, &vec![0; 50_000]);
    device.run(&guard, 1);
    assert_eq!(device.read(broken), [0; 6]);
}
