//! Spectral norm (Miyato et al., 2018; arXiv:1802.05957): the critic is used with its weights divided
//! by their largest singular values, and its gains are 1, so that no layer makes more of a difference
//! than it is given. What must stay true: the gradient of the weights goes through the division, with
//! the singular vectors held; these are part of the run's state, as one step of power iteration moves
//! them each time that the weights are put to use.
use super::super::random::{self, Purpose};
use musegan_model::trainable::Layout;
use rand_distr::{Distribution, StandardNormal};
use std::ops::Range;

const LEAST: f32 = 1e-12;

/// A layer's weights as a matrix: a row for each input, a column for each output.
struct Matrix {
    weights: Range<usize>,
    outputs: usize,
    /// Where its singular vector on the side of the outputs lies in the state.
    state: Range<usize>,
    /// Its other singular vector and its singular value, when it was last used.
    inputs: Vec<f32>,
    value: f32,
}

/// The critic's matrices, and its weights as they are used.
pub(super) struct Spectral {
    matrices: Vec<Matrix>,
    gains: Vec<Range<usize>>,
    used: Vec<f32>,
}

impl Spectral {
    /// For a critic of this layout.
    pub(super) fn new(layout: &Layout) -> Self {
        let mut matrices = Vec::new();
        let mut next = 0;
        for p in layout.parameters() {
            if p.name.ends_with("conv.weight") || p.name == "dense.weight" {
                let (outputs, weights) = (p.shape[0], p.range.clone());
                let inputs = vec![0.0; weights.len() / outputs];
                let state = next..next + outputs;
                next = state.end;
                matrices.push(Matrix { weights, outputs, state, inputs, value: 1.0 });
            }
        }
        let gains = layout.parameters().iter().filter(|p| p.name.ends_with(".gamma"));
        let gains = gains.map(|p| p.range.clone()).collect();
        Self { matrices, gains, used: vec![0.0; layout.len()] }
    }

    /// The state before the first step.
    pub(super) fn start(layout: &Layout, seed: u64) -> Vec<f32> {
        let mut rng = random::generator(seed, 0, Purpose::SpectralStart, 0);
        let len = Self::new(layout).matrices.last().map_or(0, |matrix| matrix.state.end);
        (0..len).map(|_| StandardNormal.sample(&mut rng)).collect()
    }

    /// Takes a step of power iteration, and returns the weights as they are used.
    pub(super) fn apply(&mut self, weights: &[f32], state: &mut [f32]) -> &[f32] {
        self.used.copy_from_slice(weights);
        for matrix in &mut self.matrices {
            let used = &mut self.used[matrix.weights.clone()];
            let outputs = &mut state[matrix.state.clone()];
            for (input, row) in matrix.inputs.iter_mut().zip(used.chunks_exact(matrix.outputs)) {
                *input = row.iter().zip(&*outputs).map(|(w, u)| w * u).sum();
            }
            normalise(&mut matrix.inputs);
            outputs.fill(0.0);
            for (input, row) in matrix.inputs.iter().zip(used.chunks_exact(matrix.outputs)) {
                outputs.iter_mut().zip(row).for_each(|(sum, w)| *sum += input * w);
            }
            matrix.value = normalise(outputs);
            used.iter_mut().for_each(|w| *w /= matrix.value);
        }
        for gain in &self.gains {
            self.used[gain.clone()].fill(1.0);
        }
        &self.used
    }

    /// Turns the gradient at the weights as they are used into that of the weights.
    pub(super) fn pull_back(&self, state: &[f32], gradient: &mut [f32]) {
        for matrix in &self.matrices {
            let own = &mut gradient[matrix.weights.clone()];
            let used = &self.used[matrix.weights.clone()];
            let along: f32 = own.iter().zip(used).map(|(d, w)| d * w).sum();
            let outputs = &state[matrix.state.clone()];
            for (input, row) in matrix.inputs.iter().zip(own.chunks_exact_mut(matrix.outputs)) {
                for (d, output) in row.iter_mut().zip(outputs) {
                    *d = (*d - along * input * output) / matrix.value;
                }
            }
        }
        for gain in &self.gains {
            gradient[gain.clone()].fill(0.0);
        }
    }
}

/// Gives a vector the length 1, and returns the length that it had.
fn normalise(vector: &mut [f32]) -> f32 {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(LEAST);
    vector.iter_mut().for_each(|x| *x /= length);
    length
}
