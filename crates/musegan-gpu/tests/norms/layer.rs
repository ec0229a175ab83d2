//! Layer norm: forwards against its formula, the rest against the derivatives of that.
use crate::arena::{Arena, Done, Part};
use crate::hyper::Hyper;
use crate::{assert_near, assert_within, cases};
use case::{Case, Sizes, Tape, forward};
use musegan_device::Operation;
use musegan_device::operation::LayerNorm;
use proptest::prelude::*;

mod case;

impl Case {
    /// Derivatives of `Σ d_out·out + Σ d_out_tangents·(tangent of out)` along what `seed` marks in a
    /// sample's values and its group's parameters.
    fn slope(
        &self,
        at: (usize, usize),
        pair: bool,
        seed: impl FnOnce(&mut [Hyper], &mut [Hyper]),
    ) -> f64 {
        let (mut x, mut affine) = self.inputs(at);
        seed(&mut x, &mut affine);
        let (_, out, _) = forward(&x, &affine);
        let of = |(place, out): (usize, Hyper)| {
            let second = f64::from(self.d_out[place]) * out.second;
            let both = f64::from(self.d_out_tangents[place]) * out.both;
            if pair { second + both } else { second }
        };
        self.places(at).into_iter().zip(out).map(of).sum()
    }

    /// Checks what an operation wrote for a sample: gradients at values, at tangents if it has them,
    /// and at parameters, each at a few places.
    fn check(&self, at: (usize, usize), d: &[f32], d_tangents: Option<&[f32]>, shares: &[f32]) {
        let pair = d_tangents.is_some();
        let (len, rows) = (d.len(), f64::from(self.norm.rows));
        let Sizes { u, w, scale, rate, .. } = self.largest(at);
        // Numbers of this size may cancel one another; all of d_out, gamma and so on are below 1.
        let (back, mixed) = (scale * (1.0 + u), if pair { rate + w } else { 0.0 });
        let some: Vec<_> = (0..len).step_by(len.div_ceil(40)).chain([len - 1]).collect();
        let pick = |from: &[f32]| some.iter().map(|&i| from[i]).collect::<Vec<_>>();
        let slopes = |seed: fn(&mut Hyper)| -> Vec<f64> {
            some.iter().map(|&i| self.slope(at, pair, |x, _| seed(&mut x[i]))).collect()
        };
        let distance = 2e-6 * back * (1.0 + mixed);
        assert_within("d_values", &pick(d), &slopes(|x| x.second = 1.0), distance);
        if let Some(d_tangents) = d_tangents {
            assert_within("d_tangents", &pick(d_tangents), &slopes(|x| x.both = 1.0), 2e-6 * back);
        }
        let channels = shares.len() / 3;
        let sums = 2e-6 * (1.0 + u + mixed) * rows.sqrt();
        let bounds = [("d_bias", distance * rows), ("d_gamma", sums), ("d_beta", sums)];
        for (part, (what, distance)) in bounds.into_iter().enumerate() {
            let places = (part * channels..(part + 1) * channels).step_by(channels.div_ceil(20));
            let slope = |i: usize| self.slope(at, pair, |_, affine| affine[i].second = 1.0);
            let found: Vec<_> = places.clone().map(|i| shares[i]).collect();
            assert_within(what, &found, &places.map(slope).collect::<Vec<_>>(), distance);
        }
    }

    fn check_all(&self) {
        self.check_forward();
        self.check_tangent();
        self.check_backward();
        self.check_pair();
    }

    fn check_forward(&self) {
        let mut arena = Arena::default();
        let (affine, values) = (arena.read(&self.affine), arena.change(&self.x));
        let out = arena.write_at(self.d_out.len(), self.all_places());
        let deviations = arena.write(self.samples().count());
        let done = arena.compute(|at| Operation::LayerNormForward {
            norm: LayerNorm { affine: at(affine), ..self.norm },
            values: at(values),
            out: at(out),
            deviations: at(deviations),
        });
        for (index, at) in self.samples().enumerate() {
            let (x, affine) = self.inputs(at);
            let (u, expected, deviation) = forward(&x, &affine);
            let of = |numbers: &[Hyper]| numbers.iter().map(|n| n.value).collect::<Vec<_>>();
            let found: Vec<_> = self.places(at).iter().map(|&i| done.part(out)[i]).collect();
            assert_near("u", self.own(done.part(values), at), &of(&u), 3e-6);
            assert_near("out", &found, &of(&expected), 3e-6);
            let found = done.part(deviations)[index];
            assert_near("deviation", &[found], &[deviation.value], 3e-6);
        }
    }

