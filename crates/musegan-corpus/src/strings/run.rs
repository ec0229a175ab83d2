//! Runs up the scale into a section that is louder.
use musegan_score::Track;

use crate::chart::{Chart, TICKS_PER_BAR};
use crate::dice::Dice;
use crate::figure::{TICKS_PER_STEP, is_fast};
use crate::melody::scale;
use crate::plan::Plan;
use crate::touch::Draft;
use crate::voicing::rub::Heard;

/// From this intensity of the coming section on there are runs.
const LOUD: f64 = 0.55;
/// How likely there is one where there can be.
const LIKELY: f64 = 0.6;

/// The last two beats before a loud section: a scale that arrives at a tone of its first chord,
/// in sixteenths where that can be played.
pub fn bar(
    chart: &Chart,
    plan: &Plan,
    dice: &Dice,
    bar: usize,
    sung: &Heard,
    drafts: &mut Vec<Draft>,
) {
    let (Some(now), Some(next)) = (plan.bars.get(bar), plan.bars.get(bar + 1)) else { return };
    let arrives = next.intensity > LOUD && next.plays(Track::Strings) && !now.stop;
    if !now.fill || !arrives || !dice.happens(LIKELY, "run", bar) {
        return;
    }
    let line = (bar as u64 + 1) * TICKS_PER_BAR;
    let from = line - TICKS_PER_BAR / 2;
    let (Some(chord), Some(goal)) = (chart.chord(bar * 4 + 3), chart.chord(bar * 4 + 4)) else {
        return;
    };
    if !sung.is_silent(from, line) {
        return;
    }
    drafts.retain(|draft| draft.end() <= from);
    let steps: u64 = if is_fast(plan) { 2 } else { 1 };
    let scale = scale::over(chord, chart.key, plan.style);
    let mut pitch = scale::nearest(goal.tones(), 79, 79, 70, 84);
    let mut tick = line;
    while tick > from {
        tick -= steps * TICKS_PER_STEP;
        pitch = scale::nearest(scale, pitch - 2, pitch - 1, 52, pitch - 1);
        let accent = 0.8 + 0.25 * (tick - from) as f64 / (line - from) as f64;
        if let Ok(pitch) = u8::try_from(pitch) {
            drafts.push(Draft::new(tick, steps * TICKS_PER_STEP * 19 / 20, pitch).accented(accent));
        }
    }
}
