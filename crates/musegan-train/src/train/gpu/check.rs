//! What training on a card comes to: how fast it is, and how near to the CPU. Nothing is written
//! and nothing is printed.
use super::super::batches::Phrases;
use super::super::config::{Config, Keys};
use super::super::engine::{Cpu, Engine, Stopped};
use super::super::error::TrainError;
use super::super::objective::Losses;
use super::super::state::State;
use super::places::Data;
use super::{Card, memory};
use musegan_device::Gpu;
use musegan_model::trainable::{Critic, Generator, Layout};
use std::fmt;
use std::time::Instant;

/// Steps before the time is taken.
const WARM_UP: u64 = 3;
/// Of a network's largest gradient: smaller ones are not compared among themselves.
const ROUNDING: f32 = 1e-2;

/// Rolls as full as real ones, one cell in forty, for measuring without a dataset.
#[derive(Clone, Copy, Debug)]
pub struct Synthetic;

impl Phrases for Synthetic {
    fn len(&self) -> usize {
        1000
    }

    fn fill(&self, index: usize, roll: &mut [f32]) {
        for (cell, value) in roll.iter_mut().enumerate() {
            let mixed = (cell * 1000 + index).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
            *value = if mixed.is_multiple_of(40) { 1.0 } else { 0.0 };
        }
    }
}

/// How fast a card trains.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Phrases of a batch.
    pub batch: usize,
    /// Steps that were timed.
    pub steps: u64,
    /// How many a second has.
    pub steps_per_second: f64,
    /// Kernels that a step launches.
    pub kernels: u64,
    /// Launches that the host makes for a step.
    pub launches_by_host: u64,
    /// Multiplications and additions in a step's matrix products.
    pub arithmetic: u64,
    /// Bytes that a step's operations read and write, counting each operation's as if none were in
    /// a cache.
    pub bytes_moved: u64,
    /// Bytes of memory that training takes.
    pub memory: u64,
}

impl Timing {
    /// Phrases that the networks learn from in a second.
    #[must_use]
    pub fn phrases_per_second(&self) -> f64 {
        self.steps_per_second * self.batch as f64
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "batch {}: {:.1} steps/s, {:.0} phrases/s; a step: {} kernels in {} launches, {:.2} \
             GFLOP at {:.2} TFLOP/s, {:.0} MB at {:.0} GB/s; {}",
            self.batch,
            self.steps_per_second,
            self.phrases_per_second(),
            self.kernels,
            self.launches_by_host,
            self.arithmetic as f64 / 1e9,
            self.arithmetic as f64 * self.steps_per_second / 1e12,
            self.bytes_moved as f64 / 1e6,
            self.bytes_moved as f64 * self.steps_per_second / 1e9,
            memory::size(self.memory),
        )
    }
}

/// Times training with batches of `batch` phrases, for about so many seconds after some steps to
/// warm up.
///
/// # Errors
/// [`TrainError`]: too little memory, or what the card says.
pub fn time(
    gpu: &Gpu,
    phrases: &dyn Phrases,
    batch: usize,
    seconds: f64,
) -> Result<Timing, TrainError> {
    let config = Config { batch, ..Config::default() };
    let state = State::start(&config, &Generator::new(), &Critic::new());
    let mut card = Card::new(gpu, &state, phrases, &config, &pool()?)?;
    let mut run = |until| -> Result<f64, Stopped> {
        let begin = Instant::now();
        card.start(until)?;
        card.finish()?;
        Ok(begin.elapsed().as_secs_f64())
    };
    let mut timed = || {
        run(WARM_UP)?;
        let each = run(2 * WARM_UP)? / WARM_UP as f64;
        let steps = (seconds / each).clamp(1.0, 1e6) as u64;
        Ok((steps, run(2 * WARM_UP + steps)?))
    };
    let (steps, took) = timed().map_err(|stopped| TrainError::stopped(stopped, 0, None))?;
    let launches = gpu.launches(&card.prepared);
    let launches = launches.map_err(|source| TrainError::of_device(source, steps, None))?;
    let program = &card.step.program;
    let touched = program.operations.iter().flat_map(|operation| operation.touches());
    Ok(Timing {
        batch,
        steps,
        steps_per_second: steps as f64 / took,
        kernels: launches.kernels,
        launches_by_host: launches.by_host,
        arithmetic: program.arithmetic(),
        bytes_moved: touched.map(|touch| 4 * touch.len).sum(),
        memory: memory::needed(&config, &Data::of(phrases)),
    })
}

