//! Attention of the tokens of a group to one another, several heads at once.
use super::backward::Pass;
use super::operation::Operation;
use super::{Node, Room, Tape, Value, curves, sums};
use crate::product::{View, Write, multiply};
use crate::wide::wide;

/// How queries, keys, values and shares lie: rows are tokens, and a row holds the queries of all
/// heads, then the keys, then the values. Shares are tokens x tokens for each group and head.
#[derive(Clone, Copy)]
struct Lie {
    tokens: usize,
    heads: usize,
    /// Columns of the output: those of one head, times the heads.
    width: usize,
}

impl Lie {
    fn head(self) -> usize {
        self.width / self.heads
    }

    /// One over the square root of a head's columns.
    fn scale(self) -> f32 {
        1.0 / (self.head() as f32).sqrt()
    }

    /// Queries (0), keys (1) or values (2) of a group's head.
    fn part(self, part: usize, group: usize, head: usize) -> View {
        let start = group * self.tokens * 3 * self.width + part * self.width + head * self.head();
        View::strided(self.tokens, self.head(), 3 * self.width).at(start)
    }

    fn out(self, group: usize, head: usize) -> View {
        let start = group * self.tokens * self.width + head * self.head();
        View::strided(self.tokens, self.head(), self.width).at(start)
    }

    fn shares(self, group: usize, head: usize) -> View {
        let square = self.tokens * self.tokens;
        View::dense(self.tokens, self.tokens).at((group * self.heads + head) * square)
    }

    /// All groups and heads of so many rows.
    fn all(self, rows: usize) -> impl Iterator<Item = (usize, usize)> {
        (0..rows / self.tokens)
            .flat_map(move |group| (0..self.heads).map(move |head| (group, head)))
    }
}

impl Tape<'_> {
    /// Scaled dot-product attention within each group of `tokens` rows. A row of `qkv` holds
    /// queries, keys and values side by side, a row of the result has a third of the columns.
    pub fn attention(&mut self, qkv: Node, tokens: usize, heads: usize) -> Node {
        let (rows, columns) = self.shape(qkv);
        assert!(
            tokens > 0 && rows % tokens == 0 && heads > 0 && columns % (3 * heads) == 0,
            "attention of {heads} heads over groups of {tokens} rows of {rows} x {columns}"
        );
        let lie = Lie { tokens, heads, width: columns / 3 };
        let mut out = self.rooms.take(rows * lie.width);
        let mut shares = self.rooms.take(rows * heads * tokens);
        let values = self.value(qkv);
        for (group, head) in lie.all(rows) {
            let (q, k) = (lie.part(0, group, head), lie.part(1, group, head).transposed());
            let to = (&mut *shares, lie.shares(group, head));
            multiply((values, q), (values, k), to, Write::Replace);
        }
        wide(
            #[inline(always)]
            || softmax(&mut shares, tokens, lie.scale()),
        );
        for (group, head) in lie.all(rows) {
            let (p, v) = (lie.shares(group, head), lie.part(2, group, head));
            multiply((&shares, p), (values, v), (&mut out, lie.out(group, head)), Write::Replace);
        }
        let wanted = self.wanted(qkv);
        let operation = self.kept(Operation::Attention { qkv, tokens, heads, shares }, wanted);
        self.leaf(rows, lie.width, Value::Room(out), operation, wanted)
    }
}

/// Turns each row of products into shares that sum to one.
#[inline(always)]
pub(super) fn softmax(shares: &mut [f32], tokens: usize, scale: f32) {
    for row in shares.chunks_exact_mut(tokens) {
        let most = row.iter().fold(f32::NEG_INFINITY, |most, &v| if v > most { v } else { most });
        for share in row.iter_mut() {
            *share = (*share - most) * scale;
        }
    }
    for share in shares.iter_mut() {
        *share = curves::exp(*share);
    }
    for row in shares.chunks_exact_mut(tokens) {
        let rate = 1.0
            / sums::sum_of(
                row,
                #[inline(always)]
                |v| v,
            );
        for share in row.iter_mut() {
            *share *= rate;
        }
    }
}

impl Pass<'_, '_> {
    pub(super) fn attention(
        &mut self,
        qkv: Node,
        (tokens, heads): (usize, usize),
        shares: &[f32],
        gradient: Room,
    ) {
        let (rows, columns) = self.shape(qkv);
        let lie = Lie { tokens, heads, width: columns / 3 };
        let mut d_shares = self.rooms.take(shares.len());
        let (mut share, write) = self.begin(qkv);
        let values = self.value(qkv);
        for (group, head) in lie.all(rows) {
            let (out, p) = (lie.out(group, head), lie.shares(group, head));
            let v = lie.part(2, group, head);
            multiply((shares, p.transposed()), (&gradient, out), (&mut share, v), write);
            let to = (&mut *d_shares, p);
            multiply((&gradient, out), (values, v.transposed()), to, Write::Replace);
        }
        wide(
            #[inline(always)]
            || softmax_backward(shares, &mut d_shares, tokens, lie.scale()),
        );
        for (group, head) in lie.all(rows) {
            let p = lie.shares(group, head);
            let (q, k) = (lie.part(0, group, head), lie.part(1, group, head));
            multiply((&d_shares, p), (values, k), (&mut share, q), write);
            multiply((&d_shares, p.transposed()), (values, q), (&mut share, k), write);
        }
        self.rooms.give_back(d_shares);
        self.rooms.give_back(gradient);
        self.end(qkv, share);
    }
}

/// From the gradient at the shares to that at the products.
#[inline(always)]
fn softmax_backward(shares: &[f32], gradient: &mut [f32], tokens: usize, scale: f32) {
    for (shares, gradient) in shares.chunks_exact(tokens).zip(gradient.chunks_exact_mut(tokens)) {
        let level = sums::sum_of_both(
            shares,
            gradient,
            #[inline(always)]
            |s, g| s * g,
        );
        for (gradient, &share) in gradient.iter_mut().zip(shares) {
            *gradient = share * (*gradient - level) * scale;
        }
    }
}
