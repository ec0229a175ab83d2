//! Batches of real phrases, drawn with replacement, each as often as its song's weight says. What
//! must stay true: a batch depends on the run's seed and the step alone, and no phrase of a held-out
//! song is ever in one.
use super::config::Keys;
use super::error::TrainError;
use super::random::{self, Purpose};
use crate::dataset::Dataset;
use musegan_model::trainable::cells;
use musegan_score::Track;
use musegan_score::roll::{CELLS, PITCHES, TRACK_CELLS};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

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

    /// Draws the index of a phrase. There must be one.
    fn draw(&self, rng: &mut ChaCha8Rng) -> usize {
        rng.random_range(0..self.len())
    }
}

/// The phrases of a dataset whose songs are not held out, drawn by the weights of their songs.
pub struct TrainingPhrases<'a> {
    dataset: &'a Dataset,
    songs: Vec<TrainingSong>,
    /// Whether all songs have one weight.
    even: bool,
}

struct TrainingSong {
    /// Number of its first phrase in the dataset.
    first: usize,
    weight: f64,
    /// Phrases of the songs before it.
    phrases_before: usize,
    /// Their weights, each as often as its song has phrases.
    weights_before: f64,
    /// Phrases of it.
    phrases: usize,
}

impl TrainingSong {
    /// What the songs after it have before them.
    fn weights_after(&self) -> f64 {
        self.weights_before + self.weight * self.phrases as f64
    }
}

impl<'a> TrainingPhrases<'a> {
    /// Those of `dataset`.
    ///
    /// # Errors
    /// [`TrainError::NoPhrases`], or if it has not the band's layout.
    pub fn of(dataset: &'a Dataset) -> Result<Self, TrainError> {
        dataset.expect_band()?;
        let mut songs: Vec<TrainingSong> = Vec::new();
        for song in dataset.songs().iter().filter(|song| !song.held_out) {
            let last = songs.last();
            songs.push(TrainingSong {
                first: song.phrases[0],
                weight: song.weight,
                phrases_before: last.map_or(0, |last| last.phrases_before + last.phrases),
                weights_before: last.map_or(0.0, TrainingSong::weights_after),
                phrases: song.phrases[1] - song.phrases[0],
            });
        }
        let Some(first) = songs.first() else {
            return Err(TrainError::NoPhrases(dataset.len()));
        };
        let even = songs.iter().all(|song| song.weight == first.weight);
        Ok(Self { dataset, songs, even })
    }

    /// The number in the dataset of phrase `index`.
    fn number(&self, index: usize) -> usize {
        let song = self.songs.partition_point(|song| song.phrases_before <= index) - 1;
        self.songs[song].first + index - self.songs[song].phrases_before
    }
}

impl Phrases for TrainingPhrases<'_> {
    fn len(&self) -> usize {
        self.songs.last().map_or(0, |song| song.phrases_before + song.phrases)
    }

    fn fill(&self, index: usize, roll: &mut [f32]) {
        self.dataset.fill_cells(self.number(index), roll);
    }

    fn draw(&self, rng: &mut ChaCha8Rng) -> usize {
        if self.even {
            return rng.random_range(0..self.len());
        }
        let all = self.songs.last().map_or(0.0, TrainingSong::weights_after);
        let at = rng.random::<f64>() * all;
        let song = self.songs.partition_point(|song| song.weights_before <= at).saturating_sub(1);
        let song = &self.songs[song];
        let within = (at - song.weights_before) / song.weight;
        song.phrases_before + (within as usize).min(song.phrases - 1)
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
        phrases.fill(phrases.draw(&mut rng), &mut roll);
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
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::dataset::{DatasetWriter, PackedPhrase, Shape, is_held_out};
    use musegan_score::roll::cell;
    use musegan_score::{Note, Phrase, Pitch, Step, Velocity};
    use std::path::Path;

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

    /// A dataset of two corpora: songs of one piano note at the song's pitch, of one phrase and
    /// weight 1; and songs of three phrases, an octave higher, of this weight.
    fn dataset(folder: &Path, weight: f64) -> Dataset {
        let mut writer = DatasetWriter::create(&folder.join("data"), false, Shape::band()).unwrap();
        let corpora = ["light", "heavy"].map(|name| writer.add_corpus(name));
        for song in 0..40u8 {
            let (corpus, weight, phrases) =
                if song < 20 { (corpora[0], 1.0, 1) } else { (corpora[1], weight, 3) };
            writer.begin_song(corpus, &song.to_string(), weight).unwrap();
            let pitch = Pitch::new(30 + song).unwrap();
            let note = Note::new(Step::default(), 1, pitch, Velocity::DEFAULT);
            let phrase = PackedPhrase::of_phrase(&Phrase::new([(Track::Piano, note)]));
            (0..phrases).for_each(|_| writer.push(&phrase).unwrap());
        }
        writer.finish(().into(), ().into()).unwrap();
        Dataset::open(&folder.join("data")).unwrap()
    }

    #[test]
    fn phrases_are_drawn_as_often_as_their_songs_weigh_and_held_out_ones_never() {
        const DRAWS: usize = 20_000;
        let training = |songs: std::ops::Range<u8>| {
            songs.filter(|song| !is_held_out(&song.to_string())).count() as f64
        };
        assert!(training(0..20) < 20.0, "none of the songs is held out");
        for weight in [1.0, 0.25, 4.0] {
            let folder = tempfile::tempdir().unwrap();
            let dataset = dataset(folder.path(), weight);
            let phrases = TrainingPhrases::of(&dataset).unwrap();
            let mut rng = random::generator(1, 2, Purpose::Phrases, 0);
            let mut times = [0usize; 40];
            let mut roll = vec![0.0; CELLS];
            for _ in 0..DRAWS {
                phrases.fill(phrases.draw(&mut rng), &mut roll);
                let sounding = roll.iter().position(|&cell| cell == 1.0).unwrap();
                times[sounding % PITCHES + 24 - 30] += 1;
            }
            let held_out = (0..40).filter(|song: &usize| is_held_out(&song.to_string()));
            assert!(held_out.into_iter().all(|song| times[song] == 0));
            let heavy = times[20..].iter().sum::<usize>() as f64 / DRAWS as f64;
            let [light_draws, heavy_draws] =
                [dataset.corpora()[0].draws, dataset.corpora()[1].draws];
            assert_eq!(
                [light_draws, heavy_draws],
                [training(0..20), weight * 3.0 * training(20..40)]
            );
            let expected = heavy_draws / (light_draws + heavy_draws);
            // Five standard deviations of so many draws are below 0.018.
            assert!((heavy - expected).abs() < 0.018, "{weight}: {heavy}, not {expected}");
        }
    }
}
