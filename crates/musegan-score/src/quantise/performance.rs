//! A song's notes as somebody played them, in beats: between the song's ticks and the grid.
//!
//! What must stay true: every note of the song is here or counted as lost, once.
use super::phases::Phases;
use super::ruler::Ruler;
use super::{Cuts, GridFit, Losses, Straightening, Stride};
use crate::beats::{Beats, Stretch};
use crate::layout::Parts;
use crate::{Layout, Pitch, Song, Velocity};

/// Units of time in a step. A quarter of a step, a half and a triplet of three are whole.
pub(super) const UNITS_PER_STEP: i64 = 768;

/// The notes of a song that a layout has room for, where the song's bars have four beats; not yet
/// on the grid.
#[derive(Clone, Debug)]
pub struct Performance {
    pub(super) layout: Layout,
    pub(super) stretches: Vec<Stretch>,
    /// The layout's parts one after the other. Within a part the song's parts follow one another,
    /// each with ascending onsets.
    pub(super) notes: Vec<PlayedNote>,
    /// Where each of the layout's parts ends.
    pub(super) part_ends: Vec<usize>,
    pub(super) losses: Losses,
    phases: Phases,
}

/// A note in units from the song's first bar line.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlayedNote {
    /// Earlier than its bar by less than half a step at most.
    pub onset: i64,
    /// Cut to little more than a layout.
    pub length: u32,
    pub pitch: Pitch,
    pub velocity: Velocity,
}

impl Performance {
    /// Takes from a song what a layout can hold.
    ///
    /// `assignment` has for each part of the song the layout's part that plays it, or `None`; a
    /// part that it does not mention, or gives to a part that the layout does not have, is lost
    /// as unassigned.
    #[must_use]
    pub fn new(song: &Song, beats: &Beats, assignment: &[Option<u8>], layout: Layout) -> Self {
        let parts = layout.parts.names().len();
        let part_of = |i: usize| {
            let part = usize::from((*assignment.get(i)?)?);
            (part < parts).then_some(part)
        };
        let mut performance = Self {
            layout,
            stretches: beats.stretches.clone(),
            notes: Vec::with_capacity(song.note_count()),
            part_ends: Vec::with_capacity(parts),
            losses: Losses { notes: song.note_count() as u64, ..Losses::default() },
            phases: Phases::of_layout(layout),
        };
        let mut ruler = Ruler::new(beats, layout);
        for part in 0..parts {
            for (i, song_part) in song.parts.iter().enumerate() {
                if part_of(i) == Some(part) {
                    performance.add(&song_part.notes, &mut ruler);
                }
            }
            performance.part_ends.push(performance.notes.len());
        }
        let unassigned = song.parts.iter().enumerate().filter(|(i, _)| part_of(*i).is_none());
        performance.losses.unassigned = unassigned.map(|(_, part)| part.notes.len() as u64).sum();
        performance
    }

    /// How its onsets lie to the grid.
    #[must_use]
    pub fn fit(&self) -> GridFit {
        GridFit::of(&self.phases)
    }

    /// The same so many beats earlier, at most half a step: takes off what a player or a recording
    /// is late as a whole, see [`GridFit::delay`].
    #[must_use]
    pub fn earlier_by(mut self, beats: f32) -> Self {
        let units = beats * f32::from(self.layout.steps_per_beat) * UNITS_PER_STEP as f32;
        let units = (units.round() as i64).clamp(-UNITS_PER_STEP / 2, UNITS_PER_STEP / 2);
        for note in &mut self.notes {
            note.onset = (note.onset - units).max(-UNITS_PER_STEP / 2);
        }
        self
    }

    /// Puts the notes on the grid and cuts it into examples of the layout. `straightening` takes
    /// the swing out before.
    #[must_use]
    pub fn cuts(self, stride: Stride, straightening: Option<Straightening>) -> Cuts {
        Cuts::new(self, stride, straightening)
    }

    fn add(&mut self, notes: &[crate::SongNote], ruler: &mut Ruler<'_>) {
        // A melody is folded into its octaves, whatever they are.
        let is_any_pitch = self.layout.parts == Parts::Melody;
        for note in notes {
            if !is_any_pitch && self.layout.pitch_index(note.pitch.number()).is_none() {
                self.losses.outside_pitch_range += 1;
            } else if let Some((onset, length)) = ruler.place(note) {
                self.phases.add(onset);
                self.notes.push(PlayedNote {
                    onset,
                    length,
                    pitch: note.pitch,
                    velocity: note.velocity,
                });
            } else {
                self.losses.outside_metre += 1;
            }
        }
        self.phases.end_part();
    }
}
