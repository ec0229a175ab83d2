//! Batches of real phrases, drawn with replacement. What must stay true: a batch depends on the
//! run's seed and the step alone, and no phrase of a held-out song is ever in one.
use super::config::Keys;
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
    /// [`TrainError::NoPhrases`], or if it has not the band's layout.
    pub fn of(dataset: &'a Dataset) -> Result<Self, TrainError> {
        dataset.expect_band()?;
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
    keys: Keys,
    batch: &mut [f32],
) {
    let samples = batch.len() / CELLS;
    let mut rng = random::generator(seed, step, Purpose::Phrases, round);
    let mut roll = vec![0.0; CELLS];
    for sample in 0..samples {
        phrases.fill(rng.random_range(0..phrases.len()), &mut roll);
        let random = rng.random_range(0..12);
        match keys {
            Keys::AsWritten => {}
            Keys::Random => transpose(&mut roll, random),
            Keys::White => {
                let up = to_white_keys(&roll);
                transpose(&mut roll, up);
            }
        }
        cells::write_roll(&roll, batch, sample, samples);
    }
}

/// The tracks that have a key, as `(64, 72)` cells each.
fn pitched(roll: &[f32]) -> impl Iterator<Item = &[f32]> {
    let drums = Track::Drums.index();
    let tracks = roll.chunks_exact(TRACK_CELLS).enumerate();
    tracks.filter(move |&(track, _)| track != drums).map(|(_, cells)| cells)
}

/// By how many semitones up, `0..12`, most cells come to lie on the white keys.
fn to_white_keys(roll: &[f32]) -> usize {
    const WHITE: [usize; 7] = [0, 2, 4, 5, 7, 9, 11];
    let mut classes = [0.0f32; 12];
    for row in pitched(roll).flat_map(|track| track.chunks_exact(PITCHES)) {
        for (index, cell) in row.iter().enumerate() {
            classes[index % 12] += cell;
        }
    }
    let on_white =
        |up: usize| WHITE.map(|white| classes[(white + 12 - up) % 12]).iter().sum::<f32>();
    (1..12).fold(0, |best, up| if on_white(up) > on_white(best) { up } else { best })
}

/// Moves the pitched tracks up by `up` semitones, `0..12`, or down to the same pitch classes,
/// whichever is nearer and keeps every note on the roll. If neither does they stay.
fn transpose(roll: &mut [f32], up: usize) {
    let mut sounding = [false; PITCHES];
    for row in pitched(roll).flat_map(|track| track.chunks_exact(PITCHES)) {
        sounding.iter_mut().zip(row).for_each(|(sounds, &cell)| *sounds |= cell != 0.0);
    }
    let (Some(lowest), Some(highest)) =
        (sounding.iter().position(|&s| s), sounding.iter().rposition(|&s| s))
    else {
        return;
    };
    let down = 12 - up;
    let can_go_up = highest + up < PITCHES;
    let can_go_down = lowest >= down;
    let rows = roll[TRACK_CELLS * (Track::Drums.index() + 1)..].chunks_exact_mut(PITCHES);
    if can_go_up && (up <= 6 || !can_go_down) {
        rows.for_each(|row| row.rotate_right(up));
    } else if can_go_down {
        rows.for_each(|row| row.rotate_left(down));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musegan_score::roll::cell;

    /// A drum at C and a chord of these pitch indices on the piano.
    fn roll(piano: &[usize]) -> Vec<f32> {
        let mut roll = vec![0.0; CELLS];
        roll[cell(Track::Drums, 3, 12)] = 1.0;
        for &index in piano {
            roll[cell(Track::Piano, 0, index)] = 1.0;
        }
        roll
    }

    #[test]
    fn a_chord_moves_to_the_nearest_place_on_the_white_keys_and_drums_stay() {
        let mut e_major_scale = roll(&[16, 18, 20, 21, 23, 25, 27]);
        let up = to_white_keys(&e_major_scale);
        transpose(&mut e_major_scale, up);
        assert!(e_major_scale == roll(&[12, 14, 16, 17, 19, 21, 23]));
    }

    #[test]
    fn no_note_is_ever_pushed_off_the_roll() {
        let mut low = roll(&[2]);
        transpose(&mut low, 7);
        assert!(low == roll(&[9]), "down by five would leave the roll");
        let mut wide = roll(&[0, PITCHES - 1]);
        transpose(&mut wide, 5);
        assert!(wide == roll(&[0, PITCHES - 1]));
    }
}
