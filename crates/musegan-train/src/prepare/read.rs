//! From what was found to songs: every kind of input becomes notes in ticks, so that all of them
//! take the same way from there.
//!
//! What must stay true: whatever the bytes are, reading ends with a song or a sentence, in memory
//! in proportion to the limits here.
use std::path::Path;

use musegan_score::annotations::{TimedChord, read_chord_file};
use musegan_score::beats::{BeatFile, MAX_BEAT_FILE_BYTES};
use musegan_score::layout::Parts;
use musegan_score::{Song, midi};

use super::inputs::{Bytes, Content};

mod cells;
mod pianoroll;

pub(super) use pianoroll::LARGEST_PIANOROLL;

/// A `.mid` file of more bytes is refused.
pub(super) const LARGEST_MIDI: u64 = midi::MAX_FILE_BYTES;
/// A file of chords of more bytes is refused.
const LARGEST_CHORD_FILE: u64 = 4 << 20;

/// A song, and what came with it.
pub(super) struct Heard {
    pub song: Song,
    /// Its beats, where somebody annotated them.
    pub beats: Option<BeatFile>,
    /// Its chords, where somebody annotated them.
    pub chords: Option<Vec<TimedChord>>,
    /// The layout that the parts are in the order of, where the source has tracks and no need to
    /// guess them.
    pub given: Option<Parts>,
    /// Whether the notes' velocities mean something.
    pub has_velocities: bool,
    /// Whether the source has cells rather than notes.
    pub cells_only: bool,
}

impl Heard {
    fn song(song: Song) -> Self {
        Self {
            song,
            beats: None,
            chords: None,
            given: None,
            has_velocities: true,
            cells_only: false,
        }
    }
}

/// The songs in it, one after the other: one of a file, one for each phrase of a pack.
pub(super) fn songs(content: Content) -> Result<Box<dyn Iterator<Item = Heard>>, String> {
    match content {
        Content::Midi(bytes) => {
            let path = match &bytes {
                Bytes::File(path) => Some(path.clone()),
                _ => None,
            };
            let bytes = bytes.read(LARGEST_MIDI).map_err(|e| e.to_string())?;
            let mut heard = Heard::song(midi::read(&bytes).map_err(|e| e.to_string())?);
            if let Some(path) = path {
                heard.beats = beats_beside(&path)?;
                heard.chords = chords_beside(&path)?;
            }
            Ok(Box::new(std::iter::once(heard)))
        }
        Content::Pianoroll(bytes) => {
            let bytes = bytes.read(LARGEST_PIANOROLL).map_err(|e| e.to_string())?;
            let heard = pianoroll::read(bytes).map_err(|e| e.to_string())?;
            Ok(Box::new(std::iter::once(heard)))
        }
        Content::Phrases(rows) => Ok(Box::new(cells::songs(rows))),
        Content::Unreadable(reason) => Err(reason),
    }
}

/// `song.beats` beside `song.mid`, or `beat_midi.txt` in its folder, as POP909 has it.
fn beats_beside(path: &Path) -> Result<Option<BeatFile>, String> {
    for file in [path.with_extension("beats"), path.with_file_name("beat_midi.txt")] {
        if let Some(bytes) = beside(&file, MAX_BEAT_FILE_BYTES)? {
            return BeatFile::parse(&bytes).map(Some).map_err(|e| in_file(&file, &e));
        }
    }
    Ok(None)
}

/// `song.chords` beside `song.mid`, or `chord_midi.txt` in its folder, as POP909 has it.
fn chords_beside(path: &Path) -> Result<Option<Vec<TimedChord>>, String> {
    for file in [path.with_extension("chords"), path.with_file_name("chord_midi.txt")] {
        if let Some(bytes) = beside(&file, LARGEST_CHORD_FILE)? {
            let text = String::from_utf8_lossy(&bytes);
            return read_chord_file(&text).map(Some).map_err(|e| in_file(&file, &e));
        }
    }
    Ok(None)
}

fn beside(file: &Path, most: u64) -> Result<Option<Vec<u8>>, String> {
    match musegan_score::file::read(file, most) {
        Ok(Some(bytes)) => Ok(Some(bytes)),
        Ok(None) => Err(in_file(file, &format!("larger than {} MiB", most >> 20))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(in_file(file, &error)),
    }
}

/// The index says the same wherever the folder lies, so that only the name is told.
fn in_file(file: &Path, what: &dyn std::fmt::Display) -> String {
    format!("{}: {what}", file.file_name().unwrap_or_default().to_string_lossy())
}
