//! From what was found to songs: every kind of input becomes notes in ticks, so that all of them
//! take the same way from there.
//!
//! What must stay true: whatever the bytes are, reading ends with a song or a sentence, in memory
//! in proportion to the limits here.
use musegan_score::annotations::{TimedChord, read_chord_file};
use musegan_score::beats::BeatFile;
use musegan_score::layout::Parts;
use musegan_score::{Song, midi};

use super::inputs::{Beside, Companion, Content};

mod cells;
mod pianoroll;

pub(super) use pianoroll::LARGEST_PIANOROLL;

/// A `.mid` file of more bytes is refused.
pub(super) const LARGEST_MIDI: u64 = midi::MAX_FILE_BYTES;

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
        Content::Midi(bytes, beside) => {
            let bytes = bytes.read(LARGEST_MIDI).map_err(|e| e.to_string())?;
            let mut heard = Heard::song(midi::read(&bytes).map_err(|e| e.to_string())?);
            heard.beats = beats(&beside)?;
            heard.chords = chords(&beside)?;
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

fn beats(beside: &Beside) -> Result<Option<BeatFile>, String> {
    let found = beside.companion(Companion::Beats).map_err(|e| e.to_string())?;
    let parsed = found
        .map(|(name, bytes)| BeatFile::parse(&bytes).map_err(|error| format!("{name}: {error}")));
    parsed.transpose()
}

fn chords(beside: &Beside) -> Result<Option<Vec<TimedChord>>, String> {
    let found = beside.companion(Companion::Chords).map_err(|e| e.to_string())?;
    let parsed = found.map(|(name, bytes)| {
        let text = String::from_utf8_lossy(&bytes);
        read_chord_file(&text).map_err(|error| format!("{name}: {error}"))
    });
    parsed.transpose()
}
