//! The tutorial's generator (313,951 parameters) in training mode, with its derivative.
//! What must stay true: batch norm sees the whole batch, and the passes over single tracks are
//! independent of one another, so that a caller may run them on threads of its own.
//!
//! Batch norm subtracts the mean, so the biases of the convolutions before it change nothing:
//! their gradients are exactly zero and they only shift the running means.
use super::batch_norm::{self, Statistics};
use super::stage::Stage;
use crate::layout::{Initial, Layout};
use musegan_score::Track;
use musegan_score::roll::TRACK_CELLS;
use std::ops::Range;

pub mod operations;

/// Length of the latent vector of one phrase.
pub const LATENT: usize = 128;
/// PyTorch's share of the newest batch in the running statistics.
pub const MOMENTUM: f32 = 0.1;
/// Outputs per sample of the shared half, which the tracks take in.
const SHARED_OUT: usize = 96 * 32;

/// A transposed convolution with batch norm and ReLU, and where its parameters lie.
struct Block {
    stage: Stage,
    channels: usize,
    /// Weight, bias, gamma and beta, one after the other.
    range: Range<usize>,
    /// Running mean and variance in the vector of statistics.
    statistics: Range<usize>,
}

/// The generator's structure. Weights are passed to each call: one flat vector in the order of
/// [`layout`](Self::layout).
pub struct Generator {
    layout: Layout,
    statistics: Layout,
    shared: [Block; 4],
    tracks: Vec<[Block; 2]>,
}

/// One block's normalised values and activation of a batch.
struct Activation {
    normalised: Vec<f32>,
    out: Vec<f32>,
    statistics: Statistics,
}

/// What a forward pass through the shared half leaves, and room for the pass back.
pub struct SharedTape {
    samples: usize,
    activations: [Activation; 4],
    flow: [Vec<f32>; 2],
}

/// What a forward pass through one track leaves, and room for the pass back.
pub struct TrackTape {
    activations: [Activation; 2],
    /// Gradients at the cells, at the activation below, and at the shared half's output.
    flow: [Vec<f32>; 3],
}

impl Default for Generator {
    fn default() -> Self {
        Self::new()
    }
}

impl Generator {
    /// The tutorial's generator.
    #[must_use]
    pub fn new() -> Self {
        let (mut layout, mut statistics) = (Layout::default(), Layout::default());
        let mut block = |name: &str, stage, channels_in, kernel, channels| {
            block((&mut layout, &mut statistics), name, stage, channels_in, kernel, channels)
        };
        let overlapping = Stage::sliding(16, (64, 64, 256), (96, 32, 192), 4);
        let shared = [
            block("transconv0", Stage::plain(1, LATENT, 1024), LATENT, [4, 1, 1], 256),
            block("transconv1", Stage::plain(4, 256, 512), 256, [1, 4, 1], 128),
            block("transconv2", Stage::plain(16, 128, 256), 128, [1, 1, 4], 64),
            block("transconv3", overlapping, 64, [1, 1, 3], 32),
        ];
        let track = |track| {
            let names = [format!("transconv4.{track}"), format!("transconv5.{track}")];
            [
                block(&names[0], Stage::plain(96, 32, 64), 32, [1, 4, 1], 16),
                block(&names[1], Stage::plain(384, 16, 12), 16, [1, 1, 12], 1),
            ]
        };
        let tracks = (0..Track::COUNT).map(track).collect();
        Self { layout, statistics, shared, tracks }
    }

    /// Names, shapes and beginnings of the parameters.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Names, shapes and beginnings of the running statistics.
    #[must_use]
    pub const fn statistics(&self) -> &Layout {
        &self.statistics
    }

