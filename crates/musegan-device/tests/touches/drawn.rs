//! Operations of every kind and any small size.
use super::slice;
use musegan_device::operation::{
    Adam, Axis, BatchNorm, Draw, Key, Keys, LayerNorm, Matrix, Operation,
};
use proptest::prelude::*;

fn axis() -> impl Strategy<Value = Axis> {
    (1..4u32, 0..5u32, 1..3u32, 0..9u32).prop_map(|(count, stride, outer, outer_stride)| Axis {
        count,
        stride,
        outer,
        outer_stride,
    })
}

fn layer() -> impl Strategy<Value = LayerNorm> {
    let sizes = (1..3u32, 1..3u32, 2..4u32, 1..4u32);
    (sizes, 0..12u32, 0..3u32, 0..40u32).prop_map(
        |(sizes, affine_stride, gap, out_group_stride)| {
            let (groups, samples, rows, channels) = sizes;
            let affine = slice(1);
            let out_stride = channels + gap;
            LayerNorm {
                groups,
                samples,
                rows,
                channels,
                affine,
                affine_stride,
                out_stride,
                out_group_stride,
            }
        },
    )
}

fn batch() -> impl Strategy<Value = BatchNorm> {
    (1..3u32, 2..4u32, 1..4u32, 0..12u32, 0..40u32).prop_map(
        |(groups, rows, channels, affine_stride, out_group_stride)| BatchNorm {
            groups,
            rows,
            channels,
            affine: slice(1),
            affine_stride,
            out_group_stride,
        },
    )
}

fn products() -> impl Strategy<Value = Operation> {
    ([axis(), axis(), axis()], 1..4u32, [0..30u32, 0..30, 0..30]).prop_map(
        |([m, k, n], groups, strides)| {
            let of = |buffer, rows, columns, group_stride| Matrix {
                at: slice(buffer),
                rows,
                columns,
                group_stride,
            };
            let [left, right, out] = strides;
            Operation::Multiply {
                left: of(1, m, k, left),
                right: of(2, k, n, right),
                out: of(3, m, n, out),
                groups,
                add: false,
            }
        },
    )
}

fn plain() -> impl Strategy<Value = Operation> {
    let small = || 1..4u32;
    let stride = || 0..20u32;
    let [a, b, c, d] = [slice(1), slice(2), slice(3), slice(4)];
    prop_oneof![
        (1..9u32).prop_map(move |len| Operation::Fill { out: a, len, value: 0.0 }),
        (small(), small(), small(), 0..3u32).prop_map(move |(rows, taps, width, less)| {
            let step = width.saturating_sub(less);
            Operation::Overlap { windows: a, out: b, rows, taps, width, step }
        }),
        ([small(), small(), small()], [stride(), stride(), stride()]).prop_map(
            move |([rows, columns, groups], [row_stride, group_stride, out_group_stride])| {
                let (input, out, add) = (a, b, false);
                Operation::SumRows {
                    input,
                    rows,
                    columns,
                    row_stride,
                    groups,
                    group_stride,
                    out,
                    out_group_stride,
                    add,
                }
            }
        ),
        ([small(), small(), small()], stride()).prop_map(
            move |([groups, rows, columns], bias_group_stride)| Operation::AddRow {
                bias: a,
                bias_group_stride,
                out: b,
                groups,
                rows,
                columns,
                relu: true,
            }
        ),
        (prop::array::uniform6(small()), prop::array::uniform6(stride())).prop_map(
            move |(sizes, strides)| Operation::Permute { input: a, out: b, sizes, strides }
        ),
        ([small(), small()], [stride(), stride()]).prop_map(
            move |([groups, channels], [bias_stride, running_stride])| {
                let (statistics, bias, running, rows, share) = (a, b, c, 2, 0.5);
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
                }
            }
        ),
        ([small(), small(), small()], [stride(), stride()]).prop_map(
            move |([groups, samples, len], [a_group_stride, b_group_stride])| {
                let (share, out) = (c, d);
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
                }
            }
        ),
        [small(), small(), small()].prop_map(move |[groups, samples, len]| {
            Operation::Direction { cells: a, groups, samples, len, norms: b, rates: c, factor: 1.0 }
        }),
    ]
}

