//! Products of matrices that lie in every way an operation can say.
use crate::device::Device;
use crate::{assert_close, cases, numbers};
use musegan_device::Operation;
use musegan_device::operation::{Axis, Matrix, Slice};
use proptest::prelude::*;

/// Operands without their buffers.
#[derive(Clone, Copy, Debug)]
struct Product {
    left: Matrix,
    right: Matrix,
    out: Matrix,
    groups: usize,
    add: bool,
}

const NOWHERE: Slice = Slice { buffer: 0, start: 0 };

fn place(axis: Axis, i: usize) -> usize {
    let count = axis.count as usize;
    i % count * axis.stride as usize + i / count * axis.outer_stride as usize
}

/// Where an element lies.
fn element(matrix: &Matrix, g: usize, r: usize, c: usize) -> usize {
    g * matrix.group_stride as usize + place(matrix.rows, r) + place(matrix.columns, c)
}

fn elements(matrix: &Matrix, groups: usize) -> usize {
    let last = |axis: Axis| (0..axis.len() as usize).map(|i| place(axis, i)).max().unwrap();
    let groups = (groups - 1) * matrix.group_stride as usize;
    groups + last(matrix.rows) + last(matrix.columns) + 1
}

impl Product {
    fn dense(m: usize, n: usize, k: usize, groups: usize) -> Self {
        let dense = |rows, columns| Matrix::dense(NOWHERE, rows, columns);
        Self { left: dense(m, k), right: dense(k, n), out: dense(m, n), groups, add: false }
    }

    fn sizes(&self) -> [usize; 3] {
        [self.left.rows, self.right.columns, self.left.columns].map(|axis| axis.len() as usize)
    }

    /// Computes it, and compares every element, also those between the rows of `out`.
    fn check(&self) {
        let Self { left, right, out, groups, add } = *self;
        let [m, n, k] = self.sizes();
        let a = numbers(elements(&left, groups), 1);
        let b = numbers(elements(&right, groups), 2);
        let before = numbers(elements(&out, groups), 3);
        let mut expected: Vec<f64> = before.iter().map(|&value| value.into()).collect();
        for (g, r, c) in (0..groups * m * n).map(|i| (i / (m * n), i / n % m, i % n)) {
            let term = |i| {
                let factors = (a[element(&left, g, r, i)], b[element(&right, g, i, c)]);
                f64::from(factors.0) * f64::from(factors.1)
            };
            let sum: f64 = (0..k).map(term).sum();
            let to = &mut expected[element(&out, g, r, c)];
            *to = if add { *to + sum } else { sum };
        }
        let found = Device::open().compute([&a, &b, &before], |[a, b, c]| Operation::Multiply {
            left: Matrix { at: a, ..left },
            right: Matrix { at: b, ..right },
            out: Matrix { at: c, ..out },
            groups: groups as u32,
            add,
        });
        assert_close(&found.unwrap(), &expected, k);
    }
}

/// Sizes around the edges of tiles, and long ones.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![1usize..20, 1usize..140, Just(16), Just(64)]
}

/// Cuts an axis in two where it can be, and leaves gaps between the outer steps, or has them
/// overlap.
fn cut(len: usize, stride: usize, outer: usize, apart: usize) -> Axis {
    match len.is_multiple_of(outer) {
        true => Axis::nested((len / outer, stride), (outer, apart)),
        false => Axis::plain(len, stride),
    }
}

/// A matrix to read from: row- or column-major, cut, with gaps, overlapping, its groups apart or
/// shared.
fn operand(rows: usize, columns: usize) -> impl Strategy<Value = Matrix> {
    let ways = (any::<(bool, bool)>(), 0usize..3, 1usize..5, 1usize..5, 0usize..200);
    ways.prop_map(move |((turned, shared), gap, outer, columns_outer, apart)| {
        let (rows, columns) = if turned { (columns, rows) } else { (rows, columns) };
        let matrix = Matrix {
            at: NOWHERE,
            rows: cut(rows, columns + gap, outer, apart),
            columns: cut(columns, 1, columns_outer, apart / 2),
            group_stride: 0,
        };
        let matrix = if turned { matrix.transposed() } else { matrix };
        matrix.grouped(if shared { 0 } else { rows * columns / 2 + apart })
    })
}