    /// A gradient's part for the shared half, and one part for each track.
    ///
    /// # Panics
    /// When `gradient` is not as long as the layout.
    pub fn split<'a>(&self, gradient: &'a mut [f32]) -> (&'a mut [f32], Vec<&'a mut [f32]>) {
        assert_eq!(gradient.len(), self.layout.len());
        let (shared, tracks) = gradient.split_at_mut(self.shared[3].range.end);
        let each = tracks.len() / Track::COUNT;
        (shared, tracks.chunks_exact_mut(each).collect())
    }

    /// The pass through the shared half for `(samples, 128)` latents, before every track's.
    ///
    /// # Panics
    /// When a slice does not have the size of the tape's batch.
    pub fn forward_shared(&self, weights: &[f32], latents: &[f32], tape: &mut SharedTape) {
        assert_eq!(latents.len(), tape.samples * LATENT);
        for (index, block) in self.shared.iter().enumerate() {
            let (before, after) = tape.activations.split_at_mut(index);
            let input = before.last().map_or(latents, |a| &a.out);
            block.forward(tape.samples, weights, input, &mut after[0]);
        }
    }

    /// The pass through one track's private half.
    ///
    /// # Panics
    /// When the tapes are of different batches.
    pub fn forward_track(
        &self,
        track: Track,
        weights: &[f32],
        shared: &SharedTape,
        tape: &mut TrackTape,
    ) {
        let [lower, upper] = &self.tracks[track.index()];
        let [first, second] = &mut tape.activations;
        lower.forward(shared.samples, weights, &shared.activations[3].out, first);
        upper.forward(shared.samples, weights, &first.out, second);
    }

    /// The pass back through one track: adds to the track's part of the gradient (see
    /// [`split`](Self::split)) and leaves the gradient at the shared half's output in the tape.
    ///
    /// # Panics
    /// When a slice does not have the size of the tapes' batch.
    pub fn backward_track(
        &self,
        track: Track,
        weights: &[f32],
        shared: &SharedTape,
        tape: &mut TrackTape,
        d_cells: &[f32],
        gradient: &mut [f32],
    ) {
        let n = shared.samples;
        let [lower, upper] = &self.tracks[track.index()];
        let [first, second] = &tape.activations;
        let [top, middle, bottom] = &mut tape.flow;
        let (lower_gradient, upper_gradient) = gradient.split_at_mut(lower.range.len());
        top.copy_from_slice(d_cells);
        upper.backward(n, weights, &first.out, second, top, upper_gradient);
        upper.stage.input_gradient(n, top, upper.weight(weights), middle);
        lower.backward(n, weights, &shared.activations[3].out, first, middle, lower_gradient);
        lower.stage.input_gradient(n, middle, lower.weight(weights), bottom);
    }

    /// The pass back through the shared half, after every track's: adds to its part of the
    /// gradient.
    ///
    /// # Panics
    /// When a slice does not have the size of the tapes' batch.
    pub fn backward_shared(
        &self,
        weights: &[f32],
        latents: &[f32],
        tape: &mut SharedTape,
        tracks: &[TrackTape],
        gradient: &mut [f32],
    ) {
        let n = tape.samples;
        let SharedTape { activations, flow: [d, next], .. } = tape;
        d[..n * SHARED_OUT].fill(0.0);
        for track in tracks {
            for (sum, part) in d.iter_mut().zip(&track.flow[2]) {
                *sum += part;
            }
        }
        for (index, block) in self.shared.iter().enumerate().rev() {
            let input = if index == 0 { latents } else { &activations[index - 1].out };
            let gradient = &mut gradient[block.range.clone()];
            let here = &mut d[..n * block.stage.outputs()];
            block.backward(n, weights, input, &activations[index], here, gradient);
            if index > 0 {
                let below = &mut next[..n * block.stage.inputs()];
                block.stage.input_gradient(n, here, block.weight(weights), below);
                std::mem::swap(d, next);
            }
        }
    }

    /// Moves the running statistics towards those of the tapes' batch, whose share in them
    /// becomes `share`; in training that is [`MOMENTUM`].
    ///
    /// # Panics
    /// When `statistics` or `weights` is not as long as its layout.
    pub fn update_statistics(
        &self,
        weights: &[f32],
        shared: &SharedTape,
        tracks: &[TrackTape],
        share: f32,
        statistics: &mut [f32],
    ) {
        let of_tracks = self.tracks.iter().zip(tracks);
        let of_tracks = of_tracks.flat_map(|(blocks, tape)| blocks.iter().zip(&tape.activations));
        for (block, activation) in self.shared.iter().zip(&shared.activations).chain(of_tracks) {
            let (_, bias, _, _) = block.parameters(weights);
            let found = &activation.statistics;
            let unbiased = found.count as f32 / (found.count as f32 - 1.0);
            let (mean, variance) =
                statistics[block.statistics.clone()].split_at_mut(block.channels);
            for c in 0..block.channels {
                mean[c] += share * (found.mean[c] + bias[c] - mean[c]);
                variance[c] += share * (found.variance[c] * unbiased - variance[c]);
            }
        }
    }
}

