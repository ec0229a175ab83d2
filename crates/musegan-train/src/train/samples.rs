//! What the generator plays while it is trained: a picture and a `.mid` from latents that stay the
//! same for the whole run.
use super::error::TrainError;
use super::random::{self, Purpose};
use musegan_model::trainable::generator::LATENT;
use musegan_model::weights::{DEFAULT_THRESHOLDS, write_atomically};
use musegan_model::{Device, Generator, Weights};
use musegan_score::grid::{BARS_PER_PHRASE, BEATS_PER_PHRASE};
use musegan_score::picture::{self, Layout};
use musegan_score::{Phrase, TimedNote, midi};
use rand_distr::{Distribution, StandardNormal};
use std::io::Error;
use std::path::Path;

/// Phrases of a sample, one after the other.
const PHRASES: usize = 4;
const BPM: f64 = 100.0;

/// Writes `samples/step-N.mid` and `.png` into the run directory.
///
/// # Errors
/// [`TrainError::Io`].
pub fn write(run: &Path, step: u64, seed: u64, weights: &Weights) -> Result<(), TrainError> {
    let mut rng = random::generator(seed, 0, Purpose::Samples, 0);
    let mut network = Generator::new(weights, Device::Cpu);
    let phrases: Vec<Phrase> = (0..PHRASES)
        .map(|_| {
            let latent: [f32; LATENT] = std::array::from_fn(|_| StandardNormal.sample(&mut rng));
            network.roll(&latent).phrase(DEFAULT_THRESHOLDS)
        })
        .collect();
    write_phrases(run, step, &phrases)
}

/// Writes these phrases, one after the other, likewise.
///
/// # Errors
/// [`TrainError::Io`].
pub fn write_phrases(run: &Path, step: u64, phrases: &[Phrase]) -> Result<(), TrainError> {
    let folder = run.join("samples");
    std::fs::create_dir_all(&folder).map_err(TrainError::io("create", &folder))?;
    let name = format!("step-{step:08}");
    let layout = Layout::new(format!("step {step}"), phrases.len() * BARS_PER_PHRASE);
    let starts = (0..).step_by(BEATS_PER_PHRASE).map(f64::from);
    let notes = phrases.iter().zip(starts).flat_map(|(p, at)| TimedNote::of_phrase(p, at));
    let notes: Vec<TimedNote> = notes.collect();
    let files = [
        ("mid", midi::write_phrases(phrases, BPM).map_err(Error::other)),
        ("png", picture::piano_rolls(&notes, &layout).map_err(Error::other)),
    ];
    for (extension, bytes) in files {
        let path = folder.join(format!("{name}.{extension}"));
        let written = bytes.and_then(|bytes| write_atomically(&path, &bytes));
        written.map_err(TrainError::io("write", &path))?;
    }
    Ok(())
}
