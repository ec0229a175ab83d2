//! Phrases to be measured: how many, where from, and whether their notes are known.
//!
//! What must stay true: two sets are compared with notes of one kind. Where one has only cells, so
//! that a run of cells is all that a note can be, the other's notes are taken as runs too; a
//! melody's repeated notes would otherwise count on one side only.

use anyhow::{Result, bail, ensure};
use musegan_score::{Phrase, Roll, Track};
use rayon::prelude::*;

use crate::dataset::{Dataset, OnsetSource};

/// A set of phrases.
#[derive(Clone, Debug, PartialEq)]
pub struct Music {
    /// In the order of their source.
    pub phrases: Vec<Phrase>,
    /// What a note of them is.
    pub onsets: OnsetSource,
}

/// Which songs of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Songs {
    /// Those that no training sees.
    HeldOut,
    /// The others.
    Training,
    /// Both.
    All,
}

impl Music {
    /// Up to `count` phrases of such songs, spread evenly over the dataset; only those of the named
    /// corpora, or of all where none is named.
    ///
    /// # Errors
    /// If the dataset has not the band's layout, a corpus is not in it, or no phrase is left.
    pub fn of_dataset(
        dataset: &Dataset,
        songs: Songs,
        corpora: &[String],
        count: usize,
    ) -> Result<Self> {
        let numbers = numbers(dataset, songs, corpora)?;
        ensure!(
            !numbers.is_empty(),
            "{} has no phrase of {} songs to compare with{}",
            dataset.path().display(),
            match songs {
                Songs::HeldOut => "held-out",
                Songs::Training => "training",
                Songs::All => "any",
            },
            if songs == Songs::HeldOut && !dataset.is_empty() {
                "; --songs all compares with what it has"
            } else {
                ""
            }
        );
        let count = count.min(numbers.len());
        let chosen: Vec<_> = (0..count).map(|i| numbers[i * numbers.len() / count]).collect();
        let has_runs = |&phrase: &usize| {
            dataset.corpora()[dataset.song(phrase).corpus].onsets == OnsetSource::Runs
        };
        let onsets =
            if chosen.iter().any(has_runs) { OnsetSource::Runs } else { OnsetSource::Notes };
        let phrases = chosen.into_par_iter().map(|phrase| dataset.phrase(phrase)).collect();
        Ok(Self { phrases, onsets })
    }

    /// Both with notes of one kind, and which it is.
    #[must_use]
    pub fn alike(self, other: Self) -> (Self, Self) {
        match self.onsets == other.onsets {
            true => (self, other),
            false => (self.in_runs(), other.in_runs()),
        }
    }

    /// The same cells, each run of one pitch taken for one note.
    #[must_use]
    pub fn in_runs(self) -> Self {
        if self.onsets == OnsetSource::Runs {
            return self;
        }
        let run = |phrase: Phrase| Roll::of(&phrase).phrase([0.5; Track::COUNT]);
        Self { phrases: self.phrases.into_par_iter().map(run).collect(), onsets: OnsetSource::Runs }
    }
}

/// The numbers of the phrases of such songs.
///
/// # Errors
/// If the dataset has not the band's layout, or a corpus is not in it.
pub fn numbers(dataset: &Dataset, songs: Songs, corpora: &[String]) -> Result<Vec<usize>> {
    dataset.expect_band()?;
    let known: Vec<_> = dataset.corpora().iter().map(|corpus| corpus.name.as_str()).collect();
    if let Some(unknown) = corpora.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("no corpus {unknown:?} in {}; it has {}", dataset.path().display(), known.join(", "));
    }
    let wanted = |&phrase: &usize| {
        let song = dataset.song(phrase);
        (songs == Songs::All || song.held_out == (songs == Songs::HeldOut))
            && (corpora.is_empty() || corpora.iter().any(|name| name == known[song.corpus]))
    };
    Ok((0..dataset.len()).filter(wanted).collect())
}
