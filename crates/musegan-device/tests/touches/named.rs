//! The indices that the definitions in `operation.rs` name, one by one.
use musegan_device::operation::{Axis, BatchNorm, LayerNorm, Matrix, Operation, Slice};
use std::collections::BTreeMap;

/// The last index that the definition names in each slice, by buffer.
#[derive(Default)]
struct Named(BTreeMap<u64, u64>);

impl Named {
    fn index(&mut self, at: Slice, index: u64) {
        let last = self.0.entry(at.buffer).or_insert(index);
        *last = index.max(*last);
    }

    fn first(&mut self, at: Slice, count: u64) {
        (0..count).for_each(|index| self.index(at, index));
    }
}

/// All of `0..sizes[0]`, `0..sizes[1]`, …
fn each<const N: usize>(sizes: [u32; N]) -> Vec<[u64; N]> {
    let mut all = vec![[0; N]];
    for (axis, &size) in sizes.iter().enumerate() {
        let steps = |index: [u64; N]| {
            (0..u64::from(size)).map(move |step| {
                let mut index = index;
                index[axis] = step;
                index
            })
        };
        all = all.into_iter().flat_map(steps).collect();
    }
    all
}

fn along(axis: Axis, index: u64) -> u64 {
    let count = u64::from(axis.count);
    (index % count) * u64::from(axis.stride) + (index / count) * u64::from(axis.outer_stride)
}

fn matrix(named: &mut Named, matrix: &Matrix, groups: u32) {
    let sizes = [groups, matrix.rows.len() as u32, matrix.columns.len() as u32];
    for [g, r, c] in each(sizes) {
        let group = g * u64::from(matrix.group_stride);
        named.index(matrix.at, along(matrix.rows, r) + along(matrix.columns, c) + group);
    }
}

fn layer_norm(named: &mut Named, norm: &LayerNorm, like_values: &[Slice], like_out: &[Slice]) {
    let LayerNorm { groups, samples, rows, channels, .. } = *norm;
    let [all_samples, all_rows, all] = [samples, rows, channels].map(u64::from);
    for [g, s, r, c] in each([groups, samples, rows, channels]) {
        for &at in like_values {
            named.index(at, ((g * all_samples + s) * all_rows + r) * all + c);
        }
        for &at in like_out {
            let row = (s * all_rows + r) * u64::from(norm.out_stride);
            named.index(at, g * u64::from(norm.out_group_stride) + row + c);
        }
        named.index(norm.affine, g * u64::from(norm.affine_stride) + 2 * all + c);
    }
}

fn batch_norm(named: &mut Named, norm: &BatchNorm, like_values: &[Slice], like_out: &[Slice]) {
    let BatchNorm { groups, rows, channels, .. } = *norm;
    let [all_rows, all] = [rows, channels].map(u64::from);
    for [g, r, c] in each([groups, rows, channels]) {
        for &at in like_values {
            named.index(at, (g * all_rows + r) * all + c);
        }
        for &at in like_out {
            named.index(at, g * u64::from(norm.out_group_stride) + r * all + c);
        }
        named.index(norm.affine, g * u64::from(norm.affine_stride) + all + c);
    }
}

fn clock(named: &mut Named, at: Slice) {
    named.first(at, 2);
}

