//! Sums and maxima over rows, columns and everything.
use super::backward::Pass;
use super::operation::Operation;
use super::{Node, Room, Tape, sums};
use crate::wide::wide;

impl Tape<'_> {
    /// Each `group` of consecutive rows summed to one.
    pub fn sum_rows(&mut self, x: Node, group: usize) -> Node {
        let (rows, columns) = self.groups(x, group);
        let mut out = self.rooms.zeroed(rows * columns);
        if columns > 0 {
            let values = self.value(x).chunks_exact(group * columns);
            wide(
                #[inline(always)]
                || {
                    for (out, group) in out.chunks_exact_mut(columns).zip(values) {
                        sums::add_rows(group, out);
                    }
                },
            );
        }
        self.push(rows, columns, out, &[x], || Operation::SumRows { x, group })
    }

    /// The largest element of each column of each `group` of consecutive rows; of equal ones the
    /// first gets the gradient.
    pub fn max_rows(&mut self, x: Node, group: usize) -> Node {
        let (rows, columns) = self.groups(x, group);
        let values = self.value(x);
        let from = (0..rows * columns).map(|at| {
            let first = at / columns * group * columns + at % columns;
            largest(values, (0..group).map(|row| first + row * columns))
        });
        let from: Vec<u32> = from.collect();
        let mut out = self.rooms.take(from.len());
        let values = self.value(x);
        for (out, &from) in out.iter_mut().zip(&from) {
            *out = values[from as usize];
        }
        self.push(rows, columns, out, &[x], || Operation::Chosen { x, from })
    }

    /// Each row's sum: rows x 1.
    pub fn sum_columns(&mut self, x: Node) -> Node {
        let (rows, columns) = self.shape(x);
        let mut out = self.rooms.zeroed(rows);
        if columns > 0 {
            let values = self.value(x).chunks_exact(columns);
            wide(
                #[inline(always)]
                || {
                    for (out, row) in out.iter_mut().zip(values) {
                        *out = sums::sum_of(
                            row,
                            #[inline(always)]
                            |v| v,
                        );
                    }
                },
            );
        }
        self.push(rows, 1, out, &[x], || Operation::SumColumns { x })
    }

    /// The sum of everything, 1 x 1.
    pub fn sum(&mut self, x: Node) -> Node {
        let mut out = self.rooms.take(1);
        let values = self.value(x);
        out[0] = wide(
            #[inline(always)]
            || sums::total(values),
        );
        self.push(1, 1, out, &[x], || Operation::SumAll { x })
    }

    fn groups(&self, x: Node, group: usize) -> (usize, usize) {
        let (rows, columns) = self.shape(x);
        assert!(group > 0 && rows % group == 0, "{rows} rows in groups of {group}");
        (rows / group, columns)
    }
}

/// Which of some elements is the first that no other exceeds.
fn largest(values: &[f32], places: impl Iterator<Item = usize>) -> u32 {
    let first = |best: usize, place: usize| if values[place] > values[best] { place } else { best };
    places.reduce(first).unwrap_or(0) as u32
}

impl Pass<'_, '_> {
    pub(super) fn sum_rows(&mut self, x: Node, group: usize, gradient: Room) {
        let (rows, columns) = self.shape(x);
        let mut share = self.rooms.take(rows * columns);
        if columns > 0 {
            let groups = share.chunks_exact_mut(group * columns);
            for (out, row) in groups.zip(gradient.chunks_exact(columns)) {
                out.chunks_exact_mut(columns).for_each(|out| out.copy_from_slice(row));
            }
        }
        self.rooms.give_back(gradient);
        self.give(x, share);
    }

    pub(super) fn sum_columns(&mut self, x: Node, gradient: Room) {
        let (rows, columns) = self.shape(x);
        let mut share = self.rooms.take(rows * columns);
        if columns > 0 {
            for (row, &gradient) in share.chunks_exact_mut(columns).zip(&*gradient) {
                row.fill(gradient);
            }
        }
        self.rooms.give_back(gradient);
        self.give(x, share);
    }

    pub(super) fn sum_all(&mut self, x: Node, gradient: Room) {
        let (rows, columns) = self.shape(x);
        let mut share = self.rooms.take(rows * columns);
        share.fill(gradient[0]);
        self.rooms.give_back(gradient);
        self.give(x, share);
    }

    pub(super) fn chosen(&mut self, x: Node, from: &[u32], gradient: Room) {
        let (rows, columns) = self.shape(x);
        let mut share = self.rooms.zeroed(rows * columns);
        for (&gradient, &from) in gradient.iter().zip(from) {
            share[from as usize] += gradient;
        }
        self.rooms.give_back(gradient);
        self.give(x, share);
    }
}
