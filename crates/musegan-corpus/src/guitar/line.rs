//! Single notes: answers in the gaps of the tune, and the tune itself when the guitar has it.
use musegan_score::{SongNote, Track};
use rand::Rng;

use super::{HIGH, sung};
use crate::chart::{Chart, TICKS_PER_BAR};
use crate::dice::Dice;
use crate::figure::{TICKS_PER_STEP, strokes};
use crate::melody::scale;
use crate::plan::Plan;
use crate::touch::Draft;
use crate::voicing::rub::Heard;

/// Rhythms of an answer in half a bar, and where its notes lie in steps from the first.
const LICKS: [(&str, [i32; 4]); 6] = [
    ("........x-x-x-x-", [0, 2, 4, 2]),
    ("........x-xxx---", [0, 2, 4, 7]),
    ("........x--x--x-", [4, 2, 0, 0]),
    ("........xxx-x---", [0, 2, 4, 0]),
    ("..........x-x-x-", [2, 0, -3, 0]),
    ("........x---x-x-", [7, 4, 2, 0]),
];

/// Where the tune is silent for the second half of a bar, a lick answers it and the rhythm makes
/// room.
pub fn answer(
    chart: &Chart,
    plan: &Plan,
    dice: &Dice,
    bar: usize,
    sung: &Heard,
    rhythm: &mut Vec<Draft>,
) {
    let from = bar as u64 * TICKS_PER_BAR + TICKS_PER_BAR / 2;
    if !sung.is_silent(from, from + TICKS_PER_BAR / 2) {
        return;
    }
    let group = chart.section(bar).map_or(0, |section| section.group);
    let in_section = plan.bars[bar].bar_in_section;
    // The same answer at the same place of every repetition.
    let mut rng = dice.about("guitar lick", group * 4096 + in_section);
    let (figure, shape) = LICKS[rng.random_range(0..LICKS.len())];
    let start = rng.random_range(58..=66);
    rhythm.retain(|draft| draft.tick < from);
    for draft in rhythm.iter_mut() {
        draft.length = draft.length.min(from - draft.tick);
    }
    let mut last = start;
    for (stroke, above) in strokes(figure, 0).into_iter().zip(shape) {
        let tick = bar as u64 * TICKS_PER_BAR + stroke.step as u64 * TICKS_PER_STEP;
        let Some(chord) = chart.chord(bar * 4 + stroke.step / 4) else { continue };
        let set = if stroke.step % 4 == 0 || stroke.steps > 2 {
            chord.tones()
        } else {
            scale::over(chord, chart.key, plan.style)
        };
        last = scale::nearest(set, start + above, last, 52, i32::from(HIGH) - 2);
        let length = stroke.steps as u64 * TICKS_PER_STEP;
        rhythm.push(Draft::new(tick, length * 9 / 10, last as u8).accented(1.05));
    }
}

/// The tune as the guitar sings it; where nobody else plays chords, with tones of them below on
/// the beat.
#[must_use]
pub fn tune(chart: &Chart, plan: &Plan, notes: &[SongNote]) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for note in notes {
        let draft = sung(note);
        drafts.push(draft);
        let now = plan.bars.get((note.onset / TICKS_PER_BAR) as usize);
        let step = (note.onset + TICKS_PER_STEP / 2) / TICKS_PER_STEP;
        let is_alone =
            now.is_some_and(|now| !now.plays(Track::Piano) && !now.plays(Track::Strings));
        if is_alone && step.is_multiple_of(4) {
            let tones = chart.chord(step as usize / 4).map(scale::tones).unwrap_or_default();
            let below = (3..=12).map(|down| draft.pitch - down);
            let held = below.filter(|pitch| tones.contains(&(pitch % 12))).take(2);
            drafts.extend(held.map(|pitch| Draft { pitch, ..draft }.accented(draft.accent * 0.8)));
        }
    }
    drafts
}
