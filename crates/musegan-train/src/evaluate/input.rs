//! Any music that somebody has, as phrases to measure: datasets, arrays, folders of `.mid`.
//!
//! Arrays of the band's own shape are read here, because a network's output needs a threshold; all
//! else is prepared as `prepare` does it, by rules that leave nothing out for what it sounds like,
//! since a bad phrase is to be measured and not dropped. What must stay true: a source is read to
//! the phrases that are measured or to one sentence, and is never written to; memory does not grow
//! with the size of a file.

mod rolls;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use musegan_score::Phrase;
use tempfile::TempDir;

use super::music::{Music, Songs};
use crate::dataset::{Dataset, INDEX_FILE};
use crate::prepare::duplicates::{self, Choice};
use crate::prepare::{self, Labels, Options, Preset, Rules, Settings, Share};

/// Which phrases of an array.
#[derive(Clone, Copy)]
enum Wanted {
    /// Up to so many, spread evenly.
    Spread(usize),
    /// That of this number, from 0.
    One(usize),
}

/// What lies at a path.
enum Found {
    /// An array, of which the wanted phrases were read.
    Rolls(Music),
    /// A dataset, in a folder that is removed behind it where it was prepared for this.
    Dataset { dataset: Box<Dataset>, _folder: Option<TempDir> },
}

/// Reads up to `count` phrases, spread evenly over what lies at the path: a dataset, of which only
/// the named corpora count where any is named; a `.npy` or `.npz`; or a folder, a file or an
/// archive that `prepare` reads.
///
/// `threshold` is the activation above which a cell of an array sounds: 0 for whole numbers and
/// 0.5 for others where nobody says.
///
/// # Errors
/// If there is nothing at the path, nothing of it can be read, or no phrase is in it.
pub fn read(
    path: &Path,
    corpora: &[String],
    threshold: Option<f32>,
    count: usize,
) -> Result<Music> {
    match find(path, threshold, Wanted::Spread(count))? {
        Found::Rolls(music) => {
            let shown = path.display();
            ensure!(corpora.is_empty(), "{shown} is an array, which has no corpora to choose from");
            Ok(music)
        }
        Found::Dataset { dataset, .. } => Music::of_dataset(&dataset, Songs::All, corpora, count),
    }
}

/// One phrase of what [`read`] reads, however many there are; they are numbered from 0.
///
/// # Errors
/// As of [`read`], or if there is no such phrase.
pub fn phrase(path: &Path, number: usize, threshold: Option<f32>) -> Result<Phrase> {
    let (phrase, count) = match find(path, threshold, Wanted::One(number))? {
        Found::Rolls(mut music) => return music.phrases.pop().context("no phrase was read"),
        Found::Dataset { dataset, .. } => {
            dataset.expect_band()?;
            let count = dataset.len();
            ((number < count).then(|| dataset.phrase(number)), count)
        }
    };
    phrase.with_context(|| format!("{}: {}", path.display(), no_phrase(number, count as u64)))
}

/// That a phrase is not there.
fn no_phrase(number: usize, count: u64) -> String {
    format!("it holds {count} phrases, numbered from 0; there is no phrase {number}")
}

fn find(path: &Path, threshold: Option<f32>, wanted: Wanted) -> Result<Found> {
    let shown = path.display();
    ensure!(path.exists(), "there is nothing at {shown}");
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let ending = ending.as_deref().unwrap_or_default();
    ensure!(ending != "safetensors", "{shown} is a weights file; give it with --weights");
    if matches!(ending, "npy" | "npz") && path.is_file() {
        let rolls = rolls::read(path, threshold, wanted);
        if let Some(music) = rolls.with_context(|| format!("cannot read {shown}"))? {
            return Ok(Found::Rolls(music));
        }
    }
    ensure!(
        threshold.is_none(),
        "{shown} is no array of shape (n, 5, 64, 72); only of such can --threshold say what sounds"
    );
    if path.join(INDEX_FILE).exists() {
        return Ok(Found::Dataset { dataset: Box::new(Dataset::open(path)?), _folder: None });
    }
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let output = folder.path().join("prepared");
    let prepared = prepare::run(&Options {
        inputs: vec![path.to_owned()],
        output: output.clone(),
        force: false,
        settings: settings(),
        share: Share::WHOLE,
        threads: rayon::current_num_threads(),
    });
    prepared.with_context(|| format!("cannot read {shown}"))?;
    Ok(Found::Dataset { dataset: Box::new(Dataset::open(&output)?), _folder: Some(folder) })
}

/// What `prepare` does, but for what it would leave out.
fn settings() -> Settings {
    Settings {
        rules: Rules {
            min_tracks: 0,
            min_bars_per_track: 0,
            min_notes_per_bar: 0.0,
            max_notes_per_bar: u32::MAX,
            max_off_grid: f32::MAX,
            triplets: Choice::Keep,
            ..Rules::default()
        },
        duplicates: duplicates::Rules {
            exact: Choice::Keep,
            transposed: Choice::Keep,
            nearly: Choice::Keep,
        },
        labels: Labels { keys: false, chords: false },
        ..Settings::of(Preset::Band)
    }
}
