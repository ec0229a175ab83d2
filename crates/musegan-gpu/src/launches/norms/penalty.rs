//! Points between two batches, and directions of gradients: one launch each.
use super::MOST_BLOCKS;
use crate::launch::{Launch, Launches, THREADS};
use musegan_device::Operation;

/// Adds what an operation comes to; nothing where there is nothing to write.
pub(super) fn add(operation: &Operation, launches: &mut Launches) {
    match *operation {
        Operation::Mix {
            a,
            a_group_stride,
            b,
            b_group_stride,
            share,
            out,
            groups,
            samples,
            len,
        } if groups > 0 && samples > 0 && len > 0 => {
            let blocks = len.div_ceil(THREADS).min(1 << 16);
            let grid = [blocks, samples.min(MOST_BLOCKS), groups.min(MOST_BLOCKS)];
            let launch = Launch::new("mix", grid).with(a).with(a_group_stride);
            let launch = launch.with(b).with(b_group_stride).with(share).with(out);
            launches.push(launch.with(groups).with(samples).with(len));
        }
        Operation::Direction { cells, groups, samples, len, norms, rates, factor }
            if samples > 0 =>
        {
            let launch = Launch::new("direction", [samples.min(1 << 30), 1, 1]).with(cells);
            let launch = launch.with(groups).with(samples).with(len);
            launches.push(launch.with(norms).with(rates).with(factor));
        }
        _ => {}
    }
}
