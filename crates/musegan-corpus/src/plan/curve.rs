//! How hard the band plays: the curve that carries a listener through the song.
use rand::Rng;

use super::{Plan, Style};
use crate::chart::SectionRole;
use crate::{Chart, Dice};

/// What each repetition of a section adds, and for how many.
const GROWTH: f64 = 0.04;
const GROWTHS: usize = 2;
/// How much a rising section gains from its first to its last bar.
const RISE: f64 = 0.16;
/// What the last chorus stands above all else.
const FINALE: f64 = 0.06;

/// Gives every bar its intensity.
pub(super) fn draw(plan: &mut Plan, chart: &Chart, dice: &Dice) {
    let level = level(plan.style);
    let contrast = dice.about("contrast", 0).random_range(0.85..=1.2);
    let finale = chart.sections.iter().rposition(|section| section.role == SectionRole::Chorus);
    for bar in &mut plan.bars {
        let section = &chart.sections[bar.section];
        let mut intensity = 0.5 + level + contrast * (of_role(section.role) - 0.5);
        if section.role == SectionRole::Bridge {
            intensity += bridge(dice, section.group);
        }
        intensity += GROWTH * bar.repetition.min(GROWTHS) as f64;
        if finale == Some(bar.section) {
            intensity += FINALE;
        }
        let place = bar.bar_in_section as f64 / section.bars.max(2) as f64;
        intensity += slope(section.role) * place;
        bar.intensity = intensity.clamp(0.1, 1.0);
    }
}

/// Styles differ in how hard they are played at all.
const fn level(style: Style) -> f64 {
    match style {
        Style::Ballad | Style::BossaNova => -0.12,
        Style::HardRock => 0.1,
        Style::Rock | Style::Dance => 0.04,
        Style::Swing | Style::Reggae => -0.04,
        _ => 0.0,
    }
}

/// Low in the intro, in the middle in a verse, high in a chorus.
const fn of_role(role: SectionRole) -> f64 {
    match role {
        SectionRole::Intro => 0.34,
        SectionRole::Verse => 0.46,
        SectionRole::PreChorus => 0.52,
        SectionRole::Chorus => 0.8,
        SectionRole::Bridge => 0.55,
        SectionRole::Solo => 0.66,
        SectionRole::Interlude => 0.48,
        SectionRole::Outro => 0.6,
    }
}

/// A bridge is a contrast: it steps back or it lifts.
fn bridge(dice: &Dice, group: usize) -> f64 {
    if dice.happens(0.5, "bridge steps back", group) { -0.14 } else { 0.12 }
}

/// Intros and pre-choruses rise to what follows, outros fall.
const fn slope(role: SectionRole) -> f64 {
    match role {
        SectionRole::Intro | SectionRole::PreChorus => RISE,
        SectionRole::Outro => -RISE,
        _ => 0.02,
    }
}
