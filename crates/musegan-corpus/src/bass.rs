//! The bass: a figure of the style that fits what the drummer's right foot does, on the chords'
//! roots, with notes that lead from one chord into the next.
//!
//! What must stay true: one note at a time within E1 to G3; on the strong beats it sounds tones of
//! the chord; where the bass drum strikes the bass is struck with it, not beside it.
use musegan_score::{SongNote, Track};

use crate::chart::TICKS_PER_BAR;
use crate::figure::{self, Hit};
use crate::plan::Style;
use crate::{Chart, Dice, Plan, touch};

mod figures;
mod kick;
mod lead;
mod neck;
mod walk;

use kick::Kicks;

/// The open lowest string.
pub const LOW: u8 = 28;
/// The twelfth fret of the highest string.
pub const HIGH: u8 = 55;

/// The bass of an arrangement, which listens to the drums; sorted by onset.
#[must_use]
pub fn write(chart: &Chart, plan: &Plan, drums: &[SongNote], dice: &Dice) -> Vec<SongNote> {
    let kicks = Kicks::of(drums);
    let mut hits = rhythm(chart, plan, &kicks, dice);
    anticipate(&mut hits, chart);
    kick::join(&mut hits, &kicks, chart, plan, dice);
    lead::into_changes(&mut hits, chart, plan, dice);
    one_at_a_time(&mut hits);
    let drafts = neck::fingered(&hits, chart, plan, dice);
    let mut notes = touch::play(drafts, plan, dice, "bass");
    kick::strike_with(&mut notes, &kicks);
    notes
}

/// When something is struck, with the letters that say what: the figure of each section's group,
/// or quarter notes where the style walks.
fn rhythm(chart: &Chart, plan: &Plan, kicks: &Kicks, dice: &Dice) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (bar, now) in plan.bars.iter().enumerate() {
        if !now.plays(Track::Bass) {
            continue;
        }
        let figure = match walks(chart, plan, bar, dice) {
            true => walk::FIGURE,
            false => figures::of_bar(chart, plan, bar, kicks, dice),
        };
        hits.extend(figure::hits(chart, plan, bar, figure));
    }
    hits
}

/// Whether the bass walks in the section of this bar: mostly in swing, sometimes in swung blues;
/// an intro or a soft verse may stay in two.
fn walks(chart: &Chart, plan: &Plan, bar: usize, dice: &Dice) -> bool {
    let Some(now) = plan.bars.get(bar) else { return false };
    let likely = match plan.style {
        Style::Swing => 0.35 + now.intensity,
        Style::Blues if plan.swing.is_some() => 0.35,
        _ => return false,
    };
    let group = chart.sections.get(now.section).map_or(0, |section| section.group);
    dice.happens(likely, "walks", group)
}

/// In latin music the last beat belongs to the chord that comes: a note `n` that is held into a
/// new chord is the new chord's, and is not struck again.
fn anticipate(hits: &mut Vec<Hit>, chart: &Chart) {
    let mut at = 0;
    while at < hits.len() {
        let hit = hits[at];
        let next_beat = ((hit.tick + hit.length) * 4 / TICKS_PER_BAR) as usize;
        let comes = hits.get(at + 1).copied().filter(|next| {
            hit.kind == 'n' && next.kind == 'n' && next.tick == hit.tick + hit.length
        });
        if let Some(next) = comes {
            hits[at] = Hit { chord: next.chord, length: hit.length + next.length, ..hit };
            hits.remove(at + 1);
        } else if hit.kind == 'n'
            && let Some(chord) = chart.chord(next_beat)
        {
            hits[at].chord = chord;
        }
        at += 1;
    }
}

/// A bass plays one note at a time: each ends where the next begins.
fn one_at_a_time(hits: &mut Vec<Hit>) {
    hits.sort_by_key(|hit| hit.tick);
    hits.dedup_by_key(|hit| hit.tick);
    for at in 1..hits.len() {
        let next = hits[at].tick;
        let hit = &mut hits[at - 1];
        hit.length = hit.length.min(next - hit.tick);
    }
}
