//! Matrix products on parts of slices, on the calling thread: the one place that calls `gemm`. What
//! must stay true: every element that a product touches lies inside its slice, which is asserted
//! before the call, and the same input gives the same bits on the same processor.
//!
//! `gemm` is the kernel under candle's `matmul`. It is called directly because candle spreads a
//! large product over rayon's global pool, and a plugin must not start threads in its host.
#![allow(unsafe_code)]
// Playing needs plain products only; training all kinds.
#![cfg_attr(not(feature = "training"), allow(dead_code))]

/// A matrix that lies in a slice: element `(r, c)` at `start + r·row_stride + c·column_stride`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    start: usize,
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl View {
    /// A row-major matrix at the beginning of its slice.
    pub(crate) const fn dense(rows: usize, columns: usize) -> Self {
        Self::strided(rows, columns, columns)
    }

    /// Rows that lie `row_stride` apart. They may overlap in a matrix that is only read.
    pub(crate) const fn strided(rows: usize, columns: usize, row_stride: usize) -> Self {
        Self { start: 0, rows, columns, row_stride, column_stride: 1 }
    }

    /// The same matrix, `start` elements further on.
    pub(crate) const fn at(self, start: usize) -> Self {
        Self { start: self.start + start, ..self }
    }

    /// The same elements with rows and columns exchanged.
    pub(crate) const fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// One past the last element, which a slice must reach.
    const fn end(self) -> usize {
        if self.rows == 0 || self.columns == 0 {
            return self.start;
        }
        self.start + (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride + 1
    }

    /// Whether no two positions of the matrix are one element.
    const fn is_disjoint(self) -> bool {
        self.row_stride >= self.columns * self.column_stride
            || self.column_stride >= self.rows * self.row_stride
    }
}

/// What happens to the elements that were there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// They are overwritten.
    Replace,
    /// The product is added to them.
    Add,
}

/// Writes `left · right` into `out`, on the calling thread.
pub(crate) fn multiply(
    (left, l): (&[f32], View),
    (right, r): (&[f32], View),
    (out, o): (&mut [f32], View),
    write: Write,
) {
    assert!(l.columns == r.rows && o.rows == l.rows && o.columns == r.columns);
    assert!(l.end() <= left.len() && r.end() <= right.len() && o.end() <= out.len());
    assert!(o.is_disjoint());
    let add = write == Write::Add;
    // SAFETY: the asserts above put every element of the three matrices inside its slice, and the
    // elements of `out`, which is borrowed mutably and so aliases neither input, are distinct.
    unsafe {
        gemm::gemm(
            o.rows,
            o.columns,
            l.columns,
            out.as_mut_ptr().add(o.start),
            o.column_stride as isize,
            o.row_stride as isize,
            add,
            left.as_ptr().add(l.start),
            l.column_stride as isize,
            l.row_stride as isize,
            right.as_ptr().add(r.start),
            r.column_stride as isize,
            r.row_stride as isize,
            if add { 1.0 } else { 0.0 },
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}
