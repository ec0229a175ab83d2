//! What a device can compute. All numbers are `f32` unless said otherwise, and every size and
//! stride counts elements of four bytes.
//!
//! What must stay true: an operation means the same on every device, up to the order in which sums
//! are taken; that order is fixed on each, so the same program on the same data gives the same
//! bits again. The formulas are those of `musegan-model`'s trainable networks.
//!
//! Operations work on `groups` of equal shape at once (the five tracks): group `g` of a slice lies
//! `g` times its group stride further on. A group stride of 0 shares one slice among all groups.
use serde::{Deserialize, Serialize};

pub mod check;
mod exact;
pub mod norms;
pub mod order;
pub mod randomness;
pub mod touch;
pub mod training;

pub use check::OutOfBounds;
pub use norms::{BatchNorm, LayerNorm};
pub use randomness::{Draw, Key, Keys};
pub use touch::Touch;
pub use training::Adam;

/// A place in a buffer: the buffer's number on its device, and how many elements into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slice {
    /// The buffer, as the device named it.
    pub buffer: u64,
    /// Elements of four bytes from the buffer's beginning.
    pub start: u64,
}

impl Slice {
    /// So many elements further on.
    #[must_use]
    pub const fn at(self, elements: usize) -> Self {
        Self { start: self.start + elements as u64, ..self }
    }
}

/// How an axis of a matrix lies: index `i` is `(i % count)·stride + (i / count)·outer_stride`
/// elements further on, for `i` in `0..count·outer`. A plain axis has one outer step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// Inner steps.
    pub count: u32,
    /// Elements between two inner steps.
    pub stride: u32,
    /// Outer steps.
    pub outer: u32,
    /// Elements between two outer steps.
    pub outer_stride: u32,
}

impl Axis {
    /// `count` steps of `stride` elements.
    #[must_use]
    pub const fn plain(count: usize, stride: usize) -> Self {
        Self { count: count as u32, stride: stride as u32, outer: 1, outer_stride: 0 }
    }

    /// `outer` times `count` steps.
    #[must_use]
    pub const fn nested(
        (count, stride): (usize, usize),
        (outer, outer_stride): (usize, usize),
    ) -> Self {
        Self {
            count: count as u32,
            stride: stride as u32,
            outer: outer as u32,
            outer_stride: outer_stride as u32,
        }
    }

    /// Indices of the axis.
    #[must_use]
    pub const fn len(self) -> u64 {
        self.count as u64 * self.outer as u64
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Elements from the first index to the last.
    pub(crate) const fn reach(self) -> u64 {
        if self.is_empty() {
            return 0;
        }
        let inner = (self.count as u64 - 1) * self.stride as u64;
        inner.saturating_add((self.outer as u64 - 1) * self.outer_stride as u64)
    }
}

/// A matrix in a buffer: element `(r, c)` of group `g` lies at `at + rows(r) + columns(c) +
/// g·group_stride`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matrix {
    /// Where its first element lies.
    pub at: Slice,
    /// How rows lie.
    pub rows: Axis,
    /// How columns lie.
    pub columns: Axis,
    /// Elements between two groups.
    pub group_stride: u32,
}

impl Matrix {
    /// A row-major matrix without gaps, its groups one after the other.
    #[must_use]
    pub const fn dense(at: Slice, rows: usize, columns: usize) -> Self {
        Self {
            at,
            rows: Axis::plain(rows, columns),
            columns: Axis::plain(columns, 1),
            group_stride: (rows * columns) as u32,
        }
    }

    /// The same elements with rows and columns exchanged.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Self { rows: self.columns, columns: self.rows, ..self }
    }

    /// The same with its groups so far apart.
    #[must_use]
    pub const fn grouped(self, group_stride: usize) -> Self {
        Self { group_stride: group_stride as u32, ..self }
    }
}

