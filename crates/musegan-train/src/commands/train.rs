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
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = "\
Examples:
  musegan-train train --data data/mine --run runs/mine --config plugin-assets/training.toml
  musegan-train train --data data/mine --run runs/mine --steps 20000 --resume
  musegan-train train --data data/mine --run runs/slow --config slow.toml
  musegan-train train --data data/mine --run runs/mine --device cuda --resume

plugin-assets/training.toml has what the shipped weights were trained with: a better start than the
defaults, which are the tutorial's. A configuration names only what differs from the defaults, for example:
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
