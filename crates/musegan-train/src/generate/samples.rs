//! Where samples come from: a song's phrases, music that somebody brings, or latents that somebody
//! else drew.
//!
//! What must stay true: a song's samples are what the plugin plays at a density of 0.5.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use musegan_model::architecture::LATENT;
use musegan_model::band::Player;
use musegan_model::device::{Devices, Playing, Work};
use musegan_model::sampling::sounding;
use musegan_model::{Band, Device, Generator, Weights};
use musegan_score::grid::BEATS_PER_PHRASE;
use musegan_score::{Composition, Phrase, Progression, Roll, Takes, Track, npy};

use super::own::{self, Made, Own};
use super::{MAX_SAMPLES, expect_room_for_chords};
use crate::devices::{expect_band, expect_chosen, expect_tutorial};

/// How many phrases of a song are made when nobody says.
const SAMPLES: usize = 4;

/// What is sampled.
#[derive(Clone, Debug)]
pub enum Source {
    /// The phrases `0..count` that the plugin plays of this song.
    Song {
        /// The plugin's controls.
        composition: Composition,
        /// How many phrases; `None` takes four, or as many as its chords fill.
        count: Option<usize>,
    },
    /// Somebody's music.
    Own {
        /// What is done with it.
        own: Own,
        /// The plugin's controls, as far as they have a say.
        composition: Composition,
        /// How many phrases; `None` takes what there is.
        count: Option<usize>,
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
    Song { band: Box<Band>, composition: Box<Composition>, count: usize },
    Own { made: Made, playing: Playing },
    Latents { generator: Box<Generator>, thresholds: [f32; Track::COUNT], latents: Vec<f32> },
}

impl Samples {
    /// The samples of a source.
    ///
    /// # Errors
    /// If a file is refused, the weights cannot do what is asked for, there are too many samples,
    /// or a device was asked for by name that cannot be had.
    pub fn new(source: &Source, weights: &Weights, devices: &Devices) -> Result<Self> {
        let samples = Self(match source {
            Source::Song { composition, count } => {
                check_controls(composition, weights)?;
                let count = song_length(composition, *count)?;
                let mut band = Box::new(Band::new(weights, Device::Cpu));
                band.choose(devices);
                Sampled::Song { band, composition: Box::new(*composition), count }
            }
            Source::Own { own, composition, count } => {
                expect_band(weights, "music of your own")?;
                let count_or_least = count.unwrap_or(1);
                ensure!(count_or_least <= MAX_SAMPLES, "at most {MAX_SAMPLES} samples in one call");
                let mut player = Player::new(weights).context("the weights are not the band's")?;
                let made = own::make(own, &mut player, composition, *count)?;
                Sampled::Own { made, playing: Band::on_cpu_alone(devices.choice) }
            }
            Source::Latents { path, count } => {
                expect_tutorial(weights, "latents of 128 numbers are the model tutorial's")?;
                let latents = read_latents(path, *count)?;
                let mut generator = Box::new(Generator::new(weights, Device::Cpu));
                generator.choose(devices, Work::PHRASE);
                Sampled::Latents { generator, thresholds: weights.thresholds(), latents }
            }
        });
        expect_chosen(samples.playing())?;
        Ok(samples)
    }

    /// Which device plays, and why.
    pub fn playing(&self) -> &Playing {
        match &self.0 {
            Sampled::Song { band, .. } => band.playing(),
            Sampled::Own { playing, .. } => playing,
            Sampled::Latents { generator, .. } => generator.playing(),
        }
    }

    /// What should be said besides, each a sentence.
    pub fn remarks(&self) -> Vec<String> {
        match &self.0 {
            Sampled::Own { made, .. } => made.remarks.clone(),
            Sampled::Song { .. } | Sampled::Latents { .. } => Vec::new(),
        }
    }

    /// How many samples there are.
    pub fn count(&self) -> usize {
        match &self.0 {
            Sampled::Song { count, .. } => *count,
            Sampled::Own { made, .. } => made.phrases.len(),
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
            Sampled::Own { made, .. } => {
                let phrase = made.phrases.get(number).cloned().unwrap_or_default();
                (Roll::of(&phrase), phrase)
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

/// Refuses controls that the weights do not know.
fn check_controls(composition: &Composition, weights: &Weights) -> Result<()> {
    if composition.progression != Progression::EMPTY {
        expect_band(weights, "--chords")?;
    }
    if composition.takes != Takes::default() {
        expect_band(weights, "--regenerate or --lock")?;
    }
    Ok(())
}

/// How many phrases of a song are made.
fn song_length(composition: &Composition, count: Option<usize>) -> Result<usize> {
    let beats = composition.progression.chords().len();
    let filled = beats.div_ceil(BEATS_PER_PHRASE);
    let count = count.unwrap_or(SAMPLES.max(filled));
    ensure!(count <= MAX_SAMPLES, "at most {MAX_SAMPLES} samples in one call");
    expect_room_for_chords(composition, count)?;
    Ok(count)
}

fn read_latents(path: &Path, count: Option<usize>) -> Result<Vec<f32>> {
    let mut values = npy::read_matrix(path, LATENT)?.values;
    let rows = values.len() / LATENT;
    let taken = count.unwrap_or(rows);
    let file = path.display();
    ensure!(rows > 0, "{file} holds no latents");
    ensure!(taken <= rows, "{file} holds {rows} latents, {taken} were asked for");
    ensure!(
        taken <= MAX_SAMPLES,
        "{file} holds {taken} latents, at most {MAX_SAMPLES} are generated in one call; take fewer \
         with -n"
    );
    values.truncate(taken * LATENT);
    Ok(values)
}
