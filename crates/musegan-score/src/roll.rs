//! The dense form of a phrase, as networks see it: one number per (track, step, pitch).
use crate::grid::{STEPS_PER_BAR, STEPS_PER_BEAT, STEPS_PER_PHRASE};
use crate::{Note, Phrase, Pitch, Step, Track, Velocity};

/// MIDI number of index 0 of the pitch axis.
pub const LOWEST_PITCH: u8 = 24;
/// Pitches of a roll: MIDI 24 to 95, C1 to B6.
pub const PITCHES: usize = 72;
/// Cells of one track.
pub const TRACK_CELLS: usize = STEPS_PER_PHRASE * PITCHES;
/// Cells of a roll.
pub const CELLS: usize = Track::COUNT * TRACK_CELLS;

/// Activations of shape `(5, 64, 72)` (track, step, pitch), row-major. Real music has 0 and 1;
/// a network's output is any non-negative number.
#[derive(Clone, Debug, PartialEq)]
pub struct Roll {
    cells: Vec<f32>,
}

impl Roll {
    /// A roll from row-major cells, or `None` unless there are exactly [`CELLS`].
    #[must_use]
    pub fn new(cells: Vec<f32>) -> Option<Self> {
        (cells.len() == CELLS).then_some(Self { cells })
    }

    /// A roll with nothing in it.
    #[must_use]
    pub fn silent() -> Self {
        Self { cells: vec![0.0; CELLS] }
    }

    /// The binary roll of a phrase: 1 in every cell where a note sounds. Notes outside the
    /// pitch range have no cell and are left out.
    #[must_use]
    pub fn of(phrase: &Phrase) -> Self {
        let mut roll = Self::silent();
        for (track, note) in phrase.notes() {
            if let Some(pitch) = pitch_index(note.pitch) {
                for step in note.onset().index()..note.end() {
                    roll.cells[cell(track, step, pitch)] = 1.0;
                }
            }
        }
        roll
    }

    /// All cells, row-major `(5, 64, 72)`.
    #[must_use]
    pub fn cells(&self) -> &[f32] {
        &self.cells
    }

    /// The cells of one track, row-major `(64, 72)`.
    #[must_use]
    pub fn track(&self, track: Track) -> &[f32] {
        &self.cells[track.index() * TRACK_CELLS..][..TRACK_CELLS]
    }

    /// The notes in it: a run of cells of one pitch above `threshold` is one note, as strong as
    /// its strongest cell. The velocity follows strength and metre, since cells have none.
    #[must_use]
    pub fn phrase(&self, threshold: f32) -> Phrase {
        let mut notes = Vec::new();
        for track in Track::ALL {
            let cells = self.track(track);
            for index in 0..PITCHES {
                let Some(pitch) = Pitch::new(LOWEST_PITCH + index as u8) else { continue };
                let sounding = |step: usize| cells[step * PITCHES + index] > threshold;
                let mut step = 0;
                while step < STEPS_PER_PHRASE {
                    let Some(onset) = Step::new(step).filter(|_| sounding(step)) else {
                        step += 1;
                        continue;
                    };
                    let mut strength = 0.0f32;
                    while step < STEPS_PER_PHRASE && sounding(step) {
                        strength = strength.max(cells[step * PITCHES + index]);
                        step += 1;
                    }
                    let velocity = accented(onset, strength);
                    let note = Note::new(onset, step - onset.index(), pitch, velocity)
                        .with_strength(strength);
                    notes.push((track, note));
                }
            }
        }
        Phrase::new(notes)
    }
}

/// Index on the pitch axis, or `None` outside MIDI 24 to 95.
#[must_use]
pub fn pitch_index(pitch: Pitch) -> Option<usize> {
    let index = usize::from(pitch.number().checked_sub(LOWEST_PITCH)?);
    (index < PITCHES).then_some(index)
}

/// Index of a cell in the row-major `(5, 64, 72)` layout.
#[must_use]
pub const fn cell(track: Track, step: usize, pitch_index: usize) -> usize {
    (track.index() * STEPS_PER_PHRASE + step) * PITCHES + pitch_index
}

/// The downbeat is struck hardest, then the beats; surer notes are louder.
fn accented(onset: Step, strength: f32) -> Velocity {
    let metre = match onset.index() {
        step if step % STEPS_PER_BAR == 0 => 12,
        step if step % STEPS_PER_BEAT == 0 => 6,
        _ => 0,
    };
    Velocity::clamped(70 + metre + (strength.clamp(0.0, 1.0) * 30.0) as i32)
}
