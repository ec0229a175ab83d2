//! A line of the strings' own against the tune: it moves where the tune holds or rests.
use rand::Rng;

use crate::chart::{Chart, TICKS_PER_BAR};
use crate::dice::Dice;
use crate::figure::{TICKS_PER_STEP, strokes};
use crate::melody::scale;
use crate::plan::Plan;
use crate::touch::Draft;
use crate::voicing::rub::Heard;

/// Rhythms of the line, slow to quick.
const FIGURES: [&str; 10] = [
    "x-------x-------",
    "x-----x-x---x---",
    "........x-x-x-x-",
    "x---x---x---x---",
    "....x-x-x---x-x-",
    "x-x-x-x-x-------",
    "..x-x---..x-x---",
    "x-----x-x-x-x-x-",
    "..x-xxx-x-----..",
    "........xxx-x-xx",
];
/// Where the line lies: above the bed, beside the tune.
const RANGE: (i32, i32) = (64, 84);
/// Notes of the tune in half a bar from which on the line is silent.
const BUSY: usize = 3;

/// A bar of the line; the same rhythm for two bars of four in all sections of a group.
pub fn bar(
    chart: &Chart,
    plan: &Plan,
    dice: &Dice,
    bar: usize,
    sung: &Heard,
    drafts: &mut Vec<Draft>,
) {
    let now = &plan.bars[bar];
    let group = chart.sections.get(now.section).map_or(0, |section| section.group);
    if now.stop {
        return;
    }
    let mut rng = dice.about("counter", group * 2 + now.bar_in_section % 2);
    let quick = if now.intensity > 0.55 { FIGURES.len() } else { 4 };
    let figure = FIGURES[rng.random_range(0..quick)];
    let rises: i32 = if (now.bar_in_section / 2).is_multiple_of(2) { 1 } else { -1 };
    let from = bar as u64 * TICKS_PER_BAR;
    let mut last = drafts.last().filter(|last| last.end() + TICKS_PER_BAR > from);
    let mut at = last.take().map_or(74, |last| i32::from(last.pitch));
    for stroke in strokes(figure, 0) {
        let tick = from + stroke.step as u64 * TICKS_PER_STEP;
        let length = stroke.steps as u64 * TICKS_PER_STEP;
        let half = from + stroke.step as u64 / 8 * (TICKS_PER_BAR / 2);
        if sung.onsets(half, half + TICKS_PER_BAR / 2).count() >= BUSY {
            continue;
        }
        let Some(chord) = chart.chord(bar * 4 + stroke.step / 4) else { continue };
        let is_strong = stroke.step % 8 == 0 || stroke.steps >= 4;
        let set = if is_strong { chord.tones() } else { scale::over(chord, chart.key, plan.style) };
        let tune = sung.highest(tick, tick + length).map_or(0, |pitch| i32::from(pitch.number()));
        // Not in the tune's own place: a third below it at least.
        let high = if tune > RANGE.0 + 9 { tune - 3 } else { RANGE.1 };
        let wanted = (at + rises * rng.random_range(1..=3)).clamp(RANGE.0, high);
        at = scale::nearest(set, wanted, at, RANGE.0, high.min(RANGE.1));
        if let Ok(pitch) = u8::try_from(at) {
            drafts.push(Draft::new(tick, length * 19 / 20, pitch).accented(0.9));
        }
    }
}
