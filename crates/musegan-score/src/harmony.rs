//! Keys and chords of music that nobody has annotated.
//!
//! The key is the one whose profile of pitch classes is most like what sounds, weighted by
//! duration (Krumhansl 1990), followed over the song so that it may change. Chords are matched
//! beat by beat with templates (root, quality, bass) and smoothed over time, so that an arpeggio
//! is one chord and a passing note none; changes are likelier on bar lines and strong beats, and
//! chords of the key likelier than others.
//!
//! What must stay true: the result depends on nothing but the notes, not even on their order; and
//! but for what is ambiguous, music that is transposed has the same harmony, transposed.
//!
//! ```
//! use musegan_score::harmony::{Pulse, Sounding, analyse};
//!
//! // Two bars of 4/4 in sixteenths: C major, then G major over B.
//! let note = |onset, pitch| Sounding { onset, end: onset + 16, pitch, ..Sounding::default() };
//! let notes = [(0, 48), (0, 60), (0, 64), (0, 67), (16, 47), (16, 62), (16, 67), (16, 71)];
//! let notes = notes.map(|(onset, pitch)| note(onset, pitch));
//! let harmony = analyse(&notes, &Pulse::four_four(4, 2));
//! assert_eq!(harmony.chords[0], "C:maj".parse().ok());
//! assert_eq!(harmony.chords[4], "G:maj/3".parse().ok());
//! ```
use std::ops::Range;

use crate::{Chord, Key};

mod chords;
mod hearing;
mod keys;
mod path;
mod presence;

/// A pitched note, as harmony hears it. Drums have no place here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sounding {
    /// The step it begins at, counted from the pulse's first beat.
    pub onset: u32,
    /// The step it has ended at.
    pub end: u32,
    /// MIDI number.
    pub pitch: u8,
    /// How much it counts, [`NORMAL_WEIGHT`](Self::NORMAL_WEIGHT) being a note of the
    /// accompaniment; less for a melody, whose notes need not belong to the chord.
    pub weight: u8,
    /// Whether a bass plays it. Where none does, the lowest note is the bass.
    pub is_bass: bool,
}

impl Sounding {
    /// The weight of a note like any other.
    pub const NORMAL_WEIGHT: u8 = 64;
}

impl Default for Sounding {
    fn default() -> Self {
        Self { onset: 0, end: 1, pitch: 60, weight: Self::NORMAL_WEIGHT, is_bass: false }
    }
}

/// How heavy a beat is: the heavier, the likelier a new chord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accent {
    /// The first of a bar.
    Bar,
    /// The middle of a bar.
    Strong,
    /// Any other.
    Weak,
}

/// The beats of a song and the steps between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulse {
    steps_per_beat: u32,
    accents: Vec<Accent>,
}

impl Pulse {
    /// So many bars of four beats.
    #[must_use]
    pub fn four_four(steps_per_beat: u32, bars: usize) -> Self {
        Self::of_bars(steps_per_beat, std::iter::repeat_n(4, bars))
    }

    /// Bars of so many beats each, such as 4, 4, 3, 4.
    #[must_use]
    pub fn of_bars(steps_per_beat: u32, beats_of_bars: impl IntoIterator<Item = u32>) -> Self {
        let accents = beats_of_bars.into_iter().flat_map(|beats| {
            (0..beats).map(move |beat| match beat {
                0 => Accent::Bar,
                _ if beats % 2 == 0 && beat == beats / 2 => Accent::Strong,
                _ => Accent::Weak,
            })
        });
        Self { steps_per_beat, accents: accents.collect() }
    }

    /// How many beats there are.
    #[must_use]
    pub fn beats(&self) -> usize {
        self.accents.len()
    }
}

/// What was found, beat by beat.
#[derive(Clone, Debug, PartialEq)]
pub struct Harmony {
    /// The key of the whole, where one is clear.
    pub key: Option<Key>,
    /// How clear it is: by how much its profile's correlation with what sounds exceeds that of
    /// the best key that is neither it nor its relative. 0 for silence and for chromatic music,
    /// about .2 for music that stays in its key.
    pub clarity: f32,
    /// The key on each beat, which differs from the whole's where the song modulates.
    pub keys: Vec<Option<Key>>,
    /// The chord on each beat; `None` where too little sounds.
    pub chords: Vec<Option<Chord>>,
}

impl Harmony {
    /// The key of most of these beats, as far as they exist; `None` where it is unclear.
    #[must_use]
    pub fn key_over(&self, beats: Range<usize>) -> Option<Key> {
        let mut counts = [0_u32; 24];
        let beats = beats.start.min(self.keys.len())..beats.end.min(self.keys.len());
        for key in self.keys.get(beats)?.iter().flatten() {
            counts[usize::from(key.code())] += 1;
        }
        let most = (0..24_u8).rev().max_by_key(|&code| counts[usize::from(code)])?;
        Key::of_code(most).filter(|_| counts[usize::from(most)] > 0)
    }
}

/// Keys and chords of these notes, in any order, on the beats of the pulse.
///
/// Time goes with notes plus beats. Memory does with beats alone, about a kilobyte for each, so
/// long silences are better cut out before.
#[must_use]
pub fn analyse(notes: &[Sounding], pulse: &Pulse) -> Harmony {
    let beats = presence::of(notes, pulse);
    let (key, clarity) = keys::overall(&beats);
    let keys = keys::by_beat(&beats, pulse);
    let chords = chords::by_beat(&beats, pulse, &keys);
    Harmony { key, clarity, keys, chords }
}
