//! Notes that lead into the next chord, which is what makes a row of roots a line.
use musegan_score::grid::{STEPS_PER_BAR, STEPS_PER_BEAT};

use crate::chart::TICKS_PER_BAR;
use crate::figure::{Hit, TICKS_PER_STEP};
use crate::plan::{BarPlan, Style};
use crate::{Chart, Dice, Plan};

/// The letter of a note that leads into the next one.
pub(super) const LEADS: char = 'a';

/// How likely a change of chord is led into.
const fn likely(style: Style) -> f64 {
    match style {
        Style::Country | Style::Blues | Style::Swing => 0.6,
        Style::Soul | Style::Funk => 0.55,
        Style::Pop | Style::Rock | Style::Ballad => 0.45,
        Style::Latin | Style::BossaNova | Style::Reggae => 0.3,
        Style::HardRock | Style::Dance | Style::HipHop => 0.3,
    }
}

/// Puts a leading note before changes of chord: an eighth before, in slow or sparse music a
/// quarter, and before a new section often a run of two.
pub(super) fn into_changes(hits: &mut Vec<Hit>, chart: &Chart, plan: &Plan, dice: &Dice) {
    let beats = plan.bars.len() * (STEPS_PER_BAR / STEPS_PER_BEAT);
    let mut led = Vec::new();
    for beat in 1..beats {
        let (Some(from), Some(to)) = (chart.chord(beat - 1), chart.chord(beat)) else { continue };
        if from.bass() == to.bass() {
            continue;
        }
        let bar = (beat - 1) * STEPS_PER_BEAT / STEPS_PER_BAR;
        let Some(now) = plan.bars.get(bar) else { continue };
        let turns = plan.is_last_of_section(bar) || now.bar_in_section % 4 == 3;
        let likely = likely(plan.style) * if turns { 1.5 } else { 1.0 };
        let name = name(chart, now, beat);
        if now.stop || !dice.happens(likely, "leads", name) {
            continue;
        }
        let change = beat as u64 * TICKS_PER_BAR / 4;
        for before in places(hits, change, turns, plan.bpm, dice, name) {
            let tick = change - before * TICKS_PER_STEP;
            let step = (tick % TICKS_PER_BAR / TICKS_PER_STEP) as usize;
            led.push(Hit { tick, length: before * TICKS_PER_STEP, step, kind: LEADS, chord: from });
        }
    }
    hits.retain(|hit| led.iter().all(|leads| leads.tick != hit.tick));
    hits.extend(led);
    super::one_at_a_time(hits);
}

/// The same place of the same group's sections, so that repetitions are alike.
fn name(chart: &Chart, now: &BarPlan, beat: usize) -> usize {
    let group = chart.sections.get(now.section).map_or(0, |section| section.group);
    (group * 4096 + now.bar_in_section) * 4 + beat % 4
}

/// How many steps before the change the leading notes come, the first the earliest.
///
/// There are none where nothing is struck on the change, as when it was anticipated, and none
/// where nothing sounded before it.
fn places(hits: &[Hit], change: u64, turns: bool, bpm: f64, dice: &Dice, name: usize) -> Vec<u64> {
    let at = hits.partition_point(|hit| hit.tick < change);
    let lands = hits.get(at).is_some_and(|hit| hit.tick == change);
    let Some(last) = at.checked_sub(1).and_then(|last| hits.get(last)).filter(|_| lands) else {
        return Vec::new();
    };
    let steps = (change - last.tick) / TICKS_PER_STEP;
    let is_near = last.tick + TICKS_PER_BAR > change;
    let sparse = steps >= 6 || bpm > 150.0;
    match (is_near, sparse) {
        (false, _) => Vec::new(),
        (_, true) if turns && dice.happens(0.5, "run", name) => vec![4, 2],
        (_, true) if dice.happens(0.4, "leads by a quarter", name) => vec![4],
        (_, false) if turns && steps <= 2 && dice.happens(0.4, "run", name) => vec![4, 2],
        _ => vec![2],
    }
}
