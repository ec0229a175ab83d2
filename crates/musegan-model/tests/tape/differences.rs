//! Gradients by differences: every number that goes in is moved a little, and the change of what
//! comes out compared with the gradient.
use musegan_model::tape::{Network, Node, Rooms, Tape};

/// Far enough that rounding does not matter; the error of the rule below is its fourth power.
const STEP: f32 = 0.01;

/// An operation's inputs and weights, whose gradients are all checked.
#[derive(Clone)]
pub struct Case {
    name: &'static str,
    shapes: Vec<(usize, usize)>,
    weights: usize,
}

/// Numbers between -1.95 and 1.95 that keep away from multiples of a tenth, where functions may
/// have a kink.
pub fn noise(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let number = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 33) % 40) as f32 * 0.1 - 1.95
    };
    (0..len).map(number).collect()
}

impl Case {
    pub fn new(name: &'static str) -> Self {
        Self { name, shapes: Vec::new(), weights: 0 }
    }

    pub fn input(mut self, rows: usize, columns: usize) -> Self {
        self.shapes.push((rows, columns));
        self
    }

    pub fn weights(mut self, len: usize) -> Self {
        self.weights = len;
        self
    }

    /// Compares the gradients of a random sum of what `build` computes.
    pub fn check(self, build: impl Fn(&mut Tape<'_>, Network, &[Node]) -> Node) {
        let mut numbers: Vec<Vec<f32>> =
            (1..).zip(&self.shapes).map(|(i, (rows, columns))| noise(rows * columns, i)).collect();
        numbers.push(noise(self.weights, 77));
        let found = self.gradients(&numbers, &build);
        for (place, found) in found.iter().enumerate() {
            for (element, &found) in found.iter().enumerate() {
                let (truth, rounding) = self.slope(&mut numbers, (place, element), &build);
                let difference = (f64::from(found) - truth).abs();
                assert!(
                    difference < 2e-4 * (1.0 + truth.abs()) + rounding,
                    "{} of {:?}: element {element} of number {place}: {found}, by differences {truth}",
                    self.name,
                    self.shapes
                );
            }
        }
    }

    fn gradients(
        &self,
        numbers: &[Vec<f32>],
        build: &impl Fn(&mut Tape<'_>, Network, &[Node]) -> Node,
    ) -> Vec<Vec<f32>> {
        let mut rooms = Rooms::new();
        let mut tape = Tape::new(&mut rooms);
        let (network, inputs) = self.leaves(&mut tape, numbers);
        let out = build(&mut tape, network, &inputs);
        let (rows, columns) = (tape.rows(out), tape.columns(out));
        let parts = tape.constant(rows, columns, &noise(rows * columns, 99));
        let product = tape.mul(out, parts);
        let loss = tape.sum(product);
        let gradients = tape.backward(loss);
        let of = inputs.iter().map(|&input| gradients.at(input).to_vec());
        of.chain([gradients.of(network).to_vec()]).collect()
    }

    fn leaves<'w>(&self, tape: &mut Tape<'w>, numbers: &'w [Vec<f32>]) -> (Network, Vec<Node>) {
        let network = tape.network(&numbers[self.shapes.len()], true);
        let inputs = self.shapes.iter().zip(numbers);
        let inputs = inputs.map(|(&(rows, columns), values)| tape.input(rows, columns, values));
        (network, inputs.collect())
    }

    /// The derivative by one number, by the central differences of four values, and how far rounding
    /// may move it.
    fn slope(
        &self,
        numbers: &mut [Vec<f32>],
        (place, element): (usize, usize),
        build: &impl Fn(&mut Tape<'_>, Network, &[Node]) -> Node,
    ) -> (f64, f64) {
        let at = numbers[place][element];
        let mut size = 0.0;
        let mut value = |steps: f32| {
            numbers[place][element] = at + steps * STEP;
            let mut rooms = Rooms::new();
            let mut tape = Tape::playing(&mut rooms);
            let (network, inputs) = self.leaves(&mut tape, numbers);
            let out = build(&mut tape, network, &inputs);
            let out = tape.value(out);
            let parts = noise(out.len(), 99);
            let products = out.iter().zip(parts).map(|(&v, p)| f64::from(v) * f64::from(p));
            size = products.clone().map(|product| product * product).sum::<f64>().sqrt();
            products.sum::<f64>()
        };
        let near = value(1.0) - value(-1.0);
        let far = value(2.0) - value(-2.0);
        numbers[place][element] = at;
        let rounding = size * f64::from(f32::EPSILON) / f64::from(STEP);
        ((8.0 * near - far) / (12.0 * f64::from(STEP)), rounding)
    }
}

/// Scaled dot-product attention as it is written in papers.
pub fn plain_attention(qkv: &[f32], tokens: usize, heads: usize, head: usize) -> Vec<f64> {
    let width = heads * head;
    let rows = qkv.len() / (3 * width);
    let at = |row: usize, part: usize, column: usize| {
        f64::from(qkv[row * 3 * width + part * width + column])
    };
    let mut out = vec![0.0; rows * width];
    for row in 0..rows {
        let group = row / tokens * tokens..(row / tokens + 1) * tokens;
        for h in 0..heads {
            let columns = || h * head..(h + 1) * head;
            let product = |other| columns().map(|c| at(row, 0, c) * at(other, 1, c)).sum::<f64>();
            let shares: Vec<f64> =
                group.clone().map(|other| (product(other) / (head as f64).sqrt()).exp()).collect();
            let total: f64 = shares.iter().sum();
            for c in columns() {
                let parts =
                    group.clone().zip(&shares).map(|(other, share)| share * at(other, 2, c));
                out[row * width + c] = parts.sum::<f64>() / total;
            }
        }
    }
    out
}
