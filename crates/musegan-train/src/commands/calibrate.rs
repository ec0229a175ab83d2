//! `musegan-train calibrate`: weights learn how densely real music plays.

use std::path::PathBuf;

use anyhow::Result;
use musegan_model::Weights;
use musegan_train::calibrate;
use musegan_train::dataset::Dataset;
use musegan_train::devices::DeviceArguments;

use super::say_device;

/// Set a weights file so that each track plays as densely as real music
///
/// For each track of the tutorial's networks it finds the activation above which as many cells
/// sound as in the dataset's training songs: their thresholds. Of the band it moves the last biases
/// until each track begins as many notes, plays as many at once, and as long ones as in those songs.
/// Everything that plays the weights plays so.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train calibrate --weights band.safetensors --data data/mine
  musegan-train calibrate --weights imported.safetensors --data data/mine --output band.safetensors")]
pub struct Arguments {
    /// Weights file
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// Dataset whose training songs say how dense music is
    #[arg(long, value_name = "DATASET")]
    data: PathBuf,
    /// Weights file to write, instead of changing the one that is read
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let weights = Weights::read(&arguments.weights)?;
    let dataset = Dataset::open(&arguments.data)?;
    let source = arguments.weights.display().to_string();
    let devices = arguments.device.devices();
    let calibrated = calibrate::calibrated(&weights, &dataset, &devices, &source)?;
    say_device(&calibrated.playing);
    let output = arguments.output.as_ref().unwrap_or(&arguments.weights);
    calibrated.weights.write(output)?;
    Ok(format!("calibrated, in {}; {}", output.display(), calibrated.set))
}
