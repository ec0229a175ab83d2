//! Where in their beat onsets lie, collected into a histogram and asked about.
//!
//! What must stay true: an onset counts once however many notes are struck together, and
//! ornaments do not count at all.
use super::divisor::Divisor;
use super::performance::UNITS_PER_STEP;
use crate::Layout;

/// Places in a beat that are told apart.
pub(super) const BINS: usize = 192;
/// Onsets of a part that are closer than a beat's twelfth are one: a chord that is not quite
/// together, a flam, a grace note. Their last is the one that is meant.
const TOGETHER: u64 = 12;

/// Collects onsets, part by part.
#[derive(Clone, Debug)]
pub(super) struct Phases {
    histogram: [u32; BINS],
    steps_per_beat: usize,
    units_per_beat: i64,
    units_per_bin: u64,
    per_bin: Divisor,
    /// The onset that waits whether another one follows at once.
    pending: Option<i64>,
}

impl Phases {
    pub fn of_layout(layout: Layout) -> Self {
        let steps_per_beat = usize::from(layout.steps_per_beat.max(1));
        let units_per_beat = UNITS_PER_STEP * steps_per_beat as i64;
        let units_per_bin = units_per_beat as u64 / BINS as u64;
        Self {
            histogram: [0; BINS],
            steps_per_beat,
            units_per_beat,
            units_per_bin,
            per_bin: Divisor::new(units_per_bin),
            pending: None,
        }
    }

    #[inline]
    pub fn add(&mut self, onset: i64) {
        match self.pending {
            Some(pending) if onset.abs_diff(pending) * TOGETHER < self.units_per_beat as u64 => {}
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

    #[inline]
    fn count(&mut self, onset: i64) {
        // No onset is earlier than the first bar line by a beat.
        let from_beat_before = (onset + self.units_per_beat) as u64;
        let bin = self.per_bin.divide(from_beat_before + self.units_per_bin / 2);
        self.histogram[(bin % BINS as u64) as usize] += 1;
    }

    pub const fn histogram(&self) -> &[u32; BINS] {
        &self.histogram
    }

    pub const fn steps_per_beat(&self) -> usize {
        self.steps_per_beat
    }

    /// The beat, measured from its line.
    pub fn beat(&self) -> Circle {
        Circle::new(self.histogram.to_vec())
    }
}

/// Onsets over a stretch of time that comes again and again; places in it go from 0 to 1.
pub(super) struct Circle {
    bins: Vec<u32>,
    /// How many onsets there are, and the sum of their places in bins, before each bin of three
    /// times round, from a time before the first.
    before: Vec<(u32, i64)>,
}

impl Circle {
    fn new(bins: Vec<u32>) -> Self {
        let len = bins.len() as i64;
        let mut before = Vec::with_capacity(3 * bins.len() + 1);
        let (mut count, mut sum) = (0, 0);
        before.push((count, sum));
        for (place, &onsets) in (-len..).zip(bins.iter().cycle().take(3 * bins.len())) {
            count += onsets;
            sum += place * i64::from(onsets);
            before.push((count, sum));
        }
        Self { bins, before }
    }

    pub fn total(&self) -> u32 {
        self.bins.iter().sum()
    }

    /// Both halves laid upon each other.
    pub fn folded(&self) -> Self {
        let (first, second) = self.bins.split_at(self.bins.len() / 2);
        Self::new(first.iter().zip(second).map(|(a, b)| a + b).collect())
    }

    /// Onsets from one place to another, both included; none where they are the wrong way round.
    pub fn count(&self, from: f32, to: f32) -> u32 {
        self.between(from, to).0
    }

    /// The mean place of the onsets so close to a place, or that place where there are none.
    pub fn mean_near(&self, place: f32, within: f32) -> f32 {
        match self.between(place - within, place + within) {
            (0, _) => place,
            (count, sum) => (sum as f64 / (f64::from(count) * self.bins.len() as f64)) as f32,
        }
    }

    /// The mean place of the onsets around the beginning, `-0.09..=0.09`.
    pub fn lateness(&self) -> f32 {
        const WITHIN: f32 = 0.09;
        (0..3).fold(0.0, |late, _| self.mean_near(late, WITHIN).clamp(-WITHIN, WITHIN))
    }

    /// Share of onsets further than a quarter of a step from the nearest of so many steps, the
    /// first of which lies at `late`; and the mean distance from it, in steps.
    pub fn distances(&self, steps: usize, late: f32) -> (f32, f32) {
        let (mut off, mut sum) = (0, 0.0);
        for (bin, &onsets) in self.bins.iter().enumerate() {
            let step = (bin as f32 / self.bins.len() as f32 - late) * steps as f32;
            // The nearest step without a call of the mathematics library.
            let distance = (step - ((step + 1.5) as i32 - 1) as f32).abs();
            off += if distance > 0.25 + 1e-4 { onsets } else { 0 };
            sum += f64::from(distance) * f64::from(onsets);
        }
        let total = f64::from(self.total().max(1));
        ((f64::from(off) / total) as f32, (sum / total) as f32)
    }

    /// How many onsets there are between two places, both included, and the sum of their places
    /// in bins.
    fn between(&self, from: f32, to: f32) -> (u32, i64) {
        let len = self.bins.len() as f32;
        // A time round is added to make all places positive, so that rounding down is a cast.
        let first = ((from + 1.0) * len - 1e-3).max(0.0) as usize + 1;
        let end = ((to + 1.0) * len + 1e-3).max(0.0) as usize + 1;
        let before = |bin: usize| self.before[bin.min(self.before.len() - 1)];
        let ((count, sum), (end_count, end_sum)) = (before(first), before(end));
        (end_count.saturating_sub(count), end_sum - sum)
    }
}
