//! `musegan-train check-device`: a graphics card held against the CPU.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use musegan_model::Weights;
use musegan_model::device::Choice;
use musegan_train::check::{self, Report};
use musegan_train::devices::LibraryArgument;

/// Hold a graphics card against the CPU
///
/// Has both play the same phrases and counts the cells that differ, of which none may lie further
/// than 1e-4 from its threshold; measures how long a phrase takes on each, what memory and launches
/// it costs, whether the CPU goes on when the card does not answer in mid-song, and what training
/// comes to. Exits with 1 if a promise is broken.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train check-device --device cuda
  musegan-train check-device --device cuda:1 --weights band.safetensors --json check.json")]
pub struct Arguments {
    /// The card: cuda, or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cuda")]
    device: Choice,
    /// Weights file of the model tutorial; without it untrained weights, which cost as much
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Phrases that both play
    #[arg(long, value_name = "N", default_value_t = 1000,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    phrases: u32,
    /// How long each latency is measured, at most
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = super::positive::<f64>)]
    seconds: f64,
    /// Batches that training is timed with; the first is compared with the CPU's, too
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "16,64,256",
          value_parser = clap::value_parser!(u32).range(2..=1024))]
    batches: Vec<u32>,
    /// Leave training out
    #[arg(long, conflicts_with = "batches")]
    no_training: bool,
    /// Also write the outcome to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[command(flatten)]
    library: LibraryArgument,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let report = check::run(
        &match &arguments.weights {
            Some(file) => Weights::read(file)?,
            None => Weights::untrained_tutorial(0)?,
        },
        &check::Options {
            devices: arguments.library.devices(arguments.device),
            phrases: arguments.phrases as usize,
            time: Duration::from_secs_f64(arguments.seconds.min(3600.0)),
            batches: match arguments.no_training {
                true => Vec::new(),
                false => arguments.batches.iter().map(|&batch| batch as usize).collect(),
            },
        },
    )?;
    // What took minutes to measure is shown whatever comes of the file.
    let written = arguments.json.as_deref().map_or(Ok(()), |file| write(&report, file));
    let fault = report.fault().map(|fault| anyhow!("{}: {fault}", report.device));
    match written.and_then(|()| fault.map_or(Ok(()), Err)) {
        Ok(()) => Ok(report.to_string()),
        Err(error) => {
            print!("{report}");
            Err(error)
        }
    }
}

fn write(report: &Report, file: &Path) -> Result<()> {
    let text = serde_json::to_string_pretty(report)?;
    fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))
}