    fn check_tangent(&self) {
        let (mut arena, tape) = (Arena::default(), self.tape());
        let parts = self.read_tape(&mut arena, &tape);
        let tangents = arena.change(&self.tangents);
        let out_tangents = arena.write_at(self.d_out.len(), self.all_places());
        let rates = arena.write(self.samples().count());
        let done = arena.compute(|at| Operation::LayerNormTangent {
            norm: LayerNorm { affine: at(parts[0]), ..self.norm },
            normalised: at(parts[1]),
            out: at(parts[2]),
            deviations: at(parts[3]),
            tangents: at(tangents),
            out_tangents: at(out_tangents),
            rates: at(rates),
        });
        for (index, at) in self.samples().enumerate() {
            let (x, affine) = self.inputs(at);
            let (u, out, deviation) = forward(&x, &affine);
            let of = |numbers: &[Hyper]| numbers.iter().map(|n| n.first).collect::<Vec<_>>();
            let places = self.places(at);
            let found: Vec<_> = places.iter().map(|&i| done.part(out_tangents)[i]).collect();
            let sizes = self.largest(at);
            let distance = 2e-6 * sizes.scale * (1.0 + sizes.u);
            assert_within("w", self.own(done.part(tangents), at), &of(&u), distance);
            assert_within("tangent of out", &found, &of(&out), distance);
            let rate = deviation.first / (deviation.value + 1e-5);
            let distance = 2e-6 * sizes.u * sizes.stretch;
            assert_within("rate", &[done.part(rates)[index]], &[rate], distance);
        }
    }

    fn read_tape(&self, arena: &mut Arena, tape: &Tape) -> [Part; 4] {
        [&self.affine, &tape.normalised, &tape.out, &tape.deviations].map(|all| arena.read(all))
    }

    /// A sample's d_values, or what lies as they do, and its shares.
    fn results<'a>(&self, done: &'a Done, at: (usize, usize), parts: [Part; 2]) -> [&'a [f32]; 2] {
        let [_, samples, _, channels] = self.sizes();
        let index = at.0 * samples + at.1;
        let shares = &done.part(parts[1])[3 * channels * index..][..3 * channels];
        [self.own(done.part(parts[0]), at), shares]
    }

    fn check_backward(&self) {
        let tape = self.tape();
        let mut only = None;
        for asked in [true, false] {
            let mut arena = Arena::default();
            let parts = self.read_tape(&mut arena, &tape);
            let (d_out, d_values) = (arena.read(&self.d_out), arena.write(self.x.len()));
            let d_affine = arena.write(self.samples().count() * 3 * self.sizes()[3]);
            let done = arena.compute(|at| Operation::LayerNormBackward {
                norm: LayerNorm { affine: at(parts[0]), ..self.norm },
                normalised: at(parts[1]),
                out: at(parts[2]),
                deviations: at(parts[3]),
                d_out: at(d_out),
                d_values: at(d_values),
                d_affine: asked.then(|| at(d_affine)),
            });
            let found = done.part(d_values).to_vec();
            assert_eq!(*only.get_or_insert(found.clone()), found);
            if asked {
                for at in self.samples() {
                    let [d, shares] = self.results(&done, at, [d_values, d_affine]);
                    self.check(at, d, None, shares);
                }
            } else {
                assert!(done.part(d_affine).iter().all(|share| share.is_nan()));
            }
        }
    }

    fn check_pair(&self) {
        let (mut arena, tape) = (Arena::default(), self.tape());
        let parts = self.read_tape(&mut arena, &tape);
        let (tangents, rates) = (arena.read(&tape.w), arena.read(&tape.rates));
        let (d_out, d_out_t) = (arena.read(&self.d_out), arena.read(&self.d_out_tangents));
        let [d_values, d_tangents] = [0; 2].map(|_| arena.write(self.x.len()));
        let d_affine = arena.write(self.samples().count() * 3 * self.sizes()[3]);
        let done = arena.compute(|at| Operation::LayerNormBackwardPair {
            norm: LayerNorm { affine: at(parts[0]), ..self.norm },
            normalised: at(parts[1]),
            out: at(parts[2]),
            deviations: at(parts[3]),
            tangents: at(tangents),
            rates: at(rates),
            d_out: at(d_out),
            d_out_tangents: at(d_out_t),
            d_values: at(d_values),
            d_tangents: at(d_tangents),
            d_affine: at(d_affine),
        });
        for at in self.samples() {
            let [d, shares] = self.results(&done, at, [d_values, d_affine]);
            let d_t = self.own(done.part(d_tangents), at);
            self.check(at, d, Some(d_t), shares);
        }
    }
}

