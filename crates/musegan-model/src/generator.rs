//! The generator in evaluation mode: 128 numbers in, a roll of non-negative activations out.
//! Runs on the worker thread, and only on it.
//!
//! The major components are
//!
//! * `layers`: the blocks as matrices;
//! * `cpu`, `gpu`, `tensors`: what runs them, each on its kind of device;
//! * `choosing`: how a generator comes to a device.
//!
//! What must stay true: on the CPU the output is that of the PyTorch network within 1e-5, and each
//! latent's is the same to the last bit whatever else is asked for in the same call or before it;
//! any other device is within 1e-4 of that. A device that fails is replaced by the CPU within the
//! very call in which it fails, so that a generator always gives what it is asked for.
use musegan_score::Roll;
use musegan_score::roll::CELLS;
use thiserror::Error;

use crate::architecture::LATENT;
use crate::device::{Device, Launches, Playing, Reason};
use crate::weights::Weights;
use cpu::OnCpu;
use layers::Layers;

mod choosing;
mod cpu;
mod gpu;
mod layers;
mod tensors;
#[cfg(test)]
mod tests;

/// Phrases that a device other than the CPU is given at once, where there are so many.
pub const BATCH: usize = 64;

/// Why latents were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("latents come {LATENT} numbers to a phrase; {found} numbers are no whole number of them")]
pub struct LatentsError {
    /// How many numbers there were.
    pub found: usize,
}

/// The network on a device that may fail.
trait Network: std::fmt::Debug + Send + Sync {
    /// The cells of up to [`BATCH`] latents' rolls, which are given and taken one after the other.
    fn rolls(&mut self, latents: &[f32], cells: &mut [f32]) -> Result<(), String>;

    /// What a phrase launches on a card.
    fn launches(&self) -> Option<Launches> {
        None
    }
}

/// A network that plays in the CPU's place.
#[derive(Debug)]
struct Soloist {
    network: Box<dyn Network>,
    /// The device's name.
    name: String,
    /// Phrases it has given.
    phrases: u64,
}

/// The network, ready to run: on the CPU always, and on the device that plays in its place.
#[derive(Debug)]
pub struct Generator {
    cpu: OnCpu,
    soloist: Option<Soloist>,
    playing: Playing,
    weights_sha256: String,
}

impl Generator {
    /// The network with these weights on this device. If that refuses them, the CPU plays, and
    /// [`playing`](Self::playing) says why.
    #[must_use]
    pub fn new(weights: &Weights, device: Device) -> Self {
        let mut generator = Self {
            cpu: OnCpu::new(Layers::new(weights)),
            soloist: None,
            playing: Playing::cpu(Reason::Chosen),
            weights_sha256: weights.sha256().to_owned(),
        };
        generator.engage(device);
        generator
    }

    /// Which device plays, and why.
    #[must_use]
    pub fn playing(&self) -> &Playing {
        &self.playing
    }

    /// The same network on the CPU, for another thread.
    #[must_use]
    pub fn on_cpu(&self) -> Self {
        Self {
            cpu: self.cpu.clone(),
            soloist: None,
            playing: Playing::cpu(Reason::Chosen),
            weights_sha256: self.weights_sha256.clone(),
        }
    }

    /// What a phrase launches, where a card plays.
    #[must_use]
    pub fn launches(&self) -> Option<Launches> {
        self.soloist.as_ref()?.network.launches()
    }

    /// The roll of each of `n` latents, given as `n` times 128 numbers.
    ///
    /// # Errors
    /// If the numbers are not a multiple of 128.
    pub fn rolls(&mut self, latents: &[f32]) -> Result<Vec<Roll>, LatentsError> {
        if !latents.len().is_multiple_of(LATENT) {
            return Err(LatentsError { found: latents.len() });
        }
        let mut rolls = Vec::with_capacity(latents.len() / LATENT);
        for latents in latents.chunks(BATCH * LATENT) {
            let room = if self.soloist.is_some() { latents.len() / LATENT * CELLS } else { 0 };
            let mut cells = vec![0.0; room];
            if self.solo(latents, &mut cells) {
                rolls.extend(cells.chunks_exact(CELLS).map(|cells| roll(cells.to_vec())));
            } else {
                rolls.extend(latents.as_chunks().0.iter().map(|latent| self.own(latent)));
            }
        }
        Ok(rolls)
    }

    /// The roll of one latent.
    pub fn roll(&mut self, latent: &[f32; LATENT]) -> Roll {
        let mut cells = vec![0.0; CELLS];
        if !self.solo(latent, &mut cells) {
            self.cpu.roll(latent, &mut cells);
        }
        roll(cells)
    }

    /// The roll of one latent by the CPU.
    fn own(&mut self, latent: &[f32; LATENT]) -> Roll {
        let mut cells = vec![0.0; CELLS];
        self.cpu.roll(latent, &mut cells);
        roll(cells)
    }

    /// Has the device give the cells, if there is one and it can.
    fn solo(&mut self, latents: &[f32], cells: &mut [f32]) -> bool {
        let Some(soloist) = &mut self.soloist else { return false };
        let given = soloist.network.rolls(latents, cells);
        // Weights may be such that numbers are beyond all bounds; then the CPU's are, too.
        let given = given.and_then(|()| {
            let is_sound =
                cells.iter().all(|cell| cell.is_finite()) || !self.cpu.is_finite(latents);
            is_sound.then_some(()).ok_or_else(|| "it gave what are no numbers".to_owned())
        });
        match given {
            Ok(()) => {
                soloist.phrases += (latents.len() / LATENT) as u64;
                true
            }
            Err(error) => {
                let (device, phrases) = (soloist.name.clone(), soloist.phrases);
                self.playing = Playing::cpu(Reason::Failed { device, phrases, error });
                self.soloist = None;
                false
            }
        }
    }
}

fn roll(cells: Vec<f32>) -> Roll {
    Roll::new(cells).unwrap_or_else(Roll::silent)
}
