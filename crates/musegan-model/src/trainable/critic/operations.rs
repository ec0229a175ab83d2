//! The critic's passes as operations on a device. What must stay true: each computes what the pass
//! of the same name of [`Critic`] does, over the same layouts.
//!
//! All passes over one batch or several share one set of rooms: [`BATCHES`] batches of equal size,
//! one after the other, each `(track, sample, …)` before the tracks are joined and `(sample, …)`
//! behind. A pass takes a range of batches, so that real, generated and mixed phrases go through
//! together. The tangents of a batch lie where the next batch's values would, and so do their
//! gradients: the weights' gradient of all passes is then one product per layer.
use super::{Block, Critic, DENSE};
use crate::trainable::Rooms;
use crate::trainable::stage::operations::{Extent, Product};
use musegan_device::operation::{LayerNorm, Matrix};
use musegan_device::{Operation, Program, Slice};
use musegan_score::Track;
use musegan_score::roll::CELLS;
use std::ops::Range;

mod gradient;

pub use gradient::Summed;

/// Batches that there is room for.
pub const BATCHES: usize = 4;

/// The critic with the rooms for its passes.
pub struct Passes<'a> {
    critic: &'a Critic,
    /// Phrases of a batch.
    samples: usize,
    weights: Slice,
    /// The phrases, each batch as [`cells`](crate::trainable::cells) lie.
    cells: Slice,
    /// From the octaves to the last convolution.
    layers: Vec<Layer<'a>>,
    windows: Slice,
}

/// A block, or five of equal shape, with the rooms for what passes leave.
struct Layer<'a> {
    block: &'a Block,
    groups: usize,
    /// Elements between the parameters of two groups.
    stride: usize,
    /// What goes in: the layer before's activation.
    input: Slice,
    /// The gradient at it; the phrases have none.
    d_input: Option<Slice>,
    /// Normalised values, or their tangents.
    values: Slice,
    out: Slice,
    /// Standard deviations, or the rates of tangents.
    per_sample: Slice,
    d_values: Slice,
    d_out: Slice,
    /// Each sample's share of the gradients of bias, gamma and beta.
    shares: Slice,
}

impl Critic {
    /// Passes over batches of `samples` phrases in rooms of their own, with these weights.
    pub fn passes(&self, samples: usize, weights: Slice, rooms: &mut Rooms) -> Passes<'_> {
        let cells = rooms.take(BATCHES * samples * CELLS);
        let stride = |blocks: &[Block]| blocks[1].weight.start - blocks[0].weight.start;
        let tracks = [&self.octaves, &self.beats];
        let tracks = tracks.map(|blocks| (&blocks[0], Track::COUNT, stride(blocks)));
        let trunk = self.trunk.iter().map(|block| (block, 1, 0));
        let mut layers: Vec<Layer<'_>> = Vec::new();
        for (block, groups, stride) in tracks.into_iter().chain(trunk) {
            let size = BATCHES * samples * groups * block.stage.outputs();
            let per_sample = BATCHES * samples * groups;
            let before = layers.last();
            layers.push(Layer {
                block,
                groups,
                stride,
                input: before.map_or(cells, |layer| layer.out),
                d_input: before.map(|layer| layer.d_out),
                values: rooms.take(size),
                out: rooms.take(size),
                per_sample: rooms.take(per_sample),
                d_values: rooms.take(size),
                d_out: rooms.take(size),
                shares: rooms.take(per_sample * 3 * block.shape.channels),
            });
        }
        let all = 0..BATCHES;
        let windows = layers.iter().map(|layer| {
            let sides = (layer.input, weights, layer.values);
            layer.product(samples, &all, sides).windows()
        });
        let windows = rooms.take(windows.max().unwrap_or(0));
        Passes { critic: self, samples, weights, cells, layers, windows }
    }
}

