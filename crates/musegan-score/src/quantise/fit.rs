//! How well a song's onsets fit a grid: off it, on triplets, in pairs of which the second is late.
//!
//! What must stay true: everything is read off one histogram of where in their beat the onsets
//! lie, so that it costs next to nothing and does not depend on key, tempo or the order of parts.
use super::phases::{BINS, Circle, Phases};

/// How a song's onsets lie to the grid. Shares are of [`onsets`](Self::onsets).
#[derive(Clone, Debug, PartialEq)]
pub struct GridFit {
    /// Onsets that were measured. What is struck together in a part is one onset; of a flam or a
    /// grace note only the main note counts.
    pub onsets: u32,
    /// Share of those more than a quarter of a step of the layout from the nearest one.
    pub off_grid: f32,
    /// Mean distance from the nearest step of the layout, in steps, `0.0..=0.5`.
    pub deviation: f32,
    /// How late the onsets on the beat are on average, in beats, `-0.09..=0.09`: a player's touch,
    /// or the delay of what recorded it.
    pub lateness: f32,
    /// As [`off_grid`](Self::off_grid), the [`delay`](Self::delay) taken off.
    pub off_grid_on_time: f32,
    /// Share of those more than a quarter of a sixteenth from the nearest one, lateness taken off.
    pub off_sixteenths: f32,
    /// Share of those on the first or second third of a beat, to a 24th of a beat.
    pub triplets: f32,
    /// The beat as a pair of eighths.
    pub eighths: PairFit,
    /// Half a beat as a pair of sixteenths.
    pub sixteenths: PairFit,
    histogram: [u32; BINS],
}

/// How two notes share the time of one of twice the length.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PairFit {
    /// Onsets inside the pair that are near the place of the second note.
    pub seconds: u32,
    /// That place in the pair, `0.4..=0.75`: 0.5 where straight, 2/3 in triplet swing.
    pub place: f32,
    /// Share of the onsets inside the pair (not on its first note) that are near the place.
    pub consistency: f32,
    /// Onsets on the first note for each one near the place.
    pub firsts: f32,
    /// Onsets at the first third of the pair for each one near the place: few in swing, as many in
    /// triplets.
    pub first_thirds: f32,
    /// Onsets on the straight places of the pair for each one near the place: the middle, unless
    /// it is near, and the quarters.
    pub straights: f32,
}

impl PairFit {
    /// How long the first note is as a multiple of the second: 1 is straight, 2 triplet swing.
    #[must_use]
    pub fn ratio(&self) -> f32 {
        self.place / (1.0 - self.place)
    }

    fn of(pair: &Circle) -> Self {
        /// Onsets so near to a place, in pairs, belong to it.
        const NEAR: f32 = 0.05;
        let late = pair.lateness();
        let near = |place: f32| pair.count(late + place - NEAR, late + place + NEAR);
        let candidates = (42..=73).map(|percent| percent as f32 / 100.0);
        let fullest = candidates.rev().max_by_key(|&place| near(place)).unwrap_or(0.5);
        let place = (0..3).fold(fullest, |place, _| pair.mean_near(late + place, NEAR) - late);
        let place = place.clamp(0.4, 0.75);
        let seconds = near(place);
        let share = |count: u32| count as f32 / seconds.max(1) as f32;
        let from = |low: f32, high: f32| pair.count(late + low, late + high);
        let middle = if place > 0.58 { from(0.46, 0.525f32.min(place - NEAR)) } else { 0 };
        let last_quarter = from((place + NEAR).max(0.73), 0.80);
        Self {
            seconds,
            place,
            consistency: seconds as f32 / from(0.12, 0.88).max(1) as f32,
            firsts: share(from(-0.09, 0.09)),
            first_thirds: share(from(0.28, 0.39)),
            straights: share(middle + last_quarter + from(0.20, 0.27)),
        }
    }
}

impl GridFit {
    /// The lateness that is worth taking off before quantising (see
    /// [`Performance::earlier_by`](super::Performance::earlier_by)): 0 where too few onsets tell, or
    /// where it is so small that it would only change which way thirty-second notes are rounded.
    #[must_use]
    pub fn delay(&self) -> f32 {
        const FEWEST_ONSETS: u32 = 32;
        const SMALLEST: f32 = 0.01;
        let tells = self.onsets >= FEWEST_ONSETS && self.lateness.abs() >= SMALLEST;
        if tells { self.lateness } else { 0.0 }
    }

    pub(super) fn of(phases: &Phases) -> Self {
        let beat = phases.beat();
        let lateness = beat.lateness();
        let share = |count: u32| count as f32 / beat.total().max(1) as f32;
        let (off_grid, deviation) = beat.distances(phases.steps_per_beat(), 0.0);
        let around = |place: f32| {
            let place = lateness + place;
            beat.count(place - 1.0 / 24.0, place + 1.0 / 24.0)
        };
        let mut fit = Self {
            onsets: beat.total(),
            off_grid,
            deviation,
            lateness,
            off_grid_on_time: off_grid,
            off_sixteenths: beat.distances(4, lateness).0,
            triplets: share(around(1.0 / 3.0) + around(2.0 / 3.0)),
            eighths: PairFit::of(&beat),
            sixteenths: PairFit::of(&beat.folded()),
            histogram: *phases.histogram(),
        };
        if fit.delay() != 0.0 {
            fit.off_grid_on_time = beat.distances(phases.steps_per_beat(), lateness).0;
        }
        fit
    }

    /// How many onsets lie where in their beat, in 192 equal parts of a beat, the first of which
    /// has the beat line in its middle.
    #[must_use]
    pub const fn histogram(&self) -> &[u32; BINS] {
        &self.histogram
    }
}