/// One computation on buffers of one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Operation {
    /// `out[i] = value` for `len` elements.
    Fill {
        /// Written.
        out: Slice,
        /// Elements.
        len: u32,
        /// What they become.
        #[serde(with = "exact")]
        value: f32,
    },
    /// `out = left · right` in every group, or `out += left · right`. The rows and columns of `out`
    /// must lie apart from each other; those of the others may overlap.
    Multiply {
        /// `m × k`.
        left: Matrix,
        /// `k × n`.
        right: Matrix,
        /// `m × n`.
        out: Matrix,
        /// How many products.
        groups: u32,
        /// Whether the product is added to what is there.
        add: bool,
    },
    /// Adds up windows that overlap: `out[r, t·step + j] += windows[r, t, j]` after `out` was
    /// cleared. `windows` is `rows × taps × width` and `out` is
    /// `rows × ((taps − 1)·step + width)`, both without gaps.
    Overlap {
        /// Read.
        windows: Slice,
        /// Written.
        out: Slice,
        /// Rows.
        rows: u32,
        /// Windows of a row.
        taps: u32,
        /// Elements of a window.
        width: u32,
        /// Elements from one window's beginning to the next's, at most `width`.
        step: u32,
    },
    /// The sum over `rows`: `out[g, c] = Σ input[g, r, c]`, or `+=`. Columns lie side by side.
    SumRows {
        /// Read.
        input: Slice,
        /// Rows of a group.
        rows: u32,
        /// Columns.
        columns: u32,
        /// Elements between two rows.
        row_stride: u32,
        /// Groups.
        groups: u32,
        /// Elements between two groups of `input`.
        group_stride: u32,
        /// Written.
        out: Slice,
        /// Elements between two groups of `out`.
        out_group_stride: u32,
        /// Whether the sums are added to what is there.
        add: bool,
    },
    /// `out[g, r, c] += bias[g, c]`, and then, with `relu`, what is negative becomes 0. Rows and
    /// groups of `out` have no gaps.
    AddRow {
        /// Read: `columns` for each group.
        bias: Slice,
        /// Elements between two groups of `bias`.
        bias_group_stride: u32,
        /// Read and written.
        out: Slice,
        /// Groups.
        groups: u32,
        /// Rows of a group.
        rows: u32,
        /// Columns.
        columns: u32,
        /// Whether what is negative is cut.
        relu: bool,
    },
    /// Copies into another order: `out`, without gaps, has the axes `sizes`, and its element
    /// `(i₀, …, i₅)` is the one at `Σ iₙ·stridesₙ` of `input`.
    Permute {
        /// Read.
        input: Slice,
        /// Written.
        out: Slice,
        /// Axes of `out`, outermost first; 1 where there are fewer.
        sizes: [u32; 6],
        /// Elements of `input` between two steps along each axis.
        strides: [u32; 6],
    },
    /// Bias, layer norm over each sample, scale, shift and leaky ReLU.
    LayerNormForward {
        /// Shape and parameters.
        norm: LayerNorm,
        /// Pre-activations without bias in; normalised values u out.
        values: Slice,
        /// Written: the activation.
        out: Slice,
        /// Written: each sample's standard deviation σ, `(groups, samples)`.
        deviations: Slice,
    },
    /// From the gradient at the activation to that at the pre-activation.
    LayerNormBackward {
        /// Shape and parameters.
        norm: LayerNorm,
        /// Read: u.
        normalised: Slice,
        /// Read: the activation.
        out: Slice,
        /// Read: σ.
        deviations: Slice,
        /// Read: lies as the activation does.
        d_out: Slice,
        /// Written: lies as the values do.
        d_values: Slice,
        /// Written if asked for: each sample's share of the gradients of bias, gamma and beta,
        /// `(groups, samples, 3, channels)`.
        d_affine: Option<Slice>,
    },
    /// The tangent of the activation along that of the pre-activation.
    LayerNormTangent {
        /// Shape and parameters.
        norm: LayerNorm,
        /// Read: u.
        normalised: Slice,
        /// Read: the activation.
        out: Slice,
        /// Read: σ.
        deviations: Slice,
        /// Tangent of the pre-activation in, w out.
        tangents: Slice,
        /// Written: lies as the activation does.
        out_tangents: Slice,
        /// Written: r of each sample, `(groups, samples)`.
        rates: Slice,
    },
    /// Backward through `LayerNormForward` and `LayerNormTangent` together.
    LayerNormBackwardPair {
        /// Shape and parameters.
        norm: LayerNorm,
        /// Read: u.
        normalised: Slice,
        /// Read: the activation.
        out: Slice,
        /// Read: σ.
        deviations: Slice,
        /// Read: w.
        tangents: Slice,
        /// Read: r.
        rates: Slice,
        /// Read: the gradient at the activation.
        d_out: Slice,
        /// Read: the gradient at the activation's tangent.
        d_out_tangents: Slice,
        /// Written: the gradient at the pre-activation.
        d_values: Slice,
        /// Written: the gradient at the pre-activation's tangent.
        d_tangents: Slice,
        /// Written: as in `LayerNormBackward`.
        d_affine: Slice,
    },
    /// Batch norm with the statistics of the batch, and ReLU.
    BatchNormForward {
        /// Shape and parameters.
        norm: BatchNorm,
        /// Pre-activations without bias in, normalised values out.
        values: Slice,
        /// Written: the activation.
        out: Slice,
        /// Written: mean and biased variance, `(groups, 2, channels)`.
        statistics: Slice,
    },
    /// From the gradient at the activation (`d_out`, which lies as the activation does) to that at
    /// the pre-activation (`d_values`, which may be the same slice where both lie alike).
    BatchNormBackward {
        /// Shape and parameters.
        norm: BatchNorm,
        /// Read: normalised values.
        normalised: Slice,
        /// Read: the activation.
        out: Slice,
        /// Read: as `BatchNormForward` wrote them.
        statistics: Slice,
        /// Read.
        d_out: Slice,
        /// Written.
        d_values: Slice,
        /// Added to: gradients of gamma and beta, one after the other.
        d_affine: Slice,
        /// Elements between two groups of `d_affine`.
        d_affine_stride: u32,
    },
    /// Moves running statistics towards a batch's, as PyTorch does: `mean += share·(batch mean +
    /// bias − mean)`, and the variance towards the unbiased one.
    RunningStatistics {
        /// Read: as `BatchNormForward` wrote them.
        statistics: Slice,
        /// Read: biases of the convolution before, which the batch's mean does not have.
        bias: Slice,
        /// Elements between two groups of `bias`.
        bias_stride: u32,
        /// Read and written: running mean and variance, one after the other.
        running: Slice,
        /// Elements between two groups of `running`.
        running_stride: u32,
        /// Groups.
        groups: u32,
        /// Channels.
        channels: u32,
        /// Rows of the batch, over which the statistics were taken; at least 2.
        rows: u32,
        /// The batch's share.
        #[serde(with = "exact")]
        share: f32,
    },
    /// Points between two batches: `out[g, s, i] = share[s]·a[g, s, i] + (1 − share[s])·b[g, s, i]`.
    Mix {
        /// Read.
        a: Slice,
        /// Elements between two groups of `a`.
        a_group_stride: u32,
        /// Read.
        b: Slice,
        /// Elements between two groups of `b`.
        b_group_stride: u32,
        /// Read: one number for each sample.
        share: Slice,
        /// Written, without gaps.
        out: Slice,
        /// Groups.
        groups: u32,
        /// Samples.
        samples: u32,
        /// Elements of a sample in each group.
        len: u32,
    },
    /// Scales each sample's gradient, taken over all groups, to length 1, and keeps what the
    /// penalty needs of the length `n` that it had: `rates[s] = factor·(n − 1)`.
    Direction {
        /// Read and written: `(groups, samples, len)`.
        cells: Slice,
        /// Groups.
        groups: u32,
        /// Samples.
        samples: u32,
        /// Elements of a sample in each group.
        len: u32,
        /// Written: n of each sample.
        norms: Slice,
        /// Written.
        rates: Slice,
        /// See above.
        #[serde(with = "exact")]
        factor: f32,
    },
    /// Real phrases for a batch.
    Draw(Draw),
    /// Normally distributed numbers: `per_sample` for each of `samples`. Number `j` of sample `i`
    /// is made of words `16·blocks·i + j` and its pair's of the [`Key`]'s stream, where `blocks =
    /// per_sample / 16`; see [`Key`].
    Normals {
        /// What the numbers are for.
        key: Key,
        /// Written.
        out: Slice,
        /// Samples.
        samples: u32,
        /// Numbers of a sample, a multiple of 16.
        per_sample: u32,
    },
    /// A number from 0 to below 1 for each sample: the first word of block `i` of the stream, its
    /// upper 24 bits divided by 2²⁴.
    Uniforms {
        /// What the numbers are for.
        key: Key,
        /// Written.
        out: Slice,
        /// Samples.
        samples: u32,
    },
    /// Marks what is not finite: for each of `count` ranges (pairs of `u32`: first element and
    /// length in `values`), `broken[i]` becomes 1 + the clock's step if the range's sum is not
    /// finite and `broken[i]` was 0.
    Guard {
        /// Read.
        values: Slice,
        /// Read.
        ranges: Slice,
        /// Ranges.
        count: u32,
        /// The longest range: all lie in the first so many elements behind `values`.
        reach: u32,
        /// Read and written: `u32` each.
        broken: Slice,
        /// Read: two words of a `u64`, the steps finished.
        clock: Slice,
    },
    /// A step of Adam. Nothing moves if something is broken.
    Adam(Adam),
    /// `average += (1 − keep)·(weights − average)` with `keep = min(decay, (1 + step)/(10 + step))`
    /// for the clock's step. Nothing moves if something is broken.
    Average {
        /// Read and written.
        average: Slice,
        /// Read.
        weights: Slice,
        /// Elements.
        len: u32,
        /// See above.
        #[serde(with = "exact")]
        decay: f64,
        /// Read: two words of a `u64`.
        clock: Slice,
        /// Read: `u32` each, 0 where nothing is broken.
        broken: Slice,
        /// How many of them.
        broken_count: u32,
    },
    /// Adds 1 to the clock unless something is broken.
    Advance {
        /// Read and written: two words of a `u64`.
        clock: Slice,
        /// Read: `u32` each, 0 where nothing is broken.
        broken: Slice,
        /// How many of them.
        broken_count: u32,
    },
}

/// Operations in the order in which a device carries them out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Each sees what those before it wrote.
    pub operations: Vec<Operation>,
}

impl Program {
    /// Adds an operation at the end.
    pub fn push(&mut self, operation: Operation) {
        self.operations.push(operation);
    }

    /// Multiplications and additions of numbers in its matrix products, each counted as one.
    #[must_use]
    pub fn arithmetic(&self) -> u64 {
        let of = |operation: &Operation| match operation {
            Operation::Multiply { left, right, groups, .. } => {
                2 * left.rows.len() * left.columns.len() * right.columns.len() * u64::from(*groups)
            }
            _ => 0,
        };
        self.operations.iter().map(of).sum()
    }
}
