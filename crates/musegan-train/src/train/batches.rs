//! Batches of real phrases, drawn with replacement. What must stay true: a batch depends on the
//! run's seed and the step alone, and no phrase of a held-out song is ever in one.
use super::error::TrainError;
use super::random::{self, Purpose};
use crate::dataset::Dataset;
use musegan_model::trainable::cells;
use musegan_score::Track;
use musegan_score::roll::{CELLS, PITCHES, TRACK_CELLS};
use rand::Rng;

/// Phrases to learn from.
pub trait Phrases: Sync {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the binary `(5, 64, 72)` roll of phrase `index`, `0..len()`.
    fn fill(&self, index: usize, roll: &mut [f32]);
}

/// The phrases of a dataset whose songs are not held out.
pub struct TrainingPhrases<'a> {
    dataset: &'a Dataset,
    indices: Vec<usize>,
}

impl<'a> TrainingPhrases<'a> {
    /// Those of `dataset`.
    ///
    /// # Errors
    /// [`TrainError::NoPhrases`].
    pub fn of(dataset: &'a Dataset) -> Result<Self, TrainError> {
        let indices: Vec<usize> = (0..dataset.len()).filter(|&i| !dataset.is_held_out(i)).collect();
        if indices.is_empty() {
            return Err(TrainError::NoPhrases(dataset.len()));
        }
        Ok(Self { dataset, indices })
    }
}

impl Phrases for TrainingPhrases<'_> {
    fn len(&self) -> usize {
        self.indices.len()
    }

    fn fill(&self, index: usize, roll: &mut [f32]) {
        self.dataset.fill_cells(self.indices[index], roll);
    }
}

/// Draws the batch of one critic step into `batch`, which lies in the order of training.
///
/// # Panics
/// When there is no phrase, or `batch` is not whole rolls.
pub fn draw(
    phrases: &dyn Phrases,
    (seed, step, round): (u64, u64, u32),
    transpose: bool,
    batch: &mut [f32],
) {
    let samples = batch.len() / CELLS;
    let mut rng = random::generator(seed, step, Purpose::Phrases, round);
    let mut roll = vec![0.0; CELLS];
    for sample in 0..samples {
        phrases.fill(rng.random_range(0..phrases.len()), &mut roll);
        let shift: i32 = rng.random_range(-5..=6);
        if transpose {
            transpose_by(&mut roll, shift as isize);
        }
        cells::write_roll(&roll, batch, sample, samples);
    }
}

/// Moves the pitched tracks by `shift` semitones, unless that would push a note off the roll.
fn transpose_by(roll: &mut [f32], shift: isize) {
    let drums = Track::Drums.index();
    let pitched = |track: usize| track != drums;
    let lost = |index: usize| !(0..PITCHES as isize).contains(&(index as isize + shift));
    let rows = |track: &[f32]| {
        track
            .chunks_exact(PITCHES)
            .any(|row| row.iter().enumerate().any(|(index, &cell)| cell != 0.0 && lost(index)))
    };
    let mut tracks = roll.chunks_exact(TRACK_CELLS).enumerate();
    if tracks.any(|(track, cells)| pitched(track) && rows(cells)) {
        return;
    }
    for (track, cells) in roll.chunks_exact_mut(TRACK_CELLS).enumerate() {
        if pitched(track) {
            for row in cells.chunks_exact_mut(PITCHES) {
                if shift >= 0 {
                    row.rotate_right(shift as usize);
                } else {
                    row.rotate_left(-shift as usize);
                }
            }
        }
    }
}
