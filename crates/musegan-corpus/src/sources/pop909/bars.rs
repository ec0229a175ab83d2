//! Where bars begin in a performance, and how they become bars of four beats.
//!
//! The marks of the beat file slip now and then; in one song of ten all of them are a beat early,
//! and the chords with them. The piano's lowest notes tell: they fall on bar lines more often than
//! elsewhere, as chords that last do. The bars chosen are those that agree best with all three,
//! four beats long unless much speaks for another length. A bar of two or three beats gets its missing beats in front, so that
//! what leads into the next bar still does.
use musegan_score::annotations::TimedChord;

use super::pulse::Pulse;
use crate::chart::{BEATS_PER_BAR, TICKS_PER_BAR};

const TICKS_PER_BEAT: f64 = (TICKS_PER_BAR / BEATS_PER_BAR as u64) as f64;
/// What speaks for a bar line.
const MARK: f64 = 0.25;
/// One that lasts a bar.
const NEW_CHORD: f64 = 0.4;
const LOW_NOTE: f64 = 0.8;
/// A note this near a beat is on it.
const ON_BEAT: f64 = 0.12;
/// What a bar of so many beats costs.
const COSTS: [(usize, f64); 5] = [(4, 0.0), (2, 2.0), (6, 2.0), (3, 4.0), (5, 4.0)];
/// Of a song's bars so many at most may have another length.
const MAX_IRREGULAR: f64 = 0.08;
/// Bars of three when marks are mostly so far apart.
const THREES: [usize; 2] = [3, 6];

/// The bars of a performance.
pub(super) struct Bars {
    /// For every beat of the pulse, its number in the chart.
    places: Vec<usize>,
    count: usize,
}

impl Bars {
    /// `low_notes` are the beats at which low notes begin.
    pub fn of(
        pulse: &Pulse,
        chords: &[TimedChord],
        low_notes: &[f64],
    ) -> Result<Self, (&'static str, String)> {
        if let Some(beats) = beats_between_marks(pulse).filter(|beats| THREES.contains(beats)) {
            return Err(("not in 4/4", format!("bars of {beats} beats")));
        }
        let lines = lines(&worth(pulse, chords, low_notes));
        let whole = lines.windows(2).filter(|pair| pair[1] - pair[0] == BEATS_PER_BAR).count();
        let irregular = lines.len().saturating_sub(1) - whole;
        if irregular as f64 > MAX_IRREGULAR * lines.len() as f64 {
            let detail = format!("{irregular} of {} bars have not four beats", lines.len());
            return Err(("unsteady metre", detail));
        }
        let mut places = Vec::with_capacity(pulse.count());
        let first = lines.first().copied().unwrap_or(0);
        // The beats before the first line end the bar before it.
        let mut place = if first > 0 { BEATS_PER_BAR - first % BEATS_PER_BAR } else { 0 };
        place %= BEATS_PER_BAR;
        places.extend((0..first).map(|beat| place + beat));
        place += first;
        for pair in lines.windows(2) {
            let beats = pair[1] - pair[0];
            // Six are four and two; the beats that lack come before the two.
            let (whole, rest) = (beats / BEATS_PER_BAR, beats % BEATS_PER_BAR);
            places.extend((0..whole * BEATS_PER_BAR).map(|beat| place + beat));
            place += whole * BEATS_PER_BAR;
            if rest > 0 {
                place += BEATS_PER_BAR - rest;
                places.extend((0..rest).map(|beat| place + beat));
                place += rest;
            }
        }
        let rest = pulse.count() - places.len();
        places.extend((0..rest).map(|beat| place + beat));
        let count = places.last().map_or(0, |last| last / BEATS_PER_BAR + 1);
        Ok(Self { places, count })
    }

    /// How many bars there are.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// For every beat of the pulse, its number in the chart.
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// The chart's tick at a beat of the pulse, negative before the first bar.
    pub fn tick_at(&self, beat: f64) -> i64 {
        let index = (beat.floor().max(0.0) as usize).min(self.places.len().saturating_sub(1));
        let place = self.places.get(index).copied().unwrap_or(0);
        ((place as f64 + beat - index as f64) * TICKS_PER_BEAT).round() as i64
    }
}

/// The commonest distance of marks, in beats.
fn beats_between_marks(pulse: &Pulse) -> Option<usize> {
    let marks: Vec<_> = (0..pulse.count()).filter(|&beat| pulse.is_marked(beat)).collect();
    let mut counts = [0_usize; 17];
    for pair in marks.windows(2) {
        counts[(pair[1] - pair[0]).min(16)] += 1;
    }
    let most = counts.iter().copied().max().filter(|most| *most > 0)?;
    counts.iter().position(|count| *count == most)
}

/// How much speaks for a bar line at every beat.
fn worth(pulse: &Pulse, chords: &[TimedChord], low_notes: &[f64]) -> Vec<f64> {
    let mark = |beat| if pulse.is_marked(beat) { MARK } else { 0.0 };
    let mut worth: Vec<f64> = (0..pulse.count()).map(mark).collect();
    let mut low = vec![false; worth.len()];
    for beat in low_notes.iter().filter(|beat| (*beat - beat.round()).abs() <= ON_BEAT) {
        if let Some(low) = low.get_mut(beat.round().max(0.0) as usize) {
            *low = true;
        }
    }
    for (worth, _) in worth.iter_mut().zip(&low).filter(|(_, low)| **low) {
        *worth += LOW_NOTE;
    }
    let is_same = |a: &TimedChord, b: &TimedChord| match (a.chord, b.chord) {
        (Some(a), Some(b)) => a.root() == b.root(),
        (a, b) => a.is_none() && b.is_none(),
    };
    for chord in chords.chunk_by(is_same).skip(1) {
        let beat = pulse.beat_at(chord[0].start_seconds);
        let end = pulse.beat_at(chord[chord.len() - 1].end_seconds);
        if let Some(worth) = worth.get_mut(beat.round().max(0.0) as usize) {
            *worth += NEW_CHORD * ((end - beat) / BEATS_PER_BAR as f64).clamp(0.0, 1.0);
        }
    }
    worth
}

/// The bar lines that are worth most together.
fn lines(worth: &[f64]) -> Vec<usize> {
    // Best sum up to a line at each beat, and the line before.
    let mut best: Vec<(f64, Option<usize>)> = Vec::with_capacity(worth.len());
    for (beat, here) in worth.iter().enumerate() {
        let begin = (beat < BEATS_PER_BAR).then_some((0.0, None));
        let after = COSTS.iter().filter_map(|&(beats, cost)| {
            let before = beat.checked_sub(beats)?;
            Some((best[before].0 - cost, Some(before)))
        });
        let chosen = begin
            .into_iter()
            .chain(after)
            .fold((f64::NEG_INFINITY, None), |a, b| if b.0 > a.0 { b } else { a });
        best.push((chosen.0 + here, chosen.1));
    }
    let tail = best.len().saturating_sub(BEATS_PER_BAR);
    let mut at = (tail..best.len()).rev().max_by(|&a, &b| best[a].0.total_cmp(&best[b].0));
    let mut lines = Vec::new();
    while let Some(line) = at {
        lines.push(line);
        at = best[line].1;
    }
    lines.reverse();
    lines
}
