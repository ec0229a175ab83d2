//! The generator on the calling thread, and no other: no pool is started.
//!
//! What must stay true: the output is that of the PyTorch network within 1e-5, and each latent's is
//! the same to the last bit whatever was asked for before. It is what all other devices must agree
//! with, and what plays on where they fail, so it cannot fail.
use musegan_score::grid::STEPS_PER_BEAT;
use musegan_score::roll::{CELLS, PITCHES, TRACK_CELLS};

use super::layers::{BEATS, COARSE_PITCHES, FINE_PITCHES, Layer, Layers, OCTAVE, WINDOW};
use crate::architecture::LATENT;
use crate::product::{View, Write, multiply};

/// The matrices, and the memory for what lies between them.
#[derive(Clone, Debug)]
pub(super) struct OnCpu {
    layers: Layers,
    scratch: [Vec<f32>; 3],
}

impl OnCpu {
    pub fn new(layers: Layers) -> Self {
        Self { layers, scratch: Default::default() }
    }

    pub fn layers(&self) -> &Layers {
        &self.layers
    }

    /// Whether all cells of all these latents' rolls are numbers.
    pub fn is_finite(&mut self, latents: &[f32]) -> bool {
        let mut cells = vec![0.0; CELLS];
        latents.as_chunks().0.iter().all(|latent| {
            self.roll(latent, &mut cells);
            cells.iter().all(|cell| cell.is_finite())
        })
    }

    /// One latent to the cells of its roll.
    pub fn roll(&mut self, latent: &[f32; LATENT], cells: &mut [f32]) {
        let [x, y, z] = &mut self.scratch;
        let [bars, beats, coarse, fine] = &self.layers.shared;
        product(bars, latent, x);
        bias_and_relu(bars, x);
        product(beats, x, y);
        bias_and_relu(beats, y);
        product(coarse, y, x);
        bias_and_relu(coarse, x);
        product(fine, x, y);
        slide(y, fine.bias.len() / WINDOW, x);
        bias_and_relu(fine, x);
        let tracks = self.layers.private.iter().zip(cells.chunks_mut(TRACK_CELLS));
        for ([steps, pitches], cells) in tracks {
            product(steps, x, y);
            bias_and_relu(steps, y);
            product(pitches, y, z);
            bias_and_relu(pitches, z);
            place(z, cells);
        }
    }
}

/// Multiplies the rows of `x` by the layer's matrix, into `y`, which takes the length this needs.
fn product(layer: &Layer, x: &[f32], y: &mut Vec<f32>) {
    let rows = x.len() / layer.inputs;
    let columns = layer.columns();
    y.resize(rows * columns, 0.0);
    multiply(
        (x, View::dense(rows, layer.inputs)),
        (&layer.matrix, View::dense(layer.inputs, columns)),
        (y, View::dense(rows, columns)),
        Write::Replace,
    );
}

/// Adds the bias to every row and cuts what is negative.
fn bias_and_relu(layer: &Layer, y: &mut [f32]) {
    for row in y.chunks_exact_mut(layer.bias.len()) {
        for (value, bias) in row.iter_mut().zip(&layer.bias) {
            *value = (*value + bias).max(0.0);
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
