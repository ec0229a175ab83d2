//! Played notes to notes on the grid.
//!
//! What must stay true: within a part no two notes of one pitch overlap, and what is taken out is
//! counted once.
use super::feel::Steady;
use super::performance::{PlayedNote, UNITS_PER_STEP};
use super::{Losses, Stride};
use crate::beats::Stretch;
use crate::{Layout, Pitch, Velocity};

/// The bars of a stretch in which examples can lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usable {
    /// Where the stretch begins, as a tick of the song.
    pub tick: u64,
    pub first_bar: u64,
    /// Examples end here, unless nothing follows.
    pub end_bar: u64,
    /// Whether the last example may reach beyond the end.
    pub is_last: bool,
    pub first_step: u64,
    pub end_step: u64,
}

impl Usable {
    /// `None` for a stretch that no example fits in, or a layout whose steps have no numbers.
    pub fn new(stretch: &Stretch, layout: Layout, stride: Stride) -> Option<Self> {
        if layout.steps() == 0 || u16::try_from(layout.steps()).is_err() {
            return None;
        }
        let example_bars = u64::from(layout.bars);
        let (upbeat_bars, only_whole) = match stride {
            Stride::Phrase => (stretch.upbeat_bars, true),
            Stride::Bar => (0, false),
        };
        let first_bar = stretch.first_bar.saturating_add(upbeat_bars);
        let mut bars = stretch.bars.map_or(u64::MAX, |bars| bars.saturating_sub(upbeat_bars));
        if !stretch.is_last && (only_whole || bars < example_bars) {
            bars -= if only_whole { bars % example_bars } else { bars };
        }
        let step = |bar: u64| bar.saturating_mul(layout.steps_per_bar() as u64);
        let end_bar = first_bar.saturating_add(bars);
        (bars > 0).then(|| Self {
            tick: u64::try_from(stretch.start).unwrap_or(0),
            first_bar,
            end_bar,
            is_last: stretch.is_last,
            first_step: step(first_bar),
            end_step: step(end_bar),
        })
    }
}

/// A note on the grid, in steps from the song's first bar line.
#[derive(Clone, Copy, Debug)]
pub(super) struct GridNote {
    pub onset: u64,
    pub length: u16,
    pub pitch: Pitch,
    pub velocity: Velocity,
    pub is_off_grid: bool,
    pub is_shortened: bool,
}

impl GridNote {
    /// The nearest step to the onset, and the steps from there to the one nearest to the end.
    #[inline]
    pub fn new(note: PlayedNote, layout: Layout, steady: Option<Steady>) -> Self {
        const STEP: u64 = UNITS_PER_STEP as u64;
        let (mut onset, mut end) = (note.onset, note.onset + i64::from(note.length));
        if let Some(steady) = steady {
            (onset, end) = (steady.unit(onset), steady.unit(end));
        }
        // No onset is earlier than the first bar line by more than half a step.
        let onset = (onset + UNITS_PER_STEP / 2) as u64;
        let end = (end + UNITS_PER_STEP / 2) as u64;
        let (step, off_centre) = (onset / STEP, (onset % STEP).abs_diff(STEP / 2));
        let longest = layout.steps() as u64;
        let length = (end / STEP).saturating_sub(step).max(1);
        Self {
            onset: step,
            length: length.min(longest) as u16,
            pitch: note.pitch,
            velocity: note.velocity,
            is_off_grid: off_centre > STEP / 4,
            is_shortened: length > longest,
        }
    }

    /// The step at which it has ended.
    pub const fn end(&self) -> u64 {
        self.onset.saturating_add(self.length as u64)
    }
}

/// Moves to the front of a part, whose onsets ascend, the notes that examples can hold, without
/// repetitions and overlaps, and returns how many they are.
pub(super) fn settle(notes: &mut [GridNote], usable: &[Usable], losses: &mut Losses) -> usize {
    let mut last_of_pitch = [usize::MAX; 128];
    let (mut kept, mut stretch) = (0, 0);
    for i in 0..notes.len() {
        let note = notes[i];
        while usable.get(stretch).is_some_and(|usable| usable.end_step <= note.onset) {
            stretch += 1;
        }
        if usable.get(stretch).is_none_or(|usable| note.onset < usable.first_step) {
            losses.outside_metre += 1;
            continue;
        }
        let last = &mut last_of_pitch[usize::from(note.pitch.number())];
        if let Some(before) = notes[..kept].get_mut(*last) {
            let steps = note.onset - before.onset;
            if steps == 0 {
                losses.merged += 1;
                if (note.length, note.velocity) > (before.length, before.velocity) {
                    *before = note;
                }
                continue;
            }
            if steps < u64::from(before.length) {
                before.length = steps as u16;
            }
        }
        *last = kept;
        notes[kept] = note;
        kept += 1;
    }
    kept
}
