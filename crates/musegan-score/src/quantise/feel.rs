//! What the places of a song's onsets say about its feel, and how swing is taken out.
use super::fit::GridFit;
use super::performance::UNITS_PER_STEP;
use crate::Layout;

/// Which notes come late in swing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swung {
    /// The second of two eighths.
    Eighths,
    /// The second of two sixteenths.
    Sixteenths,
}

/// Takes swing out: the late second of two notes moves to the middle between its neighbours, and
/// whatever lies between moves in proportion. Beats stay where they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Straightening {
    /// Which notes come late.
    pub swung: Swung,
    /// How long the first of two notes is, as multiple of the second: 1 is straight, 2 triplets.
    pub ratio: f32,
}

impl Straightening {
    /// The same in the units of a layout, or `None` where there is nothing to straighten.
    pub(super) fn in_units(self, layout: Layout) -> Option<Steady> {
        let beat = UNITS_PER_STEP * i64::from(layout.steps_per_beat.max(1));
        let pair = match self.swung {
            Swung::Eighths => beat,
            Swung::Sixteenths => beat / 2,
        };
        let ratio = if self.ratio.is_finite() { self.ratio.clamp(1.0, 4.0) } else { 1.0 };
        let second = (pair as f32 * ratio / (1.0 + ratio)).round() as i64;
        (second > pair / 2).then_some(Steady { pair, second })
    }
}

/// [`Straightening`] in units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steady {
    pair: i64,
    /// Where in the pair the second note comes.
    second: i64,
}

impl Steady {
    /// Where a place belongs.
    #[inline]
    pub fn unit(self, played: i64) -> i64 {
        let (pair, within) = (played.div_euclid(self.pair), played.rem_euclid(self.pair));
        let middle = self.pair / 2;
        let straight = if within < self.second {
            within * middle / self.second
        } else {
            middle + (within - self.second) * (self.pair - middle) / (self.pair - self.second)
        };
        // What is nearest to the beat behind stays with it.
        let nearest_behind = self.pair - UNITS_PER_STEP / 2;
        let straight =
            if within >= nearest_behind { straight.max(nearest_behind) } else { straight };
        pair * self.pair + straight
    }
}

impl GridFit {}
