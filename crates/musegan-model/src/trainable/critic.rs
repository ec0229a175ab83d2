//! The tutorial's critic (204,321 parameters) with its derivatives: scores, gradients of weights
//! and input, and the tangent of the scores along a direction with the gradients of that.
//!
//! The last pair replaces second derivatives. The gradient penalty's gradient in the weights is
//! that of `Σ c·(v·∇ₓD)` with `v = ∇ₓD/‖∇ₓD‖` and c held fixed, and `v·∇ₓD(x)` is the tangent of D
//! at x along v. What must stay true: it equals the double backward pass of [`super::plain`].
use super::layer_norm::{self, PairTape};
use super::stage::Stage;
use crate::layout::{Initial, Layout};
use block::{Activation, Block, Source, block};
use musegan_score::Track;
use std::ops::Range;

mod block;
pub mod operations;

/// Channels that the five tracks are joined to.
const JOINED: usize = Track::COUNT * 16;
/// Positions of the joined tensor: 16 beats of 6 octaves.
const POSITIONS: usize = 96;
/// Inputs of the last, dense layer.
const DENSE: usize = 256;
/// Features of a phrase, from which its score is made: the activation of the last convolution.
pub const FEATURES: usize = DENSE;

/// A batch of rolls in the order of [`super::cells`], one slice per track.
pub type Cells<'a> = [&'a [f32]; Track::COUNT];

/// What the critic is made of, besides what the tutorial's always has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Whether convolutions are followed by layer norm, as the tutorial's are. Without it the scale
    /// of their weights is that of what they give.
    pub layer_norm: bool,
    /// Whether scores have a term for how much the phrases of a batch differ: the weight
    /// `spread.weight` of one number that is the caller's ([`super::Spread`]).
    pub spread: bool,
}

impl Default for Form {
    fn default() -> Self {
        Self { layer_norm: true, spread: false }
    }
}

/// The critic's structure. Weights are passed to each call: one flat vector in the order of
/// [`layout`](Self::layout).
pub struct Critic {
    layout: Layout,
    /// Per track, over an octave.
    octaves: [Block; Track::COUNT],
    /// Per track, over a beat, after the octaves.
    beats: [Block; Track::COUNT],
    trunk: [Block; 5],
    dense_weight: Range<usize>,
    dense_bias: usize,
    spread_weight: Option<usize>,
}

/// What a forward pass leaves for the passes back. Allocated once, used for every step.
pub struct Tape {
    samples: usize,
    octaves: [Activation; Track::COUNT],
    beats: [Activation; Track::COUNT],
    joined: Vec<f32>,
    trunk: [Activation; 5],
    scores: Vec<f32>,
}

/// Room for the gradients that flow back through a batch.
pub struct Flow {
    joined: Vec<f32>,
    out: Vec<f32>,
    before: Vec<f32>,
}

