//! A card held against the CPU: whether it plays the same, how fast, what it costs, and whether the
//! CPU goes on when it is lost.
//!
//! What must stay true: every number is measured here and now, and the outcome is that of the
//! contract: a cell may fall on the other side of its threshold only if its activation lies within
//! [`NEAR`] of it.
use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use musegan_model::device::{Choice, Devices, Gpu, Reason, name};
use musegan_model::{Device, Generator, Weights};
use serde::Serialize;

use crate::devices::expect_tutorial;
use crate::train::gpu as training;

mod agreement;
mod fallback;
mod latency;

pub use agreement::{Agreement, NEAR};
pub use fallback::Fallback;
pub use latency::Latency;

/// How long training is timed with each batch.
const SECONDS: f64 = 2.0;
/// How far a training step's numbers may be from the CPU's, relative to the largest of its tensor.
const GRADIENTS: f64 = 1e-4;

/// What is checked, and how much of it.
#[derive(Clone, Debug)]
pub struct Options {
    /// The card.
    pub devices: Devices,
    /// Phrases that both play.
    pub phrases: usize,
    /// How long each latency is measured, at most.
    pub time: Duration,
    /// Batches that training is timed with; the first is compared with the CPU's, too. Without any,
    /// training is left out.
    pub batches: Vec<usize>,
}

/// The outcome. Displayed it is what a person wants to read.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The card's name.
    pub device: String,
    /// Its driver.
    pub driver: String,
    /// Its compute capability.
    pub capability: String,
    /// Bytes of memory it has.
    pub memory: u64,
    /// Bytes of them that the generator takes, ready for one phrase and for 64.
    pub memory_taken: u64,
    /// Kernels that a phrase launches.
    pub kernels: u64,
    /// Launches that the host makes for a phrase.
    pub launches_by_host: u64,
    /// Whether both play the same.
    pub agreement: Agreement,
    /// How long a phrase takes: CPU and card, alone and as one of 64.
    pub latencies: Vec<Latency>,
    /// Whether the CPU goes on.
    pub fallback: Fallback,
    /// What training comes to, unless it was left out.
    pub training: Option<Training>,
}

/// What training on the card comes to.
#[derive(Clone, Debug, Serialize)]
pub struct Training {
    /// Largest difference of a step's numbers from the CPU's: the critic's gradient and the
    /// generator's, relative to the largest number of each tensor, and losses.
    pub differences: [f64; 3],
    /// The same as a sentence.
    pub agreement: String,
    /// One line for each batch that was timed, or why it was not.
    pub timings: Vec<String>,
}

impl Report {
    /// What breaks the contract, if anything does.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let far = self.agreement.far;
        if far > 0 {
            return Some(format!(
                "{far} cells fall on the other side of a threshold that is further than {NEAR:e}"
            ));
        }
        if self.fallback.is_broken() {
            return Some(format!("the CPU did not go on: {}", self.fallback));
        }
        let differences = self.training.as_ref().map(|training| training.differences);
        let is_off = differences.is_some_and(|all| !all.iter().all(|off| *off <= GRADIENTS));
        is_off.then(|| format!("training differs from the CPU's by more than {GRADIENTS:e}"))
    }
}

/// Checks a card with these weights.
///
/// # Errors
/// If there is no such card, or it fails on the way.
pub fn run(weights: &Weights, options: &Options) -> Result<Report> {
    let devices = &options.devices;
    if !matches!(devices.choice, Choice::Cuda(_) | Choice::Auto) {
        bail!("{} is nothing to check: name a card, such as cuda or cuda:1", devices.choice);
    }
    expect_tutorial(
        weights,
        "it plays on the CPU alone; a card is checked with weights of the model \"tutorial\"",
    )?;
    let gpu = devices.gpu()?;
    let before = gpu.memory()?.free;
    let (mut cpu, mut card) =
        (Generator::new(weights, Device::Cpu), Generator::new(weights, Device::Gpu(gpu.clone())));
    ensure!(card.playing().reason == Reason::Chosen, "{}", card.playing());
    let agreement = agreement::measure(&mut cpu, &mut card, weights, options.phrases)?;
    let latencies = latency::measure([&mut cpu, &mut card], options.time)?;
    ensure!(card.playing().reason == Reason::Chosen, "{}", card.playing());
    let memory_taken = before.saturating_sub(gpu.memory()?.free);
    let launches = card.launches().context("the card does not count its launches")?;
    drop(card);
    let training = train(&gpu, &options.batches)?;
    let fallback = fallback::measure(weights, &gpu, devices)?;
    let about = gpu.about();
    Ok(Report {
        device: name(about),
        driver: about.driver.clone(),
        capability: about.capability.clone(),
        memory: about.memory,
        memory_taken,
        kernels: launches.kernels,
        launches_by_host: launches.by_host,
        agreement,
        latencies,
        fallback,
        training,
    })
}

fn train(gpu: &Gpu, batches: &[usize]) -> Result<Option<Training>> {
    let Some(&first) = batches.first() else { return Ok(None) };
    let agreement = training::compare(gpu, &training::Synthetic, first)?;
    // A batch may be too large for the card, which is worth knowing, too.
    let time = |&batch: &usize| match training::time(gpu, &training::Synthetic, batch, SECONDS) {
        Ok(timing) => timing.to_string(),
        Err(error) => format!("batch {batch}: {error}"),
    };
    Ok(Some(Training {
        differences: [agreement.critic, agreement.generator, agreement.losses],
        agreement: agreement.to_string(),
        timings: batches.iter().map(time).collect(),
    }))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { device, driver, capability, memory, memory_taken, .. } = self;
        let gib = *memory as f64 / f64::from(1 << 30);
        writeln!(f, "{device}: {gib:.1} GiB, compute capability {capability}, driver {driver}")?;
        writeln!(f, "agreement  {}", self.agreement)?;
        for latency in &self.latencies {
            writeln!(f, "latency    {latency}")?;
        }
        let mib = *memory_taken as f64 / f64::from(1 << 20);
        writeln!(f, "memory     {mib:.1} MiB for the generator, one phrase and 64")?;
        let (kernels, launches) = (self.kernels, self.launches_by_host);
        writeln!(f, "launches   {kernels} kernels a phrase, {launches} by the host")?;
        writeln!(f, "fallback   {}", self.fallback)?;
        if let Some(training) = &self.training {
            writeln!(f, "training   {}", training.agreement)?;
            training.timings.iter().try_for_each(|timing| writeln!(f, "training   {timing}"))?;
        }
        match self.fault() {
            None => writeln!(f, "outcome    as promised"),
            Some(fault) => writeln!(f, "outcome    {fault}"),
        }
    }
}