/// How far a card's step is from the CPU's.
#[derive(Clone, Copy, Debug)]
pub struct Agreement {
    /// Largest difference in the critic's gradient, relative to the largest number of its tensor.
    pub critic: f64,
    /// The same of the generator's gradient.
    pub generator: f64,
    /// Largest difference of a loss.
    pub losses: f64,
}

impl fmt::Display for Agreement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "a step differs from the CPU's by {:.1e} in the critic's gradient, {:.1e} in the \
             generator's (of the largest number of each tensor) and {:.1e} in a loss",
            self.critic, self.generator, self.losses
        )
    }
}

/// Takes one step on a card and on the CPU, with so many phrases, and compares their gradients.
///
/// # Errors
/// [`TrainError`]: too little memory, or what the card says.
pub fn compare(gpu: &Gpu, phrases: &dyn Phrases, batch: usize) -> Result<Agreement, TrainError> {
    // Hardly moved, the critic that the generator learns from is the same on both: Adam would make
    // whole steps of the rounding of gradients that are nearly zero.
    let config = Config { batch, learning_rate: 1e-12, keys: Keys::Random, ..Config::default() };
    let start = State::start(&config, &Generator::new(), &Critic::new());
    let pool = pool()?;
    let mut card = Card::new(gpu, &start, phrases, &config, &pool)?;
    let mut cpu = Cpu::new(start, phrases, &config, &pool);
    let step = |engine: &mut dyn Engine| {
        engine.start(1)?;
        let losses = engine.finish()?;
        Ok((losses, engine.state()?))
    };
    let stopped = |stopped| TrainError::stopped(stopped, 0, None);
    let (losses, ours) = step(&mut card).map_err(stopped)?;
    let (known, theirs) = step(&mut cpu).map_err(stopped)?;
    let gradient = |layout: &Layout, ours: &[f32], theirs: &[f32]| {
        // A tensor whose true gradient is zero, as that of the critic's last bias, is rounding.
        let least = ROUNDING * largest(theirs);
        let tensors = layout.parameters().iter().map(|parameter| parameter.range.clone());
        let off = tensors.map(|tensor| difference(&ours[tensor.clone()], &theirs[tensor], least));
        off.fold(0.0, f64::max)
    };
    let (ours, theirs) = (
        [&ours.critic_moments.first, &ours.generator_moments.first],
        [&theirs.critic_moments.first, &theirs.generator_moments.first],
    );
    Ok(Agreement {
        critic: gradient(Critic::new().layout(), ours[0], theirs[0]),
        generator: gradient(Generator::new().layout(), ours[1], theirs[1]),
        losses: difference_of_losses(&losses, &known),
    })
}

/// Largest difference of two tensors, relative to the largest number, or to `least` if that is more.
fn difference(ours: &[f32], theirs: &[f32], least: f32) -> f64 {
    let scale = largest(theirs).max(least);
    let off = ours.iter().zip(theirs).map(|(a, b)| f64::from((a - b).abs() / scale));
    // Not `max`, which would pass over what is not a number.
    off.fold(0.0, |most, off| if off <= most { most } else { off })
}

fn largest(numbers: &[f32]) -> f32 {
    numbers.iter().fold(0.0, |largest, number| number.abs().max(largest))
}

fn difference_of_losses(ours: &Losses, theirs: &Losses) -> f64 {
    let all = |l: &Losses| [l.critic, l.generator, l.penalty, l.real, l.fake];
    let pairs = all(ours).into_iter().zip(all(theirs));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, |most, off| if off <= most { most } else { off })
}

fn pool() -> Result<rayon::ThreadPool, TrainError> {
    super::super::pool(0)
}
