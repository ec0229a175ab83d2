//! Memory that is used again: nothing of the pass before is heard in the next, whatever the shapes.
use std::ops::Range;

use musegan_model::tape::{Node, Rooms, Tape};
use proptest::prelude::*;

use crate::differences::noise;

/// Rows are `2 * groups * rows`.
#[derive(Clone, Copy, Debug)]
struct Shape {
    groups: usize,
    rows: usize,
    inputs: usize,
    outputs: usize,
}

fn shapes() -> impl Strategy<Value = Shape> {
    (1..4usize, 0..5usize, 0..9usize, 0..40usize)
        .prop_map(|(groups, rows, inputs, outputs)| Shape { groups, rows, inputs, outputs })
}

impl Shape {
    fn all_rows(self) -> usize {
        2 * self.groups * self.rows
    }

    /// Where weights, biases, scale and shift lie.
    fn ranges(self) -> [Range<usize>; 4] {
        let Self { groups, inputs, outputs, .. } = self;
        let mut end = 0;
        [groups * inputs * outputs, groups * outputs, outputs + 1, outputs + 1].map(|len| {
            end += len;
            end - len..end
        })
    }

    /// Every operation once, and the bits of what comes out and of all gradients.
    fn pass(self, rooms: &mut Rooms, [x, weights]: [&[f32]; 2]) -> Vec<u32> {
        let mut t = Tape::new(rooms);
        let n = t.network(weights, true);
        let x = t.input(self.all_rows(), self.inputs, x);
        let [weight, bias, scale, shift] = self.ranges();
        let bare = t.linear(x, n, weight.clone(), None, self.outputs, self.groups);
        let h = t.linear(x, n, weight, Some(bias.clone()), self.outputs, self.groups);
        let row = t.parameter(n, bias.start..bias.start + self.outputs, 1, self.outputs);
        let h = t.add(h, row);
        let sums = t.sum_columns(bare);
        let h = t.mul(h, sums);
        let h = t.sub(bare, h);
        let h = t.beside(&[h, sums]);
        let h = t.layer_norm(h, n, scale, shift);
        let h = curves(&mut t, h);
        let qkv = t.beside(&[h, h, h]);
        let h = t.attention(qkv, 2, 1);
        let classes: Vec<u32> = (0..self.all_rows() as u32).map(|row| row % 2 * u32::MAX).collect();
        let classes = t.class_cross_entropy(h, &classes);
        let flat = t.reshape(h, self.outputs + 1, self.all_rows());
        let product = t.matmul(h, flat);
        let of_two = t.max_rows(h, 2);
        let pairs = t.sum_rows(h, 2);
        let both = t.below(&[of_two, pairs]);
        let index: Vec<u32> = (0..self.rows as u32).chain([u32::MAX]).collect();
        let both = t.gather(both, &index);
        let part = t.columns_of(both, 0..self.outputs);
        let values: Vec<Node> = [product, classes, part, bare].into_iter().collect();
        let mut loss = t.constant(1, 1, &[0.0]);
        for value in &values {
            let sum = t.sum(*value);
            loss = t.add(loss, sum);
        }
        let bits = |numbers: &[f32]| numbers.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        let mut found: Vec<u32> = values.iter().flat_map(|v| bits(t.value(*v))).collect();
        let gradients = t.backward(loss);
        found.extend(bits(gradients.at(x)));
        found.extend(bits(gradients.of(n)));
        rooms.reuse(gradients);
        found
    }
}

/// The sum of all functions of one element.
fn curves(t: &mut Tape<'_>, x: Node) -> Node {
    let targets = vec![1.0; t.rows(x) * t.columns(x)];
    let more = t.offset(x, 0.5);
    let all = [
        t.gelu(x),
        t.exp(x),
        t.square(x),
        t.softplus(more),
        t.huber(x, 0.3),
        t.clamp(x, -0.4, 0.4),
        t.scale(x, 2.0),
        t.bits_cross_entropy(x, &targets),
    ];
    all.into_iter().reduce(|sum, part| t.add(sum, part)).unwrap_or(x)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_pass_hears_nothing_of_the_passes_before_it(shapes in prop::collection::vec(shapes(), 1..4)) {
        let mut used = Rooms::new();
        for _ in 0..2 {
            for shape in &shapes {
                let weights = shape.ranges()[3].end;
                let x = noise(shape.all_rows() * shape.inputs, 5);
                let numbers = noise(weights, 6);
                let first = shape.pass(&mut Rooms::new(), [&x, &numbers]);
                shape.pass(&mut used, [&vec![f32::NAN; x.len()], &vec![f32::NAN; weights]]);
                prop_assert_eq!(&shape.pass(&mut used, [&x, &numbers]), &first);
            }
        }
    }
}
