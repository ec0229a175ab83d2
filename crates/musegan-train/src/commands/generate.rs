//! `musegan-train generate`: weights become phrases in files.

use std::path::PathBuf;

use anyhow::Result;
use musegan_score::Track;
use musegan_score::grid::BARS_PER_PHRASE;
use musegan_train::devices::DeviceArguments;
use musegan_train::generate::{self, Format, Generated, MAX_SAMPLES, Source};

use super::{positive, say_device};

mod own;
mod song;

/// Generate phrases with a weights file
///
/// Writes every sample: sample-000.mid and so on, all of them in samples.npy (bool, shape
/// (n, 5, 64, 72): track, step, pitch from MIDI 24), and a picture each. They are the first phrases
/// that the plugin plays with the same settings, unless latents or music of your own are given.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train generate --weights band.safetensors --output listen
  musegan-train generate --weights band.safetensors --output listen -n 16 --seed 7 --format mid
  musegan-train generate --weights band.safetensors --output tune -n 16 --seed 7 --format song \\
    --form aaba --fill-every 8
  musegan-train generate --weights band.safetensors --output tune --chords \"C | Am7 F | Dm7 | G7\"
  musegan-train generate --weights band.safetensors --output band --accompany me.mid --given piano
  musegan-train generate --weights band.safetensors --output more --vary me.mid --amount 0.3 -n 8
  musegan-train generate --weights tutorial.safetensors --output out --latents z.npy --raw")]
pub struct Arguments {
    /// Weights file (.safetensors)
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// Folder to write into; files of the same names are replaced
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// How many samples: 4 unless said, or all of --latents, as many as --chords fill, as the
    /// phrases of --accompany
    #[arg(short = 'n', long = "count", value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=MAX_SAMPLES as i64))]
    count: Option<u32>,
    /// Activation above which a cell sounds, in place of the thresholds in the weights file
    /// (0.5 where it has none), of the model tutorial
    #[arg(long, value_parser = positive::<f32>)]
    threshold: Option<f32>,
    /// Latents to use instead of a seed: a .npy of shape (n, 128), f32
    #[arg(long, value_name = "FILE.npy", conflicts_with = song::GROUP)]
    latents: Option<PathBuf>,
    /// What to write; song is all samples in one song.mid
    #[arg(long, value_enum, value_delimiter = ',', default_value = "mid,npy,png")]
    format: Vec<Format>,
    /// Also write the network's output as raw.npy (f32), of the model tutorial
    #[arg(long)]
    raw: bool,
    /// Tempo of the .mid files, in beats per minute
    #[arg(long, default_value_t = 120.0, value_parser = positive::<f64>)]
    bpm: f64,
    #[command(flatten)]
    device: DeviceArguments,
    #[command(flatten)]
    song: song::Arguments,
    #[command(flatten)]
    own: own::Arguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let count = arguments.count.map(|count| count as usize);
    let composition = arguments.song.composition()?;
    let source = match (&arguments.latents, arguments.own.own()) {
        (Some(file), _) => Source::Latents { path: file.clone(), count },
        (None, Some(own)) => Source::Own { own, composition, count },
        (None, None) => Source::Song { composition, count },
    };
    let generated = generate::run(&generate::Options {
        weights: arguments.weights.clone(),
        output: arguments.output.clone(),
        source,
        threshold: arguments.threshold,
        bpm: arguments.bpm,
        formats: arguments.format.clone(),
        raw: arguments.raw,
        devices: arguments.device.devices(),
    })?;
    say_device(&generated.playing);
    generated.remarks.iter().for_each(|remark| eprintln!("{remark}"));
    let (files, output) = (generated.files, arguments.output.display());
    let noun = if files == 1 { "file" } else { "files" };
    Ok(format!("{}{files} {noun} written to {output}\n", summary(&generated)))
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
