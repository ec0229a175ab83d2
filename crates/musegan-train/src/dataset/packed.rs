//! A phrase as bits: one for every cell in which a note begins, one for every cell in which a note
//! sounds on. Velocities follow as bytes, one per onset, or not at all.
//!
//! What must stay true: unpacking gives back the notes that were packed. Bits are in the order of
//! the row-major roll `(5, 64, 72)`, most significant first, as `numpy.packbits` writes them; 72
//! pitches are exactly nine bytes, so a step never shares a byte with its neighbour.

use musegan_score::grid::STEPS_PER_PHRASE;
use musegan_score::roll::{CELLS, LOWEST_PITCH, PITCHES, pitch_index};
use musegan_score::{Note, Phrase, Pitch, Step, Track, Velocity};

/// Bytes of one plane of bits.
pub const PLANE_BYTES: usize = CELLS / 8;
/// Bytes of one step of one track in a plane.
const STEP_BYTES: usize = PITCHES / 8;
const _: () = assert!(PITCHES.is_multiple_of(8));

/// One phrase in the form in which a shard holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedPhrase {
    /// A note begins in this cell; [`PLANE_BYTES`] long.
    onset: Vec<u8>,
    /// A note of the step before sounds on in this cell; [`PLANE_BYTES`] long.
    sustain: Vec<u8>,
    /// One MIDI velocity per onset bit, in the order of the bits; empty where unknown.
    velocities: Vec<u8>,
}

impl PackedPhrase {
    /// Packs a phrase with its velocities. Notes outside the pitch range have no cell; their
    /// number is returned beside it.
    #[must_use]
    pub fn of(phrase: &Phrase) -> (Self, u64) {
        let mut packed = Self {
            onset: vec![0; PLANE_BYTES],
            sustain: vec![0; PLANE_BYTES],
            velocities: Vec::new(),
        };
        let mut outside = 0;
        for (track, note) in phrase.notes() {
            let Some(pitch) = pitch_index(note.pitch) else {
                outside += 1;
                continue;
            };
            set(&mut packed.onset, track, note.onset().index(), pitch);
            for step in note.onset().index() + 1..note.end() {
                set(&mut packed.sustain, track, step, pitch);
            }
            // Phrases list their notes by track, onset and pitch, which is the order of the bits.
            packed.velocities.push(note.velocity.value());
        }
        (packed, outside)
    }

    /// Packs the cells that `sounding` lists as (track, step, pitch index). Cells know no onsets:
    /// a run of one pitch becomes one note. Indices outside the roll are left out.
    #[must_use]
    pub fn of_cells(sounding: impl IntoIterator<Item = (Track, usize, usize)>) -> Self {
        let mut cells = vec![0; PLANE_BYTES];
        for (track, step, pitch) in sounding {
            if step < STEPS_PER_PHRASE && pitch < PITCHES {
                set(&mut cells, track, step, pitch);
            }
        }
        let mut sustain = vec![0; PLANE_BYTES];
        for at in 0..PLANE_BYTES {
            let is_first_step = (at / STEP_BYTES).is_multiple_of(STEPS_PER_PHRASE);
            if !is_first_step {
                sustain[at] = cells[at] & cells[at - STEP_BYTES];
            }
        }
        let onset = cells.iter().zip(&sustain).map(|(cell, held)| cell & !held).collect();
        Self { onset, sustain, velocities: Vec::new() }
    }

    /// Whether no cell sounds.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.onset.iter().chain(&self.sustain).all(|&byte| byte == 0)
    }

    /// How many tracks have a note.
    #[must_use]
    pub fn sounding_tracks(&self) -> usize {
        self.onset
            .chunks_exact(PLANE_BYTES / Track::COUNT)
            .filter(|track| track.iter().any(|&byte| byte != 0))
            .count()
    }

    pub(super) fn planes(&self) -> (&[u8], &[u8], &[u8]) {
        (&self.onset, &self.sustain, &self.velocities)
    }
}

/// Number of bits set, which is the number of notes in an onset plane.
pub(super) fn count_bits(plane: &[u8]) -> u64 {
    plane.iter().map(|byte| u64::from(byte.count_ones())).sum()
}

/// Writes 1 where either plane has a bit, else 0.
pub(super) fn unpack_cells(onset: &[u8], sustain: &[u8], out: &mut [f32]) {
    assert_eq!(out.len(), CELLS, "a roll has {CELLS} cells");
    for ((&onset, &sustain), out) in onset.iter().zip(sustain).zip(out.chunks_exact_mut(8)) {
        let byte = onset | sustain;
        for (bit, cell) in out.iter_mut().enumerate() {
            *cell = f32::from((byte >> (7 - bit)) & 1);
        }
    }
}