/// What a backward pass is for.
pub enum Want<'a> {
    /// The gradient of the weights, which is added to: a vector in the order of the layout.
    Weights(&'a mut [f32]),
    /// The gradient at the input, which is written: one slice per track, as [`Cells`].
    Cells(&'a mut [Vec<f32>; Track::COUNT]),
}

impl Default for Critic {
    fn default() -> Self {
        Self::new()
    }
}

impl Critic {
    /// The tutorial's critic.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Form::default())
    }

    /// A critic of this form.
    #[must_use]
    pub fn of(form: Form) -> Self {
        let mut layout = Layout::default();
        let norm = form.layer_norm;
        let octave = Stage::plain(384, 12, 16);
        let beat = Stage::plain(POSITIONS, 64, 16);
        let octaves = std::array::from_fn(|track| {
            block(&mut layout, norm, &format!("a.{track}"), octave, 1, [1, 1, 12], (16, 16))
        });
        let beats = std::array::from_fn(|track| {
            block(&mut layout, norm, &format!("b.{track}"), beat, 16, [1, 4, 1], (16, JOINED))
        });
        let mut trunk = |index: usize, stage, channels_in, kernel, channels| {
            let name = format!("trunk.{index}");
            block(&mut layout, norm, &name, stage, channels_in, kernel, (channels, channels))
        };
        let trunk = [
            trunk(0, Stage::sliding(16, (240, 80, 480), (64, 64, 256), 4), 80, [1, 1, 3], 64),
            trunk(1, Stage::plain(16, 256, 64), 64, [1, 1, 4], 64),
            trunk(2, Stage::plain(4, 256, 128), 64, [1, 4, 1], 128),
            trunk(3, Stage::sliding(1, (256, 128, 512), (128, 128, 384), 3), 128, [2, 1, 1], 128),
            trunk(4, Stage::plain(1, 384, 256), 128, [3, 1, 1], DENSE),
        ];
        let spread = Initial::Uniform(-1.0 / 16.0, 1.0 / 16.0);
        let dense_weight = layout.push("dense.weight".into(), &[1, DENSE], &[0, 1], spread);
        let dense_bias = layout.push_vector("dense.bias".into(), 1, spread).start;
        let spread_weight =
            form.spread.then(|| layout.push_vector("spread.weight".into(), 1, spread).start);
        Self { layout, octaves, beats, trunk, dense_weight, dense_bias, spread_weight }
    }

    /// Names, shapes and beginnings of the parameters.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Where the weight of the batch's spread lies in the vector of weights, if the scores have it.
    #[must_use]
    pub const fn spread_weight(&self) -> Option<usize> {
        self.spread_weight
    }

    /// Scores a batch; they are left in the tape, without the term for its spread.
    ///
    /// # Panics
    /// When a slice does not have the size of the tape's batch.
    pub fn forward(&self, weights: &[f32], cells: Cells<'_>, tape: &mut Tape) {
        let n = tape.samples;
        for (track, (octave, beat)) in self.octaves.iter().zip(&self.beats).enumerate() {
            let (first, second) = (&mut tape.octaves[track], &mut tape.beats[track]);
            octave.forward(n, weights, cells[track], first);
            beat.stage.forward(
                n,
                &first.out,
                &weights[beat.weight.clone()],
                &mut second.normalised,
            );
            layer_norm::forward(
                beat.shape,
                beat.affine(weights),
                &mut second.normalised,
                &mut tape.joined[track * 16..],
                &mut second.per_sample,
            );
        }
        for (index, block) in self.trunk.iter().enumerate() {
            let (before, after) = tape.trunk.split_at_mut(index);
            let input = before.last().map_or(&tape.joined, |a| &a.out);
            block.forward(n, weights, input, &mut after[0]);
        }
        let dense = &weights[self.dense_weight.clone()];
        for (score, top) in tape.scores.iter_mut().zip(tape.trunk[4].out.chunks_exact(DENSE)) {
            *score = weights[self.dense_bias] + dot(dense, top);
        }
    }

    /// The gradient of `Σ d_scores·D(x)`, and of whatever has the gradient `d_features` at the
    /// features.
    ///
    /// # Panics
    /// When a slice does not have the size of the tape's batch.
    pub fn backward(
        &self,
        weights: &[f32],
        cells: Cells<'_>,
        tape: &Tape,
        (d_scores, d_features): (&[f32], Option<&[f32]>),
        flow: &mut Flow,
        mut want: Want<'_>,
    ) {
        let n = tape.samples;
        assert_eq!(d_scores.len(), n);
        let dense = &weights[self.dense_weight.clone()];
        let Flow { joined, out, before } = flow;
        outer(d_scores, dense, out);
        add(&mut out[..n * DENSE], d_features);
        if let Want::Weights(gradient) = &mut want {
            for (&d, top) in d_scores.iter().zip(tape.trunk[4].out.chunks_exact(DENSE)) {
                gradient[self.dense_bias] += d;
                scaled_add(&mut gradient[self.dense_weight.clone()], d, top);
            }
        }
        for (index, block) in self.trunk.iter().enumerate().rev() {
            let input = if index == 0 { &tape.joined } else { &tape.trunk[index - 1].out };
            let activation = &tape.trunk[index];
            let d = &mut before[..n * block.stage.outputs()];
            block.backward(weights, activation.tape(), out, d, &mut want);
            if let Want::Weights(gradient) = &mut want {
                block.stage.weight_gradient(n, input, d, &mut gradient[block.weight.clone()]);
            }
            let target = if index == 0 { &mut *joined } else { &mut *out };
            let target = &mut target[..n * block.stage.inputs()];
            block.stage.input_gradient(n, d, &weights[block.weight.clone()], target);
        }
        for (track, (octave, beat)) in self.octaves.iter().zip(&self.beats).enumerate() {
            let (first, second) = (&tape.octaves[track], &tape.beats[track]);
            let d = &mut before[..n * beat.stage.outputs()];
            let tape = (&second.normalised[..], &tape.joined[track * 16..], &second.per_sample[..]);
            beat.backward(weights, tape, &joined[track * 16..], d, &mut want);
            if let Want::Weights(gradient) = &mut want {
                beat.stage.weight_gradient(n, &first.out, d, &mut gradient[beat.weight.clone()]);
            }
            beat.stage.input_gradient(n, d, &weights[beat.weight.clone()], out);
            let d = &mut before[..n * octave.stage.outputs()];
            octave.backward(weights, first.tape(), out, d, &mut want);
            match &mut want {
                Want::Weights(gradient) => {
                    let gradient = &mut gradient[octave.weight.clone()];
                    octave.stage.weight_gradient(n, cells[track], d, gradient);
                }
                Want::Cells(d_cells) => {
                    let weight = &weights[octave.weight.clone()];
                    octave.stage.input_gradient(n, d, weight, &mut d_cells[track]);
                }
            }
        }
    }

    /// The tangent of the scores along `direction`, after [`forward`](Self::forward) on the same
    /// batch; left in `tangents.scores()`.
    ///
    /// # Panics
    /// When a slice does not have the size of the tape's batch.
    pub fn tangent(&self, weights: &[f32], direction: Cells<'_>, tape: &Tape, tangents: &mut Tape) {
        let n = tape.samples;
        for (track, (octave, beat)) in self.octaves.iter().zip(&self.beats).enumerate() {
            let (first, second) = (&mut tangents.octaves[track], &mut tangents.beats[track]);
            octave.tangent(n, weights, direction[track], &tape.octaves[track], first);
            let weight = &weights[beat.weight.clone()];
            beat.stage.forward(n, &first.out, weight, &mut second.normalised);
            let value = &tape.beats[track];
            layer_norm::tangent(
                beat.shape,
                beat.affine(weights),
                (&value.normalised, &tape.joined[track * 16..], &value.per_sample),
                &mut second.normalised,
                &mut tangents.joined[track * 16..],
                &mut second.per_sample,
            );
        }
        for (index, block) in self.trunk.iter().enumerate() {
            let (before, after) = tangents.trunk.split_at_mut(index);
            let input = before.last().map_or(&tangents.joined, |a| &a.out);
            block.tangent(n, weights, input, &tape.trunk[index], &mut after[0]);
        }
        let dense = &weights[self.dense_weight.clone()];
        for (score, top) in
            tangents.scores.iter_mut().zip(tangents.trunk[4].out.chunks_exact(DENSE))
        {
            *score = dot(dense, top);
        }
    }

    /// Adds the gradient of `Σ d_tangents·(tangent of D)` in the weights to `gradient`, and that of
    /// whatever has these gradients at the features and at their tangents.
    ///
    /// # Panics
    /// When a slice does not have the size of the tapes' batch.
    pub fn backward_tangent(
        &self,
        weights: &[f32],
        (cells, direction): (Cells<'_>, Cells<'_>),
        (tape, tangents): (&Tape, &Tape),
        (d_tangents, d_features): (&[f32], Option<[&[f32]; 2]>),
        (flow, flow_t): (&mut Flow, &mut Flow),
        gradient: &mut [f32],
    ) {
        let n = tape.samples;
        assert_eq!(d_tangents.len(), n);
        let dense = &weights[self.dense_weight.clone()];
        flow.out[..n * DENSE].fill(0.0);
        outer(d_tangents, dense, &mut flow_t.out);
        for (flow, part) in [(&mut *flow, 0), (&mut *flow_t, 1)] {
            add(&mut flow.out[..n * DENSE], d_features.map(|both| both[part]));
        }
        for (&d, top) in d_tangents.iter().zip(tangents.trunk[4].out.chunks_exact(DENSE)) {
            scaled_add(&mut gradient[self.dense_weight.clone()], d, top);
        }
        for (index, block) in self.trunk.iter().enumerate().rev() {
            let (input, input_t) = match index.checked_sub(1) {
                None => (&tape.joined, &tangents.joined),
                Some(below) => (&tape.trunk[below].out, &tangents.trunk[below].out),
            };
            let pair = PairTape {
                value: tape.trunk[index].tape(),
                tangent: tangents.trunk[index].tangent_tape(),
            };
            block.backward_pair(weights, pair, (flow, flow_t), Source::Out, gradient, n);
            for (flow, input) in [(&mut *flow, input), (&mut *flow_t, input_t)] {
                let d = &flow.before[..n * block.stage.outputs()];
                block.stage.weight_gradient(n, input, d, &mut gradient[block.weight.clone()]);
                let target = if index == 0 { &mut flow.joined } else { &mut flow.out };
                let target = &mut target[..n * block.stage.inputs()];
                block.stage.input_gradient(n, d, &weights[block.weight.clone()], target);
            }
        }
        for (track, (octave, beat)) in self.octaves.iter().zip(&self.beats).enumerate() {
            let (first, second) = (&tape.octaves[track], &tape.beats[track]);
            let (first_t, second_t) = (&tangents.octaves[track], &tangents.beats[track]);
            let pair = PairTape {
                value: (&second.normalised, &tape.joined[track * 16..], &second.per_sample),
                tangent: second_t.tangent_tape(),
            };
            beat.backward_pair(
                weights,
                pair,
                (flow, flow_t),
                Source::Joined(track * 16),
                gradient,
                n,
            );
            for (flow, input) in [(&mut *flow, first), (&mut *flow_t, first_t)] {
                let d = &flow.before[..n * beat.stage.outputs()];
                beat.stage.weight_gradient(n, &input.out, d, &mut gradient[beat.weight.clone()]);
                beat.stage.input_gradient(n, d, &weights[beat.weight.clone()], &mut flow.out);
            }
            let pair = PairTape { value: first.tape(), tangent: first_t.tangent_tape() };
            octave.backward_pair(weights, pair, (flow, flow_t), Source::Out, gradient, n);
            for (flow, input) in [(&mut *flow, cells[track]), (&mut *flow_t, direction[track])] {
                let d = &flow.before[..n * octave.stage.outputs()];
                octave.stage.weight_gradient(n, input, d, &mut gradient[octave.weight.clone()]);
            }
        }
    }
}

