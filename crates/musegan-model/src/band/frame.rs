//! The frame in which the networks see music: every beat as if its chord stood on C.
//!
//! A pitched note is moved by its beat's shift, which takes the chord's root to C by the shorter
//! way, and counted from the lowest pitch of its track's window of 48. Drums are not moved. What
//! must stay true: a phrase that was carried out of the frame comes back note for note.
use std::cmp::Reverse;

use musegan_score::grid::{BEATS_PER_PHRASE, STEPS_PER_BEAT};
use musegan_score::roll::{LOWEST_PITCH, PITCHES};
use musegan_score::{Chord, Key, Note, Phrase, Pitch, Step, Track, Velocity};

/// Pitches of a track's window.
pub const WINDOW: usize = 48;
/// The lowest pitch of each track's window, counted from MIDI 24 after the shift.
pub const LOW: [u8; Track::COUNT] = [7, 16, 11, 0, 21];

/// The chords and the key that a phrase lies over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Harmony {
    /// The chord on each beat, where it is known.
    pub chords: [Option<Chord>; BEATS_PER_PHRASE],
    /// The key, where it is known.
    pub key: Option<Key>,
}

/// A note in the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RelativeNote {
    /// Who plays it.
    pub track: Track,
    /// Where it begins.
    pub step: Step,
    /// Index in the track's window, `0..WINDOW`.
    pub pitch: u8,
    /// Steps, at least 1; it may reach over chord changes.
    pub length: u8,
    /// How hard it is struck.
    pub velocity: Velocity,
    /// How sure the network is of it; 1 for notes that were read.
    pub strength: f32,
}

impl Harmony {
    /// The root on each beat, `0..12`. Where none is known it is that of the beat before, at the
    /// beginning that of the first chord, and C without any chord.
    #[must_use]
    pub fn roots(&self) -> [u8; BEATS_PER_PHRASE] {
        let mut root = self.chords.iter().flatten().next().map_or(0, |chord| chord.root());
        self.chords.map(|chord| {
            root = chord.map_or(root, Chord::root);
            root
        })
    }

    /// Semitones by which the pitched tracks lie above the frame on each beat, `-6..=5`.
    #[must_use]
    pub fn shifts(&self) -> [i8; BEATS_PER_PHRASE] {
        self.roots().map(|root| (root as i8 + 6) % 12 - 6)
    }

    /// The shift of one beat.
    ///
    /// # Panics
    /// When the phrase has no such beat.
    #[must_use]
    pub fn shift(&self, beat: usize) -> i8 {
        self.shifts()[beat]
    }

    /// The same chords and key so many semitones higher.
    #[must_use]
    pub fn transposed(&self, semitones: i8) -> Self {
        Self {
            chords: self.chords.map(|chord| chord.map(|chord| chord.transposed(semitones))),
            key: self.key.map(|key| key.transposed(semitones)),
        }
    }
}

/// The notes of a phrase in the frame, sorted by track, step and pitch, and how many are lost.
///
/// A pitched note outside its window is folded into it by octaves. Lost are drums outside the
/// window, which another octave would make another drum, and of notes that fold into one cell all
/// but the longest that sounds at middle density, or else the longest.
#[must_use]
pub fn relative(phrase: &Phrase, harmony: &Harmony) -> (Vec<RelativeNote>, usize) {
    let shifts = harmony.shifts();
    let in_frame = |(track, note): (Track, &Note)| {
        let shift = shifts[note.onset().index() / STEPS_PER_BEAT];
        Some(RelativeNote {
            track,
            step: note.onset(),
            pitch: window_index(track, note.pitch, shift)?,
            length: note.length() as u8,
            velocity: note.velocity,
            strength: note.strength(),
        })
    };
    let mut notes: Vec<_> = phrase.notes().filter_map(in_frame).collect();
    notes.sort_by_key(|n| (n.track, n.step, n.pitch, n.strength <= 0.5, Reverse(n.length)));
    notes.dedup_by_key(|n| (n.track, n.step, n.pitch));
    let lost = phrase.notes().count() - notes.len();
    (notes, lost)
}

/// The phrase of these notes over its chords. What the shift carries out of MIDI 24 to 95 is folded
/// back by an octave.
#[must_use]
pub fn absolute(notes: &[RelativeNote], harmony: &Harmony) -> Phrase {
    let shifts = harmony.shifts();
    let placed = |note: &RelativeNote| {
        let shift = shifts[note.step.index() / STEPS_PER_BEAT];
        let pitch = Pitch::new(midi_number(note.track, note.pitch, shift))?;
        let placed = Note::new(note.step, note.length.into(), pitch, note.velocity);
        Some((note.track, placed.with_strength(note.strength)))
    };
    Phrase::new(notes.iter().filter_map(placed)).with_chords(harmony.chords)
}

/// The MIDI number of a place in a track's window, 24 to 95.
#[must_use]
pub fn midi_number(track: Track, pitch: u8, shift: i8) -> u8 {
    let shift = if track.is_drums() { 0 } else { i32::from(shift) };
    let index = i32::from(LOW[track.index()]) + i32::from(pitch) + shift;
    let folded = folded(index, PITCHES as i32);
    LOWEST_PITCH + folded as u8
}

