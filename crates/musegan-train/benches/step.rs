//! Training steps per second: critic step with gradient penalty plus generator step. Prints
//! `steps_per_second: N` as the peer in `bench/peers/train.py` does: on the CPU the median over the
//! steps after a few to warm up, on a card the mean over some seconds, with what a step launches,
//! computes and moves.
//!
//! `cargo bench -p musegan-train --bench step -- [--steps N] [--threads N] [--batch N]`, or with
//! `--device cuda[:N] [--seconds N] [--gpu-library FILE]` in place of steps and threads.
//! `FILE` is an absolute path. `--count` instead tells what a step on a card is made of, and needs
//! none.
use musegan_model::device::{Choice, Devices};
use musegan_train::train::Config;
use musegan_train::train::gpu::{self, Synthetic};
use musegan_train::train::objective::Objective;
use musegan_train::train::state::State;
use std::error::Error;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the command line says after `name`.
fn option<T: FromStr>(name: &str) -> Result<Option<T>, String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    let Some(text) = arguments.nth(1) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| format!("{name} takes no {text:?}"))
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let batch = option("--batch")?.unwrap_or(16);
    if std::env::args().any(|argument| argument == "--count") {
        println!("{}", gpu::Work::of_step(batch));
        return Ok(());
    }
    match option::<Choice>("--device")?.unwrap_or(Choice::Cpu) {
        Choice::Cpu => on_cpu(batch),
        choice => on_card(choice, batch),
    }
}

fn on_card(choice: Choice, batch: usize) -> Result<(), Box<dyn Error>> {
    let library = option("--gpu-library")?;
    let devices = Devices { library, patience: gpu::PATIENCE, ..Devices::new(choice) };
    let seconds = option("--seconds")?.unwrap_or(5.0);
    let timing = gpu::time(&devices.gpu()?, &Synthetic, batch, seconds)?;
    println!("{timing}");
    println!("phrases_per_second: {:.0}", timing.phrases_per_second());
    println!("steps_per_second: {:.2}", timing.steps_per_second);
    Ok(())
}

fn on_cpu(batch: usize) -> Result<(), Box<dyn Error>> {
    let steps = option("--steps")?.unwrap_or(50).max(1);
    let threads = option("--threads")?.unwrap_or(0);
    let config = Config { batch, threads, ..Config::default() };
    let mut objective = Objective::new(&config);
    let mut state = State::start(&config, &objective.generator, &objective.critic);
    let threads = rayon::ThreadPoolBuilder::new().num_threads(config.threads).build()?;
    let mut seconds = Vec::new();
    for step in 0..steps + 3 {
        let begin = Instant::now();
        let taken = threads.install(|| objective.step(&mut state, &Synthetic, &config));
        taken.map_err(|e| e.what)?;
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
