//! A real piano, kept: its notes, timing and dynamics, cleaned of what a band has no room for.
use std::collections::BTreeMap;

use musegan_score::{Pitch, SongNote, Track, Velocity};

use crate::chart::{Chart, TICKS_PER_BAR, VoiceRole};
use crate::dice::Dice;
use crate::figure::TICKS_PER_STEP;
use crate::plan::Plan;
use crate::touch::{Draft, swung};

/// Range that phrases have.
const LOW: u8 = 24;
const HIGH: u8 = 95;
/// Below this the bass has the word when it plays.
const BASS: u8 = 48;
/// Below this a note of the piano alone is played an octave higher when the bass plays.
const DEEP: u8 = 43;
/// Notes of a bar from which on it is thinned.
const BUSY: usize = 20;
/// Notes that begin within so many ticks are one chord.
const TOGETHER: u64 = TICKS_PER_STEP / 2;

/// The piano as it is played in this arrangement, sorted.
#[must_use]
pub fn played(chart: &Chart, plan: &Plan, _: &Dice) -> Vec<SongNote> {
    let note = |draft: &Draft| {
        let onset = swung(draft.tick, plan.swing);
        let length = swung(draft.end(), plan.swing).saturating_sub(onset).max(1);
        let velocity = Velocity::clamped(draft.accent as i32);
        Some(SongNote { onset, length, pitch: Pitch::new(draft.pitch)?, velocity })
    };
    let mut notes: Vec<SongNote> = kept(chart, plan).iter().filter_map(note).collect();
    notes.sort_by_key(|note| (note.onset, note.pitch));
    notes
}

/// The notes that are kept, with their velocity as accent: those in bars where the piano plays,
/// within the range, once each, above the bass where there is one, and in busy bars no more than
/// the outer voices of a chord. Where the band stops, only what begins with it.
#[must_use]
pub fn kept(chart: &Chart, plan: &Plan) -> Vec<Draft> {
    let mut bars: BTreeMap<usize, Vec<SongNote>> = BTreeMap::new();
    for note in once(chart.voice(VoiceRole::Piano)) {
        bars.entry((note.onset / TICKS_PER_BAR) as usize).or_default().push(note);
    }
    let mut drafts = Vec::new();
    for (bar, mut notes) in bars {
        let Some(now) = plan.bars.get(bar).filter(|now| now.plays(Track::Piano)) else { continue };
        if now.plays(Track::Bass) {
            clear_of_the_bass(&mut notes);
        }
        if notes.len() > BUSY {
            thin(&mut notes);
        }
        if now.stop {
            notes.retain(|note| note.onset % TICKS_PER_BAR < TOGETHER);
        }
        // What goes on into a bar of rest is let go of at the line.
        let rests = plan.bars.get(bar + 1).is_none_or(|next| !next.plays(Track::Piano));
        let line = (bar as u64 + 1) * TICKS_PER_BAR;
        drafts.extend(notes.into_iter().map(|note| {
            let end = if rests { note.end().min(line) } else { note.end() };
            let length =
                if now.stop { note.length.min(3 * TICKS_PER_STEP) } else { end - note.onset };
            Draft::new(note.onset, length.max(1), note.pitch.number())
                .accented(f64::from(note.velocity.value()))
        }));
    }
    drafts
}

/// Each key once at a time, within the range.
fn once(notes: &[SongNote]) -> Vec<SongNote> {
    let in_range = |note: &&SongNote| (LOW..=HIGH).contains(&note.pitch.number());
    let mut notes: Vec<SongNote> = notes.iter().filter(in_range).copied().collect();
    notes.sort_by_key(|note| (note.pitch, note.onset));
    let mut kept: Vec<SongNote> = Vec::with_capacity(notes.len());
    for note in notes {
        match kept.last_mut().filter(|last| last.pitch == note.pitch) {
            Some(last) if note.onset < last.onset + TOGETHER => {
                last.length = last.length.max(note.end() - last.onset);
            }
            Some(last) => {
                last.length = last.length.min(note.onset - last.onset);
                kept.push(note);
            }
            None => kept.push(note),
        }
    }
    kept.sort_by_key(|note| (note.onset, note.pitch));
    kept
}

/// Notes in the bassist's register are left to the bassist where something else is struck with
/// them; one that is struck alone, as in broken chords, goes up an octave.
fn clear_of_the_bass(notes: &mut Vec<SongNote>) {
    let onsets: Vec<(u64, u8)> =
        notes.iter().map(|note| (note.onset, note.pitch.number())).collect();
    notes.retain(|note| {
        let has_company =
            |&(onset, pitch): &(u64, u8)| pitch >= BASS && onset.abs_diff(note.onset) < TOGETHER;
        note.pitch.number() >= BASS || !onsets.iter().any(has_company)
    });
    for note in notes {
        if note.pitch.number() < DEEP {
            note.pitch = note.pitch.transposed(12).unwrap_or(note.pitch);
        }
    }
}

/// Of chords of four and more the lowest and the two highest notes stay.
fn thin(notes: &mut Vec<SongNote>) {
    let all = notes.clone();
    notes.retain(|note| {
        let chord = || all.iter().filter(|other| other.onset.abs_diff(note.onset) < TOGETHER);
        let above = chord().filter(|other| other.pitch > note.pitch).count();
        let below = chord().filter(|other| other.pitch < note.pitch).count();
        above < 2 || below == 0
    });
}
