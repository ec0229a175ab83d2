//! Single notes of the right hand: fills where the tune rests, and the tune itself.
use musegan_score::SongNote;
use rand::Rng;

use crate::chart::{Chart, TICKS_PER_BAR};
use crate::dice::Dice;
use crate::figure::{TICKS_PER_STEP, strokes};
use crate::guitar::sung as solo;
use crate::melody::scale;
use crate::plan::Plan;
use crate::touch::Draft;
use crate::voicing::keyboard;
use crate::voicing::rub::Heard;

/// How likely a gap in the tune is filled.
const FILLS: f64 = 0.35;
/// Rhythms of fills, second half of a bar.
const FIGURES: [&str; 6] = [
    "........x-x-x-x-",
    "........xxx-x-x-",
    "........x--xx-x-",
    "........x-xxx-xx",
    "..........x-x-x-",
    "........x-xxxxx-",
];

/// Where the tune rests in the second half of a bar, and the guitar has not the word, the right
/// hand fills.
pub fn fill(
    chart: &Chart,
    plan: &Plan,
    dice: &Dice,
    bar: usize,
    sung: &Heard,
    notes: &mut Vec<Draft>,
) {
    let now = &plan.bars[bar];
    let from = bar as u64 * TICKS_PER_BAR + TICKS_PER_BAR / 2;
    let is_turn = now.bar_in_section % 4 == 1 || now.fill;
    let rests = sung.is_silent(from, from + TICKS_PER_BAR / 2);
    if now.stop || !is_turn || !rests || !dice.happens(FILLS, "piano fills", bar) {
        return;
    }
    let group = chart.section(bar).map_or(0, |section| section.group);
    let mut rng = dice.about("piano fill", group * 4096 + now.bar_in_section);
    notes.retain(|draft| draft.tick < from || draft.pitch < keyboard::RIGHT.low);
    let rises: i32 = if rng.random_range(0..2) == 0 { 2 } else { -2 };
    let mut at = if rises > 0 { 67 } else { 81 } + rng.random_range(-2..=2);
    for stroke in strokes(FIGURES[rng.random_range(0..FIGURES.len())], 0) {
        let Some(chord) = chart.chord(bar * 4 + stroke.step / 4) else { continue };
        let set = if stroke.step % 4 == 0 {
            chord.tones()
        } else {
            scale::over(chord, chart.key, plan.style)
        };
        at = scale::nearest(set, at + rises, at, 60, 88);
        let tick = bar as u64 * TICKS_PER_BAR + stroke.step as u64 * TICKS_PER_STEP;
        let length = stroke.steps as u64 * TICKS_PER_STEP * 19 / 20;
        notes.push(Draft::new(tick, length, at as u8));
    }
}

/// The tune in the right hand, long notes on the beat with a chord tone below.
#[must_use]
pub fn tune(chart: &Chart, notes: &[SongNote]) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for note in notes {
        let draft = solo(note);
        drafts.push(draft);
        let step = (note.onset + TICKS_PER_STEP / 2) / TICKS_PER_STEP;
        if !step.is_multiple_of(4) || note.length < 2 * TICKS_PER_STEP {
            continue;
        }
        let tones = chart.chord(step as usize / 4).map(scale::tones).unwrap_or_default();
        let below = (3..=9).map(|down| draft.pitch - down);
        let fitting = below.filter(|pitch| tones.contains(&(pitch % 12))).take(2);
        drafts.extend(fitting.map(|pitch| Draft { pitch, ..draft }.accented(draft.accent * 0.85)));
    }
    drafts
}
