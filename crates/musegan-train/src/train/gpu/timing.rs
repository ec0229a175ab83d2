//! How fast a card trains, and what a step is made of. Nothing is written and nothing is printed.
use super::super::batches::Phrases;
use super::super::config::Config;
use super::super::engine::{Engine, Stopped};
use super::super::error::TrainError;
use super::super::pool;
use super::super::state::State;
use super::places::Data;
use super::work::Work;
use super::{Card, memory};
use musegan_device::Gpu;
use musegan_model::trainable::{Critic, Generator};
use std::fmt;
use std::time::Instant;

/// Steps before the time is taken.
const WARM_UP: u64 = 3;

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
    /// Operations of a step, each one kernel or a few.
    pub operations: usize,
    /// How many of them must run one after the other.
    pub longest_chain: usize,
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
            "batch {}: {:.1} steps/s, {:.0} phrases/s; a step: {} kernels in {} launches, {} of {} \
             operations one after another, {:.2} GFLOP at {:.2} TFLOP/s, {:.0} MB at {:.0} GB/s; {}",
            self.batch,
            self.steps_per_second,
            self.phrases_per_second(),
            self.kernels,
            self.launches_by_host,
            self.longest_chain,
            self.operations,
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
    let mut card = Card::new(gpu, &state, phrases, &config, &pool(0)?)?;
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
    let work = Work::of(&card.step.program);
    Ok(Timing {
        batch,
        steps,
        steps_per_second: steps as f64 / took,
        kernels: launches.kernels,
        operations: work.all.operations,
        longest_chain: work.longest_chain,
        launches_by_host: launches.by_host,
        arithmetic: work.all.arithmetic,
        bytes_moved: work.all.bytes,
        memory: memory::needed(&config, &Data::of(phrases)),
    })
}
