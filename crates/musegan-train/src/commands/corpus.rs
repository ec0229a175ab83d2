//! `musegan-train corpus build`: public collections become complete five-track songs.

use std::path::PathBuf;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use musegan_corpus::build::{self, Options};
use musegan_corpus::manifest::Manifest;
use musegan_corpus::sources;
use musegan_train::dataset::is_weight;

/// Build the corpus that shippable weights are trained on
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Build(BuildArguments),
}

/// Arrange chord charts, lead sheets and piano arrangements for the band
///
/// Searches a folder for POP909, McGill Billboard, OpenEWLD and the Groove MIDI Dataset, and for
/// the real bands of Simutrans, Freedoom, Blasphemer and EasyRPG; docs/corpus.md says where they
/// are published. Every song is arranged several times and written as a .mid file with markers
/// for sections and chords; manifest.json lists every file with its source, licence and
/// attribution. `prepare` reads the folder like any other.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train corpus build --sources ~/collections --output corpus
  musegan-train prepare --input corpus --output dataset")]
struct BuildArguments {
    /// Folder below which the collections were unpacked
    #[arg(long, value_name = "DIR")]
    sources: PathBuf,
    /// Folder to write; it must be new or empty
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// Seed of everything that is left to chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Arrangements of each song
    #[arg(long, value_name = "N", default_value_t = 2,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    arrangements: u32,
    /// How often the real bands' phrases are trained on, relative to a song of weight 1; all
    /// arrangements of a song have 1 together
    #[arg(long, value_name = "WEIGHT", default_value_t = 3.0, value_parser = weight)]
    real_weight: f64,
}

fn weight(text: &str) -> Result<f64, String> {
    let weight = text.parse().ok().filter(|weight| is_weight(*weight));
    weight.ok_or_else(|| "expected a number from 0.001 to 1000".into())
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let Command::Build(arguments) = &arguments.command;
    let progress = ProgressBar::new(0);
    let style = ProgressStyle::with_template("arranging {wide_bar} {human_pos}/{human_len} {eta}");
    progress.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let options = Options {
        sources: arguments.sources.clone(),
        output: arguments.output.clone(),
        seed: arguments.seed,
        arrangements: arguments.arrangements,
        real_weight: arguments.real_weight,
    };
    let manifest = build::build(&options, &|done, all| {
        progress.set_length(all as u64);
        progress.set_position(done as u64);
    })?;
    progress.finish_and_clear();
    Ok(format!("{}\nwritten to {}\n", summary(&manifest), arguments.output.display()))
}

/// A line per source, why songs of it could not be used, and which sources there are not.
fn summary(manifest: &Manifest) -> String {
    let mut text = format!("{:24} {:>6} {:>6}  licence\n", "source", "songs", "files");
    for source in &manifest.sources {
        let files = manifest.songs.iter().filter(|song| song.source == source.name).count();
        text += &format!("{:24} {:>6} {files:>6}  {}\n", source.name, source.songs, source.licence);
    }
    for source in manifest.sources.iter().filter(|source| !source.refused.is_empty()) {
        text += &format!("not used of {}:\n", source.name);
        for (reason, count) in &source.refused {
            text += &format!("  {count:>6} {reason}\n");
        }
    }
    let is_there = |name: &str| manifest.sources.iter().any(|source| source.name == name);
    let missing: Vec<_> = sources::all().map(|info| info.name).filter(|n| !is_there(n)).collect();
    if !missing.is_empty() {
        text += &format!("not found: {}\n", missing.join(", "));
    }
    text
}
