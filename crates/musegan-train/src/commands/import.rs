//! `musegan-train import`: a generator that PyTorch saved becomes a weights file.

use std::path::PathBuf;

use anyhow::Result;
use musegan_model::import;

/// Convert a generator that PyTorch saved (.pth) into a weights file
///
/// The file may hold the state dictionary itself or have it under `state_dict` or
/// `model_state_dict`. Its tensors are read; nothing in it is executed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  musegan-train import generator.pth --output generator.safetensors")]
pub struct Arguments {
    /// What torch.save wrote
    #[arg(value_name = "FILE.pth")]
    file: PathBuf,
    /// Weights file to write
    #[arg(long, value_name = "FILE.safetensors")]
    output: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let weights = import::generator(&arguments.file)?;
    weights.write(&arguments.output)?;
    let output = arguments.output.display();
    Ok(format!("{} parameters written to {output}\n", parameter_count(&weights)))
}

/// Trainable numbers: all but the running statistics.
pub fn parameter_count(weights: &musegan_model::Weights) -> usize {
    weights
        .parameters()
        .filter(|(name, _, _)| !name.contains(".running_"))
        .map(|(_, _, values)| values.len())
        .sum()
}
