//! Music of any file to draw: a song, a phrase of an array or dataset, a phrase that weights play.
use std::path::Path;

use anyhow::{Result, ensure};
use musegan_model::{Band, Device, Weights, sampling};
use musegan_score::layout::Parts;
use musegan_score::{Composition, Phrase, Song, TimedNote, Track, arrange, midi};

use crate::evaluate::input;

/// Which of a file's music is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The seed of what weights play.
    pub seed: u64,
    /// Which phrase of an array, a dataset or a song that weights play.
    pub phrase: usize,
    /// Activation above which a cell of an array sounds; `None` as
    /// [`evaluate`](crate::evaluate::input::read) has it.
    pub threshold: Option<f32>,
}

/// Notes from a file, in quarter notes from its beginning.
///
/// # Errors
/// If the file cannot be read or has no such phrase.
pub fn notes(path: &Path, choice: &Choice) -> Result<Vec<TimedNote>> {
    if is_song(path) {
        let notes = of_song(&midi::read_file(path)?);
        ensure!(!notes.is_empty(), "{} has no note for any of the five tracks", path.display());
        return Ok(notes);
    }
    if is_weights(path) {
        let weights = Weights::read(path)?;
        let composition = Composition { seed: choice.seed, ..Composition::default() };
        let mut band = Band::new(&weights, Device::Cpu);
        let index = i64::try_from(choice.phrase).unwrap_or(i64::MAX);
        return Ok(of_phrase(&sampling::sounding(&band.phrase(&composition, index))));
    }
    Ok(of_phrase(&input::phrase(path, choice.phrase, choice.threshold)?))
}

/// Whether a path names a song, which is drawn whole.
#[must_use]
pub fn is_song(path: &Path) -> bool {
    is_one_of(path, &["mid", "midi"])
}

/// Whether a path names weights.
#[must_use]
pub fn is_weights(path: &Path) -> bool {
    is_one_of(path, &["safetensors"])
}

/// Whether a path names an array.
#[must_use]
pub fn is_array(path: &Path) -> bool {
    is_one_of(path, &["npy", "npz"])
}

fn is_one_of(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|found| endings.iter().any(|e| found.eq_ignore_ascii_case(e)))
}

/// All notes of a song whose parts the band plays; drums, say, on the drums.
#[must_use]
pub fn of_song(song: &Song) -> Vec<TimedNote> {
    let beats = |ticks: u64| ticks as f64 / f64::from(song.ticks_per_beat.max(1));
    let assignments = arrange::assign(song, Parts::Band);
    let mut notes = Vec::new();
    for (part, assignment) in song.parts.iter().zip(assignments) {
        let track = assignment.part.and_then(|part| Track::ALL.get(usize::from(part)));
        let Some(&track) = track else { continue };
        notes.extend(part.notes.iter().map(|note| TimedNote {
            track,
            onset_beats: beats(note.onset),
            length_beats: beats(note.length),
            pitch: note.pitch,
            velocity: note.velocity,
        }));
    }
    notes
}

fn of_phrase(phrase: &Phrase) -> Vec<TimedNote> {
    TimedNote::of_phrase(phrase, 0.0).collect()
}

/// The notes from a beat on, which becomes beat 0.
#[must_use]
pub fn from(notes: Vec<TimedNote>, beat: f64) -> Vec<TimedNote> {
    let moved =
        notes.into_iter().map(|note| TimedNote { onset_beats: note.onset_beats - beat, ..note });
    moved.collect()
}

/// Bars of four quarter notes until the last note ends.
#[must_use]
pub fn bars(notes: &[TimedNote]) -> usize {
    let end = notes.iter().map(|note| note.onset_beats + note.length_beats).fold(0.0, f64::max);
    // A note that hangs over by less than a sixteenth needs no bar of its own.
    ((end - 0.25) / 4.0).ceil().max(1.0) as usize
}
