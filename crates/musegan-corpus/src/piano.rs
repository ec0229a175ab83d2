//! The piano: the source's own where it has one, cleaned; else written in the style, two hands that
//! stay out of the bassist's way, sometimes with the tune on top.
//!
//! What must stay true: no hand reaches further than a tenth at once, and sections of one group are
//! played in the same way.
use musegan_score::{SongNote, Track};

use crate::chart::{Chart, VoiceRole};
use crate::dice::Dice;
use crate::melody;
use crate::plan::Plan;
use crate::touch::{self, Draft};
use crate::voicing::rub::Heard;

pub mod figures;
pub mod hands;
pub mod line;
pub mod real;

/// The piano of an arrangement.
#[must_use]
pub fn write(chart: &Chart, plan: &Plan, dice: &Dice) -> Vec<SongNote> {
    if chart.voice(VoiceRole::Piano).is_empty() {
        touch::play(draft(chart, plan, dice), plan, dice, "piano")
    } else {
        real::played(chart, plan, dice)
    }
}

/// What the piano plays on the straight grid, so that other players can hear it.
#[must_use]
pub fn draft(chart: &Chart, plan: &Plan, dice: &Dice) -> Vec<Draft> {
    if !chart.voice(VoiceRole::Piano).is_empty() {
        return real::kept(chart, plan, dice);
    }
    let parts = melody::parts(chart, plan, dice);
    let tune = parts.concat();
    let lead = melody::lead(chart, plan, dice);
    let heard = Heard::default().and_notes(&tune).and_notes(&melody::answers(chart, plan));
    let sung = Heard::default().and_notes(&tune);
    let mut pianist = hands::Pianist::new(chart, plan, dice, &heard, &sung);
    for (bar, now) in plan.bars.iter().enumerate() {
        if now.plays(Track::Piano) {
            pianist.bar(bar, lead.get(bar) == Some(&Some(Track::Piano)));
        }
    }
    let mut drafts = pianist.drafts;
    drafts.extend(line::tune(chart, &parts[Track::Piano.index()]));
    drafts
}
