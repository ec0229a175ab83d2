//! Matrix products: of two matrices, and of activations with a network's weights.
use super::backward::Pass;
use super::operation::Operation;
use super::{Network, Node, Room, Tape, Value, sums};
use crate::product::{View, Write, multiply};
use crate::wide::wide;
use std::ops::Range;

/// What a linear layer takes from its network.
#[derive(Clone, Copy)]
pub(super) struct Linear {
    pub(super) network: Network,
    pub(super) weight: usize,
    pub(super) bias: Option<usize>,
    pub(super) groups: usize,
}

impl Tape<'_> {
    /// `x · weight + bias`, where `x` is (groups · rows) x inputs, the weight groups x inputs x
    /// outputs and the bias groups x outputs: each group of rows has a matrix of its own.
    pub fn linear(
        &mut self,
        x: Node,
        network: Network,
        weight: Range<usize>,
        bias: Option<Range<usize>>,
        outputs: usize,
        groups: usize,
    ) -> Node {
        let (rows, inputs) = self.shape(x);
        assert!(groups > 0 && rows % groups == 0, "{rows} rows in {groups} groups");
        assert!(
            weight.len() == groups * inputs * outputs,
            "weights of {groups} x {inputs} x {outputs} lie in {weight:?}, {} numbers",
            weight.len()
        );
        if let Some(bias) = &bias {
            let len = bias.len();
            assert!(
                len == groups * outputs,
                "biases of {groups} x {outputs} lie in {bias:?}, {len} numbers"
            );
        }
        let mut out = self.rooms.take(rows * outputs);
        let values = self.networks[network.index()].values;
        let mut write = Write::Replace;
        if let Some(bias) = bias.clone() {
            write = Write::Add;
            repeat(&values[bias], rows / groups, outputs, &mut out);
        }
        let weights = &values[weight.clone()];
        for group in 0..groups {
            let g = Group { rows: rows / groups, inputs, outputs, group };
            multiply((self.value(x), g.x()), (weights, g.weight()), (&mut out, g.y()), write);
        }
        let linear =
            Linear { network, weight: weight.start, bias: bias.map(|bias| bias.start), groups };
        let wanted = self.wanted(x) || self.trained(network);
        let operation = if wanted { Operation::Linear { x, linear } } else { Operation::Leaf };
        self.leaf(rows, outputs, Value::Room(out), operation, wanted)
    }

    /// `a · b`.
    pub fn matmul(&mut self, a: Node, b: Node) -> Node {
        let ((rows, inner), (b_rows, columns)) = (self.shape(a), self.shape(b));
        assert!(inner == b_rows, "product of {rows} x {inner} and {b_rows} x {columns}");
        let mut out = self.rooms.take(rows * columns);
        multiply(
            (self.value(a), View::dense(rows, inner)),
            (self.value(b), View::dense(inner, columns)),
            (&mut out, View::dense(rows, columns)),
            Write::Replace,
        );
        self.push(rows, columns, out, &[a, b], || Operation::Matmul { a, b })
    }
}

/// Each group's bias in each of its rows.
fn repeat(bias: &[f32], rows: usize, outputs: usize, out: &mut [f32]) {
    if rows * outputs == 0 {
        return;
    }
    for (group, bias) in out.chunks_exact_mut(rows * outputs).zip(bias.chunks_exact(outputs)) {
        group.chunks_exact_mut(outputs).for_each(|row| row.copy_from_slice(bias));
    }
}

/// Where one group's matrices lie.
#[derive(Clone, Copy)]
struct Group {
    rows: usize,
    inputs: usize,
    outputs: usize,
    group: usize,
}

impl Group {
    fn x(self) -> View {
        View::dense(self.rows, self.inputs).at(self.group * self.rows * self.inputs)
    }

    fn weight(self) -> View {
        View::dense(self.inputs, self.outputs).at(self.group * self.inputs * self.outputs)
    }

    fn y(self) -> View {
        View::dense(self.rows, self.outputs).at(self.group * self.rows * self.outputs)
    }
}

impl Pass<'_, '_> {
    pub(super) fn linear(&mut self, x: Node, linear: Linear, outputs: usize, gradient: Room) {
        let (rows, inputs) = self.shape(x);
        let Linear { network, weight, bias, groups } = linear;
        let of = |group| Group { rows: rows / groups, inputs, outputs, group };
        let weights = weight..weight + groups * inputs * outputs;
        let values = self.value(x);
        if let Some(all) = self.weights(network) {
            for g in (0..groups).map(of) {
                let to = (&mut all[weights.clone()], g.weight());
                multiply((values, g.x().transposed()), (&gradient, g.y()), to, Write::Add);
            }
            if let Some(bias) = bias.filter(|_| rows * outputs > 0) {
                let groups = all[bias..bias + groups * outputs].chunks_exact_mut(outputs);
                let gradients = gradient.chunks_exact(rows / linear.groups * outputs);
                wide(
                    #[inline(always)]
                    || {
                        for (to, gradient) in groups.zip(gradients) {
                            sums::add_rows(gradient, to);
                        }
                    },
                );
            }
        }
        if self.wanted(x) {
            let values = self.networks[network.index()].values;
            let (mut share, write) = self.begin(x);
            for g in (0..groups).map(of) {
                let weight = (&values[weights.clone()], g.weight().transposed());
                multiply((&gradient, g.y()), weight, (&mut share, g.x()), write);
            }
            self.end(x, share);
        }
        self.rooms.give_back(gradient);
    }

    pub(super) fn matmul(&mut self, (a, b): (Node, Node), gradient: Room) {
        let ((rows, inner), (_, columns)) = (self.shape(a), self.shape(b));
        let out = View::dense(rows, columns);
        let (left, right) = (View::dense(rows, inner), View::dense(inner, columns));
        if self.wanted(a) {
            let (mut share, write) = self.begin(a);
            multiply(
                (&gradient, out),
                (self.value(b), right.transposed()),
                (&mut share, left),
                write,
            );
            self.end(a, share);
        }
        if self.wanted(b) {
            let (mut share, write) = self.begin(b);
            multiply(
                (self.value(a), left.transposed()),
                (&gradient, out),
                (&mut share, right),
                write,
            );
            self.end(b, share);
        }
        self.rooms.give_back(gradient);
    }
}
