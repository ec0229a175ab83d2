//! The rules by which what the decoder says becomes notes. Training hardens by the same rules.
//!
//! A note begins where its logit is above 0, in bars in which the track plays. The bass plays one
//! note at a time, a drum is struck for one step, and a length close to the distance to the
//! track's next onset is that distance. What must stay true: which notes are stronger than 0.5,
//! and how they sound, does not depend on the weaker ones, which only a higher density plays.
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BAR, STEPS_PER_BEAT, STEPS_PER_PHRASE};
use musegan_score::{Phrase, Step, Track, Velocity};

use super::codec::{Decoded, length_of_code};
use super::frame::{Harmony, RelativeNote, WINDOW, absolute, midi_number};
use crate::tape::Tape;

/// From how many to how many times the distance to the track's next onset a length is taken for
/// that distance; drums' never are.
pub const SNAP: [(f32, f32); Track::COUNT] =
    [(9.0, 0.0), (0.8, 1.2), (0.75, 1.3), (0.72, 99.0), (0.8, 1.2)];
/// The lowest logit of a note that a higher density can play, a strength of 0.1.
pub const WEAKEST_LOGIT: f32 = -2.2;

/// The decoder's numbers of some phrases, each `(5 * phrases * 64, WINDOW)` in track order.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a> {
    /// Logits of a note beginning.
    pub onsets: &'a [f32],
    /// Length codes.
    pub lengths: &'a [f32],
    /// Velocity codes.
    pub velocities: &'a [f32],
}

impl<'a> Cells<'a> {
    /// What was decoded on a tape.
    #[must_use]
    pub fn of(tape: &'a Tape, decoded: Decoded) -> Self {
        Self {
            onsets: tape.value(decoded.onsets),
            lengths: tape.value(decoded.lengths),
            velocities: tape.value(decoded.velocities),
        }
    }

    /// One phrase, with the notes that a higher density would add; `present` are the bars in which
    /// each track plays.
    ///
    /// # Panics
    /// When there is no such phrase in these cells.
    #[must_use]
    pub fn phrase(
        &self,
        phrase: usize,
        present: &[[bool; BARS_PER_PHRASE]; Track::COUNT],
        harmony: &Harmony,
    ) -> Phrase {
        const CELLS: usize = STEPS_PER_PHRASE * WINDOW;
        let phrases = self.onsets.len() / (Track::COUNT * CELLS);
        assert!(phrase < phrases, "phrase {phrase} of {phrases}");
        let shifts = harmony.shifts();
        let shifts: [i8; STEPS_PER_PHRASE] = std::array::from_fn(|s| shifts[s / STEPS_PER_BEAT]);
        let notes = Track::ALL.into_iter().flat_map(|track| {
            let first = (track.index() * phrases + phrase) * CELLS;
            let of_track = |all: &'a [f32]| &all[first..][..CELLS];
            let cells = TrackCells {
                track,
                onsets: of_track(self.onsets),
                lengths: of_track(self.lengths),
                velocities: of_track(self.velocities),
            };
            cells.notes(&present[track.index()], &shifts)
        });
        absolute(&notes.collect::<Vec<_>>(), harmony)
    }
}

/// One track of one phrase.
struct TrackCells<'a> {
    track: Track,
    onsets: &'a [f32],
    lengths: &'a [f32],
    velocities: &'a [f32],
}

impl TrackCells<'_> {
    fn notes(
        &self,
        present: &[bool; BARS_PER_PHRASE],
        shifts: &[i8; STEPS_PER_PHRASE],
    ) -> Vec<RelativeNote> {
        let candidates: Vec<usize> = (0..STEPS_PER_PHRASE)
            .filter(|step| present[step / STEPS_PER_BAR])
            .flat_map(|step| self.candidates(step))
            .collect();
        let (strong, weak): (Vec<_>, Vec<_>) =
            candidates.into_iter().partition(|&cell| self.onsets[cell] > 0.0);
        let gaps = gaps(strong.iter().map(|cell| cell / WINDOW));
        let mut notes: Vec<_> = strong.iter().filter_map(|&cell| self.note(cell, &gaps)).collect();
        let sounding = self.sounding(&notes, shifts);
        // What would strike a sounding key again would cut a stronger note short.
        let weak = weak.iter().filter_map(|&cell| self.note(cell, &gaps)).filter(|note| {
            let step = note.step.index();
            let key = midi_number(self.track, note.pitch, shifts[step]);
            match self.track {
                Track::Bass => sounding[step] == 0,
                _ => sounding[step] >> key & 1 == 0,
            }
        });
        notes.extend(weak);
        notes
    }

    /// The cells of a step in which a note may begin.
    fn candidates(&self, step: usize) -> impl Iterator<Item = usize> {
        let cells = step * WINDOW..(step + 1) * WINDOW;
        let highest = (self.track == Track::Bass).then(|| {
            let logit = |&cell: &usize| self.onsets[cell];
            cells.clone().rev().max_by(|a, b| logit(a).total_cmp(&logit(b)))
        });
        cells.filter(move |&cell| {
            self.onsets[cell] > WEAKEST_LOGIT && highest.is_none_or(|highest| highest == Some(cell))
        })
    }

    fn note(&self, cell: usize, gaps: &[u8; STEPS_PER_PHRASE]) -> Option<RelativeNote> {
        let step = Step::new(cell / WINDOW)?;
        let velocity = (self.velocities[cell] * 127.0).round_ties_even();
        Some(RelativeNote {
            track: self.track,
            step,
            pitch: (cell % WINDOW) as u8,
            length: length(self.track, step, self.lengths[cell], gaps[step.index()]),
            velocity: Velocity::clamped(velocity as i32),
            strength: strength(self.onsets[cell]),
        })
    }

    /// The keys that sound in each step, as bits.
    fn sounding(&self, notes: &[RelativeNote], shifts: &[i8; STEPS_PER_PHRASE]) -> [u128; 64] {
        let mut sounding = [0; STEPS_PER_PHRASE];
        for note in notes {
            let onset = note.step.index();
            let key = midi_number(self.track, note.pitch, shifts[onset]);
            for step in &mut sounding[onset..onset + usize::from(note.length)] {
                *step |= 1 << key;
            }
        }
        sounding
    }
}

/// Steps from each step to the next onset after it, or to the phrase's end.
fn gaps(onsets: impl Iterator<Item = usize>) -> [u8; STEPS_PER_PHRASE] {
    let mut begins = [false; STEPS_PER_PHRASE];
    onsets.for_each(|step| begins[step] = true);
    let mut gaps = [0; STEPS_PER_PHRASE];
    let mut distance = 0;
    for step in (0..STEPS_PER_PHRASE).rev() {
        distance += 1;
        gaps[step] = distance;
        if begins[step] {
            distance = 0;
        }
    }
    gaps
}

/// Steps of a note with this length code, so many steps before the next onset.
fn length(track: Track, onset: Step, code: f32, gap: u8) -> u8 {
    if track.is_drums() {
        return 1;
    }
    let (steps, gap) = (length_of_code(code), f32::from(gap));
    let (from, to) = SNAP[track.index()];
    let is_near = steps >= from * gap && steps <= to * gap;
    let steps = if is_near { gap } else { steps.round_ties_even() };
    (steps as u8).clamp(1, onset.steps_left() as u8)
}

/// The share that a logit stands for, above 0.5 exactly where the logit is above 0.
fn strength(logit: f32) -> f32 {
    let share = ((-logit).exp() + 1.0).recip();
    if logit > 0.0 { share.max(0.5f32.next_up()) } else { share.min(0.5) }
}

#[cfg(test)]
mod tests;
