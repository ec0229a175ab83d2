//! What the places of a song's onsets say about its feel, and how swing is taken out.
use super::fit::{GridFit, PairFit};
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

/// What the onsets of a song say about its feel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Feel {
    /// On the sixteenth grid, or too few onsets to say anything else.
    Straight,
    /// Seconds of two eighths or sixteenths come late, by this ratio.
    Swung(Swung, f32),
    /// Beats in three, which sixteenths cannot hold and twelve steps to the beat can.
    Triplets,
    /// On no grid at all: played without a click, or by another metre than the file says.
    Free,
}

/// Fewer onsets at a place say nothing.
const FEWEST: u32 = 16;
/// Swing begins here: earlier seconds are a drummer's touch, and in the grid's reach.
const SWUNG_FROM: f32 = 0.57;
/// Later seconds are dotted notes and a sixteenth.
const SWUNG_TO: f32 = 0.73;
/// Of the onsets inside pairs so many must be at one place to be called swing.
const SWUNG_CONSISTENCY: f32 = 0.28;
/// Of all onsets so many must be late seconds to be called swing.
const SWUNG_SHARE: f32 = 0.08;
/// So many onsets on the beat must there be to one late second: where there are fewer, the beat is
/// somewhere else.
const FIRSTS: f32 = 0.6;
/// So many onsets at the first third to one at the second are triplets rather than swing.
const TRIPLET_THIRDS: f32 = 0.5;
/// So many onsets at straight places to one late second make a straight song.
const STRAIGHTS: f32 = 0.8;
/// So many of all onsets on triplet places make a song of triplets.
const TRIPLET_SHARE: f32 = 0.25;
/// So many onsets off the sixteenths make a free song; where onsets lie anywhere it is half.
const FREE_SHARE: f32 = 0.4;

impl GridFit {
    /// The feel: swing of eighths if there is any, else of sixteenths, else triplets, else free
    /// or straight.
    #[must_use]
    pub fn feel(&self) -> Feel {
        let pairs = [(Swung::Eighths, &self.eighths), (Swung::Sixteenths, &self.sixteenths)];
        if let Some((swung, pair)) = pairs.into_iter().find(|(_, pair)| self.is_swung(pair)) {
            return Feel::Swung(swung, pair.ratio());
        }
        let is_on_beat = self.eighths.firsts >= FIRSTS;
        let is_in_three = self.eighths.first_thirds >= TRIPLET_THIRDS;
        if self.onsets < FEWEST {
            Feel::Straight
        } else if self.triplets >= TRIPLET_SHARE && is_in_three && is_on_beat {
            Feel::Triplets
        } else if self.off_sixteenths >= FREE_SHARE {
            Feel::Free
        } else {
            Feel::Straight
        }
    }

    fn is_swung(&self, pair: &PairFit) -> bool {
        pair.seconds >= FEWEST
            && pair.seconds as f32 >= SWUNG_SHARE * self.onsets as f32
            && (SWUNG_FROM..=SWUNG_TO).contains(&pair.place)
            && pair.consistency >= SWUNG_CONSISTENCY
            && pair.firsts >= FIRSTS
            && pair.first_thirds <= TRIPLET_THIRDS
            && pair.straights <= STRAIGHTS
    }
}

impl Feel {
    /// What takes the swing out, where there is any.
    #[must_use]
    pub const fn straightening(self) -> Option<Straightening> {
        match self {
            Self::Swung(swung, ratio) => Some(Straightening { swung, ratio }),
            Self::Straight | Self::Triplets | Self::Free => None,
        }
    }
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
