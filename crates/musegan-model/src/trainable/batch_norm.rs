//! Batch norm and ReLU in one pass each way: the generator's activation. What must stay true:
//! statistics are those of the whole batch, biased for normalising and unbiased for the running
//! variance, as PyTorch has them.
use super::wide;

/// Added to the variance.
pub(crate) const EPSILON: f32 = 1e-5;
/// Rows whose sums are taken in single precision before they go into a double.
const BLOCK: usize = 256;

/// What the forward pass found, one number per channel each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statistics {
    pub(crate) mean: Vec<f32>,
    /// Biased.
    pub(crate) variance: Vec<f32>,
    /// Elements per channel.
    pub(crate) count: usize,
}

/// Calls a kernel that is generic over the number of channels.
macro_rules! by_channels {
    ($channels:expr, $kernel:ident, $($argument:expr),*) => {
        match $channels {
            16 => wide(#[inline(always)] || $kernel::<16>($($argument),*)),
            32 => wide(#[inline(always)] || $kernel::<32>($($argument),*)),
            64 => wide(#[inline(always)] || $kernel::<64>($($argument),*)),
            128 => wide(#[inline(always)] || $kernel::<128>($($argument),*)),
            256 => wide(#[inline(always)] || $kernel::<256>($($argument),*)),
            other => unreachable!("the generator has no layer of {other} channels"),
        }
    };
}

/// Turns pre-activations, rows of `gamma.len()` channels, into normalised values in place and
/// writes the activation. A single channel is treated as sixteen equal ones.
pub(crate) fn forward(
    gamma: &[f32],
    beta: &[f32],
    values: &mut [f32],
    out: &mut [f32],
) -> Statistics {
    let lanes = gamma.len().max(16);
    by_channels!(lanes, forward_kernel, gamma, beta, values, out)
}

/// From the gradient at the activation (`d`) to the one at the pre-activation, in place; adds the
/// gradients of gamma and beta.
pub(crate) fn backward(
    gamma: &[f32],
    statistics: &Statistics,
    (normalised, out): (&[f32], &[f32]),
    d: &mut [f32],
    (d_gamma, d_beta): (&mut [f32], &mut [f32]),
) {
    let lanes = gamma.len().max(16);
    let tape = (normalised, out);
    by_channels!(lanes, backward_kernel, gamma, statistics, tape, d, (d_gamma, d_beta));
}

/// One number per lane from one per channel.
#[inline(always)]
fn spread<const N: usize>(channels: &[f32]) -> [f32; N] {
    std::array::from_fn(|lane| channels[lane % channels.len()])
}

/// One sum per channel from one per lane.
#[inline(always)]
fn gather<const N: usize>(lanes: [f64; N], channels: usize) -> Vec<f64> {
    (0..channels).map(|c| lanes.iter().skip(c).step_by(channels).sum()).collect()
}

#[inline(always)]
fn add<const N: usize>(total: &mut [f64; N], part: &[f32; N]) {
    for c in 0..N {
        total[c] += f64::from(part[c]);
    }
}

#[inline(always)]
fn forward_kernel<const N: usize>(
    gamma: &[f32],
    beta: &[f32],
    values: &mut [f32],
    out: &mut [f32],
) -> Statistics {
    let channels = gamma.len();
    let count = values.len() / channels;
    let (gamma, beta) = (spread::<N>(gamma), spread::<N>(beta));
    let x = values.as_chunks_mut::<N>().0;
    let mut total = [0.0f64; N];
    for block in x.chunks(BLOCK) {
        let mut sums = [0.0f32; N];
        for row in block {
            for c in 0..N {
                sums[c] += row[c];
            }
        }
        add(&mut total, &sums);
    }
    let mean: Vec<f32> =
        gather(total, channels).iter().map(|s| (s / count as f64) as f32).collect();
    let centre = spread::<N>(&mean);
    let mut total = [0.0f64; N];
    for block in x.chunks_mut(BLOCK) {
        let mut squares = [0.0f32; N];
        for row in block {
            for c in 0..N {
                row[c] -= centre[c];
                squares[c] += row[c] * row[c];
            }
        }
        add(&mut total, &squares);
    }
    let variance: Vec<f32> =
        gather(total, channels).iter().map(|s| (s / count as f64) as f32).collect();
    let scale = spread::<N>(&variance).map(|v| 1.0 / (v + EPSILON).sqrt());
    for (x, out) in x.iter_mut().zip(out.as_chunks_mut::<N>().0) {
        for c in 0..N {
            x[c] *= scale[c];
            out[c] = (gamma[c] * x[c] + beta[c]).max(0.0);
        }
    }
    Statistics { mean, variance, count }
}

#[inline(always)]
fn backward_kernel<const N: usize>(
    gamma: &[f32],
    statistics: &Statistics,
    (normalised, out): (&[f32], &[f32]),
    d: &mut [f32],
    (d_gamma, d_beta): (&mut [f32], &mut [f32]),
) {
    let channels = gamma.len();
    let u = normalised.as_chunks::<N>().0;
    let out = out.as_chunks::<N>().0;
    let d = d.as_chunks_mut::<N>().0;
    let (mut total, mut total_along) = ([0.0f64; N], [0.0f64; N]);
    for ((d, u), out) in d.chunks_mut(BLOCK).zip(u.chunks(BLOCK)).zip(out.chunks(BLOCK)) {
        let (mut sums, mut along) = ([0.0f32; N], [0.0f32; N]);
        for ((d, u), out) in d.iter_mut().zip(u).zip(out) {
            for c in 0..N {
                d[c] = if out[c] > 0.0 { d[c] } else { 0.0 };
                sums[c] += d[c];
                along[c] += d[c] * u[c];
            }
        }
        add(&mut total, &sums);
        add(&mut total_along, &along);
    }
    let (total, total_along) = (gather(total, channels), gather(total_along, channels));
    let per_element = |sums: &[f64]| -> [f32; N] {
        let means: Vec<f32> = sums.iter().map(|s| (s / statistics.count as f64) as f32).collect();
        spread(&means)
    };
    let (mean, mean_along) = (per_element(&total), per_element(&total_along));
    let gamma = spread::<N>(gamma);
    let variance = spread::<N>(&statistics.variance);
    let scale: [f32; N] = std::array::from_fn(|c| gamma[c] / (variance[c] + EPSILON).sqrt());
    for (d, u) in d.iter_mut().zip(u) {
        for c in 0..N {
            d[c] = (d[c] - mean[c] - mean_along[c] * u[c]) * scale[c];
        }
    }
    for c in 0..channels {
        d_gamma[c] += total_along[c] as f32;
        d_beta[c] += total[c] as f32;
    }
}
