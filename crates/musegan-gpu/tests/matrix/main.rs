//! The operations on matrices, on whatever device there is, against their definitions in double
//! precision.
#![cfg(any(feature = "cuda", feature = "emulated"))]
#![allow(clippy::unwrap_used)]

use device::Device;
use musegan_device::Operation;
use proptest::prelude::*;

mod device;
#[path = "../calls/opening.rs"]
mod opening;
mod products;

/// Numbers that depend on their place alone, between -1 and 1.
pub fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mix = |i: u32| (i ^ seed.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
    let mix = |i: u32| mix(mix(i) ^ mix(i) >> 15);
    (0..len as u32).map(|i| (mix(i) >> 8) as f32 / (1 << 23) as f32 - 1.0).collect()
}

/// Fails where a number is further from its definition than sums of `terms` in single precision
/// are, or one that is not defined has changed.
pub fn assert_close(found: &[f32], expected: &[f64], terms: usize) {
    assert_eq!(found.len(), expected.len());
    let tolerance = 1e-6 * (terms as f64).sqrt();
    for (i, (&found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(found) - expected).abs();
        assert!(error <= tolerance, "element {i}: {found}, not {expected}; off by {error:e}");
    }
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..Default::default() }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn sums_over_rows_are_those_of_every_column(
        (rows, columns, groups) in prop_oneof![
            (1usize..40, 1usize..300, 1usize..4),
            (1000usize..3000, 1usize..70, 1usize..3),
            (30_000usize..60_000, 1usize..4, 1usize..3),
        ],
        (gap, out_gap, shared, add) in (0usize..3, 0usize..3, any::<bool>(), any::<bool>()),
    ) {
        let row = columns + gap;
        let group = if shared { 0 } else { rows * row };
        let input = numbers(rows * row * groups, 1);
        let out_group = columns + out_gap;
        let before = numbers(out_group * groups, 2);
        let mut expected: Vec<f64> = before.iter().map(|&v| v.into()).collect();
        for g in 0..groups {
            for c in 0..columns {
                let sum: f64 = (0..rows).map(|r| f64::from(input[g * group + r * row + c])).sum();
                let to = &mut expected[g * out_group + c];
                *to = if add { *to + sum } else { sum };
            }
        }
        let sums = Device::open().compute([&input, &before], |[input, out]| Operation::SumRows {
            input, rows: rows as u32, columns: columns as u32, row_stride: row as u32,
            groups: groups as u32, group_stride: group as u32, out,
            out_group_stride: out_group as u32, add,
        });
        assert_close(&sums.unwrap(), &expected, rows);
    }

    #[test]
    fn windows_add_up_where_they_overlap(
        rows in 1usize..40, taps in 1usize..6, width in 1usize..50, step in 0usize..50
    ) {
        let step = step.min(width);
        let row = (taps - 1) * step + width;
        let windows = numbers(rows * taps * width, 3);
        let mut expected = vec![0.0; rows * row];
        for (i, &value) in windows.iter().enumerate() {
            let (r, t, j) = (i / (taps * width), i / width % taps, i % width);
            expected[r * row + t * step + j] += f64::from(value);
        }
        let before = numbers(rows * row, 4);
        let sums = Device::open().compute([&windows, &before], |[windows, out]| {
            let [rows, taps, width, step] = [rows, taps, width, step].map(|size| size as u32);
            Operation::Overlap { windows, out, rows, taps, width, step }
        });
        assert_close(&sums.unwrap(), &expected, taps);
    }

    #[test]
    fn a_row_is_added_to_all_rows_of_its_group(
        (groups, rows, columns) in (1usize..5, 1usize..60, 1usize..90),
        (shared, relu) in any::<(bool, bool)>(),
    ) {
        let group = if shared { 0 } else { columns + 1 };
        let bias = numbers(groups * (columns + 1), 5);
        let before = numbers(groups * rows * columns, 6);
        let sum = |(i, &value): (usize, &f32)| {
            let sum = value + bias[i / (rows * columns) * group + i % columns];
            f64::from(if relu { sum.max(0.0) } else { sum })
        };
        let expected: Vec<f64> = before.iter().enumerate().map(sum).collect();
        let sums = Device::open().compute([&bias, &before], |[bias, out]| Operation::AddRow {
            bias, bias_group_stride: group as u32, out, groups: groups as u32, rows: rows as u32,
            columns: columns as u32, relu,
        });
        assert_close(&sums.unwrap(), &expected, 0);
    }

    #[test]
    fn axes_come_in_another_order(
        sizes in prop::array::uniform6(1u32..6), strides in prop::array::uniform6(0u32..40)
    ) {
        let reach: u32 = sizes.iter().zip(strides).map(|(size, stride)| (size - 1) * stride).sum();
        let input = numbers(reach as usize + 1, 7);
        let len = sizes.iter().product::<u32>();
        let from = |i: u32| {
            let mut rest = i;
            let mut at = 0;
            for axis in (0..6).rev() {
                at += rest % sizes[axis] * strides[axis];
                rest /= sizes[axis];
            }
            f64::from(input[at as usize])
        };
        let expected: Vec<f64> = (0..len).map(from).collect();
        let before = numbers(len as usize, 8);
        let found = Device::open().compute([&input, &before], |[input, out]| {
            Operation::Permute { input, out, sizes, strides }
        });
        assert_close(&found.unwrap(), &expected, 0);
    }
}

#[test]
fn clearing_stops_where_it_is_told_to() {
    let before = numbers(100_000, 9);
    let mut expected: Vec<f64> = before.iter().map(|&value| value.into()).collect();
    expected[..77_777].fill(-0.5);
    let after = Device::open()
        .compute([&before], |[out]| Operation::Fill { out, len: 77_777, value: -0.5 })
        .unwrap();
    assert_close(&after, &expected, 0);
}

#[test]
fn nothing_to_write_is_nothing_to_do() {
    let before = numbers(4, 10);
    let device = Device::open();
    let fill = device.compute([&before], |[out]| Operation::Fill { out, len: 0, value: 1.0 });
    assert_eq!(fill.unwrap(), before);
    let sums = device.compute([&before, &before], |[input, out]| Operation::SumRows {
        input,
        rows: 3,
        columns: 0,
        row_stride: 1,
        groups: 1,
        group_stride: 0,
        out,
        out_group_stride: 0,
        add: false,
    });
    assert_eq!(sums.unwrap(), before);
}
