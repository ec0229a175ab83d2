//! Small programs with numbers that are known.
#![allow(dead_code)]
use crate::table::{Refused, Table};
use musegan_device::operation::{Axis, Matrix};
use musegan_device::{Operation, Program, Slice};

/// The beginning of a buffer.
pub fn start(buffer: u64) -> Slice {
    Slice { buffer, start: 0 }
}

pub fn fill(buffer: u64, len: u32, value: f32) -> Program {
    Program { operations: vec![Operation::Fill { out: start(buffer), len, value }] }
}

fn matrix(buffer: u64, rows: usize, columns: usize) -> Matrix {
    Matrix {
        at: start(buffer),
        rows: Axis::plain(rows, columns),
        columns: Axis::plain(columns, 1),
        group_stride: 0,
    }
}

/// Rows, inner and columns of [`product`].
const SIZES: [usize; 3] = [70, 33, 50];

/// Adds the product of two matrices of small integers, which any order of sums gives exactly, to a
/// third, `times` over, and says whether that is what came out.
pub fn adds_up_products(table: Table, context: u64, times: u32) -> Result<bool, Refused> {
    let [m, k, n] = SIZES;
    let take = |len: usize| table.allocate(context, 4 * len as u64);
    let (left, right, out) = (take(m * k)?, take(k * n)?, take(m * n)?);
    let a: Vec<_> = (0..m * k).map(|i| (i % 7) as f32 - 3.0).collect();
    let b: Vec<_> = (0..k * n).map(|i| (i % 5) as f32 - 2.0).collect();
    table.write_numbers(context, left, &a)?;
    table.write_numbers(context, right, &b)?;
    let multiply = Operation::Multiply {
        left: matrix(left, m, k),
        right: matrix(right, k, n),
        out: matrix(out, m, n),
        groups: 1,
        add: true,
    };
    let program = table.prepare(context, &Program { operations: vec![multiply] })?;
    table.run(context, program, times)?;
    let got = table.numbers(context, out, m * n)?;
    let product = |r: usize, c: usize| (0..k).map(|i| a[r * k + i] * b[i * n + c]).sum::<f32>();
    let right_ones = (0..m * n).all(|i| got[i] == times as f32 * product(i / n, i % n));
    table.discard(context, program).expect("it is there");
    for buffer in [left, right, out] {
        table.free(context, buffer).expect("it is there");
    }
    Ok(right_ones)
}
