//! A stage's products as operations on a device. What must stay true: they are those of the CPU,
//! with all taps in one product; overlapping windows are laid side by side first and then added up.
use super::Stage;
use musegan_device::operation::{Axis, Matrix};
use musegan_device::{Operation, Program, Slice};

/// How many samples a product is over. A batch is `(groups, samples, …)`; batches follow one
/// another without gaps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// Consecutive batches.
    pub(crate) batches: usize,
    /// Groups of a batch, each with weights of its own.
    pub(crate) groups: usize,
    /// Samples of a group.
    pub(crate) samples: usize,
}

/// A stage with its three tensors, of which each can be made from the other two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product {
    stage: Stage,
    extent: Extent,
    input: Matrix,
    weights: Matrix,
    output: Matrix,
}

impl Stage {
    /// The stage between these tensors (or their gradients). `weights` come with the distance of
    /// two groups.
    pub(crate) fn between(
        self,
        extent: Extent,
        input: Slice,
        (weights, weights_stride): (Slice, usize),
        output: Slice,
    ) -> Product {
        let side = |at, width, step, stride| Matrix {
            at,
            rows: self.rows_of(extent, step, stride),
            columns: Axis::plain(width, 1),
            group_stride: (extent.samples * self.rows * stride) as u32,
        };
        Product {
            stage: self,
            extent,
            input: side(input, self.depth, self.in_step, self.in_stride),
            weights: Matrix::dense(weights, self.depth, self.width).grouped(weights_stride),
            output: side(output, self.width, self.out_step, self.out_stride),
        }
    }

    /// The rows of all taps, samples and batches of a side.
    fn rows_of(&self, extent: Extent, step: usize, stride: usize) -> Axis {
        let Extent { batches, groups, samples } = extent;
        let rows = samples * self.rows;
        if groups > 1 {
            assert!(self.taps == 1, "tracks have no sliding stage");
            return Axis::nested((rows, stride), (batches, groups * rows * stride));
        }
        let rows = batches * rows;
        if self.taps * step == stride {
            Axis::plain(rows * self.taps, step)
        } else if self.taps == 1 {
            Axis::plain(rows, stride)
        } else {
            Axis::nested((self.taps, step), (rows, stride))
        }
    }
}

impl Product {
    /// The same with one input for all groups.
    pub(crate) fn sharing_input(self) -> Self {
        Self { input: self.input.grouped(0), ..self }
    }

    /// `output = input · weights`.
    pub(crate) fn forward(&self, program: &mut Program, windows: Slice) {
        let Stage { taps, width, out_step, .. } = self.stage;
        let (from, weights, to) = (self.input, self.weights, self.output);
        if taps > 1 && out_step < width {
            self.overlapping(program, (from, weights, to), windows, out_step);
        } else {
            self.multiply(program, from, weights, to);
        }
    }

    /// `input = output · weightsᵀ`: the gradient at the input from the one at the output.
    pub(crate) fn input_gradient(&self, program: &mut Program, windows: Slice) {
        let Stage { taps, depth, in_step, .. } = self.stage;
        let (from, weights, to) = (self.output, self.weights.transposed(), self.input);
        if taps > 1 && in_step < depth {
            self.overlapping(program, (from, weights, to), windows, in_step);
        } else {
            self.multiply(program, from, weights, to);
        }
    }

    /// The gradient at an input that all groups share, from all of them: a sum over the groups is
    /// one longer product.
    pub(crate) fn shared_input_gradient(&self, program: &mut Program) {
        let (mut from, mut weights) = (self.output, self.weights.transposed());
        let groups = self.extent.groups;
        let across = |axis: Axis, group_stride: u32| {
            Axis::nested(
                (axis.count as usize, axis.stride as usize),
                (groups, group_stride as usize),
            )
        };
        from.columns = across(from.columns, from.group_stride);
        weights.rows = across(weights.rows, weights.group_stride);
        let (left, right, out) = (from.grouped(0), weights.grouped(0), self.input.grouped(0));
        program.push(Operation::Multiply { left, right, out, groups: 1, add: false });
    }

    /// `weights = inputᵀ · output`: the gradient of the weights.
    pub(crate) fn weight_gradient(&self, program: &mut Program) {
        self.multiply(program, self.input.transposed(), self.output, self.weights);
    }

    /// Elements that the windows of an overlapping side need.
    pub(crate) fn windows(&self) -> usize {
        let Stage { rows, depth, width, taps, in_step, out_step, .. } = self.stage;
        let all = self.extent.batches * self.extent.samples * rows * taps;
        let of = |step, len| if taps > 1 && step < len { all * len } else { 0 };
        of(in_step, depth).max(of(out_step, width))
    }

    /// A product whose rows go where others have gone: into windows, which are then added up.
    fn overlapping(
        &self,
        program: &mut Program,
        (left, right, to): (Matrix, Matrix, Matrix),
        windows: Slice,
        step: usize,
    ) {
        let (taps, width) = (self.stage.taps, to.columns.count as usize);
        let all = to.rows.len() as usize;
        self.multiply(program, left, right, Matrix::dense(windows, all, width));
        program.push(Operation::Overlap {
            windows,
            out: to.at,
            rows: (all / taps) as u32,
            taps: taps as u32,
            width: width as u32,
            step: step as u32,
        });
    }

    fn multiply(&self, program: &mut Program, left: Matrix, right: Matrix, out: Matrix) {
        let groups = self.extent.groups as u32;
        program.push(Operation::Multiply { left, right, out, groups, add: false });
    }
}
