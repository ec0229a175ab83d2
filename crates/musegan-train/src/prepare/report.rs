//! What a preparation found, in numbers: histograms of the phrases that are kept, and what was
//! left aside.
//!
//! What must stay true: memory does not grow with the corpus, bins are fixed beforehand; and it
//! does not matter in which order files are added.
use musegan_score::chord::Quality;
use musegan_score::{Key, Layout};
use serde::{Deserialize, Serialize};

use super::inputs::Skipped;
use super::prepared::{Contents, LabelledPhrase};
use super::rules::sounding_tracks;

mod histogram;
pub mod picture;
pub mod table;

pub use histogram::{Axis, Histogram};

/// The picture's name in the dataset's folder.
pub const PICTURE_FILE: &str = "report.png";

/// Measures of a file, which examining it puts down.
pub(super) const TEMPO: &str = "tempo";
pub(super) const OFF_GRID: &str = "off grid";

const PHRASES: &str = "phrases per file";
const TRACKS: &str = "tracks that sound";
const KEY: &str = "key";
const CHORDS: &str = "chords";
const VELOCITY: &str = "velocity";
const NOTES_PER_BAR: &str = "notes per bar: ";

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Files that nothing here reads, by extension.
    pub skipped: Skipped,
    /// What was measured. Those of one track have its name behind a colon.
    pub histograms: Vec<Histogram>,
}

impl Report {
    /// A report without a file, of phrases of this layout.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        let parts = layout.parts.names();
        let numbers = Histogram::numbers;
        let mut histograms = vec![
            numbers([TEMPO, "files", "beats per minute"], 40.0, 10.0, 20),
            Histogram::names([KEY, "phrases", ""], keys()),
            Histogram::names([CHORDS, "beats", ""], qualities()),
            numbers([TRACKS, "phrases", "tracks"], 1.0, 1.0, parts.len()),
            numbers([PHRASES, "files", "phrases"], 0.0, 4.0, 20),
            numbers([OFF_GRID, "files", "% of a file's onsets"], 0.0, 2.5, 20),
            numbers([VELOCITY, "notes", "MIDI velocity"], 0.0, 8.0, 16),
        ];
        for part in parts {
            let name = format!("{NOTES_PER_BAR}{part}");
            histograms.push(numbers([&name, "phrases that have it", "notes a bar"], 0.0, 2.0, 16));
        }
        Self { skipped: Skipped::default(), histograms }
    }

    /// The report that an index holds; an empty one where it holds none.
    #[must_use]
    pub fn deserialized(stored: &serde_json::Value) -> Self {
        Self::deserialize(stored).unwrap_or_default()
    }

    /// Adds a file of which these phrases are kept.
    pub fn add(&mut self, contents: &Contents, layout: Layout) {
        let kept = &contents.phrases;
        for &(measure, value) in &contents.measures {
            self.count(measure, value.into());
        }
        if !kept.is_empty() {
            self.count(PHRASES, kept.len() as f64);
        }
        kept.iter().for_each(|phrase| self.add_phrase(phrase, layout));
    }

    fn add_phrase(&mut self, phrase: &LabelledPhrase, layout: Layout) {
        self.count(TRACKS, sounding_tracks(&phrase.notes, layout, 1) as f64);
        self.count(KEY, phrase.key.map_or(24.0, |key| f64::from(place_of(key))));
        if let Some(chords) = self.named(CHORDS) {
            for chord in &phrase.chords {
                chords.add(chord.map_or(16.0, |chord| chord.quality.code().into()));
            }
        }
        if let Some(velocities) = self.named(VELOCITY) {
            let known = phrase.notes.iter().filter(|note| note.velocity > 0);
            known.for_each(|note| velocities.add(note.velocity.into()));
        }
        let mut notes = vec![0u32; layout.parts.names().len()];
        for note in &phrase.notes {
            notes[usize::from(note.part)] += 1;
        }
        // The tracks' histograms are the last ones, in their order.
        let tracks = self.histograms.len().saturating_sub(notes.len());
        for (histogram, notes) in self.histograms[tracks..].iter_mut().zip(notes) {
            if notes > 0 {
                histogram.add(f64::from(notes) / f64::from(layout.bars.max(1)));
            }
        }
    }

    fn named(&mut self, name: &str) -> Option<&mut Histogram> {
        self.histograms.iter_mut().find(|histogram| histogram.name == name)
    }

    fn count(&mut self, measure: &str, value: f64) {
        if let Some(histogram) = self.named(measure) {
            histogram.add(value);
        }
    }
}

/// Keys around the circle of fifths, each before its relative minor.
fn keys() -> Vec<String> {
    let mut names = vec![String::new(); 24];
    for key in (0..24).filter_map(Key::of_code) {
        names[usize::from(place_of(key))] = key.to_string();
    }
    names.push("unclear".into());
    names
}

/// Where a key stands in [`keys`].
fn place_of(key: Key) -> u8 {
    let major = if key.is_minor { key.tonic() + 3 } else { key.tonic() };
    2 * (major % 12 * 7 % 12) + u8::from(key.is_minor)
}

fn qualities() -> Vec<String> {
    let known = Quality::ALL.iter().map(|quality| quality.shorthand().to_owned());
    known.chain(["none".into()]).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn keys_stand_in_fifths_with_their_relatives() {
        assert_eq!(keys()[..5], ["C major", "A minor", "G major", "E minor", "D major"]);
        assert!(keys().iter().all(|name| !name.is_empty()));
    }
}
