//! Batch norm: forwards against its formula, backwards against the derivatives of that, in one launch
//! and in two.
use crate::arena::Arena;
use crate::hyper::{Hyper, centred};
use crate::{assert_near, assert_within, cases, numbers};
use musegan_device::Operation;
use musegan_device::operation::{BatchNorm, Slice};
use proptest::prelude::*;

struct Case {
    norm: BatchNorm,
    /// Gamma and beta of all groups.
    affine: Vec<f32>,
    x: Vec<f32>,
    d_out: Vec<f32>,
}

/// One channel's normalised values and activation, its mean and its variance.
struct Channel {
    u: Vec<Hyper>,
    out: Vec<Hyper>,
    mean: f64,
    variance: Hyper,
}

fn forward(x: &[Hyper], gamma: Hyper, beta: Hyper) -> Channel {
    let (centred, variance) = centred(x, x.len() as f64);
    let scale = (variance + Hyper::constant(1e-5)).sqrt().inverse();
    let mean = x.iter().map(|x| x.value).sum::<f64>() / x.len() as f64;
    let u: Vec<_> = centred.iter().map(|&x| x * scale).collect();
    let cut = |y: Hyper| if y.value > 0.0 { y } else { Hyper::default() };
    let out = u.iter().map(|&u| cut(gamma * u + beta)).collect();
    Channel { u, out, mean, variance }
}

impl Case {
    fn new([groups, rows, channels]: [usize; 3], gap: usize) -> Self {
        let stride = rows * channels + gap;
        let norm = BatchNorm {
            groups: groups as u32,
            rows: rows as u32,
            channels: channels as u32,
            affine: Slice { buffer: 0, start: 0 },
            affine_stride: (2 * channels + gap) as u32,
            out_group_stride: stride as u32,
        };
        Self {
            norm,
            affine: numbers(groups * (2 * channels + gap), 1),
            x: numbers(groups * rows * channels, 2),
            d_out: numbers((groups - 1) * stride + rows * channels, 3),
        }
    }

    /// Groups, rows and channels.
    fn sizes(&self) -> [usize; 3] {
        [self.norm.groups, self.norm.rows, self.norm.channels].map(|n| n as usize)
    }

    /// Group and channel of each channel.
    fn channels(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let [groups, _, channels] = self.sizes();
        (0..groups * channels).map(move |i| (i / channels, i % channels))
    }

    /// A channel's part of what lies as the values do.
    fn own(&self, all: &[f32], (group, channel): (usize, usize)) -> Vec<f32> {
        let [_, rows, channels] = self.sizes();
        let start = group * rows * channels + channel;
        (0..rows).map(|r| all[start + r * channels]).collect()
    }

    /// Where a channel's values lie in the activation.
    fn places(&self, (group, channel): (usize, usize)) -> impl Iterator<Item = usize> + use<> {
        let [_, rows, channels] = self.sizes();
        let start = group * self.norm.out_group_stride as usize + channel;
        (0..rows).map(move |r| start + r * channels)
    }

    /// A channel's values, gamma and beta.
    fn inputs(&self, at: (usize, usize)) -> (Vec<Hyper>, Hyper, Hyper) {
        let x = self.own(&self.x, at).into_iter().map(Hyper::constant).collect();
        let affine = &self.affine[at.0 * self.norm.affine_stride as usize + at.1..];
        (x, Hyper::constant(affine[0]), Hyper::constant(affine[self.sizes()[2]]))
    }

