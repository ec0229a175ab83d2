//! Operations that move elements without computing: rows by index, parts of columns, matrices side
//! by side and one below the other.
use super::backward::Pass;
use super::operation::Operation;
use super::{Node, Room, Tape};
use crate::wide::wide;
use std::ops::Range;

impl Tape<'_> {
    /// The rows of `x` that `index` names, in its order; [`u32::MAX`] names a row of zeros.
    pub fn gather(&mut self, x: Node, index: &[u32]) -> Node {
        let (rows, columns) = self.shape(x);
        let mut out = self.rooms.take(index.len() * columns);
        if columns > 0 {
            let values = self.value(x);
            for (out, &row) in out.chunks_exact_mut(columns).zip(index) {
                if row == u32::MAX {
                    out.fill(0.0);
                } else {
                    assert!((row as usize) < rows, "row {row} of a matrix of {rows} rows");
                    out.copy_from_slice(&values[row as usize * columns..][..columns]);
                }
            }
        }
        let operation = || Operation::Gather { x, index: index.to_vec() };
        self.push(index.len(), columns, out, &[x], operation)
    }

    /// Some of the columns.
    pub fn columns_of(&mut self, x: Node, range: Range<usize>) -> Node {
        let (rows, columns) = self.shape(x);
        assert!(
            range.start <= range.end && range.end <= columns,
            "columns {range:?} of a matrix of {columns} columns"
        );
        let mut out = self.rooms.take(rows * range.len());
        copy_columns(
            (self.value(x), columns, range.start),
            (&mut out, range.len(), 0),
            range.len(),
        );
        let start = range.start;
        self.push(rows, range.len(), out, &[x], || Operation::ColumnsOf { x, start })
    }

    /// Matrices of equally many rows, side by side.
    pub fn beside(&mut self, parts: &[Node]) -> Node {
        let rows = parts.first().map_or(0, |&part| self.rows(part));
        let all: Vec<usize> = parts.iter().map(|&part| self.rows(part)).collect();
        assert!(all.iter().all(|&r| r == rows), "side by side: matrices of {all:?} rows");
        let columns = parts.iter().map(|&part| self.columns(part)).sum();
        let mut out = self.rooms.take(rows * columns);
        let mut start = 0;
        for &part in parts {
            let width = self.columns(part);
            copy_columns((self.value(part), width, 0), (&mut out, columns, start), width);
            start += width;
        }
        self.push(rows, columns, out, parts, || Operation::Beside { parts: parts.to_vec() })
    }

    /// Matrices of equally many columns, one below the other.
    pub fn below(&mut self, parts: &[Node]) -> Node {
        let columns = parts.first().map_or(0, |&part| self.columns(part));
        let all: Vec<usize> = parts.iter().map(|&part| self.columns(part)).collect();
        assert!(
            all.iter().all(|&c| c == columns),
            "one below the other: matrices of {all:?} columns"
        );
        let rows = parts.iter().map(|&part| self.rows(part)).sum();
        let mut out = self.rooms.take(rows * columns);
        let mut start = 0;
        for &part in parts {
            let values = self.value(part);
            out[start..start + values.len()].copy_from_slice(values);
            start += values.len();
        }
        self.push(rows, columns, out, parts, || Operation::Below { parts: parts.to_vec() })
    }
}

/// Copies `width` columns of every row from one matrix into another, each with its columns and the
/// first one of the copy.
fn copy_columns(
    (from, from_columns, from_start): (&[f32], usize, usize),
    (to, to_columns, to_start): (&mut [f32], usize, usize),
    width: usize,
) {
    if width == 0 {
        return;
    }
    for (from, to) in from.chunks_exact(from_columns).zip(to.chunks_exact_mut(to_columns)) {
        to[to_start..to_start + width].copy_from_slice(&from[from_start..from_start + width]);
    }
}

impl Pass<'_, '_> {
    pub(super) fn gather(&mut self, x: Node, index: &[u32], gradient: Room) {
        let (rows, columns) = self.shape(x);
        let mut share = self.rooms.zeroed(rows * columns);
        if columns > 0 {
            wide(
                #[inline(always)]
                || {
                    for (from, &row) in gradient.chunks_exact(columns).zip(index) {
                        if row != u32::MAX {
                            let to = &mut share[row as usize * columns..][..columns];
                            for (to, &from) in to.iter_mut().zip(from) {
                                *to += from;
                            }
                        }
                    }
                },
            );
        }
        self.rooms.give_back(gradient);
        self.give(x, share);
    }

    pub(super) fn columns_of(&mut self, x: Node, start: usize, width: usize, gradient: Room) {
        let (rows, columns) = self.shape(x);
        let mut share = self.rooms.zeroed(rows * columns);
        copy_columns((&gradient, width, 0), (&mut share, columns, start), width);
        self.rooms.give_back(gradient);
        self.give(x, share);
    }

    pub(super) fn beside(&mut self, parts: &[Node], columns: usize, gradient: Room) {
        let mut start = 0;
        for &part in parts {
            let (rows, width) = self.shape(part);
            if self.wanted(part) {
                let mut share = self.rooms.take(rows * width);
                copy_columns((&gradient, columns, start), (&mut share, width, 0), width);
                self.give(part, share);
            }
            start += width;
        }
        self.rooms.give_back(gradient);
    }

    pub(super) fn below(&mut self, parts: &[Node], gradient: Room) {
        let mut start = 0;
        for &part in parts {
            let (rows, columns) = self.shape(part);
            if self.wanted(part) {
                let mut share = self.rooms.take(rows * columns);
                share.copy_from_slice(&gradient[start..start + rows * columns]);
                self.give(part, share);
            }
            start += rows * columns;
        }
        self.rooms.give_back(gradient);
    }
}
