//! Layer norm: one launch each, a block for a sample.
use super::MOST_BLOCKS;
use crate::launch::{Launch, Launches};
use musegan_device::Operation;
use musegan_device::operation::LayerNorm;

/// Adds what an operation comes to; nothing where there is no sample.
pub(super) fn add(operation: &Operation, launches: &mut Launches) {
    let launch = match *operation {
        Operation::LayerNormForward { norm, values, out, deviations } => {
            launch("layer_norm_forward", norm)
                .map(|launch| launch.with(values).with(out).with(deviations))
        }
        Operation::LayerNormBackward {
            norm,
            normalised,
            out,
            deviations,
            d_out,
            d_values,
            d_affine,
        } => launch("layer_norm_backward", norm).map(|launch| {
            let launch = launch.with(normalised).with(out).with(deviations);
            launch.with(d_out).with(d_values).with(d_affine)
        }),
        Operation::LayerNormTangent {
            norm,
            normalised,
            out,
            deviations,
            tangents,
            out_tangents,
            rates,
        } => launch("layer_norm_tangent", norm).map(|launch| {
            let launch = launch.with(normalised).with(out).with(deviations);
            launch.with(tangents).with(out_tangents).with(rates)
        }),
        Operation::LayerNormBackwardPair {
            norm,
            normalised,
            out,
            deviations,
            tangents,
            rates,
            d_out,
            d_out_tangents,
            d_values,
            d_tangents,
            d_affine,
        } => launch("layer_norm_backward_pair", norm).map(|launch| {
            let launch = launch.with(normalised).with(out).with(deviations);
            let launch = launch.with(tangents).with(rates).with(d_out).with(d_out_tangents);
            launch.with(d_values).with(d_tangents).with(d_affine)
        }),
        _ => None,
    };
    launch.into_iter().for_each(|launch| launches.push(launch));
}

/// A kernel with the arguments that all of them begin with.
fn launch(kernel: &'static str, norm: LayerNorm) -> Option<Launch> {
    if norm.groups == 0 || norm.samples == 0 {
        return None;
    }
    let grid = [norm.samples.min(1 << 30), norm.groups.min(MOST_BLOCKS), 1];
    let launch = Launch::new(kernel, grid).with(norm.affine).with(norm.affine_stride);
    let launch = launch.with(norm.groups).with(norm.samples).with(norm.rows).with(norm.channels);
    Some(launch.with(norm.out_stride).with(norm.out_group_stride))
}
