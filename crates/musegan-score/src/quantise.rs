//! A song cut into the examples of a layout, with a count of what that loses.
//!
//! The way is one, whatever the layout: [`crate::beats::Beats`] says where the bars are, a
//! [`Performance`] has the song's notes in beats and measures how they lie to the grid, and
//! [`Cuts`] puts them on it. Examples lie on the song's own bar lines and only where a bar has
//! four beats. Time and memory go with the number of notes: silence, however long, costs nothing.
use crate::beats::Beats;
use crate::layout::Parts;
use crate::{Layout, Phrase, Song, arrange};

mod cuts;
mod divisor;
mod feel;
mod fit;
mod melody;
mod on_grid;
mod performance;
mod phases;
mod ruler;

pub use cuts::{Cut, Cuts};
pub use feel::{Feel, Straightening, Swung};
pub use fit::{GridFit, PairFit};
pub use performance::Performance;

/// How far apart examples begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stride {
    /// As many bars as an example has: no bar is in two of them.
    Phrase,
    /// Every bar: a bar is in as many examples as an example has bars. Melodies always go by bar.
    Bar,
}

/// What happened to a song's notes on the way into examples, in numbers of notes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// All notes of the song. Every one is kept or counted in exactly one of the losses.
    pub notes: u64,
    /// Those that are in examples.
    pub kept: u64,
    /// Lost: nobody plays the part.
    pub unassigned: u64,
    /// Lost: outside the pitches of the layout.
    pub outside_pitch_range: u64,
    /// Lost: in bars that do not have four beats, or that are too few in a row to fill an example.
    pub outside_metre: u64,
    /// Lost: another note of the part has the same pitch and step.
    pub merged: u64,
    /// Lost, of melodies: under a higher note.
    pub covered: u64,
    /// Lost, of melodies: in a bar between silent bars.
    pub isolated: u64,
    /// Kept, but the onset moved by more than a quarter of a step: triplets, free playing.
    pub off_grid: u64,
    /// Kept, but cut to the length of an example.
    pub shortened: u64,
}

impl Losses {
    /// All that are lost.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.unassigned
            + self.outside_pitch_range
            + self.outside_metre
            + self.merged
            + self.covered
            + self.isolated
    }
}

impl std::ops::AddAssign for Losses {
    fn add_assign(&mut self, other: Self) {
        self.notes += other.notes;
        self.kept += other.kept;
        self.unassigned += other.unassigned;
        self.outside_pitch_range += other.outside_pitch_range;
        self.outside_metre += other.outside_metre;
        self.merged += other.merged;
        self.covered += other.covered;
        self.isolated += other.isolated;
        self.off_grid += other.off_grid;
        self.shortened += other.shortened;
    }
}

/// A phrase of the band and where it was in the song.
#[derive(Clone, Debug, PartialEq)]
pub struct PhraseCut {
    /// Number of its first bar in the song, from 0.
    pub bar: u64,
    /// The tick at which its stretch of four-beat bars begins.
    pub stretch_tick: u64,
    /// The music; never empty.
    pub phrase: Phrase,
}

/// The band's phrases of a song in order, by the metre map and [`arrange::assign`]; see [`Cuts`].
#[derive(Clone, Debug)]
pub struct Phrases(Cuts);

impl Phrases {
    pub(crate) fn of(song: &Song, stride: Stride) -> Self {
        let assignment = arrange::assign(song, Parts::Band);
        let assignment: Vec<_> = assignment.iter().map(|assignment| assignment.part).collect();
        let beats = Beats::of_metres(song);
        Self(Performance::new(song, &beats, &assignment, Layout::BAND).cuts(stride, None))
    }

    /// What the cutting loses, of the whole song however far the iteration is.
    #[must_use]
    pub const fn losses(&self) -> Losses {
        self.0.losses()
    }
}

impl Iterator for Phrases {
    type Item = PhraseCut;

    fn next(&mut self) -> Option<PhraseCut> {
        let Cut { bar, stretch_tick, notes } = self.0.next()?;
        Some(PhraseCut { bar, stretch_tick, phrase: Phrase::of_placed(&notes) })
    }
}
