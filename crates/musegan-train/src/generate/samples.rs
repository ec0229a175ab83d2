//! Where samples come from: a song's phrases, or latents that somebody else drew.
//!
//! What must stay true: a song's samples are what the plugin plays at a density of 0.5.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use musegan_model::architecture::LATENT;
use musegan_model::device::{Devices, Playing, Work};
use musegan_model::{Band, Device, Generator, Weights};
use musegan_score::{Composition, Phrase, Roll, Track, npy};

use super::MAX_SAMPLES;
use crate::devices::expect_chosen;

/// What is sampled.
#[derive(Clone, Debug)]
pub enum Source {
    /// The phrases `0..count` that the plugin plays of this song.
    Song {
        /// The plugin's controls.
        composition: Composition,
        /// How many phrases.
        count: usize,
    },
    /// A `.npy` file of latents, of shape `(n, 128)`, f32, or its first `count` rows.
    Latents {
        /// The file.
        path: PathBuf,
        /// How many rows to take; `None` takes all.
        count: Option<usize>,
    },
}

/// A source with the network that plays it.
pub(super) struct Samples(Sampled);

enum Sampled {
    Song { band: Band, composition: Composition, count: usize },
    Latents { generator: Generator, thresholds: [f32; Track::COUNT], latents: Vec<f32> },
}

impl Samples {
    /// The samples of a source.
    ///
    /// # Errors
    /// If a file of latents is refused, there are too many samples, or a device was asked for by
    /// name that cannot be had.
    pub fn new(source: &Source, weights: &Weights, devices: &Devices) -> Result<Self> {
        let samples = Self(match source {
            Source::Song { composition, count } => {
                ensure!(*count <= MAX_SAMPLES, "at most {MAX_SAMPLES} samples in one call");
                let mut band = Band::new(weights, Device::Cpu);
                band.choose(devices);
                Sampled::Song { band, composition: *composition, count: *count }
            }
            Source::Latents { path, count } => {
                let mut values = npy::read_matrix(path, LATENT)?.values;
                let rows = values.len() / LATENT;
                let taken = count.unwrap_or(rows);
                let file = path.display();
                ensure!(rows > 0, "{file} holds no latents");
                ensure!(taken <= rows, "{file} holds {rows} latents, {taken} were asked for");
                ensure!(
                    taken <= MAX_SAMPLES,
                    "{file} holds {taken} latents, at most {MAX_SAMPLES} are generated in one \
                     call; take fewer with -n"
                );
                values.truncate(taken * LATENT);
                let mut generator = Generator::new(weights, Device::Cpu);
                generator.choose(devices, Work::PHRASE);
                Sampled::Latents { generator, thresholds: weights.thresholds(), latents: values }
            }
        });
        expect_chosen(samples.playing())?;
        Ok(samples)
    }

    /// Which device plays, and why.
    pub fn playing(&self) -> &Playing {
        match &self.0 {
            Sampled::Song { band, .. } => band.playing(),
            Sampled::Latents { generator, .. } => generator.playing(),
        }
    }

    /// How many samples there are.
    pub fn count(&self) -> usize {
        match &self.0 {
            Sampled::Song { count, .. } => *count,
            Sampled::Latents { latents, .. } => latents.len() / LATENT,
        }
    }

    /// A sample: what the network gives, which knows no fills, and the notes.
    pub fn sample(&mut self, number: usize) -> (Roll, Phrase) {
        match &mut self.0 {
            Sampled::Song { band, composition, .. } => {
                let index = number as i64;
                (band.roll(composition, index), sounding(&band.phrase(composition, index)))
            }
            Sampled::Latents { generator, thresholds, latents } => {
                let latent = latents.as_chunks().0.get(number);
                let roll = latent.map_or_else(Roll::silent, |latent| generator.roll(latent));
                let phrase = roll.phrase(*thresholds);
                (roll, phrase)
            }
        }
    }
}

/// The candidates that lie above the weights' thresholds.
fn sounding(candidates: &Phrase) -> Phrase {
    let notes = candidates.notes().filter(|(_, note)| note.strength() > 0.5);
    Phrase::new(notes.map(|(track, note)| (track, *note)))
}
