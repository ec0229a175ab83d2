//! A convolution, or a transposed one, as matrix products on channels-last activations, for a whole
//! batch at once. What must stay true: kernels that overlap are summed, never overwritten.
use crate::product::{View, Write, multiply};

pub(crate) mod operations;

/// One convolution, as `taps` products `out[rows, width] = in[rows, depth] · weights[depth, width]`
/// with the same weights, each tap a fixed distance further along both sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stage {
    /// Rows of a tap per sample.
    rows: usize,
    /// Inputs of a row: kernel size times channels, or the channels of a transposed convolution.
    depth: usize,
    /// Outputs of a row: channels, or kernel size times channels of a transposed convolution.
    width: usize,
    taps: usize,
    in_stride: usize,
    in_step: usize,
    out_stride: usize,
    out_step: usize,
}

impl Stage {
    /// The kernel is the stride: one product.
    pub(crate) const fn plain(rows: usize, depth: usize, width: usize) -> Self {
        let (in_stride, out_stride) = (depth, width);
        Self { rows, depth, width, taps: 1, in_stride, in_step: 0, out_stride, out_step: 0 }
    }

    /// The kernel moves by `in_step` elements along each of `rows` rows of `in_stride` elements,
    /// `taps` times, and the output by `out_step`.
    pub(crate) const fn sliding(
        rows: usize,
        (depth, in_step, in_stride): (usize, usize, usize),
        (width, out_step, out_stride): (usize, usize, usize),
        taps: usize,
    ) -> Self {
        Self { rows, depth, width, taps, in_stride, in_step, out_stride, out_step }
    }

    /// Elements of a sample that goes in.
    pub(crate) const fn inputs(&self) -> usize {
        self.rows * self.in_stride
    }

    /// Elements of a sample that comes out.
    pub(crate) const fn outputs(&self) -> usize {
        self.rows * self.out_stride
    }

    const fn weights(&self) -> View {
        View::dense(self.depth, self.width)
    }

    fn views(&self, samples: usize) -> impl Iterator<Item = (View, View)> {
        let Self { rows, depth, width, in_stride, in_step, out_stride, out_step, .. } = *self;
        (0..self.taps).map(move |tap| {
            (
                View::strided(samples * rows, depth, in_stride).at(tap * in_step),
                View::strided(samples * rows, width, out_stride).at(tap * out_step),
            )
        })
    }

    /// `output = input · weights`.
    pub(crate) fn forward(
        &self,
        samples: usize,
        input: &[f32],
        weights: &[f32],
        output: &mut [f32],
    ) {
        let write = cleared(output, self.taps > 1 && self.out_step < self.width);
        for (x, y) in self.views(samples) {
            multiply((input, x), (weights, self.weights()), (output, y), write);
        }
    }

    /// `input = output · weightsᵀ`: the gradient at the input from the one at the output.
    pub(crate) fn input_gradient(
        &self,
        samples: usize,
        output: &[f32],
        weights: &[f32],
        input: &mut [f32],
    ) {
        let write = cleared(input, self.taps > 1 && self.in_step < self.depth);
        for (x, y) in self.views(samples) {
            multiply((output, y), (weights, self.weights().transposed()), (input, x), write);
        }
    }

    /// `weights += inputᵀ · output`: the gradient of the weights.
    pub(crate) fn weight_gradient(
        &self,
        samples: usize,
        input: &[f32],
        output: &[f32],
        weights: &mut [f32],
    ) {
        for (x, y) in self.views(samples) {
            let out = (&mut *weights, self.weights());
            multiply((input, x.transposed()), (output, y), out, Write::Add);
        }
    }
}

fn cleared(out: &mut [f32], overlapping: bool) -> Write {
    if overlapping {
        out.fill(0.0);
        Write::Add
    } else {
        Write::Replace
    }
}
