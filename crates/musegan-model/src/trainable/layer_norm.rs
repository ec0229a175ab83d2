//! Bias, layer norm over the whole sample or none, per-channel scale and shift, and leaky ReLU in one
//! pass each way: the critic's activation. What must stay true: the four functions are derivatives of
//! one another; their formulas are those of `torch.std` with Bessel's correction and
//! `(x − mean) / (std + 1e-5)`.
//!
//! A batch is `samples × rows × channels`, contiguous before the activation; after it, rows lie
//! `stride` elements apart, so that five tracks can write into one joined tensor. Notation: σ the
//! sample's standard deviation, s = σ + 1e-5, u the normalised value, w the tangent of u. Without
//! layer norm u is the value itself: the mean counts as 0, s as 1, and neither has a derivative.
use super::wide;

/// Slope of the leaky ReLU below zero.
pub(crate) const SLOPE: f32 = 0.01;
const EPSILON: f32 = 1e-5;

/// The parameters of one activation, one number per channel each.
#[derive(Clone, Copy)]
pub(crate) struct Affine<'a> {
    pub(crate) bias: &'a [f32],
    pub(crate) gamma: &'a [f32],
    pub(crate) beta: &'a [f32],
}

/// Their gradients, which are added to.
pub(crate) struct AffineGradient<'a> {
    pub(crate) bias: &'a mut [f32],
    pub(crate) gamma: &'a mut [f32],
    pub(crate) beta: &'a mut [f32],
}

/// How the activation's elements lie.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Rows of a sample.
    pub(crate) rows: usize,
    /// Channels of a row: 16, 64, 128 or 256.
    pub(crate) channels: usize,
    /// Distance of two rows after the activation.
    pub(crate) stride: usize,
    /// Whether values are normalised.
    pub(crate) is_normalised: bool,
}

