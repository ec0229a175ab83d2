//! The optimiser on a device.
use super::{Slice, exact};
use serde::{Deserialize, Serialize};

/// Adam (Kingma & Ba, 2015) as PyTorch computes it:
/// `m = β₁m + (1 − β₁)g`, `v = β₂v + (1 − β₂)g²`,
/// `w −= rate/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + 1e-8)`.
///
/// With the clock's step `s`: `t = s·per_step + round + 1`, and
/// `rate = rate₀·(1 − min(s/steps, 1)·(1 − rate_end))`.
/// The numbers that depend on the step are computed in double precision.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    /// Read and written.
    pub weights: Slice,
    /// Read.
    pub gradient: Slice,
    /// Read and written: m.
    pub first: Slice,
    /// Read and written: v.
    pub second: Slice,
    /// Elements of each.
    pub len: u32,
    /// Read: two words of a `u64`, the steps finished.
    pub clock: Slice,
    /// Adam's steps in one of the clock's.
    pub per_step: u32,
    /// Which of them this is.
    pub round: u32,
    /// The rate at the beginning.
    #[serde(with = "exact")]
    pub rate: f64,
    /// The share of it that is left at the end.
    #[serde(with = "exact")]
    pub rate_end: f64,
    /// Steps of the whole run.
    pub steps: u64,
    /// Decays of the two moments.
    #[serde(with = "exact::pair")]
    pub betas: [f64; 2],
    /// Read: `u32` each, 0 where nothing is broken.
    pub broken: Slice,
    /// How many of them.
    pub broken_count: u32,
}
