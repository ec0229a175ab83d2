//! Turns what musicians have, folders of `.mid` files and phrase packs, into a dataset.
//!
//! What must stay true: the same input gives the same bytes, whatever the number of threads, the
//! date or the place of the folder; and one bad file never stops a run, it is listed.

mod midi;
mod pack;
mod sources;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::dataset::{
    Corpus, DatasetWriter, FileEntry, Index, OnsetSource, Shape,
};

pub use midi::PhraseStride;
pub use pack::{Pack, PackError, PackRow};
pub use sources::{MidiFolder, Source};

/// What to prepare, and where to.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folders, `.mid` files and `.npz` packs, in the order in which their phrases are numbered.
    pub inputs: Vec<PathBuf>,
    /// The dataset's directory.
    pub output: PathBuf,
    /// Whether an older dataset there may be replaced.
    pub force: bool,
    /// Fewest sounding tracks that make a phrase worth keeping; an empty phrase never is.
    pub min_tracks: usize,
    /// How far apart the phrases of a `.mid` file begin.
    pub stride: PhraseStride,
}

/// Reasons under which the index counts what was left behind.
mod reason {
    pub const TOO_FEW_TRACKS: &str = "phrases with too few sounding tracks";
    pub const CELLS_ABOVE: &str = "cells above MIDI 95";
    pub const NOTES_OUTSIDE: &str = "notes outside MIDI 24 to 95";
    pub const NOTES_UNASSIGNED: &str = "notes of sound effects";
    pub const NOTES_OUTSIDE_METRE: &str = "notes outside four bars of 4/4 in a row";
    pub const NOTES_MERGED: &str = "notes on another of the same pitch and step";
    pub const FILES_WITHOUT_PHRASE: &str = "files without a phrase";
    pub const BEYOND_LIMIT: &str = "phrases beyond the 4,096th of a file";
}

/// Prepares the dataset and returns its index. Files that cannot be read are reported on stderr
/// as they are met.
///
/// # Errors
/// If an input does not exist, the output cannot be written, or no phrase is left.
pub fn run(options: &Options) -> Result<Index> {
    let sources = sources::find(&options.inputs)?;
    let mut writer = DatasetWriter::create(&options.output, options.force, Shape::band())?;
    let progress = progress_bar();
    for source in &sources {
        match source {
            Source::Pack(path) => prepare_pack(path, options, &mut writer, &progress)?,
            Source::Midi(folder) => midi::prepare(folder, options, &mut writer, &progress)?,
        }
    }
    progress.finish_and_clear();
    if writer.is_empty() {
        bail!("{}", nothing_left(writer.corpora()));
    }
    let config = serde_json::json!({"min_tracks": options.min_tracks});
    Ok(writer.finish(config, serde_json::Value::Null)?)
}

fn prepare_pack(
    path: &std::path::Path,
    options: &Options,
    writer: &mut DatasetWriter,
    progress: &ProgressBar,
) -> Result<()> {
    let name = sources::stem(path);
    progress.set_message(name.clone());
    let number = writer.add_corpus(&name);
    let corpus = writer.corpus(number);
    corpus.onsets = OnsetSource::Runs;
    let mut pack = match Pack::open(path) {
        Ok(pack) => pack,
        Err(error) => {
            return report_unreadable(
                writer,
                number,
                sources::file_name(path),
                error.to_string(),
                progress,
            );
        }
    };
    corpus.files += 1;
    progress.inc_length(pack.phrases() as u64);
    pack.for_each(|song, row| {
        progress.inc(1);
        drop_from(writer, song, reason::CELLS_ABOVE, row.cells_above);
        if row.sounding_tracks < options.min_tracks.max(1) {
            drop_from(writer, song, reason::TOO_FEW_TRACKS, 1);
            return Ok(());
        }
        writer.begin_song(number, song, 1.0)?;
        writer.push(&row.phrase)
    })
    .with_context(|| format!("cannot prepare {}", path.display()))
}

/// Counts `count` things of the current corpus as left behind.
fn drop_from(writer: &mut DatasetWriter, file: &str, reason: &str, count: u64) {
    let last = writer.corpora().len().saturating_sub(1);
    if count > 0 {
        writer.corpus(last).dropped.entry(reason.to_owned()).or_default().add(count, file);
    }
}

fn report_unreadable(
    writer: &mut DatasetWriter,
    corpus: usize,
    file: String,
    reason: String,
    progress: &ProgressBar,
) -> Result<()> {
    progress.suspend(|| eprintln!("not readable, left out: {file}: {reason}"));
    writer.corpus(corpus).unreadable.add(1, &file);
    writer.note_file(&FileEntry { file, corpus, unreadable: reason, ..FileEntry::default() })?;
    Ok(())
}

fn nothing_left(corpora: &[Corpus]) -> String {
    let unreadable: u64 = corpora.iter().map(|c| c.unreadable.count).sum();
    let dropped: Vec<_> = corpora
        .iter()
        .flat_map(|c| &c.dropped)
        .map(|(reason, tally)| format!("{} {reason}", tally.count))
        .collect();
    let dropped = if dropped.is_empty() { "nothing".into() } else { dropped.join(", ") };
    format!(
        "no phrase to train on is left: {unreadable} files could not be read, dropped: {dropped}; \
         nothing was written"
    )
}

fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:24} {wide_bar} {human_pos}/{human_len} {eta}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