/// One to write to: its elements lie apart.
fn target(rows: usize, columns: usize) -> impl Strategy<Value = Matrix> {
    let ways = (any::<bool>(), 0usize..3, 1usize..5, 1usize..5, 0usize..9);
    ways.prop_map(move |(turned, gap, outer, columns_outer, apart)| {
        let (rows, columns) = if turned { (columns, rows) } else { (rows, columns) };
        let columns_outer = if columns.is_multiple_of(columns_outer) { columns_outer } else { 1 };
        let inner = columns / columns_outer;
        let row = columns_outer * (inner + gap);
        let outer = if rows.is_multiple_of(outer) { outer } else { 1 };
        let matrix = Matrix {
            at: NOWHERE,
            rows: Axis::nested((rows / outer, row), (outer, rows / outer * row + apart)),
            columns: Axis::nested((inner, 1), (columns_outer, inner + gap)),
            group_stride: (rows * row + outer * apart) as u32,
        };
        if turned { matrix.transposed() } else { matrix }
    })
}

fn product() -> impl Strategy<Value = Product> {
    let sizes = (size(), size(), prop_oneof![3 => 1usize..200, 1 => 200usize..5000], 1usize..4);
    // Some millions of multiplications are enough.
    let sizes = sizes.prop_map(|(m, n, k, groups)| (m, n, k.min(4_000_000 / (m * n)), groups));
    sizes.prop_flat_map(|(m, n, k, groups)| {
        let matrices = (operand(m, k), operand(k, n), target(m, n), any::<bool>());
        matrices.prop_map(move |(left, right, out, add)| Product { left, right, out, groups, add })
    })
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn every_element_of_a_product_is_its_row_times_its_column(product in product()) {
        product.check();
    }
}

#[test]
fn a_single_number_of_a_very_deep_product_is_right() {
    Product::dense(1, 1, 300_000, 1).check();
}

/// The critic's first kernel, whose gradient has 960 numbers over 384 rows a sample.
#[test]
fn gradients_of_weights_are_summed_over_all_rows_of_a_batch() {
    let gradient = Product::dense(12, 16, 4 * 384, 5);
    let input = Matrix::dense(NOWHERE, 4 * 384, 12);
    Product { left: input.transposed(), add: true, ..gradient }.check();
}

/// The critic's first joint kernel moves over 16 beats of 480 numbers by 80, four times.
#[test]
fn a_kernel_that_slides_reads_what_its_neighbours_read() {
    let rows = Axis::nested((4, 80), (32, 480));
    let sliding = Product::dense(128, 64, 240, 1);
    let left = Matrix { rows, group_stride: 0, ..sliding.left };
    Product { left, ..sliding }.check();
    let gradient = Product::dense(240, 64, 128, 1);
    Product { left: left.transposed(), add: true, ..gradient }.check();
}

#[test]
fn the_same_product_has_the_same_bits_again() {
    let [a, b] = [numbers(12 * 20_000, 1), numbers(20_000 * 16, 2)];
    let run = || {
        let zeros = [0.0; 12 * 16];
        let found = Device::open().compute([&a, &b, &zeros], |[a, b, c]| Operation::Multiply {
            left: Matrix::dense(a, 12, 20_000),
            right: Matrix::dense(b, 20_000, 16),
            out: Matrix::dense(c, 12, 16),
            groups: 1,
            add: false,
        });
        found.unwrap().iter().map(|value| value.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}

#[test]
fn operands_that_are_too_large_are_refused() {
    let numbers = [0.0; 4];
    let refusal = Device::open().compute([&numbers, &numbers], |[a, c]| Operation::Multiply {
        left: Matrix { rows: Axis::plain(1 << 30, 0), ..Matrix::dense(a, 1, 1) },
        right: Matrix { columns: Axis::plain(1 << 30, 0), ..Matrix::dense(a, 1, 1) },
        out: Matrix {
            rows: Axis::plain(1 << 30, 0),
            columns: Axis::plain(1 << 30, 0),
            ..Matrix::dense(c, 1, 1)
        },
        groups: 1,
        add: false,
    });
    assert!(refusal.unwrap_err().contains("2^31"));
}
