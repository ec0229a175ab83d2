//! Layer norm over the columns, with scale and shift: one pass each way.
use super::backward::Pass;
use super::operation::Operation;
use super::{Network, Node, Room, Tape, Value, sums};
use crate::wide::wide;
use std::ops::Range;

const EPSILON: f32 = 1e-5;

/// What a layer norm takes from its network.
#[derive(Clone, Copy)]
pub(super) struct Norm {
    pub(super) network: Network,
    pub(super) scale: usize,
    pub(super) shift: usize,
}

impl Tape<'_> {
    /// Every row less its mean, divided by √(variance + 1e-5), times `scale` plus `shift`.
    pub fn layer_norm(
        &mut self,
        x: Node,
        network: Network,
        scale: Range<usize>,
        shift: Range<usize>,
    ) -> Node {
        let (rows, columns) = self.shape(x);
        assert!(
            columns > 0 && scale.len() == columns && shift.len() == columns,
            "layer norm over {columns} columns with scale {scale:?} and shift {shift:?}"
        );
        let weights = self.networks[network.index()].values;
        let mut out = self.rooms.take(rows * columns);
        let mut statistics = self.rooms.take(rows * 2);
        let (scales, shifts) = (&weights[scale.clone()], &weights[shift.clone()]);
        let x_rows = self.value(x).chunks_exact(columns);
        wide(
            #[inline(always)]
            || {
                let outs = out.chunks_exact_mut(columns).zip(statistics.chunks_exact_mut(2));
                for (x, (out, statistics)) in x_rows.zip(outs) {
                    let (mean, rate) = mean_and_rate(x);
                    statistics.copy_from_slice(&[mean, rate]);
                    for (((out, &x), &scale), &shift) in
                        out.iter_mut().zip(x).zip(scales).zip(shifts)
                    {
                        *out = (x - mean) * rate * scale + shift;
                    }
                }
            },
        );
        let wanted = self.wanted(x) || self.trained(network);
        let norm = Norm { network, scale: scale.start, shift: shift.start };
        let operation = Operation::LayerNorm { x, norm, statistics };
        let operation = self.kept(operation, wanted);
        self.leaf(rows, columns, Value::Room(out), operation, wanted)
    }
}

/// A row's mean and the reciprocal of its deviation.
#[inline(always)]
fn mean_and_rate(x: &[f32]) -> (f32, f32) {
    let count = x.len() as f32;
    let mean = sums::sum_of(
        x,
        #[inline(always)]
        |x| x,
    ) / count;
    let variance = sums::sum_of(
        x,
        #[inline(always)]
        |x| (x - mean) * (x - mean),
    ) / count;
    (mean, 1.0 / (variance + EPSILON).sqrt())
}

impl Pass<'_, '_> {
    pub(super) fn layer_norm(
        &mut self,
        x: Node,
        norm: Norm,
        statistics: &[f32],
        mut gradient: Room,
    ) {
        let (_, columns) = self.shape(x);
        let Norm { network, scale, shift } = norm;
        let values = self.value(x);
        let mut shares = (self.rooms.zeroed(columns), self.rooms.zeroed(columns));
        let scales = &self.networks[network.index()].values[scale..scale + columns];
        let shares_mut = (&mut *shares.0, &mut *shares.1);
        wide(
            #[inline(always)]
            || {
                backward((values, statistics), scales, shares_mut, &mut gradient);
            },
        );
        if let Some(all) = self.weights(network) {
            add(&mut all[scale..scale + columns], &shares.0);
            add(&mut all[shift..shift + columns], &shares.1);
        }
        self.rooms.give_back(shares.0);
        self.rooms.give_back(shares.1);
        self.give(x, gradient);
    }
}

/// Turns the gradient at the output into that at the input and adds up those of scale and shift.
#[inline(always)]
fn backward(
    (x, statistics): (&[f32], &[f32]),
    scale: &[f32],
    (d_scale, d_shift): (&mut [f32], &mut [f32]),
    gradient: &mut [f32],
) {
    let columns = scale.len();
    let rows = x.chunks_exact(columns).zip(statistics.chunks_exact(2));
    for ((x, statistics), gradient) in rows.zip(gradient.chunks_exact_mut(columns)) {
        let (mean, rate) = (statistics[0], statistics[1]);
        let at = gradient.iter_mut().zip(x).zip(scale).zip(d_scale.iter_mut().zip(&mut *d_shift));
        for (((gradient, &x), &scale), (d_scale, d_shift)) in at {
            *d_shift += *gradient;
            *d_scale += *gradient * ((x - mean) * rate);
            *gradient *= scale;
        }
        let count = columns as f32;
        let level = sums::sum_of(
            gradient,
            #[inline(always)]
            |g| g,
        ) / count;
        let slope = sums::sum_of_both(
            gradient,
            x,
            #[inline(always)]
            |g, x| g * ((x - mean) * rate),
        ) / count;
        for (gradient, &x) in gradient.iter_mut().zip(x) {
            *gradient = rate * (*gradient - level - (x - mean) * rate * slope);
        }
    }
}

fn add(to: &mut [f32], share: &[f32]) {
    for (to, &share) in to.iter_mut().zip(share) {
        *to += share;
    }
}