/// The last index named in each slice, by buffer.
pub(crate) fn named(operation: &Operation) -> BTreeMap<u64, u64> {
    let mut named = Named::default();
    let n = &mut named;
    match *operation {
        Operation::Fill { out, len, .. } => n.first(out, len.into()),
        Operation::Multiply { left, right, out, groups, .. } => {
            [left, right, out].iter().for_each(|each| matrix(n, each, groups));
        }
        Operation::Overlap { windows, out, rows, taps, width, step } => {
            let [all_taps, all, step] = [taps, width, step].map(u64::from);
            for [r, t, j] in each([rows, taps, width]) {
                n.index(windows, (r * all_taps + t) * all + j);
                n.index(out, r * ((all_taps - 1) * step + all) + t * step + j);
            }
        }
        Operation::SumRows {
            input,
            rows,
            columns,
            row_stride,
            groups,
            group_stride,
            out,
            out_group_stride,
            ..
        } => {
            for [g, r, c] in each([groups, rows, columns]) {
                n.index(input, g * u64::from(group_stride) + r * u64::from(row_stride) + c);
                n.index(out, g * u64::from(out_group_stride) + c);
            }
        }
        Operation::AddRow { bias, bias_group_stride, out, groups, rows, columns, .. } => {
            for [g, r, c] in each([groups, rows, columns]) {
                n.index(bias, g * u64::from(bias_group_stride) + c);
                n.index(out, (g * u64::from(rows) + r) * u64::from(columns) + c);
            }
        }
        Operation::Permute { input, out, sizes, strides } => {
            for (place, index) in each(sizes).into_iter().enumerate() {
                n.index(out, place as u64);
                n.index(input, index.iter().zip(strides).map(|(i, s)| i * u64::from(s)).sum());
            }
        }
        Operation::LayerNormForward { ref norm, values, out, deviations } => {
            layer_norm(n, norm, &[values], &[out]);
            n.first(deviations, u64::from(norm.groups) * u64::from(norm.samples));
        }
        Operation::LayerNormBackward {
            ref norm,
            normalised,
            out,
            deviations,
            d_out,
            d_values,
            d_affine,
        } => {
            layer_norm(n, norm, &[normalised, d_values], &[out, d_out]);
            let samples = u64::from(norm.groups) * u64::from(norm.samples);
            n.first(deviations, samples);
            d_affine.into_iter().for_each(|at| n.first(at, samples * 3 * u64::from(norm.channels)));
        }
        Operation::LayerNormTangent {
            ref norm,
            normalised,
            out,
            deviations,
            tangents,
            out_tangents,
            rates,
        } => {
            layer_norm(n, norm, &[normalised, tangents], &[out, out_tangents]);
            let samples = u64::from(norm.groups) * u64::from(norm.samples);
            [deviations, rates].iter().for_each(|&at| n.first(at, samples));
        }
        Operation::LayerNormBackwardPair {
            ref norm,
            normalised,
            out,
            deviations,
            tangents,
            rates,
            d_out,
            d_out_tangents,
            d_values,
            d_tangents,
            d_affine,
        } => {
            let like_values = [normalised, tangents, d_values, d_tangents];
            layer_norm(n, norm, &like_values, &[out, d_out, d_out_tangents]);
            let samples = u64::from(norm.groups) * u64::from(norm.samples);
            [deviations, rates].iter().for_each(|&at| n.first(at, samples));
            n.first(d_affine, samples * 3 * u64::from(norm.channels));
        }
        Operation::BatchNormForward { ref norm, values, out, statistics } => {
            batch_norm(n, norm, &[values], &[out]);
            n.first(statistics, u64::from(norm.groups * 2 * norm.channels));
        }
        Operation::BatchNormBackward {
            ref norm,
            normalised,
            out,
            statistics,
            d_out,
            d_values,
            d_affine,
            d_affine_stride,
        } => {
            batch_norm(n, norm, &[normalised, d_values], &[out, d_out]);
            n.first(statistics, u64::from(norm.groups * 2 * norm.channels));
            for [g, c] in each([norm.groups, 2 * norm.channels]) {
                n.index(d_affine, g * u64::from(d_affine_stride) + c);
            }
        }
        Operation::RunningStatistics {
            statistics,
            bias,
            bias_stride,
            running,
            running_stride,
            groups,
            channels,
            ..
        } => {
            for [g, c] in each([groups, channels]) {
                n.index(statistics, (g * 2 + 1) * u64::from(channels) + c);
                n.index(bias, g * u64::from(bias_stride) + c);
                n.index(running, g * u64::from(running_stride) + u64::from(channels) + c);
            }
        }
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
        } => {
            for [g, s, i] in each([groups, samples, len]) {
                let [all_samples, all] = [samples, len].map(u64::from);
                n.index(a, g * u64::from(a_group_stride) + s * all + i);
                n.index(b, g * u64::from(b_group_stride) + s * all + i);
                n.index(share, s);
                n.index(out, (g * all_samples + s) * all + i);
            }
        }
        Operation::Direction { cells, groups, samples, len, norms, rates, .. } => {
            n.first(cells, u64::from(groups * samples * len));
            [norms, rates].iter().for_each(|&at| n.first(at, samples.into()));
        }
        Operation::Draw(ref draw) => {
            clock(n, draw.key.clock);
            n.first(draw.bits, u64::from(draw.phrases) * (5 * 64 * 72 / 32));
            n.first(draw.facts, draw.phrases.into());
            draw.songs.into_iter().for_each(|at| n.first(at, u64::from(draw.songs_count) * 6));
            for [t, s] in each([5, draw.samples]) {
                n.index(draw.out, t * u64::from(draw.group_stride) + s * 4608 + 4607);
            }
        }
        Operation::Normals { ref key, out, samples, per_sample } => {
            clock(n, key.clock);
            n.first(out, u64::from(samples * per_sample));
        }
        Operation::Uniforms { ref key, out, samples } => {
            clock(n, key.clock);
            n.first(out, samples.into());
        }
        Operation::Guard { values, ranges, count, reach, broken, clock: at } => {
            n.first(values, reach.into());
            n.first(ranges, 2 * u64::from(count));
            n.first(broken, count.into());
            clock(n, at);
        }
        Operation::Adam(ref adam) => {
            let all = [adam.weights, adam.gradient, adam.first, adam.second];
            all.iter().for_each(|&at| n.first(at, adam.len.into()));
            clock(n, adam.clock);
            n.first(adam.broken, adam.broken_count.into());
        }
        Operation::Average { average, weights, len, clock: at, broken, broken_count, .. } => {
            [average, weights].iter().for_each(|&at| n.first(at, len.into()));
            clock(n, at);
            n.first(broken, broken_count.into());
        }
        Operation::Advance { clock: at, broken, broken_count } => {
            clock(n, at);
            n.first(broken, broken_count.into());
        }
    }
    named.0
}
