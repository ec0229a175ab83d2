//! How the two normalisations' batches lie.
use super::Slice;
use serde::{Deserialize, Serialize};

/// A batch of samples that are normalised one by one.
///
/// Values (pre-activation, u, their tangents and gradients) are `(groups, samples, rows, channels)`
/// without gaps. Activations lie at `g·out_group_stride + (s·rows + r)·out_stride + c`, so that the
/// tracks can share one joined tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerNorm {
    /// Groups.
    pub groups: u32,
    /// Samples of a group.
    pub samples: u32,
    /// Rows of a sample.
    pub rows: u32,
    /// Channels of a row, at most 256.
    pub channels: u32,
    /// Bias, gamma and beta of group 0, one after the other.
    pub affine: Slice,
    /// Elements between two groups of `affine`.
    pub affine_stride: u32,
    /// Elements between two rows of the activation.
    pub out_stride: u32,
    /// Elements between two groups of the activation.
    pub out_group_stride: u32,
}

/// A batch whose channels are normalised each over all rows.
///
/// Values are `(groups, rows, channels)` without gaps; activations lie at
/// `g·out_group_stride + r·channels + c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchNorm {
    /// Groups.
    pub groups: u32,
    /// Rows of a group: samples times positions; at least 2.
    pub rows: u32,
    /// Channels of a row, at most 256.
    pub channels: u32,
    /// Gamma and beta of group 0, one after the other.
    pub affine: Slice,
    /// Elements between two groups of `affine`.
    pub affine_stride: u32,
    /// Elements between two groups of the activation.
    pub out_group_stride: u32,
}
