//! The gradient of the critic's weights, from what the passes back have left: one product and one
//! sum per layer, over all batches. What must stay true: every number is written, none is added to
//! what an earlier step left.
use super::{Layer, Passes};
use crate::trainable::critic::DENSE;
use musegan_device::operation::{Axis, Matrix};
use musegan_device::{Operation, Program, Slice};
use std::ops::Range;

/// What the gradient of the weights is summed over.
#[derive(Clone, Debug)]
pub struct Summed {
    /// Batches with values and the gradients at them, or with tangents and those at these.
    pub batches: Range<usize>,
    /// Those of them that have values: tangents have no share in the gradients of bias and beta,
    /// and the one in gamma's is part of their batch's.
    pub values: Range<usize>,
    /// Gradients at the scores of all batches, or at the tangents of the scores: a number for each
    /// phrase.
    pub d_scores: Slice,
    /// A place with the number 1.
    pub one: Slice,
}

impl Passes<'_> {
    /// The gradient of the weights after the passes back: written, in the order of the layout. That
    /// of the last bias, the sum of the gradients at the scores, is left as it is: in training it
    /// is 0, as the score of real phrases enters against that of generated ones.
    pub fn weights_gradient(&self, program: &mut Program, summed: &Summed, gradient: Slice) {
        for layer in &self.layers {
            let sides = (layer.input, gradient, layer.d_values);
            layer.product(self.samples, &summed.batches, sides).weight_gradient(program);
            self.sum_shares(program, layer, summed, gradient);
        }
        let samples = summed.batches.len() * self.samples;
        let first = summed.batches.start;
        program.push(Operation::Multiply {
            left: Matrix::dense(self.top(first), samples, DENSE).transposed(),
            right: Matrix::dense(summed.d_scores, samples, 1),
            out: Matrix::dense(gradient.at(self.critic.dense_weight.start), DENSE, 1),
            groups: 1,
            add: false,
        });
    }

    fn sum_shares(
        &self,
        program: &mut Program,
        layer: &Layer<'_>,
        summed: &Summed,
        gradient: Slice,
    ) {
        let Summed { values, one, .. } = summed;
        let columns = 3 * layer.block.shape.channels;
        let input = self.shares(layer, values.start);
        let out = gradient.at(layer.block.affine.start);
        if layer.groups == 1 {
            program.push(Operation::SumRows {
                input,
                rows: (values.len() * self.samples) as u32,
                columns: columns as u32,
                row_stride: columns as u32,
                groups: 1,
                group_stride: 0,
                out,
                out_group_stride: 0,
                add: false,
            });
            return;
        }
        // A track's samples lie apart from batch to batch: a product with ones sums them at once.
        let (samples, batches) = (self.samples, values.len());
        let each = samples * columns;
        let ones = Matrix {
            at: *one,
            rows: Axis::plain(1, 0),
            columns: Axis::plain(batches * samples, 0),
            group_stride: 0,
        };
        let shares = Matrix {
            at: input,
            rows: Axis::nested((samples, columns), (batches, layer.groups * each)),
            columns: Axis::plain(columns, 1),
            group_stride: each as u32,
        };
        program.push(Operation::Multiply {
            left: ones,
            right: shares,
            out: Matrix::dense(out, 1, columns).grouped(layer.stride),
            groups: layer.groups as u32,
            add: false,
        });
    }
}
