//! The two normalisations, and what the gradient penalty needs beside them.
//!
//! What must stay true: grids and chunks, and with them the order of every sum, depend on shapes
//! alone.
mod batch_norm;
mod layer_norm;
mod penalty;

use crate::launch::Launches;
use musegan_device::Operation;

/// The most blocks along y or z; kernels step on by as many as there are.
const MOST_BLOCKS: u32 = 65_535;

/// Adds what an operation comes to.
pub(super) fn add(operation: &Operation, launches: &mut Launches) {
    match operation {
        Operation::LayerNormForward { .. }
        | Operation::LayerNormBackward { .. }
        | Operation::LayerNormTangent { .. }
        | Operation::LayerNormBackwardPair { .. } => layer_norm::add(operation, launches),
        Operation::BatchNormForward { .. }
        | Operation::BatchNormBackward { .. }
        | Operation::RunningStatistics { .. } => batch_norm::add(operation, launches),
        Operation::Mix { .. } | Operation::Direction { .. } => penalty::add(operation, launches),
        _ => {}
    }
}
