//! Rows as one of several classes: how far the share of each is from the truth.
use super::attention::softmax;
use super::backward::Pass;
use super::operation::Operation;
use super::{Node, Room, Tape, Value, curves, sums};
use crate::wide::wide;

impl Tape<'_> {
    /// The cross-entropy of one class for each row whose probabilities are the softmax of the
    /// logits, rows x 1; 0 where the target is [`u32::MAX`].
    pub fn class_cross_entropy(&mut self, logits: Node, targets: &[u32]) -> Node {
        let (rows, columns) = self.shape(logits);
        assert!(targets.len() == rows, "{} classes of {rows} rows", targets.len());
        let known = |target: u32| target == u32::MAX || (target as usize) < columns;
        assert!(targets.iter().all(|t| known(*t)), "a target that is none of {columns} classes");
        let shares = self.shares(logits);
        let mut out = self.rooms.zeroed(rows);
        let x = self.value(logits);
        wide(
            #[inline(always)]
            || {
                let rows = x.chunks_exact(columns).zip(targets);
                for (out, (row, &target)) in out.iter_mut().zip(rows) {
                    if let Some(&of_target) = row.get(target as usize) {
                        *out = log_sum_exp(row) - of_target;
                    }
                }
            },
        );
        let wanted = self.wanted(logits);
        let targets = if wanted { targets.to_vec() } else { Vec::new() };
        let operation = Operation::ClassCrossEntropy { logits, targets, shares };
        let operation = self.kept(operation, wanted);
        self.leaf(rows, 1, Value::Room(out), operation, wanted)
    }

    fn shares(&mut self, x: Node) -> Room {
        let (rows, columns) = self.shape(x);
        assert!(columns > 0, "shares of no columns");
        let mut out = self.rooms.take(rows * columns);
        out.copy_from_slice(self.value(x));
        wide(
            #[inline(always)]
            || softmax(&mut out, columns, 1.0),
        );
        out
    }
}

#[inline(always)]
fn log_sum_exp(row: &[f32]) -> f32 {
    let most = row.iter().fold(f32::NEG_INFINITY, |most, &x| if x > most { x } else { most });
    let sum = sums::sum_of(
        row,
        #[inline(always)]
        |x| curves::exp(x - most),
    );
    most + curves::ln(sum)
}

impl Pass<'_, '_> {
    pub(super) fn class_cross_entropy(
        &mut self,
        logits: Node,
        (targets, shares): (&[u32], &[f32]),
        gradient: Room,
    ) {
        let (rows, columns) = self.shape(logits);
        let mut given = self.rooms.zeroed(rows * columns);
        let truth = targets.iter().zip(&*gradient);
        let rows = given.chunks_exact_mut(columns).zip(shares.chunks_exact(columns));
        for ((given, shares), (&target, &gradient)) in rows.zip(truth) {
            if target != u32::MAX {
                for (given, share) in given.iter_mut().zip(shares) {
                    *given = share * gradient;
                }
                given[target as usize] -= gradient;
            }
        }
        self.rooms.give_back(gradient);
        self.give(logits, given);
    }
}
