//! `musegan-train prepare`: folders of MIDI files and phrase packs become a dataset.

use std::path::PathBuf;

use anyhow::Result;
use musegan_train::dataset::{Corpus, Index, PhraseStride};
use musegan_train::prepare;

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
pub fn run(arguments: &Arguments) -> Result<()> {
    let index = prepare::run(&prepare::Options {
        inputs: arguments.input.clone(),
        output: arguments.output.clone(),
        force: arguments.force,
        min_tracks: arguments.min_tracks.into(),
        stride: arguments.stride,
    })?;
    print_summary(&index);
    println!("\nwritten to {}", arguments.output.display());
    Ok(())
}

/// One line per corpus, then what was left behind.
pub fn print_summary(index: &Index) {
    println!("{:28} {:>7} {:>7} {:>9} {:>10}", "corpus", "files", "songs", "phrases", "unreadable");
    let line = |name: &str, sum: [usize; 4]| {
        println!("{name:28} {:>7} {:>7} {:>9} {:>10}", sum[0], sum[1], sum[2], sum[3]);
    };
    let counts = |c: &Corpus| [c.files, c.songs, c.phrases, c.unreadable.len()];
    for corpus in &index.corpora {
        line(&corpus.name, counts(corpus));
    }
    let total = index.corpora.iter().map(counts).fold([0; 4], |mut sum, counts| {
        sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        sum
    });
    line("all", total);
    println!("held out: {} of {} phrases", index.held_out_phrases, index.phrases);
    for corpus in index.corpora.iter().filter(|c| !c.dropped.is_empty()) {
        println!("left behind from {}:", corpus.name);
        for (reason, count) in &corpus.dropped {
            println!("  {count:>9} {reason}");
        }
    }
}
