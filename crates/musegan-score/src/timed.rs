//! Notes of the band in beats, off the grid: what a performance leaves behind.
use crate::grid::STEPS_PER_BEAT;
use crate::{Phrase, Pitch, Track, Velocity};

/// A note of one track at a song position in quarter notes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedNote {
    /// Who plays it.
    pub track: Track,
    /// Where it begins, in quarter notes from the beginning.
    pub onset_beats: f64,
    /// How long it sounds, in quarter notes.
    pub length_beats: f64,
    /// The key.
    pub pitch: Pitch,
    /// How hard it is struck.
    pub velocity: Velocity,
}

impl TimedNote {
    /// The notes of a phrase that begins `at_beats` quarter notes into the song.
    pub fn of_phrase(phrase: &Phrase, at_beats: f64) -> impl Iterator<Item = Self> {
        phrase.notes().map(move |(track, note)| Self {
            track,
            onset_beats: at_beats + note.onset().index() as f64 / STEPS_PER_BEAT as f64,
            length_beats: note.length() as f64 / STEPS_PER_BEAT as f64,
            pitch: note.pitch,
            velocity: note.velocity,
        })
    }
}
