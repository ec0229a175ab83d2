//! `cargo xtask soak`: random hosts against the oracle of the engine's tests, for as long as
//! wanted, and a day of playing.
//!
//! The same two tests run within `cargo xtask test`, where a hundred thousand hosts on one core
//! are enough; here they are optimised and have all cores.
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use crate::stage::{Stages, succeed};
use crate::workspace::cargo;

/// How long, and with which hosts.
#[derive(Args)]
pub struct Soak {
    /// Minutes of random transports; 5 where their number is not given either
    #[arg(long, conflicts_with = "transports")]
    minutes: Option<u64>,
    /// Number of random transports
    #[arg(long)]
    transports: Option<u64>,
    /// Number of the first transport, to repeat a failure; otherwise taken from the clock
    #[arg(long)]
    first: Option<u64>,
}

/// Plays until the time is over, the number is reached or something fails.
///
/// # Errors
/// If building fails or an event is not where it must be.
pub fn run(soak: &Soak) -> anyhow::Result<()> {
    let stages = Stages::start();
    let first = match soak.first {
        Some(first) => first,
        // Ever new ones: the tests begin at 0, and no soak reaches the next second's.
        None => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() << 24,
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let threads = soak.transports.map_or(cores, |number| number.clamp(1, cores));
    stages.run("A day at 48 kHz in blocks of 512", test("day").args(["--", "--nocapture"]))?;
    stages.headline(&format!("Random transports from number {first}"));
    let mut transports = test("transports");
    transports.env("RUST_BACKTRACE", "0");
    transports.env("MUSEGAN_SOAK_FIRST", first.to_string());
    transports.env("MUSEGAN_SOAK_THREADS", threads.to_string());
    match soak.transports {
        Some(number) => transports.env("MUSEGAN_SOAK_TRANSPORTS", number.to_string()),
        None => transports.env("MUSEGAN_SOAK_MINUTES", soak.minutes.unwrap_or(5).to_string()),
    };
    succeed(transports.args(["--", "--nocapture"]))
}

/// One of the engine's tests, optimised.
fn test(name: &str) -> std::process::Command {
    let mut command = cargo();
    command.args(["test", "--quiet", "--release", "--package", "musegan-engine", "--test", name]);
    command
}
