//! `musegan-train export`: the newest checkpoint of a run becomes a weights file.

use std::path::PathBuf;

use anyhow::Result;
use musegan_train::train;

/// Write the newest checkpoint of a run as a weights file
///
/// Let `musegan-train calibrate` set its thresholds next, so that the tracks play as densely as
/// real music.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train export --run runs/mine --output mine.safetensors
  musegan-train calibrate --weights mine.safetensors --data data/mine")]
pub struct Arguments {
    /// Directory of a run that `train` wrote
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Weights file to write
    #[arg(long, value_name = "FILE.safetensors")]
    output: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let weights = train::export(&arguments.run)?;
    weights.write(&arguments.output)?;
    let steps = weights.provenance().steps;
    let output = arguments.output.display();
    Ok(format!(
        "weights of step {steps} written to {output}; now \
         `musegan-train calibrate --weights {output} --data DATASET`\n"
    ))
}
