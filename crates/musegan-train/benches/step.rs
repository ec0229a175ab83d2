//! Training steps per second: critic step with gradient penalty plus generator step. Prints
//! `steps_per_second: N` as the peer in `bench/peers/train.py` does, the median over the steps
//! after a few to warm up.
//!
//! `cargo bench -p musegan-train --bench step -- [--steps N] [--threads N] [--batch N]`
use musegan_train::train::Config;
use musegan_train::train::batches::Phrases;
use musegan_train::train::objective::Objective;
use musegan_train::train::state::State;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rolls as full as real ones: one cell in forty sounds.
struct Pattern;

impl Phrases for Pattern {
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: usize| {
        let place = arguments.iter().position(|a| a == name);
        place.and_then(|p| arguments.get(p + 1)?.parse().ok()).unwrap_or(default)
    };
    let steps = number("--steps", 50).max(1);
    let config = Config {
        batch: number("--batch", 16),
        threads: number("--threads", 0),
        ..Config::default()
    };
    let mut objective = Objective::new(config.batch, config.critic_steps);
    let mut state = State::start(&config, &objective.generator, &objective.critic);
    let threads = rayon::ThreadPoolBuilder::new().num_threads(config.threads).build()?;
    let mut seconds = Vec::new();
    for step in 0..steps + 3 {
        let begin = Instant::now();
        threads.install(|| objective.step(&mut state, &Pattern, &config)).map_err(|e| e.what)?;
        if step >= 3 {
            seconds.push(begin.elapsed().as_secs_f64());
        }
    }
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    println!("{:.1} ms per step, {} threads", median * 1e3, threads.current_num_threads());
    println!("steps_per_second: {:.2}", 1.0 / median);
    Ok(())
}
