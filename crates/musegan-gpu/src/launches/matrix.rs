//! Clearing, products, sums and other orders of elements.
//!
//! What must stay true: what passes a program's check, which allows 2³¹ elements to each of these,
//! overflows no number here.
mod axes;
mod multiply;
mod sum;

use crate::launch::{Launch, Launches};
use axes::Divisor;
use multiply::Bias;
use musegan_device::operation::{Axis, Matrix};
use musegan_device::{Operation, Slice};
use sum::Sum;

/// Adds what an operation comes to; nothing where there is nothing to write.
pub(super) fn add(operation: &Operation, launches: &mut Launches) {
    match *operation {
        Operation::Fill { out, len, value } => {
            push_over("fill", len.into(), launches, |launch| {
                launch.with(out).with(len).with(value)
            });
        }
        Operation::Multiply { ref left, ref right, ref out, groups, add } => {
            multiply::add([left, right, out], (groups, add), None, launches);
        }
        Operation::Overlap { windows, out, rows, taps, width, step } => {
            let row = (taps - 1) * step + width;
            let len = rows * row;
            push_over("overlap", len.into(), launches, |launch| {
                let launch = launch.with(windows).with(out).with(len).with(taps).with(width);
                with_divisor(with_divisor(launch.with(step).with(row), row), step)
            });
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
            add,
        } => {
            if columns == 0 || groups == 0 {
                return;
            }
            let sum = Sum {
                input: input.into(),
                rows,
                row_stride,
                groups,
                group_stride,
                out: out.into(),
                out_group_stride,
                out_rows: Axis::plain(1, 0),
                out_columns: Axis::plain(columns as usize, 1),
                add,
            };
            sum.add(launches);
        }
        Operation::AddRow { bias, bias_group_stride, out, groups, rows, columns, relu } => {
            let len = u64::from(groups) * u64::from(rows) * u64::from(columns);
            push_over("add_row", len, launches, |launch| {
                let launch = launch.with(bias).with(bias_group_stride).with(out).with(len as u32);
                with_divisor(with_divisor(launch.with(columns), columns), rows).with(relu)
            });
        }
        Operation::Permute { input, out, sizes, strides } => {
            permute(input, out, sizes, strides, launches);
        }
        _ => {}
    }
}

/// Adds a product whose rows get a bias right afterwards as one launch, if that can be and these are
/// two such operations.
pub(super) fn add_with_bias(
    product: &Operation,
    bias: &Operation,
    launches: &mut Launches,
) -> bool {
    let Operation::Multiply { left, right, out, groups, add: false } = product else {
        return false;
    };
    let Operation::AddRow { bias: at, bias_group_stride, rows, columns, relu, .. } = *bias else {
        return false;
    };
    let dense = Matrix::dense(out.at, rows as usize, columns as usize);
    let all = Operation::AddRow {
        bias: at,
        bias_group_stride,
        out: out.at,
        groups: *groups,
        rows,
        columns,
        relu,
    };
    let touches = product.touches();
    let apart = !bias
        .touches()
        .iter()
        .filter(|touch| !touch.written)
        .any(|read| touches.iter().any(|touch| touch.written && touch.meets(read)));
    let fits = *out == dense && *bias == all && apart;
    if fits && multiply::is_one(out, left.columns.len(), *groups) {
        let bias = Bias { at, group_stride: bias_group_stride, relu };
        multiply::add([left, right, out], (*groups, false), Some(bias), launches);
        return true;
    }
    false
}

/// Adds a launch with a thread for each element, unless there is none.
fn push_over(
    kernel: &'static str,
    elements: u64,
    launches: &mut Launches,
    with: impl FnOnce(Launch) -> Launch,
) {
    if elements > 0 {
        launches.push(with(Launch::over(kernel, elements)));
    }
}

fn with_divisor(launch: Launch, number: u32) -> Launch {
    let Divisor { magic, shift } = Divisor::by(number);
    launch.with(magic).with(shift)
}

fn permute(input: Slice, out: Slice, sizes: [u32; 6], strides: [u32; 6], launches: &mut Launches) {
    let len = sizes.iter().map(|&size| u64::from(size)).product();
    push_over("permute", len, launches, |launch| {
        let launch = launch.with(input).with(out).with(len as u32).with(strides[0]);
        (1..6).fold(launch, |launch, axis| {
            with_divisor(launch.with(sizes[axis]), sizes[axis]).with(strides[axis])
        })
    });
}
