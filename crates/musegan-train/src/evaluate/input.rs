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

use super::music::{Music, Songs};
use crate::dataset::{Dataset, INDEX_FILE};
use crate::prepare::duplicates::{self, Choice};
use crate::prepare::{self, Labels, Options, Preset, Rules, Settings, Share};

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
    let shown = path.display();
    ensure!(path.exists(), "there is nothing at {shown}");
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let ending = ending.as_deref().unwrap_or_default();
    ensure!(ending != "safetensors", "{shown} is a weights file; give it with --weights");
    if matches!(ending, "npy" | "npz") && path.is_file() {
        let rolls = rolls::read(path, threshold, count);
        if let Some(music) = rolls.with_context(|| format!("cannot read {shown}"))? {
            return Ok(music);
        }
    }
    ensure!(
        threshold.is_none(),
        "{shown} is no array of shape (n, 5, 64, 72); only of such can --threshold say what sounds"
    );
    if path.join(INDEX_FILE).exists() {
        return Music::of_dataset(&Dataset::open(path)?, Songs::All, corpora, count);
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
    prepared.with_context(|| format!("cannot measure {shown}"))?;
    Music::of_dataset(&Dataset::open(&output)?, Songs::All, corpora, count)
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
