//! `--device`: on which device a command has the network run, and many phrases at once.
//!
//! What must stay true: with the CPU, the same input gives the same bytes whatever the threads; a
//! device that was asked for by name and cannot be had is an error, and never silently the CPU.
use std::path::PathBuf;

use anyhow::{Result, bail};
use etcetera::BaseStrategy;
use musegan_model::device::{Choice, Devices, Playing, Reason, Work};
use musegan_model::generator::BATCH;
use musegan_model::{Generator, Weights, sampling};
use musegan_score::Roll;
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

/// A generator for many phrases.
#[derive(Debug)]
pub struct Bulk(Generator);

impl Bulk {
    /// The network with these weights on the device asked for.
    ///
    /// # Errors
    /// If it was asked for by name and cannot be had.
    pub fn new(weights: &Weights, devices: &Devices) -> Result<Self> {
        let mut generator = Generator::new(weights, musegan_model::Device::Cpu);
        expect_chosen(generator.choose(devices, Work::bulk(rayon::current_num_threads())))?;
        Ok(Self(generator))
    }

    /// Which device plays, and why.
    #[must_use]
    pub fn playing(&self) -> &Playing {
        self.0.playing()
    }

    /// Something of the first roll that each of these seeds gives at temperature 1, in their order.
    pub fn map<T: Send>(&mut self, seeds: &[u64], of: impl Fn(&Roll) -> T + Sync) -> Vec<T> {
        let latent = |seed: &u64| sampling::latent(*seed, 0, 1.0);
        let mut all = Vec::with_capacity(seeds.len());
        for seeds in seeds.chunks(BATCH * 4) {
            if self.playing().is_cpu() {
                let cpu = || self.0.on_cpu();
                let seeds = seeds.par_iter();
                all.par_extend(seeds.map_init(cpu, |cpu, seed| of(&cpu.roll(&latent(seed)))));
            } else {
                let latents: Vec<f32> = seeds.iter().flat_map(latent).collect();
                let rolls = self.0.rolls(&latents).unwrap_or_default();
                all.par_extend(rolls.par_iter().map(&of));
            }
        }
        all
    }
}
