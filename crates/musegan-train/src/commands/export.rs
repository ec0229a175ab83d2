//! `musegan-train export`: the newest checkpoint of a run becomes a weights file.

use std::path::PathBuf;

use anyhow::Result;
use musegan_train::train;

/// Write the newest checkpoint of a run as a weights file
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  musegan-train export --run runs/mine --output mine.safetensors")]
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
    Ok(format!("weights of step {steps} written to {}\n", arguments.output.display()))
}
