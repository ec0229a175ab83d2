//! A whole piece as its file tells it: parts, tempo map, metre map, in ticks.
//!
//! Nothing is lost here yet: what has no place in the band or off the grid goes when a song is cut
//! into phrases (see [`crate::quantise`]). The memory of a song is proportional to its notes and
//! never to the time it claims to last.
use std::sync::Arc;

use crate::grid::{BEATS_PER_PHRASE, STEPS_PER_BEAT};
use crate::midi::Damage;
use crate::quantise::{Phrases, Stride};
use crate::{Key, Phrase, Pitch, TimedNote, Track, Velocity};

/// Ticks per quarter note in songs that are made here.
pub const TICKS_PER_BEAT: u32 = 480;
/// The tempo of a file that names none: 120 beats per minute.
pub const DEFAULT_MICROS_PER_BEAT: u32 = 500_000;
/// Files hold a tempo in 24 bits.
const SLOWEST_MICROS_PER_BEAT: u32 = 0x00FF_FFFF;

/// A piece of music: what was read from a `.mid` file, or what is to be written to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Song {
    /// Title, where there is one.
    pub name: Option<String>,
    /// Ticks in a quarter note, at least 1.
    pub ticks_per_beat: u32,
    /// Tempo changes, sorted by tick; before the first one it is 120.
    pub tempos: Vec<Tempo>,
    /// Metre changes, sorted by tick; before the first one it is 4/4.
    pub metres: Vec<Metre>,
    /// Key signatures, sorted by tick.
    pub keys: Vec<KeySignature>,
    /// Markers, sorted by tick: sections, and chords in Harte's writing.
    pub markers: Vec<Marker>,
    /// Who plays what.
    pub parts: Vec<Part>,
    /// What was wrong with the file it came from, the first few places; empty for a sound one.
    pub damage: Vec<Damage>,
}

/// From `tick` on, a quarter note lasts so many microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tempo {
    /// Where it begins.
    pub tick: u64,
    /// Microseconds per quarter note, at least 1.
    pub micros_per_beat: u32,
}

/// From `tick` on, a bar has `count` notes of one `unit`th; a bar line lies at `tick`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metre {
    /// Where it begins.
    pub tick: u64,
    /// The upper number, at least 1.
    pub count: u8,
    /// The lower number, a power of two: 4 for quarters, 8 for eighths.
    pub unit: u8,
}

/// From `tick` on, the music is in this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySignature {
    /// Where it begins.
    pub tick: u64,
    /// The key, as the file says it; many say C major without meaning it.
    pub key: Key,
}

/// A text at a place of the song. One that reads as a chord with a colon, `A:min7`, or is `N.C.`
/// names the chord from there on; any other names a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// Where it stands.
    pub tick: u64,
    /// What it says, not empty.
    pub text: Arc<str>,
}

/// The notes one instrument plays in one track of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The track's name, shared by all parts of the track.
    pub name: Option<Arc<str>>,
    /// MIDI channel, `0..16`.
    pub channel: u8,
    /// General MIDI program, `0..128`, or `None` where the file never said.
    pub program: Option<u8>,
    /// Whether the keys are percussion instruments.
    pub is_drums: bool,
    /// Sorted by onset, then pitch.
    pub notes: Vec<SongNote>,
}

/// A note in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SongNote {
    /// Tick from the song's beginning.
    pub onset: u64,
    /// Ticks it sounds, at least 1.
    pub length: u64,
    /// The key.
    pub pitch: Pitch,
    /// How hard it is struck.
    pub velocity: Velocity,
}

impl SongNote {
    /// The tick at which it has ended.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.onset.saturating_add(self.length)
    }
}

