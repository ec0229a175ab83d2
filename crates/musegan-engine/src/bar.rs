//! The song's bars, and which step of a phrase each of their sixteenths plays.
//!
//! What must stay true: a bar's index, and with it its music, is a function of where it begins and
//! of the metre alone, so that a seek finds what playing reached. A host's own bar numbers are
//! not believed.
use crate::time::FARTHEST_BEAT;
use musegan_score::Meter;
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BAR, STEPS_PER_BEAT, Step};
use musegan_score::meter::TICKS_PER_BEAT;

/// Ticks of a step, a sixteenth.
pub(crate) const TICKS_PER_STEP: i64 = TICKS_PER_BEAT / STEPS_PER_BEAT as i64;

/// Hosts' positions are sums of rounded numbers; this near to a line, in quarter notes, is on it.
const ON_THE_LINE: f64 = 1e-6;

/// One bar of the song.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    start_beats: f64,
    meter: Meter,
}

impl Bar {
    /// The bar that holds a position, in a song whose bars have this metre and one of whose bar
    /// lines is `line_beats`; the song's start where no line is known.
    #[must_use]
    pub fn holding(pos_beats: f64, line_beats: Option<f64>, meter: Meter) -> Self {
        let known = line_beats.filter(|line| line.is_finite() && line.abs() < FARTHEST_BEAT);
        let line_beats = known.unwrap_or(0.0);
        let bars = ((pos_beats - line_beats + ON_THE_LINE) / meter.beats()).floor();
        Self { start_beats: line_beats + bars * meter.beats(), meter }
    }

    /// The bar after this one, if the metre stays.
    #[must_use]
    pub fn next(self) -> Self {
        Self { start_beats: self.start_beats + self.meter.beats(), ..self }
    }

    /// Where it begins, in quarter notes.
    #[must_use]
    pub const fn start_beats(self) -> f64 {
        self.start_beats
    }

    /// Its metre.
    #[must_use]
    pub const fn meter(self) -> Meter {
        self.meter
    }

    /// Which bar of the song it is, as if the metre had always held: 0 at the start, negative
    /// before it. Where bars do not lie on that grid the nearest of its lines counts.
    #[must_use]
    pub fn index(self) -> i64 {
        (self.start_beats / self.meter.beats() + 0.5 + ON_THE_LINE).floor() as i64
    }

    /// Which phrase of the song it is of.
    #[must_use]
    pub fn phrase_index(self) -> i64 {
        self.index().div_euclid(BARS_PER_PHRASE as i64)
    }

    /// Its steps; the last is cut where the bar is no whole number of sixteenths.
    #[must_use]
    pub const fn steps(self) -> i64 {
        (self.meter.ticks() + TICKS_PER_STEP - 1) / TICKS_PER_STEP
    }

    /// Ticks of one of its steps: [`TICKS_PER_STEP`] but for a cut last one.
    pub(crate) const fn ticks_of(self, step: i64) -> i64 {
        let left = self.meter.ticks() - step * TICKS_PER_STEP;
        if left < TICKS_PER_STEP { left } else { TICKS_PER_STEP }
    }

    /// Which step of the phrase's own bar of sixteen a step of this bar plays. Shorter bars leave
    /// out the end; longer ones play the end again, so that their last step is the last.
    #[must_use]
    pub const fn source_step(self, step: i64) -> i64 {
        let in_source = STEPS_PER_BAR as i64;
        if step < in_source { step } else { (step - self.steps()).rem_euclid(in_source) }
    }

    /// The step of the phrase that a step of this bar plays.
    #[must_use]
    pub fn in_phrase(self, step: i64) -> Step {
        let bar = self.index().rem_euclid(BARS_PER_PHRASE as i64);
        Step::wrapping(bar * STEPS_PER_BAR as i64 + self.source_step(step))
    }

    /// Whether another bar lies on the same grid of bar lines, give or take less than `tolerance`
    /// beats.
    pub(crate) fn shares_grid(self, other: Self, tolerance: f64) -> bool {
        let bars = (self.start_beats - other.start_beats) / self.meter.beats();
        let off = (bars - bars.round()).abs() * self.meter.beats();
        self.meter.ticks() == other.meter.ticks() && off < tolerance - ON_THE_LINE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(numerator: i32, denominator: i32) -> Meter {
        Meter::new(numerator, denominator).unwrap_or_default()
    }

    #[test]
    fn the_bar_line_that_the_host_names_moves_the_grid() {
        let bar = Bar::holding(17.0, Some(16.0), meter(7, 8));
        assert_eq!((bar.start_beats(), bar.index()), (16.0, 5));
        assert_eq!(bar.next().start_beats(), 19.5);
        assert_eq!(bar.next().index(), 6);
        // A line of bars past or to come names the same grid.
        for line in [12.5, 16.0, 19.5, 2.0] {
            assert_eq!(Bar::holding(17.0, Some(line), meter(7, 8)), bar);
        }
    }

    #[test]
    fn without_a_line_bars_are_counted_from_the_songs_start_and_before_it() {
        for (pos, index) in [(0.0, 0), (2.99, 0), (3.0 - 1e-9, 1), (-0.1, -1), (-3.1, -2)] {
            assert_eq!(Bar::holding(pos, None, meter(3, 4)).index(), index, "at {pos}");
        }
        assert_eq!(Bar::holding(-0.1, Some(f64::NAN), meter(3, 4)).in_phrase(3).index(), 51);
    }

    #[test]
    fn bars_that_follow_each_other_are_numbered_one_by_one_wherever_the_grid_lies() {
        for (numerator, denominator) in [(4, 4), (3, 4), (7, 8), (5, 4), (1, 64), (13, 16)] {
            for eighth in -40..40 {
                let line = f64::from(eighth) / 8.0;
                let bar = Bar::holding(line, Some(line), meter(numerator, denominator));
                assert_eq!(bar.next().index(), bar.index() + 1);
            }
        }
    }

    #[test]
    fn short_bars_leave_out_the_end_and_long_ones_play_it_again() {
        let played = |numerator, denominator| -> Vec<i64> {
            let bar = Bar::holding(0.0, None, meter(numerator, denominator));
            (0..bar.steps()).map(|step| bar.source_step(step)).collect()
        };
        assert_eq!(played(7, 8), (0..14).collect::<Vec<_>>());
        assert_eq!(played(4, 4), (0..16).collect::<Vec<_>>());
        assert_eq!(played(5, 4), (0..16).chain(12..16).collect::<Vec<_>>());
        assert_eq!(played(12, 8), (0..16).chain(8..16).collect::<Vec<_>>());
        assert_eq!(played(1, 32), [0]);
    }
}
