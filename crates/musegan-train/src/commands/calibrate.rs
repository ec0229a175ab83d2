//! `musegan-train calibrate`: weights learn how densely real music plays.

use std::path::PathBuf;

use anyhow::Result;
use musegan_model::Weights;
use musegan_score::Track;
use musegan_train::calibrate;
use musegan_train::dataset::Dataset;
use musegan_train::devices::DeviceArguments;

use super::say_device;

/// Set the thresholds in a weights file so that each track plays as densely as real music
///
/// For each track it finds the activation above which as many cells sound as in the dataset's
/// training songs. Everything that plays the weights uses these thresholds.
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
    let devices = arguments.device.devices();
    let (thresholds, playing) = calibrate::thresholds(&weights, &dataset, &devices)?;
    say_device(&playing);
    let output = arguments.output.as_ref().unwrap_or(&arguments.weights);
    let source = arguments.weights.display().to_string();
    weights.with_thresholds(thresholds, &source)?.write(output)?;
    let lines: String = Track::ALL
        .iter()
        .zip(thresholds)
        .map(|(track, threshold)| format!("  {:8} {threshold:.3}\n", track.name()))
        .collect();
    Ok(format!("thresholds in {}:\n{lines}", output.display()))
}
