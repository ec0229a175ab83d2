//! A phrase as bits: one for every cell in which a note begins, one for every cell in which a note
//! sounds on. Velocities follow as bytes, one per onset, or not at all.
//!
//! What must stay true: unpacking gives back the notes that were packed. Bits are in the order of
//! the row-major cells (part, step, pitch), most significant first and without gaps, as
//! `numpy.packbits` writes them.

use musegan_score::layout::PlacedNote;
use musegan_score::{Layout, Note, Phrase, Pitch, Step, Track, Velocity};

use super::labels::{self, CHORD_BYTES, Labels};
use super::shape::Shape;

/// One phrase in the form in which a shard holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedPhrase {
    /// A note begins in this cell.
    pub(super) onset: Vec<u8>,
    /// A note of the step before sounds on in this cell.
    pub(super) sustain: Vec<u8>,
    /// One MIDI velocity per onset bit, in the order of the bits; empty where unknown.
    pub(super) velocities: Vec<u8>,
    pub(super) key: u8,
    /// Three bytes for each beat.
    pub(super) chords: Vec<u8>,
    pub(super) bar: u32,
}

impl PackedPhrase {
    /// Packs notes, which need no order, in the given shape. Notes that the layout has no cell for
    /// are left out; of notes of one part and pitch that overlap the earlier ends where the later
    /// begins, and of two that begin together the longer stays. Where no note has a velocity none
    /// is stored; where only some have one the others get [`Velocity::DEFAULT`].
    #[must_use]
    pub fn of(shape: &Shape, notes: &[PlacedNote], labels: &Labels) -> Self {
        let layout = shape.layout;
        let planes = Planes::of(layout, notes);
        let (onset, sustain, velocities) = match shape.binary {
            false => (planes.onset, planes.sustain, planes.velocities),
            true => {
                let (onset, sustain) = runs(layout, &planes.onset, &planes.sustain);
                (onset, sustain, Vec::new())
            }
        };
        let beat = |beat| labels.chords.get(beat).copied().flatten();
        Self {
            onset,
            sustain,
            velocities,
            key: labels::key_byte(labels.key),
            chords: (0..layout.beats()).flat_map(|b| labels::chord_bytes(beat(b))).collect(),
            bar: labels.bar,
        }
    }

    /// Packs a phrase of the band with its velocities, without labels. Notes outside the pitch
    /// range have no cell.
    #[must_use]
    pub fn of_phrase(phrase: &Phrase) -> Self {
        let notes: Vec<_> = phrase.notes().map(|(track, note)| placed(track, note)).collect();
        Self::of(&Shape::band(), &notes, &Labels::default())
    }

    /// The notes in it, sorted by part, onset, pitch, if it was packed in this layout; with velocity
    /// 0 where none is known.
    #[must_use]
    pub fn notes(&self, layout: Layout) -> Vec<PlacedNote> {
        unpack_notes(layout, &self.onset, &self.sustain, &self.velocities)
    }

    /// Whether no cell sounds.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.onset.iter().all(|&byte| byte == 0)
    }
}

fn placed(track: Track, note: &Note) -> PlacedNote {
    PlacedNote {
        part: track.index() as u8,
        onset: note.onset().index() as u16,
        pitch: note.pitch.number(),
        length: note.length() as u16,
        velocity: note.velocity.value(),
    }
}

struct Planes {
    onset: Vec<u8>,
    sustain: Vec<u8>,
    velocities: Vec<u8>,
}

impl Planes {
    fn of(layout: Layout, notes: &[PlacedNote]) -> Self {
        let plane = || vec![0u8; layout.cells().div_ceil(8)];
        let mut planes = Self { onset: plane(), sustain: plane(), velocities: Vec::new() };
        let mut velocities = Vec::with_capacity(notes.len());
        // Of notes that begin together the longest comes first and stays.
        let mut notes = notes.to_vec();
        notes.sort_by_key(|n| (n.part, n.onset, n.pitch, std::cmp::Reverse(n.length)));
        for note in &notes {
            let (part, first) = (usize::from(note.part), usize::from(note.onset));
            let Some(pitch) = layout.pitch_index(note.pitch) else { continue };
            if part >= layout.parts.names().len() || first >= layout.steps() {
                continue;
            }
            let cell = |step| layout.cell(part, step, pitch);
            if get(&planes.onset, cell(first)) {
                continue;
            }
            for held in (first..layout.steps()).map(cell) {
                if !get(&planes.sustain, held) {
                    break;
                }
                planes.sustain[held / 8] &= !mask(held);
            }
            planes.onset[cell(first) / 8] |= mask(cell(first));
            let end = (first + usize::from(note.length)).min(layout.steps());
            for held in (first + 1..end).map(cell) {
                planes.sustain[held / 8] |= mask(held);
            }
            velocities.push(note.velocity);
        }
        if velocities.iter().any(|&velocity| velocity != 0) {
            let known = |v: u8| if v == 0 { Velocity::DEFAULT.value() } else { v.min(127) };
            planes.velocities = velocities.into_iter().map(known).collect();
        }
        planes
    }
}

