//! `musegan-train train`: a dataset becomes a run directory with checkpoints.

use anyhow::Result;
use musegan_model::device::{Choice, Devices};
use musegan_train::devices::LibraryArgument;
use musegan_train::train;

/// Train the band's networks on a dataset
///
/// The run's directory holds the resolved configuration, a log (JSON lines), samples to listen to
/// and checkpoints. A run that was stopped, at any moment and in any way, goes on with --resume
/// and ends with the same weights, bit for bit. It may also go on on another device, where sums
/// are rounded otherwise.
///
/// While it runs it says in words how it is doing, and what may help; the same numbers are in
/// log.jsonl and for TensorBoard in event files beside it. Every evaluate_every steps what is played
/// is measured, and the best checkpoint kept.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = "\
Examples:
  musegan-train train --data data/mine --run runs/mine --preset first
  musegan-train train --data data/mine --run runs/hinge --preset hinge-r1 --config mine.toml
  musegan-train train --data data/mine --run runs/mine --steps 20000 --resume
  musegan-train train --data data/mine --run runs/slow --config slow.toml
  musegan-train train --data data/mine --run runs/mine --device cuda --resume

A configuration names only what differs from the preset, or from the defaults, which are the tutorial's:
  batch = 32
  learning_rate = 2e-4
  sample_every = 1000
The run's config.toml lists every setting.")]
pub struct Arguments {
    #[command(flatten)]
    training: train::Arguments,
    /// Where it trains: cpu, cuda, cuda:N, or auto for the first card if there is one and the CPU
    /// otherwise
    #[arg(long, value_name = "DEVICE", default_value_t = Choice::Auto)]
    device: Choice,
    #[command(flatten)]
    library: LibraryArgument,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let devices = arguments.library.devices(arguments.device);
    let devices = Devices { patience: train::gpu::PATIENCE, ..devices };
    train::run(&arguments.training, &devices)?;
    let run = arguments.training.run.display();
    Ok(format!(
        "trained; now `musegan-train export --run {run} --output FILE.safetensors`, \
         then `musegan-train calibrate`\n"
    ))
}
