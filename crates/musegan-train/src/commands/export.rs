//! `musegan-train export`: a checkpoint of a run becomes a weights file.

use std::path::PathBuf;

use anyhow::Result;
use musegan_train::train::{self, Which};

/// Write a checkpoint of a run as a weights file
///
/// The checkpoint that played best while it was trained, by `evaluate`'s measures beside training
/// phrases; the newest where none was measured.
/// Let `musegan-train calibrate` set its thresholds next, so that the tracks play as densely as
/// real music.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train export --run runs/mine --output mine.safetensors
  musegan-train export --run runs/mine --output newest.safetensors --newest
  musegan-train calibrate --weights mine.safetensors --data data/mine")]
pub struct Arguments {
    /// Directory of a run that `train` wrote
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Weights file to write
    #[arg(long, value_name = "FILE.safetensors")]
    output: PathBuf,
    /// The newest checkpoint, whichever plays best
    #[arg(long)]
    newest: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let which = if arguments.newest { Which::Newest } else { Which::Best };
    let (weights, score) = train::export(&arguments.run, which)?;
    weights.write(&arguments.output)?;
    let steps = weights.provenance().steps;
    let output = arguments.output.display();
    let best = score.map_or(String::new(), |score| {
        format!(", the best of the run (mean |z| {:.3} beside training phrases),", score.mean_abs_z)
    });
    Ok(format!(
        "weights of step {steps}{best} written to {output}; now \
         `musegan-train calibrate --weights {output} --data DATASET`\n"
    ))
}
