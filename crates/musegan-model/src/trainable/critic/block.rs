//! A convolution of the critic with its activation: its passes, and where its parameters lie. What
//! must stay true: as for [`layer_norm`], the passes are derivatives of one another.
use super::{DENSE, Flow, Want};
use crate::layout::{Initial, Layout};
use crate::trainable::layer_norm::{self, Affine, AffineGradient, PairTape, Shape};
use crate::trainable::stage::Stage;
use std::ops::Range;

/// A convolution with its activation, and where its parameters lie.
pub(super) struct Block {
    pub(super) stage: Stage,
    pub(super) shape: Shape,
    pub(super) weight: Range<usize>,
    /// Bias, gamma and beta, one after the other.
    pub(super) affine: Range<usize>,
}

/// One activation of a batch: normalised values (or their tangents), the activation itself, and
/// one number per sample.
pub(super) struct Activation {
    pub(super) normalised: Vec<f32>,
    pub(super) out: Vec<f32>,
    pub(super) per_sample: Vec<f32>,
}

impl Activation {
    /// Room for so many values before and after the activation.
    pub(super) fn new(samples: usize, values: usize, outputs: usize) -> Self {
        Self {
            normalised: vec![0.0; samples * values],
            out: vec![0.0; samples * outputs],
            per_sample: vec![0.0; samples],
        }
    }

    pub(super) fn tape(&self) -> (&[f32], &[f32], &[f32]) {
        (&self.normalised, &self.out, &self.per_sample)
    }

    pub(super) fn tangent_tape(&self) -> (&[f32], &[f32]) {
        (&self.normalised, &self.per_sample)
    }
}

/// Which buffer of a [`Flow`] holds the gradient at a block's activation, and from where on.
#[derive(Clone, Copy)]
pub(super) enum Source {
    Out,
    Joined(usize),
}

/// Adds a block's parameters to the layout. Two rows lie `stride` apart after the activation.
pub(super) fn block(
    layout: &mut Layout,
    is_normalised: bool,
    name: &str,
    stage: Stage,
    channels_in: usize,
    kernel: [usize; 3],
    (channels, stride): (usize, usize),
) -> Block {
    let [bars, steps, pitches] = kernel;
    let spread = 1.0 / ((channels_in * bars * steps * pitches) as f32).sqrt();
    let weight = layout.push(
        format!("{name}.conv.weight"),
        &[channels, channels_in, bars, steps, pitches],
        &[2, 3, 4, 1, 0],
        Initial::Normal(0.05),
    );
    let bias = Initial::Uniform(-spread, spread);
    let bias = layout.push_vector(format!("{name}.conv.bias"), channels, bias);
    layout.push_vector(format!("{name}.gamma"), channels, Initial::Uniform(0.0, 1.0));
    let beta = layout.push_vector(format!("{name}.beta"), channels, Initial::Constant(0.0));
    let rows = stage.outputs() / channels;
    let shape = Shape { rows, channels, stride, is_normalised };
    Block { stage, shape, weight, affine: bias.start..beta.end }
}

impl Block {
    pub(super) fn affine<'a>(&self, weights: &'a [f32]) -> Affine<'a> {
        let (bias, rest) = weights[self.affine.clone()].split_at(self.shape.channels);
        let (gamma, beta) = rest.split_at(self.shape.channels);
        Affine { bias, gamma, beta }
    }

    pub(super) fn forward(&self, n: usize, weights: &[f32], input: &[f32], to: &mut Activation) {
        self.stage.forward(n, input, &weights[self.weight.clone()], &mut to.normalised);
        let Activation { normalised, out, per_sample } = to;
        layer_norm::forward(self.shape, self.affine(weights), normalised, out, per_sample);
    }

    pub(super) fn tangent(
        &self,
        n: usize,
        weights: &[f32],
        input: &[f32],
        value: &Activation,
        to: &mut Activation,
    ) {
        self.stage.forward(n, input, &weights[self.weight.clone()], &mut to.normalised);
        let Activation { normalised, out, per_sample } = to;
        let affine = self.affine(weights);
        layer_norm::tangent(self.shape, affine, value.tape(), normalised, out, per_sample);
    }

    pub(super) fn backward(
        &self,
        weights: &[f32],
        tape: (&[f32], &[f32], &[f32]),
        d_out: &[f32],
        d: &mut [f32],
        want: &mut Want<'_>,
    ) {
        let affine = self.affine(weights);
        let mut unwanted = [0.0; 3 * DENSE];
        let gradient = match want {
            Want::Weights(gradient) => &mut gradient[self.affine.clone()],
            Want::Cells(_) => &mut unwanted[..self.affine.len()],
        };
        let gradient = affine_gradient(gradient, self.shape.channels);
        layer_norm::backward(self.shape, affine, tape, d_out, d, gradient);
    }

    pub(super) fn backward_pair(
        &self,
        weights: &[f32],
        tape: PairTape<'_>,
        (flow, flow_t): (&mut Flow, &mut Flow),
        from: Source,
        gradient: &mut [f32],
        n: usize,
    ) {
        let outputs = n * self.stage.outputs();
        let (d_out, d_out_t) = match from {
            Source::Out => (&flow.out[..], &flow_t.out[..]),
            Source::Joined(start) => (&flow.joined[start..], &flow_t.joined[start..]),
        };
        let to = (&mut flow.before[..outputs], &mut flow_t.before[..outputs]);
        let gradient = affine_gradient(&mut gradient[self.affine.clone()], self.shape.channels);
        let affine = self.affine(weights);
        layer_norm::backward_pair(self.shape, affine, tape, (d_out, d_out_t), to, gradient);
    }
}

pub(super) fn affine_gradient(gradient: &mut [f32], channels: usize) -> AffineGradient<'_> {
    let (bias, rest) = gradient.split_at_mut(channels);
    let (gamma, beta) = rest.split_at_mut(channels);
    AffineGradient { bias, gamma, beta }
}
