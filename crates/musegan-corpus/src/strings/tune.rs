//! The tune when the strings have it: alone, or now and then in octaves or with a second voice below.
use musegan_score::SongNote;

use crate::chart::{Chart, TICKS_PER_BAR};
use crate::dice::Dice;
use crate::figure::TICKS_PER_STEP;
use crate::guitar::sung as solo;
use crate::melody::scale;
use crate::plan::Plan;
use crate::touch::Draft;

/// From this intensity on the tune may have company.
const LOUD: f64 = 0.6;

/// Who plays along.
#[derive(Clone, Copy, PartialEq)]
enum Company {
    Nobody,
    /// An octave below.
    Octave,
    /// The chord tone a third to a sixth below.
    Second,
}

/// The tune as the section plays it: alone, in some loud groups with a second voice or in octaves.
#[must_use]
pub fn sung(chart: &Chart, plan: &Plan, dice: &Dice, notes: &[SongNote]) -> Vec<Draft> {
    let mut drafts = Vec::with_capacity(notes.len() * 2);
    for note in notes {
        let draft = solo(note);
        drafts.push(draft);
        let bar = (note.onset / TICKS_PER_BAR) as usize;
        let below = match company(chart, plan, dice, bar) {
            Company::Nobody => None,
            Company::Octave => Some(draft.pitch - 12),
            Company::Second => second(chart, &draft),
        };
        if let Some(pitch) = below {
            drafts.push(Draft { pitch, ..draft }.accented(draft.accent * 0.88));
        }
    }
    drafts
}

fn company(chart: &Chart, plan: &Plan, dice: &Dice, bar: usize) -> Company {
    let Some(now) = plan.bars.get(bar) else { return Company::Nobody };
    let group = chart.sections.get(now.section).map_or(0, |section| section.group);
    let alone = if now.intensity > LOUD { 0.75 } else { 0.95 };
    let options =
        [(Company::Nobody, alone), (Company::Octave, 0.05), (Company::Second, 1.0 - alone)];
    dice.choose(&options, "tune's company", group).copied().unwrap_or(Company::Nobody)
}

/// The chord tone a third to a sixth below a note that lasts.
fn second(chart: &Chart, draft: &Draft) -> Option<u8> {
    let beat = (draft.tick + TICKS_PER_STEP) / (4 * TICKS_PER_STEP);
    let chord = chart.chord(beat as usize)?;
    let tones = scale::tones(chord);
    (3..=9).map(|below| draft.pitch - below).find(|pitch| tones.contains(&(pitch % 12)))
}