/// Onsets and sustains of the cells that sound, each run of one pitch taken for one note.
fn runs(layout: Layout, onset: &[u8], sustain: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let cells: Vec<u8> = onset.iter().zip(sustain).map(|(a, b)| a | b).collect();
    let (pitches, steps) = (usize::from(layout.pitches), layout.steps());
    let mut begins = vec![0; cells.len()];
    let mut goes_on = vec![0; cells.len()];
    for cell in (0..layout.cells()).filter(|&cell| get(&cells, cell)) {
        let is_first_step = (cell / pitches).is_multiple_of(steps);
        let held = !is_first_step && get(&cells, cell - pitches);
        let plane = if held { &mut goes_on } else { &mut begins };
        plane[cell / 8] |= mask(cell);
    }
    (begins, goes_on)
}

/// Number of bits set, which is the number of notes in an onset plane.
pub(super) fn count_bits(plane: &[u8]) -> u64 {
    plane.iter().map(|byte| u64::from(byte.count_ones())).sum()
}

/// Writes 1 where either plane has a bit, else 0; `out` has a number for each cell.
pub(super) fn unpack_cells(onset: &[u8], sustain: &[u8], out: &mut [f32]) {
    for ((&onset, &sustain), out) in onset.iter().zip(sustain).zip(out.chunks_mut(8)) {
        let byte = onset | sustain;
        for (bit, cell) in out.iter_mut().enumerate() {
            *cell = f32::from((byte >> (7 - bit)) & 1);
        }
    }
}

/// The notes of the two planes, sorted by part, onset, pitch; `velocities` is empty or has one for
/// every onset bit.
pub(super) fn unpack_notes(
    layout: Layout,
    onset: &[u8],
    sustain: &[u8],
    velocities: &[u8],
) -> Vec<PlacedNote> {
    let (pitches, steps) = (usize::from(layout.pitches), layout.steps());
    let mut velocities = velocities.iter();
    let mut notes = Vec::with_capacity(velocities.len());
    for (at, &byte) in onset.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        for cell in (0..8).filter(|bit| byte & (0x80 >> bit) != 0).map(|bit| at * 8 + bit) {
            if cell >= layout.cells() {
                break;
            }
            let (row, pitch) = (cell / pitches, cell % pitches);
            let (part, step) = (row / steps, row % steps);
            let length = 1
                + (1..steps - step)
                    .map(|on| cell + on * pitches)
                    .take_while(|&next| get(sustain, next) && !get(onset, next))
                    .count();
            notes.push(PlacedNote {
                part: part as u8,
                onset: step as u16,
                pitch: layout.lowest_pitch + pitch as u8,
                length: length as u16,
                velocity: velocities.next().map_or(0, |&velocity| velocity.min(127)),
            });
        }
    }
    notes
}

/// Notes of the band's layout as a phrase; those without velocity get [`Velocity::DEFAULT`].
pub(super) fn phrase_of(notes: &[PlacedNote]) -> Phrase {
    Phrase::new(notes.iter().filter_map(|note| {
        let track = *Track::ALL.get(usize::from(note.part))?;
        let (onset, pitch) = (Step::new(usize::from(note.onset))?, Pitch::new(note.pitch)?);
        let velocity = match note.velocity {
            0 => Velocity::DEFAULT,
            known => Velocity::clamped(i32::from(known)),
        };
        Some((track, Note::new(onset, usize::from(note.length), pitch, velocity)))
    }))
}

/// The mask of a cell in its byte.
fn mask(cell: usize) -> u8 {
    0x80 >> (cell % 8)
}

fn get(plane: &[u8], cell: usize) -> bool {
    plane[cell / 8] & mask(cell) != 0
}

/// Bytes of the chords of a row.
pub(super) const fn chord_row_bytes(layout: Layout) -> usize {
    layout.beats() * CHORD_BYTES
}

#[cfg(test)]
mod tests;
