//! Where the band fills, crashes and stops: the signs by which a listener hears the form.
use musegan_score::Track;

use super::{Plan, Style};
use crate::chart::SectionRole;
use crate::{Chart, Dice};

/// Gives every bar its cues.
pub(super) fn give(plan: &mut Plan, chart: &Chart, dice: &Dice) {
    let phrase = if dice.happens(0.4, "phrases are short", 0) { 4 } else { 8 };
    for bar in 0..plan.bars.len() {
        plan.bars[bar].stop = stops(plan, chart, dice, bar);
        plan.bars[bar].fill = fills(plan, dice, bar, phrase);
        plan.bars[bar].crash = crashes(plan, chart, dice, bar);
    }
}

/// The drummer leads into every new section, and often into the next phrase of one. Nobody fills
/// where nothing follows.
fn fills(plan: &Plan, dice: &Dice, bar: usize, phrase: usize) -> bool {
    let now = &plan.bars[bar];
    let Some(next) = plan.bars.get(bar + 1) else { return false };
    if !next.plays(Track::Drums) {
        return false;
    }
    if plan.is_last_of_section(bar) {
        return dice.happens(0.95, "fill", bar);
    }
    // A drummer who has been silent comes in with a fill.
    if !now.plays(Track::Drums) {
        return dice.happens(0.6, "fill", bar);
    }
    let ends_phrase = now.bar_in_section % phrase == phrase - 1;
    ends_phrase && dice.happens(0.35 + 0.4 * now.intensity, "small fill", bar)
}

/// A loud section begins with a crash, a soft one sometimes; and whoever comes in marks it.
fn crashes(plan: &Plan, chart: &Chart, dice: &Dice, bar: usize) -> bool {
    let now = &plan.bars[bar];
    if !now.plays(Track::Drums) {
        return false;
    }
    let Some(before) = bar.checked_sub(1).and_then(|before| plan.bars.get(before)) else {
        return dice.happens(0.3 + 0.3 * now.intensity, "crash", bar);
    };
    let role = chart.sections[now.section].role;
    let comes_in = !before.plays(Track::Drums);
    let gentle = matches!(plan.style, Style::BossaNova | Style::Swing);
    if now.bar_in_section == 0 || comes_in {
        let likely = if role == SectionRole::Chorus { 1.0 } else { 0.35 + 0.6 * now.intensity };
        return dice.happens(if gentle { 0.5 * likely } else { likely }, "crash", bar);
    }
    let new_phrase = now.bar_in_section.is_multiple_of(8);
    new_phrase && now.intensity > 0.7 && dice.happens(0.6, "crash", bar)
}

/// Now and then the band holds its breath before a chorus, and many songs end on one stroke.
fn stops(plan: &Plan, chart: &Chart, dice: &Dice, bar: usize) -> bool {
    if bar + 1 == plan.bars.len() {
        return dice.happens(0.5, "the end", 0);
    }
    let likely = match plan.style {
        Style::Funk | Style::Soul | Style::Blues | Style::Swing => 0.14,
        Style::Rock | Style::HardRock | Style::Dance | Style::HipHop => 0.12,
        Style::Ballad | Style::BossaNova => 0.03,
        _ => 0.08,
    };
    let now = &plan.bars[bar];
    let next = &plan.bars[bar + 1];
    plan.is_last_of_section(bar)
        && now.bar_in_section >= 3
        && next.repetition > 0
        && chart.sections[next.section].role == SectionRole::Chorus
        && dice.happens(likely, "stop", bar)
}
