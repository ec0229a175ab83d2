//! The measures of a score in the order they are played, as bars of four beats.
//!
//! What must stay true: a measure of full length begins on a bar line. A short one at the
//! beginning, or the pick-up of a repeat, ends on one; any other begins where the one before
//! ended, and rests fill what is missing.
use musegan_score::{Chord, SongNote, Velocity};

use super::score::{Measure, Score, WrittenNote};
use crate::chart::{BEATS_PER_BAR, ChartBar, TICKS_PER_BAR};

const TICKS_PER_BEAT: u64 = TICKS_PER_BAR / BEATS_PER_BAR as u64;
/// How hard a written note is played.
const VELOCITY: i32 = 88;
/// Notes and chords of the longest song.
const MAX_EVENTS: usize = 1 << 16;

/// A lead sheet as it is played.
pub(super) struct Sheet {
    pub bars: Vec<ChartBar>,
    pub notes: Vec<SongNote>,
}

/// A sheet being played.
struct Pen {
    measure_ticks: u64,
    /// Where the next measure begins at the earliest.
    end: u64,
    notes: Vec<SongNote>,
    chords: Vec<(u64, Option<Chord>)>,
}

impl Sheet {
    /// `quarters` of a measure: four, or two, of which pairs are joined.
    pub fn of(score: &Score, order: &[usize], quarters: u64) -> Result<Self, String> {
        let mut pen = Pen {
            measure_ticks: quarters * TICKS_PER_BEAT,
            end: lead_in(score, order, quarters),
            notes: Vec::new(),
            chords: Vec::new(),
        };
        for (place, &index) in order.iter().enumerate() {
            let measure = &score.measures[index];
            let next = order.get(place + 1).map(|&next| &score.measures[next]);
            let start = pen.place(measure, index == 0, next);
            let is_whole = measure.ticks >= pen.measure_ticks;
            if place > 0 && index == 0 && is_whole && !start.is_multiple_of(TICKS_PER_BAR) {
                return Err("pairs of 2/4 do not match after a repeat".to_owned());
            }
            pen.write(measure, start);
            if pen.notes.len() + pen.chords.len() > MAX_EVENTS {
                return Err(format!("more than {MAX_EVENTS} notes and chords"));
            }
        }
        pen.notes.sort_by_key(|note| (note.onset, note.pitch));
        Ok(Self { bars: bars(&pen.chords, pen.end), notes: pen.notes })
    }
}

impl Pen {
    /// Where a measure begins.
    fn place(&self, measure: &Measure, is_first: bool, next: Option<&Measure>) -> u64 {
        let (full, end) = (self.measure_ticks, self.end);
        let ticks = measure.ticks.min(full);
        let room = full - end % full;
        let begins_bar = end.is_multiple_of(full);
        // Before a whole measure, what is short leads into it.
        let leads = next.is_some_and(|next| next.ticks >= full) && (is_first || !begins_bar);
        match ticks {
            _ if ticks > room || (ticks == full && !begins_bar) => end + room,
            _ if leads => end + room - ticks,
            _ => end,
        }
    }

    fn write(&mut self, measure: &Measure, start: u64) {
        self.chords.extend(measure.chords.iter().map(|&(tick, chord)| (start + tick, chord)));
        let limit = self.measure_ticks;
        for note in measure.notes.iter().filter(|note| note.onset < limit) {
            self.note(note, start);
        }
        self.end = start + measure.ticks.min(self.measure_ticks);
    }

    fn note(&mut self, note: &WrittenNote, start: u64) {
        let onset = start + note.onset;
        let length = note.length.min(self.measure_ticks - note.onset);
        let mut lately = self.notes.iter_mut().rev().take(8);
        let before = lately.find(|before| before.pitch == note.pitch && before.end() == onset);
        match before.filter(|_| note.is_tied) {
            Some(before) => before.length += length,
            None => self.notes.push(SongNote {
                onset,
                length,
                pitch: note.pitch,
                velocity: Velocity::clamped(VELOCITY),
            }),
        }
    }
}

/// Half a bar before a pick-up in 2/4, so that the first whole measure begins a bar.
fn lead_in(score: &Score, order: &[usize], quarters: u64) -> u64 {
    let first = order.first().map_or(0, |&first| score.measures[first].ticks);
    if quarters == 2 && first < TICKS_PER_BAR / 2 { TICKS_PER_BAR / 2 } else { 0 }
}

/// The chord on each beat; one that comes on the second half of a beat holds from the next one.
fn bars(changes: &[(u64, Option<Chord>)], end: u64) -> Vec<ChartBar> {
    let mut changes = changes.iter().peekable();
    let mut chord = None;
    let mut at = |tick: u64| {
        while let Some((_, change)) = changes.next_if(|(at, _)| *at < tick + TICKS_PER_BEAT / 2) {
            chord = *change;
        }
        chord
    };
    let bars = 0..end.div_ceil(TICKS_PER_BAR);
    let bar =
        |bar| std::array::from_fn(|beat| at(bar * TICKS_PER_BAR + beat as u64 * TICKS_PER_BEAT));
    bars.map(bar).map(|chords| ChartBar { chords }).collect()
}
