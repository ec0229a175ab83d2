//! Functions of one number in arithmetic that compilers turn into vectors: the standard library's
//! are exact, one number at a time. What must stay true: relative errors of about 1e-6, and no
//! branch and no fused multiplication, so that all processors agree.

/// The exponential. Beyond ±87 it stays where it is there; what is not a number stays so.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // Adding this number rounds to the nearest integer, which then lies in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let power = rounded - ROUND;
    let rest = x - power * LN_2_HIGH - power * LN_2_LOW;
    let mut series = 1.987_569_1e-4;
    series = series * rest + 1.398_199_9e-3;
    series = series * rest + 8.333_452e-3;
    series = series * rest + 4.166_579_6e-2;
    series = series * rest + 1.666_666_5e-1;
    series = series * rest + 0.5;
    series = series * rest * rest + rest + 1.0;
    series * f32::from_bits((rounded.to_bits() << 23).wrapping_add(1.0_f32.to_bits()))
}

/// `1 / (1 + exp(-x))`.
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `ln(1 + x)` for `x` between 0 and 1.
#[inline(always)]
fn ln_of_one_and(x: f32) -> f32 {
    twice_artanh(x / (2.0 + x))
}

/// The natural logarithm; minus infinity of zero, and not a number below.
#[inline(always)]
pub(super) fn ln(x: f32) -> f32 {
    let least = x.max(f32::MIN_POSITIVE);
    // The mantissa between √½ and √2, and the exponent that goes with it.
    let shifted = least.to_bits().wrapping_sub(std::f32::consts::FRAC_1_SQRT_2.to_bits());
    let exponent = (shifted as i32) >> 23;
    let mantissa = f32::from_bits(least.to_bits().wrapping_sub((exponent as u32) << 23));
    let ln = twice_artanh((mantissa - 1.0) / (mantissa + 1.0))
        + exponent as f32 * std::f32::consts::LN_2;
    if x > 0.0 {
        ln
    } else if x == 0.0 {
        f32::NEG_INFINITY
    } else {
        f32::NAN
    }
}

/// `ln((1 + x) / (1 - x))` for `x` up to a third.
#[inline(always)]
fn twice_artanh(x: f32) -> f32 {
    let square = x * x;
    let mut series = 2.0 / 15.0;
    series = series * square + 2.0 / 13.0;
    series = series * square + 2.0 / 11.0;
    series = series * square + 2.0 / 9.0;
    series = series * square + 2.0 / 7.0;
    series = series * square + 2.0 / 5.0;
    series = series * square + 2.0 / 3.0;
    series = series * square + 2.0;
    series * x
}

/// `ln(1 + exp(x))`.
#[inline(always)]
pub(super) fn softplus(x: f32) -> f32 {
    // In this order, so that what is not a number stays so.
    let positive = if x < 0.0 { 0.0 } else { x };
    positive + ln_of_one_and(exp(-x.abs()))
}

/// The argument of the sigmoid of [`gelu`], and its derivative.
#[inline(always)]
fn gelu_argument(x: f32) -> (f32, f32) {
    const TWICE_ROOT: f32 = 1.595_769;
    const CUBE: f32 = 0.044_715;
    let square = x * x;
    (TWICE_ROOT * (x + CUBE * x * square), TWICE_ROOT * (1.0 + 3.0 * CUBE * square))
}

/// `x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))`.
#[inline(always)]
pub(super) fn gelu(x: f32) -> f32 {
    x * sigmoid(gelu_argument(x).0)
}

/// The derivative of [`gelu`].
#[inline(always)]
pub(super) fn gelu_slope(x: f32) -> f32 {
    let (argument, slope) = gelu_argument(x);
    let share = sigmoid(argument);
    share + x * share * (1.0 - share) * slope
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest relative error over a fine grid, where results are below `floor` an absolute one
    /// in units of it.
    fn error(
        of: fn(f32) -> f32,
        truth: fn(f64) -> f64,
        (low, high): (f32, f32),
        floor: f64,
    ) -> f64 {
        let errors = (0..=200_000).map(|i| {
            let x = low + (high - low) * (i as f32 / 200_000.0);
            let truth = truth(f64::from(x));
            (f64::from(of(x)) - truth).abs() / truth.abs().max(floor)
        });
        errors.fold(0.0, f64::max)
    }

    #[test]
    fn curves_agree_with_the_standard_library() {
        let softplus_truth = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        let gelu_truth = |x: f64| {
            x / (1.0
                + (-2.0 * (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x)).exp())
        };
        assert!(error(exp, f64::exp, (-87.0, 88.0), 0.0) < 1e-6);
        assert!(error(sigmoid, |x| 1.0 / (1.0 + (-x).exp()), (-80.0, 80.0), 0.0) < 1e-6);
        assert!(error(ln, f64::ln, (1e-3, 0.9), 0.0) < 1e-6);
        assert!(error(ln, f64::ln, (0.9, 1.2), 1e-3) < 1e-4);
        assert!(error(ln, f64::ln, (1.2, 1e6), 0.0) < 1e-6);
        assert!(error(softplus, softplus_truth, (-80.0, 80.0), 0.0) < 1e-6);
        assert!(error(gelu, gelu_truth, (-6.0, 6.0), 1e-7) < 1e-5);
    }

    #[test]
    fn what_is_not_a_number_stays_so_and_extremes_stay_finite() {
        for of in [exp, sigmoid, ln, softplus, gelu, gelu_slope] {
            assert!(of(f32::NAN).is_nan());
        }
        assert_eq!(ln(0.0), f32::NEG_INFINITY);
        assert!(ln(-1.0).is_nan());
        for of in [exp, sigmoid, softplus, gelu, gelu_slope] {
            assert!(of(1e9).is_finite() && of(-1e9).is_finite());
        }
        assert_eq!(sigmoid(1e9), 1.0);
    }
}
