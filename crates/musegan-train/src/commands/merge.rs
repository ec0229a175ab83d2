//! `musegan-train merge`: what several machines prepared becomes one dataset.

use std::path::PathBuf;

use anyhow::Result;
use musegan_train::prepare::{self, MergeOptions};

use super::prepare::summary;

/// Join the shares that `prepare --shard` wrote into one dataset
///
/// The dataset is the same as one prepared at once, byte for byte. Collections that were prepared
/// whole or in shares, with the same settings, are joined the same way.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  musegan-train merge --input shares/* --output data/all")]
pub struct Arguments {
    /// Folders that `prepare --shard` wrote
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    input: Vec<PathBuf>,
    /// Folder to write; it must be new or empty
    #[arg(long, value_name = "DATASET")]
    output: PathBuf,
    /// Replace an older dataset at the output
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let index = prepare::merge(&MergeOptions {
        journals: arguments.input.clone(),
        output: arguments.output.clone(),
        force: arguments.force,
    })?;
    Ok(format!("{}written to {}\n", summary(&index), arguments.output.display()))
}
