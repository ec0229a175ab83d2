//! Operations on each element for itself.
use super::backward::Pass;
use super::operation::{Curve, Operation};
use super::{Node, Room, Tape, Value, curves};
use crate::wide::wide;

impl Tape<'_> {
    /// The Gaussian error linear unit in its form with a hyperbolic tangent.
    pub fn gelu(&mut self, x: Node) -> Node {
        self.curved(x, Curve::Gelu)
    }

    /// The exponential; beyond ±87 it stays where it is there.
    pub fn exp(&mut self, x: Node) -> Node {
        self.curved(x, Curve::Exp)
    }

    /// `ln(1 + exp(x))`.
    pub fn softplus(&mut self, x: Node) -> Node {
        self.curved(x, Curve::Softplus)
    }

    /// The square.
    pub fn square(&mut self, x: Node) -> Node {
        self.curved(x, Curve::Square)
    }

    /// `x² / 2β` up to `β` and `|x| - β / 2` from there.
    pub fn huber(&mut self, x: Node, beta: f32) -> Node {
        assert!(beta > 0.0, "huber of beta {beta}");
        self.curved(x, Curve::Huber { beta })
    }

    /// Nothing below `low` or above `high`; no gradient out there.
    pub fn clamp(&mut self, x: Node, low: f32, high: f32) -> Node {
        assert!(low <= high, "clamp between {low} and {high}");
        self.curved(x, Curve::Clamp { low, high })
    }

    /// Every element times `factor`.
    pub fn scale(&mut self, x: Node, factor: f32) -> Node {
        let (rows, columns) = self.shape(x);
        let mut out = self.rooms.take(rows * columns);
        map(
            self.value(x),
            &mut out,
            #[inline(always)]
            |x| x * factor,
        );
        self.push(rows, columns, out, &[x], || Operation::Scaled { x, factor })
    }

    /// `by` more of every element.
    pub fn offset(&mut self, x: Node, by: f32) -> Node {
        let (rows, columns) = self.shape(x);
        let mut out = self.rooms.take(rows * columns);
        map(
            self.value(x),
            &mut out,
            #[inline(always)]
            |x| x + by,
        );
        self.push(rows, columns, out, &[x], || Operation::Passed { x })
    }

    /// The cross-entropy of bits whose probability is the logits' sigmoid, element by element.
    pub fn bits_cross_entropy(&mut self, logits: Node, targets: &[f32]) -> Node {
        let (rows, columns) = self.shape(logits);
        let targets = self.copied(rows, columns, targets);
        let mut out = self.rooms.take(rows * columns);
        let x = self.value(logits);
        wide(
            #[inline(always)]
            || {
                for ((out, &x), &target) in out.iter_mut().zip(x).zip(&*targets) {
                    *out = curves::softplus(x) - x * target;
                }
            },
        );
        let wanted = self.wanted(logits);
        let operation = self.kept(Operation::BitsCrossEntropy { logits, targets }, wanted);
        self.leaf(rows, columns, Value::Room(out), operation, wanted)
    }

    fn curved(&mut self, x: Node, curve: Curve) -> Node {
        let (rows, columns) = self.shape(x);
        let mut out = self.rooms.take(rows * columns);
        forward(curve, self.value(x), &mut out);
        self.push(rows, columns, out, &[x], || Operation::Curved { x, curve })
    }
}

#[inline(always)]
fn map(x: &[f32], out: &mut [f32], of: impl Fn(f32) -> f32) {
    wide(
        #[inline(always)]
        || {
            for (out, &x) in out.iter_mut().zip(x) {
                *out = of(x);
            }
        },
    );
}

/// Multiplies each gradient by the slope at its element, of which `of` gets the input and the output.
#[inline(always)]
fn slopes((x, y): (&[f32], &[f32]), gradient: &mut [f32], of: impl Fn(f32, f32) -> f32) {
    wide(
        #[inline(always)]
        || {
            for ((gradient, &x), &y) in gradient.iter_mut().zip(x).zip(y) {
                *gradient *= of(x, y);
            }
        },
    );
}

fn forward(curve: Curve, x: &[f32], out: &mut [f32]) {
    match curve {
        Curve::Gelu => map(x, out, curves::gelu),
        Curve::Exp => map(x, out, curves::exp),
        Curve::Softplus => map(x, out, curves::softplus),
        Curve::Square => map(
            x,
            out,
            #[inline(always)]
            |x| x * x,
        ),
        Curve::Huber { beta } => map(
            x,
            out,
            #[inline(always)]
            |x| {
                let size = x.abs();
                if size < beta { x * x / (2.0 * beta) } else { size - 0.5 * beta }
            },
        ),
        Curve::Clamp { low, high } => map(
            x,
            out,
            #[inline(always)]
            |x| x.clamp(low, high),
        ),
    }
}

/// Turns the gradient at the output into that at the input.
pub(super) fn backward(curve: Curve, at: (&[f32], &[f32]), gradient: &mut [f32]) {
    match curve {
        Curve::Gelu => slopes(
            at,
            gradient,
            #[inline(always)]
            |x, _| curves::gelu_slope(x),
        ),
        Curve::Exp => slopes(
            at,
            gradient,
            #[inline(always)]
            |_, y| y,
        ),
        Curve::Softplus => slopes(
            at,
            gradient,
            #[inline(always)]
            |x, _| curves::sigmoid(x),
        ),
        Curve::Square => slopes(
            at,
            gradient,
            #[inline(always)]
            |x, _| 2.0 * x,
        ),
        Curve::Huber { beta } => {
            slopes(
                at,
                gradient,
                #[inline(always)]
                |x, _| (x / beta).clamp(-1.0, 1.0),
            );
        }
        Curve::Clamp { low, high } => slopes(
            at,
            gradient,
            #[inline(always)]
            |x, _| {
                if (low..=high).contains(&x) { 1.0 } else { 0.0 }
            },
        ),
    }
}

impl Pass<'_, '_> {
    pub(super) fn scaled(&mut self, x: Node, factor: f32, mut gradient: Room) {
        wide(
            #[inline(always)]
            || {
                for gradient in gradient.iter_mut() {
                    *gradient *= factor;
                }
            },
        );
        self.give(x, gradient);
    }

    pub(super) fn curved(&mut self, (x, y): (Node, Node), curve: Curve, mut gradient: Room) {
        backward(curve, (self.value(x), self.value(y)), &mut gradient);
        self.give(x, gradient);
    }

    pub(super) fn bits_cross_entropy(&mut self, logits: Node, targets: &[f32], mut gradient: Room) {
        let x = self.value(logits);
        wide(
            #[inline(always)]
            || {
                for ((gradient, &x), &target) in gradient.iter_mut().zip(x).zip(targets) {
                    *gradient *= curves::sigmoid(x) - target;
                }
            },
        );
        self.give(logits, gradient);
    }
}