    fn check_forward(&self) {
        let [groups, _, channels] = self.sizes();
        let mut arena = Arena::default();
        let (affine, values) = (arena.read(&self.affine), arena.change(&self.x));
        let places: Vec<_> = self.channels().flat_map(|at| self.places(at)).collect();
        let out = arena.write_at(self.d_out.len(), places);
        let statistics = arena.write(groups * 2 * channels);
        let done = arena.compute(|at| Operation::BatchNormForward {
            norm: BatchNorm { affine: at(affine), ..self.norm },
            values: at(values),
            out: at(out),
            statistics: at(statistics),
        });
        for at in self.channels() {
            let (x, gamma, beta) = self.inputs(at);
            let channel = forward(&x, gamma, beta);
            let found = &done.part(statistics)[at.0 * 2 * channels + at.1..];
            let deviation = channel.variance.value.sqrt();
            let error = (f64::from(found[0]) - channel.mean).abs();
            assert!(error <= 1e-6 * deviation.max(channel.mean.abs()), "mean off by {error:e}");
            assert_near("variance", &[found[channels]], &[channel.variance.value], 3e-6);
            let of = |numbers: &[Hyper]| numbers.iter().map(|n| n.value).collect::<Vec<_>>();
            // A mean that is large rounds the values themselves.
            let tolerance = 3e-6 + 1e-6 * channel.mean.abs() / deviation;
            let activation: Vec<_> = self.places(at).map(|i| done.part(out)[i]).collect();
            assert_near("u", &self.own(done.part(values), at), &of(&channel.u), tolerance);
            let largest = channel.u.iter().fold(0.0, |largest: f64, u| largest.max(u.value.abs()));
            let largest = largest * gamma.value.abs() + beta.value.abs();
            assert_within("out", &activation, &of(&channel.out), tolerance * largest);
        }
    }

    /// The derivative of `Σ d_out·out` along what `seed` marks in a channel's values, gamma and beta.
    fn slope(
        &self,
        at: (usize, usize),
        seed: impl FnOnce(&mut [Hyper], &mut Hyper, &mut Hyper),
    ) -> f64 {
        let (mut x, mut gamma, mut beta) = self.inputs(at);
        seed(&mut x, &mut gamma, &mut beta);
        let out = forward(&x, gamma, beta).out;
        let of = |(place, out): (usize, Hyper)| f64::from(self.d_out[place]) * out.first;
        self.places(at).zip(out).map(of).sum()
    }

    fn check_backward(&self) {
        let [groups, rows, channels] = self.sizes();
        let [mut normalised, mut out] = [self.x.clone(), vec![f32::NAN; self.d_out.len()]];
        let mut statistics = vec![0.0; groups * 2 * channels];
        for (group, c) in self.channels() {
            let (x, gamma, beta) = self.inputs((group, c));
            let channel = forward(&x, gamma, beta);
            statistics[group * 2 * channels + c] = channel.mean as f32;
            statistics[(group * 2 + 1) * channels + c] = channel.variance.value as f32;
            let places = self.places((group, c)).enumerate();
            for ((r, place), (u, y)) in places.zip(channel.u.iter().zip(&channel.out)) {
                normalised[(group * rows + r) * channels + c] = u.value as f32;
                out[place] = y.value as f32;
            }
        }
        let mut arena = Arena::default();
        let parts = [&self.affine, &normalised, &out, &statistics].map(|values| arena.read(values));
        // Where both lie alike, the gradient may be overwritten.
        let dense = self.norm.out_group_stride as usize == rows * channels;
        let d_out = if dense { arena.change(&self.d_out) } else { arena.read(&self.d_out) };
        let d_values = if dense { d_out } else { arena.write(self.x.len()) };
        let before = numbers(groups * (2 * channels + 1), 4);
        let d_affine = arena.change(&before);
        let done = arena.compute(|at| Operation::BatchNormBackward {
            norm: BatchNorm { affine: at(parts[0]), ..self.norm },
            normalised: at(parts[1]),
            out: at(parts[2]),
            statistics: at(parts[3]),
            d_out: at(d_out),
            d_values: at(d_values),
            d_affine: at(d_affine),
            d_affine_stride: 2 * channels as u32 + 1,
        });
        let step = self.channels().count().div_ceil(8);
        for at in self.channels().step_by(step) {
            let d = self.own(done.part(d_values), at);
            let some: Vec<_> = (0..rows).step_by(rows.div_ceil(12)).chain([rows - 1]).collect();
            let found: Vec<_> = some.iter().map(|&r| d[r]).collect();
            let slope = |&r: &usize| self.slope(at, |x, _, _| x[r].first = 1.0);
            let expected: Vec<_> = some.iter().map(slope).collect();
            // Gradients at a few rows nearly cancel one another.
            let largest = self.inputs(at).1.value.abs()
                / f64::from(statistics[(at.0 * 2 + 1) * channels + at.1] + 1e-5).sqrt();
            assert_within("d_values", &found, &expected, 2e-6 * largest);
            let d_gamma = self.slope(at, |_, gamma, _| gamma.first = 1.0);
            let d_beta = self.slope(at, |_, _, beta| beta.first = 1.0);
            for (i, expected) in [(0, d_gamma), (channels, d_beta)] {
                let place = at.0 * (2 * channels + 1) + i + at.1;
                let found = f64::from(done.part(d_affine)[place]) - f64::from(before[place]);
                let tolerance = 1e-6 * (rows as f64).sqrt().max(expected.abs());
                assert!((found - expected).abs() <= tolerance, "{found}, not {expected}");
            }
        }
        for group in 0..groups {
            let between = (group + 1) * (2 * channels + 1) - 1;
            assert_eq!(done.part(d_affine)[between], before[between], "not a parameter");
        }
    }
}

