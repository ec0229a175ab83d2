//! How long a phrase takes, from the latent to the roll in the program's memory.
use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Result;
use musegan_model::generator::BATCH;
use musegan_model::{Generator, sampling};
use serde::Serialize;

/// Most rounds of a measurement.
const ROUNDS: usize = 2000;

/// Milliseconds of a phrase.
#[derive(Clone, Debug, Serialize)]
pub struct Latency {
    /// Who played.
    pub device: String,
    /// Phrases asked for at once.
    pub batch: usize,
    /// Rounds measured.
    pub rounds: usize,
    /// A phrase's milliseconds in the middle one of all rounds, by their length.
    pub median_ms: f64,
    /// In the round that 99 of 100 are not longer than.
    pub p99_ms: f64,
}

/// Measures both at both batches, one after the other, each for at most so long.
pub(super) fn measure(both: [&mut Generator; 2], longest: Duration) -> Result<Vec<Latency>> {
    let mut latencies = Vec::new();
    for generator in both {
        for batch in [1, BATCH] {
            latencies.push(of(generator, batch, longest)?);
        }
    }
    Ok(latencies)
}

fn of(generator: &mut Generator, batch: usize, longest: Duration) -> Result<Latency> {
    let mut seeds = 0..;
    let mut round = || -> Result<f64> {
        let latents: Vec<f32> =
            seeds.by_ref().take(batch).flat_map(|seed| sampling::latent(seed, 0, 1.0)).collect();
        let start = Instant::now();
        match latents.as_array() {
            Some(latent) => drop(black_box(generator.roll(latent))),
            None => drop(black_box(generator.rolls(&latents)?)),
        }
        Ok(start.elapsed().as_secs_f64() * 1e3 / batch as f64)
    };
    rounds(ROUNDS / 10, longest / 10, &mut round)?;
    let mut rounds = rounds(ROUNDS, longest, &mut round)?;
    rounds.sort_by(f64::total_cmp);
    let at = |share: f64| rounds[((rounds.len() - 1) as f64 * share).round() as usize];
    let (rounds, median_ms, p99_ms) = (rounds.len(), at(0.5), at(0.99));
    Ok(Latency { device: generator.playing().device.clone(), batch, rounds, median_ms, p99_ms })
}

/// What rounds give: at least one, at most `most`, and none is begun after so long.
fn rounds(
    most: usize,
    longest: Duration,
    round: &mut impl FnMut() -> Result<f64>,
) -> Result<Vec<f64>> {
    let begin = Instant::now();
    let mut all = vec![round()?];
    while all.len() < most && begin.elapsed() < longest {
        all.push(round()?);
    }
    Ok(all)
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { device, batch, rounds, median_ms, p99_ms } = self;
        write!(
            f,
            "{device}, batch {batch}: {median_ms:.4} ms a phrase median, {p99_ms:.4} p99 of \
             {rounds} rounds"
        )
    }
}
