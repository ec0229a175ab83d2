//! The arrangement: who plays when, how busily, and where the band fills, stops and lifts.
//!
//! The plan is made before any note; every part is written from it and from the chart. What must
//! stay true: it has one bar for each bar of the chart, and a chorus is played harder than the
//! verses.
use musegan_score::Track;

use crate::{Chart, Dice};

mod cast;
mod cues;
mod curve;
mod style;

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
    /// Whether the drummer fills: largely where the bar leads into a new section, briefly at the
    /// end of a phrase within one.
    pub fill: bool,
    /// Whether a new section, or a new phrase of a loud one, begins with a crash here.
    pub crash: bool,
    /// Whether all but one strike at the first beat and rest.
    pub stop: bool,
}

impl Plan {
    /// The plan of an arrangement: the style that the source's tags, its tempo and its chords
    /// allow and the dice choose, and from it how hard each section is played, who plays there,
    /// and where the band fills, crashes and stops.
    ///
    /// ```
    /// # use musegan_corpus::{Chart, Dice, Plan, chart::{ChartBar, ChartSection, SectionRole}};
    /// # let section = ChartSection {
    /// #     label: "verse".into(), role: SectionRole::Verse, group: 0, first_bar: 0, bars: 8,
    /// # };
    /// # let chart = Chart {
    /// #     name: "song".into(), title: "Song".into(), artist: String::new(), tags: vec![],
    /// #     bpm: 100.0, key: musegan_score::Key::new(0, false),
    /// #     bars: vec![ChartBar::default(); 8], sections: vec![section], voices: vec![],
    /// # };
    /// let plan = Plan::of(&chart, &Dice::new(0, &chart.name, 1));
    /// assert_eq!(plan.bars.len(), chart.bars.len());
    /// ```
    #[must_use]
    pub fn of(chart: &Chart, dice: &Dice) -> Self {
        let style = style::of(chart, dice);
        let swing = style::swing(style, chart, dice);
        let bpm = style::bpm(chart, dice);
        let mut plan = Self { style, swing, bpm, bars: blank(chart) };
        curve::draw(&mut plan, chart, dice);
        cast::choose(&mut plan, chart, dice);
        cues::give(&mut plan, chart, dice);
        plan
    }

    /// Whether the bar is the last of its section.
    #[must_use]
    pub fn is_last_of_section(&self, bar: usize) -> bool {
        let section = |bar: usize| self.bars.get(bar).map(|plan| plan.section);
        section(bar) != section(bar + 1)
    }
}

/// Bars that know their places and nothing else yet.
fn blank(chart: &Chart) -> Vec<BarPlan> {
    let mut bars = Vec::with_capacity(chart.bars.len());
    for (index, section) in chart.sections.iter().enumerate() {
        let before = &chart.sections[..index];
        let repetition = before.iter().filter(|other| other.group == section.group).count();
        bars.extend((0..section.bars).map(|bar_in_section| BarPlan {
            section: index,
            bar_in_section,
            repetition,
            intensity: 0.5,
            plays: [true; Track::COUNT],
            fill: false,
            crash: false,
            stop: false,
        }));
    }
    bars
}

impl BarPlan {
    /// Whether a track plays.
    #[must_use]
    pub const fn plays(&self, track: Track) -> bool {
        self.plays[track.index()]
    }
}