impl Flow {
    /// Room for a batch of `samples`.
    #[must_use]
    pub fn new(samples: usize) -> Self {
        let largest = samples * 384 * 16;
        Self {
            joined: vec![0.0; samples * POSITIONS * JOINED],
            out: vec![0.0; largest.max(samples * POSITIONS * JOINED)],
            before: vec![0.0; largest],
        }
    }
}

impl Tape {
    /// Room for a batch of `samples`.
    #[must_use]
    pub fn new(samples: usize) -> Self {
        let activation = |values, outputs| Activation::new(samples, values, outputs);
        let critic = Critic::new();
        Self {
            samples,
            octaves: std::array::from_fn(|_| activation(384 * 16, 384 * 16)),
            beats: std::array::from_fn(|_| activation(POSITIONS * 16, 0)),
            joined: vec![0.0; samples * POSITIONS * JOINED],
            trunk: critic.trunk.map(|b| activation(b.stage.outputs(), b.stage.outputs())),
            scores: vec![0.0; samples],
        }
    }

    /// The scores of the last forward pass, or the tangents of the scores, one per sample.
    #[must_use]
    pub fn scores(&self) -> &[f32] {
        &self.scores
    }

    /// The features of the last forward pass, or their tangents: [`FEATURES`] of each sample.
    #[must_use]
    pub fn features(&self) -> &[f32] {
        &self.trunk[4].out
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Writes `column · row`, a row per element of `column`.
fn outer(column: &[f32], row: &[f32], out: &mut [f32]) {
    for (&factor, out) in column.iter().zip(out.chunks_exact_mut(row.len())) {
        for (out, value) in out.iter_mut().zip(row) {
            *out = factor * value;
        }
    }
}

fn add(to: &mut [f32], from: Option<&[f32]>) {
    let Some(from) = from else { return };
    assert_eq!(to.len(), from.len());
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

fn scaled_add(to: &mut [f32], factor: f32, from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}
