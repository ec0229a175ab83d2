//! Division by a number that is divided by again and again, as a multiplication.

/// A number to divide by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Divisor {
    divisor: u64,
    /// 2^64 over the divisor, rounded up.
    reciprocal: u64,
    /// Dividends below it have exact quotients.
    exact_below: u64,
}

impl Divisor {
    /// 0 counts as 1.
    pub const fn new(divisor: u64) -> Self {
        match divisor {
            // The reciprocal of 1 has no room.
            0 | 1 => Self { divisor: 1, reciprocal: 0, exact_below: 0 },
            // With `d` the divisor the reciprocal is too large by less than 1 and so, times `d`,
            // by `d` at most: a dividend below 2^64 / d gets less than 1 / d too much.
            _ => {
                let below = u64::MAX / divisor;
                Self { divisor, reciprocal: below + 1, exact_below: below }
            }
        }
    }

    /// The quotient, rounded down.
    #[inline]
    pub const fn divide(self, dividend: u64) -> u64 {
        if dividend < self.exact_below {
            ((dividend as u128 * self.reciprocal as u128) >> 64) as u64
        } else {
            dividend / self.divisor
        }
    }
}
