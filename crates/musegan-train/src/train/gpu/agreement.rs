//! How near a training step on a card is to the CPU's. Nothing is written and nothing is printed.
use super::super::batches::Phrases;
use super::super::config::{Config, Keys};
use super::super::engine::{Cpu, Engine};
use super::super::error::TrainError;
use super::super::objective::Losses;
use super::super::pool;
use super::super::state::State;
use super::Card;
use musegan_device::Gpu;
use musegan_model::trainable::{Critic, Generator, Layout};
use std::fmt;

/// Runs that are compared: in every second one some input of a ReLU is zero but for rounding.
const RUNS: u64 = 5;
/// Of a network's largest gradient: smaller ones are not compared among themselves.
const ROUNDING: f32 = 1e-2;

/// How far a card's step is from the CPU's.
#[derive(Clone, Copy, Debug)]
pub struct Agreement {
    /// Largest difference in the critic's gradient, relative to the largest number of its tensor, in
    /// the run in which that tensor is nearest.
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

/// Takes the first step of several runs on a card and on the CPU, with so many phrases, and compares
/// the gradients. Of each tensor the run counts in which the two are nearest: where an input of a
/// ReLU is zero but for rounding, its gradient may be one thing or the other, which is nobody's
/// fault and changes all tensors below it; a fault of the card's shows in every run.
///
/// # Errors
/// [`TrainError`]: too little memory, or what the card says.
pub fn compare(gpu: &Gpu, phrases: &dyn Phrases, batch: usize) -> Result<Agreement, TrainError> {
    let pool = pool(0)?;
    let mut nearest: Option<Differences> = None;
    for seed in 0..RUNS {
        let run = first_step(gpu, phrases, (batch, seed), &pool)?;
        nearest = Some(match nearest {
            None => run,
            Some(before) => before.nearest(&run),
        });
    }
    let Differences { critic, generator, losses } = nearest.unwrap_or_default();
    let most = |tensors: Vec<f64>| tensors.into_iter().fold(0.0, larger);
    Ok(Agreement { critic: most(critic), generator: most(generator), losses })
}

/// How far a run's first step on a card is from the CPU's: one number for each tensor.
#[derive(Default)]
struct Differences {
    critic: Vec<f64>,
    generator: Vec<f64>,
    losses: f64,
}

impl Differences {
    fn nearest(&self, other: &Self) -> Self {
        let nearest = |a: &[f64], b: &[f64]| {
            a.iter().zip(b).map(|(&a, &b)| if b < a || a.is_nan() { b } else { a }).collect()
        };
        Self {
            critic: nearest(&self.critic, &other.critic),
            generator: nearest(&self.generator, &other.generator),
            losses: larger(self.losses, other.losses),
        }
    }
}

fn first_step(
    gpu: &Gpu,
    phrases: &dyn Phrases,
    (batch, seed): (usize, u64),
    pool: &rayon::ThreadPool,
) -> Result<Differences, TrainError> {
    // Hardly moved, the critic that the generator learns from is the same on both: Adam would make
    // whole steps of the rounding of gradients that are nearly zero.
    let learning_rate = 1e-12;
    let config = Config { batch, seed, learning_rate, keys: Keys::Random, ..Config::default() };
    let start = State::start(&config, &Generator::new(), &Critic::new());
    let mut card = Card::new(gpu, &start, phrases, &config, pool)?;
    let mut cpu = Cpu::new(start, phrases, &config, pool);
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
        tensors.map(|tensor| difference(&ours[tensor.clone()], &theirs[tensor], least)).collect()
    };
    let (ours, theirs) = (
        [&ours.critic_moments.first, &ours.generator_moments.first],
        [&theirs.critic_moments.first, &theirs.generator_moments.first],
    );
    Ok(Differences {
        critic: gradient(Critic::new().layout(), ours[0], theirs[0]),
        generator: gradient(Generator::new().layout(), ours[1], theirs[1]),
        losses: difference_of_losses(&losses, &known),
    })
}

/// Largest difference of two tensors, relative to the largest number, or to `least` if that is more.
fn difference(ours: &[f32], theirs: &[f32], least: f32) -> f64 {
    let scale = largest(theirs).max(least);
    let off = ours.iter().zip(theirs).map(|(a, b)| f64::from((a - b).abs() / scale));
    off.fold(0.0, larger)
}

/// Unlike `max` it does not pass over what is not a number.
fn larger(most: f64, other: f64) -> f64 {
    if other <= most { most } else { other }
}

fn largest(numbers: &[f32]) -> f32 {
    numbers.iter().fold(0.0, |largest, number| number.abs().max(largest))
}

fn difference_of_losses(ours: &Losses, theirs: &Losses) -> f64 {
    let all = |l: &Losses| [l.critic, l.generator, l.penalty, l.real, l.fake];
    let pairs = all(ours).into_iter().zip(all(theirs));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, larger)
}
