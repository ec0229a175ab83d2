//! How good what is trained plays, while it is trained: the measures of [`evaluate`] of some hundred
//! phrases beside training phrases. Runs on the thread that calls it and its pool.
//!
//! What must stay true: no held-out phrase is looked at, or the choice of the best checkpoint would
//! be made by what it is later measured with; and equal weights have equal scores.
use super::batches::Phrases;
use super::checkpoint::Score;
use super::random::{self, Purpose};
use crate::calibrate::thresholds::exceeded_by;
use crate::evaluate;
use musegan_model::trainable::generator::LATENT;
use musegan_model::{Device, Generator, Weights};
use musegan_score::roll::{CELLS, TRACK_CELLS};
use musegan_score::{Phrase, Roll, Track};

/// Phrases on either side, where there are as many.
pub const PHRASES: usize = 500;
/// Cells of real phrases are 0 or 1.
const BINARY: [f32; Track::COUNT] = [0.5; Track::COUNT];

/// The phrases that others are held against.
pub struct Yardstick {
    real: Vec<Phrase>,
    /// Which share of its cells each track sounds in.
    shares: [f64; Track::COUNT],
}

impl Yardstick {
    /// Training phrases, spread evenly, whose notes are runs of cells: all that the tutorial networks
    /// know of notes.
    #[must_use]
    pub fn of(phrases: &dyn Phrases) -> Self {
        let count = phrases.len().min(PHRASES);
        let mut sounding = [0.0f64; Track::COUNT];
        let real = (0..count).filter_map(|n| {
            let mut cells = vec![0.0; CELLS];
            phrases.fill(n * phrases.len() / count, &mut cells);
            for (sum, track) in sounding.iter_mut().zip(cells.chunks_exact(TRACK_CELLS)) {
                *sum += track.iter().map(|&cell| f64::from(cell)).sum::<f64>();
            }
            Some(Roll::new(cells)?.phrase(BINARY))
        });
        let real = real.collect();
        let cells = (count.max(1) * TRACK_CELLS) as f64;
        Self { real, shares: sounding.map(|sum| sum / cells) }
    }

    /// These training phrases.
    #[must_use]
    pub const fn of_phrases(real: Vec<Phrase>) -> Self {
        Self { real, shares: [0.0; Track::COUNT] }
    }

    /// How alike two of the training phrases are.
    #[must_use]
    pub fn likeness(&self) -> Option<f64> {
        evaluate::likeness::between_phrases(&self.real)
    }

    /// The score of what is played.
    #[must_use]
    pub fn score(&self, played: &[Phrase]) -> Score {
        let table = evaluate::compare(played, &self.real);
        let mean_abs_z = table.mean_abs_z().unwrap_or(f64::INFINITY);
        Score { mean_abs_z, likeness: table.likeness[0] }
    }

    /// The score of what weights of the tutorial's play, each track as densely as in the training
    /// phrases.
    #[must_use]
    pub fn measure(&self, weights: &Weights, seed: u64) -> Score {
        let mut latents = vec![0.0; PHRASES * LATENT];
        random::normals(random::generator(seed, 0, Purpose::Samples, 1), &mut latents);
        let mut network = Generator::new(weights, Device::Cpu);
        let Ok(rolls) = network.rolls(&latents) else {
            return Score { mean_abs_z: f64::INFINITY, likeness: None };
        };
        let thresholds = Track::ALL.map(|track| {
            let activations = rolls.iter().flat_map(|roll| roll.track(track)).copied();
            exceeded_by(self.shares[track.index()], activations.collect())
        });
        let played: Vec<Phrase> = rolls.iter().map(|roll| roll.phrase(thresholds)).collect();
        self.score(&played)
    }
}
