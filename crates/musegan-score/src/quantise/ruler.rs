//! Ticks measured in units of the grid, with the beats as the marks of the ruler.
//!
//! What must stay true: the measure is monotone, and exact where it matters. Rounding a tick down
//! to a unit never moves it across the middle between two steps, which is a whole number of units.
use super::performance::UNITS_PER_STEP;
use crate::beats::{Beats, Stretch};
use crate::grid::BEATS_PER_BAR;
use crate::{Layout, SongNote};

/// Remembers where the last note was: in the order of onsets a note takes constant time, in any
/// other logarithmic.
pub(super) struct Ruler<'a> {
    spans: Vec<Span<'a>>,
    ticks_per_beat: i64,
    units_per_beat: i64,
    /// Notes are cut to so many beats, a little more than any layout keeps.
    longest_beats: i64,
    /// The span and the beat in it that were found last.
    span: usize,
    beat: usize,
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
            units_per_beat: UNITS_PER_STEP * steps_per_beat,
            longest_beats: layout.beats() as i64 + 1,
            span: 0,
            beat: 0,
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
            self.beat = 0;
        }
        let span = self.spans.get(self.span).filter(|span| span.reaches(tick))?;
        let (onset, end) = if span.marks.is_empty() {
            let longest = (self.longest_beats * self.ticks_per_beat) as u64;
            let end = tick.checked_add_unsigned(note.length.min(longest))?;
            (self.even(tick - span.start)?, self.even(end - span.start)?)
        } else {
            self.beat = beat_of(span.marks, self.beat, tick);
            let end = tick.saturating_add_unsigned(note.length);
            let beat_of_end = beat_of(span.marks, self.beat, end);
            (self.marked(span, self.beat, tick)?, self.marked(span, beat_of_end, end)?)
        };
        let onset = onset.checked_add(span.first_unit)?;
        let end = end.checked_add(span.first_unit)?.min(span.end_unit);
        let longest = self.longest_beats * self.units_per_beat;
        Some((onset, (end - onset).clamp(0, longest) as u32))
    }

    /// Units in so many ticks of an even stretch, from a beat before it on.
    #[inline]
    fn even(&self, ticks: i64) -> Option<i64> {
        let from_beat_before = (ticks + self.ticks_per_beat).checked_mul(self.units_per_beat)?;
        Some((from_beat_before as u64 / self.ticks_per_beat as u64) as i64 - self.units_per_beat)
    }

    fn marked(&self, span: &Span<'_>, beat: usize, tick: i64) -> Option<i64> {
        let (mark, next) = (span.marks[beat], span.marks[beat + 1]);
        // Behind the last beat line only notes end, and they are cut off there.
        let ticks = tick.min(next) - mark;
        let units = ticks.checked_mul(self.units_per_beat)?.div_euclid(next - mark);
        Some(beat as i64 * self.units_per_beat + units)
    }

    fn measured(&self, stretch: &Stretch, beats: &'a Beats, steps_per_beat: i64) -> Span<'a> {
        let marks = match (stretch.first_mark, stretch.bars) {
            (Some(first), Some(bars)) => &beats.marks[first..][..=bars as usize * BEATS_PER_BAR],
            _ => &[],
        };
        let (first_beat, end, last_beat) = match *marks {
            [first, second, .., before, end] => (second - first, end, end - before),
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

/// The beat of a stretch that a tick lies in, the first or last for one outside, looked for from
/// another beat on.
fn beat_of(marks: &[i64], from: usize, tick: i64) -> usize {
    const NEAR: usize = 8;
    let last = marks.len() - 2;
    let near = (from..last.min(from + NEAR)).find(|&beat| tick < marks[beat + 1]);
    match near {
        Some(beat) if tick >= marks[beat] => beat,
        _ => marks.partition_point(|&mark| mark <= tick).saturating_sub(1).min(last),
    }
}
