//! The optimiser: what is not finite is found, weights, averages and the clock move.
use crate::launch::{Argument, Launch, Launches, THREADS};
use musegan_device::Operation;
use musegan_device::operation::Adam;

/// Blocks that add up a range of Guard: the kernels' `GUARD_PARTS`.
const GUARD_PARTS: u32 = 16;
/// So many blocks are at once on the largest cards. More would each look at the clock and at what is
/// broken for fewer elements.
const MOST_BLOCKS: u64 = 1024;

/// Adds what an operation comes to.
pub(super) fn add(operation: &Operation, launches: &mut Launches) {
    match *operation {
        Operation::Guard { values, ranges, count, reach, broken, clock } if count > 0 => {
            launches.need_scratch(u64::from(count) * u64::from(GUARD_PARTS));
            launches.push(
                Launch::new("guard_sum", [count, GUARD_PARTS, 1])
                    .with(values)
                    .with(ranges)
                    .with(reach)
                    .with(Argument::Scratch(0)),
            );
            launches.push(
                Launch::over("guard_mark", count.into())
                    .with(Argument::Scratch(0))
                    .with(count)
                    .with(broken)
                    .with(clock),
            );
        }
        Operation::Adam(adam) => launches.push(step(&adam)),
        Operation::Average { average, weights, len, decay, clock, broken, broken_count } => {
            launches.push(
                over("average", len)
                    .with(average)
                    .with(weights)
                    .with(len)
                    .with(decay)
                    .with(clock)
                    .with(broken)
                    .with(broken_count),
            );
        }
        Operation::Advance { clock, broken, broken_count } => launches
            .push(Launch::new("advance", [1, 1, 1]).with(clock).with(broken).with(broken_count)),
        _ => {}
    }
}

fn step(adam: &Adam) -> Launch {
    over("adam", adam.len)
        .with(adam.weights)
        .with(adam.gradient)
        .with(adam.first)
        .with(adam.second)
        .with(adam.len)
        .with(adam.clock)
        .with(adam.per_step)
        .with(adam.round)
        .with(adam.rate)
        .with(adam.rate_end)
        .with(adam.steps)
        .with(adam.betas[0])
        .with(adam.betas[1])
        .with(adam.broken)
        .with(adam.broken_count)
}

/// As [`Launch::over`], with no more blocks than run at once.
fn over(kernel: &'static str, elements: u32) -> Launch {
    let blocks = u64::from(elements).div_ceil(THREADS.into()).clamp(1, MOST_BLOCKS);
    Launch::new(kernel, [blocks as u32, 1, 1])
}