fn norms() -> impl Strategy<Value = Operation> {
    let [a, b, c, d, e] = [slice(2), slice(3), slice(4), slice(5), slice(6)];
    let [f, g, h, i] = [slice(7), slice(8), slice(9), slice(10)];
    prop_oneof![
        layer().prop_map(move |norm| {
            Operation::LayerNormForward { norm, values: a, out: b, deviations: c }
        }),
        (layer(), any::<bool>()).prop_map(move |(norm, affine)| Operation::LayerNormBackward {
            norm,
            normalised: a,
            out: b,
            deviations: c,
            d_out: d,
            d_values: e,
            d_affine: affine.then_some(f),
        }),
        layer().prop_map(move |norm| Operation::LayerNormTangent {
            norm,
            normalised: a,
            out: b,
            deviations: c,
            tangents: d,
            out_tangents: e,
            rates: f,
        }),
        layer().prop_map(move |norm| Operation::LayerNormBackwardPair {
            norm,
            normalised: a,
            out: b,
            deviations: c,
            tangents: d,
            rates: e,
            d_out: f,
            d_out_tangents: g,
            d_values: h,
            d_tangents: i,
            d_affine: slice(11),
        }),
        batch().prop_map(move |norm| {
            Operation::BatchNormForward { norm, values: a, out: b, statistics: c }
        }),
        (batch(), 0..20u32).prop_map(move |(norm, d_affine_stride)| {
            Operation::BatchNormBackward {
                norm,
                normalised: a,
                out: b,
                statistics: c,
                d_out: d,
                d_values: e,
                d_affine: f,
                d_affine_stride,
            }
        }),
    ]
}

fn training() -> impl Strategy<Value = Operation> {
    let [a, b, c, d, e, f] = [1, 2, 3, 4, 5, 6].map(slice);
    let key = Key { seed: 1, clock: f, purpose: 2, round: 3 };
    let adam = move |len, broken_count| Adam {
        weights: a,
        gradient: b,
        first: c,
        second: d,
        len,
        clock: f,
        per_step: 1,
        round: 0,
        rate: 1e-3,
        rate_end: 1.0,
        steps: 1,
        betas: [0.5, 0.9],
        broken: e,
        broken_count,
    };
    prop_oneof![
        (1..3u32, prop::option::of(1..4u32), 0..9000u32, 1..3u32).prop_map(
            move |(phrases, songs, group_stride, samples)| Operation::Draw(Draw {
                key,
                bits: a,
                facts: b,
                phrases,
                songs: songs.map(|_| c),
                songs_count: songs.unwrap_or(0),
                weights_total: 1.0,
                keys: Keys::Random,
                out: d,
                group_stride,
                samples,
            })
        ),
        (1..4u32, 1..3u32).prop_map(move |(samples, blocks)| {
            Operation::Normals { key, out: a, samples, per_sample: 16 * blocks }
        }),
        (1..4u32).prop_map(move |samples| Operation::Uniforms { key, out: a, samples }),
        (1..4u32, 1..9u32).prop_map(move |(count, reach)| {
            Operation::Guard { values: a, ranges: b, count, reach, broken: c, clock: d }
        }),
        (1..9u32, 1..4u32).prop_map(move |(len, broken)| Operation::Adam(adam(len, broken))),
        (1..9u32, 1..4u32).prop_map(move |(len, broken_count)| Operation::Average {
            average: a,
            weights: b,
            len,
            decay: 0.9,
            clock: c,
            broken: d,
            broken_count,
        }),
        (1..4u32).prop_map(move |broken_count| {
            Operation::Advance { clock: a, broken: b, broken_count }
        }),
    ]
}

pub(crate) fn any_operation() -> impl Strategy<Value = Operation> {
    prop_oneof![products(), plain(), norms(), training()]
}