impl Song {
    /// A song without notes, in 4/4 at this tempo.
    ///
    /// A tempo slower than files can hold (3.58) becomes the slowest they can; one that is not a
    /// positive number becomes 120.
    #[must_use]
    pub fn silent(bpm: f64) -> Self {
        let micros_per_beat = if bpm.is_finite() && bpm > 0.0 {
            ((60e6 / bpm).round() as u32).clamp(1, SLOWEST_MICROS_PER_BEAT)
        } else {
            DEFAULT_MICROS_PER_BEAT
        };
        Self {
            name: None,
            ticks_per_beat: TICKS_PER_BEAT,
            tempos: vec![Tempo { tick: 0, micros_per_beat }],
            metres: vec![Metre { tick: 0, count: 4, unit: 4 }],
            keys: Vec::new(),
            markers: Vec::new(),
            parts: Vec::new(),
            damage: Vec::new(),
        }
    }

    /// Timed notes as a song of five named parts, silent ones included, so that every file has
    /// the same five tracks. Times that are not numbers are left out, negative ones begin at 0.
    #[must_use]
    pub fn of_notes(notes: &[TimedNote], bpm: f64) -> Self {
        let mut song = Self::silent(bpm);
        song.parts = Track::ALL.map(|track| Part::of_track(track, notes)).into();
        song
    }

    /// Phrases played back to back as a song of five named parts.
    ///
    /// ```
    /// use musegan_score::{Note, Phrase, Pitch, Song, Step, Track, Velocity, quantise::Stride};
    ///
    /// let note = Note::new(Step::default(), 4, Pitch::new(60).unwrap(), Velocity::DEFAULT);
    /// let phrase = Phrase::new([(Track::Piano, note)]);
    /// let song = Song::of_phrases(&[phrase.clone()], 120.0);
    /// let again: Vec<_> = song.phrases(Stride::Phrase).map(|cut| cut.phrase).collect();
    /// assert_eq!(again, [phrase]);
    /// ```
    #[must_use]
    pub fn of_phrases(phrases: &[Phrase], bpm: f64) -> Self {
        let notes: Vec<_> = phrases
            .iter()
            .enumerate()
            .flat_map(|(i, phrase)| TimedNote::of_phrase(phrase, (i * BEATS_PER_PHRASE) as f64))
            .collect();
        Self::of_notes(&notes, bpm)
    }

    /// The song cut into four-bar phrases of the band, with a count of what that loses.
    #[must_use]
    pub fn phrases(&self, stride: Stride) -> Phrases {
        Phrases::of(self, stride)
    }

    /// All notes of all parts.
    #[must_use]
    pub fn note_count(&self) -> usize {
        self.parts.iter().map(|part| part.notes.len()).sum()
    }

    /// Beats per minute at the beginning.
    #[must_use]
    pub fn bpm(&self) -> f64 {
        let first = self.tempos.first().filter(|tempo| tempo.tick == 0);
        60e6 / f64::from(first.map_or(DEFAULT_MICROS_PER_BEAT, |tempo| tempo.micros_per_beat))
    }
}

impl Metre {
    /// Whether a bar lasts four quarter notes, as the grid's bars do: 4/4, 2/2, 8/8.
    #[must_use]
    pub const fn fits_the_grid(&self) -> bool {
        self.count as u32 * 4 == self.unit as u32 * STEPS_PER_BEAT as u32
    }
}

impl Part {
    fn of_track(track: Track, notes: &[TimedNote]) -> Self {
        let ticks = |beats: f64| (beats * f64::from(TICKS_PER_BEAT)).round() as u64;
        let mut notes: Vec<_> = notes
            .iter()
            .filter(|n| n.track == track && n.onset_beats.is_finite() && n.length_beats.is_finite())
            .map(|n| {
                let onset = ticks(n.onset_beats);
                let end = ticks(n.onset_beats + n.length_beats);
                let length = end.saturating_sub(onset).max(1);
                SongNote { onset, length, pitch: n.pitch, velocity: n.velocity }
            })
            .collect();
        notes.sort_by_key(|n| (n.onset, n.pitch));
        Self {
            name: Some(track.name().into()),
            channel: track.midi_channel(),
            program: Some(track.program()),
            is_drums: track.is_drums(),
            notes,
        }
    }
}