/// Calls a kernel that is generic over the number of channels.
macro_rules! by_channels {
    ($shape:expr, $kernel:ident, $($argument:expr),*) => {
        match $shape.channels {
            16 => wide(#[inline(always)] || $kernel::<16>($shape, $($argument),*)),
            64 => wide(#[inline(always)] || $kernel::<64>($shape, $($argument),*)),
            128 => wide(#[inline(always)] || $kernel::<128>($shape, $($argument),*)),
            256 => wide(#[inline(always)] || $kernel::<256>($shape, $($argument),*)),
            other => unreachable!("the critic has no layer of {other} channels"),
        }
    };
}

/// Turns pre-activations (without bias) into u in place, writes the activation and each sample's σ.
pub(crate) fn forward(
    shape: Shape,
    affine: Affine<'_>,
    values: &mut [f32],
    out: &mut [f32],
    deviations: &mut [f32],
) {
    by_channels!(shape, forward_kernel, affine, values, out, deviations);
}

/// From the gradient at the activation to the gradient at the pre-activation (written) and the
/// parameters' (added).
pub(crate) fn backward(
    shape: Shape,
    affine: Affine<'_>,
    (normalised, out, deviations): (&[f32], &[f32], &[f32]),
    d_out: &[f32],
    d_values: &mut [f32],
    gradient: AffineGradient<'_>,
) {
    let tape = (normalised, out, deviations);
    by_channels!(shape, backward_kernel, affine, tape, d_out, d_values, gradient);
}

/// Turns the tangent of the pre-activation into w in place, writes the tangent of the activation
/// and each sample's r = (tangent of σ) / s.
pub(crate) fn tangent(
    shape: Shape,
    affine: Affine<'_>,
    (normalised, out, deviations): (&[f32], &[f32], &[f32]),
    tangents: &mut [f32],
    out_tangents: &mut [f32],
    rates: &mut [f32],
) {
    let tape = (normalised, out, deviations);
    by_channels!(shape, tangent_kernel, affine, tape, tangents, out_tangents, rates);
}

/// What [`backward_pair`] needs of the passes before.
#[derive(Clone, Copy)]
pub(crate) struct PairTape<'a> {
    /// u, the activation, σ.
    pub(crate) value: (&'a [f32], &'a [f32], &'a [f32]),
    /// w and r.
    pub(crate) tangent: (&'a [f32], &'a [f32]),
}

/// [`backward`] through [`forward`] and [`tangent`] together: from the gradients at the activation
/// and its tangent to those at the pre-activation and its tangent.
pub(crate) fn backward_pair(
    shape: Shape,
    affine: Affine<'_>,
    tape: PairTape<'_>,
    (d_out, d_out_tangents): (&[f32], &[f32]),
    (d_values, d_tangents): (&mut [f32], &mut [f32]),
    gradient: AffineGradient<'_>,
) {
    let from = (d_out, d_out_tangents);
    let to = (d_values, d_tangents);
    by_channels!(shape, backward_pair_kernel, affine, tape, from, to, gradient);
}

#[inline(always)]
fn channels<const N: usize>(vector: &[f32]) -> [f32; N] {
    let mut out = [0.0; N];
    out.copy_from_slice(vector);
    out
}

#[inline(always)]
fn rows<const N: usize>(sample: &[f32], stride: usize) -> impl Iterator<Item = &[f32; N]> {
    sample.chunks(stride).filter_map(|row| row.first_chunk())
}

#[inline(always)]
fn rows_mut<const N: usize>(
    sample: &mut [f32],
    stride: usize,
) -> impl Iterator<Item = &mut [f32; N]> {
    sample.chunks_mut(stride).filter_map(|row| row.first_chunk_mut())
}

/// Sum of products of two vectors over the channels.
#[inline(always)]
fn dot<const N: usize>(a: &[f32; N], b: &[f32; N]) -> f32 {
    let mut sum = 0.0;
    for c in 0..N {
        sum += a[c] * b[c];
    }
    sum
}

#[inline(always)]
fn accumulate<const N: usize>(to: &mut [f32], from: &[f32; N]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

#[inline(always)]
fn forward_kernel<const N: usize>(
    shape: Shape,
    affine: Affine<'_>,
    values: &mut [f32],
    out: &mut [f32],
    deviations: &mut [f32],
) {
    let [bias, gamma, beta] = [affine.bias, affine.gamma, affine.beta].map(channels::<N>);
    let count = (shape.rows * N) as f32;
    let samples =
        values.chunks_exact_mut(shape.rows * N).zip(out.chunks_mut(shape.rows * shape.stride));
    for ((x, out), deviation) in samples.zip(deviations) {
        let x = x.as_chunks_mut::<N>().0;
        let mut sums = [0.0f32; N];
        for row in x.iter_mut() {
            for c in 0..N {
                row[c] += bias[c];
                sums[c] += row[c];
            }
        }
        let norm = shape.is_normalised;
        let mean = if norm { sums.iter().sum::<f32>() / count } else { 0.0 };
        let mut squares = [0.0f32; N];
        for row in x.iter_mut() {
            for c in 0..N {
                row[c] -= mean;
                squares[c] += row[c] * row[c];
            }
        }
        *deviation = (squares.iter().sum::<f32>() / (count - 1.0)).sqrt();
        let scale = shape.scale(*deviation);
        for (u, out) in x.iter_mut().zip(rows_mut::<N>(out, shape.stride)) {
            for c in 0..N {
                u[c] *= scale;
                let y = gamma[c] * u[c] + beta[c];
                out[c] = if y > 0.0 { y } else { SLOPE * y };
            }
        }
    }
}

impl Shape {
    /// 1/s.
    #[inline(always)]
    fn scale(self, deviation: f32) -> f32 {
        if self.is_normalised { 1.0 / (deviation + EPSILON) } else { 1.0 }
    }

    /// κ, or 0 without layer norm, where nothing enters through σ.
    #[inline(always)]
    fn kappa(self, deviation: f32, count: f32) -> f32 {
        if self.is_normalised { kappa(deviation, count) } else { 0.0 }
    }
}

/// κ = s / ((count − 1)·σ), the factor by which the gradient through σ enters.
#[inline(always)]
fn kappa(deviation: f32, count: f32) -> f32 {
    // A sample without any variation has u = 0 everywhere: the factor only has to be finite.
    (deviation + EPSILON) / ((count - 1.0) * deviation.max(1e-12))
}

#[inline(always)]
fn backward_kernel<const N: usize>(
    shape: Shape,
    affine: Affine<'_>,
    (normalised, out, deviations): (&[f32], &[f32], &[f32]),
    d_out: &[f32],
    d_values: &mut [f32],
    gradient: AffineGradient<'_>,
) {
    let gamma = channels::<N>(affine.gamma);
    let count = (shape.rows * N) as f32;
    let span = shape.rows * shape.stride;
    let samples = normalised
        .chunks_exact(shape.rows * N)
        .zip(out.chunks(span))
        .zip(d_out.chunks(span))
        .zip(d_values.chunks_exact_mut(shape.rows * N))
        .zip(deviations);
    let mut d_bias = [0.0f32; N];
    for ((((u, out), d_out), d), &deviation) in samples {
        let u = u.as_chunks::<N>().0;
        let d = d.as_chunks_mut::<N>().0;
        let (mut d_beta, mut d_gamma) = ([0.0f32; N], [0.0f32; N]);
        let strided = rows::<N>(out, shape.stride).zip(rows::<N>(d_out, shape.stride));
        for ((d, u), (out, d_out)) in d.iter_mut().zip(u).zip(strided) {
            for c in 0..N {
                let a = if out[c] > 0.0 { d_out[c] } else { SLOPE * d_out[c] };
                d_beta[c] += a;
                d_gamma[c] += a * u[c];
                d[c] = a * gamma[c];
            }
        }
        let mean = if shape.is_normalised { dot(&gamma, &d_beta) / count } else { 0.0 };
        let along = dot(&gamma, &d_gamma) * shape.kappa(deviation, count);
        let scale = shape.scale(deviation);
        for (d, u) in d.iter_mut().zip(u) {
            for c in 0..N {
                d[c] = (d[c] - mean - along * u[c]) * scale;
                d_bias[c] += d[c];
            }
        }
        accumulate(gradient.beta, &d_beta);
        accumulate(gradient.gamma, &d_gamma);
    }
    accumulate(gradient.bias, &d_bias);
}

#[inline(always)]
fn tangent_kernel<const N: usize>(
    shape: Shape,
    affine: Affine<'_>,
    (normalised, out, deviations): (&[f32], &[f32], &[f32]),
    tangents: &mut [f32],
    out_tangents: &mut [f32],
    rates: &mut [f32],
) {
    let gamma = channels::<N>(affine.gamma);
    let count = (shape.rows * N) as f32;
    let span = shape.rows * shape.stride;
    let samples = normalised
        .chunks_exact(shape.rows * N)
        .zip(out.chunks(span))
        .zip(tangents.chunks_exact_mut(shape.rows * N))
        .zip(out_tangents.chunks_mut(span))
        .zip(deviations.iter().zip(rates));
    for ((((u, out), t), out_t), (&deviation, rate)) in samples {
        let u = u.as_chunks::<N>().0;
        let t = t.as_chunks_mut::<N>().0;
        let (mut sums, mut along) = ([0.0f32; N], [0.0f32; N]);
        for (t, u) in t.iter().zip(u) {
            for c in 0..N {
                sums[c] += t[c];
                along[c] += t[c] * u[c];
            }
        }
        let mean = if shape.is_normalised { sums.iter().sum::<f32>() / count } else { 0.0 };
        let scale = shape.scale(deviation);
        let r = along.iter().sum::<f32>() * scale * shape.kappa(deviation, count);
        *rate = r;
        let strided = rows::<N>(out, shape.stride).zip(rows_mut::<N>(out_t, shape.stride));
        for ((t, u), (out, out_t)) in t.iter_mut().zip(u).zip(strided) {
            for c in 0..N {
                t[c] = (t[c] - mean) * scale - u[c] * r;
                let y = gamma[c] * t[c];
                out_t[c] = if out[c] > 0.0 { y } else { SLOPE * y };
            }
        }
    }
}

#[inline(always)]
fn backward_pair_kernel<const N: usize>(
    shape: Shape,
    affine: Affine<'_>,
    tape: PairTape<'_>,
    (d_out, d_out_tangents): (&[f32], &[f32]),
    (d_values, d_tangents): (&mut [f32], &mut [f32]),
    gradient: AffineGradient<'_>,
) {
    let gamma = channels::<N>(affine.gamma);
    let count = (shape.rows * N) as f32;
    let (dense, span) = (shape.rows * N, shape.rows * shape.stride);
    let (normalised, out, deviations) = tape.value;
    let (tangents, rates) = tape.tangent;
    let samples = normalised
        .chunks_exact(dense)
        .zip(tangents.chunks_exact(dense))
        .zip(out.chunks(span))
        .zip(d_out.chunks(span).zip(d_out_tangents.chunks(span)))
        .zip(d_values.chunks_exact_mut(dense).zip(d_tangents.chunks_exact_mut(dense)))
        .zip(deviations.iter().zip(rates));
    let mut d_bias = [0.0f32; N];
    for (((((u, w), out), (d_out, d_out_t)), (d, d_t)), (&deviation, &r)) in samples {
        let (u, w) = (u.as_chunks::<N>().0, w.as_chunks::<N>().0);
        let (d, d_t) = (d.as_chunks_mut::<N>().0, d_t.as_chunks_mut::<N>().0);
        // Sums over the rows of the gradients a, b at the affine map: of a, a·u, b, b·u, b·w.
        let mut sums = [[0.0f32; N]; 5];
        let strided = rows::<N>(out, shape.stride)
            .zip(rows::<N>(d_out, shape.stride))
            .zip(rows::<N>(d_out_t, shape.stride));
        let to = d.iter_mut().zip(d_t.iter_mut());
        for (((d, d_t), (u, w)), ((out, d_out), d_out_t)) in to.zip(u.iter().zip(w)).zip(strided) {
            for c in 0..N {
                let slope = if out[c] > 0.0 { 1.0 } else { SLOPE };
                let (a, b) = (slope * d_out[c], slope * d_out_t[c]);
                sums[0][c] += a;
                sums[1][c] += a * u[c];
                sums[2][c] += b;
                sums[3][c] += b * u[c];
                sums[4][c] += b * w[c];
                d[c] = a * gamma[c];
                d_t[c] = b * gamma[c];
            }
        }
        let [g, gu, h, hu, hw] = sums.map(|sum| dot(&gamma, &sum));
        let kappa = shape.kappa(deviation, count);
        // s / σ.
        let ratio = kappa * (count - 1.0);
        let along_w = -hu * kappa;
        let along_u = along_w * r + kappa * (r * hu - hw + r * hu * ratio - gu);
        let (mean, mean_t) =
            if shape.is_normalised { ((g - r * h) / count, h / count) } else { (0.0, 0.0) };
        let scale = shape.scale(deviation);
        for ((d, d_t), (u, w)) in d.iter_mut().zip(d_t).zip(u.iter().zip(w)) {
            for c in 0..N {
                d[c] = (d[c] - r * d_t[c] + along_w * w[c] + along_u * u[c] - mean) * scale;
                d_t[c] = (d_t[c] - mean_t + along_w * u[c]) * scale;
                d_bias[c] += d[c];
            }
        }
        accumulate(gradient.beta, &sums[0]);
        accumulate(gradient.gamma, &sums[1]);
        accumulate(gradient.gamma, &sums[4]);
    }
    accumulate(gradient.bias, &d_bias);
}
