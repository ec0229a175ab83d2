//! Folders of `.mid` files: read in parallel a batch at a time, kept in the order of their names.
//!
//! What must stay true: the result does not depend on the number of threads, and neither one bad
//! file nor a hostile one stops the run or takes memory without bound.

use anyhow::Result;
use indicatif::ProgressBar;
use musegan_score::midi::{self, FileError};
use musegan_score::quantise::{Losses, Stride};
use rayon::prelude::*;

use super::sources::{MidiFile, MidiFolder};
use super::{Options, drop_from, reason, report_unreadable};
use crate::dataset::{DatasetWriter, FileEntry, PackedPhrase};

/// How far apart the phrases of a song begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PhraseStride {
    /// Every four bars: no bar is in two phrases.
    Phrase,
    /// Every bar: four times the phrases, overlapping.
    Bar,
}

impl From<PhraseStride> for Stride {
    fn from(stride: PhraseStride) -> Self {
        match stride {
            PhraseStride::Phrase => Self::Phrase,
            PhraseStride::Bar => Self::Bar,
        }
    }
}

/// Files read at a time.
const BATCH_FILES: usize = 64;
/// Phrases kept of one file: nine hours of music at 120 beats per minute.
const MAX_FILE_PHRASES: usize = 4096;

/// What one file gives.
struct Prepared {
    phrases: Vec<PackedPhrase>,
    too_few_tracks: u64,
    beyond_limit: u64,
    losses: Losses,
    /// The first damaged place of a file that could be read nevertheless.
    damage: Option<String>,
}

/// Prepares one folder as one corpus.
pub(super) fn prepare(
    folder: &MidiFolder,
    options: &Options,
    writer: &mut DatasetWriter,
    progress: &ProgressBar,
) -> Result<()> {
    progress.set_message(folder.name.clone());
    progress.inc_length(folder.files.len() as u64);
    let corpus = writer.add_corpus(&folder.name);
    for batch in folder.files.chunks(BATCH_FILES) {
        let prepared: Vec<_> = batch.par_iter().map(|file| read(file, options)).collect();
        for (file, prepared) in batch.iter().zip(prepared) {
            progress.inc(1);
            append(file, prepared, writer, corpus, progress)?;
        }
    }
    Ok(())
}

fn append(
    file: &MidiFile,
    prepared: Result<Prepared, String>,
    writer: &mut DatasetWriter,
    corpus: usize,
    progress: &ProgressBar,
) -> Result<()> {
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(why) => {
            return report_unreadable(writer, corpus, file.relative.clone(), why, progress);
        }
    };
    writer.corpus(corpus).files += 1;
    let mut entry = FileEntry { file: file.relative.clone(), corpus, ..FileEntry::default() };
    if let Some(reason) = prepared.damage {
        writer.corpus(corpus).damaged.add(1, &file.relative);
        entry.damage = reason;
    }
    writer.note_file(&entry)?;
    let without_phrase = u64::from(prepared.phrases.is_empty());
    for (reason, count) in [
        (reason::FILES_WITHOUT_PHRASE, without_phrase),
        (reason::TOO_FEW_TRACKS, prepared.too_few_tracks),
        (reason::BEYOND_LIMIT, prepared.beyond_limit),
        (reason::NOTES_OUTSIDE, prepared.losses.outside_pitch_range),
        (reason::NOTES_UNASSIGNED, prepared.losses.unassigned),
        (reason::NOTES_OUTSIDE_METRE, prepared.losses.outside_metre),
        (reason::NOTES_MERGED, prepared.losses.merged),
    ] {
        drop_from(writer, &file.relative, reason, count);
    }
    for phrase in &prepared.phrases {
        writer.begin_song(corpus, &file.song, 1.0)?;
        writer.push(phrase)?;
    }
    Ok(())
}

/// The phrases of one file, or why there are none.
fn read(file: &MidiFile, options: &Options) -> Result<Prepared, String> {
    let song = midi::read_file(&file.path).map_err(|error| reason_without_path(&error))?;
    let cuts = song.phrases(options.stride.into());
    let mut prepared = Prepared {
        phrases: Vec::new(),
        too_few_tracks: 0,
        beyond_limit: 0,
        losses: cuts.losses(),
        damage: song.damage.first().map(ToString::to_string),
    };
    for cut in cuts {
        if prepared.phrases.len() == MAX_FILE_PHRASES {
            prepared.beyond_limit += 1;
            continue;
        }
        // Cutting has left out and counted the notes outside the pitch range.
        let phrase = PackedPhrase::of_phrase(&cut.phrase);
        let sounding = musegan_score::Track::ALL
            .iter()
            .filter(|&&track| !cut.phrase.track(track).is_empty())
            .count();
        if sounding < options.min_tracks.max(1) {
            prepared.too_few_tracks += 1;
        } else {
            prepared.phrases.push(phrase);
        }
    }
    Ok(prepared)
}

/// The index names files by their path below the folder, so that it says the same wherever the
/// folder lies; the error's own text has the whole path.
fn reason_without_path(error: &FileError) -> String {
    match error {
        FileError::Io { source, .. } => source.to_string(),
        FileError::Midi { source, .. } => source.to_string(),
        FileError::TooLarge { .. } => {
            format!("larger than {} MiB, which no song is", midi::MAX_FILE_BYTES >> 20)
        }
    }
}