impl SharedTape {
    /// Room for a batch of `samples`.
    #[must_use]
    pub fn new(samples: usize) -> Self {
        let sizes = [1024, 2048, 4096, SHARED_OUT];
        Self {
            samples,
            activations: sizes.map(|size| Activation::new(samples * size)),
            flow: std::array::from_fn(|_| vec![0.0; samples * 4096]),
        }
    }
}

impl TrackTape {
    /// Room for a batch of `samples`.
    #[must_use]
    pub fn new(samples: usize) -> Self {
        let sizes = [384 * 16, TRACK_CELLS];
        Self {
            activations: sizes.map(|size| Activation::new(samples * size)),
            flow: [TRACK_CELLS, 384 * 16, SHARED_OUT].map(|size| vec![0.0; samples * size]),
        }
    }

    /// The track's cells of the batch, in the order of [`super::cells`].
    #[must_use]
    pub fn cells(&self) -> &[f32] {
        &self.activations[1].out
    }
}

impl Activation {
    fn new(size: usize) -> Self {
        Self {
            normalised: vec![0.0; size],
            out: vec![0.0; size],
            statistics: Statistics::default(),
        }
    }
}

/// Adds a block's parameters and statistics to the layouts.
fn block(
    (layout, statistics): (&mut Layout, &mut Layout),
    name: &str,
    stage: Stage,
    channels_in: usize,
    kernel: [usize; 3],
    channels: usize,
) -> Block {
    let [bars, steps, pitches] = kernel;
    let spread = 1.0 / ((channels * bars * steps * pitches) as f32).sqrt();
    let weight = layout.push(
        format!("{name}.transconv.weight"),
        &[channels_in, channels, bars, steps, pitches],
        &[0, 2, 3, 4, 1],
        Initial::Normal(0.05),
    );
    let bias = Initial::Uniform(-spread, spread);
    layout.push_vector(format!("{name}.transconv.bias"), channels, bias);
    let (one, zero) = (Initial::Constant(1.0), Initial::Constant(0.0));
    layout.push_vector(format!("{name}.batchnorm.weight"), channels, one);
    let beta = layout.push_vector(format!("{name}.batchnorm.bias"), channels, zero);
    let mean = statistics.push_vector(format!("{name}.batchnorm.running_mean"), channels, zero);
    let variance = statistics.push_vector(format!("{name}.batchnorm.running_var"), channels, one);
    let range = weight.start..beta.end;
    Block { stage, channels, range, statistics: mean.start..variance.end }
}

impl Block {
    /// Weight, bias, gamma, beta.
    fn parameters<'a>(&self, weights: &'a [f32]) -> (&'a [f32], &'a [f32], &'a [f32], &'a [f32]) {
        let own = &weights[self.range.clone()];
        let (weight, own) = own.split_at(own.len() - 3 * self.channels);
        let (bias, own) = own.split_at(self.channels);
        let (gamma, beta) = own.split_at(self.channels);
        (weight, bias, gamma, beta)
    }

    fn weight<'a>(&self, weights: &'a [f32]) -> &'a [f32] {
        self.parameters(weights).0
    }

    fn forward(&self, n: usize, weights: &[f32], input: &[f32], to: &mut Activation) {
        let (weight, _, gamma, beta) = self.parameters(weights);
        self.stage.forward(n, input, weight, &mut to.normalised);
        to.statistics = batch_norm::forward(gamma, beta, &mut to.normalised, &mut to.out);
    }

    /// Turns the gradient at the activation into the one at the pre-activation and adds to the
    /// block's own part of the gradient.
    fn backward(
        &self,
        n: usize,
        weights: &[f32],
        input: &[f32],
        tape: &Activation,
        d: &mut [f32],
        gradient: &mut [f32],
    ) {
        let (weight, _, gamma, _) = self.parameters(weights);
        let (d_weight, rest) = gradient.split_at_mut(weight.len());
        let (d_gamma, d_beta) = rest[self.channels..].split_at_mut(self.channels);
        let values = (&tape.normalised[..], &tape.out[..]);
        batch_norm::backward(gamma, &tape.statistics, values, d, (d_gamma, d_beta));
        self.stage.weight_gradient(n, input, d, d_weight);
    }
}
