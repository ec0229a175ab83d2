//! `musegan-train prepare`: folders of MIDI files and phrase packs become a dataset.

use std::path::PathBuf;

use anyhow::Result;
use musegan_train::dataset::{Corpus, Index};
use musegan_train::prepare::{self, PhraseStride};

/// Turn folders of .mid files, and .npz phrase packs, into a dataset
///
/// Files that cannot be read are listed with their reason, here and in the dataset's index.json,
/// and the rest is prepared. About a tenth of the songs is held out by the hash of their names;
/// no training sees them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train prepare --input ~/midi --output data/mine
  musegan-train prepare --input packs/*.npz ~/midi --output data/all --force")]
pub struct Arguments {
    /// Folders (searched through), .mid files or .npz packs
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    input: Vec<PathBuf>,
    /// Folder to write; it must be new or empty
    #[arg(long, value_name = "DATASET")]
    output: PathBuf,
    /// Replace an older dataset at the output
    #[arg(long)]
    force: bool,
    /// Keep only phrases in which at least this many of the five tracks sound
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u8).range(1..=5))]
    min_tracks: u8,
    /// How far apart the phrases of a .mid file begin
    #[arg(long, value_enum, default_value_t = PhraseStride::Phrase)]
    stride: PhraseStride,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let index = prepare::run(&prepare::Options {
        inputs: arguments.input.clone(),
        output: arguments.output.clone(),
        force: arguments.force,
        min_tracks: arguments.min_tracks.into(),
        stride: arguments.stride,
    })?;
    Ok(format!("{}\nwritten to {}\n", summary(&index), arguments.output.display()))
}

/// One line per corpus, then what was left behind.
pub fn summary(index: &Index) -> String {
    let line = |name: &str, cells: [String; 4]| {
        let [files, songs, phrases, unreadable] = cells;
        format!("{name:28} {files:>7} {songs:>7} {phrases:>9} {unreadable:>10}\n")
    };
    let counts = |c: &Corpus| [c.files, c.songs, c.phrases, c.unreadable.count];
    let mut total = [0; 4];
    let mut text =
        line("corpus", ["files", "songs", "phrases", "unreadable"].map(ToString::to_string));
    for corpus in &index.corpora {
        text += &line(&corpus.name, counts(corpus).map(|count| count.to_string()));
        total.iter_mut().zip(counts(corpus)).for_each(|(sum, count)| *sum += count);
    }
    text += &line("all", total.map(|count| count.to_string()));
    text += &format!("held out: {} of {} phrases\n", index.held_out_phrases, index.phrases);
    for corpus in index.corpora.iter().filter(|c| !c.dropped.is_empty()) {
        text += &format!("left behind from {}:\n", corpus.name);
        for (reason, tally) in &corpus.dropped {
            text += &format!("  {:>9} {reason}, first {}\n", tally.count, tally.example);
        }
    }
    text
}