#[test]
fn the_critics_layers_are_as_their_formulas_and_derivatives_say() {
    // Groups, samples, rows and channels; whether groups share rows.
    let shapes = [
        ([5, 2, 384, 16], false),
        ([5, 3, 96, 16], true),
        ([1, 2, 64, 64], false),
        ([1, 2, 16, 64], false),
        ([1, 3, 4, 128], false),
        ([1, 3, 3, 128], false),
        ([1, 5, 1, 256], false),
    ];
    for (shape, joined) in shapes {
        Case::new(shape, 0, joined).check_all();
    }
}

#[test]
fn samples_too_long_to_be_kept_are_as_right() {
    for shape in [[2, 2, 385, 16], [1, 1, 25, 256], [1, 2, 6145, 1], [2, 1, 83, 90]] {
        Case::new(shape, 1, true).check_all();
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn any_shape_is_as_its_formula_and_derivatives_say(
        (groups, samples) in (1usize..4, 1usize..4),
        (rows, channels) in prop_oneof![
            (2usize..60, Just(1usize)),
            (1usize..30, 3usize..40),
            (1usize..5, 120usize..=256),
        ],
        (gap, joined) in (0usize..3, any::<bool>()),
    ) {
        Case::new([groups, samples, rows, channels], gap, joined).check_all();
    }
}

#[test]
fn samples_that_hardly_vary_are_as_right() {
    // Deviations around and far below the 1e-5 that is added to them.
    for scale in [1e-4, 1e-5, 1e-7] {
        let mut case = Case::new([2, 2, 20, 16], 1, true);
        case.x.iter_mut().for_each(|x| *x *= scale);
        case.affine.chunks_mut(3 * 16 + 1).for_each(|affine| affine[..16].fill(0.0));
        case.check_all();
    }
}

#[test]
fn a_sample_without_any_variation_has_finite_gradients() {
    let mut case = Case::new([1, 1, 8, 16], 0, false);
    case.x.fill(0.0);
    case.affine[..16].fill(0.0);
    let (affine, d_out, n) = (&case.affine, &case.d_out, case.x.len());
    let out: Vec<f32> = (0..n)
        .map(|i| affine[32 + i % 16])
        .map(|beta| if beta > 0.0 { beta } else { 0.01 * beta })
        .collect();
    let mut arena = Arena::default();
    let parts = [affine, &vec![0.0; n], &out, &vec![0.0]].map(|all| arena.read(all));
    let (d_out_part, d_values) = (arena.read(d_out), arena.write(n));
    let done = arena.compute(|at| Operation::LayerNormBackward {
        norm: LayerNorm { affine: at(parts[0]), ..case.norm },
        normalised: at(parts[1]),
        out: at(parts[2]),
        deviations: at(parts[3]),
        d_out: at(d_out_part),
        d_values: at(d_values),
        d_affine: None,
    });
    let slope = |i: usize| if out[i] > 0.0 { 1.0 } else { 0.01 };
    let a = |i: usize| f64::from(affine[16 + i % 16]) * slope(i) * f64::from(d_out[i]);
    let mean = (0..n).map(a).sum::<f64>() / n as f64;
    let expected: Vec<_> = (0..n).map(|i| (a(i) - mean) / 1e-5).collect();
    assert_near("d_values", done.part(d_values), &expected, 1e-5);
}
