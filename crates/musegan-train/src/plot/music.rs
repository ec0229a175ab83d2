//! Music of any file to draw: a song, a phrase of an array or dataset, a phrase that weights play.
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use musegan_model::{Band, Device, Weights, sampling};
use musegan_score::layout::Parts;
use musegan_score::{Composition, Phrase, Song, TimedNote, Track, arrange, midi};

use crate::evaluate::input;

/// Phrases of a file that can be chosen from; files of more are asked for in parts.
const MOST_PHRASES: usize = 10_000;

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
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("mid" | "midi") => {
            let song =
                midi::read_file(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(of_song(&song))
        }
        Some("safetensors") => {
            let weights = Weights::read(path)?;
            let composition = Composition { seed: choice.seed, ..Composition::default() };
            let mut band = Band::new(&weights, Device::Cpu);
            let index = i64::try_from(choice.phrase).unwrap_or(i64::MAX);
            Ok(of_phrase(&sampling::sounding(&band.phrase(&composition, index))))
        }
        _ => of_phrases(path, choice),
    }
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

fn of_phrases(path: &Path, choice: &Choice) -> Result<Vec<TimedNote>> {
    let shown = path.display();
    let music = input::read(path, &[], choice.threshold, MOST_PHRASES)?;
    let count = music.phrases.len();
    ensure!(
        count < MOST_PHRASES || choice.phrase == 0,
        "{shown} holds {MOST_PHRASES} phrases or more, of which only the first can be drawn; save the \
         one to draw in a file of its own"
    );
    match music.phrases.get(choice.phrase) {
        Some(phrase) => Ok(of_phrase(phrase)),
        None => bail!(
            "{shown} holds {count} phrases, numbered from 0; there is no phrase {}",
            choice.phrase
        ),
    }
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
