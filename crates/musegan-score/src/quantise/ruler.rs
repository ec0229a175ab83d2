//! Ticks measured in units of the grid, with the beats as the marks of the ruler.
//!
//! What must stay true: the measure is monotone, and exact where it matters. Rounding a tick down
//! to a unit never moves it across the middle between two steps, which is a whole number of units.
use super::divisor::Divisor;
use super::performance::UNITS_PER_STEP;
use crate::beats::{Beats, Stretch};
use crate::grid::BEATS_PER_BAR;
use crate::{Layout, SongNote};

/// Remembers where the last note was: in the order of onsets a note takes constant time, in any
/// other logarithmic.
pub(super) struct Ruler<'a> {
    spans: Vec<Span<'a>>,
    ticks_per_beat: i64,
    per_ticks_of_beat: Divisor,
    units_per_beat: i64,
    /// Notes are cut to so many beats, a little more than any layout keeps.
    longest_beats: i64,
    marks_per_beat: usize,
    /// The span and the mark in it that were found last.
    span: usize,
    mark: usize,
}

/// A stretch, as the ruler needs it.
struct Span<'a> {
    /// The ticks nearest to its steps: from half a step before it to half a step before its end.
    from: i64,
    until: i64,
    start: i64,
    /// Ticks of its beats, where they are not equally far apart.
    marks: &'a [i64],
    /// Units from the song's first bar line to its first and its last.
    first_unit: i64,
    end_unit: i64,
}

impl<'a> Ruler<'a> {
    pub fn new(beats: &'a Beats, layout: Layout) -> Self {
        let steps_per_beat = i64::from(layout.steps_per_beat.max(1));
        let mut ruler = Self {
            spans: Vec::with_capacity(beats.stretches.len()),
            ticks_per_beat: i64::from(beats.ticks_per_beat),
            per_ticks_of_beat: Divisor::new(beats.ticks_per_beat.into()),
            units_per_beat: UNITS_PER_STEP * steps_per_beat,
            longest_beats: layout.beats() as i64 + 1,
            marks_per_beat: beats.marks_per_beat,
            span: 0,
            mark: 0,
        };
        for stretch in &beats.stretches {
            let span = ruler.measured(stretch, beats, steps_per_beat);
            ruler.spans.push(span);
        }
        ruler
    }

    /// Onset and length in units, or `None` where there is no grid.
    #[inline]
    pub fn place(&mut self, note: &SongNote) -> Option<(i64, u32)> {
        let tick = i64::try_from(note.onset).ok()?;
        if !self.spans.get(self.span).is_some_and(|span| span.reaches(tick)) {
            self.span = self.spans.partition_point(|span| span.until <= tick);
            self.mark = 0;
        }
        let span = self.spans.get(self.span).filter(|span| span.reaches(tick))?;
        let (onset, end) = if span.marks.is_empty() {
            let longest = (self.longest_beats * self.ticks_per_beat) as u64;
            let end = tick.checked_add_unsigned(note.length.min(longest))?;
            (self.even(tick - span.start)?, self.even(end - span.start)?)
        } else {
            self.mark = mark_before(span.marks, self.mark, tick);
            let end = tick.saturating_add_unsigned(note.length);
            let mark_before_end = mark_before(span.marks, self.mark, end);
            (self.marked(span, self.mark, tick)?, self.marked(span, mark_before_end, end)?)
        };
        let onset = onset.checked_add(span.first_unit)?.max(span.first_unit - UNITS_PER_STEP / 2);
        let end = end.checked_add(span.first_unit)?.min(span.end_unit);
        if onset >= span.end_unit - UNITS_PER_STEP / 2 {
            return None;
        }
        let longest = self.longest_beats * self.units_per_beat;
        Some((onset, (end - onset).clamp(0, longest) as u32))
    }

    /// Units in so many ticks of an even stretch, from a beat before it on.
    #[inline]
    fn even(&self, ticks: i64) -> Option<i64> {
        let from_beat_before = (ticks + self.ticks_per_beat).checked_mul(self.units_per_beat)?;
        Some(self.per_ticks_of_beat.divide(from_beat_before as u64) as i64 - self.units_per_beat)
    }

    fn marked(&self, span: &Span<'_>, index: usize, tick: i64) -> Option<i64> {
        let (mark, next) = (span.marks[index], span.marks[index + 1]);
        let units_between = self.units_per_beat / self.marks_per_beat as i64;
        // Behind the last mark only notes end, and they are cut off there.
        let ticks = tick.min(next) - mark;
        let units = ticks.checked_mul(units_between)?.div_euclid((next - mark).max(1));
        Some(index as i64 * units_between + units)
    }

    fn measured(&self, stretch: &Stretch, beats: &'a Beats, steps_per_beat: i64) -> Span<'a> {
        let marks = match (stretch.first_mark, stretch.bars) {
            (Some(first), Some(bars)) => {
                &beats.marks[first..][..=bars as usize * BEATS_PER_BAR * beats.marks_per_beat]
            }
            _ => &[],
        };
        let (first_beat, end, last_beat) = match *marks {
            [first, .., end] => {
                let last_beat = marks[marks.len() - 1 - beats.marks_per_beat];
                (marks[beats.marks_per_beat] - first, end, end - last_beat)
            }
            _ => (self.ticks_per_beat, stretch.end(beats), self.ticks_per_beat),
        };
        let half_step = |beat: i64| beat / (2 * steps_per_beat);
        let unit = |bar: u64| {
            i64::try_from(bar).ok()?.checked_mul(BEATS_PER_BAR as i64 * self.units_per_beat)
        };
        let end_bar = stretch.bars.map(|bars| stretch.first_bar.saturating_add(bars));
        // A first bar line beyond all numbers of units leaves no place for any onset.
        Span {
            from: stretch.start.saturating_sub(half_step(first_beat)),
            until: end.saturating_sub(half_step(last_beat)),
            start: stretch.start,
            marks,
            first_unit: unit(stretch.first_bar).unwrap_or(i64::MAX),
            end_unit: end_bar.and_then(unit).unwrap_or(i64::MAX),
        }
    }
}

impl Span<'_> {
    const fn reaches(&self, tick: i64) -> bool {
        self.from <= tick && tick < self.until
    }
}

/// The mark of a stretch before a tick, the first or the last but one for a tick outside, looked
/// for from another mark on.
fn mark_before(marks: &[i64], from: usize, tick: i64) -> usize {
    const NEAR: usize = 8;
    let last = marks.len() - 2;
    let near = (from..last.min(from + NEAR)).find(|&mark| tick < marks[mark + 1]);
    match near {
        Some(mark) if tick >= marks[mark] => mark,
        _ => marks.partition_point(|&mark| mark <= tick).saturating_sub(1).min(last),
    }
}
