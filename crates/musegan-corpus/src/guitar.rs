//! The guitar: strums, chops, picking, power chords and shells by the style, lines that answer the
//! tune, and sometimes the tune itself.
//!
//! What must stay true: all chords can be held on a neck in standard tuning, every note lies in
//! `40..=76`, and sections of one group are played in the same way.
use musegan_score::{SongNote, Track};

use crate::chart::Chart;
use crate::dice::Dice;
use crate::melody;
use crate::plan::Plan;
use crate::touch::{self, Draft};
use crate::voicing::fretboard::Neck;
use crate::voicing::rub::Heard;
use crate::{figure, piano};

pub mod figures;
pub mod line;
pub mod technique;

use figures::{Manner, Technique};

/// The neck's range.
pub const LOW: u8 = 40;
/// The twelfth fret of the highest string.
pub const HIGH: u8 = 76;
/// How likely a gap in the tune is answered.
const ANSWERS: f64 = 0.3;

/// The guitar of an arrangement.
#[must_use]
pub fn write(chart: &Chart, plan: &Plan, dice: &Dice) -> Vec<SongNote> {
    let parts = melody::parts(chart, plan, dice);
    let tune = parts.concat();
    let lead = melody::lead(chart, plan, dice);
    let heard = Heard::default()
        .and_notes(&tune)
        .and_notes(&melody::answers(chart, plan))
        .and_drafts(&piano::draft(chart, plan, dice));
    let sung = Heard::default().and_notes(&tune);
    let mut neck = Neck::default();
    let mut drafts = Vec::new();
    for (bar, now) in plan.bars.iter().enumerate() {
        if !now.plays(Track::Guitar) || lead.get(bar) == Some(&Some(Track::Guitar)) {
            continue;
        }
        let manner = manner(chart, plan, dice, bar);
        let mut rhythm = technique::bar(chart, plan, bar, &manner, &mut neck);
        if dice.happens(ANSWERS, "guitar answers", bar) && !now.stop {
            line::answer(chart, plan, dice, bar, &sung, &mut rhythm);
        }
        rhythm.retain(|draft| !heard.rubs(draft));
        drafts.extend(rhythm);
    }
    drafts.extend(line::tune(chart, plan, &parts[Track::Guitar.index()]));
    drafts.retain(|draft| (LOW..=HIGH).contains(&draft.pitch));
    touch::play(drafts, plan, dice, "guitar")
}

/// How the guitar plays a bar: one manner for a group, another figure of it in every fourth bar
/// and, now and then, in a repetition.
fn manner(chart: &Chart, plan: &Plan, dice: &Dice, bar: usize) -> Manner {
    let now = &plan.bars[bar];
    let group = chart.sections.get(now.section).map_or(0, |section| section.group);
    let first = now.bar_in_section;
    let intensity = plan.bars[bar - first.min(bar)].intensity;
    let techniques = figures::techniques(plan.style, intensity, plan.bpm);
    let technique = dice.choose(&techniques, "guitar technique", group);
    let technique = technique.copied().unwrap_or(Technique::Strum);
    let figures = technique.figures(plan.style, figure::is_fast(plan));
    let figures = figure::playable(figures, plan);
    let pick = dice.choose(&even(figures.len()), "guitar figure", group).copied().unwrap_or(0);
    let varies = first % 4 == 3 && dice.happens(0.5, "guitar varies", group)
        || now.repetition > 0 && dice.happens(0.25, "guitar varies again", now.section);
    let figure = figures[(pick + usize::from(varies)) % figures.len()];
    Manner { technique, figure }
}

/// Indices of equal weight.
pub(crate) fn even(count: usize) -> Vec<(usize, f64)> {
    (0..count).map(|index| (index, 1.0)).collect()
}

/// The length of a hit that is cut short to so many sixteenths.
pub(crate) fn at_most(length: u64, steps: u64) -> u64 {
    length.min(steps * figure::TICKS_PER_STEP)
}

/// A draft of the tune's own loudness.
pub(crate) fn sung(note: &SongNote) -> Draft {
    let accent = f64::from(note.velocity.value()) / 90.0;
    Draft::new(note.onset, note.length, note.pitch.number()).accented(0.5 + accent * 0.6)
}
