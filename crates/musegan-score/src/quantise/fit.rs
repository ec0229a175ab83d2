//! How well a song's onsets fit a grid: off it, on triplets, swung.
//!
//! What must stay true: everything is read off one histogram of where in their beat the onsets
//! lie, in which an onset counts once however many notes are struck together, and ornaments do not
//! count at all.
use super::performance::UNITS_PER_STEP;
use crate::Layout;

/// Places in a beat that are told apart: a 48th of a sixteenth's quarter, 1/192 of a beat.
const BINS: usize = 192;
/// Onsets of a part that are closer, in parts of a beat, are one: a chord that is not quite
/// together, a flam, a grace note. Their last is the one that is meant.
const TOGETHER: i64 = 12;

/// How a song's onsets lie to the grid.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GridFit {
    /// Onsets that were measured.
    pub onsets: u32,
}

impl GridFit {
    pub(super) fn of(phases: &Phases) -> Self {
        Self { onsets: phases.histogram.iter().sum() }
    }
}

/// Collects onsets, part by part.
#[derive(Clone, Debug)]
pub(super) struct Phases {
    histogram: [u32; BINS],
    steps_per_beat: usize,
    units_per_beat: i64,
    /// The onset that waits whether another one follows at once.
    pending: Option<i64>,
}

impl Phases {
    pub fn of_layout(layout: Layout) -> Self {
        let steps_per_beat = usize::from(layout.steps_per_beat.max(1));
        Self {
            histogram: [0; BINS],
            steps_per_beat,
            units_per_beat: UNITS_PER_STEP * steps_per_beat as i64,
            pending: None,
        }
    }

    #[inline]
    pub fn add(&mut self, onset: i64) {
        match self.pending {
            Some(pending) if (onset - pending) * TOGETHER < self.units_per_beat => {}
            Some(pending) => self.count(pending),
            None => {}
        }
        self.pending = Some(onset);
    }

    pub fn end_part(&mut self) {
        if let Some(pending) = self.pending.take() {
            self.count(pending);
        }
    }

    fn count(&mut self, onset: i64) {
        let phase = onset.rem_euclid(self.units_per_beat);
        let bin = (phase * BINS as i64 + self.units_per_beat / 2) / self.units_per_beat;
        self.histogram[bin as usize % BINS] += 1;
    }
}