impl Passes<'_> {
    /// Where the phrases of a batch lie, or the directions of the batch before.
    #[must_use]
    pub fn cells(&self, batch: usize) -> Slice {
        self.cells.at(batch * self.samples * CELLS)
    }

    /// The pass through all layers.
    pub fn forward(&self, program: &mut Program, batches: Range<usize>) {
        for layer in &self.layers {
            let sides = (layer.input, self.weights, layer.values);
            layer.product(self.samples, &batches, sides).forward(program, self.windows);
            for (batch, samples) in layer.runs(self.samples, &batches) {
                program.push(Operation::LayerNormForward {
                    norm: self.norm(layer, samples),
                    values: self.wide(layer, layer.values, batch),
                    out: self.wide(layer, layer.out, batch),
                    deviations: self.narrow(layer, layer.per_sample, batch),
                });
            }
        }
    }

    /// The scores of batches that went forward: one number for each phrase.
    pub fn score(&self, program: &mut Program, batches: Range<usize>, scores: Slice) {
        let samples = batches.len() * self.samples;
        program.push(Operation::Multiply {
            left: Matrix::dense(self.top(batches.start), samples, DENSE),
            right: Matrix::dense(self.weights.at(self.critic.dense_weight.start), DENSE, 1),
            out: Matrix::dense(scores, samples, 1),
            groups: 1,
            add: false,
        });
        program.push(Operation::AddRow {
            bias: self.weights.at(self.critic.dense_bias),
            bias_group_stride: 0,
            out: scores,
            groups: 1,
            rows: samples as u32,
            columns: 1,
            relu: false,
        });
    }

    /// The pass back from the gradients at the scores, a number for each phrase of these batches.
    pub fn backward(&self, program: &mut Program, batches: Range<usize>, d_scores: Slice) {
        self.begin_backward(program, &batches, d_scores);
        for layer in self.layers.iter().rev() {
            for (batch, samples) in layer.runs(self.samples, &batches) {
                program.push(Operation::LayerNormBackward {
                    norm: self.norm(layer, samples),
                    normalised: self.wide(layer, layer.values, batch),
                    out: self.wide(layer, layer.out, batch),
                    deviations: self.narrow(layer, layer.per_sample, batch),
                    d_out: self.wide(layer, layer.d_out, batch),
                    d_values: self.wide(layer, layer.d_values, batch),
                    d_affine: Some(self.shares(layer, batch)),
                });
            }
            self.input_gradient(program, layer, &batches);
        }
    }

    /// The gradient at a batch's phrases, after [`backward`](Self::backward): written as phrases lie.
    pub fn cells_gradient(&self, program: &mut Program, batch: usize, d_cells: Slice) {
        let layer = &self.layers[0];
        let from = self.wide(layer, layer.d_values, batch);
        let product = layer.product(self.samples, &(0..1), (d_cells, self.weights, from));
        product.input_gradient(program, self.windows);
    }

    /// The tangents of a batch's activations along the directions in the next batch's place.
    pub fn tangent(&self, program: &mut Program, batch: usize) {
        let place = batch + 1..batch + 2;
        for layer in &self.layers {
            let sides = (layer.input, self.weights, layer.values);
            layer.product(self.samples, &place, sides).forward(program, self.windows);
            program.push(Operation::LayerNormTangent {
                norm: self.norm(layer, self.samples),
                normalised: self.wide(layer, layer.values, batch),
                out: self.wide(layer, layer.out, batch),
                deviations: self.narrow(layer, layer.per_sample, batch),
                tangents: self.wide(layer, layer.values, place.start),
                out_tangents: self.wide(layer, layer.out, place.start),
                rates: self.narrow(layer, layer.per_sample, place.start),
            });
        }
    }

    /// The pass back through a batch and its tangents together, from the gradients at its scores
    /// and at their tangents. The parameters' shares replace those of an earlier pass back.
    pub fn backward_tangent(&self, program: &mut Program, batch: usize, d_scores: Slice) {
        let both = batch..batch + 2;
        self.begin_backward(program, &both, d_scores);
        for layer in self.layers.iter().rev() {
            let wide = |room, further| self.wide(layer, room, batch + further);
            program.push(Operation::LayerNormBackwardPair {
                norm: self.norm(layer, self.samples),
                normalised: wide(layer.values, 0),
                out: wide(layer.out, 0),
                deviations: self.narrow(layer, layer.per_sample, batch),
                tangents: wide(layer.values, 1),
                rates: self.narrow(layer, layer.per_sample, batch + 1),
                d_out: wide(layer.d_out, 0),
                d_out_tangents: wide(layer.d_out, 1),
                d_values: wide(layer.d_values, 0),
                d_tangents: wide(layer.d_values, 1),
                d_affine: self.shares(layer, batch),
            });
            self.input_gradient(program, layer, &both);
        }
    }

    fn begin_backward(&self, program: &mut Program, batches: &Range<usize>, d_scores: Slice) {
        let samples = batches.len() * self.samples;
        let top = &self.layers[self.layers.len() - 1];
        program.push(Operation::Multiply {
            left: Matrix::dense(d_scores, samples, 1),
            right: Matrix::dense(self.weights.at(self.critic.dense_weight.start), 1, DENSE),
            out: Matrix::dense(self.wide(top, top.d_out, batches.start), samples, DENSE),
            groups: 1,
            add: false,
        });
    }

    fn input_gradient(&self, program: &mut Program, layer: &Layer<'_>, batches: &Range<usize>) {
        if let Some(d_input) = layer.d_input {
            let sides = (d_input, self.weights, layer.d_values);
            layer.product(self.samples, batches, sides).input_gradient(program, self.windows);
        }
    }

    fn norm(&self, layer: &Layer<'_>, samples: usize) -> LayerNorm {
        let shape = layer.block.shape;
        let dense = samples * shape.rows * shape.channels;
        let joined = shape.stride > shape.channels;
        LayerNorm {
            groups: layer.groups as u32,
            samples: samples as u32,
            rows: shape.rows as u32,
            channels: shape.channels as u32,
            affine: self.weights.at(layer.block.affine.start),
            affine_stride: layer.stride as u32,
            out_stride: shape.stride as u32,
            out_group_stride: if joined { shape.channels } else { dense } as u32,
        }
    }

    /// A batch in a room for values.
    fn wide(&self, layer: &Layer<'_>, room: Slice, batch: usize) -> Slice {
        room.at(batch * self.samples * layer.groups * layer.block.stage.outputs())
    }

    /// A batch in a room for one number per sample and group.
    fn narrow(&self, layer: &Layer<'_>, room: Slice, batch: usize) -> Slice {
        room.at(batch * self.samples * layer.groups)
    }

    fn shares(&self, layer: &Layer<'_>, batch: usize) -> Slice {
        self.narrow(layer, layer.shares, 3 * layer.block.shape.channels * batch)
    }

    /// The last activation of a batch.
    fn top(&self, batch: usize) -> Slice {
        let top = &self.layers[self.layers.len() - 1];
        self.wide(top, top.out, batch)
    }
}

impl Layer<'_> {
    /// The layer's product over these batches of rooms: input, parameters, values.
    fn product(
        &self,
        samples: usize,
        batches: &Range<usize>,
        (input, weights, values): (Slice, Slice, Slice),
    ) -> Product {
        let stage = self.block.stage;
        let first = batches.start * samples * self.groups;
        let extent = Extent { batches: batches.len(), groups: self.groups, samples };
        stage.between(
            extent,
            input.at(first * stage.inputs()),
            (weights.at(self.block.weight.start), self.stride),
            values.at(first * stage.outputs()),
        )
    }

    /// What is normalised at once: a batch, or all of them where they lie without gaps; the first
    /// batch and its number of samples.
    fn runs(&self, samples: usize, batches: &Range<usize>) -> Vec<(usize, usize)> {
        if self.groups == 1 {
            vec![(batches.start, batches.len() * samples)]
        } else {
            batches.clone().map(|batch| (batch, samples)).collect()
        }
    }
}
