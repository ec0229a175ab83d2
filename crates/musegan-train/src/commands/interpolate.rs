//! `musegan-train interpolate`: what lies between two seeds.

use std::path::PathBuf;

use anyhow::Result;
use musegan_model::sampling::Way;
use musegan_score::Track;
use musegan_train::devices::DeviceArguments;
use musegan_train::interpolate::{self, Interpolated, Options};

use super::{positive, say_device, track};

/// Play what lies between the phrases of two seeds
///
/// Writes every step as step-00.mid and so on, all of them one after another as way.mid, and
/// way.png with the steps side by side. The first step is what `generate` writes for the one seed,
/// the last what it writes for the other.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train interpolate --weights band.safetensors --from 1 --to 2 --output way
  musegan-train interpolate --weights band.safetensors --from 1 --to 2 --way spherical \\
    --steps 16 --output way
  musegan-train interpolate --weights band.safetensors --from 1 --to 2 --track bass --output way")]
pub struct Arguments {
    /// Weights file (.safetensors)
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// Folder to write into; files of the same names are replaced
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// Seed at the beginning
    #[arg(long, value_name = "SEED")]
    from: u64,
    /// Seed at the end
    #[arg(long, value_name = "SEED")]
    to: u64,
    /// Which phrase of the two songs, from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    phrase: u32,
    /// Steps from the one to the other
    #[arg(long, value_name = "N", default_value_t = 8,
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    steps: u16,
    /// How latents between two are found
    #[arg(long, value_enum, default_value = "linear")]
    way: WayName,
    /// Only this track's latents go the way; the model band alone has such
    #[arg(long, value_name = "TRACK", value_parser = track)]
    track: Option<Track>,
    /// Tempo of the .mid files, in beats per minute
    #[arg(long, default_value_t = 120.0, value_parser = positive::<f64>)]
    bpm: f64,
    #[command(flatten)]
    device: DeviceArguments,
}

/// A way by its name.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum WayName {
    /// On the straight line
    Linear,
    /// On the great circle, which keeps the distance from the middle
    Spherical,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let interpolated = interpolate::run(&Options {
        weights: arguments.weights.clone(),
        output: arguments.output.clone(),
        seeds: [arguments.from, arguments.to],
        phrase: arguments.phrase.into(),
        way: match arguments.way {
            WayName::Linear => Way::Linear,
            WayName::Spherical => Way::Spherical,
        },
        track: arguments.track,
        steps: arguments.steps.into(),
        bpm: arguments.bpm,
        devices: arguments.device.devices(),
    })?;
    say_device(&interpolated.playing);
    let files = interpolated.files;
    Ok(format!("{}{files} files written to {}\n", table(&interpolated), arguments.output.display()))
}

fn table(interpolated: &Interpolated) -> String {
    let mut text = format!("{:>6} {:>6} {:>8}\n", "way", "notes", "changed");
    for place in &interpolated.places {
        let share = interpolate::said(place.share);
        text += &format!("{share:>6} {:>6} {:>8}\n", place.notes, place.changed);
    }
    text + &format!("{} notes are in one of the two ends alone\n", interpolated.changed_in_all)
}
