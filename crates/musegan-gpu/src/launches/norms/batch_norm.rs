//! Batch norm: one launch where a block can keep all rows of a few channels, else two.
use super::MOST_BLOCKS;
use crate::launch::{Argument, Launch, Launches, THREADS};
use musegan_device::Operation;
use musegan_device::operation::BatchNorm;

/// Channels that a block takes where there is one launch: 32 bytes of each row, the least that a card
/// reads.
const WIDTH: u32 = 8;
/// Rows of a channel that a thread keeps there; the most that the kernels know.
const KEPT_ROWS: u32 = 48;
/// Rows of a channel that a thread treats at once where there are two launches, as in the kernels.
const TILE: u32 = 8;
/// The most chunks that a group is reduced to: each block of the second launch reads all of them.
const MOST_CHUNKS: u32 = 64;
/// The most partial results of a group for the same reason, in pairs of numbers.
const MOST_PARTIAL: u32 = 8192;
/// The most blocks of the second launch in a group: more than a card holds at once.
const MOST_TILES: u32 = 1024;

/// Adds what an operation comes to; nothing where there is no group.
pub(super) fn add(operation: &Operation, launches: &mut Launches) {
    match *operation {
        Operation::BatchNormForward { norm, values, out, statistics } => {
            let begin = |launch: Launch| launch.with(values);
            let end = |launch: Launch| launch.with(values).with(out).with(statistics);
            let kernels = ["batch_norm_forward_whole", "batch_norm_moments", "batch_norm_forward"];
            add_norm(norm, kernels, begin, end, launches);
        }
        Operation::BatchNormBackward {
            norm,
            normalised,
            out,
            statistics,
            d_out,
            d_values,
            d_affine,
            d_affine_stride,
        } => {
            let begin = |launch: Launch| launch.with(normalised).with(out).with(d_out);
            let end = |launch: Launch| {
                let launch = launch.with(normalised).with(out).with(statistics).with(d_out);
                launch.with(d_values).with(d_affine).with(d_affine_stride)
            };
            let kernels = ["batch_norm_backward_whole", "batch_norm_shares", "batch_norm_backward"];
            add_norm(norm, kernels, begin, end, launches);
        }
        Operation::RunningStatistics {
            statistics,
            bias,
            bias_stride,
            running,
            running_stride,
            groups,
            channels,
            rows,
            share,
        } => {
            let count = u64::from(groups) * u64::from(channels);
            if count == 0 {
                return;
            }
            let unbiased = rows as f32 / (rows as f32 - 1.0);
            let launch = Launch::over("running_statistics", count).with(statistics).with(bias);
            let launch = launch.with(bias_stride).with(running).with(running_stride);
            launches.push(launch.with(groups).with(channels).with(unbiased).with(share));
        }
        _ => {}
    }
}

/// Adds the one kernel of `[whole, begin, end]`, or the two.
fn add_norm(
    norm: BatchNorm,
    [whole, begin, end]: [&'static str; 3],
    with_begin: impl Fn(Launch) -> Launch,
    with_end: impl Fn(Launch) -> Launch,
    launches: &mut Launches,
) {
    let BatchNorm { groups, rows, channels, .. } = norm;
    if groups == 0 {
        return;
    }
    let width = channels.min(WIDTH);
    if rows <= THREADS / width * KEPT_ROWS {
        let launch = launch(whole, channels.div_ceil(width), norm).with(width);
        launches.push(with_end(launch));
        return;
    }
    let (chunk, chunks) = chunks(rows, channels);
    let tiles = rows.div_ceil(THREADS / channels * TILE).min(MOST_TILES);
    launches.need_scratch(u64::from(groups) * u64::from(chunks) * 2 * u64::from(channels));
    let first = with_begin(launch(begin, chunks, norm).with(chunk));
    launches.push(first.with(Argument::Scratch(0)));
    let second = launch(end, tiles, norm).with(chunk).with(chunks).with(Argument::Scratch(0));
    launches.push(with_end(second));
}

/// Rows of a chunk, and how many chunks there are.
fn chunks(rows: u32, channels: u32) -> (u32, u32) {
    let most = (MOST_PARTIAL / channels).min(MOST_CHUNKS);
    let chunk = rows.div_ceil(most).max(THREADS / channels * TILE);
    (chunk, rows.div_ceil(chunk))
}

/// A kernel with the arguments that all of them begin with.
fn launch(kernel: &'static str, blocks: u32, norm: BatchNorm) -> Launch {
    let launch = Launch::new(kernel, [blocks, norm.groups.min(MOST_BLOCKS), 1]);
    let launch = launch.with(norm.affine).with(norm.affine_stride).with(norm.groups);
    launch.with(norm.rows).with(norm.channels).with(norm.out_group_stride)
}
