//! `--device`: on which device a command has the network run, and many phrases at once.
//!
//! What must stay true: with the CPU, the same input gives the same bytes whatever the threads; a
//! device that was asked for by name and cannot be had is an error, and never silently the CPU.
use std::path::PathBuf;

use anyhow::{Result, bail};
use etcetera::BaseStrategy;
use musegan_model::architecture::Model;
use musegan_model::band::Player;
use musegan_model::device::{Choice, Devices, Playing, Reason, Work};
use musegan_model::generator::BATCH;
use musegan_model::weights::{DEFAULT_THRESHOLDS, Thresholds};
use musegan_model::{Band, Generator, Weights, sampling};
use musegan_score::{Composition, Note, Phrase, Roll, Track};
use rayon::prelude::*;

/// How long a command waits for a device: nobody plays in time with it.
const PATIENCE: std::time::Duration = musegan_device::gpu::PATIENCE;

/// The options of every command that runs a network.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct DeviceArguments {
    /// Where the network runs: cpu, cuda, cuda:N, metal, or auto for the fastest, which is measured
    /// once. Only the CPU gives the same bytes again whatever the machine has; others differ from it
    /// by rounding
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub device: Choice,
    #[command(flatten)]
    library: LibraryArgument,
}

/// The option that says where the library for graphics cards lies, for whoever tests one.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct LibraryArgument {
    /// Library for graphics cards, in place of the one beside this program
    #[arg(long, value_name = "FILE", hide = true)]
    library: Option<PathBuf>,
}

impl LibraryArgument {
    /// What is needed to find such a device.
    #[must_use]
    pub fn devices(&self, choice: Choice) -> Devices {
        Devices {
            library: self.library.clone(),
            cache: cache_folder(),
            patience: PATIENCE,
            ..Devices::new(choice)
        }
    }
}

impl DeviceArguments {
    /// What is needed to find the device.
    #[must_use]
    pub fn devices(&self) -> Devices {
        self.library.devices(self.device)
    }
}

/// The user's folder for what programs may forget, if the system has one.
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    Some(etcetera::base_strategy::choose_native_strategy().ok()?.cache_dir())
}

/// Refuses to go on where a device was asked for by name and cannot be had.
///
/// # Errors
/// With the reason.
pub fn expect_chosen(playing: &Playing) -> Result<()> {
    match &playing.reason {
        Reason::Refused(reason) => bail!("{reason}; without --device the CPU does it"),
        _ => Ok(()),
    }
}

/// Weights that play many phrases.
#[derive(Debug)]
pub struct Bulk(Plays);

#[derive(Debug)]
enum Plays {
    Tutorial(Box<Generator>),
    Band { player: Player, playing: Playing },
}

impl Bulk {
    /// These weights on the device asked for.
    ///
    /// # Errors
    /// If it was asked for by name and cannot be had.
    pub fn new(weights: &Weights, devices: &Devices) -> Result<Self> {
        if let Some(player) = Player::new(weights) {
            let playing = Band::on_cpu_alone(devices.choice);
            expect_chosen(&playing)?;
            return Ok(Self(Plays::Band { player, playing }));
        }
        let mut generator = Generator::new(weights, musegan_model::Device::Cpu);
        expect_chosen(generator.choose(devices, Work::bulk(rayon::current_num_threads())))?;
        Ok(Self(Plays::Tutorial(Box::new(generator))))
    }

    /// Which device plays, and why.
    #[must_use]
    pub fn playing(&self) -> &Playing {
        match &self.0 {
            Plays::Tutorial(generator) => generator.playing(),
            Plays::Band { playing, .. } => playing,
        }
    }

    /// Whether the phrases have onsets of their own, and are not read off a roll, in which repeated
    /// notes are one.
    #[must_use]
    pub const fn has_onsets(&self) -> bool {
        matches!(self.0, Plays::Band { .. })
    }

    /// The first phrase that each of these seeds gives at temperature 1, in their order.
    pub fn phrases(&mut self, seeds: &[u64], thresholds: Thresholds) -> Vec<Phrase> {
        let Plays::Band { player, .. } = &self.0 else {
            return self.map(seeds, |roll| roll.phrase(thresholds));
        };
        let song = |seed: u64| Composition { seed, ..Composition::default() };
        let is_strong =
            |(track, note): &(Track, &Note)| note.strength() > thresholds[track.index()];
        let play = |player: &mut Player, &seed: &u64| {
            let phrase = player.phrase(&song(seed), 0);
            let notes = phrase.notes().filter(is_strong);
            Phrase::new(notes.map(|(track, note)| (track, *note))).with_chords(*phrase.chords())
        };
        seeds.par_iter().map_init(|| player.clone(), play).collect()
    }

    /// Something of the first roll that each of these seeds gives at temperature 1, in their order.
    pub fn map<T: Send>(&mut self, seeds: &[u64], of: impl Fn(&Roll) -> T + Sync) -> Vec<T> {
        let Plays::Tutorial(generator) = &mut self.0 else {
            let phrases = self.phrases(seeds, DEFAULT_THRESHOLDS);
            return phrases.par_iter().map(|phrase| of(&Roll::of(phrase))).collect();
        };
        let latent = |seed: &u64| sampling::latent(*seed, 0, 1.0);
        let mut all = Vec::with_capacity(seeds.len());
        for seeds in seeds.chunks(BATCH * 4) {
            if generator.playing().is_cpu() {
                let cpu = || generator.on_cpu();
                let seeds = seeds.par_iter();
                all.par_extend(seeds.map_init(cpu, |cpu, seed| of(&cpu.roll(&latent(seed)))));
            } else {
                let latents: Vec<f32> = seeds.iter().flat_map(latent).collect();
                let rolls = generator.rolls(&latents).unwrap_or_default();
                all.par_extend(rolls.par_iter().map(&of));
            }
        }
        all
    }
}

/// Refuses weights of another model than the tutorial's, for what only its networks have.
///
/// # Errors
/// With `why`: what only the tutorial's have, or what to do instead.
pub fn expect_tutorial(weights: &Weights, why: &str) -> Result<()> {
    match weights.architecture().model() {
        Model::Tutorial => Ok(()),
        Model::Band => bail!("these are weights of the model \"band\"; {why}"),
    }
}

/// Refuses weights of another model than the band, for what only the band can do.
///
/// # Errors
/// With `what` it is.
pub fn expect_band(weights: &Weights, what: &str) -> Result<()> {
    match weights.architecture().model() {
        Model::Band => Ok(()),
        Model::Tutorial => bail!(
            "{what} needs weights of the model \"band\"; these are of the model \"{}\"",
            weights.architecture().name
        ),
    }
}
