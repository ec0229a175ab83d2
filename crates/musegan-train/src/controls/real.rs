//! The real phrases that controls are measured beside: those of held-out songs, with their chords.

use anyhow::{Result, ensure};
use musegan_model::band::Harmony;
use musegan_score::Phrase;

use crate::dataset::Dataset;
use crate::evaluate::{Songs, music};

/// Phrases that are looked at, at most.
const PHRASES: usize = 500;

/// Real phrases of held-out songs.
pub(super) struct Real<'a> {
    dataset: &'a Dataset,
    /// All of them, by their numbers in the dataset.
    numbers: Vec<usize>,
}

/// A real phrase.
#[derive(Clone, Debug)]
pub(super) struct RealPhrase {
    pub phrase: Phrase,
    /// What it is annotated with.
    pub harmony: Harmony,
    /// The first bar's number in its song.
    pub bar: u32,
}

impl<'a> Real<'a> {
    pub fn of(dataset: &'a Dataset) -> Result<Self> {
        dataset.expect_band()?;
        let numbers = music::numbers(dataset, Songs::HeldOut, &[])?;
        ensure!(
            numbers.len() > 1,
            "{} has {} phrases of held-out songs, and controls are measured beside at least two",
            dataset.path().display(),
            numbers.len()
        );
        Ok(Self { dataset, numbers })
    }

    /// Phrases for which this holds, spread evenly over the songs.
    pub fn phrases(&self, wanted: impl Fn(&RealPhrase) -> bool) -> Vec<RealPhrase> {
        let count = self.numbers.len().min(4 * PHRASES);
        let spread = (0..count).map(|i| self.numbers[i * self.numbers.len() / count]);
        let found: Vec<_> = spread.map(|n| self.phrase(n)).filter(|p| wanted(p)).collect();
        let count = found.len().min(PHRASES);
        (0..count).map(|i| found[i * found.len() / count].clone()).collect()
    }

    /// The phrases of some songs, each in their order, spread evenly over all.
    pub fn songs(&self, count: usize) -> Vec<Vec<RealPhrase>> {
        let held_out = self.dataset.songs().iter().filter(|song| song.held_out);
        let songs: Vec<_> = held_out.filter(|s| s.phrases[1] - s.phrases[0] > 1).collect();
        let count = songs.len().min(count);
        let spread = (0..count).map(|i| songs[i * songs.len() / count]);
        spread
            .map(|song| (song.phrases[0]..song.phrases[1]).map(|n| self.phrase(n)).collect())
            .collect()
    }

    fn phrase(&self, number: usize) -> RealPhrase {
        let labels = self.dataset.labels(number);
        let chord = |beat: usize| labels.chords.get(beat).copied().flatten();
        let harmony = Harmony { chords: std::array::from_fn(chord), key: labels.key };
        RealPhrase { phrase: self.dataset.phrase(number), harmony, bar: labels.bar }
    }
}
