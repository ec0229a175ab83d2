//! Numbers that spare the kernels divisions.
//!
//! What must stay true: they are for indices below 2³¹, which is what a program's check lets pass.
use crate::launch::Launch;
use musegan_device::operation::Axis;

/// Division by a fixed number: `n / d == n · magic >> shift` for every n below 2³¹. With
/// `l = ⌈log₂ d⌉` and `magic = ⌈2³¹⁺ˡ / d⌉` the error `magic·d − 2³¹⁺ˡ` is below d, so at most 2ˡ,
/// and adds less than 1/d to the quotient (Granlund & Montgomery, 1994).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Divisor {
    pub(super) magic: u32,
    pub(super) shift: u32,
}

impl Divisor {
    /// Divides by a number; by 1 in place of 0.
    pub(super) fn by(number: u32) -> Self {
        let number = u64::from(number.max(1));
        let shift = 31 + number.next_power_of_two().trailing_zeros();
        Self { magic: (1u64 << shift).div_ceil(number) as u32, shift }
    }
}

/// Adds an axis as the kernels take it: stride, what is added for each turn of the inner steps, and
/// the division that counts the turns, which is by infinity where there are none.
pub(super) fn with_axis(launch: Launch, axis: Axis) -> Launch {
    let axis = if axis.count == 1 { Axis::plain(1, axis.outer_stride as usize) } else { axis };
    let turn = axis.count.wrapping_mul(axis.stride);
    let lift = if axis.outer > 1 { axis.outer_stride.wrapping_sub(turn) } else { 0 };
    let turns = match lift {
        0 => Divisor { magic: 0, shift: 0 },
        _ => Divisor::by(axis.count),
    };
    launch.with(axis.stride).with(lift).with(turns.magic).with(turns.shift)
}

/// How many elements follow one another without gaps along an axis.
pub(super) fn run(axis: Axis) -> u32 {
    match axis {
        Axis { count: 1, outer, outer_stride: 1, .. } => outer,
        Axis { count, stride: 1, .. } => count,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_division_is_the_processors_for_every_number_below_two_to_the_31() {
        let edges = |d: u64| {
            let last = (1u64 << 31) - 1;
            let multiples = [1, 2, 3, last / d / 2, last / d].map(|times| times * d);
            multiples.into_iter().flat_map(|n| [n.saturating_sub(1), n, n + 1]).chain([0, last])
        };
        let divisors = (1..5000).chain([4608, 98_304, (1 << 30) - 1, 1 << 30, u32::MAX]);
        for d in divisors {
            let Divisor { magic, shift } = Divisor::by(d);
            for n in edges(u64::from(d)).filter(|&n| n < 1 << 31) {
                assert_eq!((n * u64::from(magic)) >> shift, n / u64::from(d), "{n} / {d}");
            }
        }
    }
}
