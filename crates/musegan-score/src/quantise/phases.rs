//! Where in their beat onsets lie, collected into a histogram and asked about.
//!
//! What must stay true: an onset counts once however many notes are struck together, and
//! ornaments do not count at all.
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
    /// The onset that waits whether another one follows at once.
    pending: Option<i64>,
}

impl Phases {
    pub fn of_layout(layout: Layout) -> Self {
        let steps_per_beat = usize::from(layout.steps_per_beat.max(1));
        Self {
            histogram: [0; BINS],
            steps_per_beat,
            units_per_beat: UNITS_PER_STEP * steps_per_beat as i64,
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
        let phase = onset.rem_euclid(self.units_per_beat);
        let bin = (phase * BINS as i64 + self.units_per_beat / 2) / self.units_per_beat;
        self.histogram[bin as usize % BINS] += 1;
    }

    pub const fn histogram(&self) -> &[u32; BINS] {
        &self.histogram
    }

    pub const fn steps_per_beat(&self) -> usize {
        self.steps_per_beat
    }

    /// The beat, measured from its line.
    pub fn beat(&self) -> Circle {
        Circle { bins: self.histogram.to_vec() }
    }
}

/// Onsets over a stretch of time that comes again and again; places in it go from 0 to 1.
pub(super) struct Circle {
    bins: Vec<u32>,
}

impl Circle {
    pub fn total(&self) -> u32 {
        self.bins.iter().sum()
    }

    /// Both halves laid upon each other.
    pub fn folded(&self) -> Self {
        let (first, second) = self.bins.split_at(self.bins.len() / 2);
        Self { bins: first.iter().zip(second).map(|(a, b)| a + b).collect() }
    }

    /// Onsets from one place to another, both included; none where they are the wrong way round.
    pub fn count(&self, from: f32, to: f32) -> u32 {
        self.between(from, to).map(|(_, count)| count).sum()
    }

    /// The mean place of the onsets so close to a place, or that place where there are none.
    pub fn mean_near(&self, place: f32, within: f32) -> f32 {
        let near = self.between(place - within, place + within);
        let (sum, count) = near.fold((0.0, 0), |(sum, all), (place, count)| {
            (sum + place * f64::from(count), all + count)
        });
        if count == 0 { place } else { (sum / f64::from(count)) as f32 }
    }

    /// The mean place of the onsets around the beginning, `-0.09..=0.09`.
    pub fn lateness(&self) -> f32 {
        const WITHIN: f32 = 0.09;
        (0..3).fold(0.0, |late, _| self.mean_near(late, WITHIN).clamp(-WITHIN, WITHIN))
    }

    /// Onsets further than a quarter of a step from the nearest of so many steps, the first of
    /// which lies at `late`.
    pub fn count_off(&self, steps: usize, late: f32) -> u32 {
        let off = self.distances(steps, late).filter(|&(distance, _)| distance > 0.25 + 1e-4);
        off.map(|(_, count)| count).sum()
    }

    /// Mean distance of onsets from the nearest of so many steps, in steps.
    pub fn deviation(&self, steps: usize) -> f32 {
        let sum: f64 =
            self.distances(steps, 0.0).map(|(d, count)| f64::from(d) * f64::from(count)).sum();
        (sum / f64::from(self.total().max(1))) as f32
    }

    fn distances(&self, steps: usize, late: f32) -> impl Iterator<Item = (f32, u32)> {
        let len = self.bins.len() as f32;
        self.bins.iter().enumerate().map(move |(bin, &count)| {
            let step = (bin as f32 / len - late) * steps as f32;
            ((step - step.round()).abs(), count)
        })
    }

    /// Places, not wrapped, and the onsets at each.
    fn between(&self, from: f32, to: f32) -> impl Iterator<Item = (f64, u32)> {
        let len = self.bins.len() as i32;
        let bin = |place: f32| place * len as f32;
        ((bin(from) - 1e-3).ceil() as i32..=(bin(to) + 1e-3).floor() as i32).map(move |bin| {
            let count = self.bins[bin.rem_euclid(len) as usize];
            (f64::from(bin) / f64::from(len), count)
        })
    }
}
