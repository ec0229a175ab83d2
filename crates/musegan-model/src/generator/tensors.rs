//! The generator as candle's tensors: on macOS this is the way to Metal, in the same process.
//!
//! What must stay true: the numbers are those of [`OnCpu`](super::cpu::OnCpu) within 1e-5. The
//! expressions know nothing of the device, so that they are tested on candle's own CPU.
use std::panic::{AssertUnwindSafe, catch_unwind};

use candle_core::{Device, Result, Tensor};
use musegan_score::Track;
use musegan_score::grid::STEPS_PER_BEAT;
use musegan_score::roll::CELLS;

use super::Network;
use super::layers::{BEATS, COARSE_PITCHES, FINE_PITCHES, Layers, OCTAVE, WINDOW};
use crate::architecture::LATENT;

/// The matrices on candle's device.
#[derive(Debug)]
pub(super) struct OnTensors {
    device: Device,
    shared: [Affine; 4],
    /// Of all tracks, stacked.
    steps: Affine,
    pitches: Affine,
}

/// A matrix, or one for each track, and the row that is added.
#[derive(Debug)]
struct Affine {
    matrix: Tensor,
    bias: Tensor,
}

impl Affine {
    /// `x · matrix + bias`, cut at 0.
    fn then_relu(&self, x: &Tensor) -> Result<Tensor> {
        x.broadcast_matmul(&self.matrix)?.broadcast_add(&self.bias)?.relu()
    }
}

impl OnTensors {
    /// Brings the matrices to the device.
    pub fn new(layers: &Layers, device: Device) -> Result<Self> {
        let shared = |index: usize| -> Result<Affine> {
            let layer = &layers.shared[index];
            let shape = (layer.inputs, layer.columns());
            Ok(Affine {
                matrix: Tensor::from_slice(&layer.matrix, shape, &device)?,
                bias: Tensor::from_slice(&layer.bias, layer.bias.len(), &device)?,
            })
        };
        let private = |block: usize| -> Result<Affine> {
            let layer = &layers.private[0][block];
            let (inputs, columns) = (layer.inputs, layer.columns());
            let matrices = layers.private_matrices(block);
            let biases = layers.private_biases(block);
            Ok(Affine {
                matrix: Tensor::from_slice(&matrices, (Track::COUNT, inputs, columns), &device)?,
                bias: Tensor::from_slice(&biases, (Track::COUNT, 1, columns), &device)?,
            })
        };
        let shared = [shared(0)?, shared(1)?, shared(2)?, shared(3)?];
        Ok(Self { shared, steps: private(0)?, pitches: private(1)?, device: device.clone() })
    }

    fn forward(&self, latents: &[f32]) -> Result<Vec<f32>> {
        let [bars, beats, coarse, fine] = &self.shared;
        let n = latents.len() / LATENT;
        let x = Tensor::from_slice(latents, (n, LATENT), &self.device)?;
        let x = rows(&bars.then_relu(&x)?, &beats.matrix)?;
        let x = rows(&beats.then_relu(&x)?, &coarse.matrix)?;
        let x = rows(&coarse.then_relu(&x)?, &fine.matrix)?;
        let x = slide(&x.matmul(&fine.matrix)?)?;
        let x = x.reshape(((), fine.bias.elem_count()))?.broadcast_add(&fine.bias)?.relu()?;
        // One row for each beat and fine pitch, the same for all tracks.
        let (_, inputs, _) = self.steps.matrix.dims3()?;
        let x = self.steps.then_relu(&x.reshape((1, (), inputs))?)?;
        let (_, inputs, _) = self.pitches.matrix.dims3()?;
        let x = self.pitches.then_relu(&x.reshape((Track::COUNT, (), inputs))?)?;
        let axes = [Track::COUNT, n, BEATS, FINE_PITCHES, STEPS_PER_BEAT, OCTAVE];
        let cells = x.reshape(&axes)?.permute([1, 0, 2, 4, 3, 5])?.contiguous()?;
        cells.flatten_all()?.to_vec1()
    }
}

/// The same numbers as rows that a matrix can follow.
fn rows(x: &Tensor, matrix: &Tensor) -> Result<Tensor> {
    x.reshape(((), matrix.dim(0)?))
}

/// Adds up the windows of the sliding block: from (beat, coarse pitch, window, channel) to
/// (beat, fine pitch, channel).
fn slide(windows: &Tensor) -> Result<Tensor> {
    let channels = windows.dim(1)? / WINDOW;
    let windows = windows.reshape(((), COARSE_PITCHES, WINDOW, channels))?;
    let place = |place: usize| {
        windows.narrow(2, place, 1)?.squeeze(2)?.pad_with_zeros(1, place, WINDOW - 1 - place)
    };
    (1..WINDOW).try_fold(place(0)?, |sum, further| sum + place(further)?)
}

impl Network for OnTensors {
    fn rolls(&mut self, latents: &[f32], cells: &mut [f32]) -> std::result::Result<(), String> {
        // A device that is gone may be a panic in candle.
        let computed = catch_unwind(AssertUnwindSafe(|| self.forward(latents)));
        let computed = computed.map_err(|_| "candle panicked".to_owned())?;
        let computed = computed.map_err(|error| error.to_string())?;
        if computed.len() != cells.len() {
            return Err(format!(
                "it gave {} cells of {}",
                computed.len(),
                latents.len() / LATENT * CELLS
            ));
        }
        cells.copy_from_slice(&computed);
        Ok(())
    }
}
