//! Batches of real phrases, drawn with replacement, each as often as its song's weight says. What
//! must stay true: a batch depends on the run's seed and the step alone, no phrase of a held-out
//! song is ever in one, and a graphics card draws the same one (`musegan_device::operation::Draw`).
mod transposition;

use super::config::Keys;
use super::error::TrainError;
use super::random::{self, Purpose};
use crate::dataset::Dataset;
use musegan_model::trainable::cells;
use musegan_score::roll::CELLS;
pub use transposition::Facts;

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

    /// The songs that they belong to, in their order, if some weigh more than others.
    fn songs(&self) -> &[SongShare] {
        &[]
    }
}

/// How much of the draws a song gets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SongShare {
    /// The weights of the songs before it, each as often as its song has phrases.
    pub weights_before: f64,
    /// The weight of one of its phrases.
    pub weight: f64,
    /// Phrases of the songs before it.
    pub phrases_before: usize,
    /// Phrases of it, `1..`.
    pub phrases: usize,
}

impl SongShare {
    /// What the songs after it have before them.
    #[must_use]
    pub fn weights_after(&self) -> f64 {
        self.weights_before + self.weight * self.phrases as f64
    }

    /// As a graphics card reads it. There may be no more than 2³² phrases.
    #[must_use]
    pub fn words(&self) -> [u32; 6] {
        let halves = |number: f64| [number.to_bits() as u32, (number.to_bits() >> 32) as u32];
        let ([a, b], [c, d]) = (halves(self.weights_before), halves(self.weight));
        [a, b, c, d, self.phrases_before as u32, self.phrases as u32]
    }
}

/// The phrase that 64 random bits choose. There must be one.
#[must_use]
pub fn chosen(phrases: &dyn Phrases, bits: u64) -> usize {
    let songs = phrases.songs();
    let Some(last) = songs.last() else {
        return ((u128::from(bits) * phrases.len() as u128) >> 64) as usize;
    };
    // The upper 53 bits as a number from 0 to below 1.
    let at = (bits >> 11) as f64 * (f64::EPSILON / 2.0) * last.weights_after();
    let song = songs.partition_point(|song| song.weights_before <= at).saturating_sub(1);
    let song = &songs[song];
    let within = (at - song.weights_before) / song.weight;
    song.phrases_before + (within as usize).min(song.phrases - 1)
}

/// The phrases of a dataset whose songs are not held out, drawn by the weights of their songs.
pub struct TrainingPhrases<'a> {
    dataset: &'a Dataset,
    shares: Vec<SongShare>,
    /// The number in the dataset of each song's first phrase.
    firsts: Vec<usize>,
    /// Whether all songs have one weight.
    even: bool,
}

impl<'a> TrainingPhrases<'a> {
    /// Those of `dataset`.
    ///
    /// # Errors
    /// [`TrainError::NoPhrases`], or if it has not the band's layout.
    pub fn of(dataset: &'a Dataset) -> Result<Self, TrainError> {
        dataset.expect_band()?;
        let (mut shares, mut firsts) = (Vec::<SongShare>::new(), Vec::new());
        for song in dataset.songs().iter().filter(|song| !song.held_out) {
            let last = shares.last();
            shares.push(SongShare {
                weights_before: last.map_or(0.0, SongShare::weights_after),
                weight: song.weight,
                phrases_before: last.map_or(0, |last| last.phrases_before + last.phrases),
                phrases: song.phrases[1] - song.phrases[0],
            });
            firsts.push(song.phrases[0]);
        }
        let Some(first) = shares.first() else {
            return Err(TrainError::NoPhrases(dataset.len()));
        };
        let even = shares.iter().all(|song| song.weight == first.weight);
        Ok(Self { dataset, shares, firsts, even })
    }

    /// The number in the dataset of phrase `index`.
    fn number(&self, index: usize) -> usize {
        let song = self.shares.partition_point(|song| song.phrases_before <= index) - 1;
        self.firsts[song] + index - self.shares[song].phrases_before
    }
}

impl Phrases for TrainingPhrases<'_> {
    fn len(&self) -> usize {
        self.shares.last().map_or(0, |song| song.phrases_before + song.phrases)
    }

    fn fill(&self, index: usize, roll: &mut [f32]) {
        self.dataset.fill_cells(self.number(index), roll);
    }

    fn songs(&self) -> &[SongShare] {
        if self.even { &[] } else { &self.shares }
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
    let stream = random::generator(seed, step, Purpose::Phrases, round);
    let mut roll = vec![0.0; CELLS];
    for sample in 0..samples {
        let (bits, word) = random::of_sample(stream.clone(), sample);
        phrases.fill(chosen(phrases, bits), &mut roll);
        if keys != Keys::AsWritten {
            let facts = Facts::of(&roll);
            let random = ((u64::from(word) * 12) >> 32) as u8;
            let up = if keys == Keys::White { facts.white } else { random };
            transposition::transpose(&mut roll, facts.shift(up));
        }
        cells::write_roll(&roll, batch, sample, samples);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::dataset::{DatasetWriter, PackedPhrase, Shape, is_held_out};
    use musegan_score::roll::PITCHES;
    use musegan_score::{Note, Phrase, Pitch, Step, Track, Velocity};
    use rand_chacha::rand_core::RngCore;
    use std::path::Path;

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
            assert_eq!(chosen(&phrases, 0), 0);
            assert_eq!(chosen(&phrases, u64::MAX), phrases.len() - 1);
            let mut times = [0usize; 40];
            let mut roll = vec![0.0; CELLS];
            for _ in 0..DRAWS {
                phrases.fill(chosen(&phrases, rng.next_u64()), &mut roll);
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
