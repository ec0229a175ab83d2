//! The measures of a score in the order they are played, as bars of four beats.
//!
//! What must stay true: a measure of full length begins on a bar line. A short one at the
//! beginning, or the pick-up of a repeat, ends on one; any other begins where the one before
//! ended, and rests fill what is missing.
use musegan_score::{Chord, SongNote, Velocity};

use super::score::Score;
use crate::chart::{BEATS_PER_BAR, ChartBar, TICKS_PER_BAR};

const TICKS_PER_BEAT: u64 = TICKS_PER_BAR / BEATS_PER_BAR as u64;
/// How hard a written note is played.
const VELOCITY: i32 = 88;

/// A lead sheet as it is played.
pub(super) struct Sheet {
    pub bars: Vec<ChartBar>,
    pub notes: Vec<SongNote>,
}

impl Sheet {
    /// `quarters` of a measure: four, or two, of which pairs are joined.
    pub fn of(score: &Score, order: &[usize], quarters: u64) -> Result<Self, String> {
        let measure_ticks = quarters * TICKS_PER_BEAT;
        let mut notes: Vec<SongNote> = Vec::new();
        let mut chords = Vec::new();
        let mut end = 0;
        for (place, &index) in order.iter().enumerate() {
            let measure = &score.measures[index];
            let ticks = measure.ticks.min(measure_ticks);
            let room = measure_ticks - end % measure_ticks;
            let next = order.get(place + 1).map(|&next| &score.measures[next]);
            let leads = next.is_some_and(|next| next.ticks >= measure_ticks);
            let start = if ticks == measure_ticks {
                end.next_multiple_of(measure_ticks)
            } else if ticks <= room && leads && (index == 0 || !end.is_multiple_of(measure_ticks)) {
                end + room - ticks
            } else if ticks <= room {
                end
            } else {
                end + room
            };
            if quarters == 2
                && index == 0
                && place > 0
                && start % TICKS_PER_BAR != 0
                && ticks == measure_ticks
            {
                return Err("pairs of 2/4 do not match after a repeat".to_owned());
            }
            chords.extend(measure.chords.iter().map(|&(tick, chord)| (start + tick, chord)));
            for note in measure.notes.iter().filter(|note| note.onset < measure_ticks) {
                let onset = start + note.onset;
                let length = note.length.min(measure_ticks - note.onset);
                let before = notes.iter_mut().rev().take(8).find(|n| n.pitch == note.pitch);
                match before.filter(|before| note.is_tied && before.end() == onset) {
                    Some(before) => before.length += length,
                    None => notes.push(SongNote {
                        onset,
                        length,
                        pitch: note.pitch,
                        velocity: Velocity::clamped(VELOCITY),
                    }),
                }
            }
            end = start + ticks;
        }
        notes.sort_by_key(|note| (note.onset, note.pitch));
        let shift = if quarters == 2 { pair_shift(score, order) } else { 0 };
        for note in &mut notes {
            note.onset += shift;
        }
        chords.iter_mut().for_each(|(tick, _)| *tick += shift);
        Ok(Self { bars: bars(&chords, end + shift), notes })
    }
}

/// Half a bar before a pick-up in 2/4, so that the first whole measure begins a bar.
fn pair_shift(score: &Score, order: &[usize]) -> u64 {
    let first = order.first().map_or(0, |&first| score.measures[first].ticks);
    if first < TICKS_PER_BAR / 2 { TICKS_PER_BAR / 2 } else { 0 }
}

/// The chord on each beat; one that comes on the second half of a beat holds from the next one.
fn bars(changes: &[(u64, Option<Chord>)], end: u64) -> Vec<ChartBar> {
    let mut bars = Vec::new();
    let mut next = 0;
    let mut chord = None;
    for bar in 0..end.div_ceil(TICKS_PER_BAR) {
        let mut chords = [None; BEATS_PER_BAR];
        for (beat, slot) in (0..).zip(&mut chords) {
            let at = bar * TICKS_PER_BAR + beat * TICKS_PER_BEAT;
            while let Some((_, change)) =
                changes.get(next).filter(|(tick, _)| *tick < at + TICKS_PER_BEAT / 2)
            {
                chord = *change;
                next += 1;
            }
            *slot = chord;
        }
        bars.push(ChartBar { chords });
    }
    bars
}
