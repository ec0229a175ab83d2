//! Operations on two matrices, of which the second may be a row, a column or a single number that is
//! repeated.
use super::backward::Pass;
use super::operation::{Combination, Operation};
use super::{Node, Room, Tape, sums};
use crate::wide::wide;

/// How the second matrix is repeated over the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeat {
    Not,
    /// 1 x columns.
    Row,
    /// rows x 1.
    Column,
    /// 1 x 1.
    One,
}

impl Repeat {
    fn of((rows, columns): (usize, usize), b: (usize, usize)) -> Self {
        match b {
            b if b == (rows, columns) => Self::Not,
            (1, 1) => Self::One,
            (1, c) if c == columns => Self::Row,
            (r, 1) if r == rows => Self::Column,
            (r, c) => panic!("{r} x {c} does not fit {rows} x {columns}, also repeated"),
        }
    }
}

impl Tape<'_> {
    /// `a + b`; `b` may also be one row, one column or one number.
    pub fn add(&mut self, a: Node, b: Node) -> Node {
        self.combined(Combination::Add, a, b)
    }

    /// `a - b`; `b` may also be one row, one column or one number.
    pub fn sub(&mut self, a: Node, b: Node) -> Node {
        self.combined(Combination::Subtract, a, b)
    }

    /// `a · b`, element by element; `b` may also be one row, one column or one number.
    pub fn mul(&mut self, a: Node, b: Node) -> Node {
        self.combined(Combination::Multiply, a, b)
    }

    fn combined(&mut self, how: Combination, a: Node, b: Node) -> Node {
        let (rows, columns) = self.shape(a);
        let repeat = Repeat::of((rows, columns), self.shape(b));
        let mut out = self.rooms.take(rows * columns);
        out.copy_from_slice(self.value(a));
        combine(how, repeat, columns, &mut out, self.value(b));
        self.push(rows, columns, out, &[a, b], || Operation::Combined { how, a, b })
    }
}

fn combine(how: Combination, repeat: Repeat, columns: usize, a: &mut [f32], b: &[f32]) {
    match how {
        Combination::Add => with(
            repeat,
            columns,
            a,
            b,
            #[inline(always)]
            |a, b| a + b,
        ),
        Combination::Subtract => with(
            repeat,
            columns,
            a,
            b,
            #[inline(always)]
            |a, b| a - b,
        ),
        Combination::Multiply => with(
            repeat,
            columns,
            a,
            b,
            #[inline(always)]
            |a, b| a * b,
        ),
    }
}

/// Puts `of(a, b)` in the place of `a`.
#[inline(always)]
fn with(repeat: Repeat, columns: usize, a: &mut [f32], b: &[f32], of: impl Fn(f32, f32) -> f32) {
    if a.is_empty() {
        return;
    }
    wide(
        #[inline(always)]
        || match repeat {
            Repeat::Not => pairs(a, b, of),
            Repeat::Row => a.chunks_exact_mut(columns).for_each(
                #[inline(always)]
                |row| pairs(row, b, &of),
            ),
            Repeat::Column => {
                for (row, &b) in a.chunks_exact_mut(columns).zip(b) {
                    row.iter_mut().for_each(
                        #[inline(always)]
                        |a| *a = of(*a, b),
                    );
                }
            }
            Repeat::One => a.iter_mut().for_each(
                #[inline(always)]
                |a| *a = of(*a, b[0]),
            ),
        },
    );
}

#[inline(always)]
fn pairs(a: &mut [f32], b: &[f32], of: impl Fn(f32, f32) -> f32) {
    for (a, &b) in a.iter_mut().zip(b) {
        *a = of(*a, b);
    }
}

/// The gradient of a repeated matrix: the sum over its repetitions.
fn gathered(repeat: Repeat, columns: usize, gradient: &[f32], out: &mut [f32]) {
    if gradient.is_empty() {
        return out.fill(0.0);
    }
    wide(
        #[inline(always)]
        || match repeat {
            Repeat::Not => out.copy_from_slice(gradient),
            Repeat::Row => {
                out.fill(0.0);
                sums::add_rows(gradient, out);
            }
            Repeat::Column => {
                for (out, row) in out.iter_mut().zip(gradient.chunks_exact(columns)) {
                    *out = sums::sum_of(
                        row,
                        #[inline(always)]
                        |v| v,
                    );
                }
            }
            Repeat::One => out[0] = sums::total(gradient),
        },
    );
}

impl Pass<'_, '_> {
    pub(super) fn combined(&mut self, how: Combination, (a, b): (Node, Node), mut gradient: Room) {
        let shape @ (_, columns) = self.shape(a);
        let repeat = Repeat::of(shape, self.shape(b));
        if self.wanted(b) {
            let share = self.share_of_second(how, (a, b), repeat, &gradient);
            self.give(b, share);
        }
        if self.wanted(a) && how == Combination::Multiply {
            combine(how, repeat, columns, &mut gradient, self.value(b));
        }
        self.give(a, gradient);
    }

    fn share_of_second(
        &mut self,
        how: Combination,
        (a, b): (Node, Node),
        repeat: Repeat,
        gradient: &[f32],
    ) -> Room {
        let (_, columns) = self.shape(a);
        let mut share = self.rooms.take(self.value(b).len());
        match how {
            Combination::Add => gathered(repeat, columns, gradient, &mut share),
            Combination::Subtract => {
                gathered(repeat, columns, gradient, &mut share);
                share.iter_mut().for_each(|share| *share = -*share);
            }
            Combination::Multiply => {
                let mut products = self.rooms.take(gradient.len());
                products.copy_from_slice(gradient);
                combine(how, Repeat::Not, columns, &mut products, self.value(a));
                gathered(repeat, columns, &products, &mut share);
                self.rooms.give_back(products);
            }
        }
        share
    }
}