fn window_index(track: Track, pitch: Pitch, shift: i8) -> Option<u8> {
    let low = i32::from(LOWEST_PITCH) + i32::from(LOW[track.index()]);
    let above = i32::from(pitch.number()) - low;
    if track.is_drums() {
        return u8::try_from(above).ok().filter(|&index| usize::from(index) < WINDOW);
    }
    Some(folded(above - i32::from(shift), WINDOW as i32) as u8)
}

/// The nearest number of the same pitch class in `0..size`, a size of whole octaves.
fn folded(index: i32, size: i32) -> i32 {
    match index {
        ..0 => index.rem_euclid(12),
        _ if index >= size => size - 12 + index % 12,
        _ => index,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use musegan_score::chord::Quality;
    use proptest::prelude::*;

    use super::*;

    fn harmonies() -> impl Strategy<Value = Harmony> {
        let chord = (0..12u8, 0..12u8).prop_map(|(r, b)| Chord::new(r, Quality::Major, b));
        prop::array::uniform16(prop::option::of(chord))
            .prop_map(|chords| Harmony { chords, key: None })
    }

    fn notes() -> impl Strategy<Value = Vec<(Track, Note)>> {
        let note = (0..5usize, 0..64usize, 1..64usize, 0..128u8, 1..128i32).prop_map(
            |(track, step, length, pitch, velocity)| {
                let (step, pitch) = (Step::new(step).unwrap(), Pitch::new(pitch).unwrap());
                (Track::ALL[track], Note::new(step, length, pitch, Velocity::clamped(velocity)))
            },
        );
        prop::collection::vec(note, 0..80)
    }

    proptest! {
        #[test]
        fn what_came_out_of_the_frame_goes_back_in_and_out_unchanged(
            (harmony, notes) in (harmonies(), notes())
        ) {
            let (inside, _) = relative(&Phrase::new(notes), &harmony);
            let phrase = absolute(&inside, &harmony);
            let (again, lost) = relative(&phrase, &harmony);
            prop_assert_eq!(lost, 0);
            prop_assert_eq!(absolute(&again, &harmony), phrase);
        }

        #[test]
        fn every_note_keeps_its_pitch_class_or_is_counted_as_lost(
            (harmony, notes) in (harmonies(), notes())
        ) {
            let phrase = Phrase::new(notes);
            let (inside, lost) = relative(&phrase, &harmony);
            prop_assert_eq!(inside.len() + lost, phrase.notes().count());
            for note in &inside {
                let shift = harmony.shift(note.step.index() / STEPS_PER_BEAT);
                let number = midi_number(note.track, note.pitch, shift);
                let there = phrase.starting_at(note.track, note.step).iter();
                let mut same = there.filter(|n| n.pitch.number() % 12 == number % 12);
                prop_assert!(same.any(|n| n.length() == usize::from(note.length)));
            }
        }
    }

    #[test]
    fn a_weak_note_takes_no_strong_ones_place() {
        let note = |pitch, length, strength| {
            let pitch = Pitch::new(pitch).unwrap();
            let note = Note::new(Step::default(), length, pitch, Velocity::DEFAULT);
            (Track::Bass, note.with_strength(strength))
        };
        let phrase = Phrase::new([note(84, 9, 0.4), note(72, 2, 0.9), note(96, 4, 0.8)]);
        let (notes, lost) = relative(&phrase, &Harmony::default());
        assert_eq!((notes.len(), lost), (1, 2));
        assert_eq!((notes[0].length, notes[0].strength), (4, 0.8));
    }

    #[test]
    fn an_unknown_root_is_that_of_the_beat_before_or_the_first_that_follows() {
        let mut harmony = Harmony::default();
        assert_eq!(harmony.shifts(), [0; 16]);
        harmony.chords[2] = Some(Chord::new(7, Quality::Major, 7));
        harmony.chords[5] = Some(Chord::new(5, Quality::Minor, 5));
        assert_eq!(harmony.roots()[..7], [7, 7, 7, 7, 7, 5, 5]);
        assert_eq!(harmony.shifts()[4..6], [-5, 5]);
        assert_eq!(harmony.transposed(1).shifts()[4..6], [-4, -6]);
    }

    #[test]
    fn the_root_of_every_chord_lies_in_one_place() {
        let c = Pitch::new(48).unwrap();
        for root in 0..12 {
            let chord = Chord::new(root, Quality::Major, root);
            let harmony = Harmony { chords: [Some(chord); 16], key: None };
            let pitch = c.transposed(harmony.shift(0)).unwrap();
            assert_eq!(pitch.number() % 12, root);
            let note = Note::new(Step::default(), 4, pitch, Velocity::DEFAULT);
            let (notes, _) = relative(&Phrase::new([(Track::Bass, note)]), &harmony);
            assert_eq!(notes[0].pitch, 24);
        }
    }
}
