//! `musegan-train generate`: weights become phrases in files.

use std::path::PathBuf;

use anyhow::Result;
use musegan_score::Track;
use musegan_score::grid::BARS_PER_PHRASE;
use musegan_train::generate::{self, Format, Generated, Latents, MAX_SAMPLES};

use super::positive;

/// How many samples are made when nobody says.
const SAMPLES: usize = 4;

/// Generate phrases with a weights file
///
/// Writes every sample: sample-000.mid and so on, all of them in samples.npy (bool, shape
/// (n, 5, 64, 72): track, step, pitch from MIDI 24), and a picture each. With a seed they are the
/// phrases that the plugin plays first with it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train generate --weights band.safetensors --output listen
  musegan-train generate --weights band.safetensors --output listen -n 16 --seed 7 --format mid
  musegan-train generate --weights band.safetensors --output out --latents z.npy --raw")]
pub struct Arguments {
    /// Weights file (.safetensors)
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// Folder to write into; files of the same names are replaced
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// How many samples: 4 unless said, or all of --latents
    #[arg(short = 'n', long = "count", value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=MAX_SAMPLES as i64))]
    count: Option<u32>,
    /// Seed, as in the plugin
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Standard deviation of the latents: 1 is what was trained on
    #[arg(long, default_value_t = 1.0, value_parser = positive::<f32>)]
    temperature: f32,
    /// Activation above which a cell sounds, in place of the thresholds in the weights file
    /// (0.5 where it has none)
    #[arg(long, value_parser = positive::<f32>)]
    threshold: Option<f32>,
    /// Latents to use instead of a seed: a .npy of shape (n, 128), f32
    #[arg(long, value_name = "FILE.npy", conflicts_with_all = ["seed", "temperature"])]
    latents: Option<PathBuf>,
    /// What to write
    #[arg(long, value_enum, value_delimiter = ',', default_value = "mid,npy,png")]
    format: Vec<Format>,
    /// Also write the network's output as raw.npy (f32)
    #[arg(long)]
    raw: bool,
    /// Tempo of the .mid files, in beats per minute
    #[arg(long, default_value_t = 120.0, value_parser = positive::<f64>)]
    bpm: f64,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let count = arguments.count.map(|count| count as usize);
    let latents = match &arguments.latents {
        Some(file) => Latents::File { path: file.clone(), count },
        None => Latents::Seeded {
            seed: arguments.seed,
            count: count.unwrap_or(SAMPLES),
            temperature: arguments.temperature,
        },
    };
    let generated = generate::run(&generate::Options {
        weights: arguments.weights.clone(),
        output: arguments.output.clone(),
        latents,
        threshold: arguments.threshold,
        bpm: arguments.bpm,
        formats: arguments.format.clone(),
        raw: arguments.raw,
    })?;
    let (files, output) = (generated.files, arguments.output.display());
    Ok(format!("{}{files} files written to {output}\n", summary(&generated)))
}

/// Notes per bar of each track.
fn summary(generated: &Generated) -> String {
    let mut text = format!("{} phrases, notes per bar:\n", generated.samples);
    let bars = generated.samples.max(1) * BARS_PER_PHRASE;
    for (track, notes) in Track::ALL.into_iter().zip(generated.notes) {
        text += &format!("  {:8} {:6.1}\n", track.name(), notes as f64 / bars as f64);
    }
    text
}
