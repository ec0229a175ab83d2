//! The generator in evaluation mode: 128 numbers in, a roll of non-negative activations out.
//! Runs on the worker thread, and only on it.
//!
//! What must stay true: the output is that of the PyTorch network within 1e-5, and each latent's
//! output is the same to the last bit whatever else is asked for in the same call or before it.
//!
//! A transposed convolution whose stride is its kernel does not mix positions: it is one matrix
//! product from input channels to (kernel position, output channel), and the (bar, step, pitch)
//! grid grows by reading the rows in another shape. The one that slides along pitch is the same
//! product followed by adding up where windows overlap. Batch normalisation in evaluation mode is
//! a scale and a shift, and is folded into the matrices.
use musegan_score::grid::STEPS_PER_BEAT;
use musegan_score::roll::{CELLS, PITCHES, TRACK_CELLS};
use musegan_score::{Roll, Track};
use thiserror::Error;

use crate::Device;
use crate::architecture::{GeneratorBlock, LATENT, NORM_EPSILON, generator_blocks};
use crate::product::{View, Write, multiply};
use crate::weights::Weights;

/// Beats of a phrase: the rows of the grid after the second block.
const BEATS: usize = 16;
/// Pitch positions before and after the sliding block, and how far its window reaches.
const COARSE_PITCHES: usize = 4;
const FINE_PITCHES: usize = 6;
const WINDOW: usize = 3;
/// Pitches that one fine position becomes.
const OCTAVE: usize = PITCHES / FINE_PITCHES;

/// Why latents were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("latents come {LATENT} numbers to a phrase; {found} numbers are no whole number of them")]
pub struct LatentsError {
    /// How many numbers there were.
    pub found: usize,
}

/// The network, ready to run: its matrices and the memory for what lies between them.
#[derive(Clone, Debug)]
pub struct Generator {
    device: Device,
    shared: [Layer; 4],
    private: [[Layer; 2]; Track::COUNT],
    scratch: [Vec<f32>; 3],
}

impl Generator {
    /// The network with these weights on this device.
    #[must_use]
    pub fn new(weights: &Weights, device: Device) -> Self {
        let blocks = generator_blocks();
        let layer = |index: usize| Layer::folded(&blocks[index], weights);
        Self {
            device,
            shared: std::array::from_fn(layer),
            private: std::array::from_fn(|track| {
                [layer(4 + track), layer(4 + Track::COUNT + track)]
            }),
            scratch: Default::default(),
        }
    }

    /// The roll of each of `n` latents, given as `n` times 128 numbers.
    ///
    /// # Errors
    /// If the numbers are not a multiple of 128.
    pub fn rolls(&mut self, latents: &[f32]) -> Result<Vec<Roll>, LatentsError> {
        let (latents, rest) = latents.as_chunks::<LATENT>();
        if !rest.is_empty() {
            return Err(LatentsError { found: latents.len() * LATENT + rest.len() });
        }
        Ok(latents.iter().map(|latent| self.roll(latent)).collect())
    }

    /// The roll of one latent.
    pub fn roll(&mut self, latent: &[f32; LATENT]) -> Roll {
        let mut cells = vec![0.0; CELLS];
        match self.device {
            Device::Cpu => self.run(latent, &mut cells),
        }
        Roll::new(cells).unwrap_or_else(Roll::silent)
    }

    fn run(&mut self, latent: &[f32; LATENT], cells: &mut [f32]) {
        let [x, y, z] = &mut self.scratch;
        let [bars, beats, coarse, fine] = &self.shared;
        bars.product(latent, x);
        bars.bias_and_relu(x);
        beats.product(x, y);
        beats.bias_and_relu(y);
        coarse.product(y, x);
        coarse.bias_and_relu(x);
        fine.product(x, y);
        slide(y, fine.bias.len() / WINDOW, x);
        fine.bias_and_relu(x);
        for ([steps, pitches], cells) in self.private.iter().zip(cells.chunks_mut(TRACK_CELLS)) {
            steps.product(x, y);
            steps.bias_and_relu(y);
            pitches.product(y, z);
            pitches.bias_and_relu(z);
            place(z, cells);
        }
    }
}

/// Adds up the windows of the sliding block: from (beat, coarse pitch, window, channel) to
/// (beat, fine pitch, channel), where a fine pitch is a coarse one plus a place in its window.
fn slide(windows: &[f32], channels: usize, out: &mut Vec<f32>) {
    out.clear();
    out.resize(BEATS * FINE_PITCHES * channels, 0.0);
    let beats = windows.chunks_exact(COARSE_PITCHES * WINDOW * channels);
    for (beat, sums) in beats.zip(out.chunks_exact_mut(FINE_PITCHES * channels)) {
        for (pitch, window) in beat.chunks_exact(WINDOW * channels).enumerate() {
            for (sum, value) in sums[pitch * channels..].iter_mut().zip(window) {
                *sum += value;
            }
        }
    }
}

/// Puts a track's activations, which come as (beat, fine pitch, step in the beat, pitch in the
/// octave), where a roll has them: (step, pitch).
fn place(activations: &[f32], cells: &mut [f32]) {
    let beats = activations.chunks_exact(FINE_PITCHES * STEPS_PER_BEAT * OCTAVE);
    for (beat, cells) in beats.zip(cells.chunks_exact_mut(STEPS_PER_BEAT * PITCHES)) {
        for (octave, steps) in beat.chunks_exact(STEPS_PER_BEAT * OCTAVE).enumerate() {
            for (step, pitches) in steps.chunks_exact(OCTAVE).enumerate() {
                cells[step * PITCHES + octave * OCTAVE..][..OCTAVE].copy_from_slice(pitches);
            }
        }
    }
}

/// A block as one matrix: rows are input channels, columns (kernel position, output channel).
#[derive(Clone, Debug)]
struct Layer {
    inputs: usize,
    matrix: Vec<f32>,
    /// What is added to a block's output, once per channel or repeated along a whole row.
    bias: Vec<f32>,
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

    /// Multiplies the rows of `x` by the matrix, into `y`, which takes the length this needs.
    fn product(&self, x: &[f32], y: &mut Vec<f32>) {
        let rows = x.len() / self.inputs;
        let columns = self.matrix.len() / self.inputs;
        y.resize(rows * columns, 0.0);
        multiply(
            (x, View::dense(rows, self.inputs)),
            (&self.matrix, View::dense(self.inputs, columns)),
            (y, View::dense(rows, columns)),
            Write::Replace,
        );
    }

    /// Adds the bias to every row and cuts what is negative.
    fn bias_and_relu(&self, y: &mut [f32]) {
        for row in y.chunks_exact_mut(self.bias.len()) {
            for (value, bias) in row.iter_mut().zip(&self.bias) {
                *value = (*value + bias).max(0.0);
            }
        }
    }
}