#[test]
fn the_generators_layers_are_as_their_formulas_and_derivatives_say() {
    // Groups, rows and channels at batch 2, 16 and others; from 1537 rows on, two launches.
    let shapes = [
        [1, 8, 256],
        [1, 64, 256],
        [1, 256, 128],
        [1, 256, 64],
        [1, 1536, 32],
        [1, 1537, 32],
        [1, 2100, 256],
        [5, 768, 16],
        [5, 2304, 16],
        [5, 9216, 1],
        [2, 20_000, 1],
    ];
    for shape in shapes {
        for gap in [0, 1] {
            let case = Case::new(shape, gap);
            case.check_forward();
            case.check_backward();
        }
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn any_shape_is_as_its_formula_and_derivatives_say(
        (groups, gap) in (1usize..4, 0usize..2),
        (rows, channels) in prop_oneof![
            (2usize..60, 1usize..=256),
            (1500usize..1800, 8usize..20),
            (12_000usize..16_000, 1usize..4),
        ],
    ) {
        let case = Case::new([groups, rows, channels], gap);
        case.check_forward();
        case.check_backward();
    }
}

#[test]
fn neither_large_means_nor_large_batches_nor_a_far_first_value_cost_digits() {
    for (rows, channels) in [(1_179_648, 1), (40_000, 3), (1000, 5)] {
        for (offset, first) in [(100.0, 0.0), (-1000.0, 0.0), (0.0, 1000.0), (0.001, -30.0)] {
            let mut case = Case::new([1, rows, channels], 0);
            case.x.iter_mut().for_each(|x| *x += offset);
            case.x[..channels].iter_mut().for_each(|x| *x += first);
            case.check_forward();
        }
    }
}

#[test]
fn running_statistics_move_by_their_share_towards_the_batchs() {
    let (groups, channels, rows, share) = (3, 20, 7u32, 0.1f32);
    let statistics: Vec<f32> = numbers(groups * 2 * channels, 1).iter().map(|x| x.abs()).collect();
    let (bias, running) = (numbers(groups * 25, 2), numbers(groups * 43, 3));
    let mut arena = Arena::default();
    let (statistics_part, bias_part) = (arena.read(&statistics), arena.read(&bias));
    let part = arena.change(&running);
    let done = arena.compute(|at| Operation::RunningStatistics {
        statistics: at(statistics_part),
        bias: at(bias_part),
        bias_stride: 25,
        running: at(part),
        running_stride: 43,
        groups: groups as u32,
        channels: channels as u32,
        rows,
        share,
    });
    let mut expected: Vec<f64> = running.iter().map(|&x| x.into()).collect();
    for (g, c) in (0..groups * channels).map(|i| (i / channels, i % channels)) {
        let found = |i: usize| f64::from(statistics[(g * 2 + i) * channels + c]);
        let towards = [found(0) + f64::from(bias[g * 25 + c]), found(1) * 7.0 / 6.0];
        for (i, towards) in towards.into_iter().enumerate() {
            let own = &mut expected[g * 43 + i * channels + c];
            *own += f64::from(share) * (towards - *own);
        }
    }
    assert_near("running statistics", done.part(part), &expected, 1e-6);
}
