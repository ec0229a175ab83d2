//! One function for each kind of operation, by the file that its kernels are in. A product and the bias
//! that is added to it right afterwards come to one kernel.
mod matrix;
mod norms;
mod optimiser;
mod random;

use crate::launch::Launches;
use musegan_device::Operation;

/// Adds what the first of these operations comes to, or the first two together; how many it were.
pub(crate) fn add_first(operations: &[Operation], launches: &mut Launches) -> usize {
    match operations {
        [product, bias, ..] if matrix::add_with_bias(product, bias, launches) => 2,
        [operation, ..] => {
            add(operation, launches);
            1
        }
        [] => 0,
    }
}

fn add(operation: &Operation, launches: &mut Launches) {
    match operation {
        Operation::Fill { .. }
        | Operation::Multiply { .. }
        | Operation::Overlap { .. }
        | Operation::SumRows { .. }
        | Operation::AddRow { .. }
        | Operation::Permute { .. } => matrix::add(operation, launches),
        Operation::LayerNormForward { .. }
        | Operation::LayerNormBackward { .. }
        | Operation::LayerNormTangent { .. }
        | Operation::LayerNormBackwardPair { .. }
        | Operation::BatchNormForward { .. }
        | Operation::BatchNormBackward { .. }
        | Operation::RunningStatistics { .. }
        | Operation::Mix { .. }
        | Operation::Direction { .. } => norms::add(operation, launches),
        Operation::Draw(_) | Operation::Normals { .. } | Operation::Uniforms { .. } => {
            random::add(operation, launches);
        }
        Operation::Guard { .. }
        | Operation::Adam(_)
        | Operation::Average { .. }
        | Operation::Advance { .. } => optimiser::add(operation, launches),
    }
}