/// The notes of the two planes; `velocities` is empty or has one for every onset bit.
pub(super) fn unpack_phrase(onset: &[u8], sustain: &[u8], velocities: &[u8]) -> Phrase {
    let mut velocities = velocities.iter();
    let mut notes = Vec::new();
    for track in Track::ALL {
        for step in 0..STEPS_PER_PHRASE {
            for pitch in 0..PITCHES {
                if !get(onset, track, step, pitch) {
                    continue;
                }
                let velocity = velocities
                    .next()
                    .map_or(Velocity::DEFAULT, |&value| Velocity::clamped(i32::from(value)));
                let length = 1
                    + (step + 1..STEPS_PER_PHRASE)
                        .take_while(|&next| {
                            get(sustain, track, next, pitch) && !get(onset, track, next, pitch)
                        })
                        .count();
                let number = Pitch::new(LOWEST_PITCH + pitch as u8);
                if let (Some(onset), Some(number)) = (Step::new(step), number) {
                    notes.push((track, Note::new(onset, length, number, velocity)));
                }
            }
        }
    }
    Phrase::new(notes)
}

/// The byte and the mask of a cell.
fn bit(track: Track, step: usize, pitch: usize) -> (usize, u8) {
    let byte = (track.index() * STEPS_PER_PHRASE + step) * STEP_BYTES + pitch / 8;
    (byte, 0x80 >> (pitch % 8))
}

fn set(plane: &mut [u8], track: Track, step: usize, pitch: usize) {
    let (byte, mask) = bit(track, step, pitch);
    plane[byte] |= mask;
}

fn get(plane: &[u8], track: Track, step: usize, pitch: usize) -> bool {
    let (byte, mask) = bit(track, step, pitch);
    plane[byte] & mask != 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use musegan_score::Roll;
    use proptest::prelude::*;

    fn any_note() -> impl Strategy<Value = (Track, Note)> {
        (0usize..5, 0usize..64, 1usize..20, 24u8..96, 1i32..128).prop_map(
            |(track, step, length, pitch, velocity)| {
                let note = Note::new(
                    Step::new(step).unwrap(),
                    length,
                    Pitch::new(pitch).unwrap(),
                    Velocity::clamped(velocity),
                );
                (Track::ALL[track], note)
            },
        )
    }

    proptest! {
        #[test]
        fn unpacking_gives_back_the_notes_that_were_packed(
            notes in prop::collection::vec(any_note(), 0..120)
        ) {
            let phrase = Phrase::new(notes);
            let (packed, outside) = PackedPhrase::of(&phrase);
            prop_assert_eq!(outside, 0);
            prop_assert_eq!(
                unpack_phrase(&packed.onset, &packed.sustain, &packed.velocities),
                phrase.clone()
            );
            let mut cells = vec![0.5; CELLS];
            unpack_cells(&packed.onset, &packed.sustain, &mut cells);
            let roll = Roll::of(&phrase);
            prop_assert_eq!(&cells, roll.cells());
        }
    }

    #[test]
    fn a_run_of_cells_is_one_note_and_the_next_track_starts_afresh() {
        let run = [(Track::Drums, 63, 5), (Track::Piano, 0, 5), (Track::Piano, 1, 5)];
        let packed = PackedPhrase::of_cells(run);
        let phrase = unpack_phrase(&packed.onset, &packed.sustain, &[]);
        let lengths: Vec<_> = phrase.notes().map(|(track, n)| (track, n.length())).collect();
        assert_eq!(lengths, [(Track::Drums, 1), (Track::Piano, 2)]);
        assert_eq!(packed.sounding_tracks(), 2);
    }

    #[test]
    fn notes_outside_the_pitch_range_are_counted_and_left_out() {
        let note = |pitch| {
            let pitch = Pitch::new(pitch).unwrap();
            (Track::Piano, Note::new(Step::new(0).unwrap(), 4, pitch, Velocity::DEFAULT))
        };
        let (packed, outside) = PackedPhrase::of(&Phrase::new([note(23), note(24), note(96)]));
        assert_eq!(outside, 2);
        assert_eq!(count_bits(&packed.onset), 1);
        assert_eq!(packed.velocities.len(), 1);
    }
}
