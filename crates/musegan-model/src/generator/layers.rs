//! The generator's blocks as matrices, which is how every device runs them.
//!
//! What must stay true: the numbers here are all that a device needs of the weights, and they are
//! the same for each.
//!
//! A transposed convolution whose stride is its kernel does not mix positions: it is one matrix
//! product from input channels to (kernel position, output channel), and the (bar, step, pitch)
//! grid grows by reading the rows in another shape. The one that slides along pitch is the same
//! product followed by adding up where windows overlap. Batch normalisation in evaluation mode is
//! a scale and a shift, and is folded into the matrices.
use musegan_score::Track;
use musegan_score::roll::PITCHES;

use crate::architecture::{GeneratorBlock, NORM_EPSILON, generator_blocks};
use crate::weights::Weights;

/// Beats of a phrase: the rows of the grid after the second block.
pub(super) const BEATS: usize = 16;
/// Pitch positions before the sliding block.
pub(super) const COARSE_PITCHES: usize = 4;
/// Pitch positions after it.
pub(super) const FINE_PITCHES: usize = 6;
/// How far its window reaches.
pub(super) const WINDOW: usize = 3;
/// Pitches that one fine position becomes.
pub(super) const OCTAVE: usize = PITCHES / FINE_PITCHES;

/// All blocks, in the order in which they run.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    /// Bars, beats, coarse pitches, fine pitches.
    pub shared: [Layer; 4],
    /// Each track's own: the steps of a beat, the pitches of an octave.
    pub private: [[Layer; 2]; Track::COUNT],
}

impl Layers {
    /// The blocks of these weights.
    pub fn new(weights: &Weights) -> Self {
        let blocks = generator_blocks();
        let layer = |index: usize| Layer::folded(&blocks[index], weights);
        Self {
            shared: std::array::from_fn(layer),
            private: std::array::from_fn(|track| {
                [layer(4 + track), layer(4 + Track::COUNT + track)]
            }),
        }
    }

    /// The matrix of every track's first or second private block, one after the other.
    pub fn private_matrices(&self, block: usize) -> Vec<f32> {
        self.private.iter().flat_map(|track| &track[block].matrix).copied().collect()
    }

    /// The same of their biases.
    pub fn private_biases(&self, block: usize) -> Vec<f32> {
        self.private.iter().flat_map(|track| &track[block].bias).copied().collect()
    }
}

/// A block as one matrix: rows are input channels, columns (kernel position, output channel).
#[derive(Clone, Debug)]
pub(super) struct Layer {
    /// Input channels.
    pub inputs: usize,
    /// Row-major.
    pub matrix: Vec<f32>,
    /// What is added to every row of the product: each channel's number, once per kernel position.
    pub bias: Vec<f32>,
}

impl Layer {
    /// The block with its batch normalisation folded in: `γ (w·x + b − μ) / √(σ² + ε) + β`.
    fn folded(block: &GeneratorBlock, weights: &Weights) -> Self {
        let get = |part: &str| weights.get(&format!("{}.{part}", block.prefix));
        let (gamma, beta) = (get("batchnorm.weight"), get("batchnorm.bias"));
        let (mean, variance) = (get("batchnorm.running_mean"), get("batchnorm.running_var"));
        let scale: Vec<f64> = gamma
            .iter()
            .zip(variance)
            .map(|(&g, &v)| f64::from(g) / (f64::from(v) + NORM_EPSILON).sqrt())
            .collect();
        let positions: usize = block.kernel.iter().product();
        let mut matrix = Vec::with_capacity(block.inputs * positions * block.outputs);
        for kernels in get("transconv.weight").chunks_exact(block.outputs * positions) {
            for position in 0..positions {
                let channels = kernels[position..].iter().step_by(positions);
                matrix.extend(channels.zip(&scale).map(|(&w, &s)| (f64::from(w) * s) as f32));
            }
        }
        let shift = get("transconv.bias").iter().zip(mean).zip(&scale).zip(beta);
        let bias: Vec<f32> = shift
            .map(|(((&b, &m), &s), &beta)| ((f64::from(b) - f64::from(m)) * s) as f32 + beta)
            .collect();
        Self { inputs: block.inputs, matrix, bias: bias.repeat(positions) }
    }

    /// Columns of the matrix: what one row of the product has.
    pub fn columns(&self) -> usize {
        self.matrix.len() / self.inputs
    }
}
