//! The arrangement: who plays when, how busily, and where the band fills, stops and lifts.
//!
//! The plan is made before any note; every part is written from it and from the chart.
use musegan_score::Track;

/// The style of an arrangement, which decides the patterns of all parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Style {
    Pop,
    Ballad,
    Rock,
    HardRock,
    Funk,
    Soul,
    Country,
    Reggae,
    Latin,
    BossaNova,
    Swing,
    Blues,
    Dance,
    HipHop,
}

/// A whole arrangement, bar by bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The style.
    pub style: Style,
    /// Whether eighths (or sixteenths in slow funk and hip hop) are swung; straight styles are not.
    pub swing: Option<Swing>,
    /// Quarter notes per minute.
    pub bpm: f64,
    /// One for each bar of the chart.
    pub bars: Vec<BarPlan>,
}

/// Which notes are swung.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Swing {
    /// The second eighth of a beat comes late.
    Eighths,
    /// The second and fourth sixteenth of a beat come late.
    Sixteenths,
}

/// One bar of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BarPlan {
    /// Index of the section in the chart.
    pub section: usize,
    /// Bars since the section's beginning.
    pub bar_in_section: usize,
    /// Repetitions of the section's group before this one.
    pub repetition: usize,
    /// How hard the band plays, `0.0..=1.0`; a chorus above its verse.
    pub intensity: f64,
    /// Which tracks play.
    pub plays: [bool; Track::COUNT],
    /// Whether the bar leads into a new section.
    pub fill: bool,
    /// Whether a new section begins with a crash here.
    pub crash: bool,
    /// Whether all but one strike at the first beat and rest.
    pub stop: bool,
}

impl BarPlan {
    /// Whether a track plays.
    #[must_use]
    pub const fn plays(&self, track: Track) -> bool {
        self.plays[track.index()]
    }
}
