//! The matrix product that inference is made of, on the calling thread alone.
//!
//! It is the kernel under candle's `matmul`, called directly: candle's own call spreads a large
//! product over rayon's global pool, and a plugin must not start threads in its host.
#![allow(unsafe_code)]

use gemm::{Parallelism, gemm};

/// `out = lhs · rhs`, row-major, where `lhs` is `(rows, inner)`, `rhs` is `(inner, columns)` and
/// `out` is `(rows, columns)`. The same input gives the same bits on the same processor.
///
/// # Panics
/// If a slice is not as long as its matrix.
pub(crate) fn matrix_product(
    [rows, inner, columns]: [usize; 3],
    lhs: &[f32],
    rhs: &[f32],
    out: &mut [f32],
) {
    assert_eq!(lhs.len(), rows * inner);
    assert_eq!(rhs.len(), inner * columns);
    assert_eq!(out.len(), rows * columns);
    // SAFETY: the three slices are exactly as long as their row-major matrices, `out` is borrowed
    // mutably and so overlaps neither operand, and it is only written (`read_dst` is false).
    unsafe {
        gemm(
            rows,
            columns,
            inner,
            out.as_mut_ptr(),
            1,
            columns as isize,
            false,
            lhs.as_ptr(),
            1,
            inner as isize,
            rhs.as_ptr(),
            1,
            columns as isize,
            0.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
