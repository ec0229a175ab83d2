//! Notes that lead into the next chord, which is what makes a row of roots a line.
use musegan_score::Pitch;
use musegan_score::grid::{STEPS_PER_BAR, STEPS_PER_BEAT};

use super::neck::{Hand, rubs};
use super::{HIGH, LOW};
use crate::chart::{BEATS_PER_BAR, TICKS_PER_BAR};
use crate::figure::{Hit, TICKS_PER_STEP};
use crate::plan::{BarPlan, Style};
use crate::{Chart, Dice, Plan};

/// The letter of a note that leads into the next one.
pub(super) const LEADS: char = 'a';

/// How much less likely a chord that lasts less than a bar is left by a leading note: there the
/// roots alone are a line.
const HURRIED: f64 = 0.3;

/// How likely a change of chord is led into.
const fn likely(style: Style) -> f64 {
    match style {
        Style::Country | Style::Blues => 0.5,
        Style::Soul | Style::Funk => 0.4,
        Style::Pop | Style::Rock | Style::Ballad => 0.28,
        _ => 0.2,
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
        let lasted = (1..=BEATS_PER_BAR).take_while(|back| {
            beat.checked_sub(*back).is_some_and(|beat| chart.chord(beat) == Some(from))
        });
        let haste = if lasted.count() < BEATS_PER_BAR { HURRIED } else { 1.0 };
        let likely = likely(plan.style) * haste * if turns { 1.6 } else { 1.0 };
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
    let mut places = match (is_near, sparse) {
        (false, _) => Vec::new(),
        (_, true) if turns && dice.happens(0.5, "run", name) => vec![4, 2],
        (_, true) if dice.happens(0.4, "leads by a quarter", name) => vec![4],
        (_, false) if turns && steps <= 2 && dice.happens(0.4, "run", name) => vec![4, 2],
        _ => vec![2],
    };
    // The first and the third beat are the chord's.
    let half = STEPS_PER_BAR as u64 / 2;
    places.retain(|before| !(change / TICKS_PER_STEP - before).is_multiple_of(half));
    places
}

impl Hand<'_> {
    /// The note before a root: a step of the key above or below it, sometimes a semitone that is
    /// not the key's, or its fifth; rather on the side where the hand is.
    ///
    /// From high up it leads to the root's octave, and the root falls.
    pub(super) fn leading(&self, hit: &Hit, target: i32) -> i32 {
        let octave = target + 12;
        let is_nearer = (octave - self.last).abs() < (target - self.last).abs();
        let target = if is_nearer && octave < i32::from(HIGH) { octave } else { target };
        let options =
            [-2, -1, 1, 2, 7, -5].map(|away| (target + away, self.leads_well(hit, target, away)));
        self.dice.choose(&options, "leads by", hit.tick as usize).copied().unwrap_or(target)
    }

    /// How well the pitch so many semitones from a root leads to it.
    fn leads_well(&self, hit: &Hit, target: i32, away: i32) -> f64 {
        let pitch = target + away;
        let Some(key) = u8::try_from(pitch).ok().and_then(Pitch::new) else { return 0.0 };
        if !(i32::from(LOW)..=i32::from(HIGH)).contains(&pitch) || pitch == self.last {
            return 0.0;
        }
        let mut weight = if away.abs() <= 2 { 1.0 } else { 0.35 };
        let belongs = hit.chord.tones().contains(key) || self.chart.key.scale().contains(key);
        if !belongs {
            weight *= if away.abs() == 1 { chromatic(self.style) } else { 0.02 };
        }
        if rubs(pitch, hit.chord) {
            weight *= 0.4;
        }
        // A line goes on in its direction and does not leap.
        let (low, high) = (self.last.min(target), self.last.max(target));
        let direction = if (low..=high).contains(&pitch) { 2.0 } else { 1.0 };
        weight * direction * (-f64::from((pitch - self.last).abs()) / 6.0).exp2()
    }
}

/// How welcome a semitone is that is neither the key's nor the chord's.
const fn chromatic(style: Style) -> f64 {
    match style {
        Style::Swing | Style::Blues | Style::Funk | Style::Soul => 0.5,
        _ => 0.15,
    }
}
